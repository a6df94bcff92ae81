use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    amount::{self, Marks},
    claim::Claimed,
    decode::{is_plain_number, read_date},
    input::{Cell, ClientInput, InvoiceInput},
    map::Map,
};
use crate::domain::*;

/// Longest invoice number, in characters.
const MAX_INVOICE: usize = 100;
/// Longest name, street or town, in characters.
const MAX_NAME: usize = 300;
/// Longest e-mail address (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_EMAIL: usize = 254;
/// How a sheet gives its days.
const ISO_DAY: &str = "%Y-%m-%d";
/// Longest word for a type of credit, in characters.
const MAX_WORD: usize = 60;

/// Why a row is of no use: the column (in our words), what stood there, a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Our name of the column.
    pub column: &'static str,
    /// As it came, at most 200 characters.
    pub value: String,
    /// `missing`, `bad_date`, `bad_amount`…
    pub code: &'static str,
    /// A sentence.
    pub reason: String,
}

/// A client row that is right in itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientDraft {
    /// The creditor's code.
    pub code: ClientCode,
    /// What the row says.
    pub facts: ClientFacts,
    /// What of its telephone number is left out, though the row is taken: who cannot be called still owes.
    pub uncalled: Option<Refusal>,
}

/// An invoice row that is right in itself; whether its client is known is the store's to say.
#[derive(Debug, Clone, PartialEq)]
pub struct InvoiceDraft {
    /// The creditor's code of the client.
    pub client: ClientCode,
    /// The number as written.
    pub number: String,
    /// The creditor's word for the type of credit.
    pub credit_type: Option<String>,
    /// Invoice or credit note.
    pub kind: EntryKind,
    /// The day on the document.
    pub issued_on: Date,
    /// The day payment is due.
    pub due_on: Date,
    /// What it is for.
    pub amount: Money,
    /// The client disputes it.
    pub disputed: bool,
    /// When it was paid; with something paid and no day, the day of import is assumed.
    pub paid_on: Option<Date>,
    /// What has been paid in all.
    pub paid_minor: i64,
    /// What else the row says of it.
    pub claim: Option<Box<Claim>>,
    /// What the row says of the client, where an unknown code creates it.
    pub new_client: Option<Box<ClientFacts>>,
}

/// How values are spelled: a file's own way, or that of a JSON body (ISO dates, decimal point, euro).
#[derive(Debug, Clone)]
pub struct Dialect {
    pub(super) dates: String,
    pub(super) marks: Marks,
    pub(super) currency: Currency,
    pub(super) country: Option<Country>,
    /// Column, their word in lower case, our word.
    pub(super) words: BTreeMap<(String, String), String>,
    /// Values may also stand as a sheet gives them: days in ISO 8601, numbers with a decimal point.
    pub(super) is_typed: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            dates: "%Y-%m-%d".to_owned(),
            marks: Marks { decimal: '.', thousands: None },
            currency: Currency::EUR,
            country: None,
            words: BTreeMap::new(),
            is_typed: false,
        }
    }
}

impl Dialect {
    /// The map's spelling, with what was detected where the map is silent.
    pub(super) fn of(map: &Map, dates: &str, decimal: char) -> Self {
        let flat = map.words.iter().flat_map(|(column, table)| {
            table.iter().flat_map(move |(ours, theirs)| {
                theirs.iter().map(move |word| ((column.clone(), word.trim().to_lowercase()), ours.clone()))
            })
        });
        Self {
            dates: map.dates.clone().unwrap_or_else(|| dates.to_owned()),
            marks: Marks { decimal: map.decimal.unwrap_or(decimal), thousands: map.thousands },
            currency: map.currency.unwrap_or(Currency::EUR),
            country: map.country,
            words: flat.collect(),
            is_typed: map.is_typed,
        }
    }

