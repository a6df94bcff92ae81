//! Who is who, decided by a person: `review list`, `decide`, `split`, `merge`, `mergers`, `unmerge`.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{
    Ended, Opened, Usage,
    ask::{PAGE, desk},
    out::{Out, table},
};
use crate::{
    desk::{Caller, MergeInput, MergerView, Reach, ReviewView, SplitInput, Wanted},
    store::ReviewDecision,
};

#[derive(Debug, Subcommand)]
pub(super) enum Review {
    /// Records that may be about a client and wait for somebody to look
    List {
        /// Only of this client: your code
        #[arg(long, value_name = "CODE")]
        client: Option<String>,
        /// Only of this portfolio
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
    },
    /// Say whether a record is about its client; it holds for the next records of the same subject
    Decide {
        /// Its number, as `review list` shows it
        id: i64,
        /// same counts from now on; not-same and unsure stay out, and take a link back
        decision: Word,
        /// Refuse unless it is a review of this client: your code
        #[arg(long, value_name = "CODE")]
        client: Option<String>,
        #[command(flatten)]
        who: Who,
    },
    /// Take signals away from a client that they are not about; `decide` with the review it names gives them back
    Split {
        /// Your code of the client
        client: String,
        /// Their names (sig_…); others of the same subjects go with them
        #[arg(required = true)]
        signals: Vec<String>,
        /// The client that they are about [default: nobody of yours]
        #[arg(long, value_name = "CODE")]
        to: Option<String>,
        #[command(flatten)]
        who: Who,
    },
    /// Two codes are one company: the one that stays is rated by the facts of both, and `unmerge` takes it back
    Merge {
        /// Your code of the client that is another one
        client: String,
        /// Your code of the client that stays, in the same portfolio
        #[arg(long, value_name = "CODE")]
        into: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        who: Who,
    },
    /// Every merger that a client was ever part of: since when, until when, who decided
    Mergers {
        /// Your code of the client
        client: String,
        /// Which portfolio, when the code is in several
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
    },
    /// Take a merger back: each is a client of its own again
    Unmerge {
        /// Your code of the client that was merged
        client: String,
        #[command(flatten)]
        who: Who,
    },
}

/// Who decides, and where.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// Who decides, for the audit log
    #[arg(long, value_name = "NAME", default_value = "cli")]
    by: String,
    /// Which portfolio, when the code is in several
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

impl Who {
    /// Whoever sits at the machine sees everything; the audit log wants a name.
    fn caller(&self) -> Result<Caller, Usage> {
        match self.by.trim() {
            "" => Err(Usage("--by must be a name".to_owned())),
            name => Ok(Caller { name: name.to_owned(), reach: Reach::Everything }),
        }
    }

    fn wanted<'a>(&'a self, caller: &'a Caller, code: &'a str) -> Wanted<'a> {
        Wanted { caller, code, portfolio: self.portfolio.as_deref() }
    }
}

/// What a person says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Word {
    Same,
    #[value(alias = "not_same")]
    NotSame,
    Unsure,
}

impl From<Word> for ReviewDecision {
    fn from(word: Word) -> Self {
        match word {
            Word::Same => Self::Same,
            Word::NotSame => Self::NotSame,
            Word::Unsure => Self::Unsure,
        }
    }
}

pub(super) async fn review(house: &Opened, asked: Review, out: &Out) -> anyhow::Result<Ended> {
    match asked {
        Review::List { client, portfolio } => list(house, client.as_deref(), portfolio.as_deref(), out).await?,
        Review::Decide { id, decision, client, who } => decide(house, id, decision, client, &who, out).await?,
        Review::Split { client, signals, to, who } => {
            split(house, (&client, &who), SplitInput { signals, to, reason: None }, out).await?;
        }
        Review::Merge { client, into, reason, who } => {
            let caller = who.caller()?;
            let merged = desk(house).merge(&who.wanted(&caller, &client), &MergeInput { into, reason }).await;
            let merged = merged.with_context(|| format!("client {client:?}"))?;
            out.answer(&serde_json::to_value(&merged)?, || merger_text(&merged, "is merged into"))?;
        }
        Review::Mergers { client, portfolio } => mergers(house, &client, portfolio.as_deref(), out).await?,
        Review::Unmerge { client, who } => {
            let caller = who.caller()?;
            let ended = desk(house).unmerge(&who.wanted(&caller, &client)).await;
            let ended = ended.with_context(|| format!("client {client:?}"))?;
            out.answer(&serde_json::to_value(&ended)?, || merger_text(&ended, "is separate again from"))?;
        }
    }
    Ok(Ended::Done)
}

