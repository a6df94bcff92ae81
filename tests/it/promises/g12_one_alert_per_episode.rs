//! G12: exactly one alert per subscription per drop episode, through the whole house: outbox, fan-out, episodes in the
//! store, delivery. The oracle reads the rule anew for every step.

use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _};
use vedetta::{alert::When, domain::Grade};

use super::doses::{G12_STEPS, g12_walks};
use crate::alert::{
    deliveries::{House, YES, ids},
    episodes::oracle,
    receivers::Receiver,
};

#[tokio::test]
async fn g12_every_fall_is_told_exactly_once_and_once_more_for_each_further_notch_asked_for() {
    let wishes: [(Option<u8>, Option<usize>); 3] = [(Some(1), None), (Some(3), None), (Some(2), Some(6))];
    for walk in 0..g12_walks() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(walk);
        let mut house = House::new().await;
        let mut receivers = Vec::new();
        for (place, (notches, floor)) in wishes.iter().enumerate() {
            let when = When {
                notches_at_least: *notches,
                grade_at_or_below: floor.map(|place| Grade::ALL[place].to_string()),
                ..When::default()
            };
            let receiver = Receiver::saying(YES).await;
            house.subscribe_when(&format!("sub_{place}"), &receiver, &when).await;
            receivers.push(receiver);
        }
        let mut history: Vec<(Timestamp, Option<i32>, Option<i32>)> = Vec::new();
        let mut grade = None::<Grade>;
        for _ in 0..G12_STEPS {
            let gap = if rng.random_range(0..6) == 0 { rng.random_range(28..33) } else { rng.random_range(0..4) };
            house.pass(gap * 86_400);
            let to = Grade::ALL[rng.random_range(0..Grade::ALL.len())];
            if grade == Some(to) {
                continue;
            }
            history.push((house.clock.now(), grade.and_then(Grade::rank), to.rank()));
            house.rate(to).await;
            grade = Some(to);
            // Sometimes several events wait for one look, sometimes each is looked at by itself.
            if rng.random_range(0..2) == 0 {
                house.deliver().await;
            }
        }
        house.deliver().await;
        for ((notches, floor), receiver) in wishes.iter().zip(&receivers) {
            let told = oracle(&history, notches.map(i32::from), floor.map(|place| i32::try_from(place).unwrap()));
            let expected: Vec<String> = (1..).zip(told).filter(|(_, told)| *told).map(|(n, _)| n.to_string()).collect();
            assert_eq!(ids(receiver), expected, "walk {walk}, {notches:?} or {floor:?}: {history:?}");
        }
    }
}
