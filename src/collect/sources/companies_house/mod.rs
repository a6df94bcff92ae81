//! Companies House, the register of the United Kingdom: profile, insolvency cases, charges, filings.
//!
//! The same resources come plain from the REST interface and wrapped (`resource_kind`, `data`) from the stream; both are
//! read. Oracle for members and words: the Swagger files and `constants.yml` of `companieshouse/api-enumerations`,
//! corrected by what was recorded (texts where the specification says numbers, lists where it says objects).

mod charges;
mod filings;
mod insolvency;
mod profile;

use jiff::civil::Date;
use serde_json::Value;
use url::Url;

use super::{
    record::{Leftovers, Record, iso_day},
    reply::{below, json, seen_on, since, standing},
};
use crate::{
    collect::{Answer, Credential, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Identifier, IdentifierKind, Mention, SourceId, Status, StatusChange, Subject},
};

const PROFILE: &str = "profile";
const INSOLVENCY: &str = "insolvency";

/// Where a person can look a company up.
const PUBLIC_PAGE: &str = "https://find-and-update.company-information.service.gov.uk/company/";

/// The reader of Companies House.
#[derive(Debug)]
pub(super) struct CompaniesHouse {
    id: SourceId,
    base: Url,
    credential: Option<String>,
    asks: bool,
}

impl CompaniesHouse {
    /// Asks for each watched British company, and reads.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone(), credential: options.credential.clone(), asks: true }
    }

    /// Only reads: the events of the stream come by themselves.
    pub(super) fn events_only(id: SourceId, options: &SourceOptions) -> Self {
        Self { asks: false, ..Self::new(id, options) }
    }

    fn request(&self, subject: &Subject, number: &str, step: &'static str) -> Request {
        let segments: &[&str] =
            if step == INSOLVENCY { &["company", number, "insolvency"] } else { &["company", number] };
        Request {
            credential: self.credential.clone().map(Credential::BasicUser),
            about: Some(subject.clone()),
            ..Request::get(below(&self.base, segments), step)
        }
    }
}

