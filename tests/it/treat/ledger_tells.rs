//! What the ledger tells of a claim reaches the treatment, and what persons record reaches the ledger: both rest on the same facts.

use jiff::{SignedDuration, ToSpan, civil::Date};
use serde_json::{Value, json};

use super::actions::{act, late_client, overdue};
use crate::world::World;

fn today(world: &World) -> Date {
    vedetta::domain::AsOf::at(world.clock.now()).valid_at
}

/// Tells of an invoice of 5 000 EUR that fell due so many days ago, with what else is said of it.
async fn told(world: &World, invoice: &str, days: i64, said: &Value) {
    let due = today(world) - days.days();
    tell(world, invoice, due, said).await;
}

async fn tell(world: &World, invoice: &str, due: Date, said: &Value) {
    let mut row =
        json!({"client": "C-1", "invoice": invoice, "issued_on": due - 30.days(), "due_on": due, "amount": "5000.00"});
    row.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let answer = world.post("/v1/invoices?portfolio=main", &json!([row]), 200).await;
    assert_eq!(answer["accepted"], 1, "{answer}");
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
}

async fn treatment(world: &World) -> Value {
    world.get("/v1/clients/C-1/treatment").await
}

async fn after(world: &World, days: i64) -> Value {
    world.clock.advance(SignedDuration::from_hours(24 * days));
    world.settle().await;
    treatment(world).await
}

async fn state_of(world: &World, invoice: &str) -> String {
    let page = world.get("/v1/clients/C-1/ledger").await;
    let line = page["items"].as_array().unwrap().iter().find(|line| line["invoice"] == invoice).unwrap().clone();
    line["state"].as_str().unwrap().to_owned()
}

async fn totals(world: &World) -> Value {
    world.get("/v1/clients/C-1/ledger").await["totals"][0].clone()
}

#[tokio::test]
async fn a_promise_that_a_file_tells_of_is_waited_for_and_when_it_is_broken_the_step_is_not_late_at_once() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let due = today(&world) - 40.days();
    tell(&world, "F-1", due, &json!({})).await;
    let until = today(&world) + 5.days();
    tell(&world, "F-1", due, &json!({"promised_on": until})).await;
    let waiting = treatment(&world).await;
    assert_eq!((&waiting["basis"], &waiting["due_on"]), (&json!("promise"), &json!(until)), "{waiting}");
    assert_eq!(waiting["actions"], json!([]), "nobody here recorded it");
    // What comes on another invoice is not what was promised.
    told(&world, "F-2", 1, &json!({"paid_on": today(&world), "paid_amount": "5000.00"})).await;
    assert_eq!(treatment(&world).await["basis"], "promise");
    // The policy waits for three days more.
    let broken = after(&world, 5 + 3 + 1).await;
    assert_eq!(broken["basis"], "broken_promise", "{broken}");
    assert_eq!(broken["late_since"], Value::Null, "it was broken today: {broken}");
}

#[tokio::test]
async fn a_promise_that_a_file_tells_of_is_kept_by_what_comes_on_its_invoice() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let due = today(&world) - 20.days();
    let until = today(&world) + 5.days();
    let promised = |paid: &str| json!({"promised_on": until, "promised_amount": "4960.00", "paid_on": today(&world), "paid_amount": paid});
    tell(&world, "F-1", due, &promised("1000.00")).await;
    assert_eq!(treatment(&world).await["basis"], "promise");
    tell(&world, "F-1", due, &promised("4960.00")).await;
    let kept = after(&world, 12).await;
    assert_ne!(kept["basis"], "broken_promise", "it came: {kept}");
}

#[tokio::test]
async fn instalments_that_a_file_tells_of_are_followed_each_on_its_day() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let days = [10, 40].map(|days| today(&world) + days.days());
    for (invoice, due_on) in ["F-1", "F-2"].iter().zip(days) {
        told(&world, invoice, 20, &json!({"plan": "piano 2026", "plan_due_on": due_on})).await;
    }
    let view = treatment(&world).await;
    assert_eq!((&view["action"], &view["due_on"]), (&json!("follow_plan"), &json!(days[0])), "{view}");
    let awaited = |on: Date, amount: &str| json!({"on": on, "amount": amount});
    assert_eq!(view["awaited"], json!([awaited(days[0], "5000.00"), awaited(days[1], "5000.00")]));
    told(&world, "F-3", 20, &json!({"plan": "piano 2026", "plan_due_on": days[1]})).await;
    let view = treatment(&world).await;
    assert_eq!(view["awaited"], json!([awaited(days[0], "5000.00"), awaited(days[1], "10000.00")]));
}

