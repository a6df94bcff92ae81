//! Who is who: two codes of one company, and records that are about somebody else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BriefRating, Desk, Error, ReasonInput, Result, Wanted, rating::brief};
use crate::{
    domain::{AsOf, Cause, Client, ClientCode, ClientId, SignalId},
    store::{Entry, Merger, Merging},
};

/// Signals that one request may split off: a person looks at them one by one.
const MAX_SIGNALS: usize = 100;

/// Into which client a client is merged, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeInput {
    /// The code of the client that is rated by both from now on, in the same portfolio.
    #[schema(example = "C-1042")]
    pub into: String,
    /// In a sentence, for the audit log, 1 to 500 characters.
    #[serde(default)]
    #[schema(example = "entered twice, under its old and its new name")]
    pub reason: Option<String>,
}

/// A merger that was made, or taken back.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MergerView {
    /// The code that is, or was, merged.
    pub client: String,
    /// The client that it was found to be.
    pub into: String,
    /// Whether it is in force now.
    pub in_force: bool,
    /// Who decided so.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The ratings that follow: the survivor's, and once the merger is taken back that of the other client before it.
    pub ratings: Vec<BriefRating>,
}

/// A merger as it was kept: two instants, and who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MergerLine {
    /// The code that is, or was, merged.
    pub client: String,
    /// The client that it was found to be.
    pub into: String,
    /// Since when it is known.
    #[schema(value_type = String, format = DateTime)]
    pub from_known: Timestamp,
    /// When it was taken back; null while it is in force.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to_known: Option<Timestamp>,
    /// Who decided it.
    pub decided_by: String,
    /// Who took it back.
    pub ended_by: Option<String>,
}

impl From<Merger> for MergerLine {
    fn from(merger: Merger) -> Self {
        Self {
            client: merger.code.to_string(),
            into: merger.survivor_code.to_string(),
            from_known: merger.from_known,
            to_known: merger.to_known,
            decided_by: merger.decided_by,
            ended_by: merger.ended_by,
        }
    }
}

/// Which signals are not about a client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitInput {
    /// Their names, 1 to 100; all others of the same subjects go with them.
    #[schema(example = json!(["sig_00000000000000000000000000000000"]))]
    pub signals: Vec<String>,
    /// The code of the client that they are about, in the same portfolio; nobody of ours when left out.
    #[serde(default)]
    pub to: Option<String>,
    /// In a sentence, for the audit log, 1 to 500 characters.
    #[serde(default)]
    #[schema(example = "another company of the same name, in Bergamo")]
    pub reason: Option<String>,
}

/// What a split moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SplitView {
    /// The client that lost them.
    pub client: String,
    /// The client that has them now; null when nobody has.
    pub to: Option<String>,
    /// The signals that went.
    pub signals: Vec<String>,
    /// The reviews they have become, one of each subject: deciding one `same` gives its subject back.
    pub reviews: Vec<i64>,
}

impl Desk {
    /// From now on a client is known to be the same company as another one of its portfolio, which is rated by the facts of
    /// both. No fact leaves its client. Both codes answer, and the merger can be taken back.
    pub async fn merge(&self, wanted: &Wanted<'_>, input: &MergeInput) -> Result<MergerView> {
        let reason = reason_of(input.reason.as_deref())?;
        let client = self.find(wanted).await?;
        let into = self.beside(&client, &input.into, "/into").await?;
        let (who, at) = (wanted.caller.name.as_str(), self.clock.now());
        let details = serde_json::json!({ "into": into.code.as_str(), "reason": reason }).to_string();
        let note = Entry { who, what: "client.merged", object: client.code.as_str(), details: &details };
        match self.store.facts().merge(client.id, into.id, &note, at).await? {
            Merging::Merged => {}
            Merging::IsMerged(survivor) => return Err(Error::Merged { client: client.code, into: survivor }),
            Merging::IntoMerged(survivor) => return Err(Error::Merged { client: into.code, into: survivor }),
            Merging::HasMerged(codes) => return Err(Error::HasMerged { client: client.code, merged: codes }),
            Merging::Impossible => return Err(Error::NotFound(BESIDE)),
        }
        self.rerate(&[(into.id, Cause::Signals)]).await?;
        self.merger_view(&client, &into, (who, at), &[&into]).await
    }

