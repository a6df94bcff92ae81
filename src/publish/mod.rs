//! Outbox in, stream out: one event, one envelope, for queue, stream and webhook alike.
//!
//! [`cloud_event`] renders an [`crate::domain::Event`] as every outsider sees it; [`Relay`] keeps the Redis stream
//! `vedetta:changes` equal to the outbox, in its turn (`turn`); [`Consumer`] reads it in a group, as an outsider would, and
//! [`DeadLetters`] are what no member could deal with; [`Work`] is the stream of the pages that the workers of a fleet are to do,
//! [`Errands`] that of the sources they are to ask; [`QueueUrl`] says whether there is a Redis at all.
//!
//! # Why
//!
//! *Why is the stream only a projection?* A Redis without an append-only file loses every acknowledged entry when it is
//! killed, and one with it loses the last second. The outbox in the database was written in the transaction that wrote
//! the rating; the stream can be thrown away and filled again from it, so nothing that matters depends on Redis.
//!
//! *Why does the relay ask the stream where it stands, instead of remembering it?* A remembered position is right only
//! until somebody restarts Redis empty, restores yesterday's file, or flushes it. The last id in the stream is the
//! position; the checkpoint in the store is written for those who watch the lag.
//!
//! *Why a script and not plain `XADD`s in a pipeline?* A pipeline appends to whatever is there: after a flush in the
//! middle of the night it would start a stream at entry 40 000 and leave a hole for ever. The script compares epoch and
//! last id and appends in one step, so that two relays, a flush or a stranger are noticed before anything is written. It
//! is one round trip for hundreds of entries, like the pipeline, and runs on Redis 7.0.

mod consumer;
mod dead;
mod errands;
mod health;
mod queue;
mod rebuild;
mod relay;
mod stream;
mod turn;
mod wire;
mod work;

pub use consumer::{Consumer, Delivered};
pub use dead::{DEAD, DeadLetter, DeadLetters, Replayed};
pub use errands::{Errand, Errands};
pub use health::RedisHealth;
pub use queue::{QueueUrl, RedisUrl};
pub use relay::Relay;
pub use stream::{Appended, EPOCH_KEY, Entry, STREAM, Standing, Stream};
pub use turn::{RELAY_KEY, TURN};
pub use wire::{EventSource, TYPES, cloud_event, cloud_event_from};
pub use work::{Piece, Work};

/// Why the stream could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis is not there, or refuses; trying again later may help.
    #[error("redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// The outbox could not be read.
    #[error("outbox: {0}")]
    Store(#[from] crate::store::Error),
    /// The outbox skipped a number, which it promises never to do.
    #[error("the outbox goes from {after} to {next}: an event is missing, nothing was sent")]
    Gap {
        /// The last number that was right.
        after: i64,
        /// The number that came.
        next: i64,
    },
    /// Another relay of this installation has the turn to write; it ends within seconds when that relay dies.
    #[error("another relay of this installation writes the stream")]
    Held,
    /// Another installation writes the stream, now.
    #[error(
        "another installation (epoch {epoch}) writes {STREAM} on this Redis now, and nothing of it is touched: give each installation a \
         database of its own, as redis://host:port/1"
    )]
    Foreign {
        /// Its epoch.
        epoch: String,
    },
    /// Somebody else keeps changing the stream.
    #[error("the stream changes under our hands ({0}): does another installation write to it?")]
    Contended(String),
}
