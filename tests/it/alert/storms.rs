use vedetta::{
    alert::{Counts, Settings},
    domain::Grade,
    store::{Subscription, Wait},
};

use super::{
    deliveries::{House, YES, ids},
    digests::bodies,
    receivers::Receiver,
};

/// More than five posts within ten minutes are a storm.
async fn house() -> House {
    House::with(&Settings { storm_posts: 5, storm_minutes: 10, ..Settings::default() }, None).await
}

#[tokio::test]
async fn a_shock_to_a_sector_is_one_message() {
    let house = house().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&house.wish("sub_1", receiver.url())).await;
    let clients = house.crowd(200).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::C1).await;
    assert_eq!(house.deliver().await, Counts::default(), "the storm is waited out");
    house.pass(600);
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    let [digest] = &bodies(&receiver)[..] else { panic!("one message") };
    assert_eq!((&digest["data"]["why"], &digest["data"]["n_events"]), (&"storm".into(), &200.into()));
    house.pass(10_000);
    assert_eq!(house.deliver().await, Counts::default());
}

#[tokio::test]
async fn the_first_alerts_leave_at_once_and_what_had_not_left_when_it_became_a_storm_waits_with_the_rest() {
    let house = house().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&house.wish("sub_1", receiver.url())).await;
    let clients = house.crowd(12).await;
    house.rate_all(&clients[..3], Some(Grade::B1), Grade::B2).await;
    assert_eq!(house.deliver().await.delivered, 3);
    for pair in clients[3..].chunks(3) {
        house.pass(60);
        house.rate_all(pair, Some(Grade::B1), Grade::B2).await;
        house.deliver().await;
    }
    // Six within the window are one too many: the second three wait already.
    assert_eq!(receiver.requests().len(), 3);
    house.pass(599);
    house.deliver().await;
    let [.., digest] = &bodies(&receiver)[..] else { panic!("messages") };
    assert_eq!((receiver.requests().len(), &digest["data"]["n_events"]), (4, &9.into()));
}

#[tokio::test]
async fn after_a_storm_alerts_come_by_themselves_again() {
    let mut house = house().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&house.wish("sub_1", receiver.url())).await;
    let clients = house.crowd(8).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B2).await;
    house.deliver().await;
    house.pass(601);
    house.deliver().await;
    house.rate(Grade::A1).await;
    let seq = house.rate(Grade::B2).await;
    assert_eq!(house.deliver().await.delivered, 1);
    assert_eq!(ids(&receiver).last().unwrap(), &seq.to_string());
}

#[tokio::test]
async fn who_wants_each_gets_each_and_the_stream_holds_nothing_back() {
    let house = house().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&Subscription { storm: "each".to_owned(), ..house.wish("sub_1", receiver.url()) }).await;
    let live = Subscription { channel: "sse".to_owned(), target: None, ..house.wish("sub_2", String::new()) };
    house.put(&live).await;
    let clients = house.crowd(30).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B2).await;
    assert_eq!(house.deliver().await, Counts { delivered: 30, ..Counts::default() });
    assert_eq!(house.store.deliveries().n_delivered().await.unwrap(), 60);
    assert_eq!(receiver.requests().len(), 30);
}

#[tokio::test]
async fn a_storm_on_one_subscription_leaves_the_others_in_peace() {
    let house = house().await;
    let (all, one) = (Receiver::saying(YES).await, Receiver::saying(YES).await);
    house.put(&house.wish("sub_1", all.url())).await;
    let when = r#"{"clients":["S-3"]}"#.to_owned();
    house.put(&Subscription { when, ..house.wish("sub_2", one.url()) }).await;
    let clients = house.crowd(30).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B2).await;
    house.deliver().await;
    assert_eq!((all.requests().len(), one.requests().len()), (0, 1));
    let waiting = house.store.deliveries().of("sub_1", None, 100).await.unwrap();
    assert!(waiting.iter().all(|delivery| delivery.wait == Some(Wait::Storm)));
}

#[test]
fn limits_out_of_reason_are_refused_by_their_name() {
    for (settings, field) in [
        (Settings { storm_mails: 0, ..Settings::default() }, "storm_mails"),
        (Settings { storm_posts: 1_000_000, ..Settings::default() }, "storm_posts"),
        (Settings { storm_minutes: 2_000, ..Settings::default() }, "storm_minutes"),
    ] {
        let why = settings.check_limits().unwrap_err().to_string();
        assert!(why.starts_with(&format!("alert.{field}: ")), "{why}");
    }
}
