//! The Gazette, where the United Kingdom publishes insolvency notices: a feed as JSON or Atom, and each notice as JSON-LD.
//!
//! Oracle: the official developer documentation and its recorded pages.
//!
//! # Why
//!
//! *Why are all notices read, and not those of our clients?* Because the feed finds a company only by words in its text, and
//! a day has some two hundred notices: a hundred to a page, that is less to ask than for each client.
//!
//! *Why is a notice without a number looked up?* The feed shows its beginning only, and a name alone moves no rating. The
//! JSON-LD of the notice has the number in a member of its own.
//!
//! *Why does a petition open nothing?* It is a creditor's wish, heard weeks later and often paid off. It warns; the order of
//! the court opens.

mod codes;
mod feed;
mod linked;
mod notice;

use jiff::ToSpan;
use url::Url;

use super::{
    record::Leftovers,
    reply::{below, json, seen_on, standing},
    xml,
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::SourceId,
};

/// The newest notice, asked for to begin with: only an answer says what day it is.
const LATEST: &str = "latest";
/// Everything since a day.
const SINCE: &str = "since";
/// One notice.
const NOTICE: &str = "notice";

/// Corporate insolvency. Personal insolvency (25) is never asked for; where it comes along it is read as a person's.
const CORPORATE: &str = "24";

/// The most notices that a page may hold.
const PER_PAGE: &str = "100";

/// How far back the first run reads. What is older stands in the register of companies.
const FIRST_DAYS: i64 = 14;
/// More than this takes more pages than a run may ask for.
const MOST_FIRST_DAYS: i64 = 366;

/// The reader of The Gazette.
#[derive(Debug)]
pub(super) struct Gazette {
    id: SourceId,
    base: Url,
    first_days: i64,
}

impl Gazette {
    /// Asks for the notices since the last one read. The error says what in the options is wrong.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let first_days = match options.options.get("first_days") {
            None => FIRST_DAYS,
            Some(value) => value
                .as_integer()
                .filter(|days| (1..=MOST_FIRST_DAYS).contains(days))
                .ok_or(format!("options.first_days: must be 1 to {MOST_FIRST_DAYS}, not {value}"))?,
        };
        Ok(Self { id, base: options.base_url.clone(), first_days })
    }

    fn request(&self, pairs: &[(&str, &str)], step: &'static str) -> Request {
        let mut url = below(&self.base, &["insolvency", "notice", "data.json"]);
        url.query_pairs_mut().append_pair("categorycode", CORPORATE).extend_pairs(pairs);
        Request { accept: Some("application/json"), ..Request::get(url, step) }
    }

    fn since(&self, day: &str) -> Request {
        let pairs = [("start-publish-date", day), ("sort-by", "oldest-date"), ("results-page-size", PER_PAGE)];
        self.request(&pairs, SINCE)
    }

    fn one(&self, notice: &str) -> Request {
        let url = below(&self.base, &["notice", notice, "data.jsonld"]);
        Request { accept: Some("application/ld+json, application/json"), ..Request::get(url, NOTICE) }
    }
}

impl Source for Gazette {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], cursor: &Cursor) -> Vec<Request> {
        match cursor.0.as_str() {
            "" => vec![self.request(&[("sort-by", "latest-date"), ("results-page-size", "1")], LATEST)],
            day => vec![self.since(day)],
        }
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let (seen, leftovers) = (seen_on(answer), Leftovers::default());
        let step = answer.request.step;
        let read = if is_atom(answer) {
            let (root, value) = xml::document(answer)?;
            if root != "feed" {
                return Err(Misread::Unreadable(format!("<{root}> where a feed of notices was expected")));
            }
            feed::read(value, &feed::Dialect::atom(answer), seen, &leftovers)?
        } else {
            let value = json(answer)?;
            if value.get("@graph").is_some() || value.get("@context").is_some() {
                let mentions = linked::read(value, seen, &leftovers)?;
                return Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() });
            }
            feed::read(value, &feed::Dialect::json(), seen, &leftovers)?
        };
        let mut page = Page::default();
        for notice in read.notices {
            if notice.needs_number() && !step.is_empty() {
                page.next.push(self.one(notice.id()));
            } else {
                page.mentions.extend(notice.mention(seen));
            }
        }
        match step {
            LATEST => {
                let first = seen.checked_sub(self.first_days.days()).unwrap_or(seen);
                page.next.push(self.since(&first.to_string()));
            }
            SINCE => {
                page.cursor = read.newest.map(|day| Cursor(day.to_string()));
                page.next.extend(read.next_page.map(|number| page_of(&answer.request, number)));
            }
            _ => {}
        }
        page.leftovers = leftovers.take();
        Ok(page)
    }
}

fn is_atom(answer: &Answer) -> bool {
    let body = answer.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&answer.body);
    body.trim_ascii_start().starts_with(b"<")
}

/// Another page of the same question. The links of the feed are not followed: some lead back with a broken query.
fn page_of(request: &Request, number: u64) -> Request {
    let mut url = request.url.clone();
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != "results-page").map(|(n, v)| (n.into(), v.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("results-page", &number.to_string());
    Request { url, ..request.clone() }
}
