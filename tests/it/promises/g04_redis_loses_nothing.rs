use vedetta::{
    domain::Grade,
    publish::{EPOCH_KEY, Relay, STREAM},
};

use crate::{
    alert::{
        deliveries::{House, YES, no_words},
        receivers::Receiver,
    },
    redis::RedisServer,
};

/// What happens to Redis, as an operator, a script gone astray or a restored file would do it.
const FAULTS: [&[&str]; 5] = [
    &["FLUSHALL"],
    &["DEL", EPOCH_KEY],
    &["SET", EPOCH_KEY, "epoch-of-another-installation"],
    &["XTRIM", STREAM, "MAXLEN", "=", "1"],
    &["XADD", STREAM, "900-0", "type", "stray"],
];

#[tokio::test]
async fn g4_whatever_happens_to_redis_the_stream_has_every_event_again_and_nobody_is_restarted() {
    let mut redis = RedisServer::start();
    let house = House::new().await;
    let clients = house.crowd(3).await;
    let relay = Relay::new(house.store.clone(), no_words(), redis.url());
    let (mut from, mut to) = (Grade::B1, Grade::C1);
    let mut n_events = clients.len();
    for fault in FAULTS {
        relay.drain().await.unwrap();
        redis::cmd(fault[0]).arg(&fault[1..]).exec_async(&mut redis.connect().await).await.unwrap();
        house.rate_all(&clients, Some(from), to).await;
        (from, to, n_events) = (to, from, n_events + clients.len());
        relay.drain().await.unwrap();
        let ids: Vec<String> = (1..=n_events).map(|seq| format!("{seq}-0")).collect();
        assert_eq!(redis.stream_ids().await, ids, "{fault:?}");
    }
    redis.kill();
    assert!(relay.drain().await.is_err());
    redis.restart();
    assert_eq!(relay.drain().await.unwrap(), n_events as u64);
}

#[tokio::test]
async fn g4_alerts_are_sent_while_redis_is_dead() {
    let mut redis = RedisServer::start();
    let house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    let relay = Relay::new(house.store.clone(), no_words(), redis.url());
    house.put(&house.wish("s", receiver.url())).await;
    let clients = house.crowd(2).await;
    redis.kill();
    house.rate_all(&clients, Some(Grade::B1), Grade::C1).await;
    assert!(relay.drain().await.is_err());
    assert_eq!(house.deliver().await.delivered, clients.len() as u64);
}
