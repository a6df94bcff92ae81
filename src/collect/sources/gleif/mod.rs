//! GLEIF: who holds a Legal Entity Identifier, under which names, and whether the entity still exists.
//!
//! Three readers of one record: the interface (`filter[lei]`), the history of its fields, and the golden copy, which is all
//! records in one table and the changes of a day, a week or a month in others.
//!
//! # Why
//!
//! *Why are rows of the golden copy made into records of the interface?* They say the same in flat columns. One reader
//! means that a word understood in one is understood in the other, and that they cannot come to differ.
//!
//! *Why does a lapsed registration change nothing?* It is a renewal fee that was not paid. The entity's own status and
//! its legal events speak of the company; the registration speaks of the identifier.

mod changes;
mod entity;
mod golden;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::Url;

use super::{
    record::{Leftovers, Record, iso_day},
    reply::{below, json, onward, seen_on, standing},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{ClientId, IdentifierKind, SourceId},
};

pub(super) use golden::GoldenCopy;

/// The interface answers 400 above 200 records a page.
const PAGE_SIZE: usize = 200;

/// Identifiers in one address: a hundred make some 2 300 characters, which servers and proxies let pass.
const BATCH: usize = 100;

const RECORDS: &str = "records";
const MEDIA_TYPE: &str = "application/vnd.api+json";

/// The reader of GLEIF.
#[derive(Debug)]
pub(super) struct Gleif {
    id: SourceId,
    base: Url,
}

impl Gleif {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone() }
    }
}

impl Source for Gleif {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let mut asking: BTreeMap<&str, Vec<ClientId>> = BTreeMap::new();
        for one in watched {
            for lei in one.who.identifiers.iter().filter(|i| i.kind() == IdentifierKind::Lei) {
                asking.entry(lei.text()).or_default().push(one.client);
            }
        }
        let asking: Vec<(&str, Vec<ClientId>)> = asking.into_iter().collect();
        let request = |batch: &[(&str, Vec<ClientId>)]| {
            let leis: Vec<&str> = batch.iter().map(|(lei, _)| *lei).collect();
            let mut url = below(&self.base, &["lei-records"]);
            url.query_pairs_mut()
                .append_pair("filter[lei]", &leis.join(","))
                .append_pair("page[size]", &PAGE_SIZE.to_string());
            let whom = batch.iter().flat_map(|(_, clients)| clients).copied().collect();
            Request { accept: Some(MEDIA_TYPE), whom, ..Request::get(url, RECORDS) }
        };
        asking.chunks(BATCH).map(request).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let leftovers = Leftovers::default();
        let Some(mut root) = Record::at("$", json(answer)?, &leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        if let Some(errors) = root.value("errors") {
            root.ignore_rest();
            return Err(Misread::Refused(format!("the registry answers with an error: {errors}")));
        }
        let data = root.value("data");
        if changes::are_they(data.as_ref()) {
            return changes::page(root, data, answer, &leftovers);
        }
        let records = lei_records(data, &leftovers).inspect_err(|_| root.ignore_rest())?;
        let published = published(&mut root);
        let is_whole = is_only_page(&mut root);
        let seen = seen_on(answer);
        let mut page = Page::default();
        let mut answered = BTreeSet::new();
        let is_list = records.len() > 1;
        for (place, record) in records.into_iter().enumerate() {
            let mentions = match entity::mentions(record, seen, published) {
                Ok(mentions) => mentions,
                // One record that cannot be read must not hide the two hundred beside it.
                Err(misread) if is_list => {
                    leftovers.add(&format!("$.data[{place}]"), &misread.to_string());
                    continue;
                }
                Err(misread) => return Err(misread),
            };
            answered.extend(mentions.iter().flat_map(|m| &m.subject.identifiers).map(|i| i.text().to_owned()));
            page.mentions.extend(mentions);
        }
        if is_list && page.mentions.is_empty() {
            root.ignore_rest();
            return Err(Misread::Quarantined("no record of the list can be read".to_owned()));
        }
        if is_whole {
            for lei in asked(&answer.request.url).difference(&answered) {
                leftovers.add("$.data", &format!("{lei} was asked for and is not in the answer"));
            }
        }
        page.next = next(&mut root, &answer.request).into_iter().collect();
        drop(root);
        page.leftovers = leftovers.take();
        Ok(page)
    }
}

/// The records of an answer: one, or a list. Every other resource of the interface has another `type`.
fn lei_records(data: Option<Value>, leftovers: &Leftovers) -> Result<Vec<Record>, Misread> {
    let items = match data {
        Some(Value::Array(items)) => items.into_iter().enumerate().map(|(i, v)| (format!("$.data[{i}]"), v)).collect(),
        Some(value @ Value::Object(_)) => vec![("$.data".to_owned(), value)],
        _ => return Err(Misread::Quarantined("the answer has no data".to_owned())),
    };
    let n_items = items.len();
    let mut records = Vec::new();
    for (path, value) in items {
        match value.get("type").and_then(Value::as_str) {
            Some("lei-records") => records.extend(Record::at(&path, value, leftovers)),
            Some(kind) => {
                return Err(Misread::Quarantined(format!("the answer holds {kind}; only lei-records are read here")));
            }
            None => leftovers.add_json(&path, &value),
        }
    }
    if records.is_empty() && n_items > 0 {
        return Err(Misread::Quarantined("the answer holds records without a type".to_owned()));
    }
    Ok(records)
}

fn published(root: &mut Record) -> Option<jiff::civil::Date> {
    let mut meta = root.record("meta")?;
    let pagination = meta.value("pagination");
    let mut golden = meta.record("goldenCopy");
    let day = golden.as_mut().and_then(|g| g.text("publishDate")).and_then(|text| iso_day(&text));
    if let Some(pagination) = pagination
        && let Some(mut pagination) = Record::at("$.meta.pagination", pagination, meta.leftovers())
    {
        pagination.ignore(&["currentPage", "perPage", "from", "to", "total", "lastPage"]);
    }
    day
}

/// Whether this is all there is. `links.next` is looked at again when it is followed.
fn is_only_page(root: &mut Record) -> bool {
    let Some(links) = root.value("links") else { return true };
    let elsewhere = |name: &str| links.get(name).and_then(Value::as_str).is_some_and(|l| !l.is_empty());
    let only = !elsewhere("next") && !elsewhere("prev");
    root.put("links", links);
    only
}

fn next(root: &mut Record, asked: &Request) -> Option<Request> {
    let mut links = root.record("links")?;
    links.ignore(&["self", "first", "last", "prev"]);
    let text = links.text("next")?;
    match onward(asked, &text) {
        Some(url) => {
            let (whom, about) = (asked.whom.clone(), asked.about.clone());
            Some(Request { accept: Some(MEDIA_TYPE), whom, about, ..Request::get(url, RECORDS) })
        }
        None => {
            links.leave("next", &text);
            None
        }
    }
}

fn asked(url: &Url) -> BTreeSet<String> {
    let filters = url.query_pairs().filter(|(name, _)| name == "filter[lei]");
    filters.flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
}
