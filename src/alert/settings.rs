use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Error, Guard, storm::Weather};
use crate::publish::EventSource;

/// A receiver gets at most so long; contracts say 10 s, and nobody may raise it beyond this.
const MAX_DEADLINE_MS: u64 = 30_000;
/// Each lane is a connection and a body in memory.
const MAX_LANES: usize = 1_024;
/// More mails than a person reads in a day are a storm by any measure.
const MAX_STORM_MAILS: u32 = 1_000;
/// A storm that is looked for among more deliveries costs more than it saves.
const MAX_STORM_POSTS: u32 = 100_000;
/// A storm is waited out for a day at most: nobody may learn of it later.
const MAX_STORM_MINUTES: u32 = 24 * 60;

/// How alerts are sent, as an operator writes it under `[alert]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Lets webhooks go to private and loopback addresses, over plain http and to any port. For tests and closed nets.
    pub allow_private: bool,
    /// Names with fixed addresses, as in a hosts file; they are checked like any others.
    pub hosts: BTreeMap<String, IpAddr>,
    /// The whole of an attempt, in milliseconds.
    pub deadline_ms: u64,
    /// How many endpoints are called at the same time.
    pub lanes: usize,
    /// The CloudEvents `source`.
    pub source: String,
    /// More alerts than this for one mailbox within `storm_minutes` come as one digest.
    pub storm_mails: u32,
    /// More alerts than this of the last `storm_minutes` that a webhook has not taken yet come as one digest.
    pub storm_posts: u32,
    /// How long alerts are counted, and how long a storm is waited out.
    pub storm_minutes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_private: false,
            hosts: BTreeMap::new(),
            deadline_ms: 10_000,
            lanes: 64,
            source: EventSource::default().to_string(),
            // A person reads twenty mails in ten minutes, hardly more.
            storm_mails: 20,
            // A program reads them all, as fast as it answers; a thousand that wait are sooner one digest and a look at the feed.
            storm_posts: 1_000,
            storm_minutes: 10,
        }
    }
}

/// Settings that were checked.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) guard: Guard,
    pub(super) deadline: Duration,
    pub(super) n_lanes: usize,
    pub(super) source: EventSource,
    pub(super) weather: Weather,
}

impl Settings {
    /// Whether every value is within its limits.
    pub fn check_limits(&self) -> Result<(), Error> {
        self.check().map(drop)
    }

    /// Checks the values against their limits and each other.
    pub(super) fn check(&self) -> Result<Checked, Error> {
        let bad = |field: &str, why: String| Error::Settings(format!("alert.{field}: {why}"));
        if !(1..=MAX_DEADLINE_MS).contains(&self.deadline_ms) {
            return Err(bad("deadline_ms", format!("must be 1 to {MAX_DEADLINE_MS}")));
        }
        if !(1..=MAX_LANES).contains(&self.lanes) {
            return Err(bad("lanes", format!("must be 1 to {MAX_LANES}")));
        }
        for (field, value, most) in [
            ("storm_mails", self.storm_mails, MAX_STORM_MAILS),
            ("storm_posts", self.storm_posts, MAX_STORM_POSTS),
            ("storm_minutes", self.storm_minutes, MAX_STORM_MINUTES),
        ] {
            if !(1..=most).contains(&value) {
                return Err(bad(field, format!("must be 1 to {most}")));
            }
        }
        let source = self.source.parse().map_err(|error: crate::domain::WordError| bad("source", error.to_string()))?;
        Ok(Checked {
            guard: self.guard(),
            deadline: Duration::from_millis(self.deadline_ms),
            n_lanes: self.lanes,
            source,
            weather: Weather {
                n_mails: self.storm_mails.into(),
                n_posts: self.storm_posts.into(),
                window: SignedDuration::from_mins(self.storm_minutes.into()),
            },
        })
    }

    /// The guard that these settings ask for; subscriptions are checked with the same one as attempts.
    pub fn guard(&self) -> Guard {
        Guard::new(self.allow_private, self.hosts.clone())
    }
}
