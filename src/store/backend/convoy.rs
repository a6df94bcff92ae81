//! Short transactions of one file that share a commit.
//!
//! # Why
//!
//! *Why not a commit for each?* A commit waits for the disk, and one change is several of them: what was told, the rating that
//! follows, the deliveries of its event, what became of them. A hundred changes a second would ask a disk for four hundred.
//!
//! *How is each still all or nothing?* By a savepoint of its own. One that fails takes back what it wrote and nothing else; one
//! that ends well is told so by the commit that all of them share, and never before it.
//!
//! *Who waits for whom?* Nobody while few write: a convoy sets out at once as long as there is one a [`PERIOD`] on average.
//! Whoever comes in between goes with the next, a few milliseconds later. Long transactions travel alone.

use std::{
    sync::{Arc, Mutex as Lock, PoisonError},
    time::Duration,
};

use sqlx::{Executor, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, oneshot},
    time::{Instant, sleep_until},
};

use crate::store::Result;

/// Between two convoys, where one follows the other: a hundred changes a second are one and a half commits each at most.
const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / 140);
/// So many may set out at once after a quiet time.
const N_AT_ONCE: u32 = 8;

/// The convoys of one file, one at a time.
#[derive(Debug, Clone)]
pub(super) struct Convoys {
    writer: SqlitePool,
    gathering: Arc<Mutex<Option<Convoy>>>,
    pace: Arc<Lock<Pace>>,
}

/// One that has not set out yet.
#[derive(Debug)]
struct Convoy {
    tx: Transaction<'static, Sqlite>,
    /// Those who are through, and wait to be told that it is kept.
    aboard: Vec<oneshot::Sender<Result<(), String>>>,
}

impl Convoys {
    pub(super) fn of(writer: SqlitePool) -> Self {
        Self { writer, gathering: Arc::default(), pace: Arc::new(Lock::new(Pace { next: Instant::now() })) }
    }

    /// Begins a transaction in the convoy that gathers, or in a new one. The one before it is over.
    pub(super) async fn board(&self) -> Result<Seat> {
        let mut gathering = Arc::clone(&self.gathering).lock_owned().await;
        let convoy = match gathering.take() {
            Some(convoy) => convoy,
            None => {
                let tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
                let sets_out = self.pace.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
                tokio::spawn(self.clone().see_off(sets_out));
                Convoy { tx, aboard: Vec::new() }
            }
        };
        let convoy = gathering.insert(convoy);
        if let Err(error) = convoy.tx.execute("savepoint seat").await {
            end(&mut gathering, Err(&error));
            return Err(error.into());
        }
        Ok(Seat { gathering: Some(gathering) })
    }

    /// Commits the convoy that gathers at that time. A task of its own: nobody who goes with it and gives up holds up the others.
    async fn see_off(self, sets_out: Instant) {
        sleep_until(sets_out).await;
        let mut gathering = self.gathering.lock_owned().await;
        let Some(Convoy { tx, aboard }) = gathering.take() else { return };
        let done = tx.commit().await;
        tell(aboard, done.as_ref().map(|()| ()));
    }
}

/// Ends a convoy that cannot set out: nobody's work is kept.
fn end(gathering: &mut Option<Convoy>, why: Result<(), &sqlx::Error>) {
    if let Some(convoy) = gathering.take() {
        tell(convoy.aboard, why);
    }
}

fn tell(aboard: Vec<oneshot::Sender<Result<(), String>>>, done: Result<(), &sqlx::Error>) {
    for waiting in aboard {
        // Whoever has given up is not there to be told.
        waiting.send(done.map_err(ToString::to_string)).ok();
    }
}

/// The transaction of one who goes with a convoy. Dropped, it is taken back.
#[derive(Debug)]
pub(in crate::store) struct Seat {
    gathering: Option<OwnedMutexGuard<Option<Convoy>>>,
}

impl Seat {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let convoy = self.gathering.as_mut().and_then(|gathering| gathering.as_mut());
        convoy.map(|convoy| &mut *convoy.tx).ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Comes back when everything is kept.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.connection()?.execute("release seat").await?;
        let (waiting, told) = oneshot::channel();
        if let Some(mut gathering) = self.gathering.take()
            && let Some(convoy) = gathering.as_mut()
        {
            convoy.aboard.push(waiting);
        }
        match told.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(sqlx::Error::Protocol(why).into()),
            Err(_) => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }

    pub(super) async fn roll_back(mut self) -> Result<()> {
        if let Some(gathering) = self.gathering.take() {
            leave(gathering).await?;
        }
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Without a runtime the process is about to end, and with it the transaction.
        if let Some(gathering) = self.gathering.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
                if let Err(error) = leave(gathering).await {
                    tracing::debug!(%error, "a transaction was over before it was taken back");
                }
            });
        }
    }
}

/// Takes back what one has written. Where that cannot be, as when a full disk has ended the whole transaction, nothing of the
/// others is kept either, and they are told.
async fn leave(mut gathering: OwnedMutexGuard<Option<Convoy>>) -> Result<(), sqlx::Error> {
    let Some(convoy) = gathering.as_mut() else { return Ok(()) };
    let left = async {
        convoy.tx.execute("rollback to seat").await?;
        convoy.tx.execute("release seat").await
    };
    let left = left.await.map(drop);
    if let Err(error) = &left {
        end(&mut gathering, Err(error));
    }
    left
}

/// When convoys may set out: at once after a quiet time, one a period when they follow each other.
#[derive(Debug)]
struct Pace {
    /// When the next one would, if none ever set out early.
    next: Instant,
}

impl Pace {
    fn take(&mut self, now: Instant) -> Instant {
        let early = self.next.checked_sub(PERIOD * N_AT_ONCE).unwrap_or(now);
        self.next = self.next.max(now) + PERIOD;
        early.max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convoys_set_out_at_once_after_a_quiet_time_and_one_a_period_when_they_follow_each_other() {
        let start = Instant::now();
        let mut pace = Pace { next: start };
        let waits: Vec<Duration> = (0..20).map(|_| pace.take(start) - start).collect();
        let n_at_once = waits.iter().filter(|wait| wait.is_zero()).count();
        assert_eq!(n_at_once, N_AT_ONCE as usize + 1);
        assert!(waits[n_at_once..].windows(2).all(|two| two[1] - two[0] == PERIOD));
        // A second later all is quiet.
        let later = start + Duration::from_secs(1);
        assert_eq!(pace.take(later), later);
    }
}
