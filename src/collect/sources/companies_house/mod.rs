//! Companies House, the register of the United Kingdom: asked about each client, listened to, and read whole once a month.
//!
//! The same resources come plain from the REST interface and wrapped (`resource_kind`, `data`) from the stream; `resource`
//! reads both. Oracle for members and words: the Swagger files and `constants.yml` of `companieshouse/api-enumerations`,
//! corrected by what was recorded (texts where the specification says numbers, lists where it says objects).
//!
//! # Why
//!
//! *Why does the profile lead to the other resources?* Its links and flags say which of them exist, so that a company without
//! charges costs no question. Insolvency is asked about of every company that has a profile: its 404 is the clean bill that is
//! looked for, and of a number that nobody has it would be none.
//!
//! *Why does a fragment carry where we stopped?* A reader knows nothing but the answer and its question. What it must
//! remember across one stream and the next, or to tell a new bulk file from an old one, travels in the part of an address
//! that is never sent.

mod bulk;
mod charges;
mod filings;
mod insolvency;
mod officers;
mod profile;
mod resource;
mod stream;

use jiff::civil::Date;
use url::Url;

use self::resource::{Reader, number_of};
pub(super) use self::{bulk::CompaniesHouseBulk, stream::CompaniesHouseStream};
use super::{
    record::{Leftovers, Record},
    reply::{below, json, seen_on, standing},
};
use crate::{
    collect::{Answer, Credential, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Identifier, IdentifierKind, Mention, SourceId, Status, StatusChange, Subject},
};

const PROFILE: &str = "profile";
const INSOLVENCY: &str = "insolvency";
const CHARGES: &str = "charges";
const FILINGS: &str = "filing-history";
const OFFICERS: &str = "officers";

/// Items asked for at a time: the most the register gives of any list.
const ITEMS_PER_PAGE: &str = "100";

/// The categories of filings that speak of credit; the others are many and say nothing.
const CATEGORIES_OF_DISTRESS: &str = "liquidation,insolvency,gazette,dissolution,auditors,court-order,restoration";

/// Where a person can look a company up.
const PUBLIC_PAGE: &str = "https://find-and-update.company-information.service.gov.uk/company/";

/// The reader of the register's REST interface.
#[derive(Debug)]
pub(super) struct CompaniesHouse {
    id: SourceId,
    base: Url,
    credential: Option<String>,
}

impl CompaniesHouse {
    /// Asks for each watched British company, and reads.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone(), credential: options.credential.clone() }
    }

    fn request(&self, watched: &Watched, number: &Identifier) -> Request {
        let subject = Subject {
            name: watched.who.name.clone(),
            country: Some(Country::GB),
            identifiers: vec![number.clone()],
            ..Subject::default()
        };
        Request {
            credential: self.credential.clone().map(Credential::BasicUser),
            about: Some(subject),
            whom: vec![watched.client],
            ..Request::get(below(&self.base, &["company", number.text()]), PROFILE)
        }
    }

    /// The cases there may be, and the lists that a profile says there are.
    fn lists(&self, profile: &Request, number: &str, has_charges: bool) -> Vec<Request> {
        let steps = [Some(INSOLVENCY), Some(FILINGS), Some(OFFICERS), has_charges.then_some(CHARGES)];
        let list = |step| {
            let mut url = below(&self.base, &["company", number, step]);
            if step == FILINGS {
                url.query_pairs_mut().append_pair("category", CATEGORIES_OF_DISTRESS);
            }
            if step != INSOLVENCY {
                url.query_pairs_mut().append_pair("items_per_page", ITEMS_PER_PAGE);
            }
            Request { url, step, ..profile.clone() }
        };
        steps.into_iter().flatten().map(list).collect()
    }
}

impl Source for CompaniesHouse {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let numbers = watched.iter().filter_map(|w| Some((w, registry_number(&w.who.identifiers)?)));
        numbers.map(|(w, number)| self.request(w, number)).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let (seen, request) = (seen_on(answer), &answer.request);
        if answer.status == 404
            && let Some(about) = request.about.clone()
        {
            return absent(about, request.step, seen);
        }
        standing(answer)?;
        let value = match json(answer) {
            Ok(value) => value,
            // A recorded piece of the stream is read here, too: it holds the same resources, a line each.
            Err(why) if request.step.is_empty() => return stream::events(answer).map_err(|_| why),
            Err(why) => return Err(why),
        };
        let leftovers = Leftovers::default();
        let Some(record) = Record::at("$", value, &leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        let mut reader = Reader::new(seen, request.about.clone());
        reader.asks_for_cases = request.step == PROFILE;
        let mentions = reader.resource(record)?;
        let mut next = Vec::new();
        if let (PROFILE, Some(number)) = (request.step, reader.number()) {
            next = self.lists(request, &number, reader.has_charges);
        }
        next.extend(reader.next_start.and_then(|start| page_from(request, start)));
        Ok(Page { mentions, leftovers: leftovers.take(), next, ..Page::default() })
    }
}

/// The page of the same list that begins at an item.
fn page_from(request: &Request, start: u64) -> Option<Request> {
    if request.step.is_empty() {
        return None;
    }
    let mut url = request.url.clone();
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != "start_index").map(|(n, v)| (n.into(), v.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("start_index", &start.to_string());
    Some(Request { url, ..request.clone() })
}

fn registry_number(identifiers: &[Identifier]) -> Option<&Identifier> {
    identifiers.iter().find(|i| i.kind() == IdentifierKind::Registry && i.country() == Some(Country::GB))
}

/// A company without insolvency or charges has no such resource at all: 404 there is the good answer.
fn absent(about: Subject, step: &str, seen: Date) -> Result<Page, Misread> {
    let number = number_of(&about);
    let (own_id, fact) = match step {
        INSOLVENCY | CHARGES => (format!("{step}/{number}"), Fact::Clean { what: step.to_owned() }),
        PROFILE => (format!("status/{number}"), Fact::CompanyStatus(StatusChange::plain(Status::Unknown))),
        // Nothing was filed in these categories, and nobody was ever appointed: no good news, and no bad.
        FILINGS | OFFICERS => return Ok(Page::default()),
        _ => return Err(Misread::Refused("the register does not know this address (HTTP 404)".to_owned())),
    };
    let mention = Mention {
        own_id,
        subject: about,
        fact,
        valid_at: seen,
        published_at: None,
        is_official: true,
        url: Some(format!("{PUBLIC_PAGE}{number}")),
    };
    Ok(Page { mentions: vec![mention], ..Page::default() })
}
