//! What a subscriber asks for, and whether it can be had.

use std::{fmt, marker::PhantomData};

use jiff::{SignedDuration, Timestamp};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Error, Result,
    channel::{ChannelInput, Reachable},
};
use crate::{
    alert::{self, QuietHours, When},
    domain::PortfolioId,
    store::Subscription,
};

/// Old and new secret are both valid while a receiver changes over.
const MAX_SECRETS: usize = 2;
/// How long the old secret signs beside the new one when nobody says otherwise: a working day and a night.
const OVERLAP_H: u32 = 24;
/// And at most: a secret that signs for longer was not rotated.
const MAX_OVERLAP_H: u32 = 7 * 24;
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
    #[serde(default, deserialize_with = "object")]
    pub when: Option<When>,
    /// When nothing is sent; what came then is told when they end, in one message. Null means never.
    #[serde(default, deserialize_with = "object")]
    pub quiet_hours: Option<QuietInput>,
    /// The subscriber's time zone by its IANA name, as `Europe/Rome`; `UTC` when left out.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// What happens when more alerts come at once than one can read: `digest` (when left out), one message with all of
    /// them, or `each`, for a program that wants every single one.
    #[serde(default)]
    pub storm: Option<String>,
    /// The address of whom to tell by mail when the subscription is switched off because its receiver fails.
    #[serde(default)]
    pub contact: Option<String>,
    /// `en` (when left out) or `it`.
    #[serde(default)]
    pub locale: Option<String>,
}

/// Hours of the subscriber's clock in which nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietInput {
    /// When they begin, `HH:MM`.
    #[schema(example = "22:00")]
    pub from: String,
    /// When they end, `HH:MM`; earlier than the beginning means on the next day.
    #[schema(example = "07:00")]
    pub to: String,
    /// The subscriber's time zone, as at the top.
    #[serde(default)]
    pub time_zone: Option<String>,
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
    #[serde(deserialize_with = "object")]
    pub when: Option<When>,
    /// Other quiet hours, or none with null. What waits already is told when it was to be told.
    #[serde(deserialize_with = "said")]
    #[schema(value_type = Option<QuietInput>)]
    pub quiet_hours: Option<Option<QuietInput>>,
    /// Another time zone.
    pub time_zone: Option<String>,
    /// `digest` or `each`.
    pub storm: Option<String>,
    /// Another contact, or none with null.
    #[serde(deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub contact: Option<Option<String>>,
    /// `it` or `en`.
    pub locale: Option<String>,
    /// Switched on (which also forgives past failures) or off.
    pub enabled: Option<bool>,
    /// Makes a new secret; the one before signs beside it for a day.
    pub rotate_secret: bool,
}

/// How a secret is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RotateInput {
    /// For how many hours the secret before signs, too: 24 when left out, at most 168; 0 ends it at once.
    #[schema(maximum = 168)]
    pub overlap_hours: Option<u32>,
}

/// A field that was sent, null included.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// An object, or null. By itself serde takes a list of an object's values for the object, which the document of the API does not
/// say, and a list of two nulls would be a wish.
pub(super) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    struct Fields<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, fields: M) -> Result<Self::Value, M::Error> {
            T::deserialize(MapAccessDeserializer::new(fields)).map(Some)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    field.deserialize_any(Fields(PhantomData))
}

impl SubscriptionInput {
    /// Checks everything and makes the subscription, with a new signing secret where there is something to sign.
    pub fn accept(&self, portfolio: PortfolioId, reachable: Reachable, now: Timestamp) -> Result<Subscription> {
        let mut made = Subscription {
            id: format!("sub_{}", Uuid::now_v7().simple()),
            name: checked_name(&self.name)?,
            when: checked_when(self.when.as_ref().unwrap_or(&When::default()))?,
            locale: checked_locale(self.locale.as_deref().unwrap_or("en"))?,
            storm: checked_storm(self.storm.as_deref().unwrap_or("digest"))?,
            contact: checked_contact(self.contact.as_deref(), reachable)?,
            ..alert::default_subscription(portfolio, now)
        };
        set_clock(&mut made, self.time_zone.as_deref(), Some(self.quiet_hours.as_ref()))?;
        self.channel.apply(&mut made, reachable)?;
        Ok(made)
    }
}

