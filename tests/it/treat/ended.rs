//! How what was recorded about a client ended: only what is open ends, once, and not before its day.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::actions::{act, late_client};
use crate::world::{World, problem};

#[tokio::test]
async fn how_something_ended_that_never_began_is_refused_and_nothing_is_recorded() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let told = async |body: Value| world.ask("POST", "/v1/clients/C-1/actions").json(&body).send().await.unwrap();
    let ends = ["promise_kept", "promise_broken", "plan_broken", "dispute_settled"];
    for kind in ends {
        let refused = problem(told(json!({"kind": kind})).await, 409).await;
        assert!(refused["detail"].as_str().unwrap().contains("is open, so none was"), "{refused}");
    }
    assert_eq!(world.get("/v1/clients/C-1/treatment").await["actions"], json!([]));
    act(&world, "C-1", &json!({"kind": "promise", "on": "2026-11-18", "due_on": "2026-11-19"})).await;
    problem(told(json!({"kind": "plan_broken"})).await, 409).await;
    problem(told(json!({"kind": "promise_broken", "on": "2026-11-17"})).await, 409).await;
    let broken = json!({"kind": "promise_broken", "on": "2026-11-20"});
    act(&world, "C-1", &broken).await;
    assert_eq!(act(&world, "C-1", &broken).await["new"], false, "the same again is no second end");
    problem(told(json!({"kind": "promise_kept", "note": "it was broken"})).await, 409).await;
    act(&world, "C-1", &json!({"kind": "dispute", "invoice": "C-1-LATE"})).await;
    problem(told(json!({"kind": "dispute_settled", "invoice": "C-1-LATE", "on": "2026-11-01"})).await, 409).await;
    act(&world, "C-1", &json!({"kind": "dispute_settled", "invoice": "C-1-LATE", "accepted": false})).await;
}

#[tokio::test]
async fn a_promise_and_a_dispute_of_the_ledger_may_end_by_word_of_mouth() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let row = json!([{"client": "C-1", "invoice": "SAID", "issued_on": "2026-10-01", "due_on": "2026-10-31",
        "amount": "700.00", "disputed": true, "promised_on": "2026-11-18"}]);
    assert_eq!(world.post("/v1/invoices?portfolio=main", &row, 200).await["accepted"], 1);
    world.settle().await;
    act(&world, "C-1", &json!({"kind": "promise_broken"})).await;
    act(&world, "C-1", &json!({"kind": "dispute_settled", "invoice": "SAID", "accepted": false})).await;
}

async fn said(world: &World, body: Value) -> u16 {
    world.clock.advance(SignedDuration::from_secs(60));
    let answer = world.ask("POST", "/v1/clients/C-1/actions").json(&body).send().await.unwrap();
    answer.status().as_u16()
}

async fn row(world: &World, row: Value) {
    assert_eq!(world.post("/v1/invoices?portfolio=main", &json!([row]), 200).await["accepted"], 1);
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
}

#[tokio::test]
async fn a_promise_of_the_ledger_is_open_until_its_invoice_is_paid_or_somebody_says_how_it_ended() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    row(
        &world,
        json!({"client": "C-1", "invoice": "OLD", "issued_on": "2023-10-01", "due_on": "2023-10-31", "amount": "70.00",
            "promised_on": "2023-11-25", "paid_on": "2023-12-01"}),
    )
    .await;
    assert_eq!(said(&world, json!({"kind": "promise_kept"})).await, 409, "it was paid years ago");
    assert_eq!(said(&world, json!({"kind": "promise_broken"})).await, 409);
    assert_eq!(said(&world, json!({"kind": "promise_broken", "on": "2023-11-26"})).await, 200, "then it was open");
    row(
        &world,
        json!({"client": "C-1", "invoice": "SAID", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "700.00",
            "promised_on": "2026-11-10"}),
    )
    .await;
    assert_eq!(said(&world, json!({"kind": "plan_broken"})).await, 409, "a promise is no plan");
    assert_eq!(said(&world, json!({"kind": "promise_broken", "on": "2026-11-12"})).await, 200);
    for day in ["2026-11-11", "2026-11-12", "2026-11-13"] {
        let again = json!({"kind": "promise_kept", "on": day, "note": "it came"});
        assert_eq!(said(&world, again).await, 409, "it has ended, on whatever day");
    }
    row(
        &world,
        json!({"client": "C-1", "invoice": "SAID", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "700.00",
            "promised_on": "2026-11-19", "plan": "R1"}),
    )
    .await;
    assert_eq!(said(&world, json!({"kind": "promise_broken"})).await, 200, "another promise of the same invoice");
    assert_eq!(said(&world, json!({"kind": "plan_broken"})).await, 200, "a plan of the ledger counts");
    assert_eq!(said(&world, json!({"kind": "plan_broken", "note": "again"})).await, 409);
}

