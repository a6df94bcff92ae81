use vedetta::{
    alert::Settings,
    domain::{EventBody, Grade},
    store::{DeliveryKind, DeliveryState, Subscription},
};

use super::{
    deliveries::{House, YES, ids},
    mailbox::Mailbox,
    receivers::Receiver,
};

const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn an_owner_is_told_on_the_feed_and_by_mail_that_a_receiver_was_switched_off() {
    let mailbox = Mailbox::start().await;
    let mut house = House::with(&Settings::default(), Some(&mailbox.mail())).await;
    let (gone, watch) = (Receiver::saying(GONE).await, Receiver::saying(YES).await);
    let contact = Some("owner@credit.example".to_owned());
    house.put(&Subscription { contact, locale: "it".to_owned(), ..house.wish("sub_1", gone.url()) }).await;
    let when = r#"{"types":["subscription.disabled"]}"#.to_owned();
    house.put(&Subscription { when, ..house.wish("sub_2", watch.url()) }).await;
    house.rate(Grade::B1).await;
    let drop = house.rate(Grade::B3).await;
    house.deliver().await;
    house.deliver().await;
    let feed = house.store.outbox().after(drop, 10, None).await.unwrap();
    let [event] = feed.as_slice() else { panic!("one event: {feed:#?}") };
    let reason = "the endpoint answered 410 Gone".to_owned();
    assert_eq!(event.body, EventBody::SubscriptionDisabled { subscription: "sub_1".to_owned(), reason });
    assert_eq!(ids(&watch), [event.seq.to_string()]);
    let mail = mailbox.only();
    assert!(mail.to.contains("owner@credit.example"), "{}", mail.to);
    assert!(mail.part("text/plain").contains("410 Gone") && mail.part("text/plain").contains("disattivati"));
    assert_eq!(mail.header("List-Unsubscribe"), None, "whoever is told of an end has subscribed to nothing");
    let notice = house.store.deliveries().of("sub_1", None, 1).await.unwrap().pop().unwrap();
    assert_eq!((notice.kind, notice.state), (DeliveryKind::Notice, DeliveryState::Delivered));
}

#[tokio::test]
async fn a_notice_that_cannot_be_mailed_is_tried_again_although_the_subscription_is_off() {
    let mailbox = Mailbox::start().await;
    mailbox.say("451 4.3.0 later");
    let mut house = House::with(&Settings::default(), Some(&mailbox.mail())).await;
    let gone = Receiver::saying(GONE).await;
    let contact = Some("owner@credit.example".to_owned());
    house.put(&Subscription { contact, ..house.wish("sub_1", gone.url()) }).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B3).await;
    house.deliver().await;
    assert_eq!(house.deliver().await.retrying, 1);
    mailbox.say("250 Ok");
    house.pass(10);
    assert_eq!(house.deliver().await.delivered, 1);
    assert!(mailbox.only().part("text/plain").contains("switched off"));
}

#[tokio::test]
async fn without_a_contact_or_a_mail_server_nobody_is_mailed() {
    let mut house = House::new().await;
    let gone = Receiver::saying(GONE).await;
    let contact = Some("owner@credit.example".to_owned());
    house.put(&Subscription { contact, ..house.wish("sub_1", gone.url()) }).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B3).await;
    house.deliver().await;
    house.deliver().await;
    let all = house.store.deliveries().of("sub_1", None, 10).await.unwrap();
    assert!(all.iter().all(|delivery| delivery.kind == DeliveryKind::Event), "{all:#?}");
}
