//! A reference consumer of the stream: reads in a group, acknowledges, takes over from the dead, parks what cannot be read.

use std::time::Duration;

use redis::{
    AsyncCommands, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamAutoClaimReply, StreamId, StreamPendingCountReply, StreamPendingReply, StreamReadReply},
};

use super::{
    RedisUrl, STREAM,
    dead::{DEAD, put_dead},
    rebuild::number,
    stream::connect,
};

/// Entries taken at a time.
const BATCH: usize = 200;
/// What was given to a consumer so long ago and is not acknowledged is given to another: twice as long as the longest that
/// anybody should take over a batch, or it comes twice.
const LOST_AFTER: Duration = Duration::from_secs(60);
/// An entry that was given out more often than this is dead.
const MAX_TIMES: u64 = 5;

/// An entry as a consumer gets it. It may come twice, under the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The entry.
    pub id: String,
    /// The event's number.
    pub seq: i64,
    /// The CloudEvents JSON.
    pub event: String,
}

/// A member of a consumer group.
pub struct Consumer {
    connection: MultiplexedConnection,
    group: String,
    name: String,
    lost_after: Duration,
}

impl Consumer {
    /// Connects as a member of a group. `name`: one that no other member has.
    pub async fn connect(url: &RedisUrl, group: &str, name: &str) -> RedisResult<Self> {
        let (group, name) = (group.to_owned(), name.to_owned());
        Ok(Self { connection: connect(url).await?, group, name, lost_after: LOST_AFTER })
    }

    /// The same that takes an entry over after another time.
    #[must_use]
    pub fn patient(self, lost_after: Duration) -> Self {
        Self { lost_after, ..self }
    }

    /// The next entries, oldest first, of those that nobody had or whose consumer is lost. A group that is not there (new, or
    /// lost with its Redis) begins behind `after`.
    pub async fn take(&mut self, after: i64) -> RedisResult<Vec<Delivered>> {
        let lost = self.lost().await;
        let found = match lost {
            Err(error) if is_no_group(&error) => {
                self.make_group(after).await?;
                Vec::new()
            }
            found => found?,
        };
        if !found.is_empty() {
            return Ok(found);
        }
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(&self.group).arg(&self.name).arg("COUNT").arg(BATCH).arg("STREAMS").arg(STREAM).arg(">");
        let reply: Option<StreamReadReply> = read.query_async(&mut self.connection).await?;
        let new = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids);
        Ok(new.map(delivered).collect())
    }

    /// Says that these were dealt with.
    pub async fn acknowledge(&mut self, ids: &[String]) -> RedisResult<()> {
        self.connection.xack(STREAM, &self.group, ids).await
    }

    /// The last event up to which the group has acknowledged everything.
    pub async fn position(&mut self) -> RedisResult<i64> {
        let pending: StreamPendingReply =
            redis::cmd("XPENDING").arg(STREAM).arg(&self.group).query_async(&mut self.connection).await?;
        if let StreamPendingReply::Data(pending) = pending {
            return Ok(number(&pending.start_id) - 1);
        }
        let groups: redis::streams::StreamInfoGroupsReply =
            redis::cmd("XINFO").arg("GROUPS").arg(STREAM).query_async(&mut self.connection).await?;
        let own = groups.groups.into_iter().find(|group| group.name == self.group);
        Ok(own.map_or(0, |group| number(&group.last_delivered_id)))
    }

    /// Leaves the group, unless something is not acknowledged yet: that stays under this name for others to take over.
    pub async fn leave(&mut self) -> RedisResult<()> {
        let leave = "if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
             redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end";
        let mut command = redis::cmd("EVAL");
        command.arg(leave).arg(1).arg(STREAM).arg(&self.group).arg(&self.name);
        command.exec_async(&mut self.connection).await
    }

    /// Entries whose consumer is lost; those that were given out too often are dead.
    async fn lost(&mut self) -> RedisResult<Vec<Delivered>> {
        let idle = u64::try_from(self.lost_after.as_millis()).unwrap_or(u64::MAX);
        let mut claim = redis::cmd("XAUTOCLAIM");
        claim.arg(STREAM).arg(&self.group).arg(&self.name).arg(idle).arg("0-0").arg("COUNT").arg(BATCH);
        let reply: StreamAutoClaimReply = claim.query_async(&mut self.connection).await?;
        let mut alive = Vec::new();
        for entry in reply.claimed {
            if deliveries(&mut self.connection, STREAM, &self.group, &entry.id).await? <= MAX_TIMES {
                alive.push(delivered(entry));
                continue;
            }
            let field = |name: &str| entry.get::<String>(name).unwrap_or_default();
            let (kind, subject, event) = (field("type"), field("subject"), field("event"));
            let what = (entry.id.as_str(), kind.as_str(), subject.as_str(), event.as_str());
            put_dead(&mut self.connection, STREAM, &self.group, what).await?;
            self.acknowledge(std::slice::from_ref(&entry.id)).await?;
            tracing::warn!(
                entry.id,
                group = self.group,
                "given out {MAX_TIMES} times without an answer; it is on {DEAD}"
            );
        }
        Ok(alive)
    }

    async fn make_group(&mut self, after: i64) -> RedisResult<()> {
        let made: RedisResult<()> =
            self.connection.xgroup_create_mkstream(STREAM, &self.group, format!("{after}-0")).await;
        match made {
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
            made => made,
        }
    }
}

fn is_no_group(error: &redis::RedisError) -> bool {
    error.code() == Some("NOGROUP")
}

fn delivered(entry: StreamId) -> Delivered {
    let event = entry.get("event").unwrap_or_default();
    Delivered { seq: number(&entry.id), id: entry.id, event }
}

/// How often an entry of a group was given out.
pub(super) async fn deliveries(
    connection: &mut MultiplexedConnection,
    stream: &str,
    group: &str,
    id: &str,
) -> RedisResult<u64> {
    let pending: StreamPendingCountReply = connection.xpending_count(stream, group, id, id, 1).await?;
    Ok(pending.ids.first().map_or(0, |entry| entry.times_delivered as u64))
}
