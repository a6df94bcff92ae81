//! Signals that are told one by one and many a second: those that come together are written together.
//!
//! # Why
//!
//! *Why not a transaction each?* A commit waits for the disk, and is followed by that of the rating and that of the alerts. A
//! feed of a hundred signals a second would keep the disk busy with three hundred commits, and everybody else who writes
//! waiting for them. A transaction begins no sooner than [`PACE`] after the one before: who comes alone waits for nothing,
//! who comes in between shares the next one, and what follows a transaction follows once for all that is in it.
//!
//! *Why is the time asked for here?* A signal counts as known from the transaction that has it. Were it known from before its
//! turn, a rating made meanwhile would be said to have known it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};
use tokio_util::task::TaskTracker;

use super::{Facts, NewSignal};
use crate::store::{Claim, Entry, Error, Result, Store, backend::Write};

/// From the beginning of one transaction to the beginning of the next. Each is followed by those of the ratings, of the alerts and of
/// the posts: four commits, which are fewer than one and a half for each of a hundred signals a second.
const PACE: Duration = Duration::from_millis(30);

/// Tellings in one transaction; the rest has another, so that others who write have their turn.
const MAX_TOGETHER: usize = 200;

/// What somebody told.
pub struct Telling {
    /// The signals, which become known when they are written.
    pub signals: Vec<NewSignal>,
    /// Who told them, for the audit log: a key's id.
    pub who: String,
    /// Which of them is named there.
    pub object: String,
    /// What else is said there, as JSON text.
    pub details: String,
    /// What time it is.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

/// A telling whose turn is not yet, the request that it came with, and who waits for how many of its signals were new.
struct Waiting {
    telling: Telling,
    claim: Option<Arc<Claim>>,
    answer: oneshot::Sender<Result<u64>>,
}

/// Who waits for the next transaction, and when the last one began.
#[derive(Default)]
pub(in crate::store) struct Tellings {
    state: Mutex<State>,
    under_way: TaskTracker,
}

#[derive(Default)]
struct State {
    /// None while no transaction is on its way.
    waiting: Option<Vec<Waiting>>,
    last_began: Option<Instant>,
}

impl std::fmt::Debug for Tellings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tellings")
    }
}

impl Tellings {
    /// Answers when the transaction may begin that is to be set out for this telling; none when there is one for it.
    fn join(&self, waiting: Waiting) -> Option<Instant> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = &mut state.waiting {
            others.push(waiting);
            return None;
        }
        state.waiting = Some(vec![waiting]);
        let now = Instant::now();
        Some(state.last_began.map_or(now, |last| now.max(last + PACE)))
    }

    /// Those who waited longest, without those who wait no more, and whether there are others.
    fn take(&self) -> (Vec<Waiting>, bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last_began = Some(Instant::now());
        let mut together = state.waiting.take().unwrap_or_default();
        together.retain(|waiting| !waiting.answer.is_closed());
        let later = together.split_off(together.len().min(MAX_TOGETHER));
        state.waiting = (!later.is_empty()).then_some(later);
        (together, state.waiting.is_some())
    }
}

impl Facts<'_> {
    /// Writes what somebody told, with the note of who it was: both are there or neither. Answers how many of its signals were
    /// new. Whoever does not wait any more when it would be written has told nothing.
    pub async fn put_told(&self, telling: Telling) -> Result<u64> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { telling, claim: Claim::current(), answer };
        if let Some(begin) = self.0.0.tellings.join(waiting) {
            self.0.set_out(begin);
        }
        answered.await.unwrap_or(Err(Error::Unavailable(sqlx::Error::WorkerCrashed)))
    }
}

impl Store {
    /// Writes those who wait when the time has come.
    fn set_out(&self, begin: Instant) {
        let store = self.clone();
        self.0.tellings.under_way.spawn(async move {
            sleep_until(begin).await;
            store.write_waiting().await;
        });
    }

    async fn write_waiting(&self) {
        let write = self.write().await;
        // Only now, so that whoever came while others wrote is taken along.
        let (mut together, are_more) = self.0.tellings.take();
        if are_more {
            self.set_out(Instant::now());
        }
        let taken = match write {
            Ok(write) => write.take_told(&mut together).await,
            Err(error) => Err(error),
        };
        match taken {
            Ok((write, n_new)) => match write.keep_told().await {
                Ok(()) => together.into_iter().zip(n_new).for_each(|(waiting, n_new)| waiting.hear(Ok(n_new))),
                Err(error) => refuse(together, &error),
            },
            // Nobody is refused for what another said.
            Err(error) if together.len() > 1 && !matches!(error, Error::Unavailable(_)) => {
                for mut waiting in together {
                    let told = self.write_alone(&mut waiting).await;
                    waiting.hear(told);
                }
            }
            Err(error) => refuse(together, &error),
        }
    }

    async fn write_alone(&self, waiting: &mut Waiting) -> Result<u64> {
        let (write, n_new) = self.write().await?.take_told(std::slice::from_mut(waiting)).await?;
        write.keep_told().await?;
        Ok(n_new.into_iter().sum())
    }

    /// Waits for all that was told to be written.
    pub(in crate::store) async fn all_is_told(&self) {
        self.0.tellings.under_way.close();
        self.0.tellings.under_way.wait().await;
    }
}

impl Write<'_> {
    /// Writes what they told, and answers how many signals of each were new; nothing is kept yet.
    async fn take_told(mut self, together: &mut [Waiting]) -> Result<(Self, Vec<u64>)> {
        let mut n_new = Vec::with_capacity(together.len());
        for Waiting { telling, claim, .. } in together {
            let now = (telling.clock)();
            for row in &mut telling.signals {
                row.signal.known_at = now;
            }
            n_new.push(self.take_signals(&telling.signals).await?);
            let Telling { who, object, details, .. } = telling;
            self.note_audit(now, &Entry { who, what: "signal.told", object, details }).await?;
            self.works_for(claim.clone());
        }
        Ok((self, n_new))
    }

    /// Commits it. Documents that could not be cleaned away are told to the operator alone, and go with the next ones: what was
    /// told is written.
    async fn keep_told(self) -> Result<()> {
        let store = self.store().clone();
        if self.commit_signals().await?
            && let Err(error) = store.facts().forget_traces().await
        {
            tracing::warn!(%error, "documents of withdrawn signals are not cleaned away yet");
        }
        Ok(())
    }
}

impl Waiting {
    fn hear(self, told: Result<u64>) {
        if self.answer.send(told).is_err() {
            tracing::debug!(object = self.telling.object, "whoever told it does not wait any more");
        }
    }
}

fn refuse(together: Vec<Waiting>, error: &Error) {
    for waiting in together {
        waiting.hear(Err(the_same(error)));
    }
}

/// A failure of what several waited for, for one more of them.
fn the_same(error: &Error) -> Error {
    match error {
        Error::Damaged { what, why } => Error::Damaged { what, why: why.clone() },
        Error::Conflict(what) => Error::Conflict(what.clone()),
        other => Error::Unavailable(sqlx::Error::Io(std::io::Error::other(other.to_string()))),
    }
}
