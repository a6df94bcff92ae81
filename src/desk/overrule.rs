//! An analyst's decision above the model: for a time, with a reason, and no further than the rules allow.
//!
//! # Why
//!
//! *Why does what the client owes say whether a second person must agree, and not how far the decision goes?* A notch on a
//! large exposure moves more money than three on a small one, and how far is limited already. *Why must it be another key
//! and not another name?* Names are typed, keys are held.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, OverrideView, RatingView, Result, Wanted};
use crate::{
    domain::{AsOf, Cause, Client, ClientId, Grade, Override},
    store::AskedOverride,
};

/// How long a decision stands when it does not say.
const DEFAULT_DAYS: i64 = 90;
/// How long a decision may stand: after a year somebody should look again.
const MAX_DAYS: i64 = 366;
/// A reason that fits in a report.
const REASON_MAX_CHARS: usize = 500;

/// A grade decided by a person.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideInput {
    /// `A1` to `C3`; at most as many notches from the model's grade as `config/rules.toml` allows.
    #[schema(example = "B2")]
    pub grade: String,
    /// Why, 1 to 500 characters.
    pub reason: String,
    /// Until when, at most 366 days ahead; 90 days when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A grade that somebody asked for, and that waits for a second person.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingOverride {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// Whose client it is.
    pub portfolio: String,
    /// What was asked for, and by whom.
    pub decision: OverrideView,
    /// When.
    pub asked_at: Timestamp,
}

impl OverrideInput {
    fn parse(&self, author: &str, now: Timestamp) -> Result<Override> {
        let wrong = || Error::invalid("/grade", "must be one of A1 A2 A3 B1 B2 B3 C1 C2 C3");
        let grade: Grade = self.grade.parse().map_err(|_| wrong())?;
        if !Grade::PERFORMING.contains(&grade) {
            return Err(wrong());
        }
        let reason = self.reason.trim();
        if !(1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
            return Err(Error::invalid("/reason", format!("must have 1 to {REASON_MAX_CHARS} characters")));
        }
        let in_days = |days: i64| now.saturating_add(SignedDuration::from_hours(24 * days));
        let (default, latest) = (in_days(DEFAULT_DAYS), in_days(MAX_DAYS));
        let expires_at = self.expires_at.map_or(default, Ok);
        let expires_at = expires_at.map_err(|e| Error::invalid("/expires_at", e))?;
        if expires_at <= now || latest.is_ok_and(|latest| expires_at > latest) {
            return Err(Error::invalid(
                "/expires_at",
                format!("must lie in the future, at most {MAX_DAYS} days from now"),
            ));
        }
        Ok(Override { grade, reason: reason.to_owned(), author: author.to_owned(), expires_at })
    }
}

impl Desk {
    /// Puts a grade above the model's, and answers the rating that follows. Refused when it is too far from the model's
    /// grade, or when the client is in default, above which nobody decides. Where the client owes more than one person may
    /// decide about, the decision waits, shown as `pending_override`, until [`Desk::confirm_override`].
    pub async fn overrule(&self, wanted: &Wanted<'_>, input: &OverrideInput) -> Result<RatingView> {
        let client = self.find_own(wanted).await?;
        let now = self.clock.now();
        let decision = input.parse(&wanted.caller.name, now)?;
        let model = self.may_stand(&client, &decision).await?;
        let mut details = serde_json::json!({
            "grade": decision.grade.as_str(), "model_grade": model.as_str(), "reason": decision.reason,
            "expires_at": decision.expires_at.to_string(),
        });
        let ratings = self.store.ratings();
        if let Some(owed) = self.needs_a_second_person(&client).await? {
            details["exposure_minor"] = owed.into();
            let asking = ratings.ask_override(client.id, &decision, now);
            self.noted(wanted.caller, ("override.asked", client.code.as_str()), &details, asking).await?;
            return self.full(client.id, client.id).await;
        }
        let deciding = ratings.put_override(client.id, &decision, now);
        self.noted(wanted.caller, ("override.began", client.code.as_str()), &details, deciding).await?;
        self.rated_after_decision(&client).await
    }

