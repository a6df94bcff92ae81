use redis::{AsyncCommands, aio::MultiplexedConnection};
use vedetta::publish::{Entry, STREAM, Stream};

use super::doses;
use crate::redis::RedisServer;

fn entries(after: i64, last: i64) -> Vec<Entry> {
    let entry = |seq: i64| Entry { seq, kind: "k".to_owned(), subject: "s".to_owned(), event: "{}".to_owned() };
    (after + 1..=last.min(after + 200)).map(entry).collect()
}

async fn first_of(connection: &mut MultiplexedConnection) -> String {
    let first: redis::streams::StreamRangeReply = connection.xrange_count(STREAM, "-", "+", 1).await.unwrap();
    first.ids[0].id.clone()
}

/// Has a group read so many entries; acknowledges the first of them.
async fn read(connection: &mut MultiplexedConnection, group: &str, n: usize, n_acknowledged: i64) {
    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg(group).arg("reader").arg("COUNT").arg(n).arg("STREAMS").arg(STREAM).arg(">");
    command.exec_async(connection).await.unwrap();
    let ids: Vec<String> = (1..=n_acknowledged).map(|seq| format!("{seq}-0")).collect();
    connection.xack::<_, _, _, ()>(STREAM, group, &ids).await.unwrap();
}

#[tokio::test]
async fn g8_the_stream_is_trimmed_behind_its_slowest_group_and_never_before_it() {
    let redis = RedisServer::start();
    let mut connection = redis.connect().await;
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap().trimmed();
    let n = doses::G8_ENTRIES;
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
}
