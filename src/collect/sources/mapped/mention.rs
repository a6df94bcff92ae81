//! A record as a mention: whom it speaks of, since when, under which name of its own.

use jiff::civil::Date;
use url::Url;

use super::{
    fact::{Context, Kind, Told, told},
    mapping::Mapping,
    values::Values,
};
use crate::{
    collect::{Misread, sources::reply::since, wire},
    domain::{Country, Fact, Identifier, Mention, Nace, Subject},
};

/// Makes mentions of the records of one answer.
pub(super) struct Teller<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) source_country: Option<Country>,
    pub(super) language: Option<&'a str>,
    /// Whom the question was about.
    pub(super) asked: Option<&'a Subject>,
    pub(super) url: &'a Url,
    pub(super) seen: Date,
}

impl Teller<'_> {
    /// One record. Without what its mapping requires, the layout has changed.
    pub(super) fn mention(&self, values: &mut Values) -> Result<Mention, Misread> {
        let Mapping { kind, expect, spelling, .. } = self.mapping;
        if let Some(missing) = expect.required.iter().find(|name| !values.has(name)) {
            return Err(Misread::Quarantined(format!("{} has no {missing}", values.path)));
        }
        let one_of = kind.one_of();
        if !one_of.is_empty() && !one_of.iter().any(|name| values.has(&format!("fields.{name}"))) {
            return Err(Misread::Quarantined(format!("{} has neither {}", values.path, one_of.join(" nor "))));
        }
        let mut subject = self.subject(values);
        let link = values.get("link").and_then(|link| self.url.join(&link).ok());
        let link = link.filter(|link| matches!(link.scheme(), "http" | "https")).unwrap_or_else(|| self.url.clone());
        let context = Context {
            spelling,
            language: self.language,
            country: self.source_country,
            link: link.to_string(),
            is_about_client: !subject.name.is_empty() || !subject.identifiers.is_empty(),
        };
        let Told { fact, since: told_since, company } = told(*kind, values, &context);
        if let Fact::Indicator(indicator) = &fact
            && indicator.value.is_nan()
        {
            return Err(Misread::Quarantined(format!("{}: fields.value is no number", values.path)));
        }
        if subject.name.is_empty() {
            subject.name = company.unwrap_or_default();
        }
        let valid_at = values.day("valid_at", spelling);
        let published_at = values.day("published_at", spelling).filter(|day| *day <= self.seen);
        Ok(Mention {
            own_id: self.own_id(values, &subject, &fact),
            valid_at: since(valid_at.or(told_since).or(published_at), self.seen),
            published_at,
            is_official: *kind != Kind::News,
            url: Some(link.to_string()),
            subject,
            fact,
        })
    }

    /// Looked at, and nothing found.
    pub(super) fn clean(&self, what: &str) -> Mention {
        let subject =
            self.asked.cloned().unwrap_or_else(|| Subject { country: self.source_country, ..Subject::default() });
        let whom = subject.identifiers.first().map_or_else(|| subject.name.clone(), ToString::to_string);
        Mention {
            own_id: format!("clean/{what}/{whom}"),
            subject,
            fact: Fact::Clean { what: what.to_owned() },
            valid_at: self.seen,
            published_at: None,
            is_official: true,
            url: Some(self.url.to_string()),
        }
    }

    /// The record's own name for itself; else whom it is about, and what it says where there may be several of a kind.
    fn own_id(&self, values: &Values, subject: &Subject, fact: &Fact) -> String {
        if let Some(own_id) = values.get("own_id") {
            return format!("{}/{own_id}", self.mapping.kind);
        }
        let whom = subject.identifiers.first().map_or_else(|| subject.name.clone(), ToString::to_string);
        match self.mapping.kind {
            Kind::CompanyStatus | Kind::VatCheck | Kind::Clean => format!("{}/{whom}", self.mapping.kind),
            _ => format!("{whom}/{}", wire::canonical(fact)),
        }
    }

    /// Whom the record names; else, when it names nobody and was asked for by number, whom we asked about.
    fn subject(&self, values: &mut Values) -> Subject {
        let spelling = &self.mapping.spelling;
        let country = values.word("subject.country", spelling, |word| word.parse().ok()).or(self.source_country);
        let country = country.or_else(|| self.asked.filter(|_| !values.has("subject.country"))?.country);
        let identifiers = self.identifiers(values, country);
        let name = values.get("subject.name").unwrap_or_default();
        let names_a_number = ["subject.tax", "subject.registry", "subject.lei"].iter().any(|field| values.has(field));
        let by_number = self.asked.filter(|_| self.mapping.address.asks_by_number() && !names_a_number);
        let is_person = values.flag("subject.person", spelling).unwrap_or(false);
        let asked = by_number.map(|asked| (asked.identifiers.clone(), asked.name.clone(), asked.is_person));
        let (identifiers, asked_name, asked_person) = asked.unwrap_or((identifiers, String::new(), false));
        Subject {
            name: if name.is_empty() { asked_name } else { name },
            country,
            city: values.get("subject.city"),
            address: values.get("subject.address"),
            other_names: values.get("subject.other_name").into_iter().collect(),
            is_person: is_person || asked_person || identifiers.iter().any(Identifier::is_natural_person),
            identifiers,
            sector: values.word("subject.sector", spelling, |word| word.parse::<Nace>().ok()),
        }
    }

    /// The numbers of a record, checked; one that cannot be a number of its kind is a leftover.
    fn identifiers(&self, values: &mut Values, country: Option<Country>) -> Vec<Identifier> {
        let mut identifiers = Vec::new();
        for field in ["subject.lei", "subject.registry", "subject.tax"] {
            let Some(text) = values.get(field) else { continue };
            let checked = match (field, country) {
                ("subject.lei", _) => Identifier::lei(&text).ok(),
                ("subject.registry", Some(country)) => Identifier::registry(country, &text).ok(),
                ("subject.tax", Some(country)) => Identifier::tax(country, &text).ok(),
                _ => None,
            };
            if checked.is_none() {
                values.leave(field, &text);
            }
            identifiers.extend(checked);
        }
        identifiers
    }
}