    /// Takes a merger back: each is a client of its own again, with what lies under its code. What was rated in between
    /// stays in the survivor's history.
    pub async fn unmerge(&self, wanted: &Wanted<'_>) -> Result<MergerView> {
        let (client, survivor) = self.find_rated(wanted, self.clock.now()).await?;
        let survivor = survivor.ok_or(Error::NotFound(MERGER))?;
        let (who, at) = (wanted.caller.name.as_str(), self.clock.now());
        let details = serde_json::json!({ "from": survivor.code.as_str() }).to_string();
        let note = Entry { who, what: "client.unmerged", object: client.code.as_str(), details: &details };
        let marked = self.store.facts().unmerge(client.id, &note, at).await?.ok_or(Error::NotFound(MERGER))?;
        self.rerate(&marked).await?;
        self.merger_view(&client, &survivor, (who, at), &[&client, &survivor]).await
    }

    /// Every merger that a client was ever part of, on either side, oldest first; those that were taken back included.
    pub async fn mergers(&self, wanted: &Wanted<'_>) -> Result<Vec<MergerLine>> {
        let client = self.find(wanted).await?;
        let mergers = self.store.facts().mergers_of(client.id).await?;
        Ok(mergers.into_iter().map(MergerLine::from).collect())
    }

    /// Takes signals away from a client that they are not about, and gives them to another or to nobody; the judgement
    /// holds for the next records of the same subjects. Signals of clients merged into it are its own.
    pub async fn split(&self, wanted: &Wanted<'_>, input: &SplitInput) -> Result<SplitView> {
        let ids = signal_ids(&input.signals)?;
        let reason = reason_of(input.reason.as_deref())?;
        let client = self.find(wanted).await?;
        let whose: Vec<ClientId> = self.whose(&client).await?.into_iter().map(|(id, _)| id).collect();
        let to = match &input.to {
            Some(code) => Some(self.beside(&client, code, "/to").await?),
            None => None,
        };
        if to.as_ref().is_some_and(|to| whose.contains(&to.id)) {
            return Err(Error::invalid("/to", "is merged with the client, so the signals would stay where they are"));
        }
        let (who, at) = (wanted.caller.name.as_str(), self.clock.now());
        let code = to.as_ref().map(|to| to.code.to_string());
        let details = serde_json::json!({ "to": code, "signals": input.signals, "reason": reason }).to_string();
        let note = Entry { who, what: "client.split", object: client.code.as_str(), details: &details };
        let (gains, portfolio) = (to.as_ref().map(|to| to.id), client.portfolio);
        let split = self.store.facts().split((&whose, portfolio), &ids, gains, &note, at).await?;
        let split = split.ok_or_else(|| Error::invalid("/signals", "must all be signals of this client"))?;
        let mut rated = vec![(self.rated_as(client.id, at).await?, Cause::Expiry)];
        if let Some(to) = gains {
            rated.push((self.rated_as(to, at).await?, Cause::Signals));
        }
        self.rerate(&rated).await?;
        let signals = split.signals.iter().map(ToString::to_string).collect();
        Ok(SplitView { client: client.code.to_string(), to: code, signals, reviews: split.reviews })
    }

    /// The client that is asked for, and the one it was known at an instant to be merged into.
    pub(super) async fn find_rated(
        &self,
        wanted: &Wanted<'_>,
        known_at: Timestamp,
    ) -> Result<(Client, Option<Client>)> {
        let client = self.find(wanted).await?;
        let survivor = self.rated_as(client.id, known_at).await?;
        if survivor == client.id {
            return Ok((client, None));
        }
        let survivor = self.store.facts().client_by_id(survivor).await?;
        Ok((client, survivor))
    }

