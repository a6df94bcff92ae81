//! Where the store of a test lies: in a file of the test's own folder, or in a database of its own on the PostgreSQL server
//! that `VEDETTA_TEST_POSTGRES` names.
//!
//! The suite is one and knows nothing of it: whoever asks for the address of the same file gets the same store. The server
//! is a throw-away one (`scripts/test` starts it): every database in it is the suite's.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::runtime::Builder;
use vedetta::{domain::Sha256, store::Store};

/// `postgres://USER@HOST:PORT` of the server; without it stores are files.
const SERVER: &str = "VEDETTA_TEST_POSTGRES";
/// Holds the schema and nothing else; each test's database is a copy.
const TEMPLATE: &str = "empty_store";

/// The server's address, when this run is on one.
pub(crate) fn server() -> Option<String> {
    let url = std::env::var_os(SERVER)?.into_string().unwrap();
    Some(url.trim_end_matches('/').to_owned())
}

/// The address of the store that would lie in this file.
pub(crate) fn address(file: &Path) -> String {
    match server() {
        None => format!("sqlite:{}", file.display()),
        Some(server) => format!("{server}/{}", database(&server, file, TEMPLATE)),
    }
}

/// The address of a database without even a schema.
pub(crate) fn address_of_nothing(file: &Path) -> String {
    match server() {
        None => format!("sqlite:{}", file.display()),
        Some(server) => format!("{server}/{}", database(&server, file, "template0")),
    }
}

/// What the program is told of its store when its data lie in this folder.
pub(crate) fn environment(data: &Path) -> Option<(&'static str, String)> {
    server().map(|_| ("VEDETTA__STORE__URL", address(&data.join("vedetta.db"))))
}

/// Copies the store that would lie in one file to where it would lie in another; files copy themselves.
pub(crate) fn copy(from: &Path, to: &Path) {
    if let Some(server) = server() {
        let from = database(&server, from, TEMPLATE);
        database(&server, to, &from);
    }
}

/// The server's own files that hold a store which would lie somewhere in this folder, all that it knows written to them.
pub(crate) fn files_of(folder: &Path) -> Vec<PathBuf> {
    let Some(server) = server() else { return Vec::new() };
    let names: Vec<String> = known().iter().filter(|file| file.starts_with(folder)).map(|file| name_of(file)).collect();
    on(&server, async |server| {
        server.execute("checkpoint").await.unwrap();
        let sql =
            "select current_setting('data_directory') || '/base/' || oid from pg_database where datname = any($1)";
        let found = sqlx::query(sql).bind(names).fetch_all(server).await.unwrap();
        let folders = found.iter().map(|row| row.get::<String, _>(0));
        folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
    })
}

/// A server leaves remnants of what was deleted in the free space of its pages, where no statement reads them, until the
/// pages are used again: for whoever looks at its files for what rows still hold, they are put in order first. What is
/// erased leaves none, and needs none of this.
pub(crate) fn settle(file: &Path) {
    if server().is_some() {
        // Whoever was only reading may not have said yet that it is done, and holds what it could have read.
        let readers = "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and state like 'idle in transaction%'";
        ask(file, readers);
        ask(file, "vacuum full");
    }
}

/// Asks the database behind the program's back, or writes to it, as a stranger with the keys could; answers numbers.
pub(crate) fn ask(file: &Path, sql: &'static str) -> Vec<Vec<i64>> {
    match server() {
        None => beside(|| async {
            let options = SqliteConnectOptions::new().filename(file);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            numbers(&sqlx::query(sql).fetch_all(&mut connection).await.unwrap())
        }),
        Some(_) => {
            let url = address(file);
            beside(|| async move {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                numbers(&sqlx::query(sql).fetch_all(&mut connection).await.unwrap())
            })
        }
    }
}

