//! G13: whoever reads the stream, loses it and comes back with the last number it has, reads every event once.

use futures::StreamExt as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::Client;
use tokio::task::JoinSet;
use vedetta::domain::EventBody;

use super::doses::{G13_EVENTS, g13_cuts, g13_readers};
use crate::world::{World, start};

/// Reads until `n` events have come, or the stream ends; answers their numbers.
async fn read(http: &Client, url: &str, key: &str, after: i64, n: usize) -> Vec<i64> {
    let request = http.get(url).bearer_auth(key).header("Last-Event-ID", after.to_string());
    let mut body = request.send().await.unwrap().bytes_stream();
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
    // Another process of the house: a reader may come back to either.
    let other = format!("{}/v1/changes/stream", world.replica().await);
    let mut readers = JoinSet::new();
    for n in 0..g13_readers() {
        let (urls, key) = ([url.clone(), other.clone()], key.clone());
        readers.spawn(async move {
            let http = Client::builder().no_proxy().build().unwrap();
            let mut rng = StdRng::seed_from_u64(n);
            let mut seen: Vec<i64> = Vec::new();
            for cut in 0..=g13_cuts() {
                let left = G13_EVENTS - seen.len();
                let n = if cut == g13_cuts() { left } else { rng.random_range(0..=left / 2) };
                let url = &urls[rng.random_range(0..urls.len())];
                let after = seen.last().copied().unwrap_or(0);
                seen.extend(read(&http, url, &key, after, n).await);
            }
            seen
        });
    }
    let outbox = world.desk.store.outbox();
    for n in 0..G13_EVENTS {
        let silent = EventBody::SourceStale { source: format!("s{n}"), error: "no answer".to_owned() };
        outbox.append(start(), None, None, &silent).await.unwrap();
    }
    let all: Vec<i64> = (1..=i64::try_from(G13_EVENTS).unwrap()).collect();
    while let Some(seen) = readers.join_next().await {
        assert_eq!(seen.unwrap(), all);
    }
}
