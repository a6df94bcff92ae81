use std::{fmt, str::FromStr};

use crate::domain::WordError;

/// Where outside consumers read: nowhere but the API (`local:`), or a Redis stream (`redis://…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueUrl {
    /// The outbox itself is the queue; it is read through the API.
    Local,
    /// A Redis, 7.0 or later.
    Redis(RedisUrl),
}

impl FromStr for QueueUrl {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text.trim() {
            "local:" | "local" => Ok(Self::Local),
            url => url.parse().map(Self::Redis),
        }
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local:"),
            Self::Redis(url) => url.fmt(f),
        }
    }
}

/// The address of a Redis, `redis://[user:password@]host[:port][/database]`. Its password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(url::Url);

impl RedisUrl {
    /// A client for that address; connects to nothing yet.
    pub(super) fn client(&self) -> redis::RedisResult<redis::Client> {
        redis::Client::open(self.0.as_str())
    }
}

impl FromStr for RedisUrl {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let shown = masked(text);
        let bad = |why| WordError::new("queue address", &shown, why);
        let url = url::Url::parse(text.trim()).map_err(|_| bad("must be local: or redis://host:port/database"))?;
        match url.scheme() {
            "redis" => {}
            "rediss" => {
                return Err(bad("redis over TLS is not compiled in; use redis:// through a tunnel or a private net"));
            }
            _ => return Err(bad("must be local: or redis://host:port/database")),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("names no host; write redis://127.0.0.1:6379/0"));
        }
        redis::Client::open(url.as_str())
            .map_err(|_| bad("must be redis://host:port/database, the database a number"))?;
        Ok(Self(url))
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(self.0.as_str()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The address without what stands between `//` and `@`: it goes into logs and error messages.
fn masked(text: &str) -> String {
    match (text.split_once("//"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}//***@{host}"),
        _ => text.to_owned(),
    }
}
