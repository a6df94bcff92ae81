//! Rescoring: live and by night, what is recorded and what is not.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use vedetta::{
    domain::{AsOf, Cause, ClientCode, ClientId, EventBody, Grade, InvoiceKey, LedgerLine, Rating},
    pipeline::{Moves, Rated},
    simulate::bench_portfolio,
    store::{BatchRow, ClientRow, LedgerRow, NewRating},
};

use crate::world::{World, read, start};

fn now(world: &World) -> AsOf {
    AsOf::at(world.clock.now())
}

async fn night(world: &World) -> vedetta::store::Run {
    let now = now(world);
    world.desk.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap()
}

/// Tells of a protested bill, or takes it back, and rescores nobody.
async fn tell(world: &World, state: &str) {
    let told = json!({"client": "C-1", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber", "id": "P-77",
        "official": true, "fields": {"instrument": "bill", "amount": "50000", "raised_on": "2026-11-18", "state": state}});
    read(world.ask("POST", "/v1/signals").json(&told).send().await.unwrap(), 202).await;
    world.clock.advance(SignedDuration::from_secs(60));
}

/// One good payer, rated, of whom a protest is then told.
async fn world_with_a_protest() -> World {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    tell(&world, "standing").await;
    world
}

async fn n_events(world: &World) -> i64 {
    world.desk.store.outbox().count().await.unwrap()
}

/// So many clients of a bench portfolio, each with a short ledger; not rated yet. Answers their keys.
pub(crate) async fn many(world: &World, n: usize) -> Vec<ClientId> {
    let facts = world.desk.store.facts();
    let portfolio = facts.portfolio(&"main".parse().unwrap()).await.unwrap();
    let row = BatchRow { name: "f".into(), seen_at: start(), sha256: vedetta::domain::Sha256::of(b"f") };
    let batch = facts.batch(&row).await.unwrap();
    let known_at = start() - SignedDuration::from_hours(24 * 900);
    let clients: Vec<_> = bench_portfolio(n, 8, 3).enumerate().collect();
    let code = |n: usize| -> ClientCode { format!("B-{n}").parse().unwrap() };
    let rows = clients.iter().map(|(n, (facts, _))| ClientRow { code: code(*n), facts: facts.clone(), known_at });
    let put = facts.put_clients(portfolio, batch, &rows.collect::<Vec<_>>()).await.unwrap();
    let ids: Vec<ClientId> = put.into_iter().map(|(id, _)| id).collect();
    let ledger = clients.iter().zip(&ids).flat_map(|((_, (_, lines)), id)| {
        lines.iter().map(move |line| {
            let number = format!("F{}", line.invoice.get());
            let line = LedgerLine { invoice: InvoiceKey::of(&number), batch, ..*line };
            LedgerRow { client: *id, number, credit_type: None, claim: None, line }
        })
    });
    facts.put_ledger(&ledger.collect::<Vec<_>>()).await.unwrap();
    ids
}

async fn grades(world: &World, ids: &[ClientId]) -> HashMap<ClientId, (Grade, Option<u32>, i64)> {
    let figures = world.desk.store.ratings().figures(ids).await.unwrap();
    figures.into_iter().map(|(id, f)| (id, (f.grade, f.pd.map(f32::to_bits), f.client_seq))).collect()
}

#[tokio::test]
async fn live_and_night_give_the_same_rating() {
    let (live, by_night) = (world_with_a_protest().await, world_with_a_protest().await);
    assert_eq!(live.settle().await.scanned, 1);
    assert_eq!(night(&by_night).await.scanned, 1);
    let mut ratings = Vec::new();
    for world in [&live, &by_night] {
        let mut rating = world.get("/v1/clients/C-1/rating").await;
        // Who was told first is in the evidence; it is the same telling.
        rating["reasons"].as_array_mut().unwrap().iter_mut().for_each(|r| r["evidence"] = Value::Null);
        let change = world.get("/v1/changes").await["events"].as_array().unwrap().last().cloned().unwrap();
        ratings.push(rating);
        assert_ne!(change["type"], Value::Null);
    }
    assert_eq!(ratings[0], ratings[1]);
    assert_eq!(by_night.settle().await, Moves::default(), "a night takes off the marks of what it knew");
}

