//! XML as nested values, so that [`Record`](super::record::Record) reads it and reports what nobody took.
//!
//! An element is an object: its attributes are members that begin with `@`, its children members by their local name (a
//! list where there are several of one name), its text the member `#text`. An element with neither attributes nor children
//! is its text alone.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use serde_json::{Map, Value};

use super::{
    charset,
    markup::{entity, unescape},
};
use crate::collect::{Answer, Misread};

/// Registers nest some fifteen deep; what nests deeper than this is not a register's answer.
const MAX_DEPTH: usize = 100;

/// Elements and attributes in one answer: a statistic with every heading and month has some hundred thousand.
const MAX_NODES: usize = 1_000_000;

/// The root element's local name and its value. Declarations of entities are refused, never expanded.
pub(super) fn document(answer: &Answer) -> Result<(String, Value), Misread> {
    let (text, _) = charset::decode(&answer.body, &answer.content_type);
    let text = text.trim();
    if text.is_empty() {
        return Err(Misread::Unreadable("the body is empty".to_owned()));
    }
    if !text.starts_with('<') {
        return Err(Misread::Unreadable("not the XML that was expected".to_owned()));
    }
    Tree::default().read(text)
}

/// An element that is not closed yet.
#[derive(Debug, Default)]
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
}

#[derive(Debug, Default)]
struct Tree {
    open: Vec<Open>,
    root: Option<(String, Value)>,
    n_nodes: usize,
}

impl Tree {
    fn read(mut self, text: &str) -> Result<(String, Value), Misread> {
        let mut reader = Reader::from_str(text);
        loop {
            let event = reader
                .read_event()
                .map_err(|e| Misread::Unreadable(format!("broken XML at byte {}: {e}", reader.error_position())))?;
            match event {
                Event::Start(tag) => self.start(&tag)?,
                Event::Empty(tag) => {
                    self.start(&tag)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => self.text(&text.into_inner()),
                Event::CData(text) => self.text(&text.into_inner()),
                Event::GeneralRef(reference) => {
                    let name = reference.into_inner();
                    match entity(&name) {
                        Some(c) => self.text(c.encode_utf8(&mut [0; 4])),
                        None => self.text(&format!("&{name};")),
                    }
                }
                Event::DocType(_) => {
                    return Err(Misread::Unreadable("a DOCTYPE, which no source of ours sends: refused".to_owned()));
                }
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof => break,
            }
        }
        if let Some(open) = self.open.last() {
            return Err(Misread::Unreadable(format!("the XML ends inside <{}>: it was cut off", open.name)));
        }
        self.root.ok_or_else(|| Misread::Unreadable("no element in the XML".to_owned()))
    }

    fn start(&mut self, tag: &BytesStart) -> Result<(), Misread> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Misread::Unreadable(format!("elements nest more than {MAX_DEPTH} deep")));
        }
        let mut open = Open { name: local(tag.name().as_ref()), ..Open::default() };
        self.count()?;
        for attribute in tag.attributes().with_checks(false) {
            self.count()?;
            let attribute = attribute.map_err(|e| Misread::Unreadable(format!("broken attribute: {e}")))?;
            let name = attribute.key.as_ref();
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let value = unescape(&attribute.value).trim().to_owned();
            add(&mut open.members, format!("@{}", local(name)), Value::String(value));
        }
        self.open.push(open);
        Ok(())
    }

    fn count(&mut self) -> Result<(), Misread> {
        self.n_nodes += 1;
        match self.n_nodes {
            n if n > MAX_NODES => Err(Misread::Unreadable(format!("more than {MAX_NODES} elements and attributes"))),
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }

    fn end(&mut self) {
        let Some(Open { name, mut members, text }) = self.open.pop() else { return };
        let text = text.trim();
        let value = if members.is_empty() {
            Value::String(text.to_owned())
        } else {
            if !text.is_empty() {
                members.insert("#text".to_owned(), Value::String(text.to_owned()));
            }
            Value::Object(members)
        };
        match self.open.last_mut() {
            Some(parent) => add(&mut parent.members, name, value),
            None => self.root = Some((name, value)),
        }
    }
}

/// A second member of one name makes a list of both.
fn add(members: &mut Map<String, Value>, name: String, value: Value) {
    match members.get_mut(&name) {
        None => {
            members.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(one) => {
            let first = one.take();
            *one = Value::Array(vec![first, value]);
        }
    }
}

/// A name without its prefix: prefixes are the sender's choice.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}
