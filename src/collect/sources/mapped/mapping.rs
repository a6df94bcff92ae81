//! The mapping understood: after this nothing in it can be wrong that is knowable before an answer comes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{civil::date, fmt::strtime, tz::TimeZone};
use scraper::Selector;

use super::{
    address::Address,
    fact::Kind,
    place::{Format, Place},
    written::{OneOrMany, Written, WrittenExpect, WrittenField, WrittenNext},
};
use crate::collect::{Credential, settings::SourceOptions};

/// More records than this in one answer are no answer; a page of a register holds a thousand at most.
const MAX_RECORDS: usize = 100_000;

/// What a subject may have.
const SUBJECT: [&str; 10] =
    ["name", "other_name", "country", "city", "address", "tax", "registry", "lei", "sector", "person"];

/// Headers in which interfaces take their keys. A closed list: a header is a name of the protocol, not a text.
const HEADERS: [&str; 7] =
    ["x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "ocp-apim-subscription-key", "authorization"];

/// A mapped source.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) format: Format,
    pub(super) address: Address,
    pub(super) credential: Option<Credential>,
    /// Where the records stand; in a page a selector of all of them.
    pub(super) items: Place,
    /// As it was written, for messages.
    pub(super) items_shown: String,
    pub(super) kind: Kind,
    /// By our name; places and constants.
    pub(super) fields: Vec<(String, From)>,
    pub(super) spelling: Spelling,
    pub(super) delimiter: u8,
    /// Relative to a record, and to the answer.
    pub(super) ignore: Vec<Place>,
    pub(super) next: Next,
    pub(super) expect: Expect,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(super) enum From {
    Place(Place),
    Constant(String),
}

/// How the source writes days, numbers and words.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    /// `strptime` forms; ISO days without one.
    pub(super) dates: Vec<String>,
    pub(super) decimal: char,
    /// By field, their word in lower case: ours.
    words: BTreeMap<String, BTreeMap<String, String>>,
}

impl Spelling {
    /// Our word for theirs. A field is called by its last name, so that `country` is the subject's and an indicator's.
    pub(super) fn ours(&self, field: &str, theirs: &str) -> Option<&str> {
        let field = field.rsplit('.').next().unwrap_or(field);
        self.words.get(field)?.get(&theirs.to_lowercase()).map(String::as_str)
    }
}

/// The way to the next page.
#[derive(Debug)]
pub(super) enum Next {
    None,
    Address(Place),
    Parameter { place: Place, name: String },
}

impl Next {
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::None => None,
            Self::Address(place) | Self::Parameter { place, .. } => Some(place),
        }
    }
}

/// What an answer without records means.
#[derive(Debug)]
pub(super) enum Empty {
    /// Looked at, and found clean of this.
    Clean(String),
    /// Nothing to say.
    Nothing,
}

/// What every answer must be.
#[derive(Debug)]
pub(super) struct Expect {
    pub(super) present: Vec<(String, Place)>,
    pub(super) required: BTreeSet<String>,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) total: Option<Place>,
    pub(super) empty: Option<Empty>,
    /// And what stands there, where it is not enough that something does.
    pub(super) empty_mark: Option<(Place, Option<String>)>,
}

impl Mapping {
    /// Reads the options; the error names the option and says what would be right.
    pub(super) fn read(format: Format, options: &SourceOptions) -> Result<Self, String> {
        let written: Written =
            options.options.clone().try_into().map_err(|e| format!("{e}").trim().replace('\n', " "))?;
        let kind: Kind = written.kind.parse()?;
        let place = |name: &str, text: &str| Place::single(format, text).map_err(|e| format!("{name}: {e}"));
        let ignored = |text: &String| Place::read(format, text).map_err(|e| format!("ignore: {e}"));
        let items = match (format, written.items.trim()) {
            (Format::Csv, "") => Place::Column(String::new()),
            (Format::Csv, _) => return Err("items: every row of a table is a record; leave it out".to_owned()),
            (Format::Html, "") => return Err("items: a page needs the selector of its records".to_owned()),
            (_, text) => place("items", text)?,
        };
        let fields = fields(format, kind, &written)?;
        let expect = Expect::read(format, kind, &written.expect, &fields)?;
        Ok(Self {
            format,
            address: Address::read(&written.url, &options.base_url)?,
            credential: credential(written.send_credential.as_deref(), options.credential.as_deref())?,
            items,
            items_shown: if written.items.is_empty() { "the answer".to_owned() } else { written.items.clone() },
            kind,
            spelling: Spelling {
                dates: dates(written.dates)?,
                decimal: one_of("decimal", written.decimal.as_deref().unwrap_or("."), &[".", ","])?,
                words: words(kind, written.words)?,
            },
            delimiter: delimiter(format, written.delimiter.as_deref())?,
            ignore: written.ignore.iter().map(ignored).collect::<Result<_, _>>()?,
            next: next(format, written.next)?,
            fields,
            expect,
        })
    }

