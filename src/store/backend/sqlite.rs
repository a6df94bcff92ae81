//! One file on this machine.

use std::{path::Path, time::Duration};

use backon::{ConstantBuilder, Retryable as _};
use sqlx::{
    ConnectOptions, Connection as _, Executor, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::store::{Error, Result};

/// Readers: what two cores can use, and a night beside the API.
const N_READERS: u32 = 4;
/// How long a process waits for another's transaction; a page of a night takes a few milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// While a new file is put into its mode it is locked, and that is one lock for which SQLite does not wait: whoever comes then asks
/// again after this long, as many times as fit into [`BUSY_TIMEOUT`].
const BUSY_PAUSE: Duration = Duration::from_millis(25);
const BUSY_TRIES: usize = 600;
/// SQLite's code for a file that somebody else has locked (<https://www.sqlite.org/rescode.html#busy>).
const BUSY: i32 = 5;
/// Page cache of the writer and of each reader, KiB; readers find most pages in the memory map.
const WRITER_CACHE_KIB: u32 = 64 * 1024;
const READER_CACHE_KIB: u32 = 16 * 1024;
/// How much of the file is read through the memory map: 1 GiB of address space, not of memory.
const MMAP_BYTES: u64 = 1 << 30;

/// The pools of one database file.
#[derive(Debug)]
pub(in crate::store) struct File {
    /// One connection: SQLite has one writer, and a queue here is fairer than its retries.
    pub(super) writer: SqlitePool,
    pub(super) reader: SqlitePool,
}

impl File {
    /// Opens, creates and migrates.
    pub(super) async fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| Error::Unavailable(sqlx::Error::Io(e)))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("mmap_size", MMAP_BYTES.to_string())
            // What is erased is overwritten, not only unlinked.
            .pragma("secure_delete", "on")
            .statement_cache_capacity(300)
            .row_buffer_size(1000)
            .disable_statement_logging();
        // A full disk ends a transaction by itself, and the connection goes on believing that it is in one: it is replaced.
        let pool = SqlitePoolOptions::new().min_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }));
        let cache = |kib: u32| options.clone().pragma("cache_size", format!("-{kib}"));
        let open = || pool.clone().max_connections(1).connect_with(cache(WRITER_CACHE_KIB));
        let pauses = ConstantBuilder::default().with_delay(BUSY_PAUSE).with_max_times(BUSY_TRIES);
        let writer = open.retry(pauses).when(is_busy).await?;
        migrate(&writer).await?;
        let only_read = cache(READER_CACHE_KIB).pragma("query_only", "on");
        let reader = pool.max_connections(N_READERS).connect_with(only_read).await?;
        Ok(Self { writer, reader })
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Writes the whole file anew, without a trace of what was in it: what is deleted is overwritten at once, but a page
    /// that was put in order may keep a copy of what stood elsewhere in it.
    pub(super) async fn rewrite(&self) -> Result<()> {
        self.writer.execute("vacuum").await?;
        self.forget_log().await
    }

    /// Empties the write-ahead log, which would otherwise remember what was erased. Readers may hold it; then the next
    /// checkpoint does it.
    pub(super) async fn forget_log(&self) -> Result<()> {
        self.writer.execute("pragma wal_checkpoint(truncate)").await?;
        Ok(())
    }
}

/// Whether somebody else has the file locked; the low byte is the primary code.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == BUSY)
}

/// Brings the schema up to date. The write lock is held from the first look at it: of two processes that start together,
/// the second must find the tables made instead of making them as well.
async fn migrate(writer: &SqlitePool) -> Result<()> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    // What this program does not know is a later version's, and that version lets the one before it go on.
    sqlx::migrate!("src/store/migrations").set_ignore_missing(true).run(&mut *tx).await.map_err(super::schema_error)?;
    Ok(tx.commit().await?)
}

/// The file of `sqlite:PATH`; nothing for any other address, and nothing for a database in memory, which would lose
/// acknowledged writes by design.
pub(super) fn path_of(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty() && !path.starts_with(':')).then(|| Path::new(path))
}
