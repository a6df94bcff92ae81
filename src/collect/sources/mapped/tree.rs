//! JSON and XML: what is taken from the tree is understood, what is left in it is a leftover.

use serde_json::{Map, Value};

use super::{
    Found,
    mapping::{From, Mapping},
    place::{Format, Path, Place},
    values::{Said, Values},
};
use crate::collect::{
    Answer, Misread,
    sources::{record::Leftovers, reply, xml},
};

/// Reads JSON.
pub(super) fn json(mapping: &Mapping, answer: &Answer) -> Result<Found, Misread> {
    read(mapping, reply::json(answer)?)
}

/// Reads XML; its paths begin with the root element's name.
pub(super) fn xml(mapping: &Mapping, answer: &Answer) -> Result<Found, Misread> {
    let (name, root) = xml::document(answer)?;
    read(mapping, Value::Object(Map::from_iter([(name, root)])))
}

fn read(mapping: &Mapping, mut tree: Value) -> Result<Found, Misread> {
    let expect = &mapping.expect;
    for (shown, place) in &expect.present {
        if path(place).and_then(|path| path.look(&tree)).is_none() {
            return Err(Misread::Quarantined(format!("the answer has no {shown}: it is not the one that is known")));
        }
    }
    let mut found = Found {
        has_empty_mark: expect.empty_mark.as_ref().is_some_and(|(place, is)| shows(&tree, place, is.as_deref())),
        total: expect.total.as_ref().and_then(path).and_then(|path| path.look(&tree)).and_then(count),
        ..Found::default()
    };
    found.next = mapping.next.place().and_then(path).and_then(|path| path.take(&mut tree)).and_then(|v| plain(&v));
    let (has_list, records) = records(mapping, &mut tree, found.has_empty_mark);
    // An empty list in XML is often no element at all; then the document is known by what every one of its kind has.
    found.has_list = has_list || (mapping.format == Format::Xml && !expect.present.is_empty());
    let expected = expect.present.iter().map(|(_, place)| place).chain(&expect.total);
    let expected = expected.chain(expect.empty_mark.as_ref().map(|(place, _)| place));
    let known: Vec<&Path> = expected.chain(&mapping.ignore).filter_map(path).collect();
    let leftovers = Leftovers::default();
    for (record_path, record) in records {
        found.records.push(values(mapping, record_path, record, &known, &leftovers));
    }
    for path in known {
        path.take(&mut tree);
    }
    rest("$", &tree, &leftovers);
    found.leftovers = leftovers.take();
    Ok(found)
}

/// The records, and whether there is a place for them at all. One record alone is a list of one; an element without
/// content (`<acts/>`) is an empty list.
fn records(mapping: &Mapping, tree: &mut Value, is_empty: bool) -> (bool, Vec<(String, Value)>) {
    let Some(items) = path(&mapping.items) else { return (false, Vec::new()) };
    let shown = if items.is_here() { "$".to_owned() } else { format!("$.{}", mapping.items_shown) };
    // The answer is itself the record: what is known of it stays where it is.
    if items.is_here() && tree.is_object() {
        return match is_empty {
            true => (true, Vec::new()),
            false => (true, vec![(shown, tree.take())]),
        };
    }
    match items.take(tree) {
        None => (false, Vec::new()),
        Some(Value::Array(items)) => {
            let numbered = items.into_iter().enumerate().map(|(place, item)| (format!("{shown}[{place}]"), item));
            (true, numbered.collect())
        }
        Some(Value::String(text)) if text.trim().is_empty() => (true, Vec::new()),
        Some(one) => (true, vec![(shown, one)]),
    }
}

fn values(mapping: &Mapping, record_path: String, mut record: Value, known: &[&Path], leftovers: &Leftovers) -> Values {
    let mut values = Values::at(record_path.clone());
    let mut taken = Vec::new();
    // Two fields may stand at one place, so all look before any takes.
    for (name, from) in &mapping.fields {
        match from {
            From::Constant(text) => values.put(name, Said::text(text)),
            From::Place(place) => {
                let Some(path) = path(place) else { continue };
                let Some(value) = path.look(&record) else { continue };
                let said = said(value);
                if said.is_none() && !is_blank(value) {
                    values.leave(name, &value.to_string());
                }
                values.put(name, said);
                taken.push(path);
            }
        }
    }
    // Of an element that keeps its text beside its attributes only the text was understood.
    for path in taken {
        path.take_text(&mut record);
    }
    for path in known {
        path.take(&mut record);
    }
    rest(&record_path, &record, leftovers);
    values
}

fn path(place: &Place) -> Option<&Path> {
    match place {
        Place::Path(path) => Some(path),
        Place::Element { .. } | Place::Column(_) => None,
    }
}

/// A value of one field: a text, a number, yes or no, or a list of one of them.
fn said(value: &Value) -> Option<Said> {
    match value {
        Value::String(text) => Said::text(text),
        Value::Number(number) => Some(Said::number(number.to_string())),
        Value::Bool(flag) => Said::text(&flag.to_string()),
        Value::Array(items) => match items.as_slice() {
            [one] => said(one),
            _ => None,
        },
        // An element with attributes keeps its text beside them.
        Value::Object(members) => members.get("#text").and_then(said),
        Value::Null => None,
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(members) => members.values().all(is_blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn count(value: &Value) -> Option<usize> {
    plain(value)?.parse().ok()
}

fn shows(tree: &Value, place: &Place, is: Option<&str>) -> bool {
    let shown = path(place).and_then(|path| path.look(tree));
    match (shown, is) {
        (Some(value), Some(is)) => said(value) == Said::text(is) || plain(value).as_deref() == Some(is),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Every value that is still in the tree.
fn rest(path: &str, value: &Value, leftovers: &Leftovers) {
    match value {
        value if is_blank(value) => {}
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| rest(&format!("{path}.{name}"), value, leftovers))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| rest(&format!("{path}[{place}]"), value, leftovers));
        }
        value => leftovers.add_json(path, value),
    }
}
