//! The golden copy: every record in one table, three times a day, and tables of what changed in a day, a week, a month.
//! Their list is asked for first; it says where the tables of the last publication are.

use std::io::Read;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;
use url::Url;
use zip::ZipArchive;

use super::row;
use crate::{
    collect::{
        Answer, Cursor, Misread, Page, Part, Request, Source, Taking, Watched,
        settings::SourceOptions,
        sources::{
            record::{Leftovers, Record, iso_day},
            reply::{below, json, onward, seen_on, standing},
            table::Table,
        },
    },
    domain::SourceId,
};

const LIST: &str = "publishes";
const FILE: &str = "file";

/// How far back each table of changes goes, an hour less than its name says: publications are not punctual.
const DELTAS: [(&str, SignedDuration); 3] = [
    ("LastDay", SignedDuration::from_hours(23)),
    ("LastWeek", SignedDuration::from_hours(7 * 24 - 1)),
    ("LastMonth", SignedDuration::from_hours(28 * 24 - 1)),
];

/// How an archive begins. A table comes in lines; one that was recorded to a file is still packed.
const ARCHIVE: &[u8] = b"PK";

/// Of an unpacked table: a table of changes has some hundred megabytes, and what is larger comes in lines.
const MAX_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;

/// The reader of the golden copy.
#[derive(Debug)]
pub(in crate::collect::sources) struct GoldenCopy {
    id: SourceId,
    base: Url,
    /// Whether all records may be read when no table of changes goes back far enough.
    is_full: bool,
}

impl GoldenCopy {
    /// `full = true` allows the whole table of some half a gigabyte; without it the widest table of changes is read instead.
    pub(in crate::collect::sources) fn new(id: SourceId, options: &SourceOptions) -> Self {
        let is_full = options.options.get("full").and_then(toml::Value::as_bool).unwrap_or(false);
        Self { id, base: options.base_url.clone(), is_full }
    }

    /// The list of publications: the newest one is looked at, and what of it is new since the last time is asked for.
    fn list(&self, answer: &Answer) -> Result<Page, Misread> {
        let leftovers = Leftovers::default();
        let Some(mut root) = Record::at("$", json(answer)?, &leftovers) else {
            return Err(Misread::Quarantined("the list of publications is not a JSON object".to_owned()));
        };
        root.ignore(&["meta", "links", "pagination", "status", "success"]);
        let mut publications = root.records("data").into_iter();
        let Some(mut newest) = publications.next() else {
            return Err(Misread::Quarantined("the list of publications is empty".to_owned()));
        };
        publications.for_each(|mut older| older.ignore_rest());
        newest.ignore(&["rr", "repex", "id"]);
        let published = newest.text("publish_date");
        let Some(published) = published.as_deref().and_then(instant) else {
            newest.ignore_rest();
            return Err(Misread::Quarantined("the newest publication has no publish_date".to_owned()));
        };
        let Some(mut tables) = newest.record("lei2") else {
            return Err(Misread::Quarantined("the newest publication has no lei2".to_owned()));
        };
        let since = answer.request.url.fragment().and_then(|at| at.strip_prefix("since=")?.parse::<Timestamp>().ok());
        let found = self.table(&mut tables, published, since);
        tables.ignore_rest();
        let next = match found? {
            Some(address) => match onward(&answer.request, &address) {
                Some(url) => vec![Request { taking: Taking::Lines, ..Request::get(url, FILE) }],
                None => return Err(Misread::Refused(format!("the list leads to another host: {address}"))),
            },
            None => Vec::new(),
        };
        drop((newest, root));
        let cursor = Some(Cursor(format!("\"{published}\"")));
        Ok(Page { next, cursor, leftovers: leftovers.take(), ..Page::default() })
    }

