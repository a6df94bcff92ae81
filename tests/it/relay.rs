//! The outbox of a real store on its way to a real Redis.

use std::time::Duration;

use redis::AsyncCommands;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vedetta::{
    domain::Grade,
    publish::{Relay, STREAM},
};

use crate::{
    alert::deliveries::{House, no_words},
    redis::RedisServer,
};

/// Returns when the stream has so many entries; looks every ten milliseconds, because Redis does not ring.
async fn has_entries(redis: &RedisServer, n: i64) {
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    let mut connection = redis.connect().await;
    while connection.xlen::<_, i64>(STREAM).await.expect("redis answers") < n {
        looks.tick().await;
    }
}

#[tokio::test]
async fn draining_twice_leaves_every_event_once() {
    let redis = RedisServer::start();
    let mut house = House::new().await;
    for grade in [Grade::B1, Grade::B2, Grade::B3] {
        house.rate(grade).await;
    }
    let relay = Relay::new(house.store.clone(), no_words(), redis.url());
    assert_eq!(relay.drain().await.unwrap(), 3);
    assert_eq!(relay.drain().await.unwrap(), 0);
    let mut connection = redis.connect().await;
    let all: redis::streams::StreamRangeReply = connection.xrange_all(STREAM).await.unwrap();
    let ids: Vec<&str> = all.ids.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["1-0", "2-0", "3-0"]);
    let event: serde_json::Value = serde_json::from_str(&all.ids[1].get::<String>("event").unwrap()).unwrap();
    assert_eq!((&event["id"], &event["data"]["to"]), (&"2".into(), &"B2".into()));
    assert_eq!(all.ids[1].get::<String>("subject").as_deref(), Some("C-7"));
    assert_eq!(house.store.outbox().checkpoint("redis").await.unwrap(), 3);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_keeps_its_place_on_the_stream() {
    let redis = RedisServer::start();
    let mut house = House::new().await;
    house.rate(Grade::B1).await;
    crate::stores::record_of_the_future(&house.file());
    house.rate(Grade::B2).await;
    assert_eq!(Relay::new(house.store.clone(), no_words(), redis.url()).drain().await.unwrap(), 3);
    let all: redis::streams::StreamRangeReply = redis.connect().await.xrange_all(STREAM).await.unwrap();
    let kinds: Vec<Option<String>> = all.ids.iter().map(|entry| entry.get("type")).collect();
    assert_eq!(kinds, ["rating.changed", "future.kind", "rating.changed"].map(|kind| Some(kind.to_owned())));
    let event: serde_json::Value = serde_json::from_str(&all.ids[1].get::<String>("event").unwrap()).unwrap();
    assert_eq!((&event["id"], &event["data"]), (&"2".into(), &serde_json::json!({})));
}

#[tokio::test]
async fn a_relay_outlives_a_redis_that_dies_and_comes_back_empty() {
    let mut redis = RedisServer::start();
    let mut house = House::new().await;
    house.rate(Grade::B1).await;
    let (relay, shutdown) = (Relay::new(house.store.clone(), no_words(), redis.url()), CancellationToken::new());
    let mut running = JoinSet::new();
    let token = shutdown.clone();
    running.spawn(async move { relay.run(token).await });
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, has_entries(&redis, 1)).await.expect("the first event arrives");
    redis.kill();
    house.rate(Grade::B2).await;
    redis.restart();
    tokio::time::timeout(patience, has_entries(&redis, 2)).await.expect("both events are there again");
    house.rate(Grade::B3).await;
    tokio::time::timeout(patience, has_entries(&redis, 3)).await.expect("and it goes on");
    shutdown.cancel();
    running.join_all().await;
}
