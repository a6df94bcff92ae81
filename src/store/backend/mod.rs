//! The database behind the handle: how it is opened, and the only ways to talk to it.

mod conn;
mod copy;
mod failure;
mod patience;
mod postgres;
mod query;
mod sqlite;
mod write;

pub(super) use conn::{Conn, bulk};
pub(super) use postgres::Place;
pub(super) use query::{Kind, Query, Row, Value};
pub use write::COMMITS;
pub(super) use write::Write;

use futures::FutureExt;
use sqlx::migrate::MigrateError;

use super::{Error, Result, Store, rows::Cells};

/// The databases we speak to, chosen by the scheme of the address.
#[derive(Debug)]
pub(super) enum Backend {
    Sqlite(sqlite::File),
    Postgres(postgres::Server),
}

impl Backend {
    /// Opens, creates and migrates.
    pub(super) async fn open(url: &str) -> Result<Self> {
        if postgres::is_server(url) {
            let server = postgres::server_of(url).ok_or(Error::ServerUrl)?;
            return Ok(Self::Postgres(postgres::Server::open(server).await?));
        }
        let path = sqlite::path_of(url).ok_or_else(|| Error::Url(scheme_of(url)))?;
        Ok(Self::Sqlite(sqlite::File::open(path).await?))
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(server) => server.close().await,
        }
    }

    /// Leaves no trace of what was deleted in the database's own files.
    pub(super) async fn rewrite(&self) -> Result<()> {
        match self {
            Self::Sqlite(file) => file.rewrite().await,
            Self::Postgres(server) => server.rewrite().await,
        }
    }

    /// Leaves no trace of what was deleted in what the database keeps beside its rows.
    pub(super) async fn forget_log(&self) -> Result<()> {
        match self {
            Self::Sqlite(file) => file.forget_log().await,
            Self::Postgres(server) => server.forget_log().await,
        }
    }

    /// Leaves no trace of a setting that was deleted.
    pub(super) async fn forget_note(&self) -> Result<()> {
        match self {
            Self::Sqlite(file) => file.forget_log().await,
            Self::Postgres(server) => server.forget_note().await,
        }
    }

    /// Asks for the place of the one process; nobody else wants that of a file.
    pub(super) async fn place(&self) -> Result<Place> {
        match self {
            Self::Sqlite(_) => Ok(Place::free()),
            Self::Postgres(server) => server.place().await,
        }
    }

    async fn write(&self) -> Result<Conn> {
        match self {
            Self::Sqlite(file) => Ok(Conn::Sqlite(file.writer.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(server) => server.write().await,
        }
    }

    async fn snapshot(&self) -> Result<Conn> {
        match self {
            Self::Sqlite(file) => Ok(Conn::Sqlite(file.reader.begin_with("BEGIN DEFERRED").await?)),
            Self::Postgres(server) => server.snapshot().await,
        }
    }

    async fn all(&self, query: Query) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(file) => query.all_of_sqlite(&file.reader).await,
            Self::Postgres(server) => server.patience.wait(query.all_of_postgres(&server.reader).boxed()).await,
        }
    }

    async fn one(&self, query: Query) -> Result<Option<Row>> {
        match self {
            Self::Sqlite(file) => query.one_of_sqlite(&file.reader).await,
            Self::Postgres(server) => server.patience.wait(query.one_of_postgres(&server.reader).boxed()).await,
        }
    }
}

/// What an address begins with: the rest of one that we do not understand may be a password.
fn scheme_of(url: &str) -> String {
    url.split_once(':').map_or(String::new(), |(scheme, _)| format!("{scheme}:…"))
}

fn schema_error(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => Error::Schema(error.to_string()),
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
        other => Error::Damaged { what: "schema", why: other.to_string() },
    }
}

impl Store {
    /// Begins to write; waits for the writer before it.
    pub(super) async fn write(&self) -> Result<Write<'_>> {
        Ok(Write::new(self, self.backend().write().await?))
    }

    /// Begins to read one state.
    pub(super) async fn snapshot(&self) -> Result<Conn> {
        self.backend().snapshot().await
    }

    pub(super) async fn all(&self, query: Query) -> Result<Vec<Row>> {
        self.backend().all(query).await
    }

    pub(super) async fn one(&self, query: Query) -> Result<Option<Row>> {
        self.backend().one(query).await
    }

    /// Cleans up behind a transaction that is committed. What was decided is decided: that the database could not be cleaned
    /// is for the log, and the next one, or the database itself, does it.
    pub(super) async fn tidy_up(&self) {
        if let Err(error) = self.backend().forget_log().await {
            tracing::warn!(%error, "what was deleted is not cleaned away yet");
        }
    }

    /// The single number that a question gives.
    pub(super) async fn number(&self, query: Query) -> Result<Option<i64>> {
        let row = self.one(query).await?;
        row.map_or(Ok(None), |row| Cells::of("number", &row).maybe_int(0))
    }

    /// One statement in a transaction of its own about something that nobody is shown; answers how many rows it changed.
    pub(super) async fn execute_aside(&self, query: Query) -> Result<u64> {
        let mut write = self.write().await?;
        write.is_about_nothing();
        let n = write.execute(query).await?;
        write.commit().await?;
        Ok(n)
    }

    /// One statement in a transaction of its own; answers how many rows it changed.
    pub(super) async fn execute(&self, query: Query) -> Result<u64> {
        let mut write = self.write().await?;
        let n = write.execute(query).await?;
        write.commit().await?;
        Ok(n)
    }
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
