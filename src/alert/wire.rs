//! Subscriptions and deliveries as the API shows them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Guard, When, new_secret};
use crate::{
    domain::PortfolioId,
    store::{Delivery, DeliveryState, Subscription},
};

/// A name is shown in lists.
const MAX_NAME: usize = 100;
/// The new secret, and the one before it until every receiver knows the new one.
const MAX_SECRETS: usize = 2;

/// A new subscription.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionIn {
    /// What it is called, 1 to 100 characters.
    pub name: String,
    /// How to tell.
    pub channel: Channel,
    /// When to tell; left out: at any drop.
    #[serde(default)]
    pub when: When,
    /// Not available yet: only `null` is accepted.
    #[serde(default)]
    pub quiet_hours: Option<Value>,
    /// `en` (when left out) or `it`.
    #[serde(default)]
    pub locale: Option<String>,
}

/// A change to a subscription: only what is there is changed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionPatch {
    /// Another name.
    pub name: Option<String>,
    /// Another channel or address.
    pub channel: Option<Channel>,
    /// Other conditions; they replace the old ones as a whole.
    pub when: Option<When>,
    /// Not available yet: only `null` is accepted.
    pub quiet_hours: Option<Value>,
    /// `en` or `it`.
    pub locale: Option<String>,
    /// On or off. On again also forgives past failures.
    pub enabled: Option<bool>,
    /// A new signing secret; the one before stays valid beside it until the next rotation.
    pub rotate_secret: bool,
}

/// How to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A signed POST to an address.
    Webhook(Endpoint),
    /// Not available yet, and refused with a message that says so.
    Email(Value),
    /// The live stream, for whoever holds a key.
    Sse(Stream),
}

/// Where to post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// An https address.
    pub url: String,
}

/// The stream needs nothing said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {}

/// What is wrong with a subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Refused {
    /// The field, dotted: `channel.webhook.url`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Refused {
    fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }
}

impl SubscriptionIn {
    /// Checks everything and makes the subscription, with a new signing secret where there is something to sign.
    pub fn accept(&self, portfolio: PortfolioId, guard: &Guard, now: Timestamp) -> Result<Subscription, Refused> {
        let mut made = Subscription {
            id: format!("sub_{}", hex::encode(rand::random::<[u8; 12]>())),
            portfolio,
            name: name(&self.name)?,
            channel: String::new(),
            target: None,
            when: when(&self.when)?,
            secrets: Vec::new(),
            locale: locale(self.locale.as_deref())?,
            created_at: now,
            disabled: None,
            failing_since: None,
        };
        no_quiet_hours(self.quiet_hours.as_ref())?;
        self.channel.apply(&mut made, guard)?;
        Ok(made)
    }
}

impl SubscriptionPatch {
    /// The subscription after the change.
    pub fn apply(&self, old: &Subscription, guard: &Guard) -> Result<Subscription, Refused> {
        let mut made = old.clone();
        no_quiet_hours(self.quiet_hours.as_ref())?;
        if let Some(text) = &self.name {
            made.name = name(text)?;
        }
        if let Some(conditions) = &self.when {
            made.when = when(conditions)?;
        }
        if let Some(text) = &self.locale {
            made.locale = locale(Some(text))?;
        }
        if let Some(channel) = &self.channel {
            channel.apply(&mut made, guard)?;
        }
        match self.enabled {
            Some(true) => (made.disabled, made.failing_since) = (None, None),
            Some(false) => made.disabled = Some("switched off by its owner".to_owned()),
            None => {}
        }
        if self.rotate_secret && made.channel == "webhook" {
            made.secrets.insert(0, new_secret());
            made.secrets.truncate(MAX_SECRETS);
        }
        Ok(made)
    }
}

