use jiff::Timestamp;
use vedetta::{
    alert::{Conditions, Span, When, replay},
    domain::Grade,
    store::DeliveryState,
};

use super::{
    deliveries::{House, NO, YES, ids},
    receivers::Receiver,
};

const SINCE_EVER: Span = Span { after: 0, until: i64::MAX, since: Timestamp::MIN };

/// A walk over the scale that falls, wavers, recovers and falls again.
const WALK: [Grade; 12] = {
    use Grade::{A3, B1, B2, B3, C1, C2, D, NotDetermined};
    [B1, B2, B1, B2, B3, B1, C1, NotDetermined, C2, D, A3, C1]
};

fn conditions(when: &When) -> Conditions {
    when.parse().expect("conditions")
}

#[tokio::test]
async fn a_replay_fires_on_exactly_what_was_told_when_it_happened() {
    let mut house = House::new().await;
    let whens = [
        When::default(),
        When { notches_at_least: Some(2), ..When::default() },
        When { direction: Some("both".to_owned()), grade_at_or_below: Some("C1".to_owned()), ..When::default() },
        When { sectors: vec!["F".to_owned()], ..When::default() },
        When { sectors: vec!["25".to_owned()], direction: Some("up".to_owned()), ..When::default() },
    ];
    let receiver = Receiver::saying(YES).await;
    for (place, when) in whens.iter().enumerate() {
        house.subscribe_when(&format!("sub_{place}"), &receiver, when).await;
    }
    for grade in WALK {
        house.rate(grade).await;
        house.pass(86_400);
        house.deliver().await;
    }
    for (place, when) in whens.iter().enumerate() {
        let told = house.store.deliveries().of(&format!("sub_{place}"), None, 100).await.unwrap();
        let told: Vec<i64> = told.iter().rev().map(|delivery| delivery.seq).collect();
        let fired = replay(&house.store, house.portfolio, &conditions(when), SINCE_EVER, 2).await.unwrap();
        assert_eq!(fired.seqs, told, "{when:?}");
        assert!(fired.is_whole);
        let first: Vec<i64> = fired.first.iter().map(|event| event.seq).collect();
        assert_eq!(first, told.iter().copied().take(2).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_replay_looks_at_its_span_and_at_its_portfolio_only() {
    let mut house = House::new().await;
    let mut days = Vec::new();
    for grade in WALK {
        days.push(house.clock.now());
        house.rate(grade).await;
        house.pass(86_400);
    }
    let when = conditions(&When { direction: Some("both".to_owned()), ..When::default() });
    let all = replay(&house.store, house.portfolio, &when, SINCE_EVER, 0).await.unwrap().seqs;
    for since in [0, 3, 7] {
        let after = house.store.outbox().last_before(days[since]).await.unwrap();
        assert_eq!(after, i64::try_from(since).unwrap(), "the walk has one event a day");
        let span = Span { after, until: 10, since: days[since] };
        let seqs = replay(&house.store, house.portfolio, &when, span, 0).await.unwrap().seqs;
        assert!(seqs.iter().all(|seq| (after + 1..=10).contains(seq)), "{seqs:?}");
    }
    assert!(!all.is_empty());
    assert_eq!(house.store.outbox().last_before(Timestamp::MAX).await.unwrap(), 12);
    let other = house.store.facts().portfolio(&"other".parse().unwrap()).await.unwrap();
    assert!(replay(&house.store, other, &when, SINCE_EVER, 5).await.unwrap().seqs.is_empty());
}

#[tokio::test]
async fn after_an_outage_what_waits_for_its_next_attempt_is_tried_at_once() {
    let mut house = House::new().await;
    let (broken, well) = (Receiver::saying(NO).await, Receiver::saying(YES).await);
    house.put(&house.wish("sub_1", broken.url())).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B2).await;
    // The third attempt failed, and the next is half an hour away.
    for _ in 0..3 {
        house.deliver().await;
        house.pass(400);
    }
    let tried = house.store.deliveries().of("sub_1", None, 1).await.unwrap().remove(0);
    assert!(tried.state == DeliveryState::Pending && tried.next_at > Some(house.clock.now()), "{tried:?}");
    let mended = vedetta::store::Subscription { target: Some(well.url()), ..house.stored("sub_1").await };
    house.change(mended).await;
    let now = house.clock.now();
    let outside = house.store.deliveries().recover("sub_1", (2, 9), &[], false, now).await.unwrap();
    assert_eq!(outside, 0, "number 2 is not in that range");
    assert_eq!(house.store.deliveries().recover("sub_1", (0, 2), &[2], false, now).await.unwrap(), 1);
    let hastened = house.store.deliveries().of("sub_1", None, 1).await.unwrap().remove(0);
    assert_eq!((hastened.next_at, hastened.n_attempts), (Some(now), tried.n_attempts), "its attempts are counted on");
    assert_eq!(house.store.deliveries().recover("sub_1", (0, 2), &[2], false, now).await.unwrap(), 0, "once is enough");
    house.deliver().await;
    assert_eq!(ids(&well), ["2"]);
}

#[tokio::test]
async fn what_was_given_up_and_what_was_missed_can_be_recovered_and_what_was_delivered_only_when_asked_for() {
    let mut house = House::new().await;
    let (broken, well) = (Receiver::saying(NO).await, Receiver::saying(YES).await);
    house.put(&house.wish("sub_1", broken.url())).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B2).await;
    for _ in 0..8 {
        house.deliver().await;
        house.pass(50_000);
    }
    let mended = vedetta::store::Subscription { target: Some(well.url()), ..house.stored("sub_1").await };
    house.change(mended).await;
    house.rate(Grade::B3).await;
    house.deliver().await;
    assert_eq!(ids(&well), ["3"]);
    // Numbers 2 (given up), 3 (delivered) and 4 (never sent to anybody) of the range; 5 is outside.
    let now = house.clock.now();
    let recovered = house.store.deliveries().recover("sub_1", (0, 4), &[2, 3, 4, 5], false, now).await.unwrap();
    assert_eq!(recovered, 2);
    house.deliver().await;
    let stored = house.store.deliveries().of("sub_1", None, 10).await.unwrap();
    let state = |seq| stored.iter().find(|delivery| delivery.seq == seq).map(|delivery| delivery.state);
    assert_eq!(ids(&well), ["3", "2"], "number 4 is no event yet");
    assert_eq!((state(2), state(4), state(5)), (Some(DeliveryState::Delivered), Some(DeliveryState::Dropped), None));
    let again = house.store.deliveries().recover("sub_1", (1, 3), &[2, 3], true, now).await.unwrap();
    assert_eq!(again, 2);
    house.deliver().await;
    assert_eq!(ids(&well), ["3", "2", "2", "3"]);
}
