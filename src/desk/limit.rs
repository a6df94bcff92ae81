//! How much credit a client is worth, how much it was given, and whether an order may leave.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Error, Result, Wanted, amount::AmountInput, amount::currency_of};
use crate::{
    domain::{AsOf, Client, ClientCode, ClientId, NOTICE},
    pipeline::Examined,
    store::{CreditGroup, Entry, LimitGrant},
    treat::{self, Order},
};

/// A reason that fits in a report.
const REASON_MAX_CHARS: usize = 500;
/// A limit for a time may last so many days; whoever wants more grants it without an end.
const MAX_DAYS: i64 = 366;
/// Clients of a group.
const MAX_MEMBERS: usize = 500;
/// A group's name.
const NAME_MAX_CHARS: usize = 100;

/// How much credit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LimitView {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// The grade.
    pub grade: String,
    /// ISO 4217; every amount is in it.
    pub currency: String,
    /// What the client is worth at three appetites; null when its risk is not determined.
    pub suggested: Option<AppetitesView>,
    /// What its risk alone would bear.
    pub bears: Option<AppetitesView>,
    /// What it owes on average while it buys as it does.
    pub need: f64,
    /// What it buys in a year.
    pub volume: f64,
    /// Days from invoice to payment.
    pub days_to_payment: f64,
    /// What the creditor's file says; null when nothing.
    pub granted: Option<f64>,
    /// What somebody granted here, which stands above the file until it ends.
    pub temporary: Option<GrantView>,
    /// The group it is in, and what that leaves.
    pub group: Option<GroupView>,
    /// The limit in force: the temporary, else the granted, else the balanced one that is suggested; never more than its group
    /// leaves. Null when there is none.
    pub in_force: Option<f64>,
    /// What it owes.
    pub exposure: f64,
    /// What is left; negative when it owes more.
    pub available: Option<f64>,
    /// What this is not.
    pub notice: String,
}

/// An amount at three appetites.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct AppetitesView {
    /// Prudent.
    pub prudent: f64,
    /// Balanced.
    pub balanced: f64,
    /// Bold.
    pub bold: f64,
}

impl From<[f64; 3]> for AppetitesView {
    fn from([prudent, balanced, bold]: [f64; 3]) -> Self {
        let cents = |amount: f64| (amount * 100.0).round() / 100.0;
        Self { prudent: cents(prudent), balanced: cents(balanced), bold: cents(bold) }
    }
}

/// A limit that somebody granted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GrantView {
    /// How much.
    pub amount: f64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub granted_at: Timestamp,
    /// Until when; null until another one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Clients that stand together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GroupView {
    /// Its name.
    pub group: String,
    /// What all of them may owe together.
    pub limit: f64,
    /// ISO 4217.
    pub currency: String,
    /// What they owe.
    pub exposure: f64,
    /// Their codes.
    pub clients: Vec<String>,
}

/// A limit to grant.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// How much.
    pub amount: AmountInput,
    /// ISO 4217; the ledger's currency when left out.
    #[serde(default)]
    pub currency: Option<String>,
    /// Until when, at most 366 days ahead; until another one when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// Clients to put together.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupInput {
    /// Codes of all of them, at most 500; an empty list ends the group.
    #[schema(max_items = 500)]
    pub clients: Vec<String>,
    /// What they may owe together.
    pub limit: AmountInput,
    /// ISO 4217; EUR when left out.
    #[serde(default)]
    pub currency: Option<String>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseInput {
    /// What it is worth.
    pub amount: AmountInput,
    /// ISO 4217; the ledger's currency when left out. An order in another one is referred.
    #[serde(default)]
    pub currency: Option<String>,
}

/// Whether an order may leave.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReleaseView {
    /// The creditor's own code.
    pub client: String,
    /// `release`, `refer` (somebody looks first) or `hold`.
    pub decision: String,
    /// Why, the hardest first.
    pub reasons: Vec<GroundView>,
    /// What is ordered.
    pub amount: f64,
    /// ISO 4217 of the ledger: of `exposure`, `limit` and `available`.
    pub currency: String,
    /// What is owed before the order.
    pub exposure: f64,
    /// The limit in force.
    pub limit: Option<f64>,
    /// What is left of it before the order.
    pub available: Option<f64>,
    /// The grade.
    pub grade: String,
    /// The phase of treatment.
    pub phase: String,
    /// The policy that says so.
    pub policy: String,
    /// What this is not.
    pub notice: String,
}

/// A reason for what happens to an order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GroundView {
    /// What it alone would make of the order.
    pub decision: String,
    /// A word for programs.
    pub code: String,
    /// As a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}

