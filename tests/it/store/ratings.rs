use vedetta::{
    domain::{Cause, EventBody, Grade, Override},
    store::{Baseline, CurrentRating, NewRating, RunState},
};

use super::{World, day, day_noon, open, rated};

#[tokio::test]
async fn seq_and_client_seq_have_no_gaps_under_concurrent_writers() {
    let world = World::new().await;
    let clients = world.clients(8).await;
    let mut writers = tokio::task::JoinSet::new();
    for (place, client) in clients.iter().copied().enumerate() {
        let store = world.store.clone();
        writers.spawn(async move {
            for step in 0..10 {
                let grade = if step % 2 == 0 { Grade::B1 } else { Grade::C1 };
                let from = (step > 0).then_some(if step % 2 == 0 { Grade::C1 } else { Grade::B1 });
                store.ratings().record(None, &[rated(client, grade, step, from, &[])], day_noon(step)).await.unwrap();
                let stale = EventBody::SourceStale { source: format!("s{place}"), error: "no answer".into() };
                store.outbox().append(day_noon(step), None, None, &stale).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let events = world.store.outbox().after(0, 1_000, None).await.unwrap();
    assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=160).collect::<Vec<_>>());
    for client in clients {
        let history = world.store.ratings().history(client, None, 100).await.unwrap();
        assert_eq!(history.iter().map(|r| r.client_seq).collect::<Vec<_>>(), (1..=10).rev().collect::<Vec<_>>());
    }
    assert_eq!(*world.store.outbox().watch().borrow(), 160);
}

#[tokio::test]
async fn a_reopened_store_goes_on_where_it_stopped() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let first = rated(client, Grade::B1, 1, None, &[]);
    world.store.ratings().record(None, std::slice::from_ref(&first), day_noon(1)).await.unwrap();
    let epoch = world.store.outbox().epoch().await.unwrap();
    world.store.close().await;

    let store = open(&world.folder).await;
    assert_eq!(store.outbox().epoch().await.unwrap(), epoch);
    assert_eq!(*store.outbox().watch().borrow(), 1);
    let second = rated(client, Grade::C2, 2, Some(Grade::B1), &[]);
    assert_eq!(store.ratings().record(None, std::slice::from_ref(&second), day_noon(2)).await.unwrap(), 1);
    let current = store.ratings().current(client).await.unwrap().unwrap();
    assert_eq!((current.recorded.seq, current.recorded.client_seq), (2, 2));
    assert_eq!(current.recorded.rating, second.rating);
    assert_eq!(current.previous, Some((Grade::B1, 1, day(1))));
}

#[tokio::test]
async fn what_knew_less_is_left_aside_unless_the_clock_was_set_back_since() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let ratings = world.store.ratings();
    assert_eq!(ratings.record(None, &[rated(client, Grade::B3, 5, None, &[])], day_noon(5)).await.unwrap(), 1);
    let fallen = [rated(client, Grade::D, 2, Some(Grade::B3), &[])];
    assert_eq!(ratings.record(None, &fallen, day_noon(5)).await.unwrap(), 0, "it knew less");
    assert_eq!(ratings.record(None, &fallen, day_noon(2)).await.unwrap(), 1, "nobody can have known more by then");
    let current = ratings.current(client).await.unwrap().unwrap();
    assert_eq!((current.recorded.rating.grade, current.recorded.client_seq), (Grade::D, 2));
}

