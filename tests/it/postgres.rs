//! A PostgreSQL server that dies and comes back, started by the test on a free port and killed with it.

use std::{
    collections::BTreeSet,
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output, Stdio},
    time::Instant,
};

use jiff::Timestamp;
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;
use vedetta::{
    domain::{Event, EventBody},
    store::{Entry, Error, Store},
};

use crate::promises::{
    doses::{self, figures},
    program::eventually,
};

/// Those who write at once.
const N_WRITERS: usize = 4;

/// A throw-away server with a folder of its own.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    port: u16,
}

/// The programs of the newest version that is installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("postgresql is there; scripts/test installs it");
    let newest = versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok()).max();
    format!("/usr/lib/postgresql/{}/bin", newest.expect("a version of it")).into()
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { folder, port: 0 };
        if is_root() {
            let owned = Command::new("chown").arg("postgres:").arg(server.folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let made =
            server.run("initdb", &["-U", "vedetta", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let ports = (0..10).map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
        server.port = ports.into_iter().find(|port| server.launch(*port)).expect("a server on a free port");
        server
    }

    /// Whether it accepts connections now.
    fn launch(&self, port: u16) -> bool {
        let sockets = self.folder.path().display();
        let options = format!("-p {port} -k {sockets} -c listen_addresses=127.0.0.1 -c shared_buffers=16MB");
        let log = self.folder.path().join("log");
        self.run("pg_ctl", &["-w", "-s", "-l", log.to_str().unwrap(), "-o", &options, "start"]).status.success()
    }

    /// As the power going.
    pub(crate) fn kill(&self) {
        assert!(self.run("pg_ctl", &["-m", "immediate", "-s", "stop"]).status.success());
    }

    /// Files of its databases that hold the text.
    fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let databases = std::fs::read_dir(self.folder.path().join("data/base")).unwrap();
        let files = databases.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        files.map(|file| file.unwrap().path()).filter(|file| has(&std::fs::read(file).unwrap())).collect()
    }

    /// Stops it where it stands, with every process that serves a connection: it says nothing, and refuses nothing.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let noted = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let parent = noted.lines().next().unwrap();
        let script = format!("kill -{name} {parent} $(ps -o pid= --ppid {parent})");
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    }

    /// Comes back on the same port, with what it had written.
    pub(crate) fn start_again(&self) {
        assert!(self.launch(self.port));
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let data = self.folder.path().join("data");
        // The server refuses root: then it runs as the user that Debian made for it.
        let mut command = match is_root() {
            false => Command::new(programs().join(program)),
            true => {
                let mut as_other = Command::new("setpriv");
                as_other.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]);
                as_other.arg(programs().join(program));
                as_other
            }
        };
        command.arg("-D").arg(data).args(arguments).current_dir("/").stdin(Stdio::null());
        // A server that inherits a pipe keeps whoever reads it waiting for ever.
        let out = self.folder.path().join("said");
        command.stdout(std::fs::File::create(out).unwrap()).stderr(Stdio::null()).output().unwrap()
    }

    /// The address of its one database.
    pub(crate) fn address(&self) -> String {
        format!("postgres://vedetta@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.address(), &self.folder.path().join("archive")).await.unwrap()
    }
}

fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output().unwrap();
    uid.stdout.trim_ascii() == b"0"
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-m", "immediate", "-s", "stop"]);
    }
}

