use vedetta::{
    alert::{Counts, Settings},
    domain::Grade,
    store::{Subscription, Wait},
};

use super::{
    deliveries::{House, NO, YES, ids},
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
async fn a_receiver_that_keeps_up_gets_each_however_many_come() {
    let house = house().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&house.wish("sub_1", receiver.url())).await;
    let clients = house.crowd(20).await;
    for few in clients.chunks(4) {
        house.rate_all(few, Some(Grade::B1), Grade::B2).await;
        assert_eq!(house.deliver().await.delivered, 4);
    }
    assert_eq!(receiver.requests().len(), 20);
}

#[tokio::test]
async fn what_comes_on_top_of_what_a_receiver_has_not_taken_waits_and_is_one_message() {
    let house = house().await;
    let (broken, mended) = (Receiver::saying(NO).await, Receiver::saying(YES).await);
    house.put(&house.wish("sub_1", broken.url())).await;
    let clients = house.crowd(9).await;
    house.rate_all(&clients[..4], Some(Grade::B1), Grade::B2).await;
    assert_eq!(house.deliver().await.retrying, 4);
    // Six that have not been taken are one too many: what was tried goes its way, what was not waits with what comes.
    for more in [&clients[4..6], &clients[6..]] {
        house.rate_all(more, Some(Grade::B1), Grade::B2).await;
        assert_eq!(house.deliver().await, Counts::default());
    }
    house.change(Subscription { target: Some(mended.url()), ..house.stored("sub_1").await }).await;
    house.pass(600);
    assert_eq!(house.deliver().await.delivered, 5);
    let digests: Vec<_> = bodies(&mended).into_iter().filter(|body| body["type"] == "vedetta.digest").collect();
    let [digest] = &digests[..] else { panic!("one digest") };
    assert_eq!(digest["data"]["n_events"], 5);
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
