use serde_json::Value;
use vedetta::{
    alert::Counts,
    domain::Grade,
    store::{Delivery, DeliveryKind, DeliveryState, Subscription, Wait},
};

use super::{
    deliveries::{House, NO, YES, ids},
    receivers::Receiver,
};

/// The JSON of each request.
pub(super) fn bodies(receiver: &Receiver) -> Vec<Value> {
    let body =
        |request: &String| serde_json::from_str(request.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    receiver.requests().iter().map(body).collect()
}

/// Quiet from noon, when every test begins, until three.
fn siesta(house: &House, url: String) -> Subscription {
    Subscription { quiet: Some("12:00-15:00".to_owned()), ..house.wish("sub_1", url) }
}

async fn all(house: &House) -> Vec<Delivery> {
    house.store.deliveries().of("sub_1", None, 100).await.unwrap()
}

#[tokio::test]
async fn what_came_in_quiet_hours_is_told_when_they_end_in_one_message_the_gravest_first() {
    let house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&siesta(&house, receiver.url())).await;
    let clients = house.crowd(3).await;
    house.rate_all(&clients[..2], Some(Grade::B1), Grade::B2).await;
    house.rate_all(&clients[2..], Some(Grade::B1), Grade::C3).await;
    assert_eq!(house.deliver().await, Counts::default());
    house.pass(3 * 3_600 - 1);
    assert_eq!(house.deliver().await, Counts::default(), "a second too early");
    house.pass(1);
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    let [digest] = &bodies(&receiver)[..] else { panic!("one message") };
    assert_eq!((&digest["type"], &digest["data"]["why"]), (&"vedetta.digest".into(), &"quiet_hours".into()));
    assert_eq!((&digest["data"]["n_events"], &digest["data"]["n_omitted"]), (&3.into(), &0.into()));
    assert_eq!((&digest["data"]["first_seq"], &digest["data"]["last_seq"]), (&4.into(), &6.into()));
    let told: Vec<&str> =
        digest["data"]["events"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    // Five notches of 100; then one notch of 200, one of 100.
    assert_eq!(told, ["6", "5", "4"]);
    assert_eq!(ids(&receiver), [digest["id"].as_str().unwrap()]);
    let stored = all(&house).await;
    assert!(stored.iter().all(|delivery| delivery.state == DeliveryState::Delivered), "{stored:#?}");
    assert_eq!(house.store.deliveries().n_delivered().await.unwrap(), 3, "a digest is counted by what is in it");
}

#[tokio::test]
async fn a_digest_of_one_is_that_event() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&siesta(&house, receiver.url())).await;
    house.rate(Grade::B1).await;
    let seq = house.rate(Grade::B3).await;
    house.deliver().await;
    house.pass(3 * 3_600);
    house.deliver().await;
    assert_eq!(ids(&receiver), [seq.to_string()]);
    assert_eq!(bodies(&receiver)[0]["type"], "rating.changed");
}

#[tokio::test]
async fn a_digest_that_fails_is_tried_again_with_the_same_words_and_id_whatever_came_meanwhile() {
    let house = House::new().await;
    let receiver = Receiver::saying(NO).await;
    house.put(&siesta(&house, receiver.url())).await;
    let clients = house.crowd(4).await;
    house.rate_all(&clients[..2], Some(Grade::B1), Grade::B2).await;
    house.deliver().await;
    house.pass(3 * 3_600);
    assert_eq!(house.deliver().await, Counts { retrying: 1, ..Counts::default() });
    house.rate_all(&clients[2..], Some(Grade::B1), Grade::B2).await;
    house.pass(10);
    // The digest again, and the two that came after the quiet hours by themselves.
    assert_eq!(house.deliver().await, Counts { retrying: 3, ..Counts::default() });
    let (first, later) = (&bodies(&receiver)[0], &bodies(&receiver)[1..]);
    assert!(later.contains(first), "{later:#?}");
    let digest = all(&house).await.into_iter().find(|delivery| delivery.kind == DeliveryKind::Digest).unwrap();
    assert_eq!((digest.n_attempts, digest.last_status), (2, Some(500)));
}

#[tokio::test]
async fn a_retry_wakes_nobody_either() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(NO).await;
    let quiet = Some("12:01-15:00".to_owned());
    house.put(&Subscription { quiet, ..house.wish("sub_1", receiver.url()) }).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B3).await;
    for seconds in [0, 10, 600, 1_800, 3_600] {
        house.pass(seconds);
        house.deliver().await;
    }
    assert_eq!(receiver.requests().len(), 2, "at noon and five seconds later");
    house.pass(2 * 3_600);
    house.deliver().await;
    assert_eq!(receiver.requests().len(), 3);
}

#[tokio::test]
async fn an_event_of_a_digest_can_be_sent_once_more_by_itself() {
    let house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&siesta(&house, receiver.url())).await;
    let clients = house.crowd(2).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B2).await;
    house.deliver().await;
    house.pass(3 * 3_600);
    house.deliver().await;
    let one = all(&house).await.into_iter().find(|delivery| delivery.seq == 4).unwrap();
    assert_eq!((one.wait, one.digest.is_some()), (Some(Wait::Quiet), true));
    assert!(house.store.deliveries().redeliver("sub_1", one.id, house.clock.now()).await.unwrap());
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    assert_eq!(ids(&receiver).last().unwrap(), "4");
    // The digest itself can be sent again, too, and still says all of it.
    let digest = all(&house).await.into_iter().find(|delivery| delivery.kind == DeliveryKind::Digest).unwrap();
    house.store.deliveries().redeliver("sub_1", digest.id, house.clock.now()).await.unwrap();
    house.deliver().await;
    assert_eq!(bodies(&receiver).first(), bodies(&receiver).last());
}

#[tokio::test]
async fn a_digest_says_the_gravest_in_full_within_what_every_receiver_takes_and_counts_the_rest() {
    let house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&siesta(&house, receiver.url())).await;
    let clients = house.crowd(120).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::C3).await;
    house.deliver().await;
    house.pass(3 * 3_600);
    house.deliver().await;
    let [request] = &receiver.requests()[..] else { panic!("one message") };
    assert!(request.len() < 64 * 1024, "{} bytes", request.len());
    let data = &bodies(&receiver)[0]["data"];
    let told = data["events"].as_array().unwrap();
    assert_eq!(data["n_events"], 120);
    assert_eq!(data["n_omitted"], 120 - told.len());
    assert!(told.len() >= 20, "{}", told.len());
    let owed: Vec<f64> = told.iter().map(|event| event["data"]["exposure"].as_f64().unwrap()).collect();
    assert_eq!(owed[0], 12_000.0);
    assert!(owed.is_sorted_by(|one, next| one > next), "{owed:?}");
}
