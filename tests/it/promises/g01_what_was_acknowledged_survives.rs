//! G1: what was acknowledged is there after the process was killed, whenever that was. What a killed server keeps is looked at
//! in `postgres.rs`. A kill leaves whole transactions alone, so ratings and events are compared after each, too (G2).

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::future::join_all;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    doses,
    g02_a_rating_and_its_event_are_one::APART,
    program::{House, feed},
};
use crate::stores;

/// Those who write at once.
const WRITERS: usize = 4;
/// A process is killed after so many acknowledgements at most: before the first of them, or well into the writing.
const LIFE: usize = 40;

/// What was acknowledged to all writers, and the bell that rings at each.
#[derive(Default)]
struct Journal {
    codes: Mutex<BTreeSet<String>>,
    n_taken: AtomicUsize,
    taken: Notify,
}

impl Journal {
    fn note(&self, code: String) {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).insert(code);
        self.n_taken.fetch_add(1, Ordering::Relaxed);
        self.taken.notify_one();
    }

    /// Returns when so many were acknowledged since the last time.
    async fn has_grown_by(&self, n: usize) {
        self.n_taken.store(0, Ordering::Relaxed);
        while self.n_taken.load(Ordering::Relaxed) < n {
            self.taken.notified().await;
        }
    }
}

/// Writes one client after another until the house is dead.
async fn write(house: &House, journal: &Journal, name: &str) {
    for n in 0.. {
        let code = format!("{name}-{n}");
        let body = json!([{"client": code, "name": "Conceria Malvasia", "country": "IT"}]);
        match house.ask("POST", "/v1/clients?portfolio=default").json(&body).send().await {
            Ok(answer) if answer.status() == 200 => journal.note(code),
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => return,
        }
    }
}

/// The code of every client.
async fn codes(house: &House) -> BTreeSet<String> {
    let (mut codes, mut path) = (BTreeSet::new(), "/v1/clients?limit=500".to_owned());
    loop {
        let page: Value = house.ask("GET", &path).send().await.unwrap().json().await.unwrap();
        codes.extend(page["items"].as_array().unwrap().iter().map(|c| c["client"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return codes };
        path = format!("/v1/clients?limit=500&cursor={next}");
    }
}

#[tokio::test]
async fn g1_what_four_writers_were_told_is_there_after_the_house_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, journal) = (folder.path().join("data"), Journal::default());
    let (mut rng, mut starts) = (ChaCha8Rng::seed_from_u64(1), Vec::new());
    let mut house = House::start(&data).await;
    for kill in 0..doses::g1_kills() {
        let names: Vec<String> = (0..WRITERS).map(|writer| format!("K{kill}-{writer}")).collect();
        let writers = join_all(names.iter().map(|name| write(&house, &journal, name)));
        let killing = async {
            journal.has_grown_by(rng.random_range(0..LIFE)).await;
            house.signal("KILL");
        };
        tokio::join!(writers, killing);
        house.ended().await;
        stores::let_writers_end(&data.join("vedetta.db"));
        assert_eq!(stores::ask(&data.join("vedetta.db"), APART), [[0, 0]], "ratings and events, after kill {kill}");
        house = House::start(&data).await;
        starts.push(house.ready_after);
        let (there, told) = (codes(&house).await, journal.codes.lock().unwrap_or_else(PoisonError::into_inner).clone());
        assert!(told.is_subset(&there), "lost: {:?}", told.difference(&there).collect::<Vec<_>>());
        // What was written and not yet acknowledged may be there: one for each writer and kill.
        assert!(there.len() <= told.len() + WRITERS * (kill + 1), "{} of {}", there.len(), told.len());
    }
    let n_told = journal.codes.lock().unwrap_or_else(PoisonError::into_inner).len();
    assert!(n_told > 0);
    drop(house);
    let seqs: Vec<String> = feed(&data).iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seqs, (1..=seqs.len()).map(|n| n.to_string()).collect::<Vec<_>>());
    if stores::server().is_none() {
        let faults = "select count(*) from pragma_integrity_check where integrity_check <> 'ok'";
        assert_eq!(stores::ask(&data.join("vedetta.db"), faults), [[0]]);
    }
    let (n_kills, starts) = (doses::g1_kills(), doses::quantiles(&starts));
    doses::figures(&format!("{n_kills} kills, {n_told} acknowledged, 0 lost; listening again {starts}"));
}
