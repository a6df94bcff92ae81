//! What one host is owed: one connection at a time, a pace, pauses it asked for, and rest after repeated failure.
//!
//! # Why
//!
//! *Why is a rest kept in the store?* A host that fails is often a host in trouble, or one that has shut its door on us.
//! A program that is started anew every quarter of an hour by a timer would knock as if nothing had been.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{Patience, robots::Robots};
use crate::{
    collect::hours::Hours,
    store::{HostPace, Rest},
};

/// Failures in a row after which a host is left to rest. Behind the rest one question is tried; if it fails, too, the
/// host rests for twice as long.
const REST_AFTER: u32 = 5;

/// The first rest: long enough for a restart on the other side, shorter than any source is silent before it is stale.
const FIRST_REST: SignedDuration = SignedDuration::from_mins(10);

/// No rest of our own choosing is longer: somebody should hear within a working day that a source is back.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(6);

/// The longest rest that a host is granted when it asks for one; bans for a breached limit last a day or two.
const LONGEST_REST_ASKED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The longest pause a host is waited for (a whole window of the strictest documented limit). One that asks for more is
/// left to rest instead.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A start that was granted by the store must be used within this part of the window, and the window counts as longer by
/// it: a process that is slow to use a grant cannot make one start too many.
const WINDOW_PER_USE: u32 = 20;

/// What writing the grant down may take on a disk that is busy.
const SHORTEST_USE: Duration = Duration::from_millis(100);

/// Sources that may ask often take several starts at once, a fiftieth of the window's: the store is asked less often, and
/// what a process that ends has left over does not matter. Strict sources take one.
const WINDOW_PER_GRANT: u32 = 50;

/// How a source asks: its documented limit, and which wishes of the site bind it.
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
    /// Heeds that the owner reserves text and data mining (Directive 2019/790, art. 4). Only who has a licence may do
    /// without.
    pub heeds_reservations: bool,
    /// The hours in which it may be asked; none means any.
    pub hours: Option<Hours>,
}

impl Default for Manners {
    /// A request a second, and every wish of the site, for whoever documents nothing.
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            requests: 1,
            per: second,
            min_interval: second,
            obeys_robots: true,
            heeds_reservations: true,
            hours: None,
        }
    }
}

impl Manners {
    /// How long a granted start may be used.
    pub(super) fn grant_lasts(&self) -> Duration {
        (self.per / WINDOW_PER_USE).max(SHORTEST_USE)
    }

    /// What is asked of the store, where a site asks for `interval` between two requests.
    pub(super) fn allowance(&self, interval: Duration) -> HostPace {
        let lasts = self.grant_lasts();
        let that_fit = lasts.as_micros() / interval.as_micros().max(1);
        let that_fit = u32::try_from(that_fit).unwrap_or(u32::MAX);
        let wanted = (self.requests / WINDOW_PER_GRANT).min(that_fit).max(1);
        HostPace { requests: self.requests, per: self.per + lasts, interval, wanted }
    }
}

/// The pause between two requests: the site's own, or that of the source if it is longer.
pub(super) fn interval(manners: &Manners, robots: Option<&Robots>) -> Duration {
    robots.and_then(Robots::crawl_delay).unwrap_or_default().max(manners.min_interval)
}

/// Starts that the store has granted and nobody has used.
#[derive(Debug, Default)]
pub(super) struct Granted {
    pub(super) n: u32,
    pub(super) until: Option<Timestamp>,
}

impl Granted {
    /// Whether a request may start on it.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        self.n > 0 && self.until.is_some_and(|until| now <= until)
    }
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
    rest: Option<Rest>,
    /// Whether [`Host::rest`] is what the store says.
    pub(super) is_rest_known: bool,
    pub(super) granted: Granted,
}

impl Host {
    /// What the store says, which may be another process's word.
    pub(super) fn learn(&mut self, rest: Option<Rest>) {
        self.rest = rest;
        self.is_rest_known = true;
    }

    /// Why the host is left alone at this instant, if it is.
    pub(super) fn resting(&self, now: Timestamp) -> Option<String> {
        let rest = self.rest.as_ref().filter(|rest| rest.until > now)?;
        Some(format!("{}; it rests until {}", rest.why, rest.until.strftime("%Y-%m-%d %H:%M:%SZ")))
    }

    /// Waits for the host's turn, as far as this process knows.
    pub(super) async fn turn(&mut self, manners: &Manners, interval: Duration, patience: &Patience) {
        let window = usize::try_from(manners.requests.max(1)).unwrap_or(usize::MAX);
        let after_last = self.starts.back().map_or(Duration::ZERO, |last| *last + interval);
        let window_opens = self.starts.len().checked_sub(window).and_then(|oldest| self.starts.get(oldest));
        let after_window = window_opens.map_or(Duration::ZERO, |start| *start + manners.per);
        patience.wait_until(after_last.max(after_window).max(self.not_before)).await;
    }

    /// A request starts.
    pub(super) fn starts(&mut self, manners: &Manners, patience: &Patience) {
        let now = patience.now();
        self.starts.push_back(now);
        self.widest = self.widest.max(manners.per);
        while self.starts.len() > 1 && self.starts.front().is_some_and(|start| *start + self.widest < now) {
            self.starts.pop_front();
        }
    }

    /// Nothing is asked for this long.
    pub(super) fn pause(&mut self, pause: Duration, patience: &Patience) {
        self.not_before = self.not_before.max(patience.now() + pause.min(LONGEST_PAUSE));
    }

    /// The host asked for a rest longer than anybody waits.
    pub(super) fn asked_to_rest(&mut self, pause: Duration, now: Timestamp) -> Rest {
        let asked = SignedDuration::try_from(pause).unwrap_or(LONGEST_REST_ASKED).min(LONGEST_REST_ASKED);
        let why = format!("it asked to be left alone for {} s", pause.as_secs());
        let n_in_a_row = self.rest.as_ref().map_or(0, |rest| rest.n_in_a_row);
        self.lie_down(Rest { until: later(now, asked), n_in_a_row, why })
    }

    /// A request was answered; true when that ends a time of trouble that others were told of. A rest that has not
    /// passed was asked for by this very answer, and stays.
    pub(super) fn succeeded(&mut self, now: Timestamp) -> bool {
        self.n_failed_in_a_row = 0;
        self.rest.take_if(|rest| rest.until <= now).is_some()
    }

    /// A request failed for good. The rest that follows from it, if one does.
    pub(super) fn failed(&mut self, now: Timestamp) -> Option<Rest> {
        self.n_failed_in_a_row += 1;
        let n_before = self.rest.as_ref().map_or(0, |rest| rest.n_in_a_row);
        if n_before == 0 && self.n_failed_in_a_row < REST_AFTER {
            return None;
        }
        let twice = 2i32.saturating_pow(n_before.min(16));
        let length = FIRST_REST.checked_mul(twice).unwrap_or(LONGEST_REST).min(LONGEST_REST);
        let why = match n_before {
            0 => format!("it failed {REST_AFTER} times in a row"),
            n => format!("it failed again after {n} {}", if n == 1 { "rest" } else { "rests" }),
        };
        Some(self.lie_down(Rest { until: later(now, length), n_in_a_row: n_before + 1, why }))
    }

    fn lie_down(&mut self, rest: Rest) -> Rest {
        self.rest = Some(rest.clone());
        rest
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
