//! Where a subscriber is told, and whether it can be.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use utoipa::ToSchema;

use super::{Error, Result};
use crate::{alert, store::Subscription};

/// How often a mailbox may get a message.
const DIGESTS: [&str; 3] = ["none", "hourly", "daily"];

/// What this installation can do and its operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reachable {
    /// Webhooks may go to private and loopback addresses.
    pub private_webhooks: bool,
    /// There is a mail server.
    pub mail: bool,
}

/// Where to tell.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelInput {
    /// A signed POST.
    Webhook(WebhookInput),
    /// The live stream, for whoever holds a key.
    Sse(StreamInput),
    /// A mail.
    Email(MailInput),
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

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailInput {
    /// Its address, as `credit@example.com`.
    pub to: String,
    /// `none` (when left out: a mail for each alert), `hourly`, or `daily` at eight by the subscriber's clock.
    #[serde(default)]
    pub digest: Option<String>,
}

impl ChannelInput {
    /// Points a subscription at this channel.
    pub(super) fn apply(&self, subscription: &mut Subscription, reachable: Reachable) -> Result<()> {
        let (channel, target, digest) = match self {
            Self::Webhook(receiver) => ("webhook", Some(checked_url(&receiver.url, reachable)?), "none"),
            Self::Sse(_) => ("sse", None, "none"),
            Self::Email(_) if !reachable.mail => {
                let why = "this installation has no mail server: its operator sets [mail], until then use a webhook or the \
                           stream";
                return Err(Error::invalid("/channel/email", why));
            }
            Self::Email(mailbox) => {
                let to = alert::check_address(&mailbox.to).map_err(|why| Error::invalid("/channel/email/to", why))?;
                ("email", Some(to), checked_digest(mailbox.digest.as_deref().unwrap_or("none"))?)
            }
        };
        if channel == "webhook" && subscription.secrets.is_empty() {
            subscription.secrets.push(alert::new_secret());
        }
        subscription.channel = channel.to_owned();
        subscription.target = target;
        subscription.digest = digest.to_owned();
        Ok(())
    }
}

/// The channel of a subscription, as it was written.
pub(super) fn written(subscription: &Subscription) -> Value {
    let target = subscription.target.as_deref().unwrap_or_default();
    match subscription.channel.as_str() {
        "webhook" => json!({ "webhook": { "url": target } }),
        "email" => json!({ "email": { "to": target, "digest": subscription.digest } }),
        other => json!({ (other): {} }),
    }
}

fn checked_url(text: &str, reachable: Reachable) -> Result<String> {
    let wrong = |why: String| Error::invalid("/channel/webhook/url", why);
    let url: Url = text.trim().parse().map_err(|e| wrong(format!("not an address: {e}")))?;
    alert::check_url(&url, reachable.private_webhooks).map_err(wrong)?;
    Ok(url.to_string())
}

fn checked_digest(text: &str) -> Result<&'static str> {
    let unknown = || Error::invalid("/channel/email/digest", format!("must be one of {}", DIGESTS.join(", ")));
    DIGESTS.into_iter().find(|digest| *digest == text).ok_or_else(unknown)
}