    /// The address of the smallest table that holds everything since then; none when nothing was published since.
    fn table(
        &self,
        tables: &mut Record,
        published: Timestamp,
        since: Option<Timestamp>,
    ) -> Result<Option<String>, Misread> {
        let age = since.map(|since| published.duration_since(since));
        if age.is_some_and(|age| age <= SignedDuration::ZERO) {
            return Ok(None);
        }
        let csv = |table: Option<&Value>| table.and_then(|t| t.get("csv")?.get("url")?.as_str()).map(str::to_owned);
        let deltas = tables.value("delta_files").unwrap_or_default();
        let delta = DELTAS.iter().find(|(_, reach)| age.is_some_and(|age| age <= *reach)).map(|(name, _)| *name);
        let found = match delta {
            Some(name) => csv(deltas.get(name)),
            None if self.is_full => csv(tables.peek("full_file")),
            None => csv(deltas.get("LastMonth")),
        };
        match found {
            Some(address) => Ok(Some(address)),
            None => Err(Misread::Quarantined("the newest publication names no CSV table of records".to_owned())),
        }
    }
}

impl Source for GoldenCopy {
    fn id(&self) -> &SourceId {
        &self.id
    }

    /// The list, whomever we watch: a table of all records is about everybody.
    fn plan(&self, _: &[Watched], cursor: &Cursor) -> Vec<Request> {
        let mut url = below(&self.base, &[LIST]);
        let since = serde_json::from_str::<String>(&cursor.0).ok();
        url.set_fragment(since.map(|at| format!("since={at}")).as_deref());
        vec![Request::get(url, LIST)]
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let is_list = match answer.request.step {
            LIST => true,
            FILE => false,
            _ => answer.body.trim_ascii_start().starts_with(b"{"),
        };
        if is_list {
            return self.list(answer);
        }
        if answer.body.starts_with(ARCHIVE) {
            return self.read(&Answer { body: unpacked(&answer.body)?, ..answer.clone() });
        }
        let leftovers = Leftovers::default();
        let table = Table::open(answer, b',', &leftovers)?;
        table.expect(&["LEI", "Entity.LegalName", "Entity.EntityStatus", "Registration.RegistrationStatus"])?;
        let seen = seen_on(answer);
        let mut page = Page::default();
        let mut n_rows = 0_usize;
        for line in table {
            n_rows += 1;
            match row::mentions(line, seen, &leftovers) {
                Ok(mentions) => page.mentions.extend(mentions),
                Err(misread) => leftovers.add(&format!("row {n_rows}"), &misread.to_string()),
            }
        }
        if page.mentions.is_empty() && n_rows > 0 {
            return Err(Misread::Quarantined("no row of the table can be read".to_owned()));
        }
        // A table of changes may be empty on a quiet night; one that should hold all records may not.
        if n_rows == 0 && answer.part == Part::WHOLE && answer.request.url.path().contains("golden-copy.csv") {
            return Err(Misread::Quarantined("the table of all records is empty".to_owned()));
        }
        page.leftovers = leftovers.take();
        Ok(page)
    }
}

/// The first file of an archive. An archive within it is refused, for nobody publishes that.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Misread> {
    let broken = |e: &dyn std::fmt::Display| Misread::Unreadable(format!("a damaged archive: {e}"));
    let mut archive = ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let file = archive.by_index(0).map_err(|e| broken(&e))?;
    let mut body = Vec::new();
    file.take(MAX_UNPACKED_BYTES + 1).read_to_end(&mut body).map_err(|e| broken(&e))?;
    if body.len() as u64 > MAX_UNPACKED_BYTES {
        return Err(Misread::Unreadable(format!("more than {MAX_UNPACKED_BYTES} bytes in the archive")));
    }
    if body.starts_with(ARCHIVE) {
        return Err(Misread::Unreadable("an archive within an archive: refused".to_owned()));
    }
    Ok(body)
}

/// `2026-09-20 00:00:00`, `2026-09-20T00:00:00Z` or `2026-09-20`.
fn instant(text: &str) -> Option<Timestamp> {
    let of_day = || iso_day(text)?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(civil).or_else(of_day)
}
