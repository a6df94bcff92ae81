//! The only reader of the system clock. Everything else is told the time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// What time it is: the system's, or one that somebody moves by hand (tests, the demo).
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The system clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still until it is moved; its clones move with it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Kind::Manual(Arc::new(Mutex::new(start))))
    }

    /// Now, to the millisecond (what the store keeps).
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one reader of the system clock")]
        let now = match &self.0 {
            Kind::System => Timestamp::now(),
            Kind::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves a manual clock to a later instant; an earlier one, or the system clock, is left as it is.
    pub fn advance_to(&self, instant: Timestamp) {
        if let Kind::Manual(now) = &self.0 {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = instant.max(*now);
        }
    }

    /// Moves a manual clock forward.
    pub fn advance(&self, by: SignedDuration) {
        if let Ok(instant) = self.now().checked_add(by) {
            self.advance_to(instant);
        }
    }

    /// Waits on the clock's own time: a manual clock polls, because its time passes only when moved.
    pub async fn wait_until(&self, instant: Timestamp) {
        loop {
            let left = instant.duration_since(self.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            let nap = match self.0 {
                Kind::System => left.unsigned_abs(),
                Kind::Manual(_) => std::time::Duration::from_millis(20),
            };
            tokio::time::sleep(nap).await;
        }
    }
}
