//! What one host is owed: one connection at a time, a pace, pauses it asked for, and peace after repeated failure.

use std::{collections::VecDeque, time::Duration};

use super::{Patience, robots::Robots};

/// Failures in a row after which a host is left alone for the rest of the run.
const GIVE_UP_AFTER: u32 = 5;

/// The longest pause a host is waited for (a whole window of the strictest documented limit). One that asks for more is
/// left alone for the rest of the run.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How a source asks: its documented limit, and whether `robots.txt` binds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manners {
    /// At most this many requests…
    pub requests: u32,
    /// …in any period of this length.
    pub per: Duration,
    /// At least this long between the starts of two requests.
    pub min_interval: Duration,
    /// Reads and obeys `robots.txt`. Only an API whose documentation invites programs may do without.
    pub obeys_robots: bool,
}

/// A host's state. It sits behind a lock that is held while a request is under way: that lock is the one connection.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// When the latest requests started, in [`Patience`] time: those within the widest window any source has asked for.
    starts: VecDeque<Duration>,
    widest: Duration,
    /// Nothing is asked before this.
    not_before: Duration,
    n_failed_in_a_row: u32,
    gave_up: Option<String>,
}

impl Host {
    /// A new run: past failures are forgiven, the pace is not.
    pub(super) fn forgive(&mut self) {
        self.n_failed_in_a_row = 0;
        self.gave_up = None;
    }

    /// Why the host is left alone for the rest of this run, if it is.
    pub(super) fn gave_up(&self) -> Option<&str> {
        self.gave_up.as_deref()
    }

    /// Waits for the host's turn and notes that a request starts now.
    pub(super) async fn turn(&mut self, manners: &Manners, robots: Option<&Robots>, patience: &Patience) {
        let delay = robots.and_then(Robots::crawl_delay).unwrap_or_default().max(manners.min_interval);
        let window = usize::try_from(manners.requests.max(1)).unwrap_or(usize::MAX);
        let after_last = self.starts.back().map_or(Duration::ZERO, |last| *last + delay);
        let window_opens = self.starts.len().checked_sub(window).and_then(|oldest| self.starts.get(oldest));
        let after_window = window_opens.map_or(Duration::ZERO, |start| *start + manners.per);
        patience.wait_until(after_last.max(after_window).max(self.not_before)).await;
        let now = patience.now();
        self.starts.push_back(now);
        self.widest = self.widest.max(manners.per);
        while self.starts.len() > 1 && self.starts.front().is_some_and(|start| *start + self.widest < now) {
            self.starts.pop_front();
        }
    }

    /// The host asked for a pause.
    pub(super) fn pause(&mut self, pause: Duration, patience: &Patience) {
        self.not_before = self.not_before.max(patience.now() + pause.min(LONGEST_PAUSE));
        if pause > LONGEST_PAUSE {
            self.gave_up = Some(format!("it asked to be left alone for {} s", pause.as_secs()));
        }
    }

    /// A request was answered.
    pub(super) fn succeeded(&mut self) {
        self.n_failed_in_a_row = 0;
    }

    /// A request failed for good.
    pub(super) fn failed(&mut self) {
        self.n_failed_in_a_row += 1;
        if self.n_failed_in_a_row >= GIVE_UP_AFTER && self.gave_up.is_none() {
            self.gave_up = Some(format!("it failed {GIVE_UP_AFTER} times in a row"));
        }
    }
}
