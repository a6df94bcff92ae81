//! A full night on SQLite at `synchronous=FULL`: clients per second, beside the rate of reading the same dossiers
//! without scoring them. `VEDETTA_BENCH_CLIENTS` makes it smaller or larger (100 000 without it).
//!
//! Not a criterion bench: a first night exists once per store, so there is nothing to repeat; rates and ratios are
//! printed from one run, side by side. Beside each rate stands the time of processors that a client took, which a busy
//! machine does not change, and the most memory that the step held (both from `/proc`; zero where there is none).
#![expect(clippy::print_stdout, reason = "a bench prints its rates")]

use std::{future::Future, path::Path, sync::Arc, time::Instant};

use jiff::{SignedDuration, Timestamp};
use vedetta::{
    config::{self, Flags},
    domain::{AsOf, BatchId, ClientId, Currency, EntryKind, InvoiceKey, LedgerLine, Money, Sha256},
    pipeline::Rescorer,
    simulate,
    store::{BatchRow, ClientRow, LedgerRow, ModelFiles, Role, Store},
};

const INVOICES_EACH: usize = 20;
/// Share of the clients that get bad news between the first and the second night.
const MOVED: f64 = 0.02;
/// Clients whose facts are written in one transaction.
const CHUNK: usize = 1000;
/// Ledger rows written in one transaction.
const LEDGER_CHUNK: usize = 20_000;

fn main() {
    let n_clients = n_clients();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(bench(n_clients));
}

/// Size from the environment; the bench is not part of the house, so it reads it itself.
#[expect(clippy::disallowed_methods, reason = "a bench has no configuration room")]
fn n_clients() -> usize {
    std::env::var("VEDETTA_BENCH_CLIENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000)
}

async fn bench(n_clients: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path()).await;
    let config = config::load(&Flags::default()).expect("the built-in settings");
    let (engine, policy) = (Arc::clone(&config.engine), Arc::clone(&config.policy));
    let rescorer = Rescorer { store: store.clone(), engine, seats: Arc::default(), policy, upkeep: Arc::default() };
    let opened: Timestamp = "2026-11-20T02:00:00Z".parse().expect("an instant");

    let (ids, imported) = measured(fill(&store, n_clients, opened)).await;
    imported.print("import (clients and invoices)", n_clients);
    let night = AsOf::at(opened);
    let (run, first) = measured(rescorer.night(night.valid_at, opened, &|_, _| {})).await;
    run.expect("a night");
    first.print("first night, everything new", n_clients);
    let (_, reading) = measured(read_all(&store)).await;
    reading.print("reading the packed dossiers", n_clients);

    let next = opened + SignedDuration::from_hours(24);
    let n_news = bad_news(&store, &ids, next).await;
    let (run, second) = measured(rescorer.night(AsOf::at(next).valid_at, next, &|_, _| {})).await;
    let run = run.expect("a night");
    let n_moved = run.moved_up + run.moved_down;
    second.print(&format!("second night, {n_news} with news, {n_moved} moved"), n_clients);
    let last = next + SignedDuration::from_hours(24);
    let (run, third) = measured(rescorer.night(AsOf::at(last).valid_at, last, &|_, _| {})).await;
    let run = run.expect("a night");
    third.print(&format!("third night, no news, {} moved", run.moved_up + run.moved_down), n_clients);
    shadow(&store, last).await;
    let beside = last + SignedDuration::from_hours(24);
    let (run, fourth) = measured(rescorer.night(AsOf::at(beside).valid_at, beside, &|_, _| {})).await;
    run.expect("a night");
    fourth.print("fourth night, no news, a challenger beside", n_clients);
    let times = |a: &Measured, b: &Measured| a.seconds / b.seconds;
    println!("second night / reading alone: {:.2} times as long", times(&second, &reading));
    println!("night with a challenger / without: {:.2} times as long", times(&fourth, &third));
    println!("first night / second night: {:.2} times as long", times(&first, &second));
}

/// Gives the challenger's seat to a model as large as the one that rates.
async fn shadow(store: &Store, now: Timestamp) {
    let (body, ..) = config::BUILT_IN_FILES;
    let body = body.replacen(config::BUILT_IN_MODEL, "challenger", 1);
    let name = "challenger".to_owned();
    let files = ModelFiles { name, body, golden: None, training: None, card: None, evaluation: None };
    store.models().seat(Role::Challenger, Some(&files), now, "bench").await.expect("a seat");
}

/// What a step took.
struct Measured {
    seconds: f64,
    /// Of all threads, in and outside the kernel.
    cpu_seconds: f64,
    peak_mib: f64,
}

