use std::time::Duration;

use redis::{InfoDict, RedisResult};

use super::RedisUrl;

/// How long a Redis may take to say how it is.
const DEADLINE: Duration = Duration::from_secs(2);
/// Of its memory a Redis that holds a stream should have this share in use at most: above it, there is still time to give it more
/// or to have the stream trimmed before a full one refuses every entry.
const ALARM_ABOVE: f64 = 0.8;

/// How a Redis is set.
#[derive(Debug, Clone, PartialEq)]
pub struct RedisHealth {
    /// `7.0.15`.
    pub version: String,
    /// Whether it writes an append-only file, or snapshots.
    pub is_kept: bool,
    /// What it does when its memory is full: `noeviction` keeps the stream.
    pub eviction: String,
    /// The share of its memory that is in use, from 0 to 1 and a little beyond; none when it has no limit.
    pub fullness: Option<f64>,
}

impl RedisHealth {
    /// Whether the version knows every command that we use.
    pub fn is_new_enough(&self) -> bool {
        let major = self.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        major.is_some_and(|major| major >= 7)
    }

    /// Whether its memory will soon hold no more entries.
    pub fn is_nearly_full(&self) -> bool {
        self.fullness.is_some_and(|share| share > ALARM_ABOVE)
    }

    /// How much of its memory is in use, in words.
    pub fn room(&self) -> String {
        self.fullness.map_or_else(|| "no limit".to_owned(), |share| format!("{:.0} % in use", share * 100.0))
    }
}

impl RedisUrl {
    /// Asks the Redis how it is set; an error when it does not answer within two seconds.
    pub async fn health(&self) -> RedisResult<RedisHealth> {
        let late = |_| redis::RedisError::from((redis::ErrorKind::Io, "no answer within two seconds"));
        tokio::time::timeout(DEADLINE, self.ask()).await.map_err(late)?
    }

    async fn ask(&self) -> RedisResult<RedisHealth> {
        let mut connection = self.client()?.get_multiplexed_async_connection().await?;
        let info: InfoDict = redis::cmd("INFO").query_async(&mut connection).await?;
        let text = |name| info.get::<String>(name).unwrap_or_default();
        let saves: Vec<String> =
            redis::cmd("CONFIG").arg("GET").arg("save").query_async(&mut connection).await.unwrap_or_default();
        let has_snapshots = saves.get(1).is_some_and(|save| !save.is_empty());
        Ok(RedisHealth {
            version: text("redis_version"),
            is_kept: text("aof_enabled") == "1" || has_snapshots,
            eviction: text("maxmemory_policy"),
            fullness: fullness(info.get("used_memory"), info.get("maxmemory")),
        })
    }
}

/// The share in use of a memory that has a limit; Redis says 0 for none. Both in bytes.
#[expect(clippy::cast_precision_loss, reason = "no memory has 2^53 bytes")]
fn fullness(used: Option<u64>, limit: Option<u64>) -> Option<f64> {
    let limit = limit.filter(|limit| *limit > 0)?;
    Some(used? as f64 / limit as f64)
}
