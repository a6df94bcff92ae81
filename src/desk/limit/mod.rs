//! How much credit a client is worth, how much it was given, and whether an order may leave.
//!
//! # Why
//!
//! *Why is what is in another currency in no sum?* Because nobody said at which rate. It is named beside the sums, and an order is
//! referred to a person as long as there is any: what is left out silently looks like credit that is free.

mod group;
mod release;
mod view;

use jiff::{SignedDuration, Timestamp};

pub use view::{
    AppetitesView, GrantInput, GrantView, GroundView, GroupInput, GroupView, JoinInput, LimitView, ReleaseInput,
    ReleaseView,
};

use super::{
    Desk, Error, Result, Wanted,
    amount::{cents, currency_of},
};
use crate::{
    domain::{AsOf, Client, Currency, Money, NOTICE},
    pipeline::Examined,
    store::{Entry, LimitGrant},
};

/// A reason that fits in a report.
const REASON_MAX_CHARS: usize = 500;
/// A limit for a time may last so many days; whoever wants more grants it without an end.
const MAX_DAYS: i64 = 366;

/// A limit, and what an order must know beside it.
struct Found {
    view: LimitView,
    /// The currency of the ledger; of the client's row, where nothing was ever invoiced.
    currency: Currency,
    exposure: Money,
    in_force: Option<Money>,
    foreign_limits: Vec<Money>,
    n_foreign_members: usize,
    /// Whether the limit in force is what the group leaves, and not the client's own.
    is_of_group: bool,
}

impl Desk {
    /// How much credit a client is worth, and how much it was given. Of a merged client it is the survivor's.
    pub async fn limit(&self, wanted: &Wanted<'_>) -> Result<LimitView> {
        let as_of = AsOf::at(self.clock.now());
        let (client, survivor) = self.find_rated(wanted, as_of.known_at).await?;
        let rated = survivor.as_ref().unwrap_or(&client);
        let examined = self.rescorer.examine(rated.id, as_of, None).await?;
        let view = self.limit_of(rated, &examined, as_of).await?.view;
        Ok(LimitView { client: client.code.to_string(), name: client.facts.who.name, ..view })
    }

    async fn limit_of(&self, client: &Client, examined: &Examined, as_of: AsOf) -> Result<Found> {
        let currency = ledger_currency(client, examined);
        let exposure = Money::from_minor(examined.exposure_minor, currency);
        let (temporary, granted, foreign_limits) = self.granted(client, currency, as_of.known_at).await?;
        let stake = self.stake(client, as_of.known_at).await?;
        let suggested = examined.limits.suggested;
        let own =
            temporary.as_ref().map(|grant| grant.amount).or(granted).or(suggested.map(|[_, balanced, _]| balanced));
        let own_minor = own.map(|own| Money::nearest(own, currency).minor());
        let left_minor =
            stake.as_ref().filter(|stake| stake.limit.currency() == currency).map(|stake| stake.left_minor);
        let in_force = own_minor.into_iter().chain(left_minor).min().map(|minor| Money::from_minor(minor, currency));
        let is_of_group = left_minor.is_some_and(|left| own_minor.is_none_or(|own| left < own));
        let n_foreign_members = stake.as_ref().map_or(0, |stake| stake.n_foreign);
        let listed = |all: &[Money]| all.iter().map(ToString::to_string).collect();
        let view = LimitView {
            client: client.code.to_string(),
            name: client.facts.who.name.clone(),
            grade: examined.rating.grade.to_string(),
            currency: currency.to_string(),
            suggested: suggested.map(AppetitesView::from),
            bears: examined.limits.bears.map(AppetitesView::from),
            need: cents(examined.limits.need),
            volume: cents(examined.limits.volume),
            days_to_payment: examined.limits.days_to_payment.round(),
            granted,
            temporary,
            other_currency_limits: listed(&foreign_limits),
            group: stake.map(|stake| stake.view),
            in_force: in_force.map(Money::major),
            exposure: exposure.major(),
            other_currencies: listed(&examined.treatment.elsewhere),
            available: in_force
                .map(|limit| Money::from_minor(limit.minor().saturating_sub(exposure.minor()), currency).major()),
            notice: NOTICE.to_owned(),
        };
        Ok(Found { view, currency, exposure, in_force, foreign_limits, n_foreign_members, is_of_group })
    }

