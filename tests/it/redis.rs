//! The stream against a real Redis, started by the test on a free port and killed with it.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use redis::{AsyncCommands, AsyncConnectionConfig, aio::MultiplexedConnection, streams::StreamRangeReply};
use vedetta::publish::{Appended, Entry, Error, RELAY_KEY, RedisUrl, STREAM, Standing, Stream};

/// The folder of what a Redis has written down.
const LOG: &str = "log";
/// How long a test waits for an answer: one may be of a hundred thousand entries.
const ANSWER: Duration = Duration::from_secs(30);

/// A throw-away Redis, without persistence unless it is asked for.
pub(crate) struct RedisServer {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
    keeps: bool,
}

impl RedisServer {
    /// Starts one, and returns when it accepts connections.
    pub(crate) fn start() -> Self {
        Self::launched(false)
    }

    /// One that writes down what it has (`appendonly`) and has it again when it comes back.
    pub(crate) fn start_keeping() -> Self {
        Self::launched(true)
    }

    fn launched(keeps: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder for redis");
        // The port is free now and may be taken in the next instant, so a few are tried.
        let started = (0..10).find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
            Some((launch(port, &folder, keeps)?, port))
        });
        let (process, port) = started.expect("redis-server must start; scripts/test installs it");
        Self { process, port, folder, keeps }
    }

    pub(crate) fn url(&self) -> RedisUrl {
        format!("redis://127.0.0.1:{}", self.port).parse().expect("an address")
    }

    /// The address as it is typed.
    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Every entry id of the stream of changes, in order.
    pub(crate) async fn stream_ids(&self) -> Vec<String> {
        let mut connection = self.connect().await;
        let query = redis::cmd("XRANGE").arg(STREAM).arg("-").arg("+").take();
        let entries: StreamRangeReply = query.query_async(&mut connection).await.unwrap();
        entries.ids.into_iter().map(|entry| entry.id).collect()
    }

    /// As the power going: nothing is saved.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("redis can be killed");
        self.process.wait().expect("redis ends");
    }

    /// Comes back on the same port, with what it had written down.
    pub(crate) fn restart(&mut self) {
        self.process = launch(self.port, &self.folder, self.keeps).expect("the port is still ours");
    }

    /// As a disk that was lost: what was written down is no more.
    pub(crate) fn forget(&self) {
        std::fs::remove_dir_all(self.folder.path().join(LOG)).unwrap();
    }

    /// What it has written down.
    pub(crate) fn written(&self) -> String {
        let files = std::fs::read_dir(self.folder.path().join(LOG)).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect()
    }

    /// As a disk on which the last bytes did not arrive.
    pub(crate) fn cut_log(&self, n_bytes: u64) {
        let files = std::fs::read_dir(self.folder.path().join(LOG)).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.to_string_lossy().ends_with(".incr.aof"));
        let newest = logs.max_by_key(|path| path.metadata().unwrap().modified().unwrap()).expect("a log");
        let log = std::fs::File::options().write(true).open(newest).unwrap();
        log.set_len(log.metadata().unwrap().len().saturating_sub(n_bytes)).unwrap();
    }

    /// Stops it where it stands: it says nothing, and refuses nothing.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        crate::process::signal(self.process.id(), name);
    }

    /// As the seconds going by in which the relay that writes says nothing more.
    pub(crate) async fn end_turn(&self) {
        self.connect().await.del::<_, ()>(RELAY_KEY).await.unwrap();
    }

    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).expect("an address");
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER));
        client.get_multiplexed_async_connection_with_config(&patient).await.expect("redis accepts connections")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may be dead already, which is just as well.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn launch(port: u16, folder: &tempfile::TempDir, keeps: bool) -> Option<Child> {
    let appends = if keeps { "yes" } else { "no" };
    let mut process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", appends, "--dir"])
        .arg(folder.path())
        .args(["--appenddirname", LOG])
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let log = BufReader::new(process.stdout.take()?);
    let is_ready = log.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept connections"));
    if is_ready {
        return Some(process);
    }
    process.wait().ok();
    None
}

fn entry(seq: i64) -> Entry {
    Entry {
        seq,
        kind: "rating.changed".to_owned(),
        subject: format!("C-{}", seq % 7),
        event: format!("{{\"id\":\"{seq}\"}}"),
    }
}

