//! Dead letters: what nobody could deal with, on the stream and at the receivers of alerts.

use std::fmt;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table},
};
use crate::{
    config::{self, Flags},
    desk,
    publish::{DeadLetter, DeadLetters, QueueUrl, Replayed},
    store::Delivery,
};

/// Letters read at a time.
const PAGE: usize = 500;

/// What was given out again.
const REPLAYED: &str = "letter.replayed";

#[derive(Debug, Subcommand)]
pub(super) enum Dlq {
    /// What nobody could deal with, oldest first: entries on vedetta:dead, and deliveries whose every attempt failed
    List {
        /// At most so many of each
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
    },
    /// Give letters out again: an entry to its consumer group, a delivery to its receiver
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Which, as `list` names them: stream:ENTRY or delivery:NUMBER
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

/// The name of a letter as it is typed.
enum Id {
    Stream(String),
    Delivery(i64),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(entry) => write!(f, "stream:{entry}"),
            Self::Delivery(number) => write!(f, "delivery:{number}"),
        }
    }
}

fn id_of(text: &str) -> Result<Id, Usage> {
    let is_entry = |entry: &str| {
        entry.split_once('-').is_some_and(|(ms, n)| ms.parse::<u64>().is_ok() && n.parse::<u64>().is_ok())
    };
    match text.split_once(':') {
        Some(("stream", entry)) if is_entry(entry) => Ok(Id::Stream(entry.to_owned())),
        Some(("delivery", number)) => number.parse().map(Id::Delivery).map_err(|_| wrong(text)),
        _ => Err(wrong(text)),
    }
}

fn wrong(text: &str) -> Usage {
    Usage(format!("{text:?} names no letter: write stream:ENTRY or delivery:NUMBER, as `vedetta dlq list` does"))
}

pub(super) async fn dlq(flags: &Flags, asked: &Dlq, out: &Out) -> anyhow::Result<Ended> {
    let (house, config) = Opened::from_config(config::load(flags)?).await?;
    let letters = match &config.queue {
        QueueUrl::Local => None,
        QueueUrl::Redis(url) => Some(DeadLetters::connect(url).await?),
    };
    let mut office = Office { house: &house, letters };
    match asked {
        Dlq::List { limit } => office.list(*limit, out).await,
        Dlq::Replay(asked) => office.replay(asked, out).await,
    }
}

/// Where letters lie.
struct Office<'a> {
    house: &'a Opened,
    letters: Option<DeadLetters>,
}

/// What was replayed, and what was not and why.
#[derive(Default)]
struct Tally {
    n_replayed: u64,
    left: Vec<(String, &'static str)>,
}

impl Office<'_> {
    async fn list(&mut self, limit: usize, out: &Out) -> anyhow::Result<Ended> {
        let parked = match &mut self.letters {
            Some(letters) => letters.after(None, limit).await?,
            None => Vec::new(),
        };
        let exhausted = self.house.store.deliveries().exhausted(0, limit).await?;
        let shown: Vec<Value> = parked.iter().map(letter_json).chain(exhausted.iter().map(delivery_json)).collect();
        out.answer(&json!({ "letters": shown }), || {
            let mut rows = table(&["letter", "for", "what", "why"]);
            for letter in &parked {
                let what = format!("{} {} {}", letter.entry, letter.kind, letter.subject);
                rows.add_row([&format!("stream:{}", letter.id), &letter.group, &what, "given out too often"]);
            }
            for delivery in &exhausted {
                let (letter, what) = (format!("delivery:{}", delivery.id), format!("event {}", delivery.seq));
                rows.add_row([&letter, &delivery.subscription, &what, delivery.last_error.as_deref().unwrap_or("")]);
            }
            rows.to_string()
        })?;
        Ok(Ended::Done)
    }

