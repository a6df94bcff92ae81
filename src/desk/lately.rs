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
/// Events that are kept in mind; a first night of everybody has one for each client, and none of them is a move.
const MAX_EVENTS: i64 = 60_000;

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
        let oldest = days_before(now, MAX_DAYS_BACK);
        if seen.seq == 0 {
            seen.seq = outbox.last_before(oldest).await?.max(outbox.last_seq().await? - MAX_EVENTS).max(0);
        }
        let mut has_withdrawal = false;
        loop {
            let events = outbox.after(seen.seq, PAGE, None).await?;
            let n = events.len();
            for event in events {
                seen.seq = event.seq;
                has_withdrawal |= matches!(event.body, EventBody::SignalWithdrawn { .. });
                seen.moves.extend(moved(event));
            }
            if n < PAGE {
                break;
            }
        }
        if has_withdrawal && !seen.moves.is_empty() {
            let newest = seen.seq;
            seen.seq = outbox.last_before(oldest).await?.max(newest - MAX_EVENTS).max(0);
            seen.moves.clear();
            while seen.seq < newest {
                let events = outbox.after(seen.seq, PAGE, None).await?;
                seen.seq = events.last().map_or(newest, |event| event.seq);
                seen.moves.extend(events.into_iter().filter_map(moved));
            }
        }
        seen.moves.retain(|moved| moved.at > oldest);
        Ok((seen.seq, seen.moves.clone()))
    }
}

/// A step from one grade to another; a first grade is none.
fn moved(event: Event) -> Option<Arc<Moved>> {
    let Event { at, client, body, .. } = event;
    match body {
        EventBody::RatingChanged(mut change) | EventBody::RatingOverridden(mut change) if change.notches() != 0 => {
            change.reasons.iter_mut().for_each(|reason| reason.evidence.clear());
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