/// An outbox of `n` events, a hundred at a time.
fn page(after: i64, n: i64) -> Vec<Entry> {
    (after + 1..=n.min(after + 100)).map(entry).collect()
}

async fn follow(stream: &mut Stream, n: i64) -> Result<u64, Error> {
    stream.follow(n, |after| async move { Ok(page(after, n)) }).await
}

/// The stream holds exactly the events 1 to `n`.
async fn assert_holds(redis: &RedisServer, n: i64) {
    let mut connection = redis.connect().await;
    let length: i64 = connection.xlen(STREAM).await.expect("a stream");
    assert_eq!(length, n, "XLEN");
    let all: StreamRangeReply = connection.xrange_all(STREAM).await.expect("a stream");
    for (found, seq) in all.ids.iter().zip(1..) {
        let Entry { kind, subject, event, .. } = entry(seq);
        let fields = ["type", "subject", "event"].map(|name| found.get::<String>(name));
        assert_eq!(found.id, format!("{seq}-0"));
        assert_eq!(fields, [Some(kind), Some(subject), Some(event)]);
        assert_eq!(found.map.len(), 3);
    }
}

#[tokio::test]
async fn the_stream_holds_every_event_once_under_its_own_number() {
    let redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    assert_eq!(follow(&mut stream, 1_203).await.unwrap(), 1_203);
    assert_holds(&redis, 1_203).await;
}

#[tokio::test]
async fn relaying_again_adds_nothing_and_goes_on_where_a_crash_left_off() {
    let redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    follow(&mut stream, 250).await.unwrap();
    // The process died after this append and before anybody noted it.
    assert_eq!(stream.append(250, &page(250, 300)).await.unwrap(), Appended::All);
    let mut next = Stream::connect(&redis.url(), "epoch-1", "next").await.unwrap();
    redis.end_turn().await;
    assert_eq!(follow(&mut next, 300).await.unwrap(), 0);
    assert_eq!(follow(&mut next, 320).await.unwrap(), 20);
    assert_holds(&redis, 320).await;
}

#[tokio::test]
async fn a_redis_that_was_killed_and_comes_back_empty_is_filled_again() {
    let mut redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    follow(&mut stream, 500).await.unwrap();
    redis.kill();
    assert!(matches!(follow(&mut stream, 501).await, Err(Error::Redis(_))));
    redis.restart();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    assert_eq!(follow(&mut stream, 501).await.unwrap(), 501);
    assert_holds(&redis, 501).await;
}

#[tokio::test]
async fn a_flush_between_two_batches_leaves_no_hole() {
    let redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    let n_pages = AtomicUsize::new(0);
    let stranger = redis.connect().await;
    let written = stream.follow(1_000, |after| {
        let mut stranger = stranger.clone();
        let is_fourth = n_pages.fetch_add(1, Ordering::Relaxed) == 3;
        async move {
            if is_fourth {
                redis::cmd("FLUSHALL").exec_async(&mut stranger).await?;
            }
            Ok(page(after, 1_000))
        }
    });
    assert_eq!(written.await.unwrap(), 1_300, "300 were lost and written again");
    assert_holds(&redis, 1_000).await;
}

#[tokio::test]
async fn the_stream_of_another_installation_is_never_mixed_with_ours() {
    let redis = RedisServer::start();
    let mut theirs = Stream::connect(&redis.url(), "epoch-of-the-old-database", "theirs").await.unwrap();
    follow(&mut theirs, 40).await.unwrap();
    redis.end_turn().await;
    let mut ours = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    let Standing::Rebuild(reason) = ours.standing(90).await.unwrap() else { panic!("must not go on") };
    assert!(reason.contains("epoch-of-the-old-database"), "{reason}");
    assert!(matches!(ours.append(40, &page(40, 90)).await.unwrap(), Appended::Moved(_)));
    assert_eq!(follow(&mut ours, 90).await.unwrap(), 90);
    assert_holds(&redis, 90).await;
}

