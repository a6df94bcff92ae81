//! How many vectors a second are rated, how many clients a second are read from their dossiers, and how many rows of a table
//! a second go through a card of 40 columns with 10 bins each, on one core.
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
    score::{Artefact, Bin, Calibration, Engine, Input, Seen, Wide},
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
        claims: Vec::new(),
        disputes: Vec::new(),
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

/// Columns of the card, bins of a column, rows of the table.
const N_COLUMNS: usize = 40;
const N_BINS: i32 = 10;
const N_ROWS: usize = 100_000;

/// A card over shares from 0 to 1.
fn card() -> Artefact {
    let bin = |i: i32| Bin { upto: (i + 1 < N_BINS).then(|| f64::from(i + 1) / f64::from(N_BINS)), points: 4 * i - 18 };
    let input = |column: usize| Input {
        feature: format!("column {column}"),
        weight: 1.0,
        bins: (0..N_BINS).map(bin).collect(),
        missing: -7,
        special: Vec::new(),
        groups: Vec::new(),
    };
    Artefact {
        format: 1,
        name: "bench".to_owned(),
        kind: "table".to_owned(),
        catalogue: None,
        definition_of_default: "none".to_owned(),
        horizon_months: 12,
        base: 600,
        calibration: Calibration { slope: 1.0, intercept: 0.0 },
        target: None,
        steps: Vec::new(),
        inputs: (0..N_COLUMNS).map(input).collect(),
        forest: None,
    }
}

/// One value in fifty is missing.
fn value(row: usize, column: usize) -> f32 {
    let mixed = u32::try_from((row * 40 + column) % 1_000_003).unwrap().wrapping_mul(2_654_435_761) >> 8;
    if mixed % 50 == 0 { f32::NAN } else { mixed as f32 / 16_777_216.0 }
}

fn bench_card(c: &mut Criterion) {
    let card = card();
    let columns: Vec<Vec<f32>> = (0..N_COLUMNS).map(|c| (0..N_ROWS).map(|r| value(r, c)).collect()).collect();
    let exact: Vec<Vec<f64>> = columns.iter().map(|c| c.iter().map(|v| f64::from(*v)).collect()).collect();
    let rows: Vec<f32> = (0..N_ROWS).flat_map(|r| (0..N_COLUMNS).map(move |c| value(r, c))).collect();
    let (narrow, wide) = (Wide::narrow(&card), Wide::exact(&card));
    let (narrow_columns, wide_columns): (Vec<&[f32]>, Vec<&[f64]>) =
        (columns.iter().map(Vec::as_slice).collect(), exact.iter().map(Vec::as_slice).collect());
    let (mut points, mut exact_points) = (vec![0.0f32; N_ROWS], vec![0.0f64; N_ROWS]);
    let mut group = c.benchmark_group("card of 40 columns");
    group.throughput(Throughput::Elements(N_ROWS as u64));
    group.bench_function("f32 columns", |b| b.iter(|| narrow.score(black_box(&narrow_columns), &mut points)));
    group.bench_function("f64 columns", |b| b.iter(|| wide.score(black_box(&wide_columns), &mut exact_points)));
    group.bench_function("f32 rows", |b| b.iter(|| narrow.score_rows(black_box(&rows), &mut points)));
    group.finish();
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

criterion_group!(benches, bench, bench_card);
criterion_main!(benches);
