//! G6: commits, relays that die, turns that end, and whatever else befalls the stream, in any order.

use proptest::{prelude::*, test_runner::TestRunner};
use redis::{AsyncCommands, Script, aio::MultiplexedConnection, streams::StreamRangeReply};
use tokio::runtime::Runtime;
use vedetta::publish::{EPOCH_KEY, Entry, Error, RELAY_KEY, STREAM, Stream};

use super::doses;
use crate::redis::RedisServer;

/// Relays that take part.
const N_RELAYS: usize = 3;

/// What can happen, in any order.
#[derive(Debug, Clone)]
enum Step {
    /// So many events are committed.
    Commit(i64),
    /// A relay copies what it finds, and dies after so many batches.
    Relay(usize, usize),
    /// The relay that has the turn is not heard of in time.
    TurnOver,
    /// Redis is emptied.
    Flush,
    /// Somebody marks the stream as another installation's.
    Mark,
    /// Somebody deletes an entry.
    Delete(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..40_i64).prop_map(Step::Commit),
        6 => (0..N_RELAYS, 0..4_usize).prop_map(|(who, batches)| Step::Relay(who, batches)),
        2 => Just(Step::TurnOver),
        1 => Just(Step::Flush),
        1 => Just(Step::Mark),
        1 => (1..60_i64).prop_map(Step::Delete),
    ]
}

/// Events behind `after`, seven at a time; their content says which they are.
fn batch(after: i64, last: i64) -> Vec<Entry> {
    let entry = |seq: i64| Entry {
        seq,
        kind: "rating.changed".to_owned(),
        subject: format!("C-{}", seq % 5),
        event: format!("{{\"id\":\"{seq}\"}}"),
    };
    (after + 1..=last.min(after + 7)).map(entry).collect()
}

/// How many entries there are when they are those of the first events, each once and with its own content; -1 when they are not.
/// Redis looks itself: the stream is looked at after every step, and is long.
const FIRST_EVENTS: &str = r#"
local all = redis.call('XRANGE', KEYS[1], '-', '+')
for n, entry in ipairs(all) do
  if entry[1] ~= n .. '-0' or entry[2][6] ~= '{"id":"' .. n .. '"}' then return -1 end
end
return #all
"#;

/// The numbers in the stream.
async fn held(connection: &mut MultiplexedConnection) -> Vec<i64> {
    let all: StreamRangeReply = connection.xrange_all(STREAM).await.unwrap();
    let number = |id: &str| id.strip_suffix("-0").unwrap().parse().unwrap();
    all.ids.iter().map(|entry| number(&entry.id)).collect()
}

async fn relay(redis: &RedisServer, who: usize, last: i64, n_batches: usize) -> Result<u64, Error> {
    let mut stream = Stream::connect(&redis.url(), "epoch-1", &format!("relay-{who}")).await?;
    let n_read = std::sync::atomic::AtomicUsize::new(0);
    let read = |after| {
        let is_dead = n_read.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= n_batches;
        async move { Ok(if is_dead { Vec::new() } else { batch(after, last) }) }
    };
    stream.follow(last, read).await
}

async fn play(redis: &RedisServer, steps: &[Step]) {
    let mut connection = redis.connect().await;
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    let (mut last, mut is_whole) = (0, true);
    let script = Script::new(FIRST_EVENTS);
    let first_events = script.key(STREAM);
    for step in steps {
        match *step {
            Step::Commit(n) => last += n,
            Step::Relay(who, n_batches) => match relay(redis, who, last, n_batches).await {
                Ok(_) => is_whole = true,
                Err(Error::Held) => {}
                Err(error) => panic!("{error}"),
            },
            Step::TurnOver => connection.del(RELAY_KEY).await.unwrap(),
            Step::Flush => redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap(),
            Step::Mark => connection.set(EPOCH_KEY, "epoch-2").await.unwrap(),
            Step::Delete(seq) => {
                let n: i64 = connection.xdel(STREAM, &[format!("{seq}-0")]).await.unwrap();
                is_whole &= n == 0;
            }
        }
        // The model: what is there are the first events, each once, in order.
        let n_held: i64 = first_events.invoke_async(&mut connection).await.unwrap();
        assert!(!is_whole || (0..=last).contains(&n_held), "after {step:?}: {:?}", held(&mut connection).await);
    }
    connection.del::<_, ()>(RELAY_KEY).await.unwrap();
    relay(redis, 0, last, usize::MAX).await.unwrap();
    let n_held: i64 = first_events.invoke_async(&mut connection).await.unwrap();
    assert_eq!(n_held, last, "in the end everything is there: {:?}", held(&mut connection).await);
}

#[test]
fn g6_whatever_happens_in_whatever_order_the_stream_holds_the_first_events_each_once() {
    let redis = RedisServer::start();
    let runtime = Runtime::new().unwrap();
    let config =
        ProptestConfig { cases: doses::g6_schedules(), failure_persistence: None, ..ProptestConfig::default() };
    let schedules = proptest::collection::vec(step(), doses::g6_steps());
    let played = TestRunner::new(config).run(&schedules, |steps| {
        runtime.block_on(play(&redis, &steps));
        Ok(())
    });
    played.unwrap();
    let (n, steps) = (doses::g6_schedules(), doses::g6_steps());
    doses::figures(&format!("{n} schedules of {steps:?} steps, 0 after which the stream was wrong"));
}
