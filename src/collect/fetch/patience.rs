use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How waits are waited: really, or by turning a clock of their own forward. Pace, back-off and `Retry-After` all go
/// through it, so that the demo's loopback web and the tests keep every order of events and lose no time.
#[derive(Debug, Clone)]
pub struct Patience {
    start: Instant,
    /// Time that was jumped over instead of waited for; none when waits are real.
    jumped: Option<Arc<Mutex<Duration>>>,
}

impl Patience {
    /// Waits as long as it says.
    pub fn real() -> Self {
        Self { start: Instant::now(), jumped: None }
    }

    /// Never waits: its time jumps to the end of each wait. Only for servers of one's own.
    pub fn jumping() -> Self {
        Self { start: Instant::now(), jumped: Some(Arc::default()) }
    }

    /// Time since the start, jumps included.
    pub fn now(&self) -> Duration {
        self.start.elapsed() + self.jumped()
    }

    /// What was jumped over in all; zero when waits are real.
    pub fn jumped(&self) -> Duration {
        self.jumped.as_ref().map_or(Duration::ZERO, |jumped| *jumped.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until [`Patience::now`] is at least `instant`.
    pub async fn wait_until(&self, instant: Duration) {
        match &self.jumped {
            None => tokio::time::sleep_until(self.start + instant).await,
            Some(jumped) => {
                let mut jumped = jumped.lock().unwrap_or_else(PoisonError::into_inner);
                *jumped = instant.saturating_sub(self.start.elapsed()).max(*jumped);
            }
        }
    }

    /// Waits this long.
    pub async fn wait(&self, duration: Duration) {
        self.wait_until(self.now() + duration).await;
    }
}
