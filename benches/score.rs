//! How many vectors a second are rated, and how many clients a second are read from their dossiers.
#![expect(clippy::unwrap_used, reason = "a bench that cannot set up its world should stop there")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use vedetta::{
    domain::{
        AsOf, BatchId, Certainty, ClientVersion, Country, Currency, Dossier, EntryKind, Fact, FeatureVector, Indicator,
        InvoiceKey, KnownSignal, LedgerLine, Money, SectorContext, SectorSignal, SignalId, Status, StatusChange,
        day_of_number,
    },
    extract::{Catalogue, Markets, View},
    score::{Engine, Seen},
};

/// The day of the bench, 2026-06-30.
const TODAY: i32 = 20_634;
/// Vectors in a batch.
const BATCH: usize = 10_000;

fn as_of() -> AsOf {
    AsOf::end_of(day_of_number(TODAY))
}

fn engine() -> Engine {
    let table = Catalogue::get();
    let model = include_str!("../models/baseline-1/model.json");
    let (scale, rules) = (include_str!("../config/scale.toml"), include_str!("../config/rules.toml"));
    Engine::new("baseline-1", model, scale, rules, &table.names(), table.hash()).unwrap()
}

/// A client with twenty invoices, a status and an empty register of protests; `n` varies its delays.
fn dossier(n: i32) -> Dossier {
    let line = |i: i32| {
        let (due, delay) = (TODAY - 15 - i * 17, (n * 7 + i * 3) % 25);
        let known_at = AsOf::end_of(day_of_number(due - 30)).known_at;
        let paid = day_of_number(due + delay);
        LedgerLine {
            invoice: InvoiceKey::new(i.into()),
            kind: EntryKind::Invoice,
            issued_on: day_of_number(due - 30),
            due_on: day_of_number(due),
            amount: Money::from_minor(100_000 + i64::from(i) * 977, Currency::EUR),
            disputed: i == 7,
            known_at,
            paid_on: Some(paid),
            paid_minor: 100_000 + i64::from(i) * 977,
            paid_known_at: Some(AsOf::end_of(paid).known_at),
            batch: BatchId::new(1),
        }
    };
    let told = |source: &str, fact: Fact| {
        let source = source.parse().unwrap();
        let id = SignalId::of(&source, "1", &n.to_string());
        let day = day_of_number(TODAY - 20);
        let known_at = AsOf::end_of(day).known_at;
        KnownSignal { id, source, valid_at: day, known_at, is_official: true, certainty: Certainty::CERTAIN, fact }
    };
    let version = ClientVersion {
        known_at: AsOf::end_of(day_of_number(TODAY - 400)).known_at,
        country: Some(Country::IT),
        sector: Some("25.62".parse().unwrap()),
        since: Some(day_of_number(TODAY - 1200)),
        is_active: Some(true),
        credit_limit: Some(Money::from_minor(2_000_000, Currency::EUR)),
        yearly_value: None,
        batch: BatchId::new(1),
    };
    Dossier {
        versions: vec![version],
        ledger: (0..20).map(line).collect(),
        signals: vec![
            told("gazette", Fact::CompanyStatus(StatusChange::plain(Status::Active))),
            told("protests-html", Fact::Clean { what: "protests".into() }),
        ],
    }
}

/// Three years of two series for twenty-four divisions of three countries.
fn markets() -> SectorContext {
    let mut signals = Vec::new();
    for (country, division, month) in
        ["IT", "FR", "DE"].into_iter().flat_map(|c| (10..34).flat_map(move |d| (0..36).map(move |m| (c, d, m))))
    {
        let source = "eurostat".parse().unwrap();
        let period = format!("{}-{:02}", 2023 + month / 12, month % 12 + 1);
        let day = day_of_number(TODAY - (36 - month) * 30);
        let sector = format!("C{division}");
        let fact = Fact::Indicator(Indicator {
            series: "production".into(),
            sector: sector.clone(),
            country: country.into(),
            period: period.clone(),
            value: 100.0 + f64::from(month % 7),
            unit: "I21".into(),
            flag: String::new(),
        });
        let id = SignalId::of(&source, &format!("{country}{sector}{period}"), "");
        let known_at = AsOf::end_of(day).known_at;
        let country = Some(country.parse().unwrap());
        signals.push(SectorSignal { id, source, valid_at: day, known_at, is_official: true, country, sector, fact });
    }
    SectorContext { signals }
}

fn bench(c: &mut Criterion) {
    let (engine, context) = (engine(), markets());
    let dossiers: Vec<Dossier> = (0..100).map(dossier).collect();
    let index = Markets::new(&context, as_of());
    let vectors: Vec<FeatureVector> = dossiers.iter().map(|d| View::among(d, &index).features()).collect();
    let rate = |all: &FeatureVector| {
        engine.rate(Seen { all, official: None, is_known_enough: true }, None, None, as_of(), false).unwrap()
    };
    let mut group = c.benchmark_group("score");
    group.throughput(Throughput::Elements(1));
    group.bench_function("one vector", |b| b.iter(|| rate(black_box(&vectors[0]))));
    group.bench_function("view and features, 20 invoices", |b| {
        let mut turn = dossiers.iter().cycle();
        b.iter_batched(
            || turn.next().unwrap(),
            |d| View::among(black_box(d), &index).features(),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("markets of a night", |b| b.iter(|| Markets::new(black_box(&context), as_of())));
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("a batch of 10 000 vectors", |b| {
        b.iter(|| vectors.iter().cycle().take(BATCH).map(|v| rate(v).points.unwrap_or(0)).sum::<i32>());
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
