use vedetta::{
    alert::Counts,
    domain::{EventBody, Grade},
    store::{DeliveryState, Subscription},
};

use super::{
    deliveries::{House, NO, YES, ids},
    receivers::Receiver,
};
use crate::stores::{ask, record_of_the_future};

#[tokio::test]
async fn an_event_that_a_newer_program_wrote_is_passed_by_and_a_later_drop_is_told() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&house.wish("sub_1", receiver.url())).await;
    house.rate(Grade::B1).await;
    record_of_the_future(&house.file());
    let seq = house.rate(Grade::B3).await;
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    assert_eq!((seq, ids(&receiver)), (3, vec!["3".to_owned()]));
    let feed = house.store.outbox().after(0, 10, None).await.unwrap();
    assert_eq!(feed.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3], "no number is left out");
    assert_eq!(feed[1].body.kind(), "future.kind");
    assert_eq!((&feed[1].client, &feed[1].portfolio, feed[1].at), (&feed[0].client, &feed[0].portfolio, feed[0].at));
}

#[tokio::test]
async fn a_damaged_event_alerts_nobody_and_stops_nobody() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.put(&house.wish("sub_1", receiver.url())).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B3).await;
    ask(&house.file(), "update event set body = substr(body, 1, 3) where seq = 2");
    house.rate(Grade::C1).await;
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    assert_eq!(ids(&receiver), ["3"]);
    let feed = house.store.outbox().these(&[2]).await.unwrap();
    assert!(matches!(&feed[0].body, EventBody::Unread { kind, .. } if kind == "rating.changed"), "{feed:?}");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_any_more_is_tried_again_later_and_the_next_one_goes_out() {
    let mut house = House::new().await;
    let (broken, well) = (Receiver::saying(NO).await, Receiver::saying(YES).await);
    house.put(&house.wish("sub_1", broken.url())).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B3).await;
    assert_eq!(house.deliver().await.retrying, 1);
    ask(&house.file(), "update event set body = substr(body, 1, 3) where seq = 2");
    let mended = Subscription { target: Some(well.url()), failing_since: None, ..house.stored("sub_1").await };
    house.change(mended).await;
    house.pass(10);
    house.rate(Grade::C3).await;
    assert_eq!(house.deliver().await, Counts { delivered: 1, retrying: 1, ..Counts::default() });
    assert_eq!(ids(&well), ["3"]);
    let all = house.store.deliveries().of("sub_1", None, 10).await.unwrap();
    let unread = all.iter().find(|delivery| delivery.seq == 2).unwrap();
    assert_eq!((unread.state, unread.n_attempts), (DeliveryState::Pending, 2));
    assert!(unread.next_at.is_some_and(|at| at > house.clock.now()));
    assert!(unread.last_error.as_ref().unwrap().contains("cannot be read"), "{unread:?}");
    assert_eq!(house.stored("sub_1").await.failing_since, None, "its receiver is not to blame");
}
