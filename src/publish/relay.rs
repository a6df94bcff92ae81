use std::{convert::Infallible, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Entry, Error, EventSource, RedisUrl, Stream, TURN, cloud_event_from};
use crate::{
    domain::{Event, Glossary},
    store::Store,
};

/// Events read and appended in one step: half a megabyte or so, a few milliseconds of Redis' single thread.
const BATCH: usize = 400;
/// How often the stream is looked at when nothing happens: a flushed or restarted Redis is found within this time.
const POLL: Duration = Duration::from_secs(2);
/// The first wait after Redis was lost; it doubles up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Never longer, so that a Redis that comes back is filled within ten seconds.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How long a closing relay tries to give its turn up.
const FAREWELL: Duration = Duration::from_millis(500);
/// The name of the checkpoint in the store.
const CHECKPOINT: &str = "redis";

/// Keeps the Redis stream equal to the outbox: every event once, in order of `seq`, whatever dies in between.
#[derive(Debug, Clone)]
pub struct Relay {
    store: Store,
    glossary: Glossary,
    url: RedisUrl,
    source: EventSource,
    /// Its name among the relays of the installation; its clones are the same relay.
    name: String,
    keep: Option<u64>,
}

impl Relay {
    /// A relay from this store to that Redis; nothing is connected yet.
    pub fn new(store: Store, glossary: Glossary, url: RedisUrl) -> Self {
        let name = format!("{:016x}", rand::random::<u64>());
        Self { store, glossary, url, source: EventSource::default(), name, keep: None }
    }

    /// The same, with another CloudEvents `source`.
    #[must_use]
    pub fn with_source(self, source: EventSource) -> Self {
        Self { source, ..self }
    }

    /// The same, that trims the stream behind its slowest consumer group and leaves at least so many entries; with none, and
    /// until there is a group, the stream holds every event.
    #[must_use]
    pub fn keeping(self, n_entries: Option<u64>) -> Self {
        Self { keep: n_entries, ..self }
    }

    /// Relays until told to stop. Redis may be absent, die and come back as often as it likes: the relay waits and
    /// goes on from where the stream then stands.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut n_failures = 0;
        loop {
            let failed = tokio::select! {
                () = shutdown.cancelled() => return self.leave().await,
                failed = self.session(&mut n_failures) => failed,
            };
            let Err(error) = failed;
            if n_failures == 0 && !matches!(error, Error::Held) {
                tracing::warn!(%error, redis = %self.url, "the stream cannot be written; trying again until it can");
            }
            // Whoever has the turn may die in it: then the next look is soon enough.
            let wait = if matches!(error, Error::Held) { POLL } else { backoff(n_failures, rand::random()) };
            n_failures += 1;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Relays everything up to the event that is newest now, and answers how many entries were written. Waits for the turn of
    /// another relay, which may have died in it, to be over.
    pub async fn drain(&self) -> Result<u64, Error> {
        let mut stream = self.connect().await?;
        let draining = async {
            loop {
                match self.catch_up(&mut stream).await {
                    Err(Error::Held) => tokio::time::sleep(FIRST_WAIT).await,
                    done => return done,
                }
            }
        };
        tokio::time::timeout(2 * TURN, draining).await.unwrap_or(Err(Error::Held))
    }

    async fn connect(&self) -> Result<Stream, Error> {
        let stream = Stream::connect(&self.url, &self.store.outbox().epoch().await?, &self.name).await?;
        Ok(stream.keeping(self.keep))
    }

    /// Lets another relay have the turn at once; one that Redis does not hear of is over by itself soon.
    async fn leave(&self) {
        let leaving = async { Ok::<_, Error>(self.connect().await?.leave().await?) };
        if let Ok(Err(error)) = tokio::time::timeout(FAREWELL, leaving).await {
            tracing::debug!(%error, "the turn to write the stream ends by itself");
        }
    }

    /// One connection's life; ends only by an error.
    async fn session(&self, n_failures: &mut u32) -> Result<Infallible, Error> {
        let outbox = self.store.outbox();
        let mut news = outbox.watch();
        let mut stream = self.connect().await?;
        loop {
            // Marked as seen before reading: an event committed meanwhile wakes the next round.
            news.mark_unchanged();
            self.catch_up(&mut stream).await?;
            if std::mem::take(n_failures) > 0 {
                tracing::info!(redis = %self.url, "the stream is written again");
            }
            // The watch knows this process's commits; the poll finds those of others, and a stream that was lost.
            tokio::select! {
                Ok(()) = news.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn catch_up(&self, stream: &mut Stream) -> Result<u64, Error> {
        let outbox = self.store.outbox();
        stream.take_turn().await?;
        let last_seq = outbox.last_seq().await?;
        let n_written = stream.follow(last_seq, |after| self.entries(after)).await?;
        if n_written > 0 {
            outbox.set_checkpoint(CHECKPOINT, last_seq).await?;
        }
        // Groups go on also while nothing happens.
        if let Some(keep) = self.keep {
            stream.trim(keep).await?;
        }
        Ok(n_written)
    }

    async fn entries(&self, after: i64) -> Result<Vec<Entry>, Error> {
        let events = self.store.outbox().after(after, BATCH, None).await?;
        Ok(events.iter().map(|event| self.entry(event)).collect())
    }

    fn entry(&self, event: &Event) -> Entry {
        Entry {
            seq: event.seq,
            kind: event.body.kind().to_owned(),
            subject: event.client.as_ref().map_or_else(String::new, |(_, code)| code.to_string()),
            event: cloud_event_from(event, &self.glossary, &self.source).to_string(),
        }
    }
}

/// The wait after so many failures in a row: doubled each time up to a cap, then shortened by up to a half (`chance`,
/// 0 to 1), so that many relays do not come back in step.
fn backoff(n_failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2u32.saturating_pow(n_failures.min(16)));
    doubled.min(MAX_WAIT).mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0)
}