#[tokio::test]
async fn a_stream_that_lost_entries_or_is_ahead_of_the_outbox_is_rebuilt() {
    let redis = RedisServer::start();
    let mut meddler = redis.connect().await;
    let damages: [&[&str]; 4] = [
        &["XDEL", STREAM, "7-0"],
        &["XTRIM", STREAM, "MAXLEN", "=", "0"],
        &["XADD", STREAM, "*", "type", "stray"],
        &["XADD", STREAM, "21-0", "type", "from the future"],
    ];
    for damage in damages {
        let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
        follow(&mut stream, 20).await.unwrap();
        assert_eq!(stream.standing(20).await.unwrap(), Standing::At(20));
        redis::cmd(damage[0]).arg(&damage[1..]).exec_async(&mut meddler).await.unwrap();
        assert!(matches!(stream.standing(20).await.unwrap(), Standing::Rebuild(_)), "{damage:?}");
        assert_eq!(follow(&mut stream, 20).await.unwrap(), 20, "{damage:?}");
        assert_holds(&redis, 20).await;
    }
}

#[tokio::test]
async fn two_relays_at_once_double_nothing() {
    let redis = RedisServer::start();
    let mut one = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    let mut other = Stream::connect(&redis.url(), "epoch-1", "other").await.unwrap();
    follow(&mut one, 1).await.unwrap();
    let both = tokio::join!(follow(&mut one, 700), follow(&mut other, 700));
    let written = [both.0, both.1].into_iter().filter_map(Result::ok).sum::<u64>();
    follow(&mut one, 700).await.unwrap();
    assert!(written <= 699, "{written}");
    assert_holds(&redis, 700).await;
}

#[tokio::test]
async fn a_relay_that_was_stopped_writes_nothing_once_its_turn_is_over() {
    let redis = RedisServer::start();
    let mut stopped = Stream::connect(&redis.url(), "epoch-1", "stopped").await.unwrap();
    let mut next = Stream::connect(&redis.url(), "epoch-1", "next").await.unwrap();
    follow(&mut stopped, 10).await.unwrap();
    assert!(matches!(follow(&mut next, 20).await, Err(Error::Held)));
    redis.end_turn().await;
    follow(&mut next, 20).await.unwrap();
    assert!(matches!(stopped.append(20, &page(20, 30)).await, Err(Error::Held)));
    assert!(matches!(stopped.reset(30).await, Err(Error::Held)));
    assert!(matches!(stopped.trim(1).await, Err(Error::Held)));
    assert_holds(&redis, 20).await;
    next.leave().await.unwrap();
    assert_eq!(follow(&mut stopped, 30).await.unwrap(), 10, "a turn that was given up is free at once");
}

#[tokio::test]
async fn two_installations_never_write_one_stream() {
    let redis = RedisServer::start();
    let mut ours = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    let mut theirs = Stream::connect(&redis.url(), "epoch-2", "one").await.unwrap();
    follow(&mut ours, 30).await.unwrap();
    let refused = follow(&mut theirs, 90).await.unwrap_err();
    assert!(matches!(&refused, Error::Foreign { epoch } if epoch == "epoch-1"), "{refused:?}");
    assert!(refused.to_string().contains("redis://host:port/1"), "{refused}");
    assert_eq!(follow(&mut ours, 40).await.unwrap(), 10);
    assert_holds(&redis, 40).await;
}

#[tokio::test]
async fn an_outbox_with_a_hole_is_reported_and_not_copied() {
    let redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    let broken = stream.follow(3, |_| async { Ok(vec![entry(1), entry(3)]) }).await;
    assert!(matches!(broken, Err(Error::Gap { after: 1, next: 3 })), "{broken:?}");
    let mut connection = redis.connect().await;
    assert_eq!(connection.xlen::<_, i64>(STREAM).await.unwrap(), 0);
}

/// The ids that a consumer of the group is given now, at most `count`.
async fn read_as(connection: &mut MultiplexedConnection, group: &str, count: usize) -> Vec<String> {
    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg(group).arg("worker").arg("COUNT").arg(count).arg("STREAMS").arg(STREAM).arg(">");
    let reply: Option<redis::streams::StreamReadReply> = command.query_async(connection).await.expect("a group");
    reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).map(|entry| entry.id).collect()
}

