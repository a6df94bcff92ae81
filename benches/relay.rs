//! A backlog of changes on its way from a SQLite file to the Redis that `VEDETTA_BENCH_REDIS` names: changes per second, reading,
//! rendering and appending together. `VEDETTA_BENCH_EVENTS` makes the backlog smaller or larger (100 000 without it).
//!
//! Not a criterion bench: a backlog is drained once.
#![expect(clippy::print_stdout, reason = "a bench prints its rates")]

use std::time::Instant;

use jiff::Timestamp;
use vedetta::{
    domain::{
        AsOf, BatchId, Cause, ClientFacts, ClientId, Currency, Grade, ModelId, Probability, Prospect, Rating,
        RatingChange, ReasonLine, Sha256,
    },
    extract::Catalogue,
    publish::Relay,
    store::{BatchRow, ClientRow, NewRating, Store},
};

/// Clients that change in one transaction, as a page of a night does.
const PAGE: usize = 1000;
/// Reasons of each change; as many as travel with an event.
const REASONS: [&str; 5] =
    ["protest_amount_12m", "late_share_90d", "rule:never_better", "cap:one_source", "calibration"];

fn main() {
    let Some(url) = setting("VEDETTA_BENCH_REDIS") else {
        println!("VEDETTA_BENCH_REDIS names no Redis, as redis://127.0.0.1:6379");
        return;
    };
    let n_events = setting("VEDETTA_BENCH_EVENTS").and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(bench(&url, n_events));
}

#[expect(clippy::disallowed_methods, reason = "a bench has no configuration room")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn bench(url: &str, n_events: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = format!("sqlite:{}", folder.path().join("vedetta.db").display());
    let store = Store::open(&file, &folder.path().join("archive")).await.expect("a store");
    let clients = clients(&store).await;
    let at: Timestamp = "2026-11-20T02:00:00Z".parse().expect("an instant");
    for step in 0..n_events.div_ceil(PAGE) {
        let (from, to) = if step % 2 == 0 { (Grade::C1, Grade::B1) } else { (Grade::B1, Grade::C1) };
        let from = (step > 0).then_some(from);
        let changes: Vec<NewRating> = clients.iter().map(|client| change(*client, from, to, at)).collect();
        store.ratings().record(None, &changes, at).await.expect("recorded");
    }
    let relay = Relay::new(store, Catalogue::get().glossary(), url.parse().expect("an address"));
    let start = Instant::now();
    let n = relay.drain().await.expect("drained");
    let seconds = start.elapsed().as_secs_f64();
    println!("{n} changes in {seconds:.2} s: {:.0} changes/s", n as f64 / seconds);
}

async fn clients(store: &Store) -> Vec<ClientId> {
    let portfolio = store.facts().portfolio(&"main".parse().expect("a name")).await.expect("a portfolio");
    let row = BatchRow { name: "bench".into(), seen_at: Timestamp::UNIX_EPOCH, sha256: Sha256::of(b"bench") };
    let batch: BatchId = store.facts().batch(&row).await.expect("a batch");
    let rows: Vec<ClientRow> = (0..PAGE)
        .map(|n| ClientRow {
            code: format!("C-{n}").parse().expect("a code"),
            facts: ClientFacts {
                who: Prospect { name: format!("Vetreria {n}"), ..Prospect::default() },
                since: None,
                active: None,
                credit_limit: None,
                yearly_value: None,
                currency: Currency::EUR,
                email: None,
                phone: None,
            },
            known_at: Timestamp::UNIX_EPOCH,
        })
        .collect();
    let put = store.facts().put_clients(portfolio, batch, &rows).await.expect("clients");
    put.into_iter().map(|(client, _)| client).collect()
}

fn change(client: ClientId, from: Option<Grade>, to: Grade, at: Timestamp) -> NewRating {
    let line = |name: &str| ReasonLine { feature: name.into(), value: Some(0.42), points: -12, evidence: Vec::new() };
    let lines: Vec<ReasonLine> = REASONS.iter().map(|name| line(name)).collect();
    let pd = Probability::new(0.02).ok();
    let change = RatingChange {
        client_seq: 0,
        from,
        to,
        pd_from: pd,
        pd_to: pd,
        cause: Cause::Night,
        exposure_minor: 1_234_550,
        reasons: lines.clone(),
        treatment: None,
    };
    let model = ModelId { name: "bench".to_owned(), hash: "000000000000".to_owned() };
    let rating = Rating { grade: to, pd, points: None, coverage: 0.8, as_of: AsOf::at(at), model, lines };
    NewRating { client, rating, cause: Cause::Night, change: Some(change), exposure_minor: 1_234_550 }
}
