//! Erasing a person, and holding back what would expire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Reach, Result, Wanted};
use crate::{
    domain::{AsOf, ClientId, SignalId},
    pipeline::{Expired, Moves},
    store::{Entry, Held, Hold, Merger},
};

/// A reason that fits in a report.
const REASON_MAX_CHARS: usize = 500;

/// Where copies may be that are not ours to reach.
const NOT_REACHED: &str = "files you imported and the .rejected.csv beside them, exports, backups, and what subscribers \
    were sent are not in the data folder: look after them yourself";

/// Why something is done that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonInput {
    /// In a sentence, 1 to 500 characters; leave the person's name out of it.
    #[schema(example = "request under art. 17 GDPR of 3 November")]
    pub reason: String,
}

impl ReasonInput {
    pub(super) fn parse(&self) -> Result<&str> {
        let reason = self.reason.trim();
        if (1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
            return Ok(reason);
        }
        Err(Error::invalid("/reason", format!("must have 1 to {REASON_MAX_CHARS} characters")))
    }
}

/// What an erasure left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasedView {
    /// The receipt's hash; it says nothing about the person.
    pub receipt: String,
    /// By which rule: `erased`.
    pub rule: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Signals taken out, of this client or naming it.
    pub signals: u64,
    /// Imported files and requests of which its rows were cut out.
    pub imports: u64,
    /// Documents taken out of the archive.
    pub documents: u64,
    /// Codes that were known to be the same company; they were not erased, and are clients of their own again. Absent when
    /// there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_known_as: Vec<String>,
    /// What is left to you.
    pub not_reached: String,
}

/// Something that does not expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldView {
    /// Its number.
    pub id: i64,
    /// The client's code, when everything about a client is held.
    pub client: Option<String>,
    /// The signal's name, when a signal is held.
    pub signal: Option<String>,
    /// Who asked for it.
    pub who: String,
    /// Why.
    pub why: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
}

/// Facts past their term are everybody's, so only who sees everybody may see to them.
fn must_see_everything(caller: &Caller) -> Result<()> {
    match caller.reach {
        Reach::Everything => Ok(()),
        Reach::Portfolios(_) => {
            Err(Error::Forbidden("this is about every portfolio: it needs a key that sees them all"))
        }
    }
}

/// Whether a hold is on a client, or on a code that is one company with it.
fn is_on(held: Held, client: ClientId, mergers: &[Merger]) -> bool {
    held == Held::Client(client)
        || mergers.iter().any(|m| [Held::Client(m.client), Held::Client(m.survivor)].contains(&held))
}

/// The code of the other client of a merger.
fn beside(merger: &Merger, client: ClientId) -> String {
    let other = if merger.client == client { &merger.survivor_code } else { &merger.code };
    other.to_string()
}

impl Desk {
    /// Erases a client and whatever names it: rows, documents, texts of events and of the audit log. Its grades stay, as
    /// figures of nobody. Who was merged with it is rated as if it had never been; other codes of the same person are
    /// answered, and are erased by a request of their own.
    pub async fn erase(&self, wanted: &Wanted<'_>, input: &ReasonInput) -> Result<ErasedView> {
        let reason = input.parse()?;
        let client = self.find(wanted).await?;
        let mergers = self.mergers_in_force(client.id).await?;
        if self.store.facts().holds().await?.iter().any(|hold| is_on(hold.what, client.id, &mergers)) {
            return Err(Error::Forbidden("the client is under a legal hold; end the hold first"));
        }
        let at = self.clock.now();
        let details = serde_json::json!({ "reason": reason }).to_string();
        let note = Entry { who: &wanted.caller.name, what: "client.erased", object: "", details: &details };
        let erased = self.store.facts().erase(client.id, note, at).await?.ok_or(Error::NotFound("client"))?;
        self.touched.notify_one();
        Ok(ErasedView {
            receipt: erased.receipt.to_string(),
            rule: "erased".to_owned(),
            at,
            signals: erased.n_signals,
            imports: erased.n_batches,
            documents: erased.n_documents,
            also_known_as: mergers.iter().map(|m| beside(m, client.id)).collect(),
            not_reached: NOT_REACHED.to_owned(),
        })
    }

