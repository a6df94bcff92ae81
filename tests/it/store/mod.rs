//! The store on a real database file in a folder of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod backup;
mod erasure;
mod facts;
mod mergers;
mod noting;
mod pages;
mod ratings;
mod retention;
mod split;
mod told;
mod upkeep;
mod withdrawal;

use std::path::PathBuf;

use jiff::{Timestamp, civil::Date};
use tempfile::TempDir;
use vedetta::{
    domain::{
        AsOf, BatchId, Cause, Certainty, ClientFacts, ClientId, Country, Currency, EntryKind, Evidence, EvidenceRef,
        Fact, Grade, InvoiceKey, LedgerLine, ModelId, Money, NewsItem, PortfolioId, Probability, Prospect, Rating,
        RatingChange, ReasonLine, Sha256, Signal, SignalId,
    },
    store::{BatchRow, ClientRow, LedgerRow, NewRating, NewSignal, SignalTarget, Store},
};

/// A store of its own, with one portfolio and one batch.
struct World {
    store: Store,
    portfolio: PortfolioId,
    batch: BatchId,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = open(&folder).await;
        Self::on(store, folder).await
    }

    async fn on(store: Store, folder: TempDir) -> Self {
        let portfolio = store.facts().portfolio(&"main".parse().expect("a name")).await.expect("a portfolio");
        let seen_at = day_noon(0);
        let row = BatchRow { name: "clients.csv".into(), seen_at, sha256: Sha256::of(b"clients") };
        let batch = store.facts().batch(&row).await.expect("a batch");
        Self { store, portfolio, batch, folder }
    }

    /// Writes `n` clients called `C-1`… and answers their keys.
    async fn clients(&self, n: usize) -> Vec<ClientId> {
        let rows: Vec<_> = (1..=n).map(|i| client_row(&format!("C-{i}"), &format!("Officina Roverella {i}"))).collect();
        let put = self.store.facts().put_clients(self.portfolio, self.batch, &rows).await.expect("clients");
        put.into_iter().map(|(id, _)| id).collect()
    }
}

/// The one client of a store, of that name.
pub(crate) async fn client_named(store: &Store, name: &str) -> ClientId {
    let world = World::on(store.clone(), tempfile::tempdir().expect("a temporary folder")).await;
    let put = store.facts().put_clients(world.portfolio, world.batch, &[client_row("C-1", name)]).await;
    put.expect("a client")[0].0
}

async fn open(folder: &TempDir) -> Store {
    let url = crate::stores::address(&file_of(folder));
    Store::open(&url, &folder.path().join("archive")).await.expect("a store")
}

/// Where the store lies when it is a file.
fn file_of(folder: &TempDir) -> PathBuf {
    folder.path().join("data/vedetta.db")
}

fn day(n: i32) -> Date {
    vedetta::domain::day_of_number(20_000 + n)
}

/// Noon of [`day`] `n`, UTC.
fn day_noon(n: i32) -> Timestamp {
    Timestamp::from_millisecond((20_000 + i64::from(n)) * 86_400_000 + 43_200_000).expect("an instant")
}

fn client_row(code: &str, name: &str) -> ClientRow {
    let who = Prospect { name: name.into(), country: Some(Country::IT), ..Prospect::default() };
    let facts = ClientFacts {
        who: Prospect { sector: Some("25.62".parse().expect("a sector")), ..who },
        since: Some(day(-900)),
        active: Some(true),
        credit_limit: Some(Money::from_minor(5_000_000, Currency::EUR)),
        yearly_value: None,
        currency: Currency::EUR,
        email: None,
        phone: None,
    };
    ClientRow { code: code.parse().expect("a code"), facts, known_at: day_noon(0) }
}

fn invoice(client: ClientId, number: &str, issued: i32) -> LedgerRow {
    let line = LedgerLine {
        invoice: InvoiceKey::of(number),
        kind: EntryKind::Invoice,
        issued_on: day(issued),
        due_on: day(issued + 30),
        amount: Money::from_minor(123_456, Currency::EUR),
        disputed: false,
        known_at: day_noon(issued),
        paid_on: None,
        paid_minor: 0,
        paid_known_at: None,
        batch: BatchId::new(1),
    };
    LedgerRow { client, number: number.into(), credit_type: Some("merce".into()), claim: None, line }
}

fn news(own_id: &str, title: &str, known: i32, client: ClientId) -> NewSignal {
    let item = NewsItem {
        title: title.into(),
        url: format!("https://gazzettino.example/{own_id}"),
        language: "it".into(),
        event: "layoffs".parse().expect("an event"),
        severity: 3,
        about: "client".parse().expect("a subject"),
        negated: false,
    };
    signal(own_id, Fact::News(item), known, client)
}

fn signal(own_id: &str, fact: Fact, known: i32, client: ClientId) -> NewSignal {
    let source = "press".parse().expect("a source");
    let signal = Signal {
        id: SignalId::of(&source, own_id, &format!("{fact:?}")),
        source,
        valid_at: day(known - 1),
        known_at: day_noon(known),
        is_official: false,
        fact,
        url: Some(format!("https://gazzettino.example/{own_id}")),
        evidence: Evidence {
            url: "https://gazzettino.example/feed".into(),
            seen_at: day_noon(known),
            sha256: Sha256::of(own_id.as_bytes()),
        },
    };
    let target = SignalTarget::Clients(vec![(client, Certainty::CERTAIN)]);
    NewSignal { signal, own_id: own_id.into(), target, subject: None, by_number: Vec::new() }
}

/// A rating of `grade` as of noon of a day; `change` as the pipeline would propose it.
fn rated(client: ClientId, grade: Grade, on: i32, from: Option<Grade>, evidence: &[EvidenceRef]) -> NewRating {
    let pd = Probability::new(0.01 + f64::from(on) / 10_000.0).ok();
    let rating = Rating {
        grade,
        pd,
        points: Some(600 - on),
        coverage: 0.75,
        as_of: AsOf { valid_at: day(on), known_at: day_noon(on) },
        model: ModelId { name: "baseline-1".into(), hash: "0123456789ab".into() },
        lines: vec![
            ReasonLine { feature: "base".into(), value: None, points: 580, evidence: vec![] },
            ReasonLine { feature: "late_share".into(), value: Some(0.5), points: 20 - on, evidence: evidence.to_vec() },
        ],
    };
    let change = (from != Some(grade)).then(|| RatingChange {
        client_seq: 0,
        from,
        to: grade,
        pd_from: None,
        pd_to: pd,
        cause: Cause::Night,
        exposure_minor: 0,
        reasons: rating.lines.clone(),
        treatment: Some("reminder".into()),
    });
    NewRating { client, rating, cause: Cause::Night, exposure_minor: 10_000, change }
}
