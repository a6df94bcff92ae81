use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Longer than a server of one's own on the same machine takes to say the next thing it has to say.
const MOMENT_OF_SILENCE: Duration = Duration::from_millis(250);

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

    /// Whether it waits as long as it says, as one must with servers of others.
    pub fn is_real(&self) -> bool {
        self.jumped.is_none()
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

    /// For how long, really, to listen to a stream that is to be heard until `instant`. A jumping patience takes a moment
    /// of silence for the rest of the time.
    pub(super) fn listening(&self, instant: Duration) -> Duration {
        let left = instant.saturating_sub(self.now());
        if self.jumped.is_some() { left.min(MOMENT_OF_SILENCE) } else { left }
    }

    /// Waits this long.
    pub async fn wait(&self, duration: Duration) {
        self.wait_until(self.now() + duration).await;
    }
}
