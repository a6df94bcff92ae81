//! The database behind the handle: how it is opened, and the only ways to talk to it.
//!
//! [`Write`] is a transaction that holds the write lock from its first statement on: a deferred one would find out at
//! its first write that somebody else was quicker, and SQLite then fails it at once, whatever the busy timeout.

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Executor, Sqlite, SqliteConnection, SqlitePool, Transaction,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteQueryResult, SqliteRow,
        SqliteSynchronous,
    },
};

use super::{Error, Result, Store, once, rows::Cells};

pub(super) type Conn = SqliteConnection;
pub(super) type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// Readers: what two cores can use, and a night beside the API.
const N_READERS: u32 = 4;
/// How long a process waits for another's transaction; a page of a night takes a few milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// Page cache of the writer and of each reader, KiB; readers find most pages in the memory map.
const WRITER_CACHE_KIB: u32 = 64 * 1024;
const READER_CACHE_KIB: u32 = 16 * 1024;
/// How much of the file is read through the memory map: 1 GiB of address space, not of memory.
const MMAP_BYTES: u64 = 1 << 30;
/// Rows in one statement; above this a longer statement is no faster, and shorter ones fill the remainder.
const STATEMENT_ROWS: [usize; 3] = [200, 20, 1];

/// The databases we speak to, chosen by the scheme of the address.
#[derive(Debug)]
pub(super) enum Backend {
    /// One file on this machine.
    Sqlite {
        /// One connection: SQLite has one writer, and a queue here is fairer than its retries.
        writer: SqlitePool,
        reader: SqlitePool,
    },
}

impl Backend {
    /// Opens, creates and migrates.
    pub(super) async fn open(url: &str) -> Result<Self> {
        let path = sqlite_path(url).ok_or_else(|| Error::Url(url.to_owned()))?;
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
        let pool = SqlitePoolOptions::new().min_connections(1).idle_timeout(None).max_lifetime(None);
        let cache = |kib: u32| options.clone().pragma("cache_size", format!("-{kib}"));
        let writer = pool.clone().max_connections(1).connect_with(cache(WRITER_CACHE_KIB)).await?;
        migrate(&writer).await?;
        let only_read = cache(READER_CACHE_KIB).pragma("query_only", "on");
        let reader = pool.max_connections(N_READERS).connect_with(only_read).await?;
        Ok(Self::Sqlite { writer, reader })
    }

    pub(super) async fn close(&self) {
        let Self::Sqlite { writer, reader } = self;
        reader.close().await;
        writer.close().await;
    }

    pub(super) fn reader(&self) -> &SqlitePool {
        let Self::Sqlite { reader, .. } = self;
        reader
    }

    fn writer(&self) -> &SqlitePool {
        let Self::Sqlite { writer, .. } = self;
        writer
    }

    /// Writes the whole file anew, without a trace of what was in it: what is deleted is overwritten at once, but a page
    /// that was put in order may keep a copy of what stood elsewhere in it.
    pub(super) async fn rewrite(&self) -> Result<()> {
        self.writer().execute("vacuum").await?;
        self.forget_log().await
    }

    /// Empties the write-ahead log, which would otherwise remember what was erased. Readers may hold it; then the next
    /// checkpoint does it.
    pub(super) async fn forget_log(&self) -> Result<()> {
        self.writer().execute("pragma wal_checkpoint(truncate)").await?;
        Ok(())
    }
}

/// Brings the schema up to date. The write lock is held from the first look at it: of two processes that start together,
/// the second must find the tables made instead of making them as well.
async fn migrate(writer: &SqlitePool) -> Result<()> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::migrate!("src/store/migrations").run(&mut *tx).await.map_err(schema_error)?;
    Ok(tx.commit().await?)
}

/// The file of `sqlite:PATH`; nothing for any other address, and nothing for a database in memory, which would lose
/// acknowledged writes by design.
fn sqlite_path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty() && !path.starts_with(':')).then(|| Path::new(path))
}

fn schema_error(error: sqlx::migrate::MigrateError) -> Error {
    match error {
        sqlx::migrate::MigrateError::Execute(e) => e.into(),
        other => Error::Damaged { what: "schema", why: other.to_string() },
    }
}

/// A transaction that writes.
#[derive(Debug)]
pub(super) struct Write<'s> {
    store: &'s Store,
    tx: Transaction<'static, Sqlite>,
    newest_seq: Option<i64>,
    mark: Option<i64>,
    /// Documents of the archive are to go once this is committed.
    has_doomed: bool,
}

impl Store {
    /// Begins to write; waits for the writer before it.
    pub(super) async fn write(&self) -> Result<Write<'_>> {
        let tx = self.backend().writer().begin_with("BEGIN IMMEDIATE").await?;
        Ok(Write { store: self, tx, newest_seq: None, mark: None, has_doomed: false })
    }

    /// Begins to read one state.
    pub(super) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.backend().reader().begin_with("BEGIN DEFERRED").await?)
    }

    pub(super) async fn all(&self, query: Query) -> Result<Vec<SqliteRow>> {
        Ok(query.fetch_all(self.backend().reader()).await?)
    }

    pub(super) async fn one(&self, query: Query) -> Result<Option<SqliteRow>> {
        Ok(query.fetch_optional(self.backend().reader()).await?)
    }

    /// The single number that a question gives.
    pub(super) async fn number(&self, query: Query) -> Result<Option<i64>> {
        let row = self.one(query).await?;
        row.map_or(Ok(None), |row| Cells::of("number", &row).maybe_int(0))
    }

    /// One statement in a transaction of its own; answers how many rows it changed.
    pub(super) async fn execute(&self, query: Query) -> Result<u64> {
        let mut write = self.write().await?;
        let n = write.execute(query).await?;
        write.commit().await?;
        Ok(n)
    }
}

