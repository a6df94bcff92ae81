//! Where an entry goes that nobody could deal with, and how it comes back.
//!
//! # Why
//!
//! *Why is an entry that comes back not written again?* The numbers of the stream have neither doubles nor gaps. The entry is
//! still there: its group is told that it was given out to somebody who is lost, and the next member takes it over.

use redis::{
    AsyncCommands, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamRangeReply},
};

use super::{RedisUrl, STREAM, stream::connect};

/// Where an entry goes that nobody could deal with: fields `stream`, `group`, `id`, `type`, `subject`, `event`.
pub const DEAD: &str = "vedetta:dead";

/// Who is said to have lost what comes back.
const LOST: &str = "replay";
/// How long ago it is said to have been lost, milliseconds: longer than any consumer waits before it takes over.
const LOST_SINCE: u64 = 24 * 3600 * 1000;

/// Gives an entry to its group again, as one that was lost, and takes the letter away.
const REPLAY: &str = r"
if #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) == 0 then return 'gone' end
redis.call('XCLAIM', KEYS[2], ARGV[1], ARGV[3], 0, ARGV[2], 'IDLE', ARGV[4], 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
redis.call('XDEL', KEYS[1], ARGV[5])
return 'ok'
";

/// An entry that was parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Of the letter itself.
    pub id: String,
    /// The stream that the entry is of: that of changes, or one of work.
    pub stream: String,
    /// The group whose members could not deal with it.
    pub group: String,
    /// The entry.
    pub entry: String,
    /// Its type: an event's, or what was to be done.
    pub kind: String,
    /// Whom it is about.
    pub subject: String,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// Its group gets the entry again.
    GivenOut,
    /// It asked for work that is given out anew by itself, and was taken away.
    Settled,
    /// The entry is no longer on the stream; the letter stays.
    Gone,
    /// Its group is not there any more; the letter stays.
    NoGroup,
}

/// A connection to the letters.
pub struct DeadLetters(MultiplexedConnection);

impl DeadLetters {
    /// Connects.
    pub async fn connect(url: &RedisUrl) -> RedisResult<Self> {
        connect(url).await.map(Self)
    }

    /// Letters behind this one (from the first, when none is named), oldest first, at most `limit`.
    pub async fn after(&mut self, id: Option<&str>, limit: usize) -> RedisResult<Vec<DeadLetter>> {
        let start = id.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
        let found: StreamRangeReply = self.0.xrange_count(DEAD, start, "+", limit).await?;
        Ok(found.ids.into_iter().map(letter).collect())
    }

    /// The letter of that id, if there is one.
    pub async fn letter(&mut self, id: &str) -> RedisResult<Option<DeadLetter>> {
        let found: StreamRangeReply = self.0.xrange_count(DEAD, id, id, 1).await?;
        Ok(found.ids.into_iter().next().map(letter))
    }

    /// Gives what was parked out again.
    pub async fn replay(&mut self, letter: &DeadLetter) -> RedisResult<Replayed> {
        if letter.stream != STREAM {
            // Pages come with the next night, and sources when they are due.
            self.0.xdel::<_, _, ()>(DEAD, &[&letter.id]).await?;
            return Ok(Replayed::Settled);
        }
        let mut replay = redis::cmd("EVAL");
        replay.arg(REPLAY).arg(2).arg(DEAD).arg(STREAM);
        replay.arg(&letter.group).arg(&letter.entry).arg(LOST).arg(LOST_SINCE).arg(&letter.id);
        match replay.query_async::<String>(&mut self.0).await {
            Ok(answer) if answer == "ok" => Ok(Replayed::GivenOut),
            Ok(_) => Ok(Replayed::Gone),
            Err(error) if error.to_string().contains("NOGROUP") => Ok(Replayed::NoGroup),
            Err(error) => Err(error),
        }
    }
}

fn letter(entry: StreamId) -> DeadLetter {
    let field = |name: &str| entry.get::<String>(name).unwrap_or_default();
    let (stream, group, of, kind, subject) =
        (field("stream"), field("group"), field("id"), field("type"), field("subject"));
    DeadLetter { id: entry.id, stream, group, entry: of, kind, subject }
}

/// Parks an entry: its id, type, subject and event.
pub(super) async fn put_dead(
    connection: &mut MultiplexedConnection,
    stream: &str,
    group: &str,
    (id, kind, subject, event): (&str, &str, &str, &str),
) -> RedisResult<()> {
    let fields =
        [("stream", stream), ("group", group), ("id", id), ("type", kind), ("subject", subject), ("event", event)];
    connection.xadd(DEAD, "*", &fields).await
}