impl SubscriptionChange {
    /// The subscription after the change.
    pub fn apply(&self, before: &Subscription, reachable: Reachable, now: Timestamp) -> Result<Subscription> {
        let mut made = before.clone();
        if let Some(name) = &self.name {
            made.name = checked_name(name)?;
        }
        if let Some(when) = &self.when {
            made.when = checked_when(when)?;
        }
        if let Some(locale) = &self.locale {
            made.locale = checked_locale(locale)?;
        }
        if let Some(storm) = &self.storm {
            made.storm = checked_storm(storm)?;
        }
        if let Some(contact) = &self.contact {
            made.contact = checked_contact(contact.as_deref(), reachable)?;
        }
        set_clock(&mut made, self.time_zone.as_deref(), self.quiet_hours.as_ref().map(Option::as_ref))?;
        if let Some(channel) = &self.channel {
            channel.apply(&mut made, reachable)?;
        }
        match self.enabled {
            Some(true) => (made.disabled, made.failing_since) = (None, None),
            Some(false) => made.disabled = Some("switched off by its owner".to_owned()),
            None => {}
        }
        if self.rotate_secret && made.channel == "webhook" {
            RotateInput::default().apply(&mut made, now)?;
        }
        Ok(made)
    }
}

impl RotateInput {
    /// Gives a webhook a new secret, and the one before its last hours.
    pub fn apply(&self, subscription: &mut Subscription, now: Timestamp) -> Result<()> {
        if subscription.channel != "webhook" {
            return Err(Error::invalid("", "only a webhook has a secret"));
        }
        let overlap_h = self.overlap_hours.unwrap_or(OVERLAP_H);
        if overlap_h > MAX_OVERLAP_H {
            return Err(Error::invalid("/overlap_hours", format!("must be 0 to {MAX_OVERLAP_H}")));
        }
        subscription.secrets.insert(0, alert::new_secret());
        subscription.secrets.truncate(if overlap_h == 0 { 1 } else { MAX_SECRETS });
        let until = now.checked_add(SignedDuration::from_hours(overlap_h.into())).ok();
        subscription.old_secret_until = until.filter(|_| overlap_h > 0);
        Ok(())
    }
}

/// Sets time zone and quiet hours; `quiet`: none leaves them as they are.
fn set_clock(made: &mut Subscription, zone: Option<&str>, quiet: Option<Option<&QuietInput>>) -> Result<()> {
    let inner = quiet.flatten().and_then(|quiet| quiet.time_zone.as_deref());
    let zone = match (zone, inner) {
        (Some(outer), Some(inner)) if outer.trim() != inner.trim() => {
            return Err(Error::invalid("/quiet_hours/time_zone", format!("is another than time_zone, {outer}")));
        }
        (Some(outer), _) => Some(("/time_zone", outer)),
        (None, Some(inner)) => Some(("/quiet_hours/time_zone", inner)),
        (None, None) => None,
    };
    if let Some((pointer, name)) = zone {
        alert::time_zone(name).map_err(|error| Error::invalid(pointer, error))?;
        made.time_zone = name.trim().to_owned();
    }
    if let Some(quiet) = quiet {
        let hours = quiet.map(|quiet| format!("{}-{}", quiet.from, quiet.to).parse::<QuietHours>()).transpose();
        let hours = hours.map_err(|error| Error::invalid("/quiet_hours", error))?;
        made.quiet = hours.map(|hours| hours.to_string());
    }
    Ok(())
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

fn checked_storm(storm: &str) -> Result<String> {
    match storm {
        "digest" | "each" => Ok(storm.to_owned()),
        _ => Err(Error::invalid("/storm", "must be digest or each")),
    }
}

fn checked_contact(contact: Option<&str>, reachable: Reachable) -> Result<Option<String>> {
    let wrong = |why: String| Error::invalid("/contact", why);
    match contact {
        None => Ok(None),
        Some(_) if !reachable.mail => {
            Err(wrong("this installation has no mail server that could tell it: its operator sets [mail]".to_owned()))
        }
        Some(address) => alert::check_address(address).map(Some).map_err(wrong),
    }
}

/// The conditions as they are stored, with what was left out written down.
fn checked_when(when: &When) -> Result<String> {
    when.parse().map_err(|e| Error::invalid(format!("/when/{}", e.field), e))?;
    serde_json::to_string(&when.spelled_out()).map_err(|e| Error::invalid("/when", e))
}
