use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Caller, Desk, Error, Result,
    channel::{self, ChannelInput, Reachable},
    wish::{QuietInput, RotateInput, SubscriptionChange, SubscriptionInput},
};
use crate::{
    alert::{self, QuietHours, When},
    domain::{PortfolioId, PortfolioName},
    store::{Note, Subscription, noting},
};

/// Subscriptions of one portfolio: each event is held against all of them.
const MAX_PER_PORTFOLIO: usize = 200;
/// Why a subscription is off that its reader ended.
const ENDED_BY_READER: &str = "ended by its reader";

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// `sub_…`.
    pub id: String,
    /// Whose events.
    pub portfolio: String,
    /// What the subscriber calls it.
    pub name: String,
    /// Where it tells.
    #[schema(value_type = ChannelInput)]
    pub channel: Value,
    /// On which conditions.
    #[schema(value_type = When)]
    pub when: Value,
    /// When nothing is sent.
    pub quiet_hours: Option<QuietInput>,
    /// By whose clock: an IANA name.
    pub time_zone: String,
    /// `digest` or `each`: what happens when too many come at once.
    pub storm: String,
    /// Who is told by mail when it is switched off.
    pub contact: Option<String>,
    /// `it` or `en`.
    pub locale: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Whether it is on.
    pub enabled: bool,
    /// Why it is off; null while it is on.
    pub disabled: Option<String>,
    /// Since when the receiver has not answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// The signing secret, `whsec_…`; shown only when it was just made.
    pub secret: Option<String>,
    /// Until when the secret before signs, too; null when there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub old_secret_until: Option<Timestamp>,
}

/// A subscription as its reader sees it, who has no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderView {
    /// What its owner calls it.
    pub name: String,
    /// Whether the reader reads Italian.
    pub is_italian: bool,
    /// Whether it still tells anything.
    pub is_on: bool,
}

impl Desk {
    /// What can be reached from here.
    fn reachable(&self) -> Reachable {
        Reachable { private_webhooks: self.allow_private_webhooks, mail: self.has_mail }
    }

    /// Makes a subscription; the answer is the only one with its secret.
    pub async fn subscribe(&self, caller: &Caller, input: SubscriptionInput) -> Result<SubscriptionView> {
        let (portfolio, portfolio_name) = self.target(caller, input.portfolio.as_deref()).await?;
        let subscription = input.accept(portfolio, self.reachable(), self.clock.now())?;
        if self.store.deliveries().subscriptions(Some(&[portfolio])).await?.len() >= MAX_PER_PORTFOLIO {
            return Err(Error::invalid("", format!("a portfolio has at most {MAX_PER_PORTFOLIO} subscriptions")));
        }
        let deliveries = self.store.deliveries();
        let subscribing = deliveries.subscribe(&subscription);
        self.noted(caller, ("subscription.created", &subscription.id), &Value::Null, subscribing).await?;
        let secret = subscription.secrets.first().cloned();
        Ok(view(subscription, &[(portfolio, portfolio_name)], secret))
    }

    /// The visible subscriptions.
    pub async fn subscriptions(&self, caller: &Caller) -> Result<Vec<SubscriptionView>> {
        let names = self.portfolios(caller, None).await?;
        let all = self.store.deliveries().subscriptions(caller.reach.only()).await?;
        Ok(all.into_iter().map(|s| view(s, &names, None)).collect())
    }

    /// One subscription.
    pub async fn subscription(&self, caller: &Caller, id: &str) -> Result<SubscriptionView> {
        let (subscription, names) = self.own(caller, id).await?;
        Ok(view(subscription, &names, None))
    }

    /// Changes a subscription.
    pub async fn change_subscription(
        &self,
        caller: &Caller,
        id: &str,
        change: SubscriptionChange,
    ) -> Result<SubscriptionView> {
        let (reachable, now) = (self.reachable(), self.clock.now());
        let apply = |before: &Subscription| change.apply(before, reachable, now);
        let (before, subscription, names) = self.change_own(caller, ("subscription.changed", id), apply).await?;
        // A secret is shown when it was just made: by a rotation, or by a change from the stream to a webhook.
        let secret = subscription.secrets.first().filter(|new| before.secrets.first() != Some(new)).cloned();
        Ok(view(subscription, &names, secret))
    }

    /// Gives a webhook a new secret; the one before signs beside it for the overlap that the answer states.
    pub async fn rotate_secret(&self, caller: &Caller, id: &str, input: RotateInput) -> Result<SubscriptionView> {
        let now = self.clock.now();
        let rotate = |before: &Subscription| {
            let mut rotated = before.clone();
            input.apply(&mut rotated, now).map(|()| rotated)
        };
        let (_, subscription, names) = self.change_own(caller, ("subscription.secret_rotated", id), rotate).await?;
        let secret = subscription.secrets.first().cloned();
        Ok(view(subscription, &names, secret))
    }

