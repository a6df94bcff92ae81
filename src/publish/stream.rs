use std::time::Duration;

use redis::{AsyncConnectionConfig, RedisResult, aio::MultiplexedConnection};

use super::{Error, RedisUrl, rebuild::SWEPT_KEY, turn::APPEND};

/// The stream's key.
pub const STREAM: &str = "vedetta:changes";
/// The key that holds the epoch of the installation whose events the stream holds.
pub const EPOCH_KEY: &str = "vedetta:epoch";

/// The type of event after which past events read differently.
const WITHDRAWN: &str = "signal.withdrawn";

/// A Redis that has not accepted a connection by then is down, not slow.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A batch of entries takes milliseconds; a Redis that is saving to a slow disk may take seconds.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often one call starts over because the stream changed meanwhile. Another relay of ours gets in between once or
/// twice; more than that is another installation.
const MAX_RESTARTS: usize = 8;

/// One event, rendered for the stream; its entry id is `<seq>-0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event's number.
    pub seq: i64,
    /// Its CloudEvents type.
    pub kind: String,
    /// The client's code; empty for an event of the whole installation.
    pub subject: String,
    /// The CloudEvents JSON.
    pub event: String,
}

/// Where the stream stands against the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It holds our events up to this one.
    At(i64),
    /// It must be emptied and filled again, and why.
    Rebuild(String),
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// All of it is in the stream.
    All,
    /// Nothing was written: the stream is not where the caller believed it.
    Moved(String),
}

/// A connection to the stream of one installation.
pub struct Stream {
    pub(super) connection: MultiplexedConnection,
    pub(super) epoch: String,
    /// Which relay of the installation this is.
    pub(super) relay: String,
    /// How many entries stay at least when the stream is trimmed behind its groups, and may begin late; with none, an entry that
    /// is missing at the front is one that was lost.
    pub(super) keep: Option<u64>,
    /// The newest event when the stream was last filled from its beginning: what was withdrawn up to there is gone.
    pub(super) swept: i64,
}

impl Stream {
    /// Connects. `epoch`: the installation's, by which a foreign stream is told; `relay`: a name that no other relay has.
    pub async fn connect(url: &RedisUrl, epoch: &str, relay: &str) -> RedisResult<Self> {
        let connection = connect(url).await?;
        Ok(Self { connection, epoch: epoch.to_owned(), relay: relay.to_owned(), keep: None, swept: 0 })
    }

    /// The same for a stream that is trimmed at its front, behind its slowest group, and keeps at least so many entries.
    #[must_use]
    pub fn keeping(self, n_entries: Option<u64>) -> Self {
        Self { keep: n_entries, ..self }
    }

    /// Looks where the stream stands; `last_seq` is the newest event of the outbox. Writes nothing.
    pub async fn standing(&mut self, last_seq: i64) -> RedisResult<Standing> {
        let (epoch, is_there): (Option<String>, bool) =
            redis::pipe().get(EPOCH_KEY).exists(STREAM).query_async(&mut self.connection).await?;
        let Some(epoch) = epoch else {
            return Ok(Standing::Rebuild(format!("{EPOCH_KEY} is missing: the stream is new or was lost")));
        };
        if epoch != self.epoch {
            return Ok(Standing::Rebuild(format!("the stream is of another installation, epoch {epoch}")));
        }
        if !is_there {
            return Ok(Standing::At(0));
        }
        let info: redis::streams::StreamInfoStreamReply =
            redis::cmd("XINFO").arg("STREAM").arg(STREAM).query_async(&mut self.connection).await?;
        let standing = standing_of(&info.last_generated_id, &info.first_entry.id, info.length, last_seq);
        let begins_late = info.length > 0 && info.first_entry.id != "1-0" && self.keep.is_none();
        Ok(match standing {
            Standing::At(_) if begins_late => {
                Standing::Rebuild(format!("the stream begins at {}, and nobody is to trim it", info.first_entry.id))
            }
            standing => standing,
        })
    }

    /// Appends a batch after entry `after`, if it is our turn and the stream is ours and stands exactly there; else nothing.
    pub async fn append(&mut self, after: i64, entries: &[Entry]) -> Result<Appended, Error> {
        let after = format!("{after}-0");
        let ids: Vec<String> = entries.iter().map(|entry| format!("{}-0", entry.seq)).collect();
        let epoch = self.epoch.clone();
        let mut arguments: Vec<&str> = Vec::with_capacity(2 + 4 * entries.len());
        arguments.extend([epoch.as_str(), after.as_str()]);
        for (entry, id) in entries.iter().zip(&ids) {
            arguments.extend([id, entry.kind.as_str(), &entry.subject, &entry.event]);
        }
        let answer = self.run(&APPEND, &arguments).await?;
        Ok(if answer == "ok" { Appended::All } else { Appended::Moved(answer) })
    }

