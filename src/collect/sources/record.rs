//! Strict reading of JSON: a record gives its members away one by one, and reports when dropped what nobody took.

use std::{cell::RefCell, rc::Rc};

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::{
    collect::Leftover,
    domain::{Currency, Money},
};

/// How much of a leftover's value is shown.
const SHOWN_CHARS: usize = 200;

/// More leftovers than this from one answer teach nothing new; the last one says that there are more.
const MAX_LEFTOVERS: usize = 500;

/// The leftovers of one answer; clones share one list.
#[derive(Debug, Clone, Default)]
pub(super) struct Leftovers(Rc<RefCell<Vec<Leftover>>>);

impl Leftovers {
    /// Notes a value that was not understood.
    pub(super) fn add(&self, path: &str, value: &str) {
        let mut list = self.0.borrow_mut();
        match list.len() {
            n if n < MAX_LEFTOVERS => {
                list.push(Leftover { path: path.to_owned(), value: value.chars().take(SHOWN_CHARS).collect() });
            }
            MAX_LEFTOVERS => list.push(Leftover { path: path.to_owned(), value: "… and more".to_owned() }),
            _ => {}
        }
    }

    /// Notes a JSON value; a text without its quotes.
    pub(super) fn add_json(&self, path: &str, value: &Value) {
        match value {
            Value::String(text) => self.add(path, text),
            other => self.add(path, &other.to_string()),
        }
    }

    /// What was noted so far, and an empty list from here on.
    pub(super) fn take(&self) -> Vec<Leftover> {
        self.0.take()
    }
}

/// A JSON object in the course of being read.
#[derive(Debug)]
pub(super) struct Record {
    path: String,
    members: Map<String, Value>,
    leftovers: Leftovers,
}

impl Record {
    /// The object at `path`, or none (and a leftover) when the value is something else.
    pub(super) fn at(path: &str, value: Value, leftovers: &Leftovers) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { path: path.to_owned(), members, leftovers: leftovers.clone() }),
            Value::Null => None,
            other => {
                leftovers.add_json(path, &other);
                None
            }
        }
    }

    /// Whether a member is there and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether a member is there, null or not.
    pub(super) fn names(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Whether an XML element has children that nobody took so far; attributes and empty children are none.
    pub(super) fn has_children(&self) -> bool {
        self.members.iter().any(|(name, value)| !name.starts_with(['@', '#']) && !is_blank(value))
    }

    /// Where the object stands: `$.data`, `line 3`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path of a member: `$.data.lei`.
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The list that leftovers go to.
    pub(super) fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    /// Notes a member's value as not understood.
    pub(super) fn leave(&self, name: &str, value: &str) {
        self.leftovers.add(&self.path_of(name), value);
    }

    /// Members we know and do not need. Null, or whatever they hold.
    pub(super) fn ignore(&mut self, names: &[impl AsRef<str>]) {
        for name in names {
            self.members.remove(name.as_ref());
        }
    }

    /// Members that we know by a pattern of their names, and do not need: a register numbers some of its columns.
    pub(super) fn ignore_where(&mut self, is_known: impl Fn(&str) -> bool) {
        self.members.retain(|name, _| !is_known(name));
    }

    /// Every attribute of an XML element (`@FREQ`) by its name, but for those that are ignored.
    pub(super) fn attributes(&mut self, ignored: &[&str]) -> Vec<(String, String)> {
        let names: Vec<String> = self.members.keys().filter(|name| name.starts_with('@')).cloned().collect();
        let mut found = Vec::new();
        for name in names {
            let value = self.text(&name).unwrap_or_default();
            let bare = name.trim_start_matches('@');
            if !ignored.contains(&bare) {
                found.push((bare.to_owned(), value));
            }
        }
        found
    }

    /// Members of natural persons: never read, never shown, not even as leftovers.
    pub(super) fn forget(&mut self, names: &[&str]) {
        self.ignore(names);
    }

    /// Forgets all that is left: the object is known and nothing in it is for us.
    pub(super) fn ignore_rest(&mut self) {
        self.members.clear();
    }

    /// Looks at a member that somebody else will take.
    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Gives a member back, for somebody else to read.
    pub(super) fn put(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// A member as it is; none when absent or null.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// A text, trimmed; empty counts as absent. A number is taken as it is written.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            other => {
                self.leftovers.add_json(&self.path_of(name), &other);
                None
            }
        }
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(flag) => Some(flag),
            other => {
                self.leftovers.add_json(&self.path_of(name), &other);
                None
            }
        }
    }

    /// A day, from `2026-08-01` or an instant that starts so; anything else is a leftover.
    pub(super) fn day(&mut self, name: &str) -> Option<Date> {
        let text = self.text(name)?;
        let day = iso_day(&text);
        if day.is_none() {
            self.leave(name, &text);
        }
        day
    }

    /// A word of a closed list. One that is not on the list is a leftover, never a default.
    pub(super) fn word<T>(&mut self, name: &str, known: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let word = known(&text);
        if word.is_none() {
            self.leave(name, &text);
        }
        word
    }

    /// Takes a word only to see that it is one of those we know.
    pub(super) fn expect_word(&mut self, name: &str, known: &[&str]) {
        self.word(name, |word| known.contains(&word).then_some(()));
    }

    /// An amount: a number, or a text with a decimal point.
    pub(super) fn money(&mut self, name: &str, currency: Currency) -> Option<Money> {
        let text = self.text(name)?;
        let money = Money::parse(&text, currency).ok();
        if money.is_none() {
            self.leave(name, &text);
        }
        money
    }

    /// A member that is an object.
    pub(super) fn record(&mut self, name: &str) -> Option<Self> {
        let value = self.value(name)?;
        Self::at(&self.path_of(name), value, &self.leftovers)
    }

    /// A member that is a list of objects; one object alone is a list of one, null is an empty list.
    pub(super) fn records(&mut self, name: &str) -> Vec<Self> {
        let path = self.path_of(name);
        match self.value(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .filter_map(|(i, item)| Self::at(&format!("{path}[{i}]"), item, &self.leftovers))
                .collect(),
            Some(other) => Self::at(&path, other, &self.leftovers).into_iter().collect(),
        }
    }

    /// A member that is a list of texts; one text alone is a list of one.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let path = self.path_of(name);
        let items = match self.value(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => vec![other],
        };
        let mut texts = Vec::new();
        for (i, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.trim().to_owned()),
                Value::Null => {}
                other => self.leftovers.add_json(&format!("{path}[{i}]"), &other),
            }
        }
        texts
    }
}

/// Null, or a text without a word.
fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

impl Drop for Record {
    fn drop(&mut self) {
        for (name, value) in std::mem::take(&mut self.members) {
            if !value.is_null() {
                self.leftovers.add_json(&self.path_of(&name), &value);
            }
        }
    }
}

/// The day that a text starts with: `2026-08-01`, `2026-08-01T10:00:00Z`, `2026-08-01 10:00:00`.
pub(super) fn iso_day(text: &str) -> Option<Date> {
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let clean = rest.is_empty() || rest.starts_with('T') || rest.starts_with(' ');
    let shaped = day.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    (clean && shaped).then(|| day.parse().ok())?
}