    /// Withdraws what is past its term now, and rates anew whom it concerned.
    pub async fn expire(&self, caller: &Caller) -> Result<(Expired, Moves)> {
        must_see_everything(caller)?;
        let now = self.clock.now();
        let expired = self.rescorer.expire(now).await?;
        let moves = self.rescorer.rescore_touched(AsOf::at(now)).await?;
        let details = serde_json::json!({ "signals": expired.signals, "documents": expired.documents });
        self.note(caller, "facts.expired", "", &details).await?;
        Ok((expired, moves))
    }

    /// Holds a client, or a signal by its name (`sig_…`): it does not expire until the hold is ended.
    pub async fn hold(&self, wanted: &Wanted<'_>, input: &ReasonInput) -> Result<HoldView> {
        let why = input.parse()?;
        let what = match wanted.code.parse::<SignalId>() {
            Ok(id) => {
                must_see_everything(wanted.caller)?;
                let found = self.store.facts().signals_by_id(&[id]).await?;
                found.into_iter().flatten().next().ok_or(Error::NotFound("signal"))?;
                Held::Signal(id)
            }
            Err(_) => Held::Client(self.find(wanted).await?.id),
        };
        let made_at = self.clock.now();
        let who = wanted.caller.name.clone();
        let facts = self.store.facts();
        let (began, details) = (("hold.began", wanted.code), serde_json::json!({ "why": why }));
        let id = self.noted(wanted.caller, began, &details, facts.hold(what, &who, why, made_at)).await?;
        self.hold_view(Hold { id, what, who, why: why.to_owned(), made_at }).await
    }

    /// Ends a hold.
    pub async fn end_hold(&self, caller: &Caller, id: i64) -> Result<()> {
        must_see_everything(caller)?;
        let (facts, now) = (self.store.facts(), self.clock.now());
        let (what, nothing) = (("hold.ended", id.to_string()), serde_json::Value::Null);
        let was_held = self.noted(caller, (what.0, &what.1), &nothing, facts.end_hold(id, now)).await?;
        was_held.then_some(()).ok_or(Error::NotFound("hold in force"))
    }

    /// Every hold in force.
    pub async fn holds(&self, caller: &Caller) -> Result<Vec<HoldView>> {
        must_see_everything(caller)?;
        let mut views = Vec::new();
        for hold in self.store.facts().holds().await? {
            views.push(self.hold_view(hold).await?);
        }
        Ok(views)
    }

    /// The holds in force that keep a client from being erased: on its own code, and on those that are one company with it.
    pub async fn holds_on(&self, wanted: &Wanted<'_>) -> Result<Vec<HoldView>> {
        let client = self.find(wanted).await?;
        let mergers = self.mergers_in_force(client.id).await?;
        let all = self.store.facts().holds().await?;
        let mut views = Vec::new();
        for hold in all.into_iter().filter(|hold| is_on(hold.what, client.id, &mergers)) {
            views.push(self.hold_view(hold).await?);
        }
        Ok(views)
    }

    /// Ends a hold that is on a client.
    pub async fn end_hold_on(&self, wanted: &Wanted<'_>, id: i64) -> Result<()> {
        match self.holds_on(wanted).await?.iter().any(|hold| hold.id == id) {
            true => self.end_hold(wanted.caller, id).await,
            false => Err(Error::NotFound("hold in force")),
        }
    }

    async fn mergers_in_force(&self, client: ClientId) -> Result<Vec<Merger>> {
        let mergers = self.store.facts().mergers_of(client).await?;
        Ok(mergers.into_iter().filter(|merger| merger.to_known.is_none()).collect())
    }

    async fn hold_view(&self, hold: Hold) -> Result<HoldView> {
        let (client, signal) = match hold.what {
            Held::Client(id) => (self.store.facts().client_by_id(id).await?.map(|c| c.code.to_string()), None),
            Held::Signal(id) => (None, Some(id.to_string())),
        };
        Ok(HoldView { id: hold.id, client, signal, who: hold.who, why: hold.why, made_at: hold.made_at })
    }
}