/// Writes one event after another until the store does not take one; the names of those it took.
async fn write_on(store: Store, name: String, at_most: usize) -> Vec<String> {
    let mut taken = Vec::new();
    while taken.len() < at_most {
        let source = format!("{name}-{}", taken.len());
        let silent = EventBody::SourceStale { source: source.clone(), error: "no answer".to_owned() };
        match store.outbox().append(Timestamp::UNIX_EPOCH, None, None, &silent).await {
            Ok(_) => taken.push(source),
            Err(Error::Unavailable(_)) => break,
            Err(other) => panic!("{other}"),
        }
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_a_server_that_is_killed_keeps_what_was_acknowledged_and_is_found_again_without_a_restart_of_ours() {
    let server = Server::start();
    let store = server.store().await;
    let (mut told, mut n_there, mut waits) = (BTreeSet::new(), 0, Vec::new());
    for kill in 0..doses::g1_server_kills() {
        told.extend(write_on(store.clone(), format!("before-{kill}"), 5).await);
        let mut writers = JoinSet::new();
        for writer in 0..N_WRITERS {
            writers.spawn(write_on(store.clone(), format!("{kill}-{writer}"), usize::MAX));
        }
        tokio::task::block_in_place(|| server.kill());
        told.extend(writers.join_all().await.into_iter().flatten());
        assert!(matches!(store.check().await, Err(Error::Unavailable(_))));
        tokio::task::block_in_place(|| server.start_again());
        let asked = Instant::now();
        store.check().await.unwrap();
        waits.push(asked.elapsed());
        let events = store.outbox().after(0, 1_000_000, None).await.unwrap();
        let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "no number is missing");
        assert_eq!(store.outbox().last_seq().await.unwrap(), seqs.len() as i64);
        let source_of = |event: Event| match event.body {
            EventBody::SourceStale { source, .. } => source,
            other => panic!("{other:?}"),
        };
        let there: BTreeSet<String> = events.into_iter().map(source_of).collect();
        assert_eq!(there.len(), seqs.len(), "none is there twice");
        assert!(told.is_subset(&there), "lost: {:?}", told.difference(&there).collect::<Vec<_>>());
        // One that was committed when the answer was lost is there, too: at most the one under way of each writer.
        assert!(there.len() <= told.len() + N_WRITERS * (kill + 1), "{} of {}", there.len(), told.len());
        assert!(there.len() > n_there, "somebody writes between two kills");
        n_there = there.len();
    }
    store.close().await;
    let (n_kills, n_told, waits) = (doses::g1_server_kills(), told.len(), doses::quantiles(&waits));
    figures(&format!("{n_kills} kills of the server, {n_told} acknowledged, 0 lost; found again {waits}"));
}

#[tokio::test]
async fn the_place_of_the_one_process_is_one_processes_and_goes_to_another_when_it_dies() {
    let server = Server::start();
    let (one, other) = (server.store().await, server.store().await);
    let (mut first, mut second) = (one.place().await.unwrap(), other.place().await.unwrap());
    assert!(first.take().await.unwrap());
    assert!(first.take().await.unwrap(), "whoever has it keeps it");
    assert!(!second.take().await.unwrap());
    // As a process that dies: its connection is gone.
    drop(first);
    eventually("the place is free", async || second.take().await.unwrap().then_some(())).await;
    server.kill();
    assert!(second.take().await.is_err(), "whoever cannot ask has lost it");
}

/// Sessions of others that are at an erasure's last part.
const N_CLEANING: &str = "select count(*) from pg_stat_activity where pid <> pg_backend_pid()
     and (query like 'vacuum%' or query like '%pg_snapshot_xmin(%')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g29_an_erasure_outlives_whoever_still_reads_what_was() {
    let server = Server::start();
    let store = server.store().await;
    let person = crate::store::client_named(&store, "Canaryname Perseghin").await;
    let mut reader = PgConnection::connect(&server.address()).await.unwrap();
    reader.execute("begin isolation level repeatable read read only; select count(*) from client").await.unwrap();
    let mut erasing = JoinSet::new();
    let another = store.clone();
    erasing.spawn(async move {
        let note = Entry { who: "anna", what: "client.erased", object: "", details: "{}" };
        another.facts().erase(person, note, Timestamp::UNIX_EPOCH).await.unwrap().is_some()
    });
    let mut stranger = PgConnection::connect(&server.address()).await.unwrap();
    let begun = async || {
        let n: i64 = sqlx::query_scalar(N_CLEANING).fetch_one(&mut stranger).await.unwrap();
        (n > 0).then_some(())
    };
    eventually("the rows are gone, and are cleaned away", begun).await;
    reader.execute("commit").await.unwrap();
    assert!(erasing.join_next().await.unwrap().unwrap());
    stranger.execute("checkpoint").await.unwrap();
    assert_eq!(server.files_with("Canaryname"), Vec::<PathBuf>::new());
}