    /// Lets a decision stand that somebody else asked for, and answers the rating that follows. What may stand is looked at
    /// again: the model may say something else by now.
    pub async fn confirm_override(&self, wanted: &Wanted<'_>) -> Result<RatingView> {
        const NOTHING: Error = Error::NotFound("override that waits");
        let client = self.find_own(wanted).await?;
        let now = self.clock.now();
        let asked = self.store.ratings().asked_override(client.id, now).await?.ok_or(NOTHING)?;
        if asked.decision.author == wanted.caller.name {
            return Err(Error::Forbidden("an override is confirmed by another key than the one that asked for it"));
        }
        self.may_stand(&client, &asked.decision).await?;
        let AskedOverride { decision, asked_at } = &asked;
        let details = serde_json::json!({
            "grade": decision.grade.as_str(), "reason": decision.reason, "asked_by": decision.author,
            "asked_at": asked_at.to_string(), "expires_at": decision.expires_at.to_string(),
        });
        let ratings = self.store.ratings();
        let confirming = ratings.confirm_override(client.id, &asked, now);
        if !self.noted(wanted.caller, ("override.confirmed", client.code.as_str()), &details, confirming).await? {
            return Err(NOTHING);
        }
        self.rated_after_decision(&client).await
    }

    /// Decisions that others asked for about clients whom the caller sees, the oldest first.
    pub async fn overrides_that_wait(&self, caller: &Caller, limit: usize) -> Result<Vec<WaitingOverride>> {
        let names = self.portfolios(caller, None).await?;
        let portfolios: Vec<_> = names.iter().map(|(id, _)| *id).collect();
        let ratings = self.store.ratings();
        let waiting = ratings.waiting_overrides(&portfolios, &caller.name, self.clock.now(), limit).await?;
        let ids: Vec<_> = waiting.iter().map(|(client, _)| *client).collect();
        let clients = self.store.facts().clients_by_id(&ids).await?;
        let view = |(id, asked): (ClientId, AskedOverride)| {
            let client = clients.get(&id)?;
            let portfolio = names.iter().find(|(id, _)| *id == client.portfolio)?.1.to_string();
            let (client, name) = (client.code.to_string(), client.facts.who.name.clone());
            Some(WaitingOverride { client, name, portfolio, decision: asked.decision.into(), asked_at: asked.asked_at })
        };
        Ok(waiting.into_iter().filter_map(view).collect())
    }

    /// What the client owes, minor units, when that is more than one person may decide about.
    async fn needs_a_second_person(&self, client: &Client) -> Result<Option<i64>> {
        let Some(most) = self.four_eyes_above_minor else { return Ok(None) };
        let owed = self.store.ratings().figures(&[client.id]).await?.get(&client.id).map_or(0, |f| f.exposure_minor);
        Ok((owed > most).then_some(owed))
    }

    /// The model's grade, when a decision may stand above it.
    async fn may_stand(&self, client: &Client, decision: &Override) -> Result<Grade> {
        let model = self.rescorer.rate_by_model(client.id, AsOf::at(self.clock.now())).await?.rating.grade;
        let notches = self.rescorer.engine.override_notches();
        if model == Grade::D {
            return Err(Error::invalid("/grade", "the client is in default; no decision stands above that"));
        }
        if model.notches_to(decision.grade).abs() > notches {
            let why = format!("must be at most {notches} notches from the model's grade, which is {model}");
            return Err(Error::invalid("/grade", why));
        }
        Ok(model)
    }

    /// Ends the decision in force and gives up the one that waits, and answers the rating that follows.
    pub async fn end_override(&self, wanted: &Wanted<'_>) -> Result<RatingView> {
        let client = self.find_own(wanted).await?;
        let (ratings, nothing) = (self.store.ratings(), serde_json::Value::Null);
        let withdrawn = ("override.withdrawn", client.code.as_str());
        let was_asked = self.noted(wanted.caller, withdrawn, &nothing, ratings.drop_asked_override(client.id)).await?;
        let ended = ("override.ended", client.code.as_str());
        let ending = ratings.end_override(client.id, self.clock.now());
        if !self.noted(wanted.caller, ended, &nothing, ending).await? {
            let nothing = Err(Error::NotFound("override in force"));
            return if was_asked { self.full(client.id, client.id).await } else { nothing };
        }
        self.rated_after_decision(&client).await
    }

    /// Rescored at once: whoever decided wants to see what came of it.
    async fn rated_after_decision(&self, client: &Client) -> Result<RatingView> {
        self.rescorer.rescore(&[(client.id, Cause::Override)], AsOf::at(self.clock.now())).await?;
        self.full(client.id, client.id).await
    }
}
