//! G12: exactly one alert per subscription per drop episode, through the whole house: outbox, fan-out, episodes in the
//! store, delivery. The oracle reads the rule anew for every step. Digests and quiet hours are looked at in `alert`; how long
//! an alert takes from its commit to its receiver is among the figures of G4.

use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _};
use vedetta::{
    alert::When,
    domain::{ClientId, Grade},
    store::Subscription,
};

use super::doses::{figures, g12_houses, g12_steps, g12_walks};
use crate::alert::{
    deliveries::{House, YES, ids},
    episodes::oracle,
    receivers::Receiver,
};

/// When, from which place on the scale, and to which: what the oracle wants to know of an event.
type Step = (Timestamp, Option<i32>, Option<i32>);

/// A client on its way over the scale, with each of its events.
struct Walk {
    client: ClientId,
    grade: Grade,
    events: Vec<(i64, Step)>,
}

#[tokio::test]
async fn g12_every_fall_is_told_exactly_once_and_once_more_for_each_further_notch_asked_for() {
    let wishes: [(Option<u8>, Option<usize>); 3] = [(Some(1), None), (Some(3), None), (Some(2), Some(6))];
    let (mut n_events, mut n_alerts) = (0, 0);
    for seed in 0..g12_houses() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let house = House::new().await;
        let mut receivers = Vec::new();
        for (place, (notches, floor)) in wishes.iter().enumerate() {
            let when = When {
                notches_at_least: *notches,
                grade_at_or_below: floor.map(|place| Grade::ALL[place].to_string()),
                ..When::default()
            };
            let when = serde_json::to_string(&when).unwrap();
            let receiver = Receiver::saying(YES).await;
            let wish = house.wish(&format!("sub_{place}"), receiver.url());
            house.put(&Subscription { when, storm: "each".to_owned(), ..wish }).await;
            receivers.push(receiver);
        }
        let first = |(seq, client)| Walk {
            client,
            grade: Grade::B1,
            events: vec![(seq, (house.clock.now(), None, Grade::B1.rank()))],
        };
        let mut walks: Vec<Walk> = (1..).zip(house.crowd(g12_walks()).await).map(first).collect();
        let mut seq = i64::try_from(walks.len()).unwrap();
        for _ in 0..g12_steps() {
            let gap = if rng.random_range(0..6) == 0 { rng.random_range(28..33) } else { rng.random_range(0..4) };
            house.pass(gap * 86_400);
            let mut steps = Vec::new();
            for walk in &mut walks {
                let to = Grade::ALL[rng.random_range(0..Grade::ALL.len())];
                if walk.grade != to {
                    seq += 1;
                    steps.push((walk.client, walk.grade, to));
                    walk.events.push((seq, (house.clock.now(), walk.grade.rank(), to.rank())));
                    walk.grade = to;
                }
            }
            house.rate_each(&steps).await;
            // Sometimes several events wait for one look, sometimes each is looked at by itself.
            if rng.random_range(0..2) == 0 {
                house.deliver().await;
            }
        }
        house.deliver().await;
        n_events += seq;
        for ((notches, floor), receiver) in wishes.iter().zip(&receivers) {
            let (notches, floor) = (notches.map(i32::from), floor.map(|place| i32::try_from(place).unwrap()));
            let of = |walk: &Walk| {
                let history: Vec<_> = walk.events.iter().map(|(_, step)| *step).collect();
                let told = oracle(&history, notches, floor).into_iter().zip(&walk.events);
                told.filter(|(is_told, _)| *is_told).map(|(_, (seq, _))| *seq).collect::<Vec<_>>()
            };
            let mut expected: Vec<i64> = walks.iter().flat_map(of).collect();
            expected.sort_unstable();
            let told: Vec<i64> = ids(receiver).iter().map(|id| id.parse().unwrap()).collect();
            assert_eq!(told, expected, "house {seed}, {notches:?} or {floor:?}");
            n_alerts += told.len();
        }
    }
    let n_walks = g12_houses() as usize * g12_walks();
    figures(&format!("{n_walks} walks of {n_events} steps, {n_alerts} alerts, 0 missed, 0 too many"));
}
