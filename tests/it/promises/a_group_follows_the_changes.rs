use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use redis::{AsyncCommands, streams::StreamPendingReply};
use serde_json::Value;
use vedetta::{
    extract::Catalogue,
    publish::{Relay, STREAM},
    store::Store,
};

use super::program::{House, answer, eventually, feed, ran, vedetta};
use crate::redis::RedisServer;

/// A house that has rated three clients; every event that this made.
fn rated(data: &Path) -> Vec<Value> {
    let file = data.with_extension("csv");
    std::fs::write(&file, "client,name,country\nC-1,Filanda Orsera,IT\nC-2,Cartiera Vesta,IT\nC-3,Molino Astri,IT\n")
        .unwrap();
    answer(data, &["import", "clients", &file.display().to_string()], 0);
    answer(data, &["night"], 0);
    let events = feed(data);
    assert!(events.len() > 3, "{events:?}");
    events
}

fn read_once(data: &Path, group: &str, queue: &str) -> Vec<Value> {
    let output = ran(vedetta(data).args(["tail", "--once", "--group", group, "--queue", queue]), 0);
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A Redis whose stream holds every event of the house.
async fn streamed(data: &Path) -> RedisServer {
    let redis = RedisServer::start();
    let url = crate::stores::address(&data.join("vedetta.db"));
    let store = Store::open(&url, &data.join("archive")).await.unwrap();
    Relay::new(store, Catalogue::get().glossary(), redis.url()).drain().await.unwrap();
    redis
}

#[tokio::test]
async fn a_group_is_given_every_change_once_whatever_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let events = rated(&data);
    let redis = streamed(&data).await;
    for (group, queue) in [("of-the-outbox", "local:".to_owned()), ("of-the-stream", redis.address())] {
        assert_eq!(read_once(&data, group, &queue), events, "{queue}");
        assert_eq!(read_once(&data, group, &queue), Vec::<Value>::new(), "{queue}: all of it is acknowledged");
    }
    // The group goes on where it was also when its Redis was lost and is filled again.
    redis::cmd("FLUSHALL").exec_async(&mut redis.connect().await).await.unwrap();
    let refilled = streamed(&data).await;
    assert_eq!(read_once(&data, "of-the-stream", &refilled.address()), Vec::<Value>::new());
    assert_eq!(read_once(&data, "another", &refilled.address()), events);
}

#[tokio::test]
async fn whoever_follows_the_stream_ends_cleanly_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let events = rated(&data);
    let redis = streamed(&data).await;
    let mut command = vedetta(&data);
    command.args(["tail", "--group", "ledger", "--queue", &redis.address()]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.map_while(Result::ok).take(events.len()).count(), events.len());
    let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().unwrap();
    assert!(asked.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let pending: StreamPendingReply = redis.connect().await.xpending(STREAM, "ledger").await.unwrap();
    assert_eq!(pending.count(), 0, "what was written out is acknowledged");
}

#[tokio::test]
async fn the_source_that_is_configured_stands_on_every_event_whoever_hands_it_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    rated(&data);
    let redis = RedisServer::start();
    let settings = [("VEDETTA__ALERT__SOURCE", "/credit/lecco"), ("VEDETTA__QUEUE__URL", &redis.address())];
    let house = House::start_with(&data, &settings).await;
    let mut connection = redis.connect().await;
    let entry = eventually("the stream is filled", async || {
        let found: redis::streams::StreamRangeReply = connection.xrange_count(STREAM, "-", "+", 1).await.unwrap();
        found.ids.first().and_then(|entry| entry.get::<String>("event"))
    });
    let on_redis: Value = serde_json::from_str(&entry.await).unwrap();
    let page: Value = house.ask("GET", "/v1/changes?limit=1").send().await.unwrap().json().await.unwrap();
    let mut stream = house.ask("GET", "/v1/changes/stream?after=0").send().await.unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    let streamed = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    assert_eq!(on_redis["source"], "/credit/lecco");
    assert_eq!(page["events"][0], on_redis);
    assert_eq!(serde_json::from_str::<Value>(streamed).unwrap(), on_redis);
}
