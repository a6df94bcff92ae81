//! Elements as the chambers write them: once or many times, with their values in attributes or in children, days in three
//! ways, amounts with an Italian comma or without.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::{
    collect::sources::record::{Record, iso_day},
    domain::{Currency, Money},
};

/// The elements of a name: none, one, or many. An empty one is none; one with a text alone has it as `#text`.
pub(super) fn elements(parent: &mut Record, name: &str) -> Vec<Record> {
    let path = parent.path_of(name);
    let items = match parent.value(name) {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    };
    let is_many = items.len() > 1;
    let mut elements = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let path = if is_many { format!("{path}[{at}]") } else { path.clone() };
        let item = match item {
            Value::String(text) if text.is_empty() => continue,
            Value::String(text) => Value::Object(Map::from_iter([("#text".to_owned(), Value::String(text))])),
            other => other,
        };
        elements.extend(Record::at(&path, item, parent.leftovers()));
    }
    elements
}

/// The first element of a name.
pub(super) fn element(parent: &mut Record, name: &str) -> Option<Record> {
    elements(parent, name).into_iter().next()
}

/// A value that stands in an attribute or in a child.
pub(super) fn field(record: &mut Record, name: &str) -> Option<String> {
    let attribute = record.text(&format!("@{name}"));
    if record.peek(name).is_some_and(|value| !value.is_string()) {
        return attribute.or_else(|| element(record, name).and_then(|mut inner| inner.text("#text")));
    }
    attribute.or_else(|| record.text(name))
}

/// A day that stands in an attribute or in a child; anything that is no day is a leftover.
pub(super) fn day(record: &mut Record, name: &str) -> Option<Date> {
    let text = field(record, name)?;
    let found = day_of(&text);
    // Registers fill an empty day with noughts.
    if found.is_none() && text.contains(|c: char| c.is_ascii_digit() && c != '0') {
        record.leave(name, &text);
    }
    found
}

/// `03/02/2026`, `20260203`, `2026-02-03`.
fn day_of(text: &str) -> Option<Date> {
    if let Some(day) = iso_day(text) {
        return Some(day);
    }
    let parts: Vec<&str> = text.split(' ').next().unwrap_or(text).split('/').collect();
    let (year, month, number) = match parts.as_slice() {
        [number, month, year] => (*year, *month, *number),
        [joined] if joined.len() == 8 => (joined.get(..4)?, joined.get(4..6)?, joined.get(6..)?),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, number.parse().ok()?).ok()
}

/// `2000`, `2000.50`, `2.000,50`, `2.000`.
pub(super) fn money(text: &str, currency: Currency) -> Option<Money> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let has_comma = bare.contains(',');
    let groups = bare.split('.').skip(1).all(|group| group.len() == 3);
    let plain = if has_comma || groups { bare.replace('.', "").replace(',', ".") } else { bare };
    Money::parse(&plain, currency).ok().filter(|money| money.minor() >= 0)
}