    /// Changes a subscription that the caller sees, and notes what was done: as it was, as it is now, and the portfolios that the
    /// caller sees.
    async fn change_own(
        &self,
        caller: &Caller,
        (what, id): (&'static str, &str),
        change: impl FnOnce(&Subscription) -> Result<Subscription>,
    ) -> Result<(Subscription, Subscription, Vec<(PortfolioId, PortfolioName)>)> {
        let names = self.portfolios(caller, None).await?;
        let visible: Vec<PortfolioId> = names.iter().map(|(id, _)| *id).collect();
        let note = Note::new(self.clock.now(), &caller.name, what, id, Value::Null.to_string());
        let changed = noting(note, self.store.deliveries().change(&visible, id, change)).await?;
        let (before, after) = changed.ok_or(Error::NotFound("subscription"))?;
        Ok((before, after, names))
    }

    /// Ends a subscription; what was not delivered yet never will be.
    pub async fn unsubscribe(&self, caller: &Caller, id: &str) -> Result<()> {
        let (subscription, _) = self.own(caller, id).await?;
        let (deliveries, whose) = (self.store.deliveries(), [subscription.portfolio]);
        let ending = deliveries.unsubscribe(&whose, id);
        let was_there = self.noted(caller, ("subscription.ended", id), &Value::Null, ending).await?;
        was_there.then_some(()).ok_or(Error::NotFound("subscription"))
    }

    /// The subscription behind the link of a mail. A link that was not made here, or for an address that is no longer the
    /// subscription's, is as unknown as any text.
    pub async fn reader_of(&self, token: &str) -> Result<ReaderView> {
        let subscription = self.proven(token).await?;
        let is_italian = subscription.locale == "it";
        Ok(ReaderView { name: subscription.name, is_italian, is_on: subscription.disabled.is_none() })
    }

    /// Switches the subscription off that a mail's link speaks of; doing it twice is the same as once.
    pub async fn end_for_reader(&self, token: &str) -> Result<ReaderView> {
        let subscription = self.proven(token).await?;
        let now = self.clock.now();
        let note = Note::new(now, "reader", "subscription.ended_by_reader", &subscription.id, Value::Null.to_string());
        noting(note, self.store.deliveries().switch_off(&subscription.id, ENDED_BY_READER, now)).await?;
        self.reader_of(token).await
    }

    async fn proven(&self, token: &str) -> Result<Subscription> {
        let unknown = || Error::NotFound("subscription");
        let id = alert::subscription_in(token).ok_or_else(unknown)?;
        let subscription = self.store.deliveries().subscription_by_id(id).await?.ok_or_else(unknown)?;
        let key = self.store.deliveries().link_key().await?;
        let address = subscription.target.as_deref().filter(|_| subscription.channel == "email");
        match address {
            Some(address) if alert::is_genuine(&key, token, address) => Ok(subscription),
            _ => Err(unknown()),
        }
    }

    /// The subscription, when the caller sees it, and the portfolios that the caller sees.
    pub(super) async fn own(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<(Subscription, Vec<(PortfolioId, PortfolioName)>)> {
        let names = self.portfolios(caller, None).await?;
        let visible: Vec<PortfolioId> = names.iter().map(|(id, _)| *id).collect();
        let found = self.store.deliveries().subscription(&visible, id).await?;
        Ok((found.ok_or(Error::NotFound("subscription"))?, names))
    }
}

fn view(s: Subscription, names: &[(PortfolioId, PortfolioName)], secret: Option<String>) -> SubscriptionView {
    let portfolio = names.iter().find(|(id, _)| *id == s.portfolio).map(|(_, name)| name.to_string());
    SubscriptionView {
        channel: channel::written(&s),
        quiet_hours: quiet_hours(&s),
        id: s.id,
        portfolio: portfolio.unwrap_or_default(),
        name: s.name,
        when: serde_json::from_str(&s.when).unwrap_or(Value::Null),
        time_zone: s.time_zone,
        storm: s.storm,
        contact: s.contact,
        locale: s.locale,
        created_at: s.created_at,
        enabled: s.disabled.is_none(),
        disabled: s.disabled,
        failing_since: s.failing_since,
        secret,
        old_secret_until: s.old_secret_until.filter(|_| s.secrets.len() > 1),
    }
}

fn quiet_hours(s: &Subscription) -> Option<QuietInput> {
    let (from, to) = s.quiet.as_deref()?.parse::<QuietHours>().ok()?.ends();
    Some(QuietInput { from, to, time_zone: Some(s.time_zone.clone()) })
}
