//! The numbers of `/metrics`: what each means, and those that are looked up when somebody asks.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};

use super::House;
use crate::{
    desk::Result,
    store::{COMMITS, RunState},
};

/// Seconds that requests took, by route, method and status.
pub(super) const SECONDS: &str = "vedetta_http_request_seconds";
/// Upper bounds of the buckets that requests are counted in by their seconds, from an answer out of memory to one that was given up.
/// Buckets of several processes can be added up, quantiles cannot.
pub const SECONDS_BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Requests turned away because there were too many.
pub(super) const SHED: &str = "vedetta_http_shed_total";
/// Requests turned away because their key had asked too much.
pub(super) const LIMITED: &str = "vedetta_http_limited_total";
const IN_FLIGHT: &str = "vedetta_http_in_flight";
const EVENTS: &str = "vedetta_events";
const WAITING: &str = "vedetta_outbox_oldest_seconds";
const NIGHT_AGE: &str = "vedetta_night_age_seconds";
const NIGHT_FAILED: &str = "vedetta_night_failed_clients";
const STALE: &str = "vedetta_sources_stale";
const WRITABLE: &str = "vedetta_store_writable";
/// Ratings made ready before anybody asked.
pub(super) const READY: &str = "vedetta_ratings_ready";
/// Share of its memory that Redis uses.
const REDIS_MEMORY: &str = "vedetta_redis_memory_share";
const BUILD: &str = "vedetta_build_info";

/// Gauges and what they mean, those of the model's watch among them.
const GAUGES: [(&str, &str); 15] = [
    (IN_FLIGHT, "Requests being worked on now"),
    (EVENTS, "Number of the newest event"),
    (WAITING, "Age of the oldest event that a relay (alert, redis) has not dealt with; alarm above 60"),
    (NIGHT_AGE, "Seconds since the last night that was done began; alarm above 26 hours"),
    (NIGHT_FAILED, "Clients that the last night could not rate"),
    (STALE, "Sources that have been silent for too long"),
    (WRITABLE, "1 while the store takes writes, 0 while it only answers"),
    (READY, "Present ratings made ready before anybody asked, as far as there was room (serve.memory_mib)"),
    (REDIS_MEMORY, "Share of its memory that Redis uses, when it has a limit; alarm above 0.8"),
    (BUILD, "Always 1; its label is the version"),
    ("vedetta_stability_index", "Population stability index of the score or of a feature against the training sample"),
    ("vedetta_cohort_clients", "Clients rated a year ago, by grade"),
    ("vedetta_cohort_defaults", "Those of them that have defaulted since"),
    ("vedetta_cohort_defaults_expected", "Those of them that their PDs foresaw"),
    ("vedetta_overrides", "Analysts' decisions, by who was right"),
];

/// Tells the recorder what every number means; once for a process, after its recorder is in place.
pub fn describe_metrics() {
    describe_histogram!(SECONDS, Unit::Seconds, "Seconds from a request to its answer, by route, method and status");
    describe_counter!(SHED, "Requests turned away with 503 because too many were being worked on");
    describe_counter!(LIMITED, "Requests turned away with 429 because their key had asked too much");
    describe_counter!(COMMITS, "Transactions written, each of which waits for the disk");
    for (name, meaning) in GAUGES {
        describe_gauge!(name, meaning);
    }
    metrics::counter!(SHED).absolute(0);
    metrics::counter!(LIMITED).absolute(0);
    metrics::counter!(COMMITS).absolute(0);
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Looks up what nobody counts.
#[expect(clippy::cast_precision_loss, reason = "counts and seconds are far below 2^53")]
pub(super) async fn look(house: &House) -> Result<()> {
    let (store, now) = (&house.desk.store, house.desk.clock.now());
    let age = |since: Option<jiff::Timestamp>| since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
    gauge!(IN_FLIGHT)
        .set((house.settings.at_once - house.places.available_permits().min(house.settings.at_once)) as f64);
    gauge!(WRITABLE).set(f64::from(u8::from(store.takes_writes())));
    gauge!(EVENTS).set(store.outbox().last_seq().await? as f64);
    let relays: &[&'static str] = if house.queue.is_some() { &["alert", "redis"] } else { &["alert"] };
    for relay in relays {
        gauge!(WAITING, "relay" => *relay).set(age(store.waiting_since(relay).await?));
    }
    if let Some(redis) = &house.queue
        && let Ok(health) = redis.health().await
        && let Some(share) = health.fullness
    {
        gauge!(REDIS_MEMORY).set(share);
    }
    if let Some(night) = store.runs().last("night").await? {
        gauge!(NIGHT_FAILED).set(night.failed as f64);
        if night.state == RunState::Done {
            gauge!(NIGHT_AGE).set(age(Some(night.started_at)));
        }
    }
    gauge!(STALE).set(house.desk.rescorer.stale_sources().await?.len() as f64);
    house.desk.set_gauges().await
}