    /// The client that is asked for, when it is rated by itself: what is decided of a rating is decided of the survivor's.
    pub(super) async fn find_own(&self, wanted: &Wanted<'_>) -> Result<Client> {
        match self.find_rated(wanted, self.clock.now()).await? {
            (client, None) => Ok(client),
            (client, Some(survivor)) => Err(Error::Merged { client: client.code, into: survivor.code }),
        }
    }

    /// A client and those merged into it now: under whose codes its facts are.
    pub(super) async fn whose(&self, client: &Client) -> Result<Vec<(ClientId, ClientCode)>> {
        self.whose_at(client, self.clock.now()).await
    }

    /// The same as it was known at an instant.
    pub(super) async fn whose_at(&self, client: &Client, now: Timestamp) -> Result<Vec<(ClientId, ClientCode)>> {
        let mergers = self.store.facts().mergers_of(client.id).await?;
        let merged = mergers.into_iter().filter(|merger| merger.survivor == client.id && merger.is_in_force(now));
        let own = (client.id, client.code.clone());
        Ok(std::iter::once(own).chain(merged.map(|Merger { client, code, .. }| (client, code))).collect())
    }

    /// By whom a client was known at an instant to be rated: itself, or the one it was merged into.
    async fn rated_as(&self, client: ClientId, known_at: Timestamp) -> Result<ClientId> {
        let mergers = self.store.facts().mergers_of(client).await?;
        let is_it = |merger: &&Merger| merger.client == client && merger.is_in_force(known_at);
        Ok(mergers.iter().find(is_it).map_or(client, |merger| merger.survivor))
    }

    /// Another client of the same portfolio.
    async fn beside(&self, client: &Client, code: &str, pointer: &str) -> Result<Client> {
        let code: ClientCode = code.parse().map_err(|e| Error::invalid(pointer, e))?;
        let other = self.store.facts().client(client.portfolio, &code).await?.ok_or(Error::NotFound(BESIDE))?;
        match other.id == client.id {
            true => Err(Error::invalid(pointer, "must be another client")),
            false => Ok(other),
        }
    }

    /// Rates at once whom a decision concerns: whoever decided wants to see what came of it.
    async fn rerate(&self, clients: &[(ClientId, Cause)]) -> Result<()> {
        self.rescorer.rescore(clients, AsOf::at(self.clock.now())).await?;
        self.touched.notify_one();
        Ok(())
    }

    async fn merger_view(
        &self,
        client: &Client,
        into: &Client,
        (who, at): (&str, Timestamp),
        rated: &[&Client],
    ) -> Result<MergerView> {
        let ids: Vec<ClientId> = rated.iter().map(|client| client.id).collect();
        let figures = self.store.ratings().figures(&ids).await?;
        let line = |client: &&Client| brief(client.code.to_string(), None, figures.get(&client.id));
        Ok(MergerView {
            client: client.code.to_string(),
            into: into.code.to_string(),
            in_force: rated.len() == 1,
            by: who.to_owned(),
            at,
            ratings: rated.iter().map(line).collect(),
        })
    }
}

/// What is not there when a code is nobody's in the portfolio, or somebody's in another.
pub(crate) const BESIDE: &str = "client in the same portfolio";

/// What is not there when a client is merged into nobody.
const MERGER: &str = "merger in force";

/// A reason, where one was given.
fn reason_of(reason: Option<&str>) -> Result<Option<String>> {
    let parsed = reason.map(|reason| ReasonInput { reason: reason.to_owned() }.parse().map(str::to_owned));
    parsed.transpose()
}

fn signal_ids(names: &[String]) -> Result<Vec<SignalId>> {
    if !(1..=MAX_SIGNALS).contains(&names.len()) {
        return Err(Error::invalid("/signals", format!("must name 1 to {MAX_SIGNALS} signals")));
    }
    let ids = names.iter().enumerate();
    ids.map(|(place, name)| name.parse().map_err(|e| Error::invalid(format!("/signals/{place}"), e))).collect()
}
