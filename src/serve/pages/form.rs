//! What a form brings: who sent it and that they may, its fields, and why it was refused.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    look::Tongue,
    session::{Closed, Guest, Sent},
};
use crate::{
    desk::AmountInput,
    domain::Rank,
    serve::{House, fault::Fault},
};

/// A form that an analyst may send, and whoever may more.
pub(super) struct ByAnalyst<T>(pub(super) Guest, pub(super) T);

/// A form that a manager may send, and whoever may more.
pub(super) struct ByManager<T>(pub(super) Guest, pub(super) T);

/// A form that an administrator may send.
pub(super) struct ByAdmin<T>(pub(super) Guest, pub(super) T);

/// Somebody's form, when they may send it: who may not is told so before anything in it is read.
async fn sent_by<T: DeserializeOwned>(least: Rank, request: Request, house: &House) -> Result<(Guest, T), Closed> {
    let (mut parts, body) = request.into_parts();
    let guest = <Guest as FromRequestParts<House>>::from_request_parts(&mut parts, house).await?;
    guest.must_be(least).map_err(Closed::Fault)?;
    let Sent(fields) = Sent::from_request(Request::from_parts(parts, body), house).await.map_err(Closed::Fault)?;
    Ok((guest, fields))
}

impl<T: DeserializeOwned> FromRequest<House> for ByAnalyst<T> {
    type Rejection = Closed;

    async fn from_request(request: Request, house: &House) -> Result<Self, Closed> {
        sent_by(Rank::Analyst, request, house).await.map(|(guest, fields)| Self(guest, fields))
    }
}

impl<T: DeserializeOwned> FromRequest<House> for ByManager<T> {
    type Rejection = Closed;

    async fn from_request(request: Request, house: &House) -> Result<Self, Closed> {
        sent_by(Rank::Manager, request, house).await.map(|(guest, fields)| Self(guest, fields))
    }
}

impl<T: DeserializeOwned> FromRequest<House> for ByAdmin<T> {
    type Rejection = Closed;

    async fn from_request(request: Request, house: &House) -> Result<Self, Closed> {
        sent_by(Rank::Admin, request, house).await.map(|(guest, fields)| Self(guest, fields))
    }
}

/// What a field says; an empty one says nothing.
pub(super) fn said(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The day that a field says.
pub(super) fn day(text: &str, pointer: &str) -> Result<Option<Date>, Fault> {
    let wrong = |_| Fault::unprocessable(pointer, "must be a day, as 2026-11-20");
    said(text).map(|text| text.parse().map_err(wrong)).transpose()
}

/// The end of a day, in the time of the store.
pub(super) fn end_of(day: Date) -> Option<Timestamp> {
    Some(day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// An amount as the language writes it: `1.234,56` in Italian; a point alone that thousands do not follow is a decimal point.
pub(super) fn amount(text: &str, t: Tongue) -> Option<AmountInput> {
    plain_number(text, t).map(AmountInput::Text)
}

/// The same with a decimal point and nothing between thousands.
pub(super) fn plain_number(text: &str, t: Tongue) -> Option<String> {
    let text: String = said(text)?.chars().filter(|c| !c.is_whitespace() && *c != '€').collect();
    let (thousands, point) = t.pick(('.', ','), (',', '.'));
    let groups = text.split(thousands).skip(1).collect::<Vec<_>>();
    let is_grouped = |group: &&str| group.split(point).next().is_some_and(|whole| whole.len() == 3);
    let text = if groups.iter().all(is_grouped) { text.replace(thousands, "") } else { text };
    Some(text.replace(',', "."))
}

/// The address of a page after a form on it was taken, with a word about what was done.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Done {
    pub(super) done: Option<String>,
}

/// Something that can be chosen in a form.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

/// What can be chosen, and what is.
pub(super) fn choices(all: &[(&str, String)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): &(&str, String)| Choice {
        value: (*value).to_owned(),
        label: label.clone(),
        is_chosen: *value == chosen,
    };
    all.iter().map(choice).collect()
}

/// A field by the name that the desk has for it, and what would be right there: Italian, English.
pub(super) type Hints = &'static [(&'static str, &'static str, &'static str)];

/// Why a form was refused, said beside what was typed.
pub(super) struct Refused {
    /// Which field, as a JSON pointer; empty for the whole.
    pointer: String,
    /// What would be right, in the reader's language.
    pub(super) said: String,
    /// What the desk says, in English, where that is not the same.
    pub(super) detail: Option<String>,
}

impl Refused {
    /// Why, when whoever sent the form can mend it; any other fault is given back. The longest hint that leads to the field
    /// is the one that is said.
    pub(super) fn of(fault: Fault, hints: Hints, t: Tongue) -> Result<Self, Fault> {
        if !matches!(fault.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT) {
            return Err(fault);
        }
        let pointer = fault.errors.first().map(|error| error.pointer.clone()).unwrap_or_default();
        let found =
            hints.iter().filter(|(field, _, _)| pointer.starts_with(field)).max_by_key(|(field, _, _)| field.len());
        let detail = fault.errors.first().map_or_else(|| fault.detail.clone(), |error| error.detail.clone());
        Ok(match found {
            Some((_, italian, english)) => {
                Self { pointer, said: t.pick(*italian, *english).to_owned(), detail: Some(detail) }
            }
            None if t.is_italian() => {
                Self { pointer, said: "Non si può fare così.".to_owned(), detail: Some(detail) }
            }
            None => Self { pointer, said: detail, detail: None },
        })
    }

    /// For what the page itself finds missing.
    pub(super) fn saying(said: &str) -> Self {
        Self { pointer: String::new(), said: said.to_owned(), detail: None }
    }

    /// Whether it is about this field.
    pub(super) fn is_at(&self, field: &str) -> bool {
        self.pointer == field
    }
}

#[cfg(test)]
mod tests {
    use super::{Refused, amount};
    use crate::{
        desk::AmountInput,
        serve::{
            fault::Fault,
            pages::look::{Language, Tongue},
        },
    };

    #[test]
    fn amounts_are_read_as_each_language_writes_them() {
        let (italian, english) = (Tongue::default(), Tongue::from(Language::English));
        let text = |text: &str| Some(AmountInput::Text(text.to_owned()));
        assert_eq!(amount("1.234,56 €", italian), text("1234.56"));
        assert_eq!(amount("1.234.567", italian), text("1234567"));
        assert_eq!(amount("1234.5", italian), text("1234.5"));
        assert_eq!(amount("1,234.56", english), text("1234.56"));
        assert_eq!(amount("12,5", english), text("12.5"));
        assert_eq!(amount("  ", italian), None);
    }

    #[test]
    fn a_refusal_is_said_in_the_reader_s_language_and_only_when_it_can_be_mended() {
        let (italian, english) = (Tongue::default(), Tongue::from(Language::English));
        let hints = &[("/when", "Condizioni.", "Conditions."), ("/when/clients", "Codici.", "Codes.")];
        let fault = || Fault::unprocessable("/when/clients", "at most 1000");
        let refused = Refused::of(fault(), hints, italian).ok().unwrap();
        assert_eq!((refused.said.as_str(), refused.detail.as_deref()), ("Codici.", Some("at most 1000")));
        assert!(refused.is_at("/when/clients") && !refused.is_at("/when"));
        assert_eq!(Refused::of(fault(), &[], english).ok().unwrap().said, "at most 1000");
        assert!(Refused::of(Fault::bad_request("x", "y"), hints, english).is_err());
    }
}
