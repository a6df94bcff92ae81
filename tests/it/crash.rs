//! Killed anywhere, the house comes back right: the feed and the stream have neither gap nor duplicate.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::process::Child;

use crate::redis::RedisServer;

/// How often the process is killed.
const N_KILLS: usize = 20;
/// Few enough clients that a demo takes seconds, so that kills fall into every part of it.
const N_CLIENTS: &str = "40";

fn demo(data: &Path, queue: &str) -> Child {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_vedetta"))
        .args([
            "demo",
            "--once",
            "--json",
            "--quiet",
            "--clients",
            N_CLIENTS,
            "--seed",
            "11",
            "--queue",
            queue,
            "--data",
        ])
        .arg(data)
        .envs(crate::stores::environment(data))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_house_killed_twenty_times_leaves_no_gap_and_no_duplicate() {
    let redis = RedisServer::start();
    let undisturbed = tempfile::tempdir().unwrap();
    let other_redis = RedisServer::start();
    let start = std::time::Instant::now();
    let calm = demo(undisturbed.path(), &other_redis.address()).wait_with_output().await.unwrap();
    assert!(calm.status.success(), "{}", String::from_utf8_lossy(&calm.stderr));
    let whole = start.elapsed();

    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..N_KILLS {
        let mut child = demo(folder.path(), &redis.address());
        let life = Duration::from_secs_f64(whole.as_secs_f64() * rng.random_range(0.05..1.05));
        if tokio::time::timeout(life, child.wait()).await.is_err() {
            child.kill().await.unwrap();
        }
    }
    let last = demo(folder.path(), &redis.address()).wait_with_output().await.unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));

    let feed = feed(folder.path());
    let seqs: Vec<i64> = feed.iter().map(|e| e["id"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
    assert_eq!(redis.stream_ids().await, seqs.iter().map(|s| format!("{s}-0")).collect::<Vec<_>>());
    every_client_counts_its_steps_from_one(&feed);

    let grades = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap()["grades"].clone();
    assert_eq!(grades(&last.stdout), grades(&calm.stdout), "a disturbed demo ends where an undisturbed one does");
}

fn feed(data: &Path) -> Vec<serde_json::Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.args(["tail", "--once", "--data"]).arg(data).envs(crate::stores::environment(data));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn every_client_counts_its_steps_from_one(feed: &[serde_json::Value]) {
    let mut steps = std::collections::HashMap::<&str, i64>::new();
    for event in feed.iter().filter(|e| e["type"] == "rating.changed") {
        let client = event["data"]["client"].as_str().unwrap();
        let step = steps.entry(client).or_default();
        *step += 1;
        assert_eq!(event["data"]["client_seq"], *step, "{event}");
    }
    assert!(steps.len() >= 40, "every client was rated at least once");
}