async fn mergers(house: &Opened, code: &str, portfolio: Option<&str>, out: &Out) -> anyhow::Result<()> {
    let caller = super::ask::caller();
    let mergers = desk(house).mergers(&Wanted { caller: &caller, code, portfolio }).await;
    let mergers = mergers.with_context(|| format!("client {code:?}"))?;
    out.answer(&json!({ "mergers": mergers }), || {
        let mut rows = table(&["client", "is", "since", "until", "decided by", "taken back by"]);
        for m in &mergers {
            let (from, to) = (m.from_known.to_string(), m.to_known.map(|to| to.to_string()).unwrap_or_default());
            let ended_by = m.ended_by.clone().unwrap_or_default();
            rows.add_row([&m.client, &m.into, &from, &to, &m.decided_by, &ended_by]);
        }
        rows.to_string()
    })
}

fn merger_text(merger: &MergerView, what: &str) -> String {
    let ratings = merger.ratings.iter().map(|rating| format!("\n  {}: {}", rating.client, rating.grade));
    format!("{} {what} {}{}", merger.client, merger.into, ratings.collect::<String>())
}

async fn split(house: &Opened, (client, who): (&str, &Who), input: SplitInput, out: &Out) -> anyhow::Result<()> {
    let caller = who.caller()?;
    let split = desk(house).split(&who.wanted(&caller, client), &input).await;
    let split = split.with_context(|| format!("client {client:?}"))?;
    out.answer(&serde_json::to_value(&split)?, || {
        let whose = split.to.as_deref().unwrap_or("nobody");
        let back = split.reviews.iter().map(|id| format!("\n  vedetta review decide {id} same gives them back"));
        format!("{} signals of {client} are {whose}'s now{}", split.signals.len(), back.collect::<String>())
    })
}

/// Every review that waits, one page after the other.
async fn waiting(house: &Opened, client: Option<&str>, portfolio: Option<&str>) -> anyhow::Result<Vec<ReviewView>> {
    let (desk, caller) = (desk(house), super::ask::caller());
    let is_wanted = |review: &ReviewView| {
        client.is_none_or(|code| review.client == code) && portfolio.is_none_or(|name| review.portfolio == name)
    };
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = desk.reviews(&caller, after, PAGE).await?;
        all.extend(page.items.into_iter().filter(is_wanted));
        match page.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

async fn list(house: &Opened, client: Option<&str>, portfolio: Option<&str>, out: &Out) -> anyhow::Result<()> {
    let reviews = waiting(house, client, portfolio).await?;
    out.answer(&json!({ "reviews": reviews }), || {
        let mut rows = table(&["review", "client", "name", "record", "says", "source", "sure"]);
        for r in &reviews {
            let sure = format!("{:.0} %", r.certainty * 100.0);
            let id = r.id.to_string();
            rows.add_row([&id, &r.client, &r.name, &r.subject_name, &r.signal.kind, &r.signal.source, &sure]);
        }
        rows.to_string()
    })
}

async fn decide(
    house: &Opened,
    id: i64,
    decision: Word,
    client: Option<String>,
    who: &Who,
    out: &Out,
) -> anyhow::Result<()> {
    let (desk, caller) = (desk(house), who.caller()?);
    let review = desk.review(&caller, id).await.with_context(|| format!("review {id}"))?;
    if let Some(code) = client.filter(|code| *code != review.client) {
        bail!("review {id} is about {:?}, not about {code:?}", review.client);
    }
    if let Some(name) = who.portfolio.as_ref().filter(|name| **name != review.portfolio) {
        bail!("review {id} is of the portfolio {:?}, not of {name:?}", review.portfolio);
    }
    let decision = ReviewDecision::from(decision);
    desk.decide_review(&caller, id, decision).await.with_context(|| format!("review {id}"))?;
    let json = json!({"review": id, "client": review.client, "decision": decision.as_str(), "by": caller.name});
    out.answer(&json, || {
        format!("review {id}: {:?} and {} ({}): {}", review.subject_name, review.client, review.name, decision.as_str())
    })
}
