//! Where a value stands: a path in a tree, a selector in a page, a column of a table.

use scraper::Selector;
use serde_json::Value;

/// The form of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
    Html,
    Csv,
}

impl Format {
    /// By the `kind` of a table in `sources.toml`; a kind that is none of the other three is JSON.
    pub(super) fn of(kind: &str) -> Self {
        match kind {
            "xml" => Self::Xml,
            "html" => Self::Html,
            "csv" => Self::Csv,
            _ => Self::Json,
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml, text/xml",
            Self::Html => "text/html",
            Self::Csv => "text/csv, */*;q=0.5",
        }
    }
}

/// A place in a record (or in the whole answer).
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In a tree.
    Path(Path),
    /// In a page: the element, and the attribute to read where it is not the text. Without a selector: the record itself.
    Element { selector: Option<Selector>, attribute: Option<String> },
    /// In a table.
    Column(String),
}

impl Place {
    /// Reads a place of which there is one; `*` is for what is ignored.
    pub(super) fn single(format: Format, text: &str) -> Result<Self, String> {
        match Self::read(format, text)? {
            Self::Path(path) if path.is_many() => {
                Err(format!("{text:?}: * stands only in ignore; give a place by its number"))
            }
            place => Ok(place),
        }
    }

    /// Reads a place as it is written for this format; the error says what would be right.
    pub(super) fn read(format: Format, text: &str) -> Result<Self, String> {
        match format {
            Format::Json | Format::Xml => Ok(Self::Path(Path::read(text)?)),
            Format::Csv if text.trim().is_empty() => Err("must be the name of a column".to_owned()),
            Format::Csv => Ok(Self::Column(text.trim().to_owned())),
            Format::Html => {
                let (css, attribute) =
                    text.rsplit_once('@').map_or((text, None), |(css, attribute)| (css, Some(attribute.to_owned())));
                let selector = match css.trim() {
                    "" => None,
                    css => Some(selector(css)?),
                };
                Ok(Self::Element { selector, attribute })
            }
        }
    }
}

/// A CSS selector.
pub(super) fn selector(css: &str) -> Result<Selector, String> {
    Selector::parse(css).map_err(|e| format!("{css:?} is not a CSS selector: {e}"))
}

/// A way down a tree: `data.items.0.name`, `/data/items/0/name` (RFC 6901), `list.*.id` (of every element).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A member; of a list the element of that number, when it is one.
    Name(String),
    /// Every element or member.
    Each,
}

impl Path {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let step = |name: &str| if name == "*" { Step::Each } else { Step::Name(name.to_owned()) };
        if let Some(pointer) = text.strip_prefix('/') {
            let names = pointer.split('/').map(|name| name.replace("~1", "/").replace("~0", "~"));
            return Ok(Self(names.map(|name| step(&name)).collect()));
        }
        let bare = text.strip_prefix('$').unwrap_or(text).trim_start_matches('.');
        if bare.is_empty() {
            return Ok(Self(Vec::new()));
        }
        if bare.split('.').any(str::is_empty) {
            return Err(format!("{text:?} is not a path; write data.items, or /data/items where names hold dots"));
        }
        Ok(Self(bare.split('.').map(step).collect()))
    }

    /// Whether it goes through every element, which only what is ignored may do.
    pub(super) fn is_many(&self) -> bool {
        self.0.contains(&Step::Each)
    }

    /// Whether it names the value itself.
    pub(super) fn is_here(&self) -> bool {
        self.0.is_empty()
    }

    /// Looks, and leaves the value where it is; one place only, so not through `*`. Null is nothing.
    pub(super) fn look<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| child(value, step)).filter(|value| !value.is_null())
    }

    /// Takes the value away, so that it is no leftover. What is the same in every element (`*`) is taken from all of
    /// them, and comes as a list.
    pub(super) fn take(&self, value: &mut Value) -> Option<Value> {
        let taken = take(&self.0, value)?;
        (!taken.is_null()).then_some(taken)
    }

    /// Takes a value away; of an XML element with attributes the text alone.
    pub(super) fn take_text(&self, value: &mut Value) {
        let has_attributes = self.look(value).is_some_and(|found| found.get(TEXT).is_some());
        let mut steps = self.0.clone();
        if has_attributes {
            steps.push(Step::Name(TEXT.to_owned()));
        }
        take(&steps, value);
    }
}

/// Where an XML element keeps its text when it has attributes or children as well.
const TEXT: &str = "#text";

fn child<'v>(value: &'v Value, step: &Step) -> Option<&'v Value> {
    match (value, step) {
        (Value::Object(members), Step::Name(name)) => members.get(name),
        (Value::Array(items), Step::Name(name)) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}

fn take(steps: &[Step], value: &mut Value) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.take()) };
    match (value, step) {
        (Value::Object(members), Step::Name(name)) => match rest {
            [] => members.remove(name),
            _ => take(rest, members.get_mut(name)?),
        },
        (Value::Array(items), Step::Name(name)) => take(rest, items.get_mut(name.parse::<usize>().ok()?)?),
        (Value::Array(items), Step::Each) => all(rest, items.iter_mut()),
        // One element alone is a list of one, as XML writes it.
        (Value::Object(members), Step::Each) => all(rest, members.values_mut()),
        _ => None,
    }
}

fn all<'v>(rest: &[Step], values: impl Iterator<Item = &'v mut Value>) -> Option<Value> {
    let taken: Vec<Value> = values.filter_map(|value| take(rest, value)).collect();
    (!taken.is_empty()).then_some(Value::Array(taken))
}
