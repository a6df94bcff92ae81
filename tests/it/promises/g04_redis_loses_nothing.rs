//! G4: whatever happens to Redis, its stream has every event again, and no alert waits for it.

use std::time::{Duration, Instant};

use redis::AsyncCommands;
use tokio::{
    task::JoinSet,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;
use vedetta::{
    alert::When,
    domain::{ClientId, Grade},
    publish::{EPOCH_KEY, Relay, STREAM},
};

use super::{doses, program::eventually};
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

/// What happens to a Redis that a relay writes to, and to the machine below it.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// It dies and comes back with what it had written down.
    Killed,
    /// It dies and comes back empty.
    Emptied,
    /// Somebody empties it.
    Flushed,
    /// It says nothing for a while.
    Silent,
    /// It dies, and the end of what it had written down is lost.
    Cut,
    /// It is marked as another installation's.
    Marked,
}

const ALL_FAULTS: [Fault; 6] =
    [Fault::Killed, Fault::Emptied, Fault::Flushed, Fault::Silent, Fault::Cut, Fault::Marked];
/// How long it says nothing from the second time on.
const SHORT_SILENCE: Duration = Duration::from_millis(500);
/// Clients that go up and down all the time, and how many of them at once.
const BUSY_CLIENTS: usize = 10 * doses::G4_AT_ONCE;
/// Between two batches of events.
const BEAT: Duration = Duration::from_millis(10);
/// Between two alerts.
const ALERT_BEAT: Duration = Duration::from_millis(200);

async fn happens(redis: &mut RedisServer, fault: Fault, silence: Duration) {
    match fault {
        Fault::Killed => {
            redis.kill();
            redis.restart();
        }
        Fault::Emptied => {
            redis.kill();
            redis.forget();
            redis.restart();
        }
        Fault::Flushed => redis::cmd("FLUSHALL").exec_async(&mut redis.connect().await).await.unwrap(),
        Fault::Silent => {
            redis.pause();
            sleep(silence).await;
            redis.resume();
        }
        Fault::Cut => {
            redis.kill();
            redis.cut_log(5_000);
            redis.restart();
        }
        Fault::Marked => redis.connect().await.set(EPOCH_KEY, "another").await.unwrap(),
    }
}

/// What became of a stream after one fault.
struct MadeGood {
    /// Until it was ours again and something was in it.
    begun: Duration,
    /// Until it held every event that there was at first, and how many it got from one to the other.
    whole: Duration,
    n_since: i64,
}

impl MadeGood {
    fn per_second(&self) -> f64 {
        self.n_since as f64 / (self.whole - self.begun).as_secs_f64().max(0.001)
    }
}

/// Waits until a stream is ours and whole again.
async fn made_good(house: &House, redis: &RedisServer, epoch: &str) -> MadeGood {
    let began = Instant::now();
    let mut connection = redis.connect().await;
    let held = async |connection: &mut redis::aio::MultiplexedConnection| {
        let marked: Option<String> = connection.get(EPOCH_KEY).await.unwrap();
        let n: i64 = connection.xlen(STREAM).await.unwrap();
        (marked.as_deref() == Some(epoch)).then_some(n)
    };
    let before = held(&mut connection).await.unwrap_or(0);
    let wanted = house.store.outbox().last_seq().await.unwrap();
    let more = async || held(&mut connection).await.filter(|n| *n > before || *n >= wanted);
    let first = eventually("the stream is written again", more).await;
    let begun = began.elapsed();
    eventually("the stream is whole again", async || held(&mut connection).await.filter(|n| *n >= wanted)).await;
    MadeGood { begun, whole: began.elapsed(), n_since: (wanted - first).max(0) }
}

/// Rates a client down to the last grade, and answers how long its alert took from there.
async fn alerted(house: &House, client: ClientId, receiver: &Receiver, n_before: usize) -> Duration {
    let began = Instant::now();
    house.rate_all(&[client], Some(Grade::B1), Grade::D).await;
    receiver.has_seen(n_before + 1).await;
    began.elapsed()
}

