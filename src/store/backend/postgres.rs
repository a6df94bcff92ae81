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

use futures::FutureExt;
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

use super::{
    Conn,
    patience::{self, Patience},
    schema_error,
};
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
/// What was acknowledged is on the disk, whatever the database's own default.
///
/// What is looked up is looked up by its key: a list of one is guessed to be of a hundred, and by the server's defaults, which
/// are those of a turning disk, reading a whole table seems cheaper than that. It took sixty milliseconds among 50 000 clients.
const SESSION: [(&str, &str); 6] = [
    ("statement_timeout", "60s"),
    ("lock_timeout", "15s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("jit", "off"),
    ("synchronous_commit", "on"),
    ("random_page_cost", "1.1"),
];
/// The lock of whoever writes; the number is ours alone in a database of ours ("vedetta" in ASCII).
const WRITE_LOCK: &str = "select pg_advisory_xact_lock(33325529125123169)";
/// Each statement sees what was committed before it began. An isolation that took its picture with the lock's own statement,
/// as a database may have for its default, would not see what the writer before us wrote while we waited.
const BEGIN_WRITE: &str = "begin isolation level read committed read write";
/// The same lock for a migration, which is several transactions: it is held until the connection ends.
const MIGRATION_LOCK: &str = "select pg_advisory_lock(33325529125123169)";
/// The lock of whoever does what only one process does; it is held until the connection ends.
const PLACE_LOCK: &str = "select pg_try_advisory_lock(33325529125123170)";
/// A process that has said nothing for so long has lost its place, whether its machine is gone or it was stopped.
const PLACE_SESSION: [(&str, &str); 4] = [
    ("idle_session_timeout", "15s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "3"),
    ("tcp_keepalives_count", "3"),
];
/// How long the server is waited for that is asked for the place.
const PLACE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long those are waited for who read a state in which what was deleted still is: as long as most callers wait.
const READERS_TIMEOUT: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// Whether anybody sees, or will see, a state older than a transaction's: a snapshot begins at the oldest one that was
/// running anywhere on the server, and holds what is deleted since in this database.
const IS_OLDER_STATE_READ: &str = "select pg_snapshot_xmin(pg_current_snapshot()) < $1::text::xid8 or exists
     (select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
          and age(backend_xmin) > age(($1::text::xid8)::xid))";
/// Statements that a connection keeps prepared: all of this room's.
const N_STATEMENTS: usize = 300;

/// What an address may say behind its `?`: what sqlx understands (<https://docs.rs/sqlx/latest/sqlx/postgres/struct.PgConnectOptions.html>).
const KEYS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// What a withdrawal deletes from or writes anew: rows, the pages and answers that hold copies of them, and the marks and
/// names beside them. The server would leave out the indexes where few rows went.
const FORGET: &str =
    "vacuum (truncate off, index_cleanup on) signal, link, review, event, term, archived, setting, audit,
    page, request, touched, dirty, market_named, judgement, assessment, assessment_number, assessment_signal, assessment_term,
    assessment_document";

/// The pools of one database of a server.
#[derive(Debug)]
pub(in crate::store) struct Server {
    /// One connection, and a fair queue before it: waiting for one's turn is not waiting for the server.
    writer: PgPool,
    turn: Arc<Semaphore>,
    pub(super) reader: PgPool,
    pub(super) patience: Patience,
}

impl Server {
    /// Connects and migrates.
    pub(super) async fn open(options: PgConnectOptions) -> Result<Self> {
        let options = options.application_name("vedetta").disable_statement_logging();
        migrate(&options).await?;
        let options = options.statement_cache_capacity(N_STATEMENTS).options(SESSION);
        let patience = Patience::with(options.clone());
        let pool = PgPoolOptions::new().acquire_timeout(CONNECT_TIMEOUT);
        let pool = pool.after_release(|connection, _| Box::pin(patience::is_well(connection)));
        let writer = pool.clone().max_connections(1).connect_lazy_with(options.clone());
        let only_read = options.options([("default_transaction_read_only", "on")]);
        let reader = pool.max_connections(N_READERS).connect_lazy_with(only_read);
        Ok(Self { writer, turn: Arc::new(Semaphore::new(1)), reader, patience })
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    pub(super) async fn write(&self) -> Result<Conn> {
        self.patience.wait(self.take_turn().boxed()).await
    }

    async fn take_turn(&self) -> Result<Conn> {
        let turn = timeout(TURN_TIMEOUT, Arc::clone(&self.turn).acquire_owned()).await;
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut tx = self.writer.begin_with(BEGIN_WRITE).await?;
        tx.execute(WRITE_LOCK).await?;
        Ok(Conn::Postgres { tx, has_failed: false, patience: self.patience.clone(), _turn: Some(turn) })
    }

    pub(super) async fn snapshot(&self) -> Result<Conn> {
        let begun = self.reader.begin_with("begin isolation level repeatable read read only");
        let tx = self.patience.wait(async { Ok(begun.await?) }.boxed()).await?;
        Ok(Conn::Postgres { tx, has_failed: false, patience: self.patience.clone(), _turn: None })
    }

    /// A connection that asks for the place of the one process.
    pub(super) async fn place(&self) -> Result<Place> {
        let options = self.writer.connect_options().as_ref().clone().options(PLACE_SESSION);
        let connecting = timeout(PLACE_TIMEOUT, PgConnection::connect_with(&options)).await;
        Ok(Place { own: Some(connecting.map_err(|_| sqlx::Error::PoolTimedOut)??), is_held: false })
    }

    /// Writes every table anew, without a trace of what was in it: rows that are gone, and pages that kept a copy of them.
    /// The server's log forgets with its own checkpoints.
    /// The server's figures of columns hold none of their values (migration 23).
    pub(super) async fn rewrite(&self) -> Result<()> {
        self.vacuum("vacuum full").await
    }

    /// Gives up the rows that were deleted, so that no page holds them as readable rows.
    pub(super) async fn forget_log(&self) -> Result<()> {
        self.vacuum(FORGET).await
    }

    /// The same for the table of settings alone, which is small: it is written anew.
    pub(super) async fn forget_note(&self) -> Result<()> {
        self.vacuum("vacuum full setting").await
    }

    /// On a connection of its own: it may take longer than any statement should, and not inside a transaction. The server
    /// leaves a deleted row where a state is still read that has it: those readers are waited for first.
    async fn vacuum(&self, statement: &'static str) -> Result<()> {
        let mut own = PgConnection::connect_with(&self.writer.connect_options()).await?;
        own.execute("set statement_timeout = 0").await?;
        outlive_readers(&mut own).await?;
        own.execute(statement).await?;
        Ok(own.close().await?)
    }
}

/// Comes back when nobody reads a state any more that is older than this call.
async fn outlive_readers(own: &mut PgConnection) -> Result<()> {
    let now: String = sqlx::query_scalar("select pg_current_xact_id()::text").fetch_one(&mut *own).await?;
    let until = Instant::now() + READERS_TIMEOUT;
    while sqlx::query_scalar(IS_OLDER_STATE_READ).bind(&now).fetch_one(&mut *own).await? {
        if Instant::now() > until {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// The place of the one process: a connection that holds a lock, or nothing where nobody else wants it.
#[derive(Debug)]
pub(in crate::store) struct Place {
    own: Option<PgConnection>,
    is_held: bool,
}

impl Place {
    pub(super) fn free() -> Self {
        Self { own: None, is_held: true }
    }

    /// Takes the lock, or looks whether its connection is still there.
    pub(in crate::store) async fn take(&mut self) -> Result<bool> {
        let Some(own) = &mut self.own else { return Ok(true) };
        let is_held = self.is_held;
        let asking = async {
            match is_held {
                true => own.ping().await.map(|()| true),
                false => sqlx::query_scalar(PLACE_LOCK).fetch_one(own).await,
            }
        };
        self.is_held = timeout(PLACE_TIMEOUT, asking).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(self.is_held)
    }
}

/// Brings the schema up to date, on a connection that may take its time. Of several processes that start together one
/// migrates and the others wait for it; so do the writers of the version before, whose rows a step over data must not
/// miss. Whoever cannot get a lock in time gives up, instead of letting everybody queue behind it. Migrations that this
/// program does not know are a later version's, and that version lets the one before it go on.
async fn migrate(options: &PgConnectOptions) -> Result<()> {
    let mut own =
        timeout(TURN_TIMEOUT, PgConnection::connect_with(options)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    let mut migrations = sqlx::migrate!("src/store/migrations/postgres");
    if !is_current(&mut own, &migrations).await? {
        own.execute("set lock_timeout = '15s'").await?;
        own.execute(MIGRATION_LOCK).await?;
    }
    migrations.set_ignore_missing(true).run(&mut own).await.map_err(schema_error)?;
    Ok(own.close().await?)
}

/// Whether every migration of this program is in the database: then nothing is locked to find that out.
async fn is_current(own: &mut PgConnection, migrations: &Migrator) -> Result<bool> {
    let is_there = "select to_regclass('_sqlx_migrations') is not null";
    if !sqlx::query_scalar::<_, bool>(is_there).fetch_one(&mut *own).await? {
        return Ok(false);
    }
    let done: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations where success").fetch_all(own).await?;
    Ok(migrations.iter().all(|migration| done.contains(&migration.version)))
}

/// Whether an address is one of a server.
pub(super) fn is_server(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The server and database of `postgres://USER:PASSWORD@HOST/DATABASE`; nothing for an address that is not wholly
/// understood. An unknown key is a misspelt one: nobody would do what it says, and the driver would log its value.
pub(super) fn server_of(url: &str) -> Option<PgConnectOptions> {
    let parts = url::Url::parse(url).ok()?;
    let is_known = |key: &str| KEYS.contains(&key) || key.starts_with("options[");
    // An `@` behind the host is the end of a password that was not percent-encoded: the host would be its user.
    let is_clear = !parts.path().contains('@') && parts.query_pairs().all(|(key, _)| is_known(&key));
    is_clear.then(|| url.parse().ok()).flatten()
}