impl Measured {
    fn print(&self, what: &str, n: usize) {
        let Self { seconds, cpu_seconds, peak_mib } = self;
        let n = n as f64;
        println!(
            "{what:<46} {:>9.0} clients/s ({n} in {seconds:.2} s), {:>6.1} µs of processor each, at most {peak_mib:.0} MiB",
            n / seconds,
            cpu_seconds * 1e6 / n
        );
    }
}

async fn measured<T>(work: impl Future<Output = T>) -> (T, Measured) {
    // Forgets the peak of the step before (proc(5), clear_refs); where that is not possible the peak is that of the run.
    std::fs::write("/proc/self/clear_refs", "5").unwrap_or_default();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let done = work.await;
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    (done, Measured { seconds, cpu_seconds, peak_mib: peak_mib() })
}

/// `utime` and `stime` of proc(5), in ticks of a hundredth of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

async fn open(folder: &Path) -> Store {
    let url = format!("sqlite:{}", folder.join("bench.db").display());
    Store::open(&url, &folder.join("archive")).await.expect("a store")
}

/// Clients and ledgers, a thousand to a transaction.
async fn fill(store: &Store, n_clients: usize, now: Timestamp) -> Vec<ClientId> {
    let facts = store.facts();
    let portfolio = facts.portfolio(&"bench".parse().expect("a name")).await.expect("a portfolio");
    let file = BatchRow { name: "bench.csv".to_owned(), seen_at: now, sha256: Sha256::of(b"bench") };
    let batch = facts.batch(&file).await.expect("a batch");
    let mut made = simulate::bench_portfolio(n_clients, INVOICES_EACH, 7).enumerate();
    let mut ids = Vec::with_capacity(n_clients);
    loop {
        let chunk: Vec<_> = made.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return ids;
        }
        let row = |(number, (facts, _)): &(usize, (_, _))| ClientRow {
            code: format!("C-{number:07}").parse().expect("a code"),
            facts: Clone::clone(facts),
            known_at: now,
        };
        let clients: Vec<ClientRow> = chunk.iter().map(row).collect();
        let written = facts.put_clients(portfolio, batch, &clients).await.expect("clients");
        let rows: Vec<LedgerRow> = chunk
            .into_iter()
            .zip(&written)
            .flat_map(|((_, (_, lines)), (client, _))| lines.into_iter().map(|line| row_of(*client, line, batch)))
            .collect();
        for part in rows.chunks(LEDGER_CHUNK) {
            facts.put_ledger(part).await.expect("ledger");
        }
        ids.extend(written.iter().map(|(id, _)| *id));
    }
}

fn row_of(client: ClientId, line: LedgerLine, batch: BatchId) -> LedgerRow {
    let number = line.invoice.get().to_string();
    let line = LedgerLine { invoice: InvoiceKey::of(&number), batch, ..line };
    LedgerRow { client, number, credit_type: None, claim: None, line }
}

/// Reads every page as the night does, and does nothing with it.
async fn read_all(store: &Store) -> usize {
    let mut n = 0;
    for number in store.dossiers().pages().await.expect("pages") {
        n += store.dossiers().page(number, jiff::Timestamp::MAX).await.expect("a page").dossiers.len();
    }
    n
}

/// Some clients, spread evenly, get an invoice that is four months late and large: enough to move them.
async fn bad_news(store: &Store, ids: &[ClientId], now: Timestamp) -> usize {
    let facts = store.facts();
    let file = BatchRow { name: "bench-2.csv".to_owned(), seen_at: now, sha256: Sha256::of(b"bench-2") };
    let batch = facts.batch(&file).await.expect("a batch");
    let every = (1.0 / MOVED) as usize;
    let day = AsOf::at(now).valid_at;
    let rows: Vec<LedgerRow> = ids
        .iter()
        .step_by(every)
        .map(|client| {
            let due_on = day.checked_sub(jiff::Span::new().days(120)).expect("a day");
            let line = LedgerLine {
                invoice: InvoiceKey::of("late"),
                kind: EntryKind::Invoice,
                issued_on: due_on,
                due_on,
                amount: Money::from_minor(9_000_000, Currency::EUR),
                disputed: false,
                known_at: now,
                paid_on: None,
                paid_minor: 0,
                paid_known_at: None,
                batch,
            };
            LedgerRow { client: *client, number: "late".to_owned(), credit_type: None, claim: None, line }
        })
        .collect();
    for part in rows.chunks(LEDGER_CHUNK) {
        facts.put_ledger(part).await.expect("ledger");
    }
    rows.len()
}