    async fn replay(&mut self, asked: &Replay, out: &Out) -> anyhow::Result<Ended> {
        let ids = asked.ids.iter().map(|id| id_of(id)).collect::<Result<Vec<Id>, Usage>>()?;
        let mut tally = Tally::default();
        if asked.all {
            self.replay_all(&mut tally).await?;
        }
        for id in &ids {
            match id {
                Id::Stream(entry) => self.replay_named(entry, &mut tally).await?,
                Id::Delivery(number) => match self.house.store.deliveries().one(*number).await? {
                    Some(delivery) => self.redeliver(&delivery, &mut tally).await?,
                    None => tally.left.push((id.to_string(), "there is no such delivery")),
                },
            }
        }
        let left: Vec<Value> = tally.left.iter().map(|(id, why)| json!({"id": id, "why": why})).collect();
        out.answer(&json!({"replayed": tally.n_replayed, "left": left}), || {
            let mut text = format!("{} given out again", tally.n_replayed);
            for (id, why) in &tally.left {
                text.push_str(&format!("\n{id} stays: {why}"));
            }
            text
        })?;
        Ok(if tally.left.is_empty() { Ended::Done } else { Ended::Partly })
    }

    async fn replay_all(&mut self, tally: &mut Tally) -> anyhow::Result<()> {
        let mut last: Option<String> = None;
        while let Some(letters) = &mut self.letters {
            let page = letters.after(last.as_deref(), PAGE).await?;
            let Some(end) = page.last().map(|letter| letter.id.clone()) else { break };
            for letter in &page {
                self.give_out(letter, tally).await?;
            }
            last = Some(end);
        }
        let mut last = 0;
        loop {
            let page = self.house.store.deliveries().exhausted(last, PAGE).await?;
            let Some(end) = page.last().map(|delivery| delivery.id) else { break };
            for delivery in &page {
                self.redeliver(delivery, tally).await?;
            }
            last = end;
        }
        Ok(())
    }

    async fn replay_named(&mut self, entry: &str, tally: &mut Tally) -> anyhow::Result<()> {
        let found = match &mut self.letters {
            Some(letters) => letters.letter(entry).await?,
            None => None,
        };
        match found {
            Some(letter) => self.give_out(&letter, tally).await,
            None => {
                tally.left.push((format!("stream:{entry}"), "there is no such letter"));
                Ok(())
            }
        }
    }

    async fn give_out(&mut self, letter: &DeadLetter, tally: &mut Tally) -> anyhow::Result<()> {
        let Some(letters) = &mut self.letters else { return Ok(()) };
        let why = match letters.replay(letter).await? {
            Replayed::GivenOut | Replayed::Settled => {
                tally.n_replayed += 1;
                let (entry, now) = (letter.entry.as_str(), self.house.clock.now());
                let details = json!({"stream": letter.stream, "group": letter.group}).to_string();
                self.house.store.audit().note(now, &caller().name, REPLAYED, entry, &details).await?;
                return Ok(());
            }
            Replayed::Gone => "its entry was trimmed from the stream; the event is in GET /v1/changes",
            Replayed::NoGroup => "its consumer group is not there any more",
        };
        tally.left.push((format!("stream:{}", letter.id), why));
        Ok(())
    }

    async fn redeliver(&self, delivery: &Delivery, tally: &mut Tally) -> anyhow::Result<()> {
        let (id, deliveries) = (Id::Delivery(delivery.id).to_string(), self.house.store.deliveries());
        let subscription = deliveries.subscription_by_id(&delivery.subscription).await?;
        if subscription.is_none_or(|subscription| subscription.disabled.is_some()) {
            tally.left.push((id, "its subscription is off: switch it on, or end it"));
            return Ok(());
        }
        match desk(self.house).redeliver(&caller(), &delivery.subscription, delivery.id).await {
            Ok(()) => tally.n_replayed += 1,
            Err(desk::Error::NotFound(_)) => tally.left.push((id, "its subscription was ended")),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn letter_json(letter: &DeadLetter) -> Value {
    json!({
        "id": format!("stream:{}", letter.id), "stream": letter.stream, "group": letter.group, "entry": letter.entry,
        "type": letter.kind, "subject": letter.subject,
    })
}

fn delivery_json(delivery: &Delivery) -> Value {
    json!({
        "id": Id::Delivery(delivery.id).to_string(), "subscription": delivery.subscription, "seq": delivery.seq,
        "attempts": delivery.n_attempts, "status": delivery.last_status, "error": delivery.last_error,
        "since": delivery.updated_at,
    })
}
