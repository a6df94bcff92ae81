use jiff::{Span, civil::Date};

use super::{
    Element, Unreadable,
    party::{Buyer, Seller, buyer, seller},
    payable::{Part, minor, parts, total},
};
use crate::domain::{Claim, Currency, EntryKind, Money};

/// Longest number of an invoice, in characters; the format allows twenty.
const MAX_NUMBER: usize = 60;
/// Documents that a buyer owes by: invoices, advances, fees, debit notes, deferred and simplified invoices.
const OWED: [&str; 10] = ["TD01", "TD02", "TD03", "TD05", "TD06", "TD07", "TD09", "TD24", "TD25", "TD26"];
/// Documents that take away from what a buyer owes.
const CREDITS: [&str; 2] = ["TD04", "TD08"];

/// A document of the ledger that is right in itself.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::intake) struct Document {
    /// The line its body begins on.
    pub(in crate::intake) line: u64,
    /// Whom it is for.
    pub(in crate::intake) buyer: Buyer,
    /// As it is written.
    pub(in crate::intake) number: String,
    /// Its place among the instalments, and how many there are; none for a document that is paid at once.
    pub(in crate::intake) instalment: Option<(usize, usize)>,
    /// Invoice or credit note.
    pub(in crate::intake) kind: EntryKind,
    /// The day on it.
    pub(in crate::intake) issued_on: Date,
    /// The day it, or this part of it, falls due.
    pub(in crate::intake) due_on: Date,
    /// What is to be paid.
    pub(in crate::intake) amount: Money,
    /// The invoice that a note takes away from: the number on it, and its day where the note says that.
    pub(in crate::intake) refers_to: Option<(String, Option<Date>)>,
    /// The code that the buyer pays under.
    pub(in crate::intake) claim: Option<Box<Claim>>,
}

/// Why a document is of no use: where, and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct Refused {
    /// Line in the XML, from 1.
    pub(in crate::intake) line: u64,
    /// The element's name.
    pub(in crate::intake) column: String,
    /// As it came.
    pub(in crate::intake) value: String,
    /// Stable: `missing`, `bad_date`, `bad_amount`, `bad_tax_id`, `not_a_claim`…
    pub(in crate::intake) code: &'static str,
    /// A sentence.
    pub(in crate::intake) reason: String,
    /// The document's number, when it got that far.
    pub(in crate::intake) number: String,
}

impl Refused {
    pub(super) fn new(line: u64, column: &str, value: &str, code: &'static str, reason: &str) -> Self {
        let value = value.chars().take(200).collect();
        Self { line, column: column.to_owned(), value, code, reason: reason.to_owned(), number: String::new() }
    }
}

/// A body of a file: its ledger lines, or why there are none.
pub(in crate::intake) type Body = Result<Vec<Document>, Refused>;

/// The documents of a file, each body by itself, and who issued them. `terms_days` is for those that name no day.
pub(in crate::intake) fn documents(xml: &[u8], terms_days: u16) -> Result<(Vec<Body>, Option<Seller>), Unreadable> {
    let root = Element::root(xml).map_err(|broken| Unreadable::new(broken.line, "bad_xml", broken.why))?;
    let versions = ["FPR12", "FPA12", "FSM10"];
    let is_invoice = root.name.starts_with("FatturaElettronica");
    match root.attribute.as_deref() {
        Some(version) if is_invoice && versions.contains(&version) => {}
        Some(version) if is_invoice => {
            let why = format!("is of format {version:?}; {} are read", versions.join(", "));
            return Err(Unreadable::new(root.line, "not_an_invoice", why));
        }
        _ => {
            let why = format!("is no electronic invoice: its root is <{}>", root.name);
            return Err(Unreadable::new(root.line, "not_an_invoice", why));
        }
    }
    let missing = |what: &str| Unreadable::new(root.line, "not_an_invoice", format!("there is no {what}"));
    let header = root.at("FatturaElettronicaHeader").ok_or_else(|| missing("FatturaElettronicaHeader"))?;
    let bodies: Vec<&Element> = root.all("FatturaElettronicaBody").collect();
    if bodies.is_empty() {
        return Err(missing("FatturaElettronicaBody"));
    }
    let found = bodies.into_iter().map(|body| {
        let read = || of_body(header, body, terms_days);
        read().map_err(|refused| Refused { number: number_of(body).unwrap_or_default().to_owned(), ..refused })
    });
    Ok((found.collect(), seller(header)))
}

/// Who issued the documents of a file, where it is one that is read, and the latest day that stands on one of them.
pub(in crate::intake) fn seller_of(xml: &[u8]) -> Option<(Seller, Date)> {
    let root = Element::root(xml).ok()?;
    let days = root.all("FatturaElettronicaBody").filter_map(|body| body.at("DatiGenerali/DatiGeneraliDocumento/Data"));
    let latest = days.filter_map(|data| day(data).ok()).max()?;
    Some((seller(root.at("FatturaElettronicaHeader")?)?, latest))
}

fn number_of(body: &Element) -> Option<&str> {
    body.text_at("DatiGenerali/DatiGeneraliDocumento/Numero")
}

