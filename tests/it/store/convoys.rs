//! Short transactions that share a commit: each is all or nothing, whatever becomes of the others.

use std::time::Duration;

use futures::future::join_all;
use vedetta::{
    domain::{ClientId, EventBody, Grade},
    store::Store,
};

use super::{World, client_row, day_noon, open, rated};

/// One event is one short transaction.
async fn tell(store: &Store, n: usize) -> Option<i64> {
    let silent = EventBody::SourceStale { source: format!("s{n}"), error: "no answer".to_owned() };
    store.outbox().append(day_noon(1), None, None, &silent).await.ok()
}

/// A rating of a client whom no store of a test has: its transaction fails late, when it has taken the number of its event.
async fn rate_nobody(store: &Store) -> Option<i64> {
    let nobody = rated(ClientId::new(9_999_999), Grade::C1, 6, None, &[]);
    store.ratings().record_treated(&[nobody], &[], 0, day_noon(6)).await.ok().map(|_| 0)
}

async fn seqs(store: &Store) -> Vec<i64> {
    store.outbox().after(0, 10_000, None).await.unwrap().iter().map(|event| event.seq).collect()
}

fn from_one_to(n: usize) -> Vec<i64> {
    (1..).take(n).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_takes_back_its_own_and_leaves_the_others_in_peace() {
    let world = World::new().await;
    let one = async |n: usize| if n % 5 == 0 { rate_nobody(&world.store).await } else { tell(&world.store, n).await };
    let told = join_all((0..200).map(one)).await;
    for (n, seq) in told.iter().enumerate() {
        assert_eq!(seq.is_none(), n % 5 == 0, "{n}");
    }
    let mut given: Vec<i64> = told.into_iter().flatten().collect();
    given.sort_unstable();
    assert_eq!((seqs(&world.store).await, given), (from_one_to(160), from_one_to(160)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_holds_up_nobody_and_leaves_no_gap() {
    let world = World::new().await;
    let all: Vec<_> = (0..300)
        .map(|n| {
            let store = world.store.clone();
            tokio::spawn(async move { tell(&store, n).await })
        })
        .collect();
    // Some are broken off wherever they are: before they begin, between two statements, while they wait for the commit.
    for (n, one) in all.iter().enumerate().filter(|(n, _)| n % 3 == 0) {
        tokio::time::sleep(Duration::from_micros(n as u64 % 7 * 100)).await;
        one.abort();
    }
    let kept: Vec<i64> = join_all(all).await.into_iter().filter_map(|told| told.ok().flatten()).collect();
    assert!(kept.len() >= 200);
    let there = seqs(&world.store).await;
    assert_eq!(there, from_one_to(there.len()));
    assert!(kept.iter().all(|seq| there.contains(seq)));
    assert_eq!(tell(&world.store, 0).await, Some(there.len() as i64 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_be_kept_is_there_for_another_process() {
    let world = World::new().await;
    for few in 0..20 {
        join_all((0..10).map(|n| tell(&world.store, n))).await;
        let other = open(&world.folder).await;
        assert_eq!(seqs(&other).await, from_one_to((few + 1) * 10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_transactions_get_their_turn_among_many_short_ones() {
    let world = World::new().await;
    let rows: Vec<_> = (0..500).map(|i| client_row(&format!("C-{i}"), "Officina Roverella")).collect();
    let short = async {
        for n in 0..40 {
            join_all((0..8).map(|_| tell(&world.store, n))).await;
        }
    };
    let long = async {
        for few in rows.chunks(50) {
            world.store.facts().put_clients(world.portfolio, world.batch, few).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(short, long) }).await.expect("both end");
    assert_eq!(seqs(&world.store).await, from_one_to(320));
}