#[tokio::test]
async fn a_page_done_twice_changes_nothing_and_an_unfinished_night_resumes() {
    let world = World::new().await;
    let clients = world.clients(4).await;
    let (runs, ratings) = (world.store.runs(), world.store.ratings());
    let run = runs.start("night", day(1), day_noon(1)).await.unwrap();
    let page: Vec<_> = clients.iter().map(|c| rated(*c, Grade::B2, 1, None, &[])).collect();
    assert_eq!(ratings.record(Some((run.id, 1)), &page, day_noon(1)).await.unwrap(), 4);
    let resumed = runs.start("night", day(1), day_noon(2)).await.unwrap();
    assert_eq!((resumed.id, resumed.next_page, resumed.scanned, resumed.known_at), (run.id, 1, 4, day_noon(1)));
    assert_eq!(ratings.record(Some((run.id, 1)), &page, day_noon(2)).await.unwrap(), 0);
    assert!(world.store.facts().touched(10).await.unwrap().is_empty());
    let done = runs.finish(run.id, day_noon(2), None).await.unwrap();
    assert_eq!((done.state, done.scanned), (RunState::Done, 4));
    assert_eq!(runs.finish(run.id, day_noon(3), None).await.unwrap(), done);
    assert_eq!(ratings.record(Some((run.id, 2)), &page, day_noon(2)).await.unwrap(), 0);
    let events = world.store.outbox().after(4, 10, None).await.unwrap();
    let body = EventBody::NightCompleted { run: run.id, scanned: 4, moved_up: 0, moved_down: 0, failed: 0 };
    assert_eq!(events.iter().map(|e| &e.body).collect::<Vec<_>>(), [&body]);
    assert_ne!(runs.start("night", day(1), day_noon(3)).await.unwrap().id, run.id);
}

#[tokio::test]
async fn pages_are_done_in_any_order_and_one_that_is_given_up_makes_the_night_a_failed_one() {
    let world = World::new().await;
    world.clients(4).await;
    let runs = world.store.runs();
    let run = runs.start("night", day(1), day_noon(1)).await.unwrap().id;
    runs.begin_at(run, 2).await.unwrap();
    assert_eq!(runs.pages_left(run, 6).await.unwrap(), [2, 3, 4, 5]);
    let next_page = async || runs.unfinished("night").await.unwrap().unwrap().next_page;
    for (page, left, next) in [(4, vec![2, 3, 5], 2), (2, vec![3, 5], 3), (3, vec![5], 5), (5, vec![], 6)] {
        for _ in 0..2 {
            runs.give_up_page(run, page, "it fell").await.unwrap();
            assert_eq!((runs.pages_left(run, 6).await.unwrap(), next_page().await), (left.clone(), next));
        }
    }
    let ended = runs.finish(run, day_noon(2), None).await.unwrap();
    assert_eq!(ended.state, RunState::Failed);
    assert_eq!(ended.error.as_deref(), Some("it fell; it fell; it fell; it fell"), "each page is given up once");
    assert!(runs.pages_left(run, 6).await.unwrap().is_empty() && runs.unfinished("night").await.unwrap().is_none());
    let outbox = world.store.outbox();
    assert_eq!(outbox.last_seq().await.unwrap(), 0, "a failed night is not announced as a completed one");
}

/// Day 1: B1 by an event. Night of day 5: figures only. Day 9: C1 by an event. Night of day 12: figures only.
async fn history(world: &World) -> vedetta::domain::ClientId {
    let client = world.clients(3).await[1];
    let ratings = world.store.ratings();
    for (on, grade, from) in [(1, Grade::B1, None), (9, Grade::C1, Some(Grade::B1))] {
        ratings.record(None, &[rated(client, grade, on, from, &[])], day_noon(on)).await.unwrap();
        let night = on + 3 + i32::from(on == 1);
        let run = world.store.runs().start("night", day(night), day_noon(night)).await.unwrap();
        let found = rated(client, grade, night, Some(grade), &[]);
        ratings.record(Some((run.id, 1)), &[found], day_noon(night)).await.unwrap();
        world.store.runs().finish(run.id, day_noon(night), None).await.unwrap();
    }
    client
}

#[tokio::test]
async fn the_rating_as_of_then_is_what_was_recorded_then() {
    let world = World::new().await;
    let client = history(&world).await;
    let as_of = async |valid: Option<i32>, known: Option<i32>| {
        let found = world.store.ratings().as_of(client, valid.map(day), known.map(day_noon)).await.unwrap();
        found.map(|CurrentRating { recorded, as_of, .. }| (recorded.rating.grade, as_of.valid_at))
    };
    assert_eq!(as_of(None, Some(0)).await, None);
    assert_eq!(as_of(None, Some(1)).await, Some((Grade::B1, day(1))));
    assert_eq!(as_of(None, Some(8)).await, Some((Grade::B1, day(5))));
    assert_eq!(as_of(Some(4), Some(8)).await, Some((Grade::B1, day(1))));
    assert_eq!(as_of(Some(8), None).await, Some((Grade::B1, day(5))));
    assert_eq!(as_of(None, Some(9)).await, Some((Grade::C1, day(9))));
    assert_eq!(as_of(None, None).await, Some((Grade::C1, day(12))));
    let figure = world.store.ratings().figures(&[client]).await.unwrap()[&client];
    assert_eq!((figure.grade, figure.client_seq, figure.valid_at), (Grade::C1, 2, day(12)));
}

