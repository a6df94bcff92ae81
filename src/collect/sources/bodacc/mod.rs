//! BODACC, the gazette in which French courts publish: judgments of collective procedures, strike-offs, filed accounts.
//!
//! Read are the records of the present interface (`{total_count, results}`), those of the one before it (`{nhits, records}`),
//! and the exports (a list, lines of JSON, a table). Oracle: the directory of French companies, which reads the same records
//! by published rules.
//!
//! # Why
//!
//! *Why does a rectified announcement vanish, and is not marked?* The gazette takes it back: who was announced in error was
//! never in a procedure. The mention that says so has the own id of the announcement that is taken back, and no status: the
//! store withdraws what it held under that id, as it does for a cancelled protest, and keeps it out.
//!
//! *Why are announcements of ten years and more not read?* Because the state's own directory forgets them then.

mod announcement;
mod nature;
mod parties;
mod text;

use std::collections::BTreeSet;

use jiff::{ToSpan, civil::Date};
use serde_json::Value;
use url::Url;

use super::{
    france::{siren_of, subject_of},
    record::{Leftovers, Record},
    reply::{below, json, seen_on, standing, text as text_of},
    table::Table,
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Mention, SourceId, Subject},
};
use announcement::Announcement;

const LIST: &str = "list";

/// Records of a page: the most the interface gives.
const PAGE: u64 = 100;

/// The interface refuses to go further than this into a list; what lies behind is asked for by date.
const MAX_REACH: u64 = 10_000;

/// Announcements older than this are forgotten.
const YEARS_KEPT: i16 = 10;

/// The reader of the gazette.
#[derive(Debug)]
pub(super) struct Bodacc {
    id: SourceId,
    base: Url,
}

impl Bodacc {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone() }
    }

    /// A page of the announcements about one company, newest first, none published after `until`.
    fn page(&self, siren: &str, until: Option<&str>, offset: u64) -> Url {
        let mut filter = format!("registre=\"{siren}\"");
        if let Some(until) = until {
            filter.push_str(&format!(" and dateparution<=date'{until}'"));
        }
        let mut url = below(&self.base, &["records"]);
        url.query_pairs_mut()
            .append_pair("where", &filter)
            .append_pair("order_by", "dateparution desc")
            .append_pair("limit", &PAGE.to_string())
            .append_pair("offset", &offset.to_string());
        url
    }

    /// Where the list goes on: further in, or from its last day where the interface goes no further.
    fn next(&self, request: &Request, list: &List, leftovers: &Leftovers) -> Option<Request> {
        let siren = request.about.as_ref().and_then(|about| siren_of(&about.identifiers))?;
        let n_read = u64::try_from(list.announcements.len()).unwrap_or(u64::MAX);
        let offset = parameter(&request.url, "offset").and_then(|text| text.parse().ok()).unwrap_or(0);
        let reached = n_read.saturating_add(offset);
        if request.step != LIST || n_read == 0 || list.total <= reached {
            return None;
        }
        let until = parameter(&request.url, "where").and_then(|filter| until_of(&filter));
        let url = if reached + PAGE <= MAX_REACH {
            self.page(siren.text(), until.as_deref(), reached)
        } else {
            let last = list.announcements.iter().filter_map(|a| a.published_on).min()?.to_string();
            if until.as_deref() == Some(&last) {
                leftovers
                    .add("$.total_count", &format!("more than {MAX_REACH} announcements of one day: not all read"));
                return None;
            }
            self.page(siren.text(), Some(&last), 0)
        };
        Some(Request { url, ..request.clone() })
    }
}

impl Source for Bodacc {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let request = |w: &Watched| {
            let siren = siren_of(&w.who.identifiers)?;
            let url = self.page(siren.text(), None, 0);
            let about = Some(subject_of(siren, &w.who.name));
            Some(Request { about, whom: vec![w.client], ..Request::get(url, LIST) })
        };
        watched.iter().filter_map(request).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let leftovers = Leftovers::default();
        let seen = seen_on(answer);
        let list = List::read(answer, &leftovers)?;
        let next = self.next(&answer.request, &list, &leftovers);
        let about = answer.request.about.as_ref();
        let is_all = list.total <= u64::try_from(list.announcements.len()).unwrap_or(0)
            && (about.is_some() || list.announcements.is_empty())
            && parameter(&answer.request.url, "offset").is_none_or(|offset| offset == "0")
            && parameter(&answer.request.url, "where").and_then(|filter| until_of(&filter)).is_none();
        let mentions = mentions(list.announcements, about, is_all, seen);
        Ok(Page { mentions, leftovers: leftovers.take(), next: next.into_iter().collect(), ..Page::default() })
    }
}

/// What the announcements say together: one that another takes back says nothing, and where all were shown and none is of
/// a procedure, that was checked.
fn mentions(announcements: Vec<Announcement>, about: Option<&Subject>, is_all: bool, seen: Date) -> Vec<Mention> {
    let first_kept = seen.checked_sub(i32::from(YEARS_KEPT).years()).unwrap_or(seen);
    let voided: BTreeSet<String> = announcements.iter().filter_map(|a| a.voids.clone()).collect();
    let mut mentions = Vec::new();
    let mut has_procedure = false;
    for announcement in announcements {
        let is_old = announcement.published_on.is_some_and(|day| day < first_kept);
        if is_old || announcement.keys.iter().any(|key| voided.contains(key)) {
            continue;
        }
        has_procedure |= announcement.is_about_procedure();
        mentions.extend(announcement.mentions(about, seen));
    }
    if is_all && !has_procedure {
        mentions.push(clean(about, seen));
    }
    mentions
}

