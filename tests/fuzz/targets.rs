//! What is fed with arbitrary bytes: every reader of the outside world. The fuzzer and the test suite share this list;
//! the readers of open sources are those of the build, so that a new one is in it without a line here.

use std::io::Write;

use jiff::Timestamp;
use url::Url;
use vedetta::{
    alert,
    collect::{
        Answer, BulkFile, Hours, Part, Request, SourceOptions, Taking, fetch::Robots, news, read_sources, sources,
    },
    domain::{Country, Currency, Identifier, Money},
    intake,
};

/// A target's name, and what it does with the bytes.
type Target = (&'static str, fn(&[u8]));

/// Targets besides the sources.
const OTHERS: [Target; 8] = [
    ("robots", robots),
    ("address", address),
    ("sources-toml", sources_toml),
    ("bulk-file", bulk_file),
    ("import-csv", import_csv),
    ("fattura", fattura),
    ("camt", camt),
    ("words", words),
];

/// The names of all targets: `source-KIND` for each reader of an open source, and the others.
pub(super) fn names() -> Vec<String> {
    let readers = sources::KINDS.iter().map(|kind| format!("source-{kind}"));
    readers.chain(OTHERS.iter().map(|(name, _)| (*name).to_owned())).collect()
}

/// Feeds a target. It must return, whatever the bytes.
pub(super) fn run(name: &str, bytes: &[u8]) {
    match name.strip_prefix("source-") {
        Some(kind) => source(kind, bytes),
        None => {
            let (_, target) = OTHERS.iter().find(|(other, _)| *other == name).expect("one of the names above");
            target(bytes);
        }
    }
}

/// The options of a kind that is nothing but its options; of any other kind none.
fn described(kind: &str) -> toml::Table {
    let mut all: toml::Table =
        toml::from_str(include_str!("described.toml")).expect("the file beside this one is TOML");
    all.remove(kind).and_then(|table| table.as_table().cloned()).unwrap_or_default()
}

/// Every way in which a body may have been taken; and the same bytes always say the same.
fn source(kind: &str, bytes: &[u8]) {
    let options = SourceOptions {
        base_url: Url::parse("https://source.example/").expect("a valid address"),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: Some("key".to_owned()),
        options: described(kind),
    };
    let source = sources::build(kind.parse().expect("a kind is an id"), kind, &options).expect("the options are valid");
    for taking in [Taking::Whole, Taking::Lines, Taking::Listen { seconds: 1 }] {
        let answer = answer(taking, bytes);
        match (source.read(&answer), source.read(&answer)) {
            (Ok(first), Ok(second)) => {
                assert_eq!(first.mentions, second.mentions);
                assert_eq!(first.leftovers, second.leftovers);
                assert!(first.leftovers.iter().all(|leftover| leftover.value.chars().count() <= 200));
            }
            (first, second) => assert_eq!(first.err(), second.err()),
        }
    }
}

fn answer(taking: Taking, body: &[u8]) -> Answer {
    let request = Request { taking, ..Request::get(Url::parse("file:///recorded").expect("a valid address"), "") };
    let seen_at = Timestamp::from_second(1_790_000_000).expect("an instant of this century");
    let (status, content_type) = (200, String::new());
    Answer { request, status, content_type, body: body.to_vec(), seen_at, part: Part::WHOLE }
}

/// The first line is a path, the rest a file.
fn robots(bytes: &[u8]) {
    let (path, file) = bytes.split_at(bytes.iter().position(|b| *b == b'\n').unwrap_or(0));
    let robots = Robots::parse(file, "Vedetta");
    robots.allows(&format!("/{}", String::from_utf8_lossy(path)));
    assert!(robots.allows("/robots.txt"));
}

fn address(bytes: &[u8]) {
    if let Ok(url) = Url::parse(&String::from_utf8_lossy(bytes)) {
        let is_refused = alert::check_url(&url, false).is_err();
        assert!(is_refused || url.scheme() == "https", "{url}");
    }
}

fn sources_toml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(read_sources(&text, "sources.toml"));
    drop(text.parse::<Hours>());
}

/// Plain, gzip or zip: whole lines, the first on top of each piece, or a failure that says why.
fn bulk_file(bytes: &[u8]) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room for a small file");
    let mut n_last = 0;
    let read = BulkFile::new(file, answer(Taking::Lines, &[])).read(|piece| {
        n_last += u32::from(piece.part.is_last);
        true
    });
    assert!(read.is_err() || n_last == 1, "one piece is the last");
}

fn import_csv(bytes: &[u8]) {
    for content in [intake::Content::Clients, intake::Content::Invoices] {
        let options = intake::Options {
            content,
            portfolio: "prova".parse().expect("a name"),
            map: None,
            backfill: false,
            create_clients: true,
            dry_run: true,
            terms_days: 30,
            creditor: None,
        };
        drop(intake::read("file.csv", bytes, &options));
    }
}

/// An electronic invoice, plain and in an envelope.
fn fattura(bytes: &[u8]) {
    for name in ["IT01_00001.xml", "IT01_00001.xml.p7m"] {
        assert_eq!(intake::try_invoice(name, bytes), intake::try_invoice(name, bytes));
    }
}

/// A bank's statement or notification.
fn camt(bytes: &[u8]) {
    assert_eq!(intake::try_statement(bytes), intake::try_statement(bytes));
}

/// Names, numbers and amounts as people and registers write them, and headlines.
fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for country in [Country::IT, Country::GB] {
        let numbers = [Identifier::tax(country, &text), Identifier::registry(country, &text), Identifier::lei(&text)];
        for number in numbers.into_iter().flatten() {
            assert!(!number.text().is_empty());
        }
    }
    if let Ok(money) = Money::parse(&text, Currency::EUR) {
        let shown = money.to_string();
        assert_eq!(Money::parse(shown.trim_end_matches(" EUR"), Currency::EUR).ok(), Some(money), "{text:?}");
    }
    drop(news::read(&text, &text, None));
}
