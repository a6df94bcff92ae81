//! One number under several names: what identifiers have in common across tax office, register and source.

use crate::domain::{Country, Identifier, IdentifierKind};

/// An identifier as it is compared and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) kind: IdentifierKind,
    pub(super) country: Option<Country>,
    pub(super) text: String,
    /// Equal for two identifiers that are one number.
    pub(super) key: String,
}

/// What two identifiers say of two companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// One number.
    Same,
    /// Two numbers of one numbering, one slip apart.
    Near,
    /// Two numbers of one numbering.
    Different,
}

impl Number {
    pub(super) fn of(identifier: &Identifier) -> Self {
        Self::new(identifier.kind(), identifier.country(), identifier.text())
    }

    pub(super) fn new(kind: IdentifierKind, country: Option<Country>, text: &str) -> Self {
        Self { kind, country, text: text.to_owned(), key: key(kind, country.as_ref().map_or("", Country::code), text) }
    }

    /// A number that others bear as well: a German register number without its court.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.key.starts_with("DE:register-alone")
    }

    /// None when they belong to different numberings, and neither agree nor differ.
    pub(super) fn likeness(&self, other: &Self) -> Option<Likeness> {
        if self.key == other.key {
            return Some(Likeness::Same);
        }
        let numbering = |key: &str| key.split(' ').next().unwrap_or_default().to_owned();
        if numbering(&self.key) != numbering(&other.key) {
            return None;
        }
        let is_near = self.key.len() == other.key.len() && strsim::osa_distance(&self.key, &other.key) == 1;
        Some(if is_near { Likeness::Near } else { Likeness::Different })
    }
}

/// `numbering number`: the numbering is one for all names of one number.
fn key(kind: IdentifierKind, country: &str, text: &str) -> String {
    let digits = || text.bytes().all(|b| b.is_ascii_digit());
    let (numbering, number) = match (kind, country) {
        (IdentifierKind::Lei, _) => return format!("lei {text}"),
        // The register files a company under its codice fiscale, for companies nearly always the partita IVA.
        (_, "IT") if text.len() == 11 && digits() => ("piva", text.to_owned()),
        (_, "IT") if text.len() == 16 => ("cf", text.to_owned()),
        (IdentifierKind::Registry, "IT") => ("rea", rea(text)),
        // The VAT number is two check characters and the SIREN; an establishment is the SIREN and five digits.
        (IdentifierKind::Tax, "FR") if text.len() == 11 => ("siren", tail(text, 2)),
        (_, "FR") if matches!(text.len(), 9 | 14) && digits() => ("siren", head(text, 9)),
        (_, "GB") if is_uk_company(text) => ("company", text.to_owned()),
        // The last three digits of twelve are a branch.
        (IdentifierKind::Tax, "GB") if text.len() == 12 && digits() => ("vat", head(text, 9)),
        (IdentifierKind::Registry, "DE") => german(text),
        // The enterprise number is the VAT number, of ten digits; before 2005 the leading zero was not written.
        (_, "BE") if matches!(text.len(), 9 | 10) && digits() => ("enterprise", format!("{text:0>10}")),
        // CHE-123.456.789, with or without what the tax office puts behind it.
        (_, "CH") if text.starts_with("CHE") => ("uid", head(text, 12)),
        (_, "NO") => ("orgnr", text.trim_end_matches("MVA").trim_start_matches("NO").to_owned()),
        // The VAT number is the organisation number and 01.
        (_, "SE") if text.len() == 12 && text.ends_with("01") => ("orgnr", head(text, 10)),
        (_, "SE") if text.len() == 10 => ("orgnr", text.to_owned()),
        // One number for register and tax in these countries, told by its length from an older register number.
        _ if is_shared(country, &bare(text, country)) => ("number", bare(text, country)),
        (IdentifierKind::Tax, _) => ("tax", bare(text, country)),
        (IdentifierKind::Registry, _) => ("registry", bare(text, country)),
    };
    format!("{country}:{numbering} {number}")
}

fn head(text: &str, n: usize) -> String {
    text.chars().take(n).collect()
}

fn tail(text: &str, n: usize) -> String {
    text.chars().skip(n).collect()
}

fn bare(text: &str, country: &str) -> String {
    text.strip_prefix(country).unwrap_or(text).to_owned()
}

/// Whether the country gives a company one number for everything, and this has its length (NIF, NIPC, CVR, Y-tunnus, OIB,
/// ЕИК, IČO).
fn is_shared(country: &str, text: &str) -> bool {
    let len = match country {
        "ES" | "PT" | "BG" => 9,
        "DK" | "FI" | "CZ" => 8,
        "HR" => 11,
        _ => return false,
    };
    text.len() == len && (country == "ES" || text.bytes().all(|b| b.is_ascii_digit()))
}

/// Eight digits, or two letters and six digits.
fn is_uk_company(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    text.len() == 8 && matches!(letters, 0 | 2) && text.bytes().skip(letters).all(|b| b.is_ascii_digit())
}

/// `REA BS 0123456` and `BS-123456` are one number.
fn rea(text: &str) -> String {
    let text = text.strip_prefix("REA").unwrap_or(text);
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    format!("{letters}{}", digits.trim_start_matches('0'))
}

/// `HRB 12345`, with the court where it is written. Each court numbers from 1: without the court a number names nobody, so
/// it is a numbering of its own that only agrees with itself.
fn german(text: &str) -> (&'static str, String) {
    let register = ["HRA", "HRB", "GNR", "PR", "VR"].into_iter().find_map(|r| Some((r, text.find(r)?)));
    let Some((register, at)) = register else { return ("registry", text.to_owned()) };
    let (before, behind) = text.split_at(at);
    let behind = behind.strip_prefix(register).unwrap_or(behind);
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    let court = format!("{before}{}", behind.strip_prefix(digits.as_str()).unwrap_or_default());
    let court = court.replace("AMTSGERICHT", "").replace("HANDELSREGISTER", "");
    let court = court.strip_prefix("AG").unwrap_or(&court).to_owned();
    let number = format!("{register}{}", digits.trim_start_matches('0'));
    if court.is_empty() { ("register-alone", number) } else { ("register", format!("{number}@{court}")) }
}
