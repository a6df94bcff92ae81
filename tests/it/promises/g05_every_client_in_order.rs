use std::collections::HashMap;

use redis::{AsyncCommands, streams::StreamRangeReply};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vedetta::{
    domain::Grade,
    publish::{Relay, STREAM},
};

use super::doses;
use crate::{
    alert::deliveries::{House, no_words},
    redis::RedisServer,
};

/// The events of the stream, in its order.
async fn events(redis: &RedisServer) -> Vec<(String, Value)> {
    let all: StreamRangeReply = redis.connect().await.xrange_all(STREAM).await.unwrap();
    let event =
        |entry: &redis::streams::StreamId| serde_json::from_str(&entry.get::<String>("event").unwrap()).unwrap();
    all.ids.iter().map(|entry| (entry.id.clone(), event(entry))).collect()
}

#[tokio::test]
async fn g5_the_steps_of_every_client_arrive_in_order_whichever_relay_writes_them() {
    let redis = RedisServer::start();
    let house = House::new().await;
    let clients = house.crowd(doses::g5_clients()).await;
    let shutdown = CancellationToken::new();
    let mut relays = JoinSet::new();
    for _ in 0..doses::G5_RELAYS {
        let (relay, stop) = (Relay::new(house.store.clone(), no_words(), redis.url()), shutdown.clone());
        relays.spawn(async move { relay.run(stop).await });
    }
    let rating = clients.iter().map(|client| async {
        let (mut from, mut to) = (Grade::B1, Grade::C1);
        for _ in 0..doses::g5_changes() {
            house.rate_all(&[*client], Some(from), to).await;
            (from, to) = (to, from);
        }
    });
    let rating = futures::future::join_all(rating);
    let meddling = async {
        // The relay that has the turn loses it, again and again, in the middle of what it writes.
        for _ in 0..doses::g5_changes() {
            redis.end_turn().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(rating, meddling);
    shutdown.cancel();
    relays.join_all().await;
    Relay::new(house.store.clone(), no_words(), redis.url()).drain().await.unwrap();

    let n_events = doses::g5_clients() * (1 + doses::g5_changes());
    let events = events(&redis).await;
    let ids: Vec<&str> = events.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, (1..=n_events).map(|seq| format!("{seq}-0")).collect::<Vec<_>>());
    let mut steps = HashMap::<String, i64>::new();
    for (id, event) in &events {
        let step = steps.entry(event["subject"].as_str().unwrap().to_owned()).or_default();
        *step += 1;
        assert_eq!(event["data"]["client_seq"], *step, "{id}");
    }
    assert!(steps.len() == doses::g5_clients() && steps.values().all(|n| *n == 1 + doses::g5_changes() as i64));
}
