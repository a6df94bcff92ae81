//! G9: every webhook ends delivered, or exhausted and visible, whatever its receiver does and whenever the sender dies. That the
//! attempts keep to their schedule, that 410 ends a subscription and that silence is a failure is looked at in `alert`.

use std::collections::{BTreeMap, BTreeSet};

use vedetta::{
    domain::Grade,
    store::{DeliveryState, Subscription},
};

use super::doses::{figures, g9_drops, g9_kills};
use crate::alert::{
    deliveries::{House, NO, YES, ids},
    receivers::Receiver,
};

const BUSY: &str = "HTTP/1.1 429 Slow Down\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
const AWAY: &str = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";

/// The instants under which each message came.
fn stamps(receiver: &Receiver) -> BTreeMap<String, BTreeSet<String>> {
    let mut stamps: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, request) in ids(receiver).into_iter().zip(receiver.requests()) {
        let stamp = request.lines().find_map(|line| line.strip_prefix("webhook-timestamp: ")).unwrap();
        stamps.entry(id).or_default().insert(stamp.to_owned());
    }
    stamps
}

#[tokio::test]
async fn g9_each_webhook_ends_delivered_or_exhausted_and_visible() {
    let house = House::new().await;
    let mut receivers = BTreeMap::new();
    for (id, manner) in [("yes", YES), ("no", NO), ("busy", BUSY), ("away", AWAY)] {
        let receiver = Receiver::saying(manner).await;
        house.put(&Subscription { storm: "each".to_owned(), ..house.wish(id, receiver.url()) }).await;
        receivers.insert(id, receiver);
    }
    let clients = house.crowd(g9_drops()).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    // A sender that dies in the middle of its work has made some attempts and noted fewer.
    let mut n_killed = 0;
    while n_killed < g9_kills() {
        let sending = house.alerts.deliver_due_once();
        tokio::select! {
            _ = sending => {}
            () = receivers["yes"].has_seen(n_killed + 1) => {}
        }
        n_killed += 1;
    }
    // The schedule takes some 28 hours; every attempt fails for good after eight.
    for _ in 0..12 {
        house.deliver().await;
        house.pass(45_000);
    }
    let (mut n_again, mut n_stale) = (0, 0);
    for (id, receiver) in &receivers {
        let stored = house.store.deliveries().of(id, None, 10 * g9_drops()).await.unwrap();
        assert_eq!(stored.len(), g9_drops(), "{id}");
        let expected = if *id == "yes" { DeliveryState::Delivered } else { DeliveryState::Exhausted };
        assert!(stored.iter().all(|delivery| delivery.state == expected), "{id}: {stored:#?}");
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for id in ids(receiver) {
            *times.entry(id).or_default() += 1;
        }
        assert_eq!(times.len(), g9_drops(), "{id}: none is missing, and each keeps its id");
        let (least, most) = if *id == "yes" { (1, 1 + g9_kills()) } else { (8, 8 + g9_kills()) };
        assert!(times.values().all(|n| (least..=most).contains(n)), "{id}: {times:?}");
        n_again += times.values().map(|n| n - least).sum::<usize>();
        n_stale += stamps(receiver).values().filter(|stamps| stamps.len() < least).count();
    }
    // Each of the four has one message at a time under way when the sender dies.
    assert!(n_again <= receivers.len() * g9_kills(), "{n_again} were sent once more");
    // What it was noting when it died may be noted all the same, and then two attempts have one instant.
    assert!(n_stale <= receivers.len() * g9_kills(), "{n_stale} were sent again under an old instant");
    let (n, n_kills) = (receivers.len() * g9_drops(), g9_kills());
    figures(&format!("{n} deliveries, {n_kills} kills, 0 in limbo, {n_again} attempts made twice"));
}