impl Channel {
    fn apply(&self, subscription: &mut Subscription, guard: &Guard) -> Result<(), Refused> {
        let (channel, target) = match self {
            Self::Webhook(endpoint) => {
                let field = "channel.webhook.url";
                let url = url::Url::parse(endpoint.url.trim())
                    .map_err(|error| Refused::new(field, format!("not an address: {error}")))?;
                guard.check(&url).map_err(|why| Refused::new(field, why))?;
                ("webhook", Some(url.to_string()))
            }
            Self::Email(_) => {
                let why = "e-mail is not available in this version; use a webhook or the stream";
                return Err(Refused::new("channel.email", why));
            }
            Self::Sse(_) => ("sse", None),
        };
        if channel == "webhook" && subscription.secrets.is_empty() {
            subscription.secrets.push(new_secret());
        }
        subscription.channel = channel.to_owned();
        subscription.target = target;
        Ok(())
    }
}

fn name(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(Refused::new(
            "name",
            format!("must have 1 to {MAX_NAME} characters, none of them control characters"),
        ));
    }
    Ok(text.to_owned())
}

fn locale(text: Option<&str>) -> Result<String, Refused> {
    match text {
        None | Some("en") => Ok("en".to_owned()),
        Some("it") => Ok("it".to_owned()),
        Some(other) => Err(Refused::new("locale", format!("{other:?}: must be en or it"))),
    }
}

fn when(conditions: &When) -> Result<String, Refused> {
    conditions.parse().map_err(|error| Refused::new(&format!("when.{}", error.field), error.why))?;
    Ok(serde_json::json!(conditions.spelled_out()).to_string())
}

fn no_quiet_hours(written: Option<&Value>) -> Result<(), Refused> {
    match written {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(Refused::new("quiet_hours", "not available in this version; leave it out")),
    }
}

/// A subscription as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubscriptionOut {
    /// `sub_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How to tell.
    pub channel: Channel,
    /// When to tell, with what was left out filled in.
    pub when: When,
    /// `en` or `it`.
    pub locale: String,
    /// Whether it is on.
    pub enabled: bool,
    /// Why it is off.
    pub disabled: Option<String>,
    /// Since when its endpoint has not answered well.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The newest signing secret; shown when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl SubscriptionOut {
    /// As shown in lists: without the secret.
    pub fn of(subscription: &Subscription) -> Self {
        let target = || Endpoint { url: subscription.target.clone().unwrap_or_default() };
        Self {
            id: subscription.id.clone(),
            name: subscription.name.clone(),
            channel: if subscription.channel == "webhook" {
                Channel::Webhook(target())
            } else {
                Channel::Sse(Stream {})
            },
            when: serde_json::from_str(&subscription.when).unwrap_or_default(),
            locale: subscription.locale.clone(),
            enabled: subscription.disabled.is_none(),
            disabled: subscription.disabled.clone(),
            failing_since: subscription.failing_since,
            created_at: subscription.created_at,
            secret: None,
        }
    }

    /// As shown once, when the secret has just been made.
    pub fn with_secret(subscription: &Subscription) -> Self {
        Self { secret: subscription.secrets.first().cloned(), ..Self::of(subscription) }
    }
}

/// A delivery as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveryOut {
    /// Its key, for redelivery.
    pub id: i64,
    /// The event; also the `webhook-id`.
    pub seq: i64,
    /// `pending`, `delivered`, `exhausted` (every attempt failed), `dropped` (the endpoint was switched off).
    pub state: &'static str,
    /// Attempts made.
    pub attempts: i64,
    /// When the next one is due.
    pub next_at: Option<Timestamp>,
    /// HTTP status of the last attempt.
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When this last changed.
    pub updated_at: Timestamp,
}

impl DeliveryOut {
    /// As shown in lists.
    pub fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id,
            seq: delivery.seq,
            state: match delivery.state {
                DeliveryState::Pending => "pending",
                DeliveryState::Delivered => "delivered",
                DeliveryState::Exhausted => "exhausted",
                DeliveryState::Dropped => "dropped",
            },
            attempts: delivery.n_attempts,
            next_at: delivery.next_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error.clone(),
            updated_at: delivery.updated_at,
        }
    }
}