/// Records an event as a newer version of the program would: like the newest one, and of a kind that this one does not know.
pub(crate) fn record_of_the_future(file: &Path) {
    let record = "insert into event (seq, at, kind, portfolio, client, body)
         select seq + 1, at, 'future.kind', portfolio, client, body from event order by seq desc limit 1";
    ask(file, record);
    ask(file, "update counter set value = value + 1 where name = 'seq'");
}

/// Waits until no transaction of a process that was killed is under way: a server ends one whose commit it had been sent,
/// and nobody can say when, but that it holds the lock of whoever writes until then.
pub(crate) fn let_writers_end(file: &Path) {
    if server().is_some() {
        ask(file, "select cast(1 as bigint) from pg_advisory_xact_lock(33325529125123169)");
    }
}

/// How many values of columns the database keeps, beside its rows, that hold this text: to plan by. A server keeps them by
/// itself, a file when it is asked to, and nobody asks.
pub(crate) fn n_figures_with(file: &Path, sql_of_server: &'static str) -> i64 {
    let sql_of_file = "select count(*) from sqlite_master where name like 'sqlite_stat%'";
    if server().is_none() {
        return ask(file, sql_of_file)[0][0];
    }
    ask(file, "analyze");
    ask(file, sql_of_server)[0][0]
}

fn numbers<R: Row>(rows: &[R]) -> Vec<Vec<i64>>
where
    usize: sqlx::ColumnIndex<R>,
    i64: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    rows.iter().map(|row| (0..row.len()).map(|place| row.get(place)).collect()).collect()
}

fn known() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    static KNOWN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name_of(file: &Path) -> String {
    let hash = Sha256::of(file.as_os_str().as_encoded_bytes()).to_string();
    format!("test_{}", hash.chars().take(24).collect::<String>())
}

/// The database that stands for a file; made when it is asked for first. Those of folders that are gone go.
fn database(server: &str, file: &Path, template: &str) -> String {
    static EMPTY: OnceLock<()> = OnceLock::new();
    EMPTY.get_or_init(|| make_template(server));
    let name = name_of(file);
    let mut known = known();
    if !known.insert(file.to_owned()) {
        return name;
    }
    let gone: Vec<PathBuf> = known.iter().filter(|file| !folder_of(file).exists()).cloned().collect();
    known.retain(|file| !gone.contains(file));
    on(server, async |server| {
        for file in &gone {
            let sql = format!("drop database if exists {} with (force)", name_of(file));
            server.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        let sql = format!("create database {name} template {template} strategy file_copy");
        server.execute(AssertSqlSafe(sql)).await.unwrap();
    });
    // Whoever asks for the same file meanwhile waits until it is there.
    drop(known);
    name
}

/// The temporary folder a file is in, however deep.
fn folder_of(file: &Path) -> PathBuf {
    let root = std::env::temp_dir();
    let below = file.strip_prefix(&root).ok().and_then(|rest| rest.components().next());
    below.map_or_else(|| root.clone(), |first| root.join(first))
}

fn make_template(server: &str) {
    on(server, async |server| {
        server.execute(AssertSqlSafe(format!("drop database if exists {TEMPLATE}"))).await.unwrap();
        server.execute(AssertSqlSafe(format!("create database {TEMPLATE}"))).await.unwrap();
    });
    let url = format!("{server}/{TEMPLATE}");
    beside(|| async move {
        let archive = tempfile::tempdir().unwrap();
        Store::open(&url, archive.path()).await.unwrap().close().await;
    });
}

/// Speaks with the server.
fn on<T: Send>(server: &str, what: impl AsyncFnOnce(&mut PgConnection) -> T + Send) -> T {
    let url = format!("{server}/postgres");
    beside(|| async move {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let answer = what(&mut connection).await;
        connection.close().await.unwrap();
        answer
    })
}

/// Waits for something on a thread of its own: whoever asks may be in the middle of a runtime.
fn beside<T: Send, F: Future<Output = T>>(what: impl FnOnce() -> F + Send) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::scope(|scope| scope.spawn(move || runtime.block_on(what())).join().unwrap())
}
