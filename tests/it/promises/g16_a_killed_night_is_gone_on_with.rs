//! G16: a night that is killed is gone on with, and one of several is held. Two hundred thousand clients are the business of
//! `scripts/soak-fleet`, with a program that was built for speed: here twenty thousand are the most.

use std::{collections::HashMap, path::Path, process::Stdio, time::Duration};

use jiff::civil::date;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::time::timeout;
use vedetta::simulate::{Economy, Plan};

use super::{
    doses,
    program::{answer, copy, feed, ran, vedetta},
};

/// The day that is rated, and on which the books were closed.
pub(super) const DAY: jiff::civil::Date = date(2026, 11, 20);

/// Imports a made-up portfolio through its files; each fact counts as known when it happened.
pub(super) fn import(data: &Path, store: &[String], n_clients: usize) {
    let plan = Plan { history_months: doses::NIGHT_MONTHS, ..Plan::new(n_clients, 16, DAY) };
    let economy = Economy::new(&plan);
    let file = data.with_extension("csv").display().to_string();
    for (what, text) in [("clients", economy.clients_csv()), ("invoices", economy.invoices_csv(DAY))] {
        std::fs::write(&file, text).unwrap();
        ran(vedetta(data).args(store).args(["--json", "import", what, &file, "--backfill"]), 0);
    }
}

/// The present rating of every client, without the instant at which the night happened to begin.
fn ratings(data: &Path) -> Vec<Value> {
    let output = ran(vedetta(data).args(["export", "ratings", "--format", "json"]), 0);
    let mut rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    rows.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("known_at")));
    rows
}

/// Whether what was committed is whole: no number is missing, and the steps of every client are those it is said to be at.
fn is_whole(data: &Path) -> usize {
    let events = feed(data);
    let seqs: Vec<i64> = events.iter().map(|e| e["id"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(seqs, (1..=events.len() as i64).collect::<Vec<_>>());
    let mut steps = HashMap::<String, (i64, i64)>::new();
    for event in events.iter().filter(|e| e["type"] == "rating.changed") {
        let step = steps.entry(event["data"]["client"].as_str().unwrap().to_owned()).or_default();
        *step = (step.0 + 1, event["data"]["client_seq"].as_i64().unwrap());
    }
    assert!(steps.values().all(|(n_events, client_seq)| n_events == client_seq));
    // As a table, which leaves the reasons out: a night is looked at after every kill.
    let table = ran(vedetta(data).args(["export", "ratings", "--format", "csv"]), 0).stdout;
    for row in csv::Reader::from_reader(&table[..]).into_deserialize::<HashMap<String, String>>() {
        let row = row.unwrap();
        let n_events = steps.get(&row["client"]).map_or(0, |(n_events, _)| *n_events);
        assert_eq!(row["client_seq"], n_events.to_string(), "{row:?}");
    }
    events.len()
}

fn n_rating_events(data: &Path) -> usize {
    feed(data).iter().filter(|e| e["type"] == "rating.changed").count()
}

pub(super) fn night() -> [String; 4] {
    ["night".to_owned(), "--valid-at".to_owned(), DAY.to_string(), "--quiet".to_owned()]
}

/// One night that lives no longer than this; whether it came to its end.
async fn night_for(data: &Path, life: Duration) -> bool {
    let mut command = tokio::process::Command::from(vedetta(data));
    let mut child = command.args(night()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    match timeout(life, child.wait()).await {
        Ok(ended) => ended.unwrap().success(),
        Err(_) => {
            child.kill().await.unwrap();
            crate::stores::let_writers_end(&data.join("vedetta.db"));
            false
        }
    }
}

#[tokio::test]
async fn g16_a_night_killed_at_random_moments_ends_like_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (data, calm) = (folder.path().join("data"), folder.path().join("calm"));
    import(&data, &[], doses::night_clients());
    copy(&data, &calm);
    let start = std::time::Instant::now();
    ran(vedetta(&calm).args(night()), 0);
    let whole = start.elapsed();

    let mut rng = ChaCha8Rng::seed_from_u64(16);
    let (mut n_kills, mut n_events) = (0, 0);
    for _ in 0..doses::night_kills() {
        n_kills += usize::from(!night_for(&data, whole.mul_f64(rng.random_range(0.1..0.7))).await);
        let n_now = is_whole(&data);
        assert!(n_now >= n_events, "what was committed stays");
        n_events = n_now;
    }
    let last = answer(&data, &night(), 0);
    assert!(n_kills > 0, "every night was done before it could be killed");
    assert_eq!(last["scanned"], doses::night_clients());
    assert_eq!(ratings(&data), ratings(&calm));
    // A night that was quick enough to end before its kill announces its own end, so only ratings are counted.
    is_whole(&data);
    assert_eq!(n_rating_events(&data), n_rating_events(&calm));
    let n = doses::night_clients();
    let per_second = n as f64 / whole.as_secs_f64();
    doses::figures(&format!("{n} clients, {n_kills} kills, the same ratings; undisturbed {per_second:.0} clients/s"));
}

#[test]
fn g16_several_nights_of_one_day_at_once_count_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    import(&data, &[], doses::night_clients() / 4);
    let spawn = || vedetta(&data).args(night()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let all: Vec<_> = (0..doses::nights_at_once()).map(|_| spawn()).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    is_whole(&data);
    let events = feed(&data);
    assert_eq!(events.iter().filter(|e| e["type"] == "night.completed").count(), 1);
    let n_first = events.iter().filter(|e| e["type"] == "rating.changed").count();
    assert_eq!(n_first, doses::night_clients() / 4, "each client was rated for the first time, once");
}
