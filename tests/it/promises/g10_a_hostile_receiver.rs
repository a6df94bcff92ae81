//! G10: a receiver that is out to harm holds up nobody but itself, and leaves no more than a sentence behind.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use vedetta::{
    alert::Settings,
    domain::Grade,
    store::{Delivery, DeliveryState, Subscription},
};

use super::doses::{self, PATIENCE};
use crate::alert::{
    deliveries::{House, YES, ids},
    receivers::Receiver,
};

/// Drops that every receiver is told of.
const DROPS: usize = 3;
/// Of what a receiver said no more than this is kept.
const KEPT_BYTES: usize = 4 * 1024;

/// Receivers that harm; those that never come to an end are the first two kinds.
async fn hostile(n: usize, canary: &Receiver) -> Receiver {
    match n % 5 {
        0 => Receiver::hanging().await,
        1 => Receiver::dripping("HTTP/1.1 200 OK\r\nx-slow: ").await,
        2 => Receiver::flooding("HTTP/1.1 500 Broken\r\ncontent-length: 99999999999\r\n\r\n").await,
        3 => Receiver::flooding("HTTP/1.1 200 OK\r\nx-flood: ").await,
        _ => {
            let away = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", canary.url());
            Receiver::saying(&away).await
        }
    }
}

async fn deliveries(house: &House, id: &str) -> Vec<Delivery> {
    house.store.deliveries().of(id, None, 10 * DROPS).await.unwrap()
}

#[tokio::test]
async fn g10_hostile_receivers_hold_up_nobody_but_themselves() {
    // An attempt at one that never ends takes longer than everything here: whoever waited for it would be seen to.
    let settings = Settings { deadline_ms: 30_000, lanes: doses::g10_receivers().max(64), ..Settings::default() };
    let house = House::with(&settings, None).await;
    let canary = Receiver::saying(YES).await;
    let (mut bad, mut good) = (Vec::new(), Vec::new());
    for n in 0..doses::g10_receivers() {
        let is_bad = n % 5 == 0;
        let receiver = if is_bad { hostile(n / 5, &canary).await } else { Receiver::saying(YES).await };
        let id = format!("sub_{n}");
        house.put(&Subscription { storm: "each".to_owned(), ..house.wish(&id, receiver.url()) }).await;
        if is_bad { bad.push((id, receiver)) } else { good.push((id, receiver)) }
    }
    let clients = house.crowd(DROPS).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    let (shutdown, mut running) = (CancellationToken::new(), JoinSet::new());
    let (alerts, stop, began) = (house.alerts.clone(), shutdown.clone(), Instant::now());
    running.spawn(async move { alerts.run(stop).await });
    let everybody = join_all(good.iter().map(async |(_, receiver)| {
        receiver.has_seen(DROPS).await;
        began.elapsed()
    }));
    let waits = timeout(PATIENCE, everybody).await.expect("the well-behaved are told");
    for (id, receiver) in &good {
        assert_eq!(ids(receiver).len(), DROPS, "{id}");
    }
    for (id, receiver) in bad.iter().step_by(5).chain(bad.iter().skip(1).step_by(5)) {
        timeout(PATIENCE, receiver.has_seen(1)).await.expect("the hostile were called, too");
        let waiting = deliveries(&house, id).await;
        assert!(
            waiting.iter().all(|d| d.n_attempts == 0),
            "{id} was given up before the others were told: {waiting:?}"
        );
        assert_eq!(receiver.requests().len(), 1, "{id} has one lane");
    }
    shutdown.cancel();
    running.abort_all();
    while running.join_next().await.is_some() {}
    assert_eq!(canary.requests().len(), 0, "a redirect was followed");
    let (n_bad, n_good, waits) = (bad.len(), good.len(), doses::quantiles(&waits));
    doses::figures(&format!("{n_bad} hostile receivers, {n_good} others told of everything {waits}"));
}

#[tokio::test]
async fn g10_an_attempt_at_a_hostile_receiver_ends_and_leaves_a_sentence() {
    let settings = Settings { deadline_ms: 300, ..Settings::default() };
    let house = House::with(&settings, None).await;
    let canary = Receiver::saying(YES).await;
    let mut receivers = Vec::new();
    for n in 0..5 {
        let receiver = hostile(n, &canary).await;
        let id = format!("sub_{n}");
        house.put(&Subscription { storm: "each".to_owned(), ..house.wish(&id, receiver.url()) }).await;
        receivers.push((id, receiver));
    }
    // One that takes the connection and never says hello.
    let mute = Receiver::hanging().await;
    house.put(&house.wish("sub_mute", mute.url().replace("http:", "https:"))).await;
    receivers.push(("sub_mute".to_owned(), mute));
    let clients = house.crowd(1).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    timeout(Duration::from_secs(15), house.deliver()).await.expect("every attempt ends, body included");
    for (id, _receiver) in &receivers {
        let stored = deliveries(&house, id).await;
        let [delivery] = stored.as_slice() else { panic!("{id}: {stored:?}") };
        assert_eq!((delivery.state, delivery.n_attempts), (DeliveryState::Pending, 1), "{id}: it is tried again");
        let said = delivery.last_error.as_deref().unwrap_or_default();
        assert!(!said.is_empty() && said.len() < KEPT_BYTES, "{id}: {said}");
    }
    assert_eq!(canary.requests().len(), 0, "a redirect was followed");
}
