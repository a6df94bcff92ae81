use std::{future::poll_fn, pin::pin, task::Poll};

use vedetta::domain::{ClientId, Grade};

use super::doses;
use crate::{alert::deliveries::House, stores};

/// How many events there are more than the clients' steps come to, and clients whose steps are not 1, 2, 3 and so on.
pub(super) const APART: &str = "select
     (select count(*) from event where client_seq is not null)
         - (select cast(coalesce(sum(client_seq), 0) as bigint) from current),
     (select count(*) from (select client from event where client_seq is not null group by client
         having min(client_seq) <> 1 or max(client_seq) <> count(*)) as with_gaps)";

/// What the work gives, unless it had to wait more often than this: then it is dropped where it stood, as by a process that dies.
async fn broken_off<T>(work: impl Future<Output = T>, after: usize) -> Option<T> {
    let mut work = pin!(work);
    let mut n_waits = 0;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if n_waits >= after => Poll::Ready(None),
        Poll::Pending => {
            n_waits += 1;
            Poll::Pending
        }
    })
    .await
}

/// The grades of clients, as they are recorded; all have the same, or a transaction came apart.
async fn grade_of_all(house: &House, clients: &[ClientId]) -> (Grade, i64) {
    let figures = house.store.ratings().figures(clients).await.unwrap();
    let first = figures[&clients[0]];
    assert!(figures.values().all(|found| (found.grade, found.client_seq) == (first.grade, first.client_seq)));
    (first.grade, first.client_seq)
}

#[tokio::test]
async fn g2_a_recording_broken_off_anywhere_leaves_a_rating_with_its_event_or_neither() {
    let house = House::new().await;
    let clients = house.crowd(doses::G2_CLIENTS).await;
    let (mut stop, mut n_broken, mut n_whole, mut n_rounds) = (0, 0, 0, 0);
    for _ in 0..doses::G2_STOPS * doses::g2_broken() {
        let (from, steps) = grade_of_all(&house, &clients).await;
        let to = if from == Grade::B1 { Grade::C1 } else { Grade::B1 };
        let ended = broken_off(house.rate_all(&clients, Some(from), to), stop).await;
        // Whoever writes next waits until what was dropped has ended, either way.
        house.store.audit().note(house.clock.now(), "test", "settled", "", "{}").await.unwrap();
        let (found, steps_now) = grade_of_all(&house, &clients).await;
        match ended {
            Some(()) => assert_eq!((found, steps_now), (to, steps + 1)),
            // What was dropped while it committed may be there; half of it may not.
            None => assert!([(from, steps), (to, steps + 1)].contains(&(found, steps_now))),
        }
        let outbox = house.store.outbox();
        let n_events = outbox.count().await.unwrap();
        assert_eq!(n_events, steps_now * clients.len() as i64, "broken off at wait {stop}");
        assert_eq!(outbox.last_seq().await.unwrap(), n_events, "no number is left out");
        n_broken += usize::from(ended.is_none());
        n_whole += usize::from(ended.is_some());
        // On a busy machine all that it waits for may be there before it asks: then it is tried once more.
        stop += usize::from(n_broken > 0);
        if n_broken == 0 || n_whole < 3 {
            continue;
        }
        (stop, n_whole, n_rounds) = (0, 0, n_rounds + 1);
        if n_broken >= doses::g2_broken() {
            break;
        }
    }
    assert!(n_broken >= doses::g2_broken(), "{n_broken} were broken off");
    assert_eq!(stores::ask(&house.file(), APART), [[0, 0]]);
    doses::figures(&format!("{n_broken} recordings broken off in {n_rounds} rounds over every place, 0 came apart"));
}