#[tokio::test]
async fn what_has_ended_is_not_ended_again_on_an_earlier_day() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    act(&world, "C-1", &json!({"kind": "promise", "on": "2026-11-10", "due_on": "2026-11-12"})).await;
    act(&world, "C-1", &json!({"kind": "promise_broken", "on": "2026-11-16"})).await;
    assert_eq!(said(&world, json!({"kind": "promise_kept", "on": "2026-11-12"})).await, 409);
    act(&world, "C-1", &json!({"kind": "dispute", "invoice": "C-1-LATE", "on": "2026-11-10"})).await;
    act(
        &world,
        "C-1",
        &json!({"kind": "dispute_settled", "invoice": "C-1-LATE", "accepted": false, "on": "2026-11-16"}),
    )
    .await;
    let earlier = json!({"kind": "dispute_settled", "invoice": "C-1-LATE", "accepted": true, "on": "2026-11-12"});
    assert_eq!(said(&world, earlier).await, 409);
    row(
        &world,
        json!({"client": "C-1", "invoice": "TOLD", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "700.00",
            "disputed_on": "2026-11-05"}),
    )
    .await;
    let settled = |day: &str| json!({"kind": "dispute_settled", "invoice": "TOLD", "accepted": false, "on": day});
    assert_eq!(said(&world, settled("2026-11-04")).await, 409, "it had not begun");
    assert_eq!(said(&world, settled("2026-11-09")).await, 200);
    assert_eq!(said(&world, settled("2026-11-08")).await, 409);
}

#[tokio::test]
async fn of_ends_that_are_told_at_once_one_is_recorded() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    act(&world, "C-1", &json!({"kind": "promise", "on": "2026-11-18", "due_on": "2026-11-19"})).await;
    world.clock.advance(SignedDuration::from_secs(60));
    let told = (0..8).map(|n| {
        let body = json!({"kind": "promise_broken", "note": format!("caller {n}")});
        let asked = world.ask("POST", "/v1/clients/C-1/actions").json(&body);
        async move { asked.send().await.unwrap().status().as_u16() }
    });
    let mut said = futures::future::join_all(told).await;
    said.sort_unstable();
    assert_eq!(said, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_promise_is_not_broken_before_its_day_is_over() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    act(&world, "C-1", &json!({"kind": "promise", "on": "2026-11-18", "due_on": "2026-11-20"})).await;
    world.clock.advance(SignedDuration::from_secs(60));
    let early = world.ask("POST", "/v1/clients/C-1/actions").json(&json!({"kind": "promise_broken"}));
    let refused = problem(early.send().await.unwrap(), 409).await;
    assert!(refused["detail"].as_str().unwrap().contains("until 2026-11-20"), "{refused}");
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(said(&world, json!({"kind": "promise_broken"})).await, 200);
    row(
        &world,
        json!({"client": "C-1", "invoice": "SAID", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "700.00",
            "promised_on": "2026-11-25"}),
    )
    .await;
    // The same word on the same day would be the one that was taken already.
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(
        said(&world, json!({"kind": "promise_broken"})).await,
        409,
        "the ledger's promise is waited for as well"
    );
}
