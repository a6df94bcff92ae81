//! The moves of the last weeks, kept in memory between the questions of pages.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{Desk, Result};
use crate::domain::{Cause, ClientId, Event, EventBody, Grade, RatingChange, ReasonLine};

/// The longest time that is looked back.
pub const MAX_DAYS_BACK: i64 = 31;
/// Events read at a time.
const PAGE: usize = 1_000;
/// Events that are looked back over: a month of fifty thousand clients of whom one in fifty moves each night, and is treated
/// otherwise for it.
const MAX_EVENTS: i64 = 200_000;

/// A step of a client's grade, as far as the morning needs it.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    at: Timestamp,
    client: ClientId,
    change: RatingChange,
}

#[derive(Debug, Default)]
struct Seen {
    seq: i64,
    moves: Vec<Arc<Moved>>,
}

/// The moves of the last weeks, kept between mornings; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lately(Arc<Mutex<Seen>>);

/// So many days before an instant.
pub fn days_before(now: Timestamp, days: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

impl Lately {
    /// The moves up to now; catches up with the feed. What was withdrawn since must not be told from memory: then everything is
    /// read anew.
    pub(super) async fn moves(&self, desk: &Desk, now: Timestamp) -> Result<(i64, Vec<Arc<Moved>>)> {
        let mut seen = self.0.lock().await;
        let outbox = desk.store.outbox();
        let (newest, oldest) = (outbox.last_seq().await?, days_before(now, MAX_DAYS_BACK));
        let first = async || Ok::<_, super::Error>(outbox.last_before(oldest).await?.max(newest - MAX_EVENTS).max(0));
        if seen.seq > newest {
            // The house was restored to an earlier state: what is remembered has not happened.
            *seen = Seen::default();
        }
        if seen.seq == 0 {
            seen.seq = first().await?;
        }
        if seen.catch_up(desk, newest).await? && !seen.moves.is_empty() {
            *seen = Seen { seq: first().await?, moves: Vec::new() };
            seen.catch_up(desk, newest).await?;
        }
        seen.moves.retain(|moved| moved.at > oldest);
        Ok((seen.seq, seen.moves.clone()))
    }
}

impl Seen {
    /// Reads on up to `newest`; answers whether something was withdrawn meanwhile.
    async fn catch_up(&mut self, desk: &Desk, newest: i64) -> Result<bool> {
        let mut has_withdrawal = false;
        while self.seq < newest {
            let events = desk.store.outbox().steps(self.seq, newest, PAGE).await?;
            // Fewer than a page: between the last of them and the newest there is nothing of the kind.
            self.seq = events.last().filter(|_| events.len() == PAGE).map_or(newest, |event| event.seq);
            for event in events {
                has_withdrawal |= matches!(event.body, EventBody::SignalWithdrawn { .. });
                self.moves.extend(moved(event));
            }
        }
        Ok(has_withdrawal)
    }
}

/// A step from one grade to another; a first grade is none. Of its reasons the heaviest of each direction is kept.
fn moved(event: Event) -> Option<Arc<Moved>> {
    let Event { at, client, body, .. } = event;
    match body {
        EventBody::RatingChanged(mut change) | EventBody::RatingOverridden(mut change) if change.notches() != 0 => {
            let worst = change.reasons.iter().map(|reason| reason.points).min().filter(|points| *points < 0);
            let best = change.reasons.iter().map(|reason| reason.points).max().filter(|points| *points > 0);
            change.reasons.retain(|reason| [worst, best].contains(&Some(reason.points)));
            change.reasons.iter_mut().for_each(|reason| reason.evidence.clear());
            change.reasons.shrink_to_fit();
            Some(Arc::new(Moved { at, client: client?.0, change }))
        }
        _ => None,
    }
}

/// Several steps of a client as one, with the reason that weighed most in the direction of the whole.
pub(super) struct Folded<'a> {
    from: Grade,
    last: &'a Moved,
    steps: Vec<&'a Moved>,
}

impl Folded<'_> {
    pub(super) fn from(&self) -> Grade {
        self.from
    }

    /// What moved it last.
    pub(super) fn cause(&self) -> Cause {
        self.last.change.cause
    }

    /// When it moved last.
    pub(super) fn at(&self) -> Timestamp {
        self.last.at
    }

    pub(super) fn to(&self) -> Grade {
        self.last.change.to
    }

    pub(super) fn notches(&self) -> i32 {
        self.from.notches_to(self.last.change.to)
    }

    pub(super) fn reason(&self) -> Option<&ReasonLine> {
        let way = self.notches().signum();
        let lines = self.steps.iter().flat_map(|step| &step.change.reasons);
        lines.filter(|line| line.points.signum() == way).max_by_key(|line| line.points.abs())
    }
}

pub(super) fn folded(moves: &[Arc<Moved>], since: Timestamp) -> HashMap<ClientId, Folded<'_>> {
    let mut found: HashMap<ClientId, Folded<'_>> = HashMap::new();
    for moved in moves.iter().filter(|moved| moved.at > since) {
        let Some(from) = moved.change.from else { continue };
        let one = found.entry(moved.client).or_insert_with(|| Folded { from, last: moved, steps: Vec::new() });
        one.last = moved;
        one.steps.push(moved);
    }
    found
}
