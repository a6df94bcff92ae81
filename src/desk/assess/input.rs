//! A prospect, from what was written to what is true: every bad field is named, all of them at once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{AmountInput, Error, Result, amount::currency_of},
    domain::{Country, Currency, Identifier, IdentifierKind, Money, Nace, Prospect, Subject},
};

/// A name or an address that is longer than this is something else.
const MAX_CHARS: usize = 300;

/// A prospect, and what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessInput {
    /// The name, 1 to 300 characters.
    #[schema(example = "Meccanica Valdossa S.r.l.")]
    pub name: String,
    /// ISO 3166-1 alpha-2; a tax number or a register's needs it, unless the tax number begins with it.
    #[serde(default)]
    pub country: Option<String>,
    /// Tax or VAT number.
    #[serde(default)]
    pub tax_id: Option<String>,
    /// Number in the company register.
    #[serde(default)]
    pub registry_id: Option<String>,
    /// Legal Entity Identifier.
    #[serde(default)]
    pub lei: Option<String>,
    /// NACE or ATECO, in any common spelling.
    #[serde(default)]
    pub sector: Option<String>,
    /// Town of its seat.
    #[serde(default)]
    pub city: Option<String>,
    /// Street and number.
    #[serde(default)]
    pub address: Option<String>,
    /// What it asks to owe at most; a typical amount of the rules when left out.
    #[serde(default)]
    pub amount: Option<AmountInput>,
    /// What it is expected to buy in a year; reckoned from the amount when left out.
    #[serde(default)]
    pub yearly_value: Option<AmountInput>,
    /// ISO 4217 of both amounts; EUR when left out.
    #[serde(default)]
    pub currency: Option<String>,
}

/// A prospect, understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Applicant {
    pub(super) who: Prospect,
    pub(super) amount: Option<Money>,
    pub(super) yearly_value: Option<Money>,
    pub(super) currency: Currency,
}

/// A prospect as it was understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProspectView {
    /// The name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Tax or VAT number, without prefix.
    pub tax_id: Option<String>,
    /// Number in the company register.
    pub registry_id: Option<String>,
    /// Legal Entity Identifier.
    pub lei: Option<String>,
    /// NACE or ATECO.
    pub sector: Option<String>,
    /// Town of its seat.
    pub city: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Its number is a natural person's: a sole trader.
    pub person: bool,
}

/// Wrong values, each with its place.
#[derive(Default)]
struct Wrong(Vec<(String, String)>);

impl Wrong {
    /// The value, or a note of what is wrong with it.
    fn take<T, E: ToString>(&mut self, field: &str, found: Result<T, E>) -> Option<T> {
        found.map_err(|why| self.0.push((format!("/{field}"), why.to_string()))).ok()
    }

    fn text(&mut self, field: &str, text: Option<&String>) -> Option<String> {
        let text = text.map(|text| text.trim()).filter(|text| !text.is_empty())?;
        let found = match text {
            _ if text.chars().count() > MAX_CHARS => Err(format!("must have at most {MAX_CHARS} characters")),
            _ if text.chars().any(|c| c.is_control()) => Err("must not hold control characters".to_owned()),
            _ => Ok(text.to_owned()),
        };
        self.take(field, found)
    }

    fn word<T: std::str::FromStr<Err: ToString>>(&mut self, field: &str, text: Option<&String>) -> Option<T> {
        let text = self.text(field, text)?;
        self.take(field, text.parse())
    }

    fn amount(&mut self, field: &str, input: Option<&AmountInput>, currency: Currency) -> Option<Money> {
        let parsed = input?.parse(currency, field).map_err(|error| match error {
            Error::Invalid { why, .. } => why,
            other => other.to_string(),
        });
        self.take(field, parsed)
    }
}

impl AssessInput {
    /// Checks everything; [`Error::InvalidFields`] names every field that is wrong.
    pub(super) fn parse(&self) -> Result<Applicant> {
        let mut wrong = Wrong::default();
        let name = wrong.text("name", Some(&self.name));
        if name.is_none() && self.name.trim().is_empty() {
            wrong.0.push(("/name".to_owned(), "must not be empty".to_owned()));
        }
        let stated: Option<Country> = wrong.word("country", self.country.as_ref());
        // A country that is wrong is said once, and not again for every number that needs it.
        let is_country_wrong =
            stated.is_none() && !wrong.0.is_empty() && wrong.0.iter().any(|(at, _)| at == "/country");
        let identifiers = if is_country_wrong { Vec::new() } else { self.identifiers(stated, &mut wrong) };
        let sector: Option<Nace> = wrong.word("sector", self.sector.as_ref());
        let currency = currency_of(self.currency.as_deref(), Currency::EUR, "/currency").map_err(|error| match error {
            Error::Invalid { why, .. } => why,
            other => other.to_string(),
        });
        let currency = wrong.take("currency", currency).unwrap_or(Currency::EUR);
        let who = Prospect {
            name: name.unwrap_or_default(),
            country: stated.or_else(|| identifiers.iter().find_map(Identifier::country)),
            city: wrong.text("city", self.city.as_ref()),
            address: wrong.text("address", self.address.as_ref()),
            other_names: Vec::new(),
            identifiers,
            sector,
        };
        let amount = wrong.amount("amount", self.amount.as_ref(), currency);
        let yearly_value = wrong.amount("yearly_value", self.yearly_value.as_ref(), currency);
        if wrong.0.is_empty() {
            return Ok(Applicant { who, amount, yearly_value, currency });
        }
        wrong.0.sort();
        Err(Error::InvalidFields(wrong.0))
    }

