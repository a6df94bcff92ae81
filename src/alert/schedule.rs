use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

use super::webhook::Answer;
use crate::{
    domain::Sha256,
    store::{Attempt, DeliveryState},
};

/// Waits between attempts: the first is made at once, the last some 28 hours later.
const STEPS: [SignedDuration; 7] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(10),
];
/// A wait is longer or shorter by up to this share, so that receivers that failed together are not called together. A
/// fifth is promised; the rest of it is for the time that the attempt itself takes to start.
const JITTER: f64 = 0.18;
/// An endpoint that has failed for so long is switched off.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How long to wait after the `n_attempts`-th attempt failed; none when it was the last. `jitter` from -1 to 1. A
/// receiver that says when to come back is heeded between the regular wait and twice that.
pub fn next_attempt(n_attempts: i64, jitter: f64, retry_after: Option<SignedDuration>) -> Option<SignedDuration> {
    let base = *STEPS.get(usize::try_from(n_attempts.max(1) - 1).ok()?)?;
    Some(match retry_after {
        Some(asked) => asked.clamp(base, base * 2),
        None => base + SignedDuration::from_secs_f64(base.as_secs_f64() * JITTER * jitter.clamp(-1.0, 1.0)),
    })
}

/// The jitter of an attempt, from -1 to 1: spread evenly over deliveries, and the same when computed again.
pub fn jitter(delivery: i64, n_attempts: i64) -> f64 {
    let hash = Sha256::of(format!("{delivery}:{n_attempts}").as_bytes());
    let [a, b, c, d, ..] = *hash.bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// What an answer means for a delivery after its `n_attempts`-th attempt, made at `at`. `failing_since`: since when the
/// endpoint has not answered well, before this attempt.
pub fn verdict(
    answer: &Answer,
    n_attempts: i64,
    failing_since: Option<Timestamp>,
    at: Timestamp,
    jitter: f64,
) -> Attempt {
    let attempt = Attempt {
        at,
        status: answer.status.map(i64::from),
        error: answer.error.clone(),
        state: DeliveryState::Delivered,
        next_at: None,
        is_theirs: true,
        disable: None,
    };
    if answer.is_success() {
        return attempt;
    }
    let disable = match failing_since {
        _ if answer.status == Some(410) => Some("the endpoint answered 410 Gone".to_owned()),
        Some(since) if at.duration_since(since) >= PATIENCE => Some(format!("no success since {since}, for 5 days")),
        _ => None,
    };
    if disable.is_some() {
        return Attempt { state: DeliveryState::Dropped, disable, ..attempt };
    }
    let heeded = answer.retry_after.filter(|_| matches!(answer.status, Some(429 | 503)));
    match next_attempt(n_attempts, jitter, heeded).and_then(|wait| at.checked_add(wait).ok()) {
        Some(next_at) => Attempt { state: DeliveryState::Pending, next_at: Some(next_at), ..attempt },
        None => Attempt { state: DeliveryState::Exhausted, ..attempt },
    }
}

/// The same for a mail server. A mailbox is not to blame for a server that is away or does not let us in (RFC 4954); a mail
/// that was refused for good (5xx) is not offered again.
pub fn mail_verdict(
    answer: &Answer,
    n_attempts: i64,
    failing_since: Option<Timestamp>,
    at: Timestamp,
    jitter: f64,
) -> Attempt {
    let is_theirs = answer.status.is_some_and(|status| !matches!(status, 421 | 454 | 530..=538));
    let attempt = verdict(answer, n_attempts, failing_since.filter(|_| is_theirs), at, jitter);
    let is_final = is_theirs && answer.status.is_some_and(|status| status >= 500);
    if is_final && attempt.state == DeliveryState::Pending {
        return Attempt { state: DeliveryState::Exhausted, next_at: None, is_theirs, ..attempt };
    }
    Attempt { is_theirs, ..attempt }
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP date, which is compared with `now`.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<SignedDuration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(date.duration_since(now))
}
