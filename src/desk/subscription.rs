use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Caller, Desk, Error, Result, Slice,
    wish::{SubscriptionChange, SubscriptionInput},
};
use crate::{
    alert::Alerts,
    domain::{PortfolioId, PortfolioName},
    store::{Delivery, DeliveryState, Subscription},
};

/// Subscriptions of one portfolio: each event is held against all of them.
const MAX_PER_PORTFOLIO: usize = 200;

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
    #[schema(value_type = Object)]
    pub channel: Value,
    /// On which conditions.
    #[schema(value_type = Object)]
    pub when: Value,
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
}

/// How a test went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestView {
    /// Whether the receiver took it (any 2xx).
    pub delivered: bool,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Why it was not taken, in a few words.
    pub error: Option<String>,
}

/// Who sends test events.
#[derive(Debug, Clone)]
pub struct Tester(Alerts);

impl From<Alerts> for Tester {
    fn from(alerts: Alerts) -> Self {
        Self(alerts)
    }
}

/// An event on its way to a subscriber.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its number.
    pub id: i64,
    /// The event's `seq`, also the webhook-id; 0 for a test.
    pub seq: i64,
    /// `pending`, `delivered`, `exhausted` or `dropped`.
    pub state: String,
    /// Attempts made.
    pub attempts: i64,
    /// When it is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// What the receiver answered last.
    pub last_status: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let state = match delivery.state {
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Exhausted => "exhausted",
            DeliveryState::Dropped => "dropped",
        };
        Self {
            id: delivery.id,
            seq: delivery.seq,
            state: state.to_owned(),
            attempts: delivery.n_attempts,
            next_at: delivery.next_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            updated_at: delivery.updated_at,
        }
    }
}

impl Desk {
    /// Makes a subscription; the answer is the only one with its secret.
    pub async fn subscribe(&self, caller: &Caller, input: SubscriptionInput) -> Result<SubscriptionView> {
        let (portfolio, portfolio_name) = self.target(caller, input.portfolio.as_deref()).await?;
        let subscription = input.accept(portfolio, self.allow_private_webhooks, self.clock.now())?;
        if self.store.deliveries().subscriptions(Some(&[portfolio])).await?.len() >= MAX_PER_PORTFOLIO {
            return Err(Error::invalid("", format!("a portfolio has at most {MAX_PER_PORTFOLIO} subscriptions")));
        }
        self.store.deliveries().subscribe(&subscription).await?;
        self.note(caller, "subscription.created", &subscription.id, &Value::Null).await?;
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
        let (before, names) = self.own(caller, id).await?;
        let subscription = change.apply(&before, self.allow_private_webhooks)?;
        if !self.store.deliveries().update(&subscription).await? {
            return Err(Error::NotFound("subscription"));
        }
        self.note(caller, "subscription.changed", id, &Value::Null).await?;
        // A secret is shown when it was just made: by a rotation, or by a change from the stream to a webhook.
        let secret = subscription.secrets.first().filter(|new| before.secrets.first() != Some(new)).cloned();
        Ok(view(subscription, &names, secret))
    }

    /// Ends a subscription; what was not delivered yet never will be.
    pub async fn unsubscribe(&self, caller: &Caller, id: &str) -> Result<()> {
        let (subscription, _) = self.own(caller, id).await?;
        if !self.store.deliveries().unsubscribe(&[subscription.portfolio], id).await? {
            return Err(Error::NotFound("subscription"));
        }
        self.note(caller, "subscription.ended", id, &Value::Null).await
    }

    /// Sends the receiver a test event at once, signed like any other, and says what came back.
    pub async fn test_subscription(&self, caller: &Caller, id: &str, tester: &Tester) -> Result<TestView> {
        let (subscription, _) = self.own(caller, id).await?;
        let answer = tester.0.test(&subscription).await;
        Ok(TestView { delivered: answer.is_success(), status: answer.status, error: answer.error })
    }

    /// What was sent to a subscriber, newest first, before `before`.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: &str,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Slice<DeliveryView>> {
        let (subscription, _) = self.own(caller, id).await?;
        let found = self.store.deliveries().of(&subscription.id, before, limit + 1).await?;
        let next = (found.len() > limit).then(|| found[limit - 1].id);
        Ok(Slice { items: found.into_iter().take(limit).map(DeliveryView::from).collect(), next })
    }

    /// Sends something again.
    pub async fn redeliver(&self, caller: &Caller, id: &str, delivery: i64) -> Result<()> {
        let (subscription, _) = self.own(caller, id).await?;
        if !self.store.deliveries().redeliver(&subscription.id, delivery, self.clock.now()).await? {
            return Err(Error::NotFound("delivery"));
        }
        self.note(caller, "delivery.repeated", id, &serde_json::json!({ "delivery": delivery })).await
    }

    async fn own(&self, caller: &Caller, id: &str) -> Result<(Subscription, Vec<(PortfolioId, PortfolioName)>)> {
        let names = self.portfolios(caller, None).await?;
        let visible: Vec<PortfolioId> = names.iter().map(|(id, _)| *id).collect();
        let found = self.store.deliveries().subscription(&visible, id).await?;
        Ok((found.ok_or(Error::NotFound("subscription"))?, names))
    }
}

fn view(s: Subscription, names: &[(PortfolioId, PortfolioName)], secret: Option<String>) -> SubscriptionView {
    let portfolio = names.iter().find(|(id, _)| *id == s.portfolio).map(|(_, name)| name.to_string());
    SubscriptionView {
        id: s.id,
        portfolio: portfolio.unwrap_or_default(),
        name: s.name,
        channel: serde_json::json!({ (s.channel): s.target.map_or(serde_json::json!({}), |url| serde_json::json!({ "url": url })) }),
        when: serde_json::from_str(&s.when).unwrap_or(Value::Null),
        locale: s.locale,
        created_at: s.created_at,
        enabled: s.disabled.is_none(),
        disabled: s.disabled,
        failing_since: s.failing_since,
        secret,
    }
}
