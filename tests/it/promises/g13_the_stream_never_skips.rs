//! G13: whoever reads the stream, loses it and comes back with the last number it has, reads every event once. What a reader is
//! told who is ahead of the feed is looked at in `serve`.

use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::Client;
use tokio::task::JoinSet;
use vedetta::domain::EventBody;

use tokio_util::sync::CancellationToken;

use super::doses::{G13_EVENTS, figures, g13_cuts, g13_readers, g13_restarts};
use crate::world::{World, start};

/// Reads until `n` events have come, or the stream ends or is not there; answers their numbers.
async fn read(http: &Client, url: &str, key: &str, after: i64, n: usize) -> Vec<i64> {
    let request = http.get(url).bearer_auth(key).header("Last-Event-ID", after.to_string());
    let Ok(response) = request.send().await else { return Vec::new() };
    let mut body = response.bytes_stream();
    let (mut text, mut seqs) = (String::new(), Vec::new());
    while seqs.len() < n {
        let Some(Ok(piece)) = body.next().await else { break };
        text.push_str(std::str::from_utf8(&piece).unwrap());
        while let Some((block, rest)) = text.split_once("\n\n") {
            seqs.extend(
                block.lines().find_map(|line| line.strip_prefix("id:")).map(|id| id.trim().parse::<i64>().unwrap()),
            );
            text = rest.to_owned();
        }
    }
    // What came with the last of them was not taken: the reader is gone.
    seqs.truncate(n);
    seqs
}

#[tokio::test]
async fn g13_readers_that_are_cut_off_at_random_read_every_event_once_and_in_order() {
    let world = World::new().await;
    let (url, key) = (format!("{}/v1/changes/stream", world.address), world.key.clone());
    // Another process of the house: a reader may come back to either, and this one does not live long.
    let mut life = CancellationToken::new();
    let of = |address: String| format!("{address}/v1/changes/stream");
    let other = Arc::new(Mutex::new(of(world.replica_until(&life).await)));
    let mut readers = JoinSet::new();
    for n in 0..g13_readers() {
        let (url, other, key) = (url.clone(), Arc::clone(&other), key.clone());
        readers.spawn(async move {
            let http = Client::builder().no_proxy().build().unwrap();
            let mut rng = StdRng::seed_from_u64(n);
            let mut seen: Vec<i64> = Vec::new();
            let mut n_cuts = 0;
            while seen.len() < G13_EVENTS {
                let left = G13_EVENTS - seen.len();
                let n = if n_cuts >= g13_cuts() { left } else { rng.random_range(0..=left / 2) };
                let place = if rng.random_range(0..2) == 0 { url.clone() } else { other.lock().unwrap().clone() };
                let after = seen.last().copied().unwrap_or(0);
                seen.extend(read(&http, &place, &key, after, n).await);
                n_cuts += 1;
            }
            (seen, n_cuts)
        });
    }
    let outbox = world.desk.store.outbox();
    for n in 0..G13_EVENTS {
        let silent = EventBody::SourceStale { source: format!("s{n}"), error: "no answer".to_owned() };
        outbox.append(start(), None, None, &silent).await.unwrap();
        if (n + 1) % (G13_EVENTS / (g13_restarts() + 1)) == 0 {
            let next = CancellationToken::new();
            let address = of(world.replica_until(&next).await);
            *other.lock().unwrap() = address;
            std::mem::replace(&mut life, next).cancel();
        }
    }
    let all: Vec<i64> = (1..=i64::try_from(G13_EVENTS).unwrap()).collect();
    let mut n_read = 0;
    while let Some(read) = readers.join_next().await {
        let (seen, n_times) = read.unwrap();
        assert_eq!(seen, all);
        n_read += n_times;
    }
    let (n_readers, n_restarts) = (g13_readers(), g13_restarts());
    figures(&format!("{n_readers} readers, {n_read} streams, {n_restarts} restarts, 0 events missing, 0 repeated"));
}
