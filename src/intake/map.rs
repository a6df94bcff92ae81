use std::collections::BTreeMap;

use encoding_rs::Encoding;
use jiff::civil::Date;
use serde::Deserialize;

use super::{ClientInput, Content, Error, InvoiceInput, PaymentInput};
use crate::domain::{Country, Currency};

/// How a file differs from ours: the checked form of a `--map` file. A key that is absent is detected, or has the
/// default that `contracts` name.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// What separates the fields.
    pub(super) delimiter: Option<u8>,
    /// How letters are stored.
    pub(super) encoding: Option<&'static Encoding>,
    /// The mark before cents.
    pub(super) decimal: Option<char>,
    /// The mark between thousands.
    pub(super) thousands: Option<char>,
    /// A `strptime` format for every date.
    pub(super) dates: Option<String>,
    /// The currency of rows that name none.
    pub(super) currency: Option<Currency>,
    /// The country of rows that name none.
    pub(super) country: Option<Country>,
    /// Which sheet of a workbook; the first that can be seen when absent.
    pub(super) sheet: Option<String>,
    /// Values come from a sheet, with days and numbers as it knows them; a map cannot say so.
    pub(super) is_typed: bool,
    /// Our column, and the names it may have in the file.
    pub(super) columns: BTreeMap<String, Names>,
    /// Our column, our word, their words.
    pub(super) words: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// What a column is called in the file: one name, which must be there, or several of which one may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    /// It is called so; a file without it is another file.
    One(String),
    /// It may be called any of these, or be absent.
    AnyOf(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    file: WrittenFile,
    #[serde(default)]
    columns: BTreeMap<String, Names>,
    #[serde(default)]
    words: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    delimiter: Option<String>,
    encoding: Option<String>,
    decimal: Option<String>,
    thousands: Option<String>,
    dates: Option<String>,
    currency: Option<String>,
    country: Option<String>,
    sheet: Option<String>,
}

impl Map {
    /// Reads a map's TOML for a kind of file; an error names the key and what would have been right.
    pub fn parse(toml: &str, content: Content) -> Result<Self, Error> {
        let written: Written = toml::from_str(toml).map_err(|e| Error::Map(e.to_string().trim_end().to_owned()))?;
        let file = written.file;
        check_names(&written.columns, &written.words, content)?;
        let map = Self {
            delimiter: file.delimiter.as_deref().map(delimiter).transpose()?,
            encoding: file.encoding.as_deref().map(encoding).transpose()?,
            decimal: file.decimal.as_deref().map(|t| mark("file.decimal", t, ".,")).transpose()?,
            thousands: file.thousands.as_deref().map(|t| mark("file.thousands", t, "., '’_\u{a0}")).transpose()?,
            dates: file.dates.map(date_format).transpose()?,
            currency: file.currency.as_deref().map(|t| word("file.currency", t)).transpose()?,
            country: file.country.as_deref().map(|t| word("file.country", t)).transpose()?,
            sheet: file.sheet,
            is_typed: false,
            columns: written.columns,
            words: written.words,
        };
        if map.decimal.is_some() && map.decimal == map.thousands {
            return Err(wrong("file.thousands", "must differ from file.decimal"));
        }
        Ok(map)
    }
}

/// The columns that a kind of file may have, in our words.
pub(super) fn known_columns(content: Content) -> &'static [&'static str] {
    match content {
        Content::Clients => ClientInput::COLUMNS,
        Content::Invoices => InvoiceInput::COLUMNS,
        Content::Payments => PaymentInput::COLUMNS,
    }
}

fn wrong(key: &str, why: &str) -> Error {
    Error::Map(format!("{key}: {why}"))
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(key: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|e: T::Err| wrong(key, &e.to_string()))
}

fn delimiter(text: &str) -> Result<u8, Error> {
    match text {
        "tab" => Ok(b'\t'),
        "," | ";" | "\t" | "|" | ":" => Ok(text.as_bytes()[0]),
        _ => Err(wrong("file.delimiter", &format!("{text:?} must be one of , ; | : or tab"))),
    }
}

fn encoding(text: &str) -> Result<&'static Encoding, Error> {
    let why = || wrong("file.encoding", &format!("{text:?} is not an encoding, as utf-8 or windows-1252"));
    Encoding::for_label(text.as_bytes()).ok_or_else(why)
}

fn mark(key: &str, text: &str, allowed: &str) -> Result<char, Error> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(mark), None) if allowed.contains(mark) => Ok(mark),
        _ => Err(wrong(key, &format!("{text:?} must be one of the characters {allowed:?}"))),
    }
}

/// A format must bring a day back; one without a year, say, would make every row a bad date.
fn date_format(text: String) -> Result<String, Error> {
    let day = jiff::civil::date(2024, 11, 23);
    let back = day.to_datetime(jiff::civil::Time::midnight());
    let there = jiff::fmt::strtime::format(&text, back).map_err(|e| wrong("file.dates", &format!("{text:?}: {e}")))?;
    match Date::strptime(&text, &there) {
        Ok(read) if read == day => Ok(text),
        Ok(_) => Err(wrong("file.dates", &format!("{text:?} does not hold year, month and day, as %d/%m/%Y"))),
        Err(e) => Err(wrong("file.dates", &format!("{text:?}: {e}"))),
    }
}

fn check_names(
    columns: &BTreeMap<String, Names>,
    words: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
    content: Content,
) -> Result<(), Error> {
    let known = known_columns(content);
    let unknown =
        |table: &str, key: &str| wrong(&format!("{table}.{key}"), &format!("must be one of {}", known.join(", ")));
    if let Some(odd) = columns.keys().find(|c| !known.contains(&c.as_str())) {
        return Err(unknown("columns", odd));
    }
    for (column, table) in words {
        let allowed: &[&str] = match column.as_str() {
            "disputed" | "active" => &["true", "false"],
            "kind" => &["invoice", "credit_note"],
            "dispute_outcome" => &["upheld", "rejected", "withdrawn", "settled"],
            "country" | "currency" | "sector" | "credit_type" => continue,
            _ => {
                return Err(wrong(
                    &format!("words.{column}"),
                    "words are for disputed, active, kind, dispute_outcome, country, currency, sector and credit_type",
                ));
            }
        };
        if let Some(odd) = table.keys().find(|k| !allowed.contains(&k.as_str())) {
            return Err(wrong(&format!("words.{column}.{odd}"), &format!("must be one of {}", allowed.join(", "))));
        }
    }
    Ok(())
}
