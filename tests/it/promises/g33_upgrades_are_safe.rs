//! G33: a store of every schema there ever was becomes one of the present schema with its rows, whoever dies on the way and
//! however many begin together; and the present program works on the schema of the next one, which stands for the previous program
//! on the present one.

use std::{path::Path, process::Stdio};

use futures::future::join_all;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions,
};
use tokio::time::timeout;
use vedetta::store::Store;

use super::{
    doses,
    program::{ran, vedetta},
};
use crate::stores;

/// Rows of the old store: clients, what was said of them, and a setting.
fn rows() -> [String; 4] {
    let n_clients = doses::g33_clients();
    [
        "insert into portfolio (name) values ('main')".to_owned(),
        "insert into setting (name, value) values ('of old', 'kept')".to_owned(),
        format!(
            "insert into client (id, portfolio, code, version, search, sector)
             with recursive n (i) as (select 1 union all select i + 1 from n where i < {n_clients})
             select i, 1, 'C-' || i, 1, 'officina roverella ' || i, '' from n"
        ),
        "insert into client_version (client, version, known_at, batch, name, identifiers, currency)
         select id, 1, 1700000000000, 1, search, '', 'EUR' from client"
            .to_owned(),
    ]
}
/// What the rows come to, whatever the schema.
const SUMS: &str = "select count(*), cast(sum(c.id * length(c.code)) as bigint), cast(sum(length(v.name)) as bigint),
     (select count(*) from setting where name = 'of old' and value = 'kept')
     from client c join client_version v on v.client = c.id and v.version = c.version and v.name = c.search";
/// Whether every migration is noted once, and as done.
const NOTED: &str = "select count(*), count(distinct version), count(*) from _sqlx_migrations where success";

fn migrations() -> &'static str {
    match stores::server() {
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations"),
        Some(_) => concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations/postgres"),
    }
}

/// The versions of the schema, oldest first.
async fn versions() -> Vec<i64> {
    Migrator::new(Path::new(migrations())).await.unwrap().iter().map(|migration| migration.version).collect()
}

/// A store as the program left it whose newest migration this was, with rows in it.
async fn old_store(file: &Path, version: i64) {
    let all = Migrator::new(Path::new(migrations())).await.unwrap();
    let known = all.iter().filter(|migration| migration.version <= version).cloned().collect();
    let migrator = Migrator::with_migrations(known);
    let url = stores::address_of_nothing(file);
    match stores::server() {
        None => {
            let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).page_size(8192);
            let mut own = SqliteConnection::connect_with(&options).await.unwrap();
            migrator.run(&mut own).await.unwrap();
            for sql in rows() {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut own).await.unwrap();
            }
            own.close().await.unwrap();
        }
        Some(_) => {
            let mut own = PgConnection::connect(&url).await.unwrap();
            migrator.run(&mut own).await.unwrap();
            for sql in rows() {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut own).await.unwrap();
            }
            own.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g33_a_store_of_every_schema_becomes_one_of_the_present_schema_with_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let versions = versions().await;
    for version in &versions {
        let file = folder.path().join(format!("{version}.db"));
        old_store(&file, *version).await;
        let before = stores::ask(&file, SUMS);
        assert_eq!(before[0][0], doses::g33_clients());
        let store = Store::open(&stores::address(&file), &folder.path().join("archive")).await.unwrap();
        assert_eq!(store.schema_version().await.unwrap(), *versions.last().unwrap());
        assert_eq!(store.facts().n_clients().await.unwrap(), doses::g33_clients());
        store.facts().portfolio(&"another".parse().unwrap()).await.unwrap();
        store.close().await;
        assert_eq!(stores::ask(&file, SUMS), before, "from schema {version}");
    }
    let (n_schemas, n_clients) = (versions.len(), doses::g33_clients());
    doses::figures(&format!("{n_schemas} schemas with {n_clients} clients each, the same sums in the present one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g33_a_migration_that_is_killed_anywhere_is_whole_or_not_there_and_of_several_one_makes_it_good() {
    let folder = tempfile::tempdir().unwrap();
    let versions = versions().await;
    let mut rng = ChaCha8Rng::seed_from_u64(33);
    let migrate = |data: &Path| {
        let mut command = vedetta(data);
        command.args(["migrate", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    let whole = {
        let data = folder.path().join("calm");
        std::fs::create_dir(&data).unwrap();
        old_store(&data.join("vedetta.db"), versions[0]).await;
        let began = std::time::Instant::now();
        ran(&mut migrate(&data), 0);
        began.elapsed()
    };
    let mut n_killed = 0;
    for kill in 0..doses::g33_kills() {
        let data = folder.path().join(format!("killed-{kill}"));
        std::fs::create_dir(&data).unwrap();
        let file = data.join("vedetta.db");
        old_store(&file, versions[0]).await;
        let before = stores::ask(&file, SUMS);
        let mut child = tokio::process::Command::from(migrate(&data)).kill_on_drop(true).spawn().unwrap();
        let is_killed = timeout(whole.mul_f64(rng.random_range(0.2..1.0)), child.wait()).await.is_err();
        if is_killed {
            child.kill().await.unwrap();
        }
        stores::let_writers_end(&file);
        assert_eq!(stores::ask(&file, SUMS), before);
        let several = (0..3).map(|_| tokio::process::Command::from(migrate(&data)).output());
        for output in join_all(several).await {
            let output = output.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(stores::ask(&file, SUMS), before);
        assert_eq!(stores::ask(&file, NOTED), [[versions.len() as i64; 3]]);
        n_killed += usize::from(is_killed);
        std::fs::remove_dir_all(&data).unwrap();
    }
    doses::figures(&format!("{n_killed} of {} migrations killed, 0 half ones, no row lost", doses::g33_kills()));
}

#[test]
fn g33_the_present_program_works_on_the_schema_of_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    ran(vedetta(&data).args(["migrate", "--quiet"]), 0);
    let file = data.join("vedetta.db");
    // What a later version adds: columns with a default, tables, and its mark.
    for step in [
        "alter table client add column of_later bigint not null default 0",
        "alter table event add column of_later text",
        "create table of_later (client bigint primary key references client (id), body text not null)",
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         select 9999, 'of a later version', success, checksum, 0 from _sqlx_migrations
         where version = (select max(version) from _sqlx_migrations)",
    ] {
        stores::ask(&file, step);
    }
    let clients = folder.path().join("clients.csv");
    std::fs::write(&clients, "client,name,country\nC-1,Filanda Orsera,IT\nC-2,Cartiera Vesta,IT\n").unwrap();
    ran(vedetta(&data).args(["import", "clients", "--quiet"]).arg(&clients), 0);
    ran(vedetta(&data).args(["night", "--quiet"]), 0);
    let rated = String::from_utf8(ran(vedetta(&data).args(["export", "ratings"]), 0).stdout).unwrap();
    assert_eq!(rated.lines().count(), 3, "{rated}");
    ran(vedetta(&data).args(["audit", "seal", "--quiet"]), 0);
    ran(vedetta(&data).args(["audit", "verify", "--quiet"]), 0);
}
