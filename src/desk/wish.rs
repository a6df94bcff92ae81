//! What a subscriber asks for, and whether it can be had.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Error, Result};
use crate::{
    alert::{self, When},
    domain::PortfolioId,
    store::Subscription,
};

/// Old and new secret are both valid while a receiver changes over.
const MAX_SECRETS: usize = 2;
/// A name that fits on a line.
const NAME_MAX_CHARS: usize = 100;

/// A wish to be told.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionInput {
    /// What the subscriber calls it, 1 to 100 characters.
    pub name: String,
    /// Whose events; needed when the key sees more than one portfolio.
    #[serde(default)]
    pub portfolio: Option<String>,
    /// Where to tell.
    pub channel: ChannelInput,
    /// On which conditions; any drop when left out.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub when: Option<When>,
    /// Not available yet: only null is taken.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub quiet_hours: Option<Value>,
    /// `en` (when left out) or `it`.
    #[serde(default)]
    pub locale: Option<String>,
}

/// What is to be different; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionChange {
    /// Another name.
    pub name: Option<String>,
    /// Another channel, or another receiver.
    pub channel: Option<ChannelInput>,
    /// Other conditions, as a whole.
    #[schema(value_type = Option<Object>)]
    pub when: Option<When>,
    /// Not available yet: only null is taken.
    #[schema(value_type = Option<Object>)]
    pub quiet_hours: Option<Value>,
    /// `it` or `en`.
    pub locale: Option<String>,
    /// Switched on (which also forgives past failures) or off.
    pub enabled: Option<bool>,
    /// Makes a new secret; the one before stays valid beside it.
    pub rotate_secret: bool,
}

/// Where to tell.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelInput {
    /// A signed POST.
    Webhook(WebhookInput),
    /// The live stream, for whoever holds a key.
    Sse(StreamInput),
    /// Not available yet, and refused with a sentence that says so.
    #[schema(value_type = Object)]
    Email(Value),
}

/// A receiver of signed POSTs.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// Its address.
    pub url: String,
}

/// The stream needs nothing said.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamInput {}

impl SubscriptionInput {
    /// Checks everything and makes the subscription, with a new signing secret where there is something to sign.
    /// `allow_private`: whether a webhook may go to a private or loopback address.
    pub fn accept(&self, portfolio: PortfolioId, allow_private: bool, now: Timestamp) -> Result<Subscription> {
        let mut made = Subscription {
            id: format!("sub_{}", Uuid::now_v7().simple()),
            portfolio,
            name: checked_name(&self.name)?,
            channel: String::new(),
            target: None,
            when: checked_when(self.when.as_ref().unwrap_or(&When::default()))?,
            secrets: Vec::new(),
            locale: checked_locale(self.locale.as_deref().unwrap_or("en"))?,
            created_at: now,
            disabled: None,
            failing_since: None,
        };
        no_quiet_hours(self.quiet_hours.as_ref())?;
        self.channel.apply(&mut made, allow_private)?;
        Ok(made)
    }
}

impl SubscriptionChange {
    /// The subscription after the change.
    pub fn apply(&self, before: &Subscription, allow_private: bool) -> Result<Subscription> {
        let mut made = before.clone();
        no_quiet_hours(self.quiet_hours.as_ref())?;
        if let Some(name) = &self.name {
            made.name = checked_name(name)?;
        }
        if let Some(when) = &self.when {
            made.when = checked_when(when)?;
        }
        if let Some(locale) = &self.locale {
            made.locale = checked_locale(locale)?;
        }
        if let Some(channel) = &self.channel {
            channel.apply(&mut made, allow_private)?;
        }
        match self.enabled {
            Some(true) => (made.disabled, made.failing_since) = (None, None),
            Some(false) => made.disabled = Some("switched off by its owner".to_owned()),
            None => {}
        }
        if self.rotate_secret && made.channel == "webhook" {
            made.secrets.insert(0, alert::new_secret());
            made.secrets.truncate(MAX_SECRETS);
        }
        Ok(made)
    }
}

impl ChannelInput {
    fn apply(&self, subscription: &mut Subscription, allow_private: bool) -> Result<()> {
        let (channel, target) = match self {
            Self::Webhook(receiver) => ("webhook", Some(checked_url(&receiver.url, allow_private)?)),
            Self::Sse(_) => ("sse", None),
            Self::Email(_) => {
                let why = "e-mail is not available in this version; use a webhook or the stream";
                return Err(Error::invalid("/channel/email", why));
            }
        };
        if channel == "webhook" && subscription.secrets.is_empty() {
            subscription.secrets.push(alert::new_secret());
        }
        subscription.channel = channel.to_owned();
        subscription.target = target;
        Ok(())
    }
}

fn checked_url(text: &str, allow_private: bool) -> Result<String> {
    let wrong = |why: String| Error::invalid("/channel/webhook/url", why);
    let url: Url = text.trim().parse().map_err(|e| wrong(format!("not an address: {e}")))?;
    alert::check_url(&url, allow_private).map_err(wrong)?;
    Ok(url.to_string())
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    match name.chars().count() {
        1..=NAME_MAX_CHARS if !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => {
            let why = format!("must have 1 to {NAME_MAX_CHARS} characters, none of them control characters");
            Err(Error::invalid("/name", why))
        }
    }
}

fn checked_locale(locale: &str) -> Result<String> {
    match locale {
        "it" | "en" => Ok(locale.to_owned()),
        _ => Err(Error::invalid("/locale", "must be it or en")),
    }
}

fn no_quiet_hours(written: Option<&Value>) -> Result<()> {
    match written {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(Error::invalid("/quiet_hours", "not available in this version; leave it out")),
    }
}

/// The conditions as they are stored, with what was left out written down.
fn checked_when(when: &When) -> Result<String> {
    when.parse().map_err(|e| Error::invalid(format!("/when/{}", e.field), e))?;
    serde_json::to_string(&when.spelled_out()).map_err(|e| Error::invalid("/when", e))
}