    fn identifiers(&self, stated: Option<Country>, wrong: &mut Wrong) -> Vec<Identifier> {
        let mut found = Vec::new();
        if let Some(text) = wrong.text("tax_id", self.tax_id.as_ref()) {
            let country = stated.or_else(|| text.get(..2).and_then(|head| head.parse().ok()));
            let number = match country {
                // Many write the number of a register (a SIREN, a company number) where the tax number belongs.
                Some(country) => Identifier::tax(country, &text)
                    .or_else(|why| Identifier::registry(country, &text).map_err(|_| why))
                    .map_err(|why| why.to_string()),
                None => Err("needs the country: numbers are checked by country".to_owned()),
            };
            found.extend(wrong.take("tax_id", number));
        }
        if let Some(text) = wrong.text("registry_id", self.registry_id.as_ref()) {
            let country = stated.or_else(|| found.iter().find_map(Identifier::country));
            let number = match country {
                Some(country) => Identifier::registry(country, &text).map_err(|why| why.to_string()),
                None => Err("needs the country: every register numbers its own companies".to_owned()),
            };
            found.extend(wrong.take("registry_id", number));
        }
        if let Some(text) = wrong.text("lei", self.lei.as_ref()) {
            found.extend(wrong.take("lei", Identifier::lei(&text)));
        }
        found.dedup();
        found
    }
}

impl Applicant {
    /// Whether its number is a natural person's.
    pub(super) fn is_person(&self) -> bool {
        self.who.identifiers.iter().any(Identifier::is_natural_person)
    }

    /// The prospect as a record of somebody else would speak of it.
    pub(super) fn subject(&self) -> Subject {
        Subject {
            name: self.who.name.clone(),
            country: self.who.country,
            city: self.who.city.clone(),
            address: self.who.address.clone(),
            other_names: Vec::new(),
            identifiers: self.who.identifiers.clone(),
            sector: self.who.sector,
            is_person: self.is_person(),
        }
    }

    pub(super) fn view(&self) -> ProspectView {
        let who = &self.who;
        let number = |kind| who.identifiers.iter().find(|id| id.kind() == kind).map(ToString::to_string);
        ProspectView {
            name: who.name.clone(),
            country: who.country.map(|country| country.to_string()),
            tax_id: number(IdentifierKind::Tax),
            registry_id: number(IdentifierKind::Registry),
            lei: number(IdentifierKind::Lei),
            sector: who.sector.map(|sector| sector.to_string()),
            city: who.city.clone(),
            address: who.address.clone(),
            person: self.is_person(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AssessInput;
    use crate::desk::{AmountInput, Error};

    #[test]
    fn every_field_that_is_wrong_is_named_once() {
        let input = AssessInput {
            name: "  ".to_owned(),
            country: Some("IT".to_owned()),
            tax_id: Some("01654010340".to_owned()),
            lei: Some("X".to_owned()),
            sector: Some("woodwork".to_owned()),
            amount: Some(AmountInput::Number(-5.0)),
            currency: Some("EURO".to_owned()),
            ..AssessInput::default()
        };
        let Err(Error::InvalidFields(wrong)) = input.parse() else { panic!("{input:?} must be refused") };
        let places: Vec<&str> = wrong.iter().map(|(at, _)| at.as_str()).collect();
        assert_eq!(places, ["/amount", "/currency", "/lei", "/name", "/sector", "/tax_id"]);
    }

    #[test]
    fn a_number_says_the_country_when_nobody_else_does() {
        let input = AssessInput {
            name: "Panificio Gervasoni".to_owned(),
            tax_id: Some("IT 01654010345".to_owned()),
            ..AssessInput::default()
        };
        let applicant = input.parse().unwrap();
        assert_eq!(applicant.view().country.as_deref(), Some("IT"));
        let without = AssessInput { tax_id: Some("01654010345".to_owned()), ..input };
        assert!(without.parse().unwrap_err().to_string().contains("/tax_id: needs the country"));
    }
}