    /// Brings the stream up to `last_seq`, whatever state it is in, and answers how many entries were written. `read`
    /// gives the events that follow a number, some at a time.
    ///
    /// A withdrawn fact vanishes from past events in the outbox; entries of a stream cannot be changed, so its
    /// announcement has the stream filled again from the outbox as it now is.
    ///
    /// A stream that is trimmed is never longer than it must be, on the way either: one that is filled again begins where it would
    /// begin after trimming, and is trimmed behind each batch. The Redis of such a stream may have no room for all of it.
    pub async fn follow<R, F>(&mut self, last_seq: i64, read: R) -> Result<u64, Error>
    where
        R: Fn(i64) -> F,
        F: Future<Output = Result<Vec<Entry>, Error>>,
    {
        let mut n_written = 0;
        let mut n_restarts = 0;
        let mut at = self.begin(last_seq).await?;
        while at < last_seq {
            let batch = read(at).await?;
            let Some(last) = batch.last().map(|entry| entry.seq) else { break };
            check_sequence(at, &batch)?;
            if let Some(news) = batch.iter().find(|entry| entry.kind == WITHDRAWN && entry.seq > self.swept) {
                tracing::info!(seq = news.seq, "a fact was withdrawn: the stream is filled again without it");
                at = self.reset(last_seq).await?;
                continue;
            }
            match self.append(at, &batch).await? {
                Appended::All => {
                    n_written += batch.len() as u64;
                    at = last;
                    if let Some(keep) = self.keep {
                        self.trim(keep).await?;
                    }
                }
                Appended::Moved(why) if n_restarts == MAX_RESTARTS => return Err(Error::Contended(why)),
                Appended::Moved(_) => {
                    n_restarts += 1;
                    at = self.begin(last_seq).await?;
                }
            }
        }
        Ok(n_written)
    }

    /// Where to go on from, after emptying a stream that cannot be gone on with.
    async fn begin(&mut self, last_seq: i64) -> Result<i64, Error> {
        self.take_turn().await?;
        match self.standing(last_seq).await? {
            Standing::At(seq) => {
                let swept: Option<i64> = redis::cmd("GET").arg(SWEPT_KEY).query_async(&mut self.connection).await?;
                self.swept = swept.unwrap_or(0);
                Ok(seq)
            }
            Standing::Rebuild(reason) => {
                tracing::warn!(reason, last_seq, "the stream is rebuilt from the outbox");
                self.reset(last_seq).await
            }
        }
    }
}

/// A connection that gives up on a Redis that is down, and is no use after an error.
pub(super) async fn connect(url: &RedisUrl) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT));
    url.client()?.get_multiplexed_async_connection_with_config(&config).await
}

/// The ids must be ours (`n-0`), no later than the outbox, and without holes behind the first of them.
fn standing_of(last: &str, first: &str, length: usize, last_seq: i64) -> Standing {
    let number = |id: &str| id.strip_suffix("-0").and_then(|seq| seq.parse::<i64>().ok());
    let Some(last) = number(last) else {
        return Standing::Rebuild(format!("entry {last} is not ours"));
    };
    if last > last_seq {
        return Standing::Rebuild(format!("the stream ends at {last}, the outbox at {last_seq}"));
    }
    let n_expected = match number(first) {
        Some(first) if length > 0 => last - first + 1,
        None if length > 0 => return Standing::Rebuild(format!("entry {first} is not ours")),
        _ => 0,
    };
    if i64::try_from(length) != Ok(n_expected) || (length == 0 && last > 0) {
        return Standing::Rebuild(format!("the stream has {length} entries up to {last}: some were deleted"));
    }
    Standing::At(last)
}

/// The numbers of a batch must follow `after` one by one: a hole written to the stream would stay for ever.
fn check_sequence(after: i64, batch: &[Entry]) -> Result<(), Error> {
    let mut previous = after;
    for entry in batch {
        if entry.seq != previous + 1 {
            return Err(Error::Gap { after: previous, next: entry.seq });
        }
        previous = entry.seq;
    }
    Ok(())
}
