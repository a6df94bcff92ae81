//! What the user says of a client, taken as a signal.

mod fields;

use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::fields::{fact_of, is_over};
use super::{Caller, Desk, Error, Reach, Result, Wanted};
use crate::{
    domain::{Certainty, ClientCode, Evidence, Fact, PortfolioId, Signal, SignalId, SourceId, WordError},
    store::{Merger, NewSignal, SignalTarget, Telling},
};

/// A signal from a source of the user's own: a bureau, a salesman.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The creditor's own code; left out only for an `indicator`, which is about a market.
    #[serde(default)]
    pub client: Option<String>,
    /// Which portfolio's client, when the code is in more than one.
    #[serde(default)]
    pub portfolio: Option<String>,
    /// `company_status`, `protest`, `prejudicial_act`, `filing`, `identity`, `news`, `indicator`, `vat_check`, `clean`.
    pub kind: String,
    /// Since when it is so.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// What it says, by kind.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// Who says it: 1 to 40 of a-z, 0-9 and -.
    pub source: String,
    /// What the source itself calls the record; a cancelled protest withdraws what was said under the same name.
    #[serde(default)]
    pub id: Option<String>,
    /// Where a person can read it.
    #[serde(default)]
    pub url: Option<String>,
    /// A register or gazette; a single unofficial source moves a rating at most one notch.
    #[serde(default)]
    pub official: bool,
}

/// A signal was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Accepted {
    /// Its name; the same for the same content.
    pub id: String,
    /// Whether it was not known before.
    pub new: bool,
}

impl Desk {
    /// Takes a signal; `bytes` is the request as it came and becomes the evidence.
    pub async fn tell(&self, caller: &Caller, told: &Told, bytes: Vec<u8>) -> Result<Accepted> {
        let source: SourceId = told.source.parse().map_err(|e: WordError| Error::invalid("/source", e))?;
        let (fact, checked_on) = fact_of(told)?;
        let (target, owner) = self.target_of(caller, told, &fact).await?;
        let now = self.clock.now();
        let sha256 = self.keep(bytes).await?;
        let today = now.to_zoned(TimeZone::UTC).date();
        is_over((told.valid_at, checked_on), &fact, today)?;
        let own_id = own_id(owner, told.client.as_deref().unwrap_or_default(), told, &fact);
        let signal = Signal {
            id: SignalId::of(&source, &own_id, &Value::Object(told.fields.clone()).to_string()),
            source,
            valid_at: checked_on.unwrap_or(told.valid_at).min(today),
            known_at: now,
            is_official: told.official,
            fact,
            url: told.url.clone(),
            evidence: Evidence { url: "/v1/signals".to_owned(), seen_at: now, sha256 },
        };
        let id = signal.id.to_string();
        let new = NewSignal { signal, own_id, target, subject: None, by_number: Vec::new() };
        let beside = self.taken_back_beside(&new, owner, told).await?;
        let details = serde_json::json!({"kind": told.kind}).to_string();
        let clock = self.clock.clone();
        let telling = Telling {
            signals: [vec![new], beside].concat(),
            who: caller.name.clone(),
            object: id.clone(),
            details,
            clock: Box::new(move || clock.now()),
        };
        let n_new = self.store.facts().put_told(telling).await?;
        self.touched.notify_one();
        Ok(Accepted { id, new: n_new > 0 })
    }

    /// What takes a record back takes it back under every code of the company: it may have been told under another one.
    async fn taken_back_beside(&self, new: &NewSignal, owner: PortfolioId, told: &Told) -> Result<Vec<NewSignal>> {
        let SignalTarget::Clients(clients) = &new.target else { return Ok(Vec::new()) };
        let Some((client, _)) = clients.first().filter(|_| new.signal.fact.takes_back()) else { return Ok(Vec::new()) };
        let facts = self.store.facts();
        let in_force = |mergers: Vec<Merger>| mergers.into_iter().filter(|merger| merger.to_known.is_none());
        let own = in_force(facts.mergers_of(*client).await?).find(|merger| merger.client == *client);
        let survivor = own.map_or(*client, |merger| merger.survivor);
        let codes = in_force(facts.mergers_of(survivor).await?).flat_map(|merger| [merger.code, merger.survivor_code]);
        let under = |code: ClientCode| {
            let own_id = own_id(owner, code.as_str(), told, &new.signal.fact);
            let id = SignalId::of(&new.signal.source, &own_id, &Value::Object(told.fields.clone()).to_string());
            NewSignal { own_id, signal: Signal { id, ..new.signal.clone() }, ..new.clone() }
        };
        Ok(codes.map(under).filter(|other| other.own_id != new.own_id).collect())
    }

    /// Whom it is about. A figure about a market moves everybody's ratings, so only who sees everything may give one.
    async fn target_of(&self, caller: &Caller, told: &Told, fact: &Fact) -> Result<(SignalTarget, PortfolioId)> {
        if let Fact::Indicator(indicator) = fact {
            if caller.reach != Reach::Everything {
                return Err(Error::Forbidden("a market's figure needs a key that sees every portfolio"));
            }
            let target =
                SignalTarget::Sector { country: indicator.country.parse().ok(), sector: indicator.sector.clone() };
            return Ok((target, PortfolioId::new(0)));
        }
        let code = told.client.as_deref().ok_or_else(|| Error::invalid("/client", "is required for this kind"))?;
        let client = self.find(&Wanted { caller, code, portfolio: told.portfolio.as_deref() }).await?;
        // The user says whose it is, so the link is as sure as one made by hand.
        Ok((SignalTarget::Clients(vec![(client.id, Certainty::CERTAIN)]), client.portfolio))
    }
}

/// The record's name. It begins with the portfolio, so that nobody can withdraw what another creditor said; without a
/// name of the source's own, a protest is known by paper, day and amount, and anything else by its content.
fn own_id(portfolio: PortfolioId, code: &str, told: &Told, fact: &Fact) -> String {
    let own = match (&told.id, fact) {
        (Some(id), _) => id.clone(),
        (None, Fact::Protest(p)) => {
            format!("protest:{}:{:?}:{:?}", p.instrument, p.raised_on, p.amount.map(|a| a.to_string()))
        }
        (None, _) => format!("{}:{}:{}", told.kind, told.valid_at, Value::Object(told.fields.clone())),
    };
    format!("p{}:{code}:{own}", portfolio.get())
}
