use std::time::Duration;

use redis::{InfoDict, RedisResult};

use super::RedisUrl;

/// How long a Redis may take to say how it is.
const DEADLINE: Duration = Duration::from_secs(2);

/// How a Redis is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisHealth {
    /// `7.0.15`.
    pub version: String,
    /// Whether it writes an append-only file, or snapshots.
    pub is_kept: bool,
    /// What it does when its memory is full: `noeviction` keeps the stream.
    pub eviction: String,
}

impl RedisHealth {
    /// Whether the version knows every command that we use.
    pub fn is_new_enough(&self) -> bool {
        let major = self.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        major.is_some_and(|major| major >= 7)
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
        })
    }
}