    /// Checks a client row.
    pub fn client(&self, row: &ClientInput) -> Result<ClientDraft, Refusal> {
        let code = required("client", &row.client)?;
        let code = code.parse().map_err(|e: WordError| too_long_or("client", &code, &e))?;
        let name = limited("name", required("name", &row.name)?, MAX_NAME)?;
        let mut who = self.prospect(name, &row.country, &row.tax_id, &row.sector, &row.city)?;
        who.address = optional("address", &row.address, MAX_NAME)?;
        if let Some(text) = clean("registry_id", &row.registry_id)? {
            let country = who.country.ok_or_else(|| {
                refuse("registry_id", &text, "bad_registry_id", "a register number needs the row's country")
            })?;
            let id = Identifier::registry(country, &text);
            who.identifiers.push(id.map_err(|e| refuse("registry_id", &text, "bad_registry_id", &e.to_string()))?);
        }
        if let Some(text) = clean("lei", &row.lei)? {
            who.identifiers.push(Identifier::lei(&text).map_err(|e| refuse("lei", &text, "bad_lei", &e.to_string()))?);
        }
        let stated = self.currency("currency", &row.currency)?;
        let (phone, uncalled) = phone(&row.phone);
        let facts = ClientFacts {
            since: self.date("since", &row.since)?,
            active: self.truth("active", &row.active)?,
            credit_limit: self.not_negative("credit_limit", &row.credit_limit, stated)?,
            yearly_value: self.not_negative("yearly_value", &row.yearly_value, stated)?,
            currency: stated.unwrap_or(self.currency),
            email: optional("email", &row.email, MAX_EMAIL)?,
            phone,
            who,
        };
        Ok(ClientDraft { code, facts, uncalled })
    }

    /// Checks an invoice row; what it says of the client is read only `with_client`.
    pub fn invoice(&self, row: &InvoiceInput, with_client: bool) -> Result<InvoiceDraft, Refusal> {
        let client = required("client", &row.client)?;
        let client: ClientCode = client.parse().map_err(|e: WordError| too_long_or("client", &client, &e))?;
        let number = limited("invoice", required("invoice", &row.invoice)?, MAX_INVOICE)?;
        let issued_on = self.date("issued_on", &row.issued_on)?.ok_or_else(|| missing("issued_on"))?;
        let due_on = self.date("due_on", &row.due_on)?.unwrap_or(issued_on);
        let stated = self.currency("currency", &row.currency)?;
        let amount = self.money("amount", &row.amount, stated)?.ok_or_else(|| missing("amount"))?;
        if amount.minor() <= 0 {
            let reason = "must be above zero; a credit note is a positive amount of kind credit_note";
            return Err(refuse("amount", row.get("amount"), "not_positive", reason));
        }
        let paid_on = self.date("paid_on", &row.paid_on)?;
        let paid = self.not_negative("paid_amount", &row.paid_amount, Some(amount.currency()))?;
        let (paid_on, paid_minor) = match (paid_on, paid.map(Money::minor)) {
            (Some(day), None) => (Some(day), amount.minor()),
            (_, None | Some(0)) => (None, 0),
            (day, Some(minor)) => (day, minor),
        };
        let kind = self.kind(&row.kind)?;
        let Claimed { claim, disputed } = self.claim(row, kind, amount)?;
        let new_client = with_client.then(|| self.new_client(row, &client, amount.currency())).transpose()?;
        Ok(InvoiceDraft {
            number,
            credit_type: self
                .word("credit_type", &row.credit_type)?
                .map(|w| limited("credit_type", w, MAX_WORD))
                .transpose()?,
            kind,
            issued_on,
            due_on,
            amount,
            disputed: disputed.map_or_else(|| Ok(self.truth("disputed", &row.disputed)?.unwrap_or(false)), Ok)?,
            paid_on,
            paid_minor,
            claim,
            new_client: new_client.map(Box::new),
            client,
        })
    }

    fn new_client(&self, row: &InvoiceInput, code: &ClientCode, currency: Currency) -> Result<ClientFacts, Refusal> {
        let name = optional("name", &row.name, MAX_NAME)?.unwrap_or_else(|| code.to_string());
        let who = self.prospect(name, &row.country, &row.tax_id, &row.sector, &row.city)?;
        Ok(ClientFacts {
            who,
            since: None,
            active: None,
            credit_limit: None,
            yearly_value: None,
            currency,
            email: None,
            phone: None,
        })
    }