/// Takes some clients up and down until it is told to stop, and until there are enough events; how many there are.
async fn keep_busy(house: &House, clients: &[ClientId], done: &CancellationToken) -> usize {
    let (mut beats, mut n_events) = (interval(BEAT), 0);
    while n_events < doses::g4_events() || !done.is_cancelled() {
        for (from, to) in [(Grade::B1, Grade::B2), (Grade::B2, Grade::B1)] {
            for few in clients.chunks(doses::G4_AT_ONCE) {
                beats.tick().await;
                house.rate_all(few, Some(from), to).await;
                n_events += few.len();
            }
        }
    }
    n_events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g4_a_relay_makes_good_whatever_happens_to_redis_while_events_come_and_no_alert_waits_for_it() {
    let mut redis = RedisServer::start_keeping();
    let house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    // The busy ones never fall so deep.
    let deep = When { grade_at_or_below: Some("D".to_owned()), ..When::default() };
    house.subscribe_when("deep", &receiver, &deep).await;
    let clients = house.crowd(BUSY_CLIENTS + doses::g4_alerts() + 40 * doses::g4_faults()).await;
    let (busy, mut falling) = (&clients[..BUSY_CLIENTS], clients[BUSY_CLIENTS..].iter().copied());
    let epoch = house.store.outbox().epoch().await.unwrap();
    let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
    let (relay, token) = (Relay::new(house.store.clone(), no_words(), redis.url()), stop.clone());
    running.spawn(async move { relay.run(token).await });
    let (alerts, token) = (house.alerts.clone(), stop.clone());
    running.spawn(async move { alerts.run(token).await });

    let (done, healthy) = (CancellationToken::new(), CancellationToken::new());
    let faults = async {
        healthy.cancelled().await;
        let (mut good, mut silence) = (Vec::new(), doses::g4_silence());
        for fault in ALL_FAULTS.into_iter().cycle().take(doses::g4_faults()) {
            happens(&mut redis, fault, silence).await;
            silence = if matches!(fault, Fault::Silent) { SHORT_SILENCE.min(silence) } else { silence };
            good.push(made_good(&house, &redis, &epoch).await);
        }
        done.cancel();
        good
    };
    let alerting = async {
        let (mut beats, mut calm, mut shaken) = (interval(ALERT_BEAT), Vec::new(), Vec::new());
        for client in falling.by_ref().take(doses::g4_alerts()) {
            beats.tick().await;
            calm.push(alerted(&house, client, &receiver, calm.len()).await);
        }
        healthy.cancel();
        for client in falling.by_ref().take_while(|_| !done.is_cancelled()) {
            beats.tick().await;
            shaken.push(alerted(&house, client, &receiver, calm.len() + shaken.len()).await);
        }
        (calm, shaken)
    };
    let (n_events, good, (calm, shaken)) = tokio::join!(keep_busy(&house, busy, &done), faults, alerting);
    let last = house.store.outbox().last_seq().await.unwrap();
    assert_eq!(last as usize, clients.len() + n_events + calm.len() + shaken.len());
    eventually("the stream is whole", async || {
        (redis.connect().await.xlen::<_, i64>(STREAM).await.unwrap() == last).then_some(())
    })
    .await;
    stop.cancel();
    running.join_all().await;
    assert_eq!(redis.stream_ids().await, (1..=last).map(|seq| format!("{seq}-0")).collect::<Vec<_>>());
    assert_eq!(receiver.requests().len(), calm.len() + shaken.len(), "each alert was sent, and once");
    let slowest = |time: fn(&MadeGood) -> Duration| good.iter().map(time).max().unwrap().as_secs_f64();
    let longest = good.iter().max_by_key(|made| made.n_since).unwrap();
    doses::figures(&format!(
        "{last} events, {} faults, 0 lost; written again within {:.1} s, whole within {:.1} s, {} at {:.0} a second; \
         alerts of a calm Redis {}, of this one {}",
        good.len(),
        slowest(|made| made.begun),
        slowest(|made| made.whole),
        longest.n_since,
        longest.per_second(),
        doses::quantiles(&calm),
        doses::quantiles(&shaken),
    ));
}
