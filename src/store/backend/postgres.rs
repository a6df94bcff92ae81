//! A PostgreSQL server, for one process or many.
//!
//! # Why
//!
//! *Why one writer in the whole installation?* Event numbers without gaps, marks in the order of commits, and every "look,
//! then write" of this room rest on it. A transaction that writes takes one lock of the database's own before it looks at
//! anything, so that what holds for SQLite's one writer holds here without another thought; statements are short, and
//! what a night writes it writes by the page. Whoever only reads waits for nobody.
//!
//! *Why not serializable transactions?* They would have to be run again when they meet, and the bodies of ours answer
//! questions in between.

use std::{sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{sync::Semaphore, time::timeout};

use super::{Conn, schema_error};
use crate::store::Result;

/// Readers of one process: the API's lists, a night, and the relays beside them.
const N_READERS: u32 = 8;
/// How long a transaction waits for its turn to write, in this process and among processes.
const TURN_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a server that does not answer is waited for; a request that hangs longer helps nobody.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// What a session asks of the server. A statement that takes a minute is lost, not slow. A process that is stopped in the
/// middle of a transaction loses it after half of one, because everybody else waits for its lock. Statements are short:
/// compiling them first costs more than it gives.
const SESSION: [(&str, &str); 4] = [
    ("statement_timeout", "60s"),
    ("lock_timeout", "15s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("jit", "off"),
];
/// The lock of whoever writes; the number is ours alone in a database of ours ("vedetta" in ASCII).
const WRITE_LOCK: &str = "select pg_advisory_xact_lock(33325529125123169)";
/// Statements that a connection keeps prepared: all of this room's.
const N_STATEMENTS: usize = 300;

/// The pools of one database of a server.
#[derive(Debug)]
pub(in crate::store) struct Server {
    /// One connection, and a fair queue before it: waiting for one's turn is not waiting for the server.
    writer: PgPool,
    turn: Arc<Semaphore>,
    pub(super) reader: PgPool,
}

impl Server {
    /// Connects and migrates.
    pub(super) async fn open(options: PgConnectOptions) -> Result<Self> {
        let options = options.application_name("vedetta").disable_statement_logging();
        migrate(&options).await?;
        let options = options.statement_cache_capacity(N_STATEMENTS).options(SESSION);
        let pool = PgPoolOptions::new().acquire_timeout(CONNECT_TIMEOUT);
        let writer = pool.clone().max_connections(1).connect_lazy_with(options.clone());
        let only_read = options.options([("default_transaction_read_only", "on")]);
        let reader = pool.max_connections(N_READERS).connect_lazy_with(only_read);
        Ok(Self { writer, turn: Arc::new(Semaphore::new(1)), reader })
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    pub(super) async fn write(&self) -> Result<Conn> {
        let turn = timeout(TURN_TIMEOUT, Arc::clone(&self.turn).acquire_owned()).await;
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut tx = self.writer.begin().await?;
        tx.execute(WRITE_LOCK).await?;
        Ok(Conn::Postgres { tx, _turn: Some(turn) })
    }

    pub(super) async fn snapshot(&self) -> Result<Conn> {
        let tx = self.reader.begin_with("begin isolation level repeatable read read only").await?;
        Ok(Conn::Postgres { tx, _turn: None })
    }

    /// Writes every table anew, without a trace of what was in it: rows that are gone, and pages that kept a copy of them.
    /// The server's log forgets with its own checkpoints.
    pub(super) async fn rewrite(&self) -> Result<()> {
        self.vacuum("vacuum full").await
    }

    /// Gives up the rows that were deleted, so that no page holds them as readable rows.
    pub(super) async fn forget_log(&self) -> Result<()> {
        self.vacuum("vacuum (truncate off) signal, link, review, event, term, archived, setting, audit").await
    }

    /// On a connection of its own: it may take longer than any statement should, and not inside a transaction.
    async fn vacuum(&self, statement: &'static str) -> Result<()> {
        let mut own = PgConnection::connect_with(&self.writer.connect_options()).await?;
        own.execute("set statement_timeout = 0").await?;
        own.execute(statement).await?;
        Ok(own.close().await?)
    }
}

/// Brings the schema up to date, on a connection that may take its time. Of several processes that start together one
/// migrates and the others wait for it. Migrations that this program does not know are a later version's, and that version
/// lets the one before it go on.
async fn migrate(options: &PgConnectOptions) -> Result<()> {
    let mut own =
        timeout(TURN_TIMEOUT, PgConnection::connect_with(options)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    let mut migrations = sqlx::migrate!("src/store/migrations/postgres");
    migrations.set_ignore_missing(true).run(&mut own).await.map_err(schema_error)?;
    Ok(own.close().await?)
}

/// The server and database of `postgres://USER:PASSWORD@HOST/DATABASE`; nothing for any other address.
pub(super) fn server_of(url: &str) -> Option<PgConnectOptions> {
    let is_ours = url.starts_with("postgres://") || url.starts_with("postgresql://");
    is_ours.then(|| url.parse().ok()).flatten()
}