    fn prospect(
        &self,
        name: String,
        country: &Option<Cell>,
        tax_id: &Option<Cell>,
        sector: &Option<Cell>,
        city: &Option<Cell>,
    ) -> Result<Prospect, Refusal> {
        let stated = self.word("country", country)?;
        let stated =
            stated.map(|t| t.parse().map_err(|e: WordError| refuse("country", &t, "bad_country", &e.to_string())));
        let country: Option<Country> = stated.transpose()?.or(self.country);
        let tax = clean("tax_id", tax_id)?.map(|t| tax_number(country, &t)).transpose()?;
        let sector = self.word("sector", sector)?;
        let sector =
            sector.map(|t| t.parse().map_err(|e: WordError| refuse("sector", &t, "bad_sector", &e.to_string())));
        Ok(Prospect {
            name,
            country: country.or_else(|| tax.as_ref().and_then(Identifier::country)),
            city: optional("city", city, MAX_NAME)?,
            address: None,
            other_names: Vec::new(),
            identifiers: tax.into_iter().collect(),
            sector: sector.transpose()?,
        })
    }

    /// The value, in our word where the map knows theirs. The map may also give an empty value a meaning.
    pub(super) fn word(&self, column: &'static str, cell: &Option<Cell>) -> Result<Option<String>, Refusal> {
        let text = clean(column, cell)?;
        let key = (column.to_owned(), text.as_deref().unwrap_or("").to_lowercase());
        Ok(self.words.get(&key).cloned().or(text))
    }

    fn truth(&self, column: &'static str, cell: &Option<Cell>) -> Result<Option<bool>, Refusal> {
        let Some(word) = self.word(column, cell)? else { return Ok(None) };
        match word.to_lowercase().as_str() {
            "true" | "1" | "yes" | "y" | "sì" | "si" | "ja" | "oui" => Ok(Some(true)),
            "false" | "0" | "no" | "n" | "nein" | "non" => Ok(Some(false)),
            _ => Err(refuse(column, &word, "bad_word", "must be true or false; a map can name other words")),
        }
    }

    fn kind(&self, cell: &Option<Cell>) -> Result<EntryKind, Refusal> {
        let Some(word) = self.word("kind", cell)? else { return Ok(EntryKind::Invoice) };
        match word.to_lowercase().as_str() {
            "invoice" | "fattura" | "rechnung" | "facture" => Ok(EntryKind::Invoice),
            "credit_note" | "credit note" | "nota di credito" | "gutschrift" | "avoir" => Ok(EntryKind::CreditNote),
            _ => Err(refuse("kind", &word, "bad_word", "must be invoice or credit_note; a map can name other words")),
        }
    }

    pub(super) fn currency(&self, column: &'static str, cell: &Option<Cell>) -> Result<Option<Currency>, Refusal> {
        let text = self.word(column, cell)?;
        let parsed =
            text.map(|t| t.parse().map_err(|e: MoneyError| refuse(column, &t, "bad_currency", &e.to_string())));
        parsed.transpose()
    }

    pub(super) fn date(&self, column: &'static str, cell: &Option<Cell>) -> Result<Option<Date>, Refusal> {
        let Some(text) = clean(column, cell)? else { return Ok(None) };
        let typed = self.is_typed.then(|| read_date(&text, ISO_DAY)).flatten();
        match typed.or_else(|| read_date(&text, &self.dates)) {
            Some(day) => Ok(Some(day)),
            None => {
                let reason = format!("must be a day from 1900 to 2100 written as {}", self.dates);
                Err(refuse(column, &text, "bad_date", &reason))
            }
        }
    }

    pub(super) fn money(
        &self,
        column: &'static str,
        cell: &Option<Cell>,
        stated: Option<Currency>,
    ) -> Result<Option<Money>, Refusal> {
        let Some(text) = clean(column, cell)? else { return Ok(None) };
        // Of a workbook's cell nobody knows here whether it is a number or a text: 1.234 is never taken for a thousand times as much.
        let is_number = self.is_typed && is_plain_number(&text);
        let marks = if is_number { Marks { decimal: '.', thousands: None } } else { self.marks };
        let read = amount::read(&text, marks, stated, self.currency);
        read.map(Some).map_err(|flaw| match flaw {
            amount::Flaw::OtherCurrency(why) => refuse(column, &text, "bad_currency", &why),
            amount::Flaw::Amount(why) if is_number => {
                let why = why.strip_suffix(amount::MARK_HINT).unwrap_or(&why);
                let hint = "round the cell; an amount in thousands has to be a number, not a text";
                refuse(column, &text, "bad_amount", &format!("{why}; {hint}"))
            }
            amount::Flaw::Amount(why) => refuse(column, &text, "bad_amount", &why),
        })
    }

