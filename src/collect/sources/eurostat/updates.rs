//! The feed that says which data sets were updated: rebuilt twice a day, with the last seven days in it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use serde_json::Value;

use crate::collect::{
    Answer, Misread,
    sources::{
        record::{Leftovers, Record},
        xml,
    },
};

/// The feed goes back seven days; whoever last read it longer ago may have missed something, and asks for everything.
const REACH: SignedDuration = SignedDuration::from_hours(6 * 24);

/// What the feed says of the data sets we ask for.
#[derive(Debug)]
pub(super) enum Changed {
    /// Nobody can tell: ask for all of them.
    Unknown,
    /// These, in lower case.
    Only(BTreeSet<String>),
}

/// Which of `codes` were updated since `since`, and the instant of the newest entry.
pub(super) fn changed(
    answer: &Answer,
    codes: &BTreeSet<String>,
    since: Option<Timestamp>,
    leftovers: &Leftovers,
) -> Result<(Changed, Option<Timestamp>), Misread> {
    let (name, value) = xml::document(answer)?;
    if name != "rss" {
        return Err(Misread::Unreadable(format!("<{name}> where the feed of updates was expected")));
    }
    let Some(mut root) = Record::at("/rss", value, leftovers) else {
        return Err(Misread::Unreadable("the feed of updates is empty".to_owned()));
    };
    root.ignore(&["@version"]);
    let Some(mut channel) = root.record("channel") else {
        return Err(Misread::Quarantined("the feed of updates has no channel".to_owned()));
    };
    channel.ignore(&["title", "link", "description", "language", "copyright", "pubDate", "lastBuildDate", "ttl"]);
    channel.ignore(&["image", "generator", "docs", "category", "webMaster", "managingEditor"]);
    let is_missed = since.is_none_or(|since| answer.seen_at.duration_since(since) > REACH);
    let (mut found, mut newest) = (BTreeSet::new(), since);
    for mut item in channel.records("item") {
        let (said, published) = (words(&mut item), instant(&mut item));
        // An entry without a date counts as new: a question too many costs less than a figure missed.
        if published.is_none_or(|at| since.is_none_or(|since| at > since)) {
            found.extend(codes.iter().filter(|code| said.contains(*code)).cloned());
        }
        newest = newest.max(published.filter(|at| *at <= answer.seen_at));
    }
    Ok((if is_missed { Changed::Unknown } else { Changed::Only(found) }, newest))
}

/// Every word of an entry, in lower case: the code of its data set is one of them, in the title or in the address.
fn words(item: &mut Record) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for member in ["title", "link", "guid", "description", "identifier", "category"] {
        let texts = match item.value(member) {
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for text in texts.iter().filter_map(|t| t.as_str().or_else(|| t.get("#text").and_then(Value::as_str))) {
            let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            words.extend(parts.filter(|part| !part.is_empty()).map(str::to_lowercase));
        }
    }
    words
}

fn instant(item: &mut Record) -> Option<Timestamp> {
    item.ignore(&["author", "creator", "source", "comments", "enclosure"]);
    let text = item.text("pubDate").or_else(|| item.text("date"))?;
    let read = rfc2822::parse(&text).ok().map(|zoned| zoned.timestamp()).or_else(|| text.parse().ok());
    if read.is_none() {
        item.leave("pubDate", &text);
    }
    read
}