#[tokio::test]
async fn a_trimmed_stream_is_filled_again_from_where_it_would_begin() {
    let redis = RedisServer::start();
    let mut consumer = redis.connect().await;
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap().keeping(Some(10));
    follow(&mut stream, 1_000).await.unwrap();
    consumer.xgroup_create::<_, _, _, ()>(STREAM, "slow", "0").await.unwrap();
    assert_eq!(read_as(&mut consumer, "slow", 900).await.len(), 900);
    let acknowledged: Vec<String> = (1..=850).map(|seq| format!("{seq}-0")).collect();
    consumer.xack::<_, _, _, ()>(STREAM, "slow", &acknowledged).await.unwrap();
    let outbox = |after: i64| async move {
        let mut page = page(after, 1_001);
        page.iter_mut().filter(|entry| entry.seq == 1_001).for_each(|entry| entry.kind = "signal.withdrawn".to_owned());
        Ok(page)
    };
    assert_eq!(stream.follow(1_001, outbox).await.unwrap(), 151, "what is to be trimmed at once is not written");
    let all: StreamRangeReply = consumer.xrange_all(STREAM).await.unwrap();
    assert_eq!((all.ids.len(), all.ids[0].id.as_str()), (151, "851-0"));
    assert_eq!(stream.follow(1_001, outbox).await.unwrap(), 0, "it stands where it should");
    let again = read_as(&mut consumer, "slow", 1_000).await;
    assert_eq!((again.len(), again[0].as_str()), (151, "851-0"), "what was not acknowledged comes again");

    // A group that has read everything leaves as many as are kept, also on the way.
    let rest: Vec<String> = (851..=1_001).map(|seq| format!("{seq}-0")).collect();
    consumer.xack::<_, _, _, ()>(STREAM, "slow", &rest).await.unwrap();
    assert_eq!(stream.reset(1_001).await.unwrap(), 991);
    let mut after_a_restart = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap().keeping(Some(10));
    assert_eq!(after_a_restart.follow(1_001, outbox).await.unwrap(), 10, "one that died before it wrote is replaced");
    assert_eq!(consumer.xlen::<_, i64>(STREAM).await.unwrap(), 10);
}

#[tokio::test]
async fn a_withdrawn_fact_is_swept_from_the_stream_once_and_consumers_miss_nothing() {
    let redis = RedisServer::start();
    let mut consumer = redis.connect().await;
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    follow(&mut stream, 30).await.unwrap();
    for group in ["prompt", "slow"] {
        consumer.xgroup_create::<_, _, _, ()>(STREAM, group, "0").await.unwrap();
        assert_eq!(read_as(&mut consumer, group, 30).await.len(), 30);
    }
    let acknowledged: Vec<String> = (1..=30).map(|seq| format!("{seq}-0")).collect();
    consumer.xack::<_, _, _, ()>(STREAM, "prompt", &acknowledged).await.unwrap();
    consumer.xack::<_, _, _, ()>(STREAM, "slow", &acknowledged[..10]).await.unwrap();

    // Event 31 announces that a fact of event 5 is gone; the outbox then tells event 5 without it.
    let outbox = |after: i64| async move {
        let mut page = page(after, 31);
        for entry in &mut page {
            match entry.seq {
                5 => entry.event = "withdrawn".to_owned(),
                31 => entry.kind = "signal.withdrawn".to_owned(),
                _ => {}
            }
        }
        Ok(page)
    };
    assert_eq!(stream.follow(31, outbox).await.unwrap(), 31);
    let fifth: StreamRangeReply = consumer.xrange(STREAM, "5-0", "5-0").await.unwrap();
    assert_eq!(fifth.ids[0].get::<String>("event").as_deref(), Some("withdrawn"));
    assert_eq!(consumer.xlen::<_, i64>(STREAM).await.unwrap(), 31);
    assert_eq!(stream.follow(31, outbox).await.unwrap(), 0, "swept once");
    let mut after_a_restart = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    assert_eq!(after_a_restart.follow(31, outbox).await.unwrap(), 0);

    assert_eq!(read_as(&mut consumer, "prompt", 50).await, ["31-0"]);
    let again = read_as(&mut consumer, "slow", 50).await;
    assert_eq!((again.len(), again[0].as_str()), (21, "11-0"), "what was not acknowledged comes again");
}