#[tokio::test]
async fn what_a_file_says_is_written_off_is_asked_of_nobody_and_what_falls_due_later_begins_anew() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    told(&world, "F-1", 200, &json!({"written_off_on": today(&world)})).await;
    let view = treatment(&world).await;
    assert_eq!((&view["phase"], &view["action"]), (&json!("write_off"), &json!("watch")), "{view}");
    assert_eq!(view["overdue"], "0.00");
    told(&world, "F-2", 6, &json!({})).await;
    let view = treatment(&world).await;
    assert_eq!((&view["overdue"], &view["invoices"]), (&json!("5000.00"), &json!(["F-2"])), "{view}");
    assert_ne!(view["phase"], "write_off");
    told(&world, "F-3", 200, &json!({"written_off_on": today(&world), "written_off_amount": "4000.00"})).await;
    assert_eq!(treatment(&world).await["overdue"], "6000.00", "a thousand of it is still asked for");
}

#[tokio::test]
async fn what_a_file_says_is_disputed_in_part_is_asked_for_in_part_and_settled_from_the_day_of_the_dispute() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let due = today(&world) - 90.days();
    tell(&world, "F-1", due, &json!({"disputed_on": today(&world), "disputed_amount": "2000.00"})).await;
    assert_eq!(treatment(&world).await["overdue"], "3000.00");
    tell(&world, "F-1", due, &json!({"disputed_on": today(&world)})).await;
    let whole = treatment(&world).await;
    assert_eq!((&whole["action"], &whole["late_since"]), (&json!("settle_dispute"), &Value::Null), "{whole}");
    let right = json!({"disputed_on": today(&world), "dispute_closed_on": today(&world), "dispute_outcome": "upheld"});
    tell(&world, "F-1", due, &right).await;
    let settled = treatment(&world).await;
    assert_eq!((&settled["overdue"], &settled["action"]), (&json!("0.00"), &json!("watch")), "{settled}");
}

#[tokio::test]
async fn a_dispute_that_a_person_records_stands_in_the_ledger_until_it_is_settled() {
    let world = World::new().await;
    late_client(&world, "C-1", 60).await;
    assert_eq!(state_of(&world, "C-1-LATE").await, "overdue");
    act(&world, "C-1", &json!({"kind": "dispute", "invoice": "C-1-LATE"})).await;
    assert_eq!(state_of(&world, "C-1-LATE").await, "disputed");
    let sums = totals(&world).await;
    assert_eq!(
        (&sums["disputed"], &sums["overdue"], &sums["interest"]),
        (&json!("5000.00"), &json!("0.00"), &json!("0.00"))
    );
    let before = world.clock.now();
    act(&world, "C-1", &json!({"kind": "dispute_settled", "invoice": "C-1-LATE", "accepted": false})).await;
    assert_eq!(state_of(&world, "C-1-LATE").await, "overdue");
    let then = world.get(&format!("/v1/clients/C-1/ledger?known_at={before}")).await;
    assert_eq!(then["items"][0]["state"], "disputed", "nobody knew of the end then");
}

#[tokio::test]
async fn a_person_settles_what_a_file_says_is_disputed() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    told(&world, "F-1", 60, &json!({"disputed": true})).await;
    assert_eq!(
        (treatment(&world).await["action"].as_str(), &*state_of(&world, "F-1").await),
        (Some("settle_dispute"), "disputed")
    );
    act(&world, "C-1", &json!({"kind": "dispute_settled", "invoice": "F-1", "accepted": false})).await;
    assert_eq!(state_of(&world, "F-1").await, "overdue");
    assert_eq!(treatment(&world).await["overdue"], "5000.00");
}

#[tokio::test]
async fn what_a_person_wrote_off_or_assigned_is_no_longer_open_in_the_ledger() {
    for (kind, state) in [("written_off", "written_off"), ("assigned", "assigned")] {
        let world = World::new().await;
        late_client(&world, "C-1", 300).await;
        act(&world, "C-1", &json!({"kind": kind})).await;
        assert_eq!(state_of(&world, "C-1-LATE").await, state);
        let sums = totals(&world).await;
        assert_eq!((&sums["open"], &sums["written_off"]), (&json!("0.00"), &json!("5000.00")), "{sums}");
        let view = treatment(&world).await;
        assert_eq!((&view["phase"], &view["overdue"]), (&json!("write_off"), &json!("0.00")), "{view}");
        overdue(&world, "C-1", "NEW", 6).await;
        let view = treatment(&world).await;
        assert_eq!((&view["overdue"], &view["invoices"]), (&json!("5000.00"), &json!(["NEW"])), "{view}");
        assert_ne!(view["phase"], "write_off", "what falls due later begins anew");
    }
}

#[tokio::test]
async fn a_night_knows_what_the_ledger_tells_of_claims_as_a_question_does() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    told(&world, "F-1", 30, &json!({"promised_on": today(&world) + 9.days()})).await;
    for _ in 0..2 {
        world.clock.advance(SignedDuration::from_hours(24));
        world.night().await;
        let listed = world.get("/v1/treatments?portfolio=main").await;
        assert_eq!(listed["items"][0]["action"], "await_promise", "{listed}");
        assert_eq!(treatment(&world).await["action"], "await_promise");
    }
}
