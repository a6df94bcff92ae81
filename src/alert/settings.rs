use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Error, Guard};
use crate::publish::EventSource;

/// A receiver gets at most so long; contracts say 10 s, and nobody may raise it beyond this.
const MAX_DEADLINE_MS: u64 = 30_000;
/// Each lane is a connection and a body in memory.
const MAX_LANES: usize = 1_024;

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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_private: false,
            hosts: BTreeMap::new(),
            deadline_ms: 10_000,
            lanes: 64,
            source: EventSource::default().to_string(),
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
}

impl Settings {
    /// Checks the values against their limits and each other.
    pub(super) fn check(&self) -> Result<Checked, Error> {
        let bad = |field: &str, why: String| Error::Settings(format!("alert.{field}: {why}"));
        if !(1..=MAX_DEADLINE_MS).contains(&self.deadline_ms) {
            return Err(bad("deadline_ms", format!("must be 1 to {MAX_DEADLINE_MS}")));
        }
        if !(1..=MAX_LANES).contains(&self.lanes) {
            return Err(bad("lanes", format!("must be 1 to {MAX_LANES}")));
        }
        let source = self.source.parse().map_err(|error: crate::domain::WordError| bad("source", error.to_string()))?;
        Ok(Checked {
            guard: self.guard(),
            deadline: Duration::from_millis(self.deadline_ms),
            n_lanes: self.lanes,
            source,
        })
    }

    /// The guard that these settings ask for; subscriptions are checked with the same one as attempts.
    pub fn guard(&self) -> Guard {
        Guard::new(self.allow_private, self.hosts.clone())
    }
}
