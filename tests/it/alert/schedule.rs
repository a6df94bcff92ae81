use jiff::{SignedDuration, Timestamp};
use vedetta::{
    alert::{Answer, jitter, next_attempt, verdict},
    store::DeliveryState,
};

use super::noon;

/// Seconds after which a failed attempt is made again, as promised to receivers.
const PROMISED: [f64; 7] = [5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0];

fn answered(status: u16) -> Answer {
    Answer { status: Some(status), retry_after: None, error: None }
}

fn seconds(wait: SignedDuration) -> f64 {
    wait.as_secs_f64()
}

#[test]
fn every_wait_is_within_a_fifth_of_what_was_promised() {
    for delivery in 0..500 {
        for (n_attempts, promised) in (1..).zip(PROMISED) {
            let wait = seconds(next_attempt(n_attempts, jitter(delivery, n_attempts), None).unwrap());
            assert!((promised * 0.8..=promised * 1.2).contains(&wait), "attempt {n_attempts}: {wait}");
        }
    }
    assert_eq!(next_attempt(8, 0.0, None), None, "seven retries, then no more");
}

#[test]
fn jitter_is_spread_over_deliveries_and_the_same_when_computed_again() {
    let all: Vec<f64> = (0..1_000).map(|delivery| jitter(delivery, 1)).collect();
    let mean = all.iter().sum::<f64>() / 1_000.0;
    assert!(mean.abs() < 0.1, "{mean}");
    assert!(all.iter().any(|j| *j < -0.9) && all.iter().any(|j| *j > 0.9));
    assert_eq!(jitter(42, 3).to_bits(), jitter(42, 3).to_bits());
}

#[test]
fn a_receiver_that_asks_for_time_gets_at_most_twice_the_wait_and_never_less() {
    let wait = |asked| seconds(next_attempt(2, 1.0, Some(SignedDuration::from_secs(asked))).unwrap());
    assert_eq!([wait(-5), wait(0), wait(400), wait(86_400)].map(f64::round), [300.0, 300.0, 400.0, 600.0]);
}

#[test]
fn only_a_receiver_that_is_overloaded_is_asked_when_to_come_back() {
    let asking = |status| Answer { retry_after: Some(SignedDuration::from_secs(8)), ..answered(status) };
    let next = |status| verdict(&asking(status), 1, None, noon(), 0.0).next_at.map(|at| at.duration_since(noon()));
    assert_eq!(next(429), Some(SignedDuration::from_secs(8)));
    assert_eq!(next(503), Some(SignedDuration::from_secs(8)));
    assert_eq!(next(500), Some(SignedDuration::from_secs(5)));
}

#[test]
fn a_delivery_ends_delivered_or_visibly_exhausted() {
    for status in [200, 202, 204, 299] {
        assert_eq!(verdict(&answered(status), 1, Some(Timestamp::MIN), noon(), 0.0).state, DeliveryState::Delivered);
    }
    for status in [302, 400, 404, 500] {
        let retried = verdict(&answered(status), 7, None, noon(), 0.0);
        assert_eq!((retried.state, retried.status), (DeliveryState::Pending, Some(i64::from(status))));
        let last = verdict(&answered(status), 8, None, noon(), 0.0);
        assert_eq!((last.state, last.next_at, last.disable), (DeliveryState::Exhausted, None, None));
    }
}

#[test]
fn gone_switches_the_endpoint_off_at_once() {
    let gone = verdict(&answered(410), 1, None, noon(), 0.0);
    assert_eq!((gone.state, gone.next_at), (DeliveryState::Dropped, None));
    assert!(gone.disable.unwrap().contains("410"));
}

#[test]
fn five_days_of_failure_switch_the_endpoint_off() {
    let failing_for = |hours: i64| {
        let since = noon().checked_sub(SignedDuration::from_hours(hours)).unwrap();
        verdict(&answered(500), 1, Some(since), noon(), 0.0)
    };
    assert_eq!(failing_for(119).disable, None);
    let off = failing_for(120);
    assert_eq!(off.state, DeliveryState::Dropped);
    assert!(off.disable.unwrap().contains("2026-02-26"));
}
