//! The pages of a night on their way to the workers of a fleet: a Redis stream, read by one consumer group.
//!
//! # Why
//!
//! *Why may this stream be lost?* Which pages are done stands in the store, written by the transaction of each page. The stream
//! only says who might do which next. Whoever hands pages out looks at the store, and when nothing is left in the stream while
//! pages are missing (a Redis that was restarted empty, flushed, or given another database) it hands those out again.
//!
//! *Why does a worker say again and again that it still has a page?* A page takes a second on a good day and a minute on a bad
//! one. A worker that dies says nothing any more, and its pages go to another within seconds, however long a page may take.
//!
//! *Why does a page that was lost by a slow worker do no harm?* The store counts each page once. What the stream decides is
//! only how much is done for nothing.

use std::time::Duration;

use redis::{
    AsyncCommands, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamAutoClaimReply, StreamId, StreamReadReply},
};

use super::{RedisUrl, consumer::deliveries, dead::put_dead, stream::connect};

/// The one group of readers.
const GROUP: &str = "workers";
/// What is not heard of for so long has lost its worker: several times [`Work::BEAT`], so that a busy one keeps its pages.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// A page that was given out more often than this takes down whoever does it, and is given out no more.
const MAX_TIMES: u64 = 5;

/// Resets the idle time of what is still ours, and of nothing that another worker has by now.
const KEEP: &str = r"
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) > 0 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  end
end
return 'ok'
";

/// A page of a night to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its entry in the stream.
    pub id: String,
    /// The run.
    pub run: i64,
    /// The page.
    pub page: i64,
    /// When the night was begun or gone on with, in milliseconds since 1970.
    pub now: i64,
    /// It was given out too often: it is dead, and on the list of the dead.
    pub is_dead: bool,
}

/// A connection to the work of one installation.
pub struct Work {
    connection: MultiplexedConnection,
    key: String,
    worker: String,
}

impl Work {
    /// How often a worker says that it still has what it has.
    pub const BEAT: Duration = Duration::from_secs(1);

    /// Connects. The stream is the installation's own, told by its epoch; `worker` is a name that no other worker has.
    pub async fn connect(url: &RedisUrl, epoch: &str, worker: &str) -> RedisResult<Self> {
        Self::on("work", url, epoch, worker).await
    }

    /// The same for a stream of another kind of work.
    pub(super) async fn on(kind: &str, url: &RedisUrl, epoch: &str, worker: &str) -> RedisResult<Self> {
        let epoch: String = epoch.chars().take(8).collect();
        let (key, worker) = (format!("vedetta:{kind}:{epoch}"), worker.to_owned());
        Ok(Self { connection: connect(url).await?, key, worker })
    }

    /// Hands out pages, in one step.
    pub async fn offer(&mut self, run: i64, now: i64, pages: &[i64]) -> RedisResult<()> {
        self.make_group().await?;
        let mut steps = redis::pipe();
        steps.atomic();
        for page in pages {
            steps.xadd(&self.key, "*", &[("run", run), ("page", *page), ("now", now)]).ignore();
        }
        steps.exec_async(&mut self.connection).await
    }

    /// How much is waiting or being done.
    pub async fn n_left(&mut self) -> RedisResult<u64> {
        self.connection.xlen(&self.key).await
    }

    /// The next page to be done by this worker: one that nobody had, or one whose worker is lost. None when there is none now.
    pub async fn take(&mut self) -> RedisResult<Option<Piece>> {
        match self.next().await? {
            Some((entry, is_dead)) => self.piece(entry, is_dead).await,
            None => Ok(None),
        }
    }

    /// The next entry for this worker, and whether it was given out too often.
    pub(super) async fn next(&mut self) -> RedisResult<Option<(StreamId, bool)>> {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(&self.worker).arg("COUNT").arg(1).arg("STREAMS").arg(&self.key).arg(">");
        let new: RedisResult<Option<StreamReadReply>> = read.query_async(&mut self.connection).await;
        let new = match new {
            // Nothing was ever handed out, or it was lost with the group.
            Err(error) if error.code() == Some("NOGROUP") => return Ok(None),
            found => found?,
        };
        let new = new.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).next();
        if let Some(entry) = new {
            return Ok(Some((entry, false)));
        }
        let mut claim = redis::cmd("XAUTOCLAIM");
        claim.arg(&self.key).arg(GROUP).arg(&self.worker).arg(millis(LOST_AFTER)).arg("0-0").arg("COUNT").arg(1);
        let lost: StreamAutoClaimReply = claim.query_async(&mut self.connection).await?;
        let Some(entry) = lost.claimed.into_iter().next() else { return Ok(None) };
        let is_dead = deliveries(&mut self.connection, &self.key, GROUP, &entry.id).await? > MAX_TIMES;
        Ok(Some((entry, is_dead)))
    }

    /// Says that these are still being done.
    pub async fn keep(&mut self, ids: &[String]) -> RedisResult<()> {
        let mut command = redis::cmd("EVAL");
        command.arg(KEEP).arg(1).arg(&self.key).arg(GROUP).arg(&self.worker).arg(ids);
        command.exec_async(&mut self.connection).await
    }

    /// Says that one is done: it leaves the stream.
    pub async fn done(&mut self, id: &str) -> RedisResult<()> {
        let mut steps = redis::pipe();
        steps.atomic().xack(&self.key, GROUP, &[id]).ignore().xdel(&self.key, &[id]).ignore();
        steps.exec_async(&mut self.connection).await
    }

    /// Gives these back at once: whoever asks next has them.
    pub async fn give_back(&mut self, ids: &[String]) -> RedisResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut command = redis::cmd("XCLAIM");
        command.arg(&self.key).arg(GROUP).arg(&self.worker).arg(0).arg(ids).arg("IDLE").arg(millis(LOST_AFTER));
        command.arg("JUSTID").exec_async(&mut self.connection).await
    }

    /// Takes the stream away if nothing is left in it, and with it the names of workers that are long gone.
    pub async fn clear(&mut self) -> RedisResult<()> {
        let clear = "if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end";
        redis::cmd("EVAL").arg(clear).arg(1).arg(&self.key).exec_async(&mut self.connection).await
    }

    /// What an entry asks for; one that is not ours is taken out of the stream.
    async fn piece(&mut self, entry: StreamId, is_dead: bool) -> RedisResult<Option<Piece>> {
        let (run, page, now) = (entry.get("run"), entry.get("page"), entry.get("now"));
        let (Some(run), Some(page), Some(now)) = (run, page, now) else {
            tracing::warn!(entry.id, "an entry in the stream of work asks for nothing that we know");
            self.done(&entry.id).await?;
            return Ok(None);
        };
        if is_dead {
            self.park(&entry.id, "night.page", &format!("page {page} of run {run}")).await?;
        }
        Ok(Some(Piece { id: entry.id, run, page, now, is_dead }))
    }

    /// Puts an entry on the list of the dead.
    pub(super) async fn park(&mut self, id: &str, kind: &str, subject: &str) -> RedisResult<()> {
        put_dead(&mut self.connection, &self.key, GROUP, (id, kind, subject, "{}")).await
    }

    /// Runs a script on the stream alone.
    pub(super) async fn run(&mut self, script: &str, arguments: &[&str]) -> RedisResult<u64> {
        redis::cmd("EVAL").arg(script).arg(1).arg(&self.key).arg(arguments).query_async(&mut self.connection).await
    }

    pub(super) async fn make_group(&mut self) -> RedisResult<()> {
        let made: RedisResult<()> = self.connection.xgroup_create_mkstream(&self.key, GROUP, "0").await;
        match made {
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
            made => made,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