impl Desk {
    /// How much credit a client is worth, and how much it was given. Of a merged client it is the survivor's.
    pub async fn limit(&self, wanted: &Wanted<'_>) -> Result<LimitView> {
        let as_of = AsOf::at(self.clock.now());
        let (client, survivor) = self.find_rated(wanted, as_of.known_at).await?;
        let rated = survivor.as_ref().unwrap_or(&client);
        let examined = self.rescorer.examine(rated.id, as_of, None).await?;
        let view = self.limit_view(rated, &examined, as_of).await?;
        Ok(LimitView { client: client.code.to_string(), name: client.facts.who.name, ..view })
    }

    async fn limit_view(&self, client: &Client, examined: &Examined, as_of: AsOf) -> Result<LimitView> {
        let major = |minor: i64| crate::domain::Money::from_minor(minor, examined.currency).major();
        let exposure = major(examined.exposure_minor);
        // An amount in another currency binds nothing that is counted in this one.
        let ours = |money: crate::domain::Money| (money.currency() == examined.currency).then(|| money.major());
        let temporary = self.store.treatments().limit(client.id, as_of.known_at).await?;
        let temporary = temporary.and_then(|grant| {
            let LimitGrant { amount, granted_at, expires_at, author, reason } = grant;
            Some(GrantView { amount: ours(amount)?, granted_at, expires_at, author, reason })
        });
        let granted = client.facts.credit_limit.and_then(ours);
        let group = self.group_view(client, examined).await?;
        let suggested = examined.limits.suggested;
        let own =
            temporary.as_ref().map(|grant| grant.amount).or(granted).or(suggested.map(|[_, balanced, _]| balanced));
        let left = group.as_ref().filter(|group| group.currency == examined.currency.code());
        let left = left.map(|group| group.limit - (group.exposure - exposure));
        let in_force = match (own, left) {
            (Some(own), Some(left)) => Some(own.min(left)),
            (own, left) => own.or(left),
        };
        Ok(LimitView {
            client: client.code.to_string(),
            name: client.facts.who.name.clone(),
            grade: examined.rating.grade.to_string(),
            currency: examined.currency.to_string(),
            suggested: suggested.map(AppetitesView::from),
            bears: examined.limits.bears.map(AppetitesView::from),
            need: (examined.limits.need * 100.0).round() / 100.0,
            volume: examined.limits.volume,
            days_to_payment: examined.limits.days_to_payment.round(),
            granted,
            temporary,
            group,
            in_force,
            exposure,
            available: in_force.map(|limit| limit - exposure),
            notice: NOTICE.to_owned(),
        })
    }

    /// The group of a client: what the others owe as it is recorded, and what the client itself owes now.
    async fn group_view(&self, client: &Client, examined: &Examined) -> Result<Option<GroupView>> {
        let Some(group) = self.store.treatments().group_of(client.id).await? else { return Ok(None) };
        let is_live = group.limit.currency() == examined.currency;
        let recorded = group.members.iter().map(|(id, _)| *id).filter(|id| !is_live || *id != client.id);
        let ids: Vec<_> = recorded.collect();
        let own = if is_live { examined.exposure_minor } else { 0 };
        let minor = self.store.treatments().exposure_of(&ids).await?.saturating_add(own);
        Ok(Some(GroupView {
            exposure: crate::domain::Money::from_minor(minor, group.limit.currency()).major(),
            group: group.name,
            limit: group.limit.major(),
            currency: group.limit.currency().to_string(),
            clients: group.members.into_iter().map(|(_, code)| code.to_string()).collect(),
        }))
    }

    /// Grants a limit, which stands above the one of the creditor's file until it ends.
    pub async fn grant_limit(&self, wanted: &Wanted<'_>, input: &GrantInput) -> Result<LimitView> {
        let client = self.find_own(wanted).await?;
        let now = self.clock.now();
        let currency = currency_of(input.currency.as_deref(), client.facts.currency, "/currency")?;
        let amount = input.amount.parse_from_zero(currency, "/amount")?;
        let reason = input.reason.trim();
        if !(1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
            return Err(Error::invalid("/reason", format!("must have 1 to {REASON_MAX_CHARS} characters")));
        }
        let latest = now.saturating_add(SignedDuration::from_hours(24 * MAX_DAYS)).unwrap_or(Timestamp::MAX);
        if input.expires_at.is_some_and(|at| at <= now || at > latest) {
            return Err(Error::invalid("/expires_at", format!("must be ahead, by at most {MAX_DAYS} days")));
        }
        let grant = LimitGrant {
            amount,
            granted_at: now,
            expires_at: input.expires_at,
            author: wanted.caller.name.clone(),
            reason: reason.to_owned(),
        };
        let until = grant.expires_at.map(|at| at.to_string());
        let details =
            serde_json::json!({"amount": amount.to_string(), "expires_at": until, "reason": reason}).to_string();
        let (who, object) = (wanted.caller.name.as_str(), client.code.as_str());
        let note = Entry { who, what: "limit.granted", object, details: &details };
        self.store.treatments().grant_limit(client.id, &grant, &note, now).await?;
        self.limit(wanted).await
    }

