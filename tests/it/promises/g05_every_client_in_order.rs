//! G5: the steps of a client arrive in order and none is missing, whoever stands still, and for how long. Relays and the
//! holder of a transaction are tasks that are not gone on with: what they hold in Redis and in the store, they hold as a
//! process does that was stopped.

use std::{collections::HashMap, future::poll_fn, pin::pin, task::Poll, time::Duration};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use redis::{AsyncCommands, streams::StreamRangeReply};
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use vedetta::{
    domain::{ClientId, Grade},
    publish::{Relay, STREAM},
};

use super::doses;
use crate::{
    alert::deliveries::{House, no_words},
    redis::RedisServer,
};

/// Waits of a recording at which it is held in turn: before its transaction begins, in it, and while it is committed.
const HELD_AT: std::ops::Range<usize> = 2..9;

/// The events of the stream, in its order.
async fn events(redis: &RedisServer) -> Vec<(String, Value)> {
    let all: StreamRangeReply = redis.connect().await.xrange_all(STREAM).await.unwrap();
    let event =
        |entry: &redis::streams::StreamId| serde_json::from_str(&entry.get::<String>("event").unwrap()).unwrap();
    all.ids.iter().map(|entry| (entry.id.clone(), event(entry))).collect()
}

/// Between two turns that are ended from outside.
const MEDDLING: Duration = Duration::from_millis(5);

/// Work that stands still now and then, wherever it is and whatever it holds.
async fn halting(work: impl Future<Output = ()>, seed: u64) {
    let (mut work, mut rng) = (pin!(work), ChaCha8Rng::seed_from_u64(seed));
    loop {
        let mut time = || doses::g5_halt().mul_f64(rng.random_range(0.0..1.0));
        let (running, halted) = (time(), time());
        tokio::select! {
            () = &mut work => return,
            () = sleep(running) => sleep(halted).await,
        }
    }
}

/// What the work gives, which stands still at that wait for so long.
async fn held<T>(work: impl Future<Output = T>, at: usize, time: Duration) -> T {
    let mut work = pin!(work);
    let mut n_waits = 0;
    let before = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if n_waits >= at => Poll::Ready(None),
        Poll::Pending => {
            n_waits += 1;
            Poll::Pending
        }
    });
    match before.await {
        Some(done) => done,
        None => {
            sleep(time).await;
            work.await
        }
    }
}

/// Takes each of some clients up or down, so many times.
async fn rate(house: &House, clients: &[ClientId]) {
    let (mut from, mut to) = (Grade::B1, Grade::C1);
    for _ in 0..doses::g5_changes() {
        for client in clients {
            house.rate_at_last(&house.store, &[*client], Some(from), to).await;
        }
        (from, to) = (to, from);
    }
}

#[tokio::test]
async fn g5_the_steps_of_every_client_arrive_in_order_whichever_relay_writes_them() {
    let redis = RedisServer::start();
    let house = House::new().await;
    let clients = house.crowd(doses::g5_clients() + 1).await;
    let (own, clients) = clients.split_last().unwrap();
    let shutdown = CancellationToken::new();
    let mut relays = JoinSet::new();
    for seed in 0..doses::G5_RELAYS as u64 {
        // Each on connections of its own, as another process: who stands still holds nobody's but its own.
        let relay = Relay::new(house.another_store().await, no_words(), redis.url());
        let stop = shutdown.clone();
        relays.spawn(halting(async move { relay.run(stop).await }, seed));
    }
    let rating = clients.chunks(clients.len().div_ceil(doses::G5_SCORERS)).map(|share| rate(&house, share));
    let done = CancellationToken::new();
    let rating = async {
        futures::future::join_all(rating).await;
        done.cancel();
    };
    let meddling = async {
        // The relay that has the turn loses it, again and again, in the middle of what it writes.
        while !done.is_cancelled() {
            redis.end_turn().await;
            sleep(MEDDLING).await;
        }
    };
    // A number that was taken first and is committed last: whoever reads on behind the newest would pass it over.
    let holding = async {
        let other = house.another_store().await;
        let (mut from, mut to) = (Grade::B1, Grade::C1);
        for at in HELD_AT {
            held(house.rate_at_last(&other, &[*own], Some(from), to), at, doses::g5_hold()).await;
            (from, to) = (to, from);
        }
    };
    tokio::join!(rating, meddling, holding);
    shutdown.cancel();
    relays.join_all().await;
    Relay::new(house.store.clone(), no_words(), redis.url()).drain().await.unwrap();

    let n_events = doses::g5_clients() * (1 + doses::g5_changes()) + 1 + HELD_AT.len();
    let events = events(&redis).await;
    let ids: Vec<&str> = events.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, (1..=n_events).map(|seq| format!("{seq}-0")).collect::<Vec<_>>());
    let mut steps = HashMap::<String, i64>::new();
    for (id, event) in &events {
        let step = steps.entry(event["subject"].as_str().unwrap().to_owned()).or_default();
        *step += 1;
        assert_eq!(event["data"]["client_seq"], *step, "{id}");
    }
    let (n_own, n_of_others) = (1 + HELD_AT.len() as i64, 1 + doses::g5_changes() as i64);
    assert_eq!(steps.values().filter(|n| **n == n_of_others).count(), doses::g5_clients());
    assert!(steps.len() == doses::g5_clients() + 1 && steps.values().any(|n| *n == n_own));
    doses::figures(&format!("{n_events} events of {} clients, 0 inversions, 0 gaps, 0 twice", steps.len()));
}