#[tokio::test]
async fn a_change_that_somebody_else_recorded_first_is_not_announced_again() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let ratings = world.store.ratings();
    let change = rated(client, Grade::C3, 3, None, &[]);
    assert_eq!(ratings.record(None, std::slice::from_ref(&change), day_noon(3)).await.unwrap(), 1);
    assert_eq!(ratings.record(None, &[change], day_noon(3)).await.unwrap(), 0);
    let older = rated(client, Grade::A1, 2, None, &[]);
    assert_eq!(ratings.record(None, &[older], day_noon(4)).await.unwrap(), 0);
    assert_eq!(ratings.current(client).await.unwrap().unwrap().recorded.rating.grade, Grade::C3);
}

#[tokio::test]
async fn an_override_is_in_force_until_it_ends_and_is_announced_once() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let ratings = world.store.ratings();
    ratings.record(None, &[rated(client, Grade::B1, 1, None, &[])], day_noon(1)).await.unwrap();
    let decision =
        Override { grade: Grade::B1, reason: "bank letter".into(), author: "anna".into(), expires_at: day_noon(30) };
    ratings.put_override(client, &decision, day_noon(2)).await.unwrap();
    assert_eq!(world.store.facts().touched(5).await.unwrap(), [(client, Cause::Override)]);
    let mut outcome = rated(client, Grade::B1, 2, None, &[]);
    outcome.cause = Cause::Override;
    let record = async |outcome: &NewRating| ratings.record(None, std::slice::from_ref(outcome), day_noon(2)).await;
    assert_eq!(record(&outcome).await.unwrap(), 1);
    assert_eq!(record(&outcome).await.unwrap(), 0);
    assert_eq!(ratings.recorded(client, 2).await.unwrap().unwrap().override_, Some(decision.clone()));
    assert_eq!(ratings.override_of(client, day_noon(29)).await.unwrap(), Some(decision));
    assert_eq!(ratings.override_of(client, day_noon(30)).await.unwrap(), None);
    assert!(ratings.end_override(client, day_noon(10)).await.unwrap());
    assert!(!ratings.end_override(client, day_noon(11)).await.unwrap());
    assert_eq!(ratings.override_of(client, day_noon(12)).await.unwrap(), None);
}

#[tokio::test]
async fn a_mark_newer_than_what_the_rating_knew_stays() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    world.store.facts().put_ledger(&[super::invoice(client, "F1", 6)]).await.unwrap();
    let ratings = world.store.ratings();
    ratings.record(None, &[rated(client, Grade::B1, 5, None, &[])], day_noon(7)).await.unwrap();
    assert_eq!(world.store.facts().touched(5).await.unwrap(), [(client, Cause::Signals)]);
    ratings.record(None, &[rated(client, Grade::B1, 6, Some(Grade::B1), &[])], day_noon(7)).await.unwrap();
    assert!(world.store.facts().touched(5).await.unwrap().is_empty());
}

#[tokio::test]
async fn of_two_steps_of_one_client_in_one_batch_the_last_one_stands() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let ratings = world.store.ratings();
    let steps = [rated(client, Grade::B1, 4, None, &[]), rated(client, Grade::C1, 5, Some(Grade::B1), &[])];
    assert_eq!(ratings.record(None, &steps, day_noon(5)).await.unwrap(), 2);
    let recorded = ratings.current(client).await.unwrap().unwrap().recorded;
    assert_eq!((recorded.rating.grade, recorded.change.client_seq), (Grade::C1, 2));
}

#[tokio::test]
async fn of_two_looks_at_one_place_in_one_round_the_last_one_counts() {
    let world = World::new().await;
    let looks = [1, 2].map(|n_items| ("feed".to_owned(), Baseline { n_items, ..Baseline::default() }));
    world.store.sources().set_baselines("gazette", &looks).await.unwrap();
    assert_eq!(world.store.sources().baselines("gazette").await.unwrap()["feed"].n_items, 2);
}
