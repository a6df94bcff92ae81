use std::sync::Arc;

use futures::{FutureExt, future::join_all};
use jiff::SignedDuration;
use vedetta::{
    domain::{ClientId, Sha256},
    store::{Claim, Known, NewSignal, Telling, within},
};

use super::{World, day_noon, news};

fn telling(signal: NewSignal) -> Telling {
    let clock = Box::new(|| day_noon(7));
    Telling { signals: vec![signal], who: "key_1".into(), object: "a signal".into(), details: "{}".into(), clock }
}

async fn claim(world: &World, key: &str) -> Arc<Claim> {
    let (now, until) = (day_noon(7), day_noon(7) + SignedDuration::from_mins(1));
    match world.store.once().claim(("key_1", key), &Sha256::of(b"asked"), now, until).await.unwrap() {
        Known::New(claim) => claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_told_at_the_same_time_is_one_transaction_with_an_answer_a_note_and_a_mark_for_each() {
    let world = World::new().await;
    let clients = world.clients(40).await;
    let keys: Vec<String> = (0..40).map(|n| format!("r{n}")).collect();
    let claims = join_all(keys.iter().map(|key| claim(&world, key))).await;
    let before = world.store.facts().mark().await.unwrap();
    let tell = |(n, client): (usize, &ClientId)| {
        let telling = telling(news(&format!("n{n}"), "Roverella chiude", 3, *client));
        let claim = Arc::clone(&claims[n]);
        let store = world.store.clone();
        within(claim, async move { store.facts().put_told(telling).await.unwrap() })
    };
    let told = join_all(clients.iter().enumerate().map(tell)).await;
    assert_eq!(told, [1; 40]);
    assert_eq!(world.store.facts().mark().await.unwrap(), before + 1, "each would have had a number of its own");
    assert_eq!(world.store.audit().rows(0, 100).await.unwrap().len(), 40);
    assert!(claims.iter().all(|claim| claim.has_effect()));
    let known = world.store.facts().signals(clients[39], None, 5).await.unwrap()[0].signal.known_at;
    assert_eq!(known, day_noon(7), "known when it is written, and not when it was on its way");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_alone() {
    let world = World::new().await;
    let clients = world.clients(3).await;
    let nobody = ClientId::new(999_999);
    let whose = [clients[0], nobody, clients[1], clients[2]];
    let tell = |(n, client): (usize, &ClientId)| {
        let (store, telling) = (world.store.clone(), telling(news(&format!("n{n}"), "Roverella chiude", 3, *client)));
        async move { store.facts().put_told(telling).await.ok() }
    };
    let told = join_all(whose.iter().enumerate().map(tell)).await;
    assert_eq!(told, [Some(1), None, Some(1), Some(1)]);
    for client in clients {
        assert_eq!(world.store.facts().signals(client, None, 5).await.unwrap().len(), 1);
    }
    assert_eq!(world.store.audit().rows(0, 10).await.unwrap().len(), 3, "nothing is noted of what is not there");
}

#[tokio::test]
async fn who_does_not_wait_for_the_answer_has_told_nothing() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    // Polled once, which hands it over, and left: the deadline of its request was over.
    let told = facts.put_told(telling(news("n1", "Roverella chiude", 3, client)));
    assert!(told.now_or_never().is_none());
    assert_eq!(facts.put_told(telling(news("n2", "Roverella riapre", 3, client))).await.unwrap(), 1);
    assert_eq!(facts.signals_of(&[client], None, 5).await.unwrap().len(), 1);
    assert_eq!(world.store.audit().rows(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn more_than_fit_into_a_transaction_have_another() {
    let world = World::new().await;
    let clients = world.clients(450).await;
    let before = world.store.facts().mark().await.unwrap();
    let tell = |(n, client): (usize, &ClientId)| {
        let (store, telling) = (world.store.clone(), telling(news(&format!("n{n}"), "Roverella chiude", 3, *client)));
        async move { store.facts().put_told(telling).await.unwrap() }
    };
    let told = join_all(clients.iter().enumerate().map(tell)).await;
    assert_eq!(told, [1; 450]);
    assert_eq!(world.store.facts().mark().await.unwrap(), before + 3);
}

#[tokio::test]
async fn a_store_that_is_closed_writes_what_waits() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    for own_id in ["n1", "n2"] {
        let told = facts.put_told(telling(news(own_id, "Roverella chiude", 3, client)));
        let (told, ()) = futures::join!(told, async {
            if own_id == "n2" {
                world.store.close().await;
            }
        });
        assert_eq!(told.unwrap(), 1, "{own_id}");
    }
}