#[tokio::test]
async fn a_night_that_was_left_is_gone_on_with_and_ends_the_same() {
    // More than one page of a thousand.
    let (left, calm) = (World::new().await, World::new().await);
    let ids = many(&left, 1_500).await;
    assert_eq!(ids, many(&calm, 1_500).await);
    night(&calm).await;
    let (day, stop) = (now(&left), CancellationToken::new());
    let after_a_page = |_, _| stop.cancel();
    let interrupted = tokio::select! {
        biased;
        () = stop.cancelled() => true,
        _ = left.desk.rescorer.night(day.valid_at, day.known_at, &after_a_page) => false,
    };
    let n_left = n_events(&left).await;
    assert!(interrupted && n_left < 1_500, "{n_left} events");
    left.clock.advance(SignedDuration::from_hours(1));
    let run = night(&left).await;
    assert_eq!((run.scanned, run.known_at), (1_500, day.known_at), "it knows what it knew when it began");
    assert!(run.ended_at > Some(left.clock.now()), "{:?}: it ends when it is done", run.ended_at);
    assert_eq!(grades(&left, &ids).await, grades(&calm, &ids).await);
    assert_eq!(n_events(&left).await, n_events(&calm).await);
}

#[tokio::test]
async fn doing_it_again_changes_nothing() {
    let world = world_with_a_protest().await;
    night(&world).await;
    let (n, rating) = (n_events(&world).await, world.get("/v1/clients/C-1/rating").await);
    let again = night(&world).await;
    assert_eq!((again.scanned, again.moved_up, again.moved_down), (1, 0, 0));
    let client = world.desk.rescorer.replay(now(&world)).await.unwrap()[0].0;
    let again = world.desk.rescorer.rescore(&[(client, Cause::Signals)], now(&world)).await.unwrap();
    assert_eq!((again.scanned, again.events), (1, 0));
    // Only that a night was completed is said once more.
    assert_eq!((n_events(&world).await, world.get("/v1/clients/C-1/rating").await), (n + 1, rating));
}

#[tokio::test]
async fn a_fact_that_comes_while_its_client_is_rescored_is_not_forgotten() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let (store, rescorer, as_of) = (&world.desk.store, &world.desk.rescorer, now(&world));
    let client = rescorer.replay(as_of).await.unwrap()[0].0;
    let seen = store.facts().mark().await.unwrap();
    let Rated { rating, exposure_minor, .. } = rescorer.rate(client, as_of, None).await.unwrap();
    tell(&world, "standing").await;
    let found = NewRating { client, rating, cause: Cause::Signals, exposure_minor, change: None };
    store.ratings().record_seen(None, &[found], seen, as_of.known_at).await.unwrap();
    assert_eq!(store.facts().touched(9).await.unwrap(), [(client, Cause::Signals)]);
    assert_eq!(world.settle().await.down, 1);
}

#[tokio::test]
async fn a_replay_does_not_see_what_was_learned_later() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.clock.advance(SignedDuration::from_secs(60));
    let before = now(&world);
    let replayed = world.desk.rescorer.replay(before).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(1));
    tell(&world, "standing").await;
    assert_eq!(world.desk.rescorer.replay(before).await.unwrap(), replayed, "though the protest was raised before");
    assert_ne!(world.desk.rescorer.replay(now(&world)).await.unwrap()[0].1.points, replayed[0].1.points);
}

#[tokio::test]
async fn a_protest_taken_back_leaves_the_rating_as_if_it_had_never_been() {
    for by_night in [false, true] {
        let world = World::new().await;
        world.client("default", "C-1", "Officine Sette Ponti", 2).await;
        let clean = world.get("/v1/clients/C-1/rating").await;
        tell(&world, "standing").await;
        world.settle().await;
        let protested = world.get("/v1/clients/C-1/rating").await;
        assert_ne!(protested["grade"], clean["grade"]);
        tell(&world, "cancelled").await;
        if by_night {
            night(&world).await;
        } else {
            world.settle().await;
        }
        let after = world.get("/v1/clients/C-1/rating").await;
        for what in ["grade", "pd", "points", "coverage"] {
            assert_eq!(after[what], clean[what], "{what}");
        }
        let changes = world.get("/v1/changes").await;
        let back = changes["events"].as_array().unwrap().iter().rfind(|e| e["type"] == "rating.changed").unwrap();
        assert_eq!((&back["data"]["cause"], &back["data"]["to"]), (&json!("expiry"), &clean["grade"]));
    }
}