impl Write<'_> {
    pub(super) fn store(&self) -> &Store {
        self.store
    }

    pub(super) fn conn(&mut self) -> &mut Conn {
        &mut self.tx
    }

    pub(super) async fn execute(&mut self, query: Query) -> Result<u64> {
        Ok(query.execute(self.conn()).await.map(|done: SqliteQueryResult| done.rows_affected())?)
    }

    pub(super) async fn all(&mut self, query: Query) -> Result<Vec<SqliteRow>> {
        Ok(query.fetch_all(self.conn()).await?)
    }

    pub(super) async fn one(&mut self, query: Query) -> Result<Option<SqliteRow>> {
        Ok(query.fetch_optional(self.conn()).await?)
    }

    /// The single number that a question gives; 0 when there is none.
    pub(super) async fn number(&mut self, query: Query) -> Result<i64> {
        let row = self.one(query).await?;
        Ok(row.map_or(Ok(None), |row| Cells::of("number", &row).maybe_int(0))?.unwrap_or(0))
    }

    /// Takes `n` numbers from a counter; answers the first of them.
    pub(super) async fn take(&mut self, counter: &'static str, n: i64) -> Result<i64> {
        let sql = "update counter set value = value + $1 where name = $2 returning value";
        Ok(self.number(sqlx::query(sql).bind(n).bind(counter)).await? - n + 1)
    }

    /// Takes `n` event numbers; whoever watches the outbox is told after the commit.
    pub(super) async fn take_seqs(&mut self, n: i64) -> Result<i64> {
        let first = self.take("seq", n).await?;
        self.newest_seq = Some(first + n - 1);
        Ok(first)
    }

    /// This transaction's number in the order of all that changed facts.
    pub(super) async fn mark(&mut self) -> Result<i64> {
        if let Some(mark) = self.mark {
            return Ok(mark);
        }
        let mark = self.take("mark", 1).await?;
        self.mark = Some(mark);
        Ok(mark)
    }

    pub(super) fn note_doomed(&mut self) {
        self.has_doomed = true;
    }

    pub(super) fn has_doomed(&self) -> bool {
        self.has_doomed
    }

    /// Writes many rows in few statements: `head VALUES … tail`.
    pub(super) async fn put_all<T>(
        &mut self,
        (head, n_columns, tail): (&str, usize, &str),
        rows: &[T],
        bind: impl Fn(Query, &T) -> Query,
    ) -> Result<()> {
        bulk(self.conn(), (head, n_columns, tail), rows, bind).await.map(drop)
    }

    /// Keeps everything.
    pub(super) async fn commit(mut self) -> Result<()> {
        let claim = self.mark_effect().await?;
        self.tx.commit().await?;
        once::note_effect(claim);
        if let Some(seq) = self.newest_seq {
            self.store.announce(seq);
        }
        Ok(())
    }

    /// Keeps nothing.
    pub(super) async fn roll_back(self) -> Result<()> {
        Ok(self.tx.rollback().await?)
    }
}

/// Runs `head VALUES (…), (…) tail` for all rows, in as few statements as may be, and gathers what they return.
pub(super) async fn bulk<T>(
    conn: &mut Conn,
    (head, n_columns, tail): (&str, usize, &str),
    mut rows: &[T],
    bind: impl Fn(Query, &T) -> Query,
) -> Result<Vec<SqliteRow>> {
    let mut answers = Vec::new();
    for n_rows in STATEMENT_ROWS {
        if rows.len() < n_rows {
            continue;
        }
        let row = format!("({})", vec!["?"; n_columns].join(","));
        let sql = format!("{head} values {}{tail}", vec![row.as_str(); n_rows].join(","));
        while rows.len() >= n_rows {
            let (now, later) = rows.split_at(n_rows);
            rows = later;
            let query = now.iter().fold(sqlx::query(AssertSqlSafe(sql.clone())), &bind);
            answers.extend(query.fetch_all(&mut *conn).await?);
        }
    }
    Ok(answers)
}

/// A list of keys as one parameter, for `json_each($n)`.
pub(super) fn json_list(items: impl Iterator<Item = impl std::fmt::Display>) -> String {
    let mut list = String::from("[");
    for item in items {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&item.to_string());
    }
    list.push(']');
    list
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // The low byte is SQLite's primary result code (https://www.sqlite.org/rescode.html).
        const CORRUPT: i32 = 11;
        const NOT_A_DATABASE: i32 = 26;
        const CONSTRAINT: i32 = 19;
        let damaged = |why: String| Self::Damaged { what: "database", why };
        match &error {
            sqlx::Error::Database(e) if e.is_unique_violation() => Self::Conflict(e.message().to_owned()),
            sqlx::Error::Database(e) => {
                let code = e.code().and_then(|c| c.parse::<i32>().ok()).unwrap_or_default() & 0xff;
                match code {
                    CORRUPT | NOT_A_DATABASE | CONSTRAINT => damaged(e.message().to_owned()),
                    _ => Self::Unavailable(error),
                }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => {
                damaged(error.to_string())
            }
            _ => Self::Unavailable(error),
        }
    }
}
