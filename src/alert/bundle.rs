use std::cmp::Reverse;

use super::{Alerts, conditions::rating_step};
use crate::{
    domain::Event,
    store::{Result, Wait},
};

/// Events of a digest that are told one by one; the others are counted. A message of so many fits in 64 KiB, which
/// CloudEvents 1.0 asks every intermediary to pass on, and on a few screens.
pub(super) const MAX_TOLD: usize = 50;
/// Events read at once on the way to the gravest of them.
const PAGE: usize = 1_000;

/// What a digest tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bundle {
    /// The gravest first, at most [`MAX_TOLD`].
    pub(super) events: Vec<Event>,
    /// All of them.
    pub(super) n_events: usize,
    /// The first and the last `seq`.
    pub(super) ends: (i64, i64),
    /// Why they waited.
    pub(super) wait: Option<Wait>,
}

impl Bundle {
    /// How many are only counted.
    pub(super) fn n_omitted(&self) -> usize {
        self.n_events - self.events.len()
    }

    /// What the receiver is told as the reason.
    pub(super) fn why(&self) -> &'static str {
        match self.wait {
            Some(Wait::Quiet) => "quiet_hours",
            Some(Wait::Storm) => "storm",
            Some(Wait::Digest) | None => "digest",
        }
    }
}

/// How grave an event is: notches lost times exposure, so that a small client's fall does not hide a large one's; then
/// notches. Events that are no drops come last.
fn gravity(event: &Event) -> (i64, i64) {
    let Some(change) = rating_step(event) else { return (0, 0) };
    let lost = i64::from(change.notches().min(0).unsigned_abs());
    (lost.saturating_mul(change.exposure_minor.max(1)), lost)
}

impl Alerts {
    /// What a digest tells; none when nothing of it is in the outbox any more.
    pub(super) async fn bundle(&self, digest: i64) -> Result<Option<Bundle>> {
        let (seqs, wait) = self.store.deliveries().told_in(digest).await?;
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else { return Ok(None) };
        let ends = (*first, *last);
        let (mut events, mut n_events): (Vec<Event>, usize) = (Vec::new(), 0);
        for page in seqs.chunks(PAGE) {
            let read = self.store.outbox().these(page).await?;
            n_events += read.len();
            events.extend(read);
            events.sort_by_key(|event| (Reverse(gravity(event)), event.seq));
            events.truncate(MAX_TOLD);
        }
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            told.push(self.as_seen(event).await?);
        }
        Ok((!told.is_empty()).then_some(Bundle { events: told, n_events, ends, wait }))
    }
}