    /// The selector of the records of a page.
    pub(super) fn item_selector(&self) -> Option<&Selector> {
        match &self.items {
            Place::Element { selector, .. } => selector.as_ref(),
            Place::Path(_) | Place::Column(_) => None,
        }
    }
}

impl Expect {
    fn read(format: Format, kind: Kind, written: &WrittenExpect, fields: &[(String, From)]) -> Result<Self, String> {
        let place = |name: &str, text: &str| Place::single(format, text).map_err(|e| format!("expect.{name}: {e}"));
        let is_mapped = |name: &str| fields.iter().any(|(known, _)| known == name);
        if let Some(unknown) = written.required.iter().find(|name| !is_mapped(name)) {
            return Err(format!(
                "expect.required: {unknown:?} is not mapped; write fields.amount, subject.name or own_id"
            ));
        }
        let mut required: BTreeSet<String> = written.required.iter().cloned().collect();
        let by_itself = kind.core().iter().map(|name| format!("fields.{name}")).chain(["own_id".to_owned()]);
        required.extend(by_itself.filter(|name| is_mapped(name)));
        let empty = match written.empty.as_deref().map(str::trim) {
            None => None,
            Some("nothing") => Some(Empty::Nothing),
            Some(text) => match text.strip_prefix("clean:").map(str::trim) {
                Some(what) if !what.is_empty() => Some(Empty::Clean(what.to_owned())),
                _ => return Err(format!("expect.empty: {text:?} must be \"clean:protests\" or \"nothing\"")),
            },
        };
        let mark = |text: &str| match (format, text.split_once('=')) {
            (Format::Json | Format::Xml, Some((at, is))) => Ok((place("empty_mark", at)?, Some(is.trim().to_owned()))),
            _ => Ok((place("empty_mark", text)?, None)),
        };
        let empty_mark = written.empty_mark.as_deref().map(mark).transpose().map_err(|e: String| e)?;
        if format == Format::Html && empty.is_some() && empty_mark.is_none() {
            return Err(
                "expect.empty: a page without records proves nothing; write as expect.empty_mark what it then shows"
                    .to_owned(),
            );
        }
        if format == Format::Csv && empty_mark.is_some() {
            return Err("expect.empty_mark: a table with a header and no rows is empty; leave it out".to_owned());
        }
        let (min, max) = (written.min.unwrap_or(0), written.max.unwrap_or(MAX_RECORDS));
        if min > max || max > MAX_RECORDS {
            return Err(format!("expect.min, expect.max: must rise, and max be at most {MAX_RECORDS}"));
        }
        let present = written.present.iter().map(|text| Ok((text.clone(), place("present", text)?)));
        Ok(Self {
            present: present.collect::<Result<_, String>>()?,
            required,
            min,
            max,
            total: written.total.as_deref().map(|text| place("total", text)).transpose()?,
            empty,
            empty_mark,
        })
    }
}

/// Every field under our name. What the kind does not have is a mistake, and so is a kind without what makes it one.
fn fields(format: Format, kind: Kind, written: &Written) -> Result<Vec<(String, From)>, String> {
    let one = |name: String, field: &WrittenField| -> Result<(String, From), String> {
        let from = match field {
            WrittenField::Place(text) => From::Place(Place::single(format, text).map_err(|e| format!("{name}: {e}"))?),
            WrittenField::Constant(constant) => From::Constant(constant_text(&name, &constant.is)?),
        };
        Ok((name, from))
    };
    let mut fields = Vec::new();
    let single = [
        ("own_id", &written.own_id),
        ("valid_at", &written.valid_at),
        ("published_at", &written.published_at),
        ("link", &written.link),
    ];
    for (name, field) in single {
        fields.extend(field.as_ref().map(|field| one(name.to_owned(), field)).transpose()?);
    }
    for (room, known, table) in
        [("subject", SUBJECT.as_slice(), &written.subject), ("fields", kind.fields(), &written.fields)]
    {
        for (name, field) in table {
            if !known.contains(&name.as_str()) {
                return Err(format!("{room}.{name} is not known; {kind} has {}", known.join(", ")));
            }
            fields.push(one(format!("{room}.{name}"), field)?);
        }
    }
    let has = |name: &&str| fields.iter().any(|(known, _)| *known == format!("fields.{name}"));
    if let Some(missing) = kind.core().iter().find(|name| !has(name)) {
        return Err(format!("fields.{missing} is missing: without it a record is no {kind}"));
    }
    if !kind.one_of().is_empty() && !kind.one_of().iter().any(has) {
        return Err(format!("fields: one of {} must be mapped, or a record is no {kind}", kind.one_of().join(", ")));
    }
    Ok(fields)
}

