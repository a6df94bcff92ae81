//! What was recorded by mistake is taken back: nothing follows from it any more, and what was believed until then is on record.

use jiff::ToSpan;
use serde_json::json;

use super::actions::{act, late_client};
use crate::world::{World, problem, read};

async fn withdraw(world: &World, code: &str, action: &str) -> reqwest::Response {
    let path = format!("/v1/clients/{code}/actions/{action}");
    world.ask("DELETE", &path).send().await.unwrap()
}

#[tokio::test]
async fn a_mistyped_promise_is_taken_back_and_the_clock_goes_on_as_if_it_had_not_been() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let before = world.get("/v1/clients/C-1/treatment").await;
    let until = vedetta::domain::AsOf::at(world.clock.now()).valid_at + 20.days();
    let mistyped = json!({"kind": "promise", "amount": "999999999", "due_on": until});
    let told = act(&world, "C-1", &mistyped).await;
    assert_eq!(told["treatment"]["basis"], "promise", "{told}");
    let id = told["action"]["id"].as_str().unwrap();

    let after = read(withdraw(&world, "C-1", id).await, 200).await;
    for field in ["phase", "action", "due_on", "basis", "awaited", "actions"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    world.settle().await;
    let log = world.desk.store.audit().rows(0, 100).await.unwrap();
    assert!(log.iter().any(|entry| entry.what == "action.withdrawn" && entry.details.contains(id)));
    problem(withdraw(&world, "C-1", id).await, 404).await;
    problem(withdraw(&world, "C-1", "act_no").await, 404).await;

    // The same promise, meant this time, is another one; and the same again is the same.
    let meant = act(&world, "C-1", &mistyped).await;
    assert_eq!((meant["new"].as_bool(), meant["treatment"]["basis"].as_str()), (Some(true), Some("promise")));
    assert_ne!(meant["action"]["id"], told["action"]["id"]);
    assert_eq!(act(&world, "C-1", &mistyped).await["new"], false);
}

#[tokio::test]
async fn what_was_taken_back_under_a_name_of_the_callers_own_is_not_recorded_again_by_a_repetition() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let call = json!({"kind": "call", "reference": "erp-17"});
    let told = act(&world, "C-1", &call).await;
    read(withdraw(&world, "C-1", told["action"]["id"].as_str().unwrap()).await, 200).await;
    let again = world.ask("POST", "/v1/clients/C-1/actions").json(&call).send().await.unwrap();
    let refused = problem(again, 409).await;
    assert!(refused["detail"].as_str().unwrap().contains("another `reference`"), "{refused}");
}

#[tokio::test]
async fn a_promise_whose_end_is_recorded_goes_only_after_its_end() {
    let world = World::new().await;
    late_client(&world, "C-1", 30).await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    let given = json!({"kind": "promise", "amount": "100", "on": today - 9.days(), "due_on": today - 5.days()});
    let promise = act(&world, "C-1", &given).await;
    let broken = act(&world, "C-1", &json!({"kind": "promise_broken"})).await;
    let name = |told: &serde_json::Value| told["action"]["id"].as_str().unwrap().to_owned();
    let refused = problem(withdraw(&world, "C-1", &name(&promise)).await, 409).await;
    assert!(refused["detail"].as_str().unwrap().contains("take that back first"), "{refused}");
    read(withdraw(&world, "C-1", &name(&broken)).await, 200).await;
    let left = read(withdraw(&world, "C-1", &name(&promise)).await, 200).await;
    assert_eq!(left["actions"], json!([]));
}

#[tokio::test]
async fn who_asks_what_was_believed_before_still_finds_what_was_taken_back() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let told = act(&world, "C-1", &json!({"kind": "call"})).await;
    let id = told["action"]["id"].as_str().unwrap().parse().unwrap();
    let believed = world.clock.now();
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    read(withdraw(&world, "C-1", told["action"]["id"].as_str().unwrap()).await, 200).await;

    let facts = world.desk.store.facts();
    let all = facts.portfolios().await.unwrap();
    let portfolio = all.into_iter().find(|(_, name)| name.as_str() == "main").unwrap().0;
    let client = facts.client(portfolio, &"C-1".parse().unwrap()).await.unwrap().unwrap().id;
    let known = async |at| {
        let whose = vedetta::store::Whose::These(&[client]);
        let found = world.desk.store.treatments().circumstances(whose, at, (false, false)).await.unwrap();
        found.outcomes.get(&client).is_some_and(|all| all.iter().any(|outcome| outcome.id == id))
    };
    assert!(known(believed).await);
    assert!(!known(world.clock.now()).await);
}

#[tokio::test]
async fn nothing_follows_from_what_it_was_time_for_while_a_mistake_was_believed() {
    let world = World::new().await;
    late_client(&world, "C-1", 35).await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    act(&world, "C-1", &json!({"kind": "call", "on": today - 1.days()})).await;
    let before = world.get("/v1/clients/C-1/treatment").await;
    let notice = act(&world, "C-1", &json!({"kind": "notice_sent", "on": today - 20.days()})).await;
    let called = act(&world, "C-1", &json!({"kind": "call", "result": "no_answer"})).await;
    assert_eq!(called["action"]["was_due"], "extrajudicial_recovery", "what would follow the notice: {called}");
    let after = read(withdraw(&world, "C-1", notice["action"]["id"].as_str().unwrap()).await, 200).await;
    assert_eq!(after["phase"], before["phase"], "{after}");
    assert_eq!(after["next"]["phase"], "formal_notice", "no notice ever went out: {after}");
}

#[tokio::test]
async fn a_dispute_that_is_recorded_of_an_earlier_day_by_mistake_goes_without_the_end_of_the_true_one() {
    let world = World::new().await;
    late_client(&world, "C-1", 30).await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    let of = |kind: &str, days: i64| json!({"kind": kind, "invoice": "C-1-LATE", "on": today - days.days()});
    act(&world, "C-1", &of("dispute", 9)).await;
    act(&world, "C-1", &of("dispute_settled", 5)).await;
    let mistaken = act(&world, "C-1", &of("dispute", 7)).await;
    assert_eq!(mistaken["treatment"]["action"], "settle_dispute", "{mistaken}");
    let after = read(withdraw(&world, "C-1", mistaken["action"]["id"].as_str().unwrap()).await, 200).await;
    assert_ne!(after["action"], "settle_dispute", "{after}");
}
