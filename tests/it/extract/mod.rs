//! What an `as_of` sees of a dossier, and what features make of it.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use vedetta::{
    domain::{
        About, AsOf, BatchId, Certainty, ClientVersion, Country, Currency, Dossier, EntryKind, Fact, Instrument,
        InvoiceKey, KnownSignal, LedgerLine, Money, NewsEvent, NewsItem, Procedure, Protest, ProtestState,
        SectorContext, SignalId, Status, StatusChange, day_of_number,
    },
    extract::{Catalogue, View},
};

mod habit;

mod ledger;

mod sources;

mod markets;

mod receivables;

mod catalogue;

mod clocks;

/// 2026-06-30, the day all questions here are about.
const TODAY: i32 = 20_634;

pub(crate) fn today() -> AsOf {
    AsOf::end_of(day_of_number(TODAY))
}

fn day(ago: i32) -> Date {
    day_of_number(TODAY - ago)
}

fn instant(ago: i32) -> Timestamp {
    day(ago).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// An invoice due so many days ago, issued a month before that, and known when issued.
pub(crate) fn invoice(n: i64, due_ago: i32, euro: i64, paid_ago: Option<i32>) -> LedgerLine {
    LedgerLine {
        invoice: InvoiceKey::new(n),
        kind: EntryKind::Invoice,
        issued_on: day(due_ago + 30),
        due_on: day(due_ago),
        amount: Money::from_minor(euro * 100, Currency::EUR),
        disputed: false,
        known_at: instant(due_ago + 30),
        paid_on: paid_ago.map(day),
        paid_minor: if paid_ago.is_some() { euro * 100 } else { 0 },
        paid_known_at: paid_ago.map(instant),
        batch: BatchId::new(n % 7 + 1),
    }
}

pub(crate) fn ledger(lines: Vec<LedgerLine>) -> Dossier {
    Dossier { ledger: lines, ..Dossier::default() }
}

pub(crate) fn signal(source: &str, ago: i32, fact: Fact) -> KnownSignal {
    let source = source.parse().unwrap();
    let id = SignalId::of(&source, &format!("{ago}"), &format!("{fact:?}"));
    let (valid_at, known_at) = (day(ago), instant(ago));
    KnownSignal { id, source, valid_at, known_at, is_official: true, certainty: Certainty::CERTAIN, fact }
}

pub(crate) fn status(status: Status) -> Fact {
    Fact::CompanyStatus(StatusChange::plain(status))
}

fn procedure(status: Status, opened_ago: i32, revoked_ago: Option<i32>) -> Fact {
    let procedure = Some(Procedure { code: "P1".into(), words: "concorso dei creditori".into() });
    let (opened_on, revoked_on) = (Some(day(opened_ago)), revoked_ago.map(day));
    Fact::CompanyStatus(StatusChange { procedure, opened_on, revoked_on, ..StatusChange::plain(status) })
}

pub(crate) fn protest(raised_ago: i32, euro: i64, state: ProtestState) -> Fact {
    Fact::Protest(Protest {
        instrument: Instrument::Bill,
        amount: Some(Money::from_minor(euro * 100, Currency::EUR)),
        raised_on: Some(day(raised_ago)),
        due_on: None,
        reason_code: Some("CM2".into()),
        state,
    })
}

pub(crate) fn news(event: NewsEvent, severity: u8, negated: bool) -> Fact {
    let title = format!("Officine Brandolese, {event} {severity}");
    Fact::News(NewsItem {
        title,
        url: String::new(),
        language: "it".into(),
        event,
        severity,
        about: About::Client,
        negated,
    })
}

fn told(signals: Vec<KnownSignal>) -> Dossier {
    Dossier { signals, ..Dossier::default() }
}

fn value(dossier: &Dossier, feature: &str) -> Option<f64> {
    let place = Catalogue::get().place(feature).unwrap();
    View::new(dossier, &SectorContext::default(), today()).features().get(place)
}

fn values(dossier: &Dossier) -> Vec<Option<f64>> {
    let features = View::new(dossier, &SectorContext::default(), today()).features();
    (0..features.len()).map(|place| features.get(place)).collect()
}

fn of_sector(sector: &str) -> Dossier {
    let version = ClientVersion {
        known_at: instant(500),
        country: Some(Country::IT),
        sector: Some(sector.parse().unwrap()),
        since: Some(day(900)),
        is_active: Some(true),
        credit_limit: None,
        yearly_value: None,
        batch: BatchId::new(1),
    };
    Dossier { versions: vec![version], ..Dossier::default() }
}