fn clean(about: Option<&Subject>, seen: Date) -> Mention {
    let nobody = || Subject { country: Some(Country::FR), ..Subject::default() };
    let subject = about.cloned().unwrap_or_else(nobody);
    let siren = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    Mention {
        own_id: format!("clean/procedures/{siren}"),
        subject,
        fact: Fact::Clean { what: "procedures".to_owned() },
        valid_at: seen,
        published_at: None,
        is_official: true,
        url: None,
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The day that a filter of ours goes back from.
fn until_of(filter: &str) -> Option<String> {
    filter.split_once("dateparution<=date'").and_then(|(_, rest)| rest.get(..10)).map(str::to_owned)
}

/// The announcements of one answer, and how many there are in all.
struct List {
    total: u64,
    announcements: Vec<Announcement>,
}

impl List {
    fn read(answer: &Answer, leftovers: &Leftovers) -> Result<Self, Misread> {
        let body = text_of(answer)?;
        if !body.starts_with(['{', '[', '<']) {
            let table = Table::open(answer, b';', leftovers)?;
            if !table.columns().iter().any(|column| column == "familleavis") {
                return Err(Misread::Unreadable("neither JSON nor a table of announcements".to_owned()));
            }
            table.expect(&["id", "dateparution"])?;
            return Self::of(None, table.map(Some));
        }
        let value = match json(answer) {
            Ok(value) => value,
            Err(misread) => lines(body).ok_or(misread)?,
        };
        let items = match value {
            Value::Array(items) => items,
            Value::Object(members) => return Self::envelope(Value::Object(members), leftovers),
            _ => return Err(Misread::Quarantined("the answer is neither a list nor an object".to_owned())),
        };
        // The interface says how many there are; a list without a word in answer to a question of ours has not looked.
        if items.is_empty() && !answer.request.step.is_empty() {
            return Err(Misread::Quarantined("an empty list that does not say how many there are".to_owned()));
        }
        let records = items.into_iter().enumerate();
        Self::of(None, records.map(|(at, item)| fields(&format!("$[{at}]"), item, leftovers)))
    }

    /// `{total_count, results}`, `{nhits, records: [{fields}]}`, one record alone, or an error.
    fn envelope(value: Value, leftovers: &Leftovers) -> Result<Self, Misread> {
        let Some(mut envelope) = Record::at("$", value, leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        if envelope.has("familleavis") || envelope.has("fields") {
            return Self::of(None, [unwrapped(envelope)]);
        }
        if envelope.has("error_code") || envelope.has("errorcode") || envelope.has("error") {
            let message = envelope.text("message").or_else(|| envelope.text("error")).unwrap_or_default();
            envelope.ignore_rest();
            return Err(Misread::Refused(format!("the gazette does not accept the question: {message}")));
        }
        let (member, count) = if envelope.names("results") { ("results", "total_count") } else { ("records", "nhits") };
        if !envelope.peek(member).is_some_and(Value::is_array) {
            envelope.ignore_rest();
            return Err(Misread::Quarantined("not a list of announcements: neither results nor records".to_owned()));
        }
        let total = envelope.text(count).or_else(|| envelope.text("total_count")).and_then(|text| text.parse().ok());
        envelope.ignore(&["parameters", "facet_groups", "links"]);
        let n_listed = envelope.peek(member).and_then(Value::as_array).map_or(0, Vec::len);
        if n_listed == 0 && total != Some(0) {
            envelope.ignore_rest();
            return Err(Misread::Quarantined("no announcement is listed, and their number is not nought".to_owned()));
        }
        let mut records: Vec<_> = envelope.records(member).into_iter().map(unwrapped).collect();
        // An entry that is no object is a leftover already, and counts as one that could not be read.
        records.resize_with(records.len().max(n_listed), || None);
        Self::of(total, records)
    }

    /// The announcements among these entries. An entry that is none is not counted as read, so that nobody is found clean by
    /// it; a list of nothing else is another list.
    fn of(total: Option<u64>, entries: impl IntoIterator<Item = Option<Record>>) -> Result<Self, Misread> {
        let (mut n_entries, mut announcements) = (0, Vec::new());
        for entry in entries {
            n_entries += 1;
            announcements.extend(entry.and_then(Announcement::read));
        }
        if n_entries > 0 && announcements.is_empty() {
            return Err(Misread::Quarantined(
                "none of the entries is an announcement: its layout has changed".to_owned(),
            ));
        }
        Ok(Self { total: total.unwrap_or_default().max(n_entries), announcements })
    }
}

/// The lines of an export, each a JSON object.
fn lines(body: &str) -> Option<Value> {
    let lines = body.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).ok()).collect::<Option<Vec<Value>>>().map(Value::Array)
}

fn fields(path: &str, item: Value, leftovers: &Leftovers) -> Option<Record> {
    unwrapped(Record::at(path, item, leftovers)?)
}

/// The fields themselves: older shapes wrap them, once or twice.
fn unwrapped(mut record: Record) -> Option<Record> {
    if let Some(mut inner) = record.record("record") {
        record.ignore(&["links"]);
        inner.ignore(&["id", "timestamp", "size"]);
        return inner.record("fields");
    }
    if record.has("fields") {
        record.ignore(&["datasetid", "recordid", "record_timestamp"]);
        return record.record("fields");
    }
    Some(record)
}