#[tokio::test]
async fn what_was_erased_is_not_remembered_by_hysteresis() {
    let world = World::new().await;
    let ids = many(&world, 200).await;
    night(&world).await;
    let recorded = grades(&world, &ids).await;
    world.clock.advance(SignedDuration::from_hours(24 * 20));
    let fresh: HashMap<ClientId, Rating> = world.desk.rescorer.replay(now(&world)).await.unwrap().into_iter().collect();
    // Clients whom only their memory would hold where they are.
    let scale = world.desk.rescorer.engine.scale();
    let held = ids.iter().copied().filter(|id| {
        let (last, rating) = (recorded[id].0, &fresh[id]);
        rating.grade != last && rating.pd.is_some_and(|pd| scale.grade_with_memory(pd, Some(last)) == last)
    });
    let held: Vec<ClientId> = held.collect();
    assert!(held.len() > 1, "{} of 200 are held", held.len());
    let (erased, remembered) = held.split_at(held.len() / 2);
    let with = |ids: &[ClientId], cause| ids.iter().map(|id| (*id, cause)).collect::<Vec<_>>();
    let rescorer = &world.desk.rescorer;
    let moves = rescorer.rescore(&with(remembered, Cause::Signals), now(&world)).await.unwrap();
    assert_eq!(moves.events, 0);
    let moves = rescorer.rescore(&with(erased, Cause::Expiry), now(&world)).await.unwrap();
    assert_eq!(moves.events, erased.len() as u64);
    let now = grades(&world, erased).await;
    assert!(erased.iter().all(|id| now[id].0 == fresh[id].grade));
}

#[tokio::test]
async fn a_grade_that_flaps_within_the_margin_is_not_recorded() {
    let world = World::new().await;
    let ids = many(&world, 200).await;
    let scale = world.desk.rescorer.engine.scale().clone();
    let (mut last, mut n_steps) = (HashMap::<ClientId, (Grade, i64)>::new(), 0);
    let (mut fresh_before, mut n_fresh_steps) = (HashMap::<ClientId, Grade>::new(), 0);
    for _ in 0..12 {
        night(&world).await;
        let recorded = grades(&world, &ids).await;
        for (id, fresh) in world.desk.rescorer.replay(now(&world)).await.unwrap() {
            n_fresh_steps += usize::from(fresh_before.insert(id, fresh.grade).is_some_and(|g| g != fresh.grade));
            let (grade, _, client_seq) = recorded[&id];
            let memory = last.get(&id).copied();
            let expected = fresh.pd.map_or(fresh.grade, |pd| scale.grade_with_memory(pd, memory.map(|(g, _)| g)));
            if fresh.grade != Grade::D {
                assert_eq!(grade, expected);
            }
            let is_step = memory.is_some_and(|(before, _)| before != grade);
            n_steps += usize::from(is_step);
            let steps_before = memory.map_or(0, |(_, client_seq)| client_seq);
            assert_eq!(client_seq, steps_before + i64::from(is_step || memory.is_none()));
            last.insert(id, (grade, client_seq));
        }
        world.clock.advance(SignedDuration::from_hours(24));
    }
    assert!(n_steps > 0 && n_steps < n_fresh_steps, "{n_steps} steps recorded, {n_fresh_steps} without memory");
}

#[tokio::test]
async fn the_first_rating_of_a_client_without_facts_is_nd_and_an_event() {
    let world = World::new().await;
    let row = json!([{"client": "C-1", "name": "Vetreria Lunare", "country": "IT"}]);
    world.post("/v1/clients?portfolio=default", &row, 200).await;
    let moves = world.settle().await;
    assert_eq!((moves.scanned, moves.events, moves.up, moves.down), (1, 1, 0, 0));
    let events = world.desk.store.outbox().after(0, 10, None).await.unwrap();
    let [EventBody::RatingChanged(change)] = events.iter().map(|e| &e.body).collect::<Vec<_>>()[..] else {
        panic!("{events:?}")
    };
    assert_eq!((change.client_seq, change.from, change.to, change.pd_to), (1, None, Grade::NotDetermined, None));
    let rating = world.get("/v1/clients/C-1/rating").await;
    assert_eq!((&rating["grade"], &rating["pd"], &rating["client_seq"]), (&json!("ND"), &Value::Null, &json!(1)));
}

#[tokio::test]
async fn a_night_that_one_house_held_is_not_due_for_another_on_the_same_store() {
    let world = world_with_a_protest().await;
    let AsOf { valid_at, known_at: due } = now(&world);
    let other = crate::world::rescorer(&world.desk.store);
    assert!(!other.has_held(valid_at, due).await.unwrap());
    night(&world).await;
    assert!(other.has_held(valid_at, due).await.unwrap());
    let later = due + jiff::SignedDuration::from_mins(1);
    assert!(!other.has_held(valid_at, later).await.unwrap(), "one that is due later is another");
    assert!(!other.has_held(valid_at.tomorrow().unwrap(), due).await.unwrap());
}