impl Source for CompaniesHouse {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let numbers =
            watched.iter().filter(|_| self.asks).filter_map(|w| Some((w, registry_number(&w.who.identifiers)?)));
        numbers
            .flat_map(|(w, number)| {
                let subject = Subject {
                    name: w.who.name.clone(),
                    country: Some(Country::GB),
                    identifiers: vec![number.clone()],
                    ..Subject::default()
                };
                [PROFILE, INSOLVENCY].map(|step| self.request(&subject, number.text(), step))
            })
            .collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let seen = seen_on(answer);
        let about = answer.request.about.clone();
        if answer.status == 404
            && let Some(about) = about
        {
            return absent(about, answer.request.step, seen);
        }
        standing(answer)?;
        let leftovers = Leftovers::default();
        let asks_for_cases = answer.request.step == PROFILE;
        let mut mentions = Vec::new();
        for value in resources(answer)? {
            let Some(resource) = Record::at("$", value, &leftovers) else {
                return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
            };
            mentions.extend(Reader { seen, about: about.clone(), published: None, asks_for_cases }.resource(resource)?);
        }
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// One JSON document, or the lines of a recorded stream, where blank lines are heartbeats.
fn resources(answer: &Answer) -> Result<Vec<Value>, Misread> {
    let whole = json(answer);
    if let Ok(value) = whole {
        return Ok(vec![value]);
    }
    let lines = std::str::from_utf8(&answer.body).unwrap_or_default().lines().filter(|line| !line.trim().is_empty());
    let events: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
    match events {
        Ok(events) if events.len() > 1 => Ok(events),
        _ => whole.map(|value| vec![value]),
    }
}

fn registry_number(identifiers: &[Identifier]) -> Option<&Identifier> {
    identifiers.iter().find(|i| i.kind() == IdentifierKind::Registry && i.country() == Some(Country::GB))
}

/// A company without insolvency has no insolvency resource at all: 404 there is the good answer.
fn absent(about: Subject, step: &str, seen: Date) -> Result<Page, Misread> {
    let number = registry_number(&about.identifiers).map_or_else(String::new, |i| i.text().to_owned());
    let (own_id, fact) = match step {
        INSOLVENCY => (format!("insolvency/{number}"), Fact::Clean { what: "insolvency".to_owned() }),
        PROFILE => (format!("status/{number}"), Fact::CompanyStatus(StatusChange::plain(Status::Unknown))),
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

/// What is known of a resource before it is read: the day, whom we asked about, when the stream published it.
struct Reader {
    seen: Date,
    about: Option<Subject>,
    published: Option<Date>,
    /// The insolvency cases of the same company are asked for as well.
    asks_for_cases: bool,
}

impl Reader {
    /// Recognises a resource by its members, for a recorded answer does not say what was asked.
    fn resource(mut self, mut record: Record) -> Result<Vec<Mention>, Misread> {
        if record.has("resource_kind") || (record.has("data") && record.has("event")) {
            return self.event(record);
        }
        if let Some(mut inner) = record.record("companyInsolvency") {
            record.ignore(&["updatedAt", "updatedBy", "deltaAt", "deltaBy"]);
            if let Some(number) = record.text("id") {
                self.name_company(&number, &record);
            }
            return Ok(self.insolvency(&mut inner));
        }
        self.plain(record)
    }

    fn plain(mut self, mut record: Record) -> Result<Vec<Mention>, Misread> {
        if record.has("cases")
            || (record.has("status") && !record.has("company_number") && record.names("etag")) && !is_charge(&record)
        {
            return Ok(self.insolvency(&mut record));
        }
        if record.has("company_number") || record.has("company_status") {
            return self.profile(&mut record);
        }
        if record.has("transaction_id") || record.has("filing_history_status") {
            return Ok(self.filings(&mut record));
        }
        if is_charge(&record) || record.has("unfiltered_count") || record.has("unfiletered_count") {
            return Ok(self.charges(&mut record));
        }
        let errors = record.value("errors").or_else(|| record.value("error"));
        record.ignore_rest();
        match errors {
            Some(error) => Err(Misread::Refused(format!("the register answers with an error: {}", shorten(&error)))),
            None => Err(Misread::Quarantined(
                "not a profile, an insolvency, a list of charges or a filing of Companies House".to_owned(),
            )),
        }
    }

    /// An event of the stream: `{resource_kind, resource_uri, resource_id, data, event}`.
    fn event(mut self, mut record: Record) -> Result<Vec<Mention>, Misread> {
        let kind = record.text("resource_kind").unwrap_or_default();
        let uri = record.text("resource_uri").unwrap_or_default();
        record.ignore(&["resource_id"]);
        let mut event = record.record("event");
        let deleted = event.as_mut().and_then(|e| {
            e.word("type", |t| match t {
                "changed" => Some(false),
                "deleted" => Some(true),
                _ => None,
            })
        });
        if let Some(event) = &mut event {
            event.ignore(&["timepoint", "fields_changed"]);
            self.published = event.text("published_at").and_then(|text| iso_day(&text));
        }
        let number = uri.split('/').skip_while(|part| *part != "company").nth(1).map(str::to_owned);
        if let Some(number) = &number {
            self.name_company(number, &record);
        }
        let Some(mut data) = record.record("data") else {
            return Err(Misread::Quarantined(format!("the event {kind} carries no data")));
        };
        match (kind.as_str(), deleted) {
            ("company-insolvency", Some(true)) => {
                data.ignore_rest();
                Ok(vec![self.insolvency_is_clean()])
            }
            (_, Some(true)) => {
                data.ignore_rest();
                record.leave("event.type", &format!("deleted {kind}"));
                Ok(Vec::new())
            }
            ("company-profile", _) => self.profile(&mut data),
            ("company-insolvency", _) => Ok(self.insolvency(&mut data)),
            ("company-charges", _) => Ok(self.charges(&mut data)),
            ("filing-history", _) => Ok(self.filings(&mut data)),
            _ => {
                data.ignore_rest();
                Err(Misread::Quarantined(format!("events of kind {kind:?} are not read here")))
            }
        }
    }

    /// Makes `number` the company this is about; a text that is no company number is a leftover.
    fn name_company(&mut self, number: &str, record: &Record) {
        match Identifier::registry(Country::GB, number) {
            Ok(identifier) => {
                let name = self.about.take().map_or_else(String::new, |about| about.name);
                let country = Some(Country::GB);
                self.about = Some(Subject { name, country, identifiers: vec![identifier], ..Subject::default() });
            }
            Err(_) => record.leave("company_number", number),
        }
    }

    fn subject(&self) -> Subject {
        self.about.clone().unwrap_or_else(|| Subject { country: Some(Country::GB), ..Subject::default() })
    }

    fn number(&self) -> String {
        self.about
            .as_ref()
            .and_then(|about| registry_number(&about.identifiers))
            .map_or_else(String::new, |i| i.text().to_owned())
    }

    /// A mention about the company, named `what` and its number in the register's own terms.
    fn mention(&self, what: &str, fact: Fact, day: Option<Date>) -> Mention {
        let number = self.number();
        Mention {
            own_id: format!("{what}/{number}"),
            subject: self.subject(),
            fact,
            valid_at: since(day, self.seen),
            published_at: self.published.filter(|day| *day <= self.seen),
            is_official: true,
            url: (!number.is_empty()).then(|| format!("{PUBLIC_PAGE}{number}")),
        }
    }
}

fn is_charge(record: &Record) -> bool {
    record.has("charge_number") || record.has("charge_code") || record.has("classification")
}

fn shorten(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}
