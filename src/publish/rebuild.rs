use redis::{
    RedisResult,
    streams::{StreamInfoGroupsReply, StreamPendingReply},
};

use super::{EPOCH_KEY, Error, STREAM, Stream, turn::RESET};

/// The key that holds the newest event at the time the stream was last filled from its beginning.
pub(super) const SWEPT_KEY: &str = "vedetta:swept";

impl Stream {
    /// Empties the stream and makes it ours, to be filled again up to `last_seq` at least; answers behind which event that begins.
    /// It is the first one, unless the stream is trimmed: then what every group has acknowledged does not come back.
    ///
    /// Consumer groups stay, where the stream was ours before: each goes on at the oldest entry that it has not
    /// acknowledged, so that it may see an entry twice and misses none. Groups of a stream that was lost, or of another
    /// installation, are gone: their positions mean nothing here.
    pub async fn reset(&mut self, last_seq: i64) -> Result<i64, Error> {
        let groups = self.groups().await?;
        let begin = self.keep.map_or(0, |keep| begin(&groups, last_seq, keep));
        let mut arguments = vec![self.epoch.clone(), last_seq.to_string(), format!("{begin}-0")];
        for (name, acknowledged) in groups {
            arguments.extend([name, format!("{}-0", acknowledged.min(last_seq))]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run(&RESET, &arguments).await?;
        self.swept = last_seq;
        Ok(begin)
    }

    /// The consumer groups, each with the last event up to which it has acknowledged everything.
    async fn groups(&mut self) -> RedisResult<Vec<(String, i64)>> {
        let (epoch, is_there): (Option<String>, bool) =
            redis::pipe().get(EPOCH_KEY).exists(STREAM).query_async(&mut self.connection).await?;
        if !is_there || epoch.as_ref() != Some(&self.epoch) {
            return Ok(Vec::new());
        }
        let mut groups = Vec::new();
        let found: StreamInfoGroupsReply =
            redis::cmd("XINFO").arg("GROUPS").arg(STREAM).query_async(&mut self.connection).await?;
        for group in found.groups {
            let pending: StreamPendingReply =
                redis::cmd("XPENDING").arg(STREAM).arg(&group.name).query_async(&mut self.connection).await?;
            let acknowledged = match pending {
                StreamPendingReply::Data(pending) => number(&pending.start_id) - 1,
                _ => number(&group.last_delivered_id),
            };
            groups.push((group.name, acknowledged.max(0)));
        }
        Ok(groups)
    }
}

/// The event behind which a stream of these groups, each with what it has acknowledged, begins when it is trimmed and at least
/// `keep` entries stay. Without a group nobody has read anything, and all of it stays.
fn begin(groups: &[(String, i64)], last_seq: i64, keep: u64) -> i64 {
    let slowest = groups.iter().map(|(_, acknowledged)| *acknowledged).min().unwrap_or(0);
    let kept = last_seq.saturating_sub(i64::try_from(keep.max(1)).unwrap_or(i64::MAX));
    slowest.min(kept).max(0)
}

/// The event of an entry id; 0 for an id that is not ours, which starts the group from the beginning.
pub(super) fn number(id: &str) -> i64 {
    id.strip_suffix("-0").and_then(|seq| seq.parse().ok()).unwrap_or(0)
}
