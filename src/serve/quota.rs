//! How much each key may ask.

use std::{
    fmt,
    io::Write as _,
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

/// Keys whose account is kept before those that have not asked for a while are forgotten.
const KEPT_KEYS: usize = 10_000;
/// More than a header of a standing has: a few letters and two numbers.
const VALUE_MAX_BYTES: usize = 64;

// Made once: a name that comes as text is looked up and hashed in every answer.
static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static STANDING: HeaderName = HeaderName::from_static("ratelimit");
static LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

type Accounts = RateLimiter<String, DashMapStateStore<String>, MonotonicClock, StateInformationMiddleware>;

/// The accounts of all keys: each may ask so many times at once, and again as time passes (GCRA, a leaky bucket).
///
/// They count on the machine's own clock, which only goes forward: a system clock that is set back must not shut anybody out.
pub(super) struct Quotas {
    accounts: Option<Accounts>,
    clock: MonotonicClock,
    per_minute: u32,
    burst: u32,
}

/// Where a key stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    per_minute: u32,
    burst: u32,
    remaining: u32,
}

/// Where the standing of a request's key is left for the answer's headers.
pub(super) type Slot = Arc<OnceLock<Standing>>;

impl Quotas {
    /// So many requests a minute for each key, and so many of them at once; 0 a minute means as many as one likes.
    pub(super) fn new(per_minute: u32, burst: u32) -> Self {
        let burst = if burst == 0 { per_minute } else { burst };
        let quota = NonZeroU32::new(per_minute).zip(NonZeroU32::new(burst));
        let clock = MonotonicClock;
        let accounts = quota.map(|(per_minute, burst)| {
            let quota = Quota::per_minute(per_minute).allow_burst(burst);
            RateLimiter::dashmap_with_clock(quota, clock.clone()).with_middleware()
        });
        Self { accounts, clock, per_minute, burst }
    }

    /// Takes one request off a key's account: where it stands then, nothing when there is no limit, or how long it has to
    /// wait.
    pub(super) fn take(&self, key: &str) -> Result<Option<Standing>, Duration> {
        let Some(accounts) = &self.accounts else { return Ok(None) };
        if accounts.len() > KEPT_KEYS {
            accounts.retain_recent();
        }
        let taken = accounts.check_key(&key.to_owned());
        let snapshot = taken.map_err(|refused| refused.wait_time_from(self.clock.now()))?;
        Ok(Some(self.standing(snapshot.remaining_burst_capacity())))
    }

    /// The standing of a key that has nothing left.
    pub(super) fn empty(&self) -> Standing {
        self.standing(0)
    }

    fn standing(&self, remaining: u32) -> Standing {
        Standing { per_minute: self.per_minute, burst: self.burst, remaining }
    }
}

impl Standing {
    /// Seconds until the account is full again.
    fn reset_s(self) -> u64 {
        let missing = u64::from(self.burst - self.remaining.min(self.burst));
        (missing * 60).div_ceil(u64::from(self.per_minute.max(1)))
    }

    /// Seconds in which as many requests as fit at once are granted anew.
    fn window_s(self) -> u64 {
        (u64::from(self.burst) * 60).div_ceil(u64::from(self.per_minute.max(1)))
    }

    /// Says so in the words of draft-ietf-httpapi-ratelimit-headers-11, and in the three of its earlier versions, which are
    /// what most clients read.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        let (burst, remaining, reset_s) = (self.burst, self.remaining, self.reset_s());
        let said = [
            (&POLICY, value(format_args!("\"key\";q={burst};w={}", self.window_s()))),
            (&STANDING, value(format_args!("\"key\";r={remaining};t={reset_s}"))),
        ];
        for (name, value) in said.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            headers.insert(name, value);
        }
        headers.insert(&LIMIT, burst.into());
        headers.insert(&REMAINING, remaining.into());
        headers.insert(&RESET, reset_s.into());
    }
}

/// What stands in a header, written where nothing has to be given back: every answer has two of them.
fn value(text: fmt::Arguments<'_>) -> Option<HeaderValue> {
    let mut bytes = [0; VALUE_MAX_BYTES];
    let mut rest = bytes.as_mut_slice();
    rest.write_fmt(text).ok()?;
    let n_written = VALUE_MAX_BYTES - rest.len();
    HeaderValue::from_bytes(bytes.get(..n_written)?).ok()
}

#[cfg(test)]
mod tests {
    use super::Quotas;

    #[test]
    fn each_key_has_an_account_of_its_own_and_the_one_that_is_empty_is_told_how_long_to_wait() {
        let quotas = Quotas::new(1, 3);
        let left = |key| quotas.take(key).map(|standing| standing.unwrap().remaining);
        assert_eq!([left("a"), left("a"), left("a")], [Ok(2), Ok(1), Ok(0)]);
        let wait = left("a").unwrap_err();
        assert!(!wait.is_zero() && wait.as_secs() <= 60, "{wait:?}");
        assert_eq!(left("b"), Ok(2));
        assert_eq!(quotas.take("c").unwrap().unwrap().reset_s(), 60);
    }

    #[test]
    fn nothing_a_minute_is_no_limit() {
        let quotas = Quotas::new(0, 0);
        assert!((0..1000).all(|_| quotas.take("a") == Ok(None)));
    }
}