    pub(super) fn not_negative(
        &self,
        column: &'static str,
        cell: &Option<Cell>,
        stated: Option<Currency>,
    ) -> Result<Option<Money>, Refusal> {
        match self.money(column, cell, stated)? {
            Some(money) if money.minor() < 0 => {
                Err(refuse(column, &money.to_string(), "bad_amount", "must not be below zero"))
            }
            money => Ok(money),
        }
    }
}

/// A tax number: checked by the row's country, else by its own prefix, else as Italian, whose checks are the strictest.
/// One with a wrong check digit would tie the client to somebody else's record, so it refuses the row.
fn tax_number(country: Option<Country>, text: &str) -> Result<Identifier, Refusal> {
    let bad = |why: &str| refuse("tax_id", text, "bad_tax_id", why);
    let prefix = || {
        let letters: String = text.chars().filter(char::is_ascii_alphanumeric).take(2).collect();
        letters.parse::<Country>().ok().filter(|_| text.trim().len() < 16)
    };
    match country.or_else(prefix) {
        Some(country) => Identifier::tax(country, text).map_err(|e| bad(&e.to_string())),
        None => Identifier::tax(Country::IT, text)
            .map_err(|e| bad(&format!("{e}; a tax number of another country needs the row's country or its prefix"))),
    }
}

/// A telephone number, of several the first; and why what else stood there is left out.
fn phone(cell: &Option<Cell>) -> (Option<String>, Option<Refusal>) {
    let text = match clean("phone", cell) {
        Ok(Some(text)) => text,
        Ok(None) => return (None, None),
        Err(refusal) => return (None, Some(refusal)),
    };
    match Phone::first_of(&text) {
        Ok(first) if first.as_str() == text => (Some(text), None),
        Ok(first) => {
            let reason = format!("one number is called, the first: {}", first.as_str());
            (Some(first.as_str().to_owned()), Some(refuse("phone", &text, "bad_phone", &reason)))
        }
        Err(bad) => (None, Some(refuse("phone", &text, "bad_phone", &bad.to_string()))),
    }
}

/// The value without blanks around it, line breaks and the `="…"` with which spreadsheets keep leading zeros; `None`
/// when nothing is left.
fn clean(column: &'static str, cell: &Option<Cell>) -> Result<Option<String>, Refusal> {
    let Some(Cell(raw)) = cell else { return Ok(None) };
    let text = raw.trim();
    let text = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')).unwrap_or(text).trim();
    if text.is_empty() {
        return Ok(None);
    }
    let text: String = text.chars().map(|c| if matches!(c, '\t' | '\r' | '\n') { ' ' } else { c }).collect();
    match text.chars().find(|c| c.is_control() || *c == char::REPLACEMENT_CHARACTER) {
        Some(_) => {
            Err(refuse(column, raw, "bad_encoding", "holds bytes that are no text; the file's encoding is wrong here"))
        }
        None => Ok(Some(text)),
    }
}

pub(super) fn required(column: &'static str, cell: &Option<Cell>) -> Result<String, Refusal> {
    clean(column, cell)?.ok_or_else(|| missing(column))
}

pub(super) fn optional(column: &'static str, cell: &Option<Cell>, max: usize) -> Result<Option<String>, Refusal> {
    clean(column, cell)?.map(|text| limited(column, text, max)).transpose()
}

pub(super) fn limited(column: &'static str, text: String, max: usize) -> Result<String, Refusal> {
    if text.chars().count() <= max {
        return Ok(text);
    }
    Err(refuse(column, &text, "too_long", &format!("must have at most {max} characters")))
}

pub(super) fn missing(column: &'static str) -> Refusal {
    refuse(column, "", "missing", &format!("{column} must not be empty"))
}

pub(super) fn too_long_or(column: &'static str, text: &str, error: &WordError) -> Refusal {
    let code = if text.chars().count() > 100 { "too_long" } else { "bad_word" };
    refuse(column, text, code, &error.to_string())
}

pub(super) fn refuse(column: &'static str, value: &str, code: &'static str, reason: &str) -> Refusal {
    Refusal { column, value: value.chars().take(200).collect(), code, reason: reason.to_owned() }
}