    /// What was granted here and in the file, whole units; and what of that is in another currency, and binds nothing.
    async fn granted(
        &self,
        client: &Client,
        currency: Currency,
        now: Timestamp,
    ) -> Result<(Option<GrantView>, Option<f64>, Vec<Money>)> {
        let grant = self.grant_of(client, currency, now).await?;
        let all = grant.iter().map(|grant| grant.amount).chain(client.facts.credit_limit);
        let foreign_limits = all.filter(|amount| amount.currency() != currency).collect();
        let ours = |money: Money| (money.currency() == currency).then(|| money.major());
        let temporary = grant.and_then(|grant| {
            let LimitGrant { amount, granted_at, expires_at, author, reason } = grant;
            Some(GrantView { amount: ours(amount)?, granted_at, expires_at, author, reason })
        });
        Ok((temporary, client.facts.credit_limit.and_then(ours), foreign_limits))
    }

    /// What was granted here to a client, also under a code that was merged into it since: the least in its currency, for no
    /// merger takes back a limit. What was granted after the merger stands above that code's.
    async fn grant_of(&self, client: &Client, currency: Currency, now: Timestamp) -> Result<Option<LimitGrant>> {
        let treatments = self.store.treatments();
        let own = treatments.limit(client.id, now).await?;
        let since = own.as_ref().map(|grant| grant.granted_at);
        let mut grants: Vec<LimitGrant> = own.into_iter().collect();
        for merger in self.store.facts().mergers_of(client.id).await? {
            if merger.survivor == client.id && merger.is_in_force(now) && since.is_none_or(|at| at < merger.from_known)
            {
                grants.extend(treatments.limit(merger.client, now).await?);
            }
        }
        let is_foreign = |grant: &LimitGrant| grant.amount.currency() != currency;
        Ok(grants.into_iter().min_by_key(|grant| (is_foreign(grant), grant.amount.minor())))
    }

    /// Grants a limit, which stands above the one of the creditor's file until it ends.
    pub async fn grant_limit(&self, wanted: &Wanted<'_>, input: &GrantInput) -> Result<LimitView> {
        let client = self.find_own(wanted).await?;
        let now = self.clock.now();
        let examined = self.rescorer.examine(client.id, AsOf::at(now), None).await?;
        let ledger = ledger_currency(&client, &examined);
        let currency = currency_of(input.currency.as_deref(), ledger, "/currency")?;
        if examined.has_ledger && currency != ledger {
            let why =
                format!("must be {ledger}, the currency of the ledger: a limit in another one would bind nothing");
            return Err(Error::invalid("/currency", why));
        }
        let amount = input.amount.parse_from_zero(currency, "/amount")?;
        let reason = input.reason.trim();
        if !(1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
            return Err(Error::invalid("/reason", format!("must have 1 to {REASON_MAX_CHARS} characters")));
        }
        let latest = now.saturating_add(SignedDuration::from_hours(24 * MAX_DAYS)).unwrap_or(Timestamp::MAX);
        if input.expires_at.is_some_and(|at| at <= now || at > latest) {
            return Err(Error::invalid(
                "/expires_at",
                format!("must lie in the future, at most {MAX_DAYS} days from now"),
            ));
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
        let mut n_ended = 0;
        for (code, _) in self.whose(&client).await? {
            n_ended += usize::from(self.store.treatments().end_limit(code, &note, self.clock.now()).await?);
        }
        if n_ended == 0 {
            return Err(Error::NotFound("limit in force"));
        }
        self.limit(wanted).await
    }
}

/// The currency that a client's limits are in: that of its ledger; of its row, where nothing was ever invoiced.
fn ledger_currency(client: &Client, examined: &Examined) -> Currency {
    if examined.has_ledger { examined.currency } else { client.facts.currency }
}