/// A body as ledger lines: one for each instalment.
fn of_body(header: &Element, body: &Element, terms_days: u16) -> Result<Vec<Document>, Refused> {
    let missing = |at: &Element, what: &str| Refused::new(at.line, what, "", "missing", &format!("{what} is missing"));
    let general =
        body.at("DatiGenerali/DatiGeneraliDocumento").ok_or_else(|| missing(body, "DatiGeneraliDocumento"))?;
    let kind = kind(general)?;
    let number = general.at("Numero").filter(|n| n.text().is_some()).ok_or_else(|| missing(general, "Numero"))?;
    let text = number.text().unwrap_or_default();
    if text.chars().count() > MAX_NUMBER || text.chars().any(char::is_control) {
        let reason = format!("must have at most {MAX_NUMBER} characters on one line");
        return Err(Refused::new(number.line, "Numero", text, "too_long", &reason));
    }
    let issued_on = day(general.at("Data").ok_or_else(|| missing(general, "Data"))?)?;
    let currency = currency(general)?;
    let buyer = buyer(header)?;
    let buyer = Buyer { facts: crate::domain::ClientFacts { currency, ..buyer.facts }, ..buyer };
    let total = total(body, general, currency)?;
    let term = issued_on.saturating_add(Span::new().days(i64::from(terms_days)));
    let parts = match kind {
        EntryKind::Invoice => parts(body, total, (issued_on, term), currency)?,
        EntryKind::CreditNote | EntryKind::Withdrawn => {
            vec![Part { minor: total.payable.abs(), due_on: issued_on, reference: None }]
        }
    };
    let n_parts = parts.len();
    let documents = parts.into_iter().enumerate().map(|(place, part)| {
        if part.minor <= 0 {
            let reason = "must be above zero; what takes away from an invoice is a credit note (TD04, TD08)";
            return Err(Refused::new(general.line, "ImportoTotaleDocumento", "", "not_positive", reason));
        }
        let claim = Claim { reference: part.reference, ..Claim::default() };
        Ok(Document {
            line: body.line,
            buyer: buyer.clone(),
            number: text.to_owned(),
            instalment: (n_parts > 1).then_some((place + 1, n_parts)),
            kind,
            issued_on,
            due_on: part.due_on,
            amount: Money::from_minor(part.minor, currency),
            refers_to: refers_to(body, kind),
            claim: (!claim.is_empty()).then(|| Box::new(claim)),
        })
    });
    documents.collect()
}

fn kind(general: &Element) -> Result<EntryKind, Refused> {
    let word = general.text_at("TipoDocumento").unwrap_or_default();
    let line = general.at("TipoDocumento").map_or(general.line, |e| e.line);
    if OWED.contains(&word) {
        return Ok(EntryKind::Invoice);
    }
    if CREDITS.contains(&word) {
        return Ok(EntryKind::CreditNote);
    }
    let is_own =
        ["TD16", "TD17", "TD18", "TD19", "TD20", "TD21", "TD22", "TD23", "TD27", "TD28", "TD29"].contains(&word);
    let (code, reason) = match is_own {
        true => ("not_a_claim", "is an invoice to oneself or a return to the tax office: nobody owes it"),
        false => ("bad_word", "must be a type of document of the format, as TD01"),
    };
    Err(Refused::new(line, "TipoDocumento", word, code, reason))
}

fn currency(general: &Element) -> Result<Currency, Refused> {
    let Some(element) = general.at("Divisa") else { return Ok(Currency::EUR) };
    let text = element.text().unwrap_or_default();
    text.parse().map_err(|e: crate::domain::MoneyError| {
        Refused::new(element.line, "Divisa", text, "bad_currency", &e.to_string())
    })
}

/// The invoice that a credit note takes away from, where it names exactly one; and its day.
fn refers_to(body: &Element, kind: EntryKind) -> Option<(String, Option<Date>)> {
    if kind == EntryKind::Invoice {
        return None;
    }
    let on = |element: &Element, name: &str| element.at(name).and_then(|date| day(date).ok());
    let ordinary = body.at("DatiGenerali").into_iter().flat_map(|general| general.all("DatiFattureCollegate"));
    let mut named: Vec<(&str, Option<Date>)> =
        ordinary.filter_map(|linked| Some((linked.text_at("IdDocumento")?, on(linked, "Data")))).collect();
    let corrected = body.at("DatiGenerali/DatiFatturaRettificata");
    named.extend(corrected.and_then(|of| Some((of.text_at("NumeroFR")?, on(of, "DataFR")))));
    named.sort_unstable();
    // A line that says the day knows more than one that does not.
    named.dedup_by(|later, first| {
        let is_same = later.0 == first.0 && (first.1.is_none() || first.1 == later.1);
        if is_same {
            first.1 = later.1;
        }
        is_same
    });
    match named.as_slice() {
        [(one, on)] if one.chars().count() <= MAX_NUMBER => Some(((*one).to_owned(), *on)),
        _ => None,
    }
}

/// The day that an element says; a zone behind it, which the format allows, is left out.
pub(super) fn day(element: &Element) -> Result<Date, Refused> {
    let text = element.text().unwrap_or_default();
    let parsed = text.get(..10).and_then(|day| day.parse::<Date>().ok()).filter(|d| (1900..=2100).contains(&d.year()));
    let reason = "must be a day from 1900 to 2100 written as 2026-11-23";
    parsed.ok_or_else(|| Refused::new(element.line, &element.name, text, "bad_date", reason))
}

/// The amount that an element says, minor units.
pub(super) fn amount(element: &Element, currency: Currency) -> Result<i64, Refused> {
    let text = element.text().unwrap_or_default();
    let reason = "must be a decimal number with a point, as 1234.56";
    minor(text, currency).ok_or_else(|| Refused::new(element.line, &element.name, text, "bad_amount", reason))
}
