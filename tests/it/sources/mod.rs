//! The readers of open sources, on fixtures written after the documented formats. All companies are invented.

mod companies_house;
mod eurostat;
mod gdelt;
mod gleif;
mod hostile_bytes;
mod labelled_news;
mod news;
mod openapi_it;
mod press;
mod protests_html;
mod recorded;

use jiff::{Timestamp, civil::date, tz::TimeZone};
use url::Url;
use vedetta::{
    collect::{Answer, Misread, Page, Part, Request, Source, SourceOptions, sources::build},
    domain::{Country, Fact, Identifier, Mention, StatusChange, Subject},
};

/// The partita IVA of the invented companies in the fixtures.
const TAX: &str = "09876540155";

/// The day on which all fixtures are read.
fn seen_at() -> Timestamp {
    date(2026, 11, 21).to_zoned(TimeZone::UTC).expect("a day has a midnight in UTC").timestamp()
}

fn reader(kind: &str) -> Box<dyn Source> {
    reader_with(kind, toml::Table::new())
}

fn reader_with(kind: &str, options: toml::Table) -> Box<dyn Source> {
    let options = SourceOptions {
        base_url: Url::parse("https://source.example/api").expect("a valid address"),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: Some("key".to_owned()),
        options,
    };
    build(kind.parse().expect("a valid source id"), kind, &options).expect("the options are valid")
}

/// A recorded answer: nobody knows what was asked.
fn recorded(body: &[u8]) -> Answer {
    let url = Url::parse("file:///recorded").expect("a valid address");
    let request = Request::get(url, "");
    Answer {
        request,
        status: 200,
        content_type: String::new(),
        body: body.to_vec(),
        seen_at: seen_at(),
        part: Part::WHOLE,
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/it/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn read(kind: &str, name: &str) -> Page {
    read_bytes(kind, &fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn read_bytes(kind: &str, body: &[u8]) -> Result<Page, Misread> {
    reader(kind).read(&recorded(body))
}

fn statuses(page: &Page) -> Vec<&StatusChange> {
    page.mentions
        .iter()
        .filter_map(|mention| match &mention.fact {
            Fact::CompanyStatus(change) => Some(change),
            _ => None,
        })
        .collect()
}

fn of_kind<'a>(page: &'a Page, kind: &str) -> Vec<&'a Mention> {
    page.mentions.iter().filter(|mention| mention.fact.kind() == kind).collect()
}

fn leftover_paths(page: &Page) -> Vec<&str> {
    page.leftovers.iter().map(|leftover| leftover.path.as_str()).collect()
}

fn british(number: &str) -> Subject {
    let identifier = Identifier::registry(Country::GB, number).expect("a valid company number");
    Subject { country: Some(Country::GB), identifiers: vec![identifier], ..Subject::default() }
}
