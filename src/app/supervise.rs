//! Tasks that outlive their own failures.

use std::{future::Future, time::Duration};

use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, error, info_span, warn};

/// How long a failed task waits before it starts again: doubling from the first to the last, which is how long a store may be
/// back without being used. A task that ran for longer than the last one was well, and waits as if it had never failed.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// The tasks of a running house and the one word that stops them.
#[derive(Debug, Clone)]
pub(super) struct Supervisor {
    tracker: TaskTracker,
    pub(super) shutdown: CancellationToken,
}

impl Supervisor {
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        Self { tracker: TaskTracker::new(), shutdown }
    }

    /// Runs a task until shutdown. One that fails or panics is logged and started again after a pause; it takes nothing
    /// down with it.
    pub(super) fn keep<F, R>(&self, name: &'static str, task: F)
    where
        F: Fn(CancellationToken) -> R + Send + 'static,
        R: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (tracker, shutdown) = (self.tracker.clone(), self.shutdown.clone());
        let watch = async move {
            let mut pause = FIRST_PAUSE;
            while !shutdown.is_cancelled() {
                let began = Instant::now();
                let attempt = tracker.spawn(task(shutdown.clone()).instrument(info_span!("task", task.name = name)));
                match attempt.await {
                    Ok(Ok(())) => return,
                    Ok(Err(failure)) => warn!(task.name = name, error = format!("{failure:#}"), "task failed"),
                    Err(death) => error!(task.name = name, error = %death, "task died"),
                }
                if began.elapsed() > LAST_PAUSE {
                    pause = FIRST_PAUSE;
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = shutdown.cancelled() => {}
                }
                pause = (pause * 2).min(LAST_PAUSE);
            }
        };
        self.tracker.spawn(watch);
    }

    /// Says stop and waits until everybody has come home.
    pub(super) async fn stop(&self) {
        self.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
