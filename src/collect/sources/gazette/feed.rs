//! A page of the feed. JSON and Atom hold the same members; JSON writes every number as a text, a list of one as the thing
//! itself, and attributes with `@` before them.

use jiff::civil::Date;
use serde_json::Value;

use super::{
    super::{
        markup::plain,
        record::{Leftovers, Record},
        reply::text,
    },
    codes::meaning,
    notice::{Days, Notice, name_of, number_in},
};
use crate::collect::{Answer, Misread};

/// Members of the feed and of an entry that say nothing of insolvency.
const OF_THE_FEED: &[&str] =
    &["id", "title", "updated", "Query", "openSearch:Query", "page-size", "page-start", "facets"];
const OF_AN_ENTRY: &[&str] = &["link", "author", "Point", "geo:Point", "summary", "rights", "@lang"];

/// How a feed writes what is The Gazette's own, and its markup.
pub(super) struct Dialect {
    /// Before the names of The Gazette's own members.
    prefix: &'static str,
    /// The markup of each entry's content, where it cannot be told from other elements.
    contents: Vec<String>,
}

impl Dialect {
    pub(super) fn json() -> Self {
        Self { prefix: "f:", contents: Vec::new() }
    }

    /// Atom holds its content as elements among elements; their text is read in the order in which it was written.
    pub(super) fn atom(answer: &Answer) -> Self {
        let text = text(answer).unwrap_or_default();
        let content = |entry: &str| {
            let (_, rest) = entry.split_once("<content")?;
            let (_, inner) = rest.split_once('>')?;
            Some(inner.split("</content").next()?.to_owned())
        };
        let entries = text.split("<entry").skip(1);
        Self { prefix: "", contents: entries.map(|entry| content(entry).unwrap_or_default()).collect() }
    }

    fn own(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// What a page of the feed holds.
#[derive(Default)]
pub(super) struct Feed {
    pub(super) notices: Vec<Notice>,
    /// The day of the newest notice.
    pub(super) newest: Option<Date>,
    /// The number of the page behind this one, if there is one.
    pub(super) next_page: Option<u64>,
}

/// Reads a feed.
pub(super) fn read(value: Value, dialect: &Dialect, seen: Date, leftovers: &Leftovers) -> Result<Feed, Misread> {
    let Some(mut record) = Record::at("$", value, leftovers) else {
        return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
    };
    if !record.has(&dialect.own("total")) && !record.has("entry") {
        record.ignore_rest();
        return Err(Misread::Quarantined("neither a feed of notices nor a notice of The Gazette".to_owned()));
    }
    record.ignore(OF_THE_FEED);
    record.ignore(&["page-size", "page-start", "facets"].map(|name| dialect.own(name)).each_ref().map(String::as_str));
    let mut count = |name: &str| record.word(&dialect.own(name), |text| text.parse::<u64>().ok());
    let (number, stop, total) = (count("page-number"), count("page-stop"), count("total"));
    // All are looked at, for a link that nobody looked at would be left over.
    let has_next = record.records("link").into_iter().map(is_next).filter(|is_next| *is_next).count() > 0;
    let mut feed = Feed::default();
    let entries = record.records("entry");
    if !entries.is_empty() {
        let is_more = stop.zip(total).map_or(has_next, |(stop, total)| stop < total);
        feed.next_page = is_more.then(|| number.unwrap_or(1) + 1);
    }
    for (place, entry) in entries.into_iter().enumerate() {
        let notice = entry_of(entry, dialect, dialect.contents.get(place));
        if let Some(notice) = notice {
            feed.newest = feed.newest.max(notice.published.filter(|day| *day <= seen));
            feed.notices.push(notice);
        }
    }
    Ok(feed)
}

fn is_next(mut link: Record) -> bool {
    link.ignore(&["@href", "@type", "@title"]);
    link.text("@rel").as_deref() == Some("next")
}

/// An entry; none when it says nothing that we could read, or that it is not published.
fn entry_of(mut entry: Record, dialect: &Dialect, content: Option<&String>) -> Option<Notice> {
    entry.ignore(OF_AN_ENTRY);
    let own_content = entry.value("content");
    let html = content.map(String::as_str).or_else(|| own_content.as_ref().and_then(Value::as_str));
    let text = plain(html.unwrap_or_default());
    let title = entry.text("title").map(|title| plain(&title)).unwrap_or_default();
    let categories = entry.records("category").into_iter().filter_map(category).collect::<Vec<_>>();
    let uri = entry.text("id").unwrap_or_default();
    let (published, updated) = (entry.day("published"), entry.day("updated"));
    let status_member = dialect.own("status");
    // A notice that names no status stands as it is printed; one whose status nobody knows says nothing yet.
    let names_status = entry.has(&status_member);
    let is_withdrawn = entry.word(&status_member, |status| match status {
        "published" => Some(false),
        "withdrawn" => Some(true),
        _ => None,
    });
    let code_member = dialect.own("notice-code");
    let Some(code) = entry.text(&code_member) else {
        entry.leave(&code_member, "none");
        return None;
    };
    if meaning(&code).is_none() {
        entry.leave(&code_member, &code);
    }
    Some(Notice {
        id: uri.rsplit('/').next().unwrap_or_default().to_owned(),
        name: name_of(&title, &categories, &text),
        number: number_in(&text),
        days: Days::in_text(&text),
        code,
        published,
        updated,
        is_withdrawn: if names_status { is_withdrawn? } else { false },
    })
}

fn category(mut category: Record) -> Option<String> {
    category.ignore(&["@scheme", "@label"]);
    category.text("@term")
}
