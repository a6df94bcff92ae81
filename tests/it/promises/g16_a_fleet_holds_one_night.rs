use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Stdio},
};

use serde_json::Value;
use tokio::time::sleep;
use vedetta::{clock::Clock, store::Store};

use super::{
    doses,
    g16_a_killed_night_is_gone_on_with::{DAY, import, night},
    program::{eventually, ran, vedetta},
};
use crate::{postgres::Server, redis::RedisServer};

/// A worker that asks no source, on these servers; killed when dropped.
struct Worker(Child);

impl Worker {
    fn start(data: &Path, servers: &[String]) -> Self {
        let mut command = vedetta(data);
        command.args(servers).args(["work", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::inherit());
        Self(command.spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        crate::process::signal(self.0.id(), signal);
    }

    /// As the power going.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already, which is just as well.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What a command writes, as lines of JSON or one list of it.
fn said(data: &Path, servers: &[String], arguments: &[&str]) -> Vec<Value> {
    let output = ran(vedetta(data).args(servers).args(arguments), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    match text.starts_with('[') {
        true => serde_json::from_str(&text).unwrap(),
        false => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    }
}

/// Every rating, and the change that led to it with its reasons; without the instants and numbers that depend on who was first.
fn found(data: &Path, servers: &[String]) -> (Vec<Value>, BTreeMap<(String, i64), Value>) {
    let mut ratings = said(data, servers, &["export", "ratings", "--format", "json"]);
    ratings.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("known_at")));
    let mut steps = BTreeMap::new();
    for event in said(data, servers, &["tail", "--once"]) {
        let mut data = event["data"].clone();
        data.as_object_mut().unwrap().remove("seq");
        if let (Some(client), Some(step)) = (event["subject"].as_str(), data["client_seq"].as_i64()) {
            let is_new = steps.insert((client.to_owned(), step), data).is_none();
            assert!(is_new, "step {step} of {client} was told twice");
        }
    }
    (ratings, steps)
}

#[tokio::test]
async fn g16_a_fleet_whose_workers_are_killed_finds_what_one_process_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, data) = (folder.path().join("alone"), folder.path().join("fleet"));
    let file = format!("sqlite:{}", folder.path().join("alone.db").display());
    let on_file = ["--store".to_owned(), file];
    let (server, redis) = (Server::start(), RedisServer::start());
    let servers = ["--store".to_owned(), server.address(), "--queue".to_owned(), redis.address()];
    import(&alone, &on_file, doses::FLEET_CLIENTS);
    // Everybody was rated long before: what is compared is the night, and not who was quicker with a client that is new.
    let before = (DAY - jiff::Span::new().days(300)).to_string();
    ran(vedetta(&alone).args(&on_file).args(["night", "--quiet", "--valid-at", &before]), 0);
    let backup = folder.path().join("backup").display().to_string();
    ran(vedetta(&alone).args(&on_file).args(["backup", &backup, "--quiet"]), 0);
    ran(vedetta(&data).args(&servers[..2]).args(["restore", &backup, "--quiet"]), 0);
    ran(vedetta(&alone).args(&on_file).args(night()), 0);

    let store = server.store().await;
    // Ordered by a process that does none of the work, as an API node is.
    let run = store.runs().start("night", DAY, Clock::system().now()).await.unwrap();
    let mut workers: Vec<Worker> = (0..doses::FLEET_WORKERS).map(|_| Worker::start(&data, &servers)).collect();
    // A machine that stands still, for longer than work waits for a worker: what it had in its hands is done by another, and
    // once it goes on, what it still writes is written already.
    eventually("a page is being done", async || (n_done(&store, run.id).await > 0).then_some(())).await;
    workers[0].signal("STOP");
    sleep(doses::fleet_halt()).await;
    workers[0].signal("CONT");
    for n_kills in 0..doses::FLEET_KILLS {
        eventually("another page is done", async || (n_done(&store, run.id).await > n_kills).then_some(())).await;
        let place = n_kills % doses::FLEET_WORKERS;
        workers[place].kill();
        workers[place] = Worker::start(&data, &servers);
    }
    let ended = eventually("the night ends", async || {
        store.runs().run(run.id).await.unwrap().filter(|run| run.ended_at.is_some())
    });
    let ended = ended.await;
    assert_eq!((ended.scanned, ended.failed, ended.error), (doses::FLEET_CLIENTS as i64, 0, None));
    let n_events = store.outbox().last_seq().await.unwrap();
    eventually("the stream is whole", async || (redis.stream_ids().await.len() as i64 >= n_events).then_some(())).await;
    assert_eq!(redis.stream_ids().await, (1..=n_events).map(|seq| format!("{seq}-0")).collect::<Vec<_>>());
    assert_eq!(found(&data, &servers[..2]), found(&alone, &on_file));
}

#[tokio::test]
async fn g32_a_night_is_held_though_the_queue_of_work_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let (data, server) = (folder.path().join("fleet"), Server::start());
    let servers = ["--store".to_owned(), server.address(), "--queue".to_owned(), "redis://127.0.0.1:1/0".to_owned()];
    import(&data, &servers[..2], 30);
    let store = server.store().await;
    let run = store.runs().start("night", DAY, Clock::system().now()).await.unwrap();
    let _worker = Worker::start(&data, &servers);
    let ended = eventually("the night ends", async || {
        store.runs().run(run.id).await.unwrap().filter(|run| run.ended_at.is_some())
    });
    let ended = ended.await;
    assert_eq!((ended.scanned, ended.failed, ended.error), (30, 0, None));
}

/// How many pages of a run are done.
async fn n_done(store: &Store, run: i64) -> usize {
    let pages = store.dossiers().pages().await.unwrap();
    let left = store.runs().pages_left(run, pages.end).await.unwrap().len();
    usize::try_from(pages.end - pages.start).unwrap() - left
}
