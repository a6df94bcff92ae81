//! The readers of open sources, on fixtures written after the documented formats. All companies are invented.

mod bodacc;
mod british_web;
mod companies_house;
mod companies_house_bulk;
mod companies_house_stream;
mod edgar;
mod eurostat;
mod gazette;
mod gazzetta_ufficiale;
mod gdelt;
mod gleif;
mod hostile_bytes;
mod infocamere;
mod istat;
mod labelled_news;
mod mapped;
mod news;
mod openapi_it;
mod press;
mod protests_html;
mod recherche_entreprises;
mod recorded;
mod vies;

use jiff::{Timestamp, civil::date, tz::TimeZone};
use url::Url;
use vedetta::{
    collect::{Answer, Cursor, Misread, Page, Part, Request, Source, SourceOptions, Watched, sources::build},
    domain::{ClientId, Country, Fact, Identifier, Mention, Prospect, StatusChange, Subject},
};

/// The partita IVA of the invented companies in the fixtures.
const TAX: &str = "09876540155";

/// The day on which all fixtures are read.
fn seen_at() -> Timestamp {
    date(2026, 11, 21).to_zoned(TimeZone::UTC).expect("a day has a midnight in UTC").timestamp()
}

fn reader(kind: &str) -> Box<dyn Source> {
    reader_with(kind, described(kind))
}

/// The options of a kind that is nothing but its options; of any other kind none.
pub(crate) fn described(kind: &str) -> toml::Table {
    let mut all: toml::Table = toml::from_str(include_str!("../../fuzz/described.toml")).expect("it is TOML");
    all.remove(kind).and_then(|table| table.as_table().cloned()).unwrap_or_default()
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

/// The SIREN of the invented French company in the fixtures.
const SIREN: &str = "991234568";

/// The French company, as a client that is asked about.
fn forges() -> Watched {
    let identifiers = vec![Identifier::registry(Country::FR, SIREN).expect("a valid SIREN")];
    let who = Prospect { name: "Forges du Vallon".to_owned(), identifiers, ..Prospect::default() };
    Watched { client: ClientId::new(7), who }
}

/// The Italian company, as a client that is asked about.
fn dorivale() -> Watched {
    let identifiers = vec![Identifier::tax(Country::IT, TAX).expect("a valid partita IVA")];
    let who = Prospect { name: "Acciai Dorivale".to_owned(), identifiers, ..Prospect::default() };
    Watched { client: ClientId::new(8), who }
}

/// What a source asks first about a client.
fn first_request(kind: &str, watched: &Watched) -> Request {
    reader(kind).plan(std::slice::from_ref(watched), &Cursor::default()).remove(0)
}

fn british(number: &str) -> Subject {
    let identifier = Identifier::registry(Country::GB, number).expect("a valid company number");
    Subject { country: Some(Country::GB), identifiers: vec![identifier], ..Subject::default() }
}
