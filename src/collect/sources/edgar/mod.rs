//! EDGAR, where companies file with the Securities and Exchange Commission of the United States: what each client filed.
//!
//! One JSON document for each filer, its filings column by column. Oracle: answers recorded from `data.sec.gov`, and the
//! Commission's own list of the items of form 8-K.
//!
//! # Why
//!
//! *How is a client tied to its filings?* By its Central Index Key, which the house takes for the registration number of an
//! American company: there is no national register, and the states' numbers say nothing here.
//!
//! *Why is item 1.03 taken for an insolvent procedure, when it may be a reorganisation?* The form says "bankruptcy or
//! receivership" and no more. The debts of before are frozen in any case, and that is what a creditor asks.
//!
//! *Why can a filing close the procedure?* A plan that takes effect is told by the same item, with the end of the old
//! agreements (1.02) and of the old shareholders' rights (3.03) beside it. Without that, every company that was ever
//! reorganised would stay bankrupt for ten years.

mod columns;
mod filer;
mod forms;

use jiff::{ToSpan, civil::Date};
use serde_json::Value;
use url::Url;

use super::{
    record::{Leftovers, Record},
    reply::{below, json, onward, seen_on, standing},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Identifier, IdentifierKind, Mention, SourceId, Status, StatusChange, Subject},
};

/// The document of a filer, and one of its older pages.
const FILER: &str = "filer";
const OLDER: &str = "older";

/// Filings older than this say nothing about the company of today; procedures are remembered for as long.
const REMEMBERED_YEARS: i32 = 10;

/// Where a person can look a filer up.
const PUBLIC_PAGE: &str = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK=";

/// The reader of EDGAR.
#[derive(Debug)]
pub(super) struct Edgar {
    id: SourceId,
    base: Url,
}

impl Edgar {
    /// Asks for each watched client that has a Central Index Key.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone() }
    }
}

impl Source for Edgar {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let request = |w: &Watched| {
            let key = index_key(&w.who.identifiers)?;
            let url = below(&self.base, &["submissions", &format!("CIK{}.json", key.text())]);
            let about = Subject {
                name: w.who.name.clone(),
                country: Some(Country::US),
                identifiers: vec![key.clone()],
                ..Subject::default()
            };
            Some(Request { about: Some(about), whom: vec![w.client], ..Request::get(url, FILER) })
        };
        watched.iter().filter_map(request).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let seen = seen_on(answer);
        let request = &answer.request;
        match (answer.status, &request.about) {
            (404, Some(about)) if request.step == FILER => return Ok(nobody(about, seen)),
            (403, _) => {
                let why = "EDGAR refuses us (HTTP 403): it wants a User-Agent with a contact; set collect.contact";
                return Err(Misread::Refused(why.to_owned()));
            }
            _ => standing(answer)?,
        }
        if is_missing_key(&answer.body) {
            return Err(Misread::Refused("EDGAR knows no filer of this key (NoSuchKey)".to_owned()));
        }
        let leftovers = Leftovers::default();
        let Some(mut record) = Record::at("$", json(answer)?, &leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        let horizon = seen.checked_sub(REMEMBERED_YEARS.years()).unwrap_or(Date::MIN);
        let mut page = Page::default();
        if record.has("cik") {
            let mut filer = filer::read(&mut record, seen)?;
            let mut filings = record.record("filings");
            let recent = filings.as_mut().and_then(|filings| filings.record("recent"));
            let Some(recent) = recent else {
                return Err(Misread::Quarantined("the filer has no filings.recent: the layout has changed".to_owned()));
            };
            page.mentions.append(&mut filer.mentions);
            let files = filings.as_mut().map(|filings| filings.records("files")).unwrap_or_default();
            let (names, n_unnamed) = older(files, horizon);
            let may_be_clean = filer.is_operating && names.is_empty() && n_unnamed == 0;
            page.mentions.extend(columns::read(recent, &filer.subject, seen, horizon)?.mentions(may_be_clean));
            page.next = names.iter().filter_map(|name| older_page(request, name, &filer.subject)).collect();
        } else if record.has("accessionNumber") {
            let subject = request.about.clone().unwrap_or_default();
            page.mentions = columns::read(record, &subject, seen, horizon)?.mentions(false);
        } else {
            record.ignore_rest();
            return Err(Misread::Quarantined("neither a filer nor a page of filings".to_owned()));
        }
        page.leftovers = leftovers.take();
        Ok(page)
    }
}

/// The names of the pages of older filings that reach into the time that counts, and how many of them have none.
fn older(files: Vec<Record>, horizon: Date) -> (Vec<String>, usize) {
    let (mut names, mut n_unnamed) = (Vec::new(), 0);
    for mut file in files {
        file.ignore(&["filingCount", "filingFrom"]);
        let (name, until) = (file.text("name"), file.day("filingTo"));
        match name {
            _ if until.is_some_and(|until| until < horizon) => {}
            Some(name) => names.push(name),
            None => n_unnamed += 1,
        }
    }
    (names, n_unnamed)
}

/// The question for a page of older filings.
fn older_page(request: &Request, name: &str, subject: &Subject) -> Option<Request> {
    let url = onward(request, name).filter(|_| !request.step.is_empty())?;
    Some(Request { url, about: Some(subject.clone()), step: OLDER, ..request.clone() })
}

fn index_key(identifiers: &[Identifier]) -> Option<&Identifier> {
    let is_key = |i: &&Identifier| i.text().len() == 10 && i.text().bytes().all(|b| b.is_ascii_digit());
    let of_us = |i: &&Identifier| i.kind() == IdentifierKind::Registry && i.country() == Some(Country::US);
    identifiers.iter().filter(of_us).find(is_key)
}

/// The storage behind EDGAR says so in XML, whatever was asked for.
fn is_missing_key(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(body.get(..300).unwrap_or(body));
    head.trim_start().starts_with('<') && head.contains("<Code>NoSuchKey</Code>")
}

/// A key that nobody has: the client's number is wrong, or it never filed. That is no bad news.
fn nobody(about: &Subject, seen: Date) -> Page {
    let fact = Fact::CompanyStatus(StatusChange::plain(Status::Unknown));
    Page { mentions: vec![mention(about, "status", fact, seen, None)], ..Page::default() }
}

/// A mention about a filer, named `what` and its key.
fn mention(subject: &Subject, what: &str, fact: Fact, valid_at: Date, published_at: Option<Date>) -> Mention {
    let key = index_key(&subject.identifiers).map_or_else(String::new, |key| key.text().to_owned());
    Mention {
        own_id: format!("{what}/{key}"),
        subject: subject.clone(),
        fact,
        valid_at,
        published_at,
        is_official: true,
        url: (!key.is_empty()).then(|| format!("{PUBLIC_PAGE}{key}")),
    }
}

/// A text of a value that is a text or a number.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
