//! When to ask again.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::HeaderMap;

/// Tries of one request, the first included.
pub(super) const MAX_TRIES: u32 = 3;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause of our own choosing is longer.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// A number of seconds from here on is an instant: no host is exhausted for thirty years.
const SECONDS_SINCE_1970: u64 = 1_000_000_000;

/// The same in milliseconds.
const MILLIS_SINCE_1970: u64 = 1_000_000_000_000;

/// The pause after the `n`th failure (from 1): exponential, capped, and by `chance` (0 to 1) somewhere in its upper
/// half, so that programs that failed together do not return together.
pub(super) fn back_off(n: u32, chance: f64) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(2u32.saturating_pow(n.saturating_sub(1))).min(LONGEST_BACK_OFF);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// `Retry-After`: whole seconds, or an HTTP date (RFC 9110 section 10.2.3). A date that has passed means now.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit ask for more patience than anybody has.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let instant = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(instant.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// For how long a host wants no more requests, when it says that none remain of its allowance. The names are those of
/// common use and of the IETF draft; a reset is either an instant (seconds or milliseconds since 1970) or a number of
/// seconds from now. Where it says only that nothing remains, a whole window is waited.
pub(super) fn exhausted(headers: &HeaderMap, window: Duration, now: Timestamp) -> Option<Duration> {
    let number = |names: &[&str]| {
        let found = names.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
        // `100, 100;w=60` counts several windows; the first is the one that binds.
        let digits: String = found.trim().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    };
    if number(&["x-ratelimit-remaining", "x-ratelimit-remain", "x-rate-limit-remaining", "ratelimit-remaining"])? > 0 {
        return None;
    }
    let reset = number(&["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"]);
    let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Some(match reset {
        None => window,
        Some(instant) if instant >= MILLIS_SINCE_1970 => Duration::from_millis(instant.saturating_sub(now)),
        Some(instant) if instant >= SECONDS_SINCE_1970 => {
            Duration::from_millis(instant.saturating_mul(1000).saturating_sub(now))
        }
        Some(seconds) => Duration::from_secs(seconds),
    })
}