    /// Takes back what was granted.
    pub async fn end_limit(&self, wanted: &Wanted<'_>) -> Result<LimitView> {
        let client = self.find_own(wanted).await?;
        let (who, object) = (wanted.caller.name.as_str(), client.code.as_str());
        let note = Entry { who, what: "limit.ended", object, details: "null" };
        if !self.store.treatments().end_limit(client.id, &note, self.clock.now()).await? {
            return Err(Error::NotFound("limit in force"));
        }
        self.limit(wanted).await
    }

    /// Puts clients together under one limit; a client is in one group.
    pub async fn put_group(
        &self,
        caller: &super::Caller,
        portfolio: Option<&str>,
        name: &str,
        input: &GroupInput,
    ) -> Result<GroupView> {
        let name = name.trim();
        if !(1..=NAME_MAX_CHARS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Error::invalid("/group", format!("must have 1 to {NAME_MAX_CHARS} characters")));
        }
        if input.clients.len() > MAX_MEMBERS {
            return Err(Error::invalid("/clients", format!("must have at most {MAX_MEMBERS} codes")));
        }
        let currency = currency_of(input.currency.as_deref(), crate::domain::Currency::EUR, "/currency")?;
        let limit = input.limit.parse(currency, "/limit")?;
        let mut members = Vec::with_capacity(input.clients.len());
        let mut owner = None;
        for (place, code) in input.clients.iter().enumerate() {
            let wanted = Wanted { caller, code, portfolio };
            let client = self.find_own(&wanted).await.map_err(|error| match error {
                Error::NotFound(_) => {
                    Error::invalid(format!("/clients/{place}"), format!("there is no client {code:?}"))
                }
                other => other,
            })?;
            if *owner.get_or_insert(client.portfolio) != client.portfolio {
                return Err(Error::invalid(format!("/clients/{place}"), "a group is within one portfolio"));
            }
            members.push((client.id, client.code));
        }
        members.sort_unstable_by_key(|(id, _): &(ClientId, ClientCode)| *id);
        members.dedup_by_key(|(id, _)| *id);
        let owner = match owner {
            Some(owner) => owner,
            None => self.target(caller, portfolio).await?.0,
        };
        let codes: Vec<&str> = members.iter().map(|(_, code): &(_, ClientCode)| code.as_str()).collect();
        let details = serde_json::json!({"limit": limit.to_string(), "clients": codes}).to_string();
        let note = Entry { who: &caller.name, what: "group.put", object: name, details: &details };
        let group = CreditGroup { name: name.to_owned(), limit, members };
        self.store.treatments().put_group(owner, &group, &note, self.clock.now()).await?;
        let ids: Vec<_> = group.members.iter().map(|(id, _)| *id).collect();
        let minor = self.store.treatments().exposure_of(&ids).await?;
        Ok(GroupView {
            group: group.name,
            limit: limit.major(),
            currency: currency.to_string(),
            exposure: crate::domain::Money::from_minor(minor, currency).major(),
            clients: group.members.into_iter().map(|(_, code)| code.to_string()).collect(),
        })
    }

    /// Whether an order may leave: one read, nothing is recorded.
    pub async fn release(&self, wanted: &Wanted<'_>, input: &ReleaseInput) -> Result<ReleaseView> {
        let as_of = AsOf::at(self.clock.now());
        let (client, survivor) = self.find_rated(wanted, as_of.known_at).await?;
        let rated = survivor.as_ref().unwrap_or(&client);
        let examined = self.rescorer.examine(rated.id, as_of, None).await?;
        let limit = self.limit_view(rated, &examined, as_of).await?;
        let currency = currency_of(input.currency.as_deref(), examined.currency, "/currency")?;
        let amount = input.amount.parse(currency, "/amount")?.major();
        let order = Order {
            amount,
            exposure: limit.exposure,
            limit: limit.in_force,
            is_foreign: currency != examined.currency,
            is_granted: limit.temporary.is_some() || limit.granted.is_some() || limit.group.is_some(),
            grade: examined.rating.grade,
            legal: examined.legal.state,
            treatment: &examined.treatment,
        };
        let (verdict, grounds) = treat::release(&order, &self.rescorer.policy);
        let ground = |(verdict, code, text, text_it): treat::Ground| GroundView {
            decision: verdict.as_str().to_owned(),
            code: code.to_owned(),
            text,
            text_it,
        };
        Ok(ReleaseView {
            client: client.code.to_string(),
            decision: verdict.as_str().to_owned(),
            reasons: grounds.into_iter().map(ground).collect(),
            amount,
            currency: limit.currency,
            exposure: limit.exposure,
            limit: limit.in_force,
            available: limit.available,
            grade: limit.grade,
            phase: examined.treatment.phase.to_string(),
            policy: self.rescorer.policy.version().to_owned(),
            notice: NOTICE.to_owned(),
        })
    }
}
