//! When to ask again.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};

/// Tries of one request, the first included.
pub(super) const MAX_TRIES: u32 = 3;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause of our own choosing is longer.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

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