fn constant_text(name: &str, value: &toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => Ok(value.to_string()),
        _ => Err(format!("{name}: a constant is a text, a number, true or false")),
    }
}

fn dates(written: OneOrMany) -> Result<Vec<String>, String> {
    let forms = match written {
        OneOrMany::One(form) => vec![form],
        OneOrMany::Many(forms) => forms,
    };
    let sample = date(2026, 11, 21);
    for form in &forms {
        let noon = sample.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
        let there = noon.and_then(|noon| strtime::format(form, &noon));
        let back = there.ok().and_then(|text| strtime::parse(form, text).and_then(|time| time.to_date()).ok());
        if back != Some(sample) {
            return Err(format!("dates: {form:?} is not the form of a day; write \"%d/%m/%Y\" or \"%Y-%m-%d\""));
        }
    }
    Ok(forms)
}

fn one_of(name: &str, text: &str, allowed: &[&str]) -> Result<char, String> {
    match allowed.contains(&text) {
        true => text.chars().next().ok_or_else(|| format!("{name}: must not be empty")),
        false => Err(format!("{name}: {text:?} must be one of {allowed:?}")),
    }
}

fn delimiter(format: Format, written: Option<&str>) -> Result<u8, String> {
    match (format, written) {
        (_, None) => Ok(b','),
        (Format::Csv, Some(text)) => {
            let mark = one_of("delimiter", text, &[",", ";", "\t", "|"])?;
            u8::try_from(mark).map_err(|e| format!("delimiter: {e}"))
        }
        (_, Some(_)) => Err("delimiter: only a csv has one".to_owned()),
    }
}

/// Their words, turned round. A word that our closed lists do not have would be a leftover of every answer.
fn words(
    kind: Kind,
    written: BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let mut words: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (field, table) in written {
        if !kind.fields().contains(&field.as_str()) && !SUBJECT.contains(&field.as_str()) {
            return Err(format!("words.{field}: {kind} has no such field"));
        }
        for (ours, theirs) in table {
            kind.check_word(&field, &ours).map_err(|e| format!("words.{field}: {e}"))?;
            for word in theirs {
                words.entry(field.clone()).or_default().insert(word.trim().to_lowercase(), ours.clone());
            }
        }
    }
    Ok(words)
}

fn next(format: Format, written: Option<WrittenNext>) -> Result<Next, String> {
    let place = |text: &str| Place::single(format, text).map_err(|e| format!("next: {e}"));
    match written {
        None => Ok(Next::None),
        Some(_) if format == Format::Csv => Err("next: a table has no pages".to_owned()),
        Some(WrittenNext::Address(text)) => place(&text).map(Next::Address),
        Some(WrittenNext::Parameter(written)) => {
            Ok(Next::Parameter { place: place(&written.place)?, name: written.parameter })
        }
    }
}

fn credential(how: Option<&str>, name: Option<&str>) -> Result<Option<Credential>, String> {
    let Some(name) = name.map(str::to_owned) else {
        return match how {
            Some(_) => Err("send_credential: there is no credential; write its name beside base_url".to_owned()),
            None => Ok(None),
        };
    };
    Ok(Some(match how.unwrap_or("bearer") {
        "bearer" => Credential::Bearer(name),
        "basic" => Credential::BasicUser(name),
        "basic-pair" => Credential::BasicPair(name),
        header => match HEADERS.into_iter().find(|known| *known == header.to_lowercase()) {
            Some(header) => Credential::Header { header, name },
            None => {
                return Err(format!(
                    "send_credential: {header:?} must be bearer, basic, basic-pair, or one of the headers {}",
                    HEADERS.join(", ")
                ));
            }
        },
    }))
}
