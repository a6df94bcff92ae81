//! Follows the changes: `tail`, by number or as a member of a consumer group.
//!
//! # Why
//!
//! *Why is a line acknowledged after it was written?* Who dies in between gets it again; the other way round it would be lost.
//!
//! *Why does the store note how far a group is, too?* A Redis that comes back empty has lost its groups. The group then goes on
//! behind what all its members had acknowledged, and not at the first event there ever was.

use std::{io::Write, time::Duration};

use anyhow::Context;
use clap::Args;
use futures::future::OptionFuture;

use super::{Ended, Opened, ask::PAGE, house::Signals};
use crate::{
    config::{self, Flags},
    domain::Event,
    publish::{self, Consumer, Delivered, QueueUrl, RedisUrl},
    store::Store,
};

/// How often is looked for news: another process writes, and nothing here could wake us.
const LOOK: Duration = Duration::from_millis(500);
/// How long a Redis or a store that does not answer is waited for.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Tail {
    /// Only events after this one
    #[arg(long, default_value_t = 0, value_name = "SEQ", conflicts_with = "group")]
    after: i64,
    /// As a member of this consumer group: go on where the group is, share the events with its other members, acknowledge each
    /// line once it is written
    #[arg(long, value_name = "GROUP", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    group: Option<String>,
    /// Stop at the newest event instead of waiting for more
    #[arg(long)]
    once: bool,
}

/// Whether somebody still reads what is written.
#[derive(PartialEq, Eq)]
enum Reader {
    IsThere,
    HasEnough,
}

pub(super) async fn tail(flags: &Flags, asked: &Tail) -> anyhow::Result<Ended> {
    let (house, config) = Opened::from_config(config::load(flags)?).await?;
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    match (&asked.group, &config.queue) {
        (Some(group), QueueUrl::Redis(url)) => {
            let mut member = Member { store: &house.store, url, group, noted: noted(group), consumer: None };
            let ended = member.follow(asked.once, &mut signals).await;
            if let Some(Err(error)) = OptionFuture::from(member.consumer.as_mut().map(Consumer::leave)).await {
                tracing::debug!(%error, "the group remembers a member that is gone");
            }
            ended
        }
        (group, _) => by_number(&house, asked.after, group.as_deref(), asked.once, &mut signals).await,
    }
}

/// The name under which the store notes how far a group is.
fn noted(group: &str) -> String {
    format!("group:{group}")
}

/// Follows the outbox itself; a group is one reader at a time then, and its place is noted in the store.
async fn by_number(
    house: &Opened,
    after: i64,
    group: Option<&str>,
    once: bool,
    signals: &mut Signals,
) -> anyhow::Result<Ended> {
    let outbox = house.store.outbox();
    let glossary = house.rescorer.glossary();
    let mut seq = match group {
        Some(group) => outbox.checkpoint(&noted(group)).await?,
        None => after,
    };
    loop {
        let events = outbox.after(seq, PAGE, None).await?;
        let line = |event: &Event| publish::cloud_event_from(event, &glossary, &house.source).to_string();
        if write_out(events.iter().map(line))? == Reader::HasEnough {
            return Ok(Ended::Done);
        }
        if let Some(last) = events.last() {
            seq = last.seq;
            if let Some(group) = group {
                outbox.set_checkpoint(&noted(group), seq).await?;
            }
        } else if once {
            return Ok(Ended::Done);
        }
        let wait = if events.is_empty() { LOOK } else { Duration::ZERO };
        if let Some(ended) = signals.within(wait).await {
            return Ok(ended);
        }
    }
}

/// A member of a group on Redis.
struct Member<'a> {
    store: &'a Store,
    url: &'a RedisUrl,
    group: &'a str,
    noted: String,
    consumer: Option<Consumer>,
}

impl Member<'_> {
    /// Reads, writes out, acknowledges. Redis may go and come back; a batch that was begun is ended before a signal is heard.
    async fn follow(&mut self, once: bool, signals: &mut Signals) -> anyhow::Result<Ended> {
        let mut is_down = false;
        loop {
            let wait = match self.take().await {
                Ok(batch) => {
                    is_down = false;
                    if write_out(batch.iter().map(|entry| entry.event.clone()))? == Reader::HasEnough {
                        return Ok(Ended::Done);
                    }
                    if batch.is_empty() && once {
                        return Ok(Ended::Done);
                    }
                    self.acknowledge(&batch).await?;
                    if batch.is_empty() { LOOK } else { Duration::ZERO }
                }
                Err(error) if once => return Err(error.into()),
                Err(error) => {
                    if !std::mem::replace(&mut is_down, true) {
                        tracing::warn!(%error, "the stream cannot be read; trying again until it can");
                    }
                    self.consumer = None;
                    RETRY
                }
            };
            if let Some(ended) = signals.within(wait).await {
                return Ok(ended);
            }
        }
    }

    async fn take(&mut self) -> Result<Vec<Delivered>, publish::Error> {
        let consumer = match &mut self.consumer {
            Some(consumer) => consumer,
            none => {
                let name = format!("tail-{}-{:08x}", std::process::id(), rand::random::<u32>());
                none.insert(Consumer::connect(self.url, self.group, &name).await?)
            }
        };
        let after = self.store.outbox().checkpoint(&self.noted).await?;
        Ok(consumer.take(after).await?)
    }

    /// A batch that cannot be acknowledged comes again.
    async fn acknowledge(&mut self, batch: &[Delivered]) -> anyhow::Result<()> {
        let Some(consumer) = self.consumer.as_mut().filter(|_| !batch.is_empty()) else { return Ok(()) };
        let ids: Vec<String> = batch.iter().map(|entry| entry.id.clone()).collect();
        let acknowledging = async {
            consumer.acknowledge(&ids).await?;
            consumer.position().await
        };
        match acknowledging.await {
            Ok(position) => self.store.outbox().set_checkpoint(&self.noted, position).await?,
            Err(error) => {
                tracing::warn!(%error, "a batch could not be acknowledged, and comes again");
                self.consumer = None;
            }
        }
        Ok(())
    }
}

/// Writes lines and sees to it that they have left.
fn write_out(mut lines: impl Iterator<Item = String>) -> anyhow::Result<Reader> {
    let mut out = std::io::stdout().lock();
    let written = lines.try_for_each(|line| writeln!(out, "{line}"));
    let written = written.and_then(|()| out.flush());
    match written {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(Reader::HasEnough),
        written => written.map(|()| Reader::IsThere).context("standard output"),
    }
}
