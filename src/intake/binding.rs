//! The header of a table: which of its columns is which of ours.

use std::collections::HashMap;

use super::{
    Content,
    decode::{self, Watch},
    map::{Map, Names, known_columns},
    records::Records,
};

/// The most rows that are looked at to find out how a file spells its dates and decimals.
const MAX_WATCHED: usize = 20_000;

/// Columns that hold dates, and columns that hold amounts.
const DATE_COLUMNS: &[&str] = &[
    "issued_on",
    "due_on",
    "paid_on",
    "since",
    "disputed_on",
    "dispute_closed_on",
    "promised_on",
    "plan_due_on",
    "written_off_on",
];
const AMOUNT_COLUMNS: &[&str] = &[
    "amount",
    "paid_amount",
    "credit_limit",
    "yearly_value",
    "disputed_amount",
    "promised_amount",
    "written_off_amount",
];

pub(super) fn header(records: &mut Records<'_>) -> Result<Vec<String>, String> {
    match records.next().map(|r| r.fields) {
        Some(Ok(fields)) => Ok(fields.into_iter().map(|f| f.trim().to_owned()).collect()),
        Some(Err(_)) => Err("line 1: a quote in the header is never closed, or the header is too long".to_owned()),
        None => Err("is empty; a header was expected".to_owned()),
    }
}

/// How many of our columns, and how many columns at all, a delimiter finds in the header.
pub(super) fn n_found(text: &str, body: usize, delimiter: u8, map: &Map, content: Content) -> (usize, usize) {
    let mut records = Records::new(text, delimiter);
    records.skip_to(body);
    header(&mut records).map_or((0, 0), |header| (Binding::places(&header, map, content).len(), header.len()))
}

/// Which field of a record is which of our columns.
#[derive(Debug)]
pub(super) struct Binding {
    /// Our column and its place.
    pub(super) places: Vec<(&'static str, usize)>,
    pub(super) header: Vec<String>,
}

impl Binding {
    pub(super) fn new(header: &[String], map: &Map, content: Content) -> Result<Self, String> {
        let places = Self::places(header, map, content);
        let found = || format!("found: {}", header.join(", "));
        for (ours, names) in &map.columns {
            if let Names::One(theirs) = names
                && !places.iter().any(|(column, _)| column == ours)
            {
                return Err(format!("there is no column {theirs:?}, which the map names for {ours}; {}", found()));
            }
        }
        if let Some(column) = required(content).iter().find(|r| !places.iter().any(|(c, _)| c == *r)) {
            return Err(format!("there is no column {column:?}; {} (a map can say what it is called)", found()));
        }
        for (column, place) in &places {
            let twice = places.iter().any(|(c, p)| c == column && p != place);
            if twice {
                return Err(format!("the column {:?} ({column}) stands there twice", header[*place]));
            }
        }
        Ok(Self { places, header: header.to_vec() })
    }

    /// Every field that one of our columns claims: by the map, or else by its own name.
    pub(super) fn places(header: &[String], map: &Map, content: Content) -> Vec<(&'static str, usize)> {
        let folded: Vec<String> = header.iter().map(|h| fold(h)).collect();
        let claimed = |theirs: &str| map.columns.values().any(|n| n.all().iter().any(|n| fold(n) == theirs));
        let mut places = Vec::new();
        for ours in known_columns(content) {
            let wanted: Vec<String> = match map.columns.get(*ours) {
                Some(names) => {
                    let names = names.all().iter().map(|n| fold(n));
                    names.filter(|n| folded.contains(n)).take(1).collect()
                }
                None => vec![fold(ours)].into_iter().filter(|n| !claimed(n)).collect(),
            };
            places.extend((0..header.len()).filter(|p| wanted.contains(&folded[*p])).map(|p| (*ours, p)));
        }
        places
    }

    pub(super) fn names(&self) -> HashMap<&'static str, String> {
        self.places.iter().map(|(ours, place)| (*ours, self.header[*place].clone())).collect()
    }

    pub(super) fn notes(&self, map: &Map, content: Content) -> Vec<String> {
        let has = |column: &str| self.places.iter().any(|(c, _)| *c == column);
        let unused = |place: usize| !self.places.iter().any(|(_, p)| *p == place);
        let ignored: Vec<&str> =
            self.header.iter().enumerate().filter(|(p, _)| unused(*p)).map(|(_, h)| h.as_str()).collect();
        let absent: Vec<&str> = map.columns.keys().map(String::as_str).filter(|c| !has(c)).collect();
        let mut notes = Vec::new();
        if !ignored.is_empty() {
            notes.push(format!("columns ignored: {}", ignored.join(", ")));
        }
        if !absent.is_empty() {
            notes.push(format!("columns of the map that are not there: {}", absent.join(", ")));
        }
        if !has("currency") && content == Content::Invoices {
            let (code, how) = map.currency.map_or(("EUR".to_owned(), "default"), |c| (c.to_string(), "from the map"));
            notes.push(format!("currency: {code} where a row names none ({how})"));
        }
        notes
    }
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::AnyOf(names) => names,
        }
    }
}

/// `Issued On`, `issued_on` and `ISSUED-ON` are one name.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The columns that a kind of file must have, in our words.
pub(super) fn required(content: Content) -> &'static [&'static str] {
    match content {
        Content::Clients => &["client", "name"],
        Content::Invoices => &["client", "invoice", "issued_on", "amount"],
        Content::Payments => &["client", "invoice", "paid_on", "amount"],
    }
}

pub(super) fn watch(text: &str, delimiter: u8, from: usize, (binding, is_typed): (&Binding, bool)) -> Watch {
    let mut records = Records::new(text, delimiter);
    records.skip_to(from);
    records.width = Some(binding.header.len());
    // A sheet's own days and numbers say nothing of how its texts are spelled.
    let is_telling = |is_own: fn(&str) -> bool, value: &str| !(is_typed && is_own(value.trim()));
    let mut watch = Watch::default();
    for fields in records.take(MAX_WATCHED).filter_map(|r| r.fields.ok()) {
        for (column, place) in &binding.places {
            let Some(value) = fields.get(*place) else { continue };
            if DATE_COLUMNS.contains(column) && is_telling(decode::is_iso_day, value) {
                watch.date(value);
            } else if AMOUNT_COLUMNS.contains(column) && is_telling(decode::is_plain_number, value) {
                watch.amount(value);
            }
        }
    }
    watch
}
