//! Whether a server that says nothing is slow or gone.
//!
//! # Why
//!
//! *Why is a statement not simply given so many seconds?* A page of a night or a report may rightly take a minute, and a
//! request to a server that was stopped, or behind a cable that was pulled, should be told so within seconds. From the outside
//! both are silence. So whoever has waited a little asks the server something else, on a connection of its own: one that
//! answers is slow, and is waited for.

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::store::Result;

/// How long an answer is waited for before the server is asked whether it is there, at first and later: with
/// [`PROBE`] less than five seconds, which is as long as anybody should wait for a server that is gone.
const SILENCE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];
/// How long the server may take to say that it is there.
const PROBE: Duration = Duration::from_secs(2);
/// How long what it said holds for everybody else who waits.
const FRESH: Duration = Duration::from_secs(1);

/// Asks a server whether it is there, once for all who wait for it.
#[derive(Clone)]
pub(in crate::store) struct Patience(Arc<Asking>);

struct Asking {
    options: PgConnectOptions,
    last: Mutex<Option<(Instant, bool)>>,
}

impl fmt::Debug for Patience {
    /// The address is left out: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patience")
    }
}

impl Patience {
    pub(super) fn with(options: PgConnectOptions) -> Self {
        Self(Arc::new(Asking { options, last: Mutex::default() }))
    }

    /// What the work comes to, which waits for the server; an error once the server is gone. Work that is left so has lost
    /// its connection. Boxed, as is the question to the server: they would make every future of the store several times as large.
    pub(super) async fn wait<T>(&self, mut work: BoxFuture<'_, Result<T>>) -> Result<T> {
        let [first, later] = SILENCE;
        let mut silence = first;
        loop {
            if let Ok(done) = timeout(silence, work.as_mut()).await {
                return done;
            }
            tokio::select! {
                done = work.as_mut() => return done,
                is_there = Box::pin(self.is_there()) => {
                    if !is_there {
                        return Err(sqlx::Error::PoolTimedOut.into());
                    }
                }
            }
            silence = later;
        }
    }

    async fn is_there(&self) -> bool {
        let mut last = self.0.last.lock().await;
        if let Some((at, is_there)) = *last
            && at.elapsed() < FRESH
        {
            return is_there;
        }
        let asking = async { PgConnection::connect_with(&self.0.options).await?.close().await };
        // One that has no connection left for us, or is about to end, has said so itself.
        let is_there = matches!(timeout(PROBE, asking).await, Ok(Ok(()) | Err(sqlx::Error::Database(_))));
        *last = Some((Instant::now(), is_there));
        is_there
    }
}

/// Whether a connection that is given back can be used again: one on which something was left unfinished must first come
/// to the end of it. An error takes it out of the pool at once, and another takes its place. Asked after the answer was given,
/// it keeps nobody waiting: the driver asks the same, but would do so for as long as the network takes to give up.
pub(super) async fn is_well(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    timeout(PROBE, connection.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)?.map(|()| true)
}
