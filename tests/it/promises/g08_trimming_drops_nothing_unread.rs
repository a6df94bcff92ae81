use redis::{AsyncCommands, aio::MultiplexedConnection};
use vedetta::publish::{Entry, STREAM, Stream};

use super::{
    doses,
    program::{House, eventually},
};
use crate::redis::RedisServer;

fn entries(after: i64, last: i64) -> Vec<Entry> {
    let entry = |seq: i64| Entry { seq, kind: "k".to_owned(), subject: "s".to_owned(), event: "{}".to_owned() };
    (after + 1..=last.min(after + 200)).map(entry).collect()
}

async fn first_of(connection: &mut MultiplexedConnection) -> String {
    let first: redis::streams::StreamRangeReply = connection.xrange_count(STREAM, "-", "+", 1).await.unwrap();
    first.ids[0].id.clone()
}

/// Entries that are read, or acknowledged, in one command: Redis answers within the half second that a client waits.
const AT_ONCE: usize = 5_000;

/// Has a group read so many entries; acknowledges the first of them.
async fn read(connection: &mut MultiplexedConnection, group: &str, n: usize, n_acknowledged: i64) {
    let mut n_left = n;
    while n_left > 0 {
        let n_now = n_left.min(AT_ONCE);
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(group).arg("reader").arg("COUNT").arg(n_now).arg("STREAMS").arg(STREAM).arg(">");
        command.exec_async(connection).await.unwrap();
        n_left -= n_now;
    }
    let ids: Vec<String> = (1..=n_acknowledged).map(|seq| format!("{seq}-0")).collect();
    for ids in ids.chunks(AT_ONCE) {
        connection.xack::<_, _, _, ()>(STREAM, group, ids).await.unwrap();
    }
}

#[tokio::test]
async fn g8_the_stream_is_trimmed_behind_its_slowest_group_and_never_before_it() {
    let redis = RedisServer::start();
    let mut connection = redis.connect().await;
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap().keeping(Some(1));
    let n = doses::g8_entries();
    stream.follow(n, |after| async move { Ok(entries(after, n)) }).await.unwrap();
    stream.trim(1).await.unwrap();
    assert_eq!(connection.xlen::<_, i64>(STREAM).await.unwrap(), n, "nobody has read anything");

    for group in ["slow", "prompt"] {
        connection.xgroup_create::<_, _, _, ()>(STREAM, group, "0").await.unwrap();
    }
    read(&mut connection, "prompt", n as usize, n).await;
    stream.trim(1).await.unwrap();
    assert_eq!(first_of(&mut connection).await, "1-0", "one group has read nothing yet");
    read(&mut connection, "slow", 500, 120).await;
    stream.trim(1).await.unwrap();
    assert_eq!(first_of(&mut connection).await, "121-0");
    let mut claim = redis::cmd("XAUTOCLAIM");
    claim.arg(STREAM).arg("slow").arg("another").arg(0).arg("0-0").arg("COUNT").arg(1_000);
    let claimed: redis::streams::StreamAutoClaimReply = claim.query_async(&mut connection).await.unwrap();
    assert_eq!((claimed.claimed.len(), claimed.deleted_ids.len()), (380, 0), "what was not acknowledged is there");

    let rest: Vec<String> = (121..=500).map(|seq| format!("{seq}-0")).collect();
    connection.xack::<_, _, _, ()>(STREAM, "slow", &rest).await.unwrap();
    stream.trim(n as u64 - 300).await.unwrap();
    assert_eq!(first_of(&mut connection).await, "301-0", "so many stay in any case");
    stream.trim(1).await.unwrap();
    assert_eq!(first_of(&mut connection).await, "501-0");
    // A stream that begins late is whole, and is gone on with.
    assert_eq!(stream.follow(n + 5, |after| async move { Ok(entries(after, n + 5)) }).await.unwrap(), 5);
    assert_eq!(first_of(&mut connection).await, "501-0");
    doses::figures(&format!("{n} entries, 0 trimmed before their slowest group had acknowledged them"));
}

/// Gives Redis so many times the memory that it uses now.
async fn give_memory(connection: &mut MultiplexedConnection, times: f64) {
    let info: redis::InfoDict = redis::cmd("INFO").arg("memory").query_async(connection).await.unwrap();
    let used: u64 = info.get("used_memory").unwrap();
    let limit = (used as f64 * times) as u64;
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(limit).exec_async(connection).await.unwrap();
}

#[tokio::test]
async fn g8_a_redis_that_is_nearly_full_is_told_of_before_it_refuses_an_entry() {
    let redis = RedisServer::start();
    let mut connection = redis.connect().await;
    assert_eq!(redis.url().health().await.unwrap().fullness, None, "without a limit nothing is full");
    give_memory(&mut connection, 4.0).await;
    assert!(!redis.url().health().await.unwrap().is_nearly_full());
    let folder = tempfile::tempdir().unwrap();
    let house = House::start_with(&folder.path().join("data"), &[("VEDETTA__QUEUE__URL", &redis.address())]).await;
    let ready = async || house.ask("GET", "/readyz").send().await.unwrap().text().await.unwrap();
    eventually("the house is ready", async || (!ready().await.contains("redis")).then_some(())).await;
    give_memory(&mut connection, 1.1).await;
    assert!(redis.url().health().await.unwrap().is_nearly_full());
    let is_told = async || {
        let told = ready().await;
        (told.contains("\"part\":\"redis\"") && told.contains("nearly full")).then_some(())
    };
    eventually("the house says so", is_told).await;
    let metrics = house.ask("GET", "/metrics").send().await.unwrap().text().await.unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("vedetta_redis_memory_share ")).unwrap();
    assert!(line.parse::<f64>().unwrap() > 0.8, "{line}");
}
