//! How long facts are kept, as data.

use std::collections::BTreeMap;

use jiff::{Span, civil::Date};
use serde::Deserialize;

use crate::{domain::Country, store::PastTerm};

/// The terms as they ship.
const DEFAULT: &str = include_str!("../../config/retention.toml");

/// Every term a fact can have.
const TERMS: [&str; 11] = [
    "protest",
    "insolvency",
    "procedure_ended",
    "company_status",
    "prejudicial_act",
    "filing",
    "news",
    "identity",
    "indicator",
    "vat_check",
    "clean",
];

/// The longest term that is believed to be meant: after a century it is a slip.
const MAX_YEARS: i64 = 100;

/// How long each kind of fact, and bytes that nothing rests on, are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    terms: BTreeMap<&'static str, Term>,
    countries: BTreeMap<Country, BTreeMap<&'static str, Term>>,
    unused: Term,
}

/// A length of time by the calendar.
#[derive(Debug, Clone, Copy)]
struct Term(Span);

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.0.fieldwise() == other.0.fieldwise()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    terms: BTreeMap<String, String>,
    #[serde(default)]
    countries: BTreeMap<String, BTreeMap<String, String>>,
    evidence: WrittenEvidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvidence {
    unused: String,
}

impl Default for Retention {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the embedded terms are tested")
    }
}

impl Retention {
    /// Reads the text of a `retention.toml`; every term must be there, or a fact of that kind would be kept for ever.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|e| format!("retention.toml: {e}"))?;
        let terms = terms_of("terms", &written.terms)?;
        if let Some(missing) = TERMS.iter().find(|term| !terms.contains_key(*term)) {
            return Err(format!("retention.toml: [terms] {missing}: is not there"));
        }
        let mut countries = BTreeMap::new();
        for (code, own) in &written.countries {
            let table = format!("countries.{code}");
            let country = code.parse().map_err(|e| format!("retention.toml: [{table}]: {e}"))?;
            countries.insert(country, terms_of(&table, own)?);
        }
        Ok(Self { terms, countries, unused: term_of("evidence", "unused", &written.evidence.unused)? })
    }

    /// Everything that is past its term on a day, by rule.
    pub fn past(&self, today: Date) -> Vec<PastTerm> {
        let mut past = Vec::new();
        for (rule, term) in &self.terms {
            let own = self.countries.iter().filter_map(|(country, terms)| Some((country, terms.get(rule)?)));
            let own: Vec<_> = own.collect();
            let not_in = own.iter().map(|(country, _)| country.to_string()).collect();
            past.push(PastTerm { rule, country: None, not_in, before: term.before(today) });
            past.extend(own.into_iter().map(|(country, term)| PastTerm {
                rule,
                country: Some(country.to_string()),
                not_in: Vec::new(),
                before: term.before(today),
            }));
        }
        past
    }

    /// Bytes that nothing rests on go when they were read before this day.
    pub fn unused_before(&self, today: Date) -> Date {
        self.unused.before(today)
    }
}

impl Term {
    /// What began before this day is over today; the last day of a term still belongs to it.
    fn before(self, today: Date) -> Date {
        today.checked_sub(self.0).unwrap_or(Date::MIN)
    }
}

fn terms_of(table: &str, written: &BTreeMap<String, String>) -> Result<BTreeMap<&'static str, Term>, String> {
    let one = |(name, text): (&String, &String)| {
        let known = TERMS.iter().find(|term| *term == name);
        let known = known
            .ok_or_else(|| format!("retention.toml: [{table}] {name}: is no term; there are: {}", TERMS.join(" ")))?;
        Ok((*known, term_of(table, name, text)?))
    };
    written.iter().map(one).collect()
}

fn term_of(table: &str, name: &str, text: &str) -> Result<Term, String> {
    let bad =
        || format!("retention.toml: [{table}] {name}: {text:?} must be a number and y, mo or d, as 5y, 6mo or 30d");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(bad)?;
    let number: i64 = number.parse().map_err(|_| bad())?;
    let (span, in_years) = match unit.trim() {
        "y" => (Span::new().try_years(number), number),
        "mo" => (Span::new().try_months(number), number / 12),
        "d" => (Span::new().try_days(number), number / 366),
        _ => return Err(bad()),
    };
    match span {
        Ok(span) if number > 0 && in_years <= MAX_YEARS => Ok(Term(span)),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{DEFAULT, Retention};

    #[test]
    fn a_term_ends_by_the_calendar_and_its_last_day_belongs_to_it() {
        let past = Retention::default().past(date(2028, 2, 29));
        let before = |rule: &str, country: Option<&str>| {
            past.iter().find(|p| p.rule == rule && p.country.as_deref() == country).unwrap().before
        };
        assert_eq!(before("protest", None), date(2023, 2, 28));
        assert_eq!(before("procedure_ended", Some("DE")), date(2027, 8, 29));
    }

    #[test]
    fn a_term_that_is_missing_unknown_or_no_length_of_time_is_refused() {
        for (from, to, says) in [
            ("protest = \"5y\"", "", "[terms] protest: is not there"),
            ("protest = \"5y\"", "protest = \"5 years\"", "must be a number and y, mo or d"),
            ("protest = \"5y\"", "protest = \"0y\"", "must be a number"),
            ("protest = \"5y\"", "protest = \"5y\"\nprotests = \"5y\"", "protests: is no term"),
            ("[countries.DE]", "[countries.Germany]", "[countries.Germany]"),
        ] {
            let refused = Retention::parse(&DEFAULT.replacen(from, to, 1)).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
    }
}
