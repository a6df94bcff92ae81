use jiff::{Span, ToSpan};
use serde_json::{Value, json};
use vedetta::domain::AsOf;

use crate::world::{World, problem};

/// A good payer until invoices of this amount, due so many days ago, were left open.
async fn with_overdue(due_ago: &[i32], amount: &str) -> World {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 1).await;
    let today = AsOf::at(world.clock.now()).valid_at;
    let day = |ago: i32| today - Span::new().days(ago);
    let open = |(n, ago): (usize, &i32)| json!({"client": "C-1", "invoice": format!("O-{n}"), "issued_on": day(*ago + 30), "due_on": day(*ago), "amount": amount});
    let rows: Vec<Value> = due_ago.iter().enumerate().map(open).collect();
    world.post("/v1/invoices?portfolio=default", &json!(rows), 200).await;
    world.settle().await;
    world
}

fn kinds(path: &Value) -> Vec<&str> {
    path["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

fn rank(grade: &Value) -> usize {
    ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D"].iter().position(|g| grade == g).unwrap()
}

#[tokio::test]
async fn what_is_overdue_is_to_be_paid_and_the_sentence_says_how_much_since_when_in_two_languages() {
    let world = with_overdue(&[70, 40], "7100.00").await;
    let grade = world.get("/v1/clients/C-1/rating").await["grade"].clone();
    let path = world.get("/v1/clients/C-1/path?to=B2").await;
    assert_eq!((&path["grade"], &path["reachable"]), (&grade, &json!(true)), "{path}");
    assert_eq!(kinds(&path)[0], "pay_overdue", "{path}");
    assert!(rank(&path["result"]["grade"]) <= rank(&json!("B2")), "{path}");
    assert!(path["text"].as_str().unwrap().starts_with("pay the 14 200 EUR overdue since 11 September 2026"), "{path}");
    let italian = path["text_it"].as_str().unwrap();
    assert!(
        italian.starts_with("pagare lo scaduto di 14.200\u{a0}€, il più vecchio del 11 settembre 2026"),
        "{italian}"
    );
}

#[tokio::test]
async fn a_better_grade_costs_no_less() {
    let world = with_overdue(&[100, 60, 20], "4000.00").await;
    let (mut months, mut amount) = (0, 0.0);
    for to in ["C2", "C1", "B3", "B2", "B1"] {
        let path = world.get(&format!("/v1/clients/C-1/path?to={to}")).await;
        if path["reachable"] == false {
            continue;
        }
        let now = (path["months"].as_i64().unwrap(), path["amount"].as_f64().unwrap());
        let price = |(months, amount): (i64, f64)| amount + months as f64 * 0.02 * 16_000.0;
        assert!(price(now) >= price((months, amount)), "{to}: {path}");
        (months, amount) = now;
    }
    assert!(amount > 0.0);
}

#[tokio::test]
async fn what_is_owed_in_another_currency_than_the_ledger_s_is_no_step_of_a_way() {
    let world = with_overdue(&[70, 40], "7100.00").await;
    let today = AsOf::at(world.clock.now()).valid_at;
    let dollars = json!([{"client": "C-1", "invoice": "USD-1", "issued_on": today - 40.days(), "due_on": today - 10.days(),
        "amount": "5000.00", "currency": "USD"}]);
    world.post("/v1/invoices?portfolio=default", &dollars, 200).await;
    world.settle().await;
    let path = world.get("/v1/clients/C-1/path?to=B2").await;
    assert_eq!((&path["amount"], &path["steps"][0]["currency"]), (&json!(14_200.0), &json!("EUR")), "{path}");
}

#[tokio::test]
async fn months_without_a_new_protest_are_a_way_and_so_is_paying_the_bill() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 1).await;
    let clean = world.get("/v1/clients/C-1/rating").await["grade"].clone();
    world.protest("C-1", "18000").await;
    let grade = world.get("/v1/clients/C-1/rating").await["grade"].clone();
    assert!(rank(&grade) > rank(&clean));
    let path = world.get(&format!("/v1/clients/C-1/path?to={}", clean.as_str().unwrap())).await;
    assert_eq!(path["reachable"], true, "{path}");
    let text = path["text"].as_str().unwrap();
    assert!(text.contains("no new protest") || text.contains("have the protest cancelled"), "{text}");
    let to_c1 = world.get("/v1/clients/C-1/path?to=C1").await;
    assert!(to_c1["amount"].as_f64().unwrap() <= path["amount"].as_f64().unwrap(), "{to_c1}");
}

#[tokio::test]
async fn what_the_sentence_promises_comes_true_when_the_client_does_it() {
    let world = with_overdue(&[40, 25], "900.00").await;
    let mut now = None;
    for to in ["B1", "B2", "B3", "C1", "C2"] {
        let path = world.get(&format!("/v1/clients/C-1/path?to={to}")).await;
        now = now.or(Some(path).filter(|path| path["months"] == 0 && !kinds(path).is_empty()));
    }
    let path = now.expect("some grade is a payment away");
    assert_eq!(kinds(&path), ["pay_overdue"], "{path}");
    let today = AsOf::at(world.clock.now()).valid_at;
    let n_paid = path["steps"][0]["invoices"].as_u64().unwrap();
    let due = [40, 25];
    let rows: Vec<Value> = (0..n_paid as usize)
        .map(|n| {
            let due_on = today - due[n].days();
            json!({"client": "C-1", "invoice": format!("O-{n}"), "issued_on": due_on - 30.days(), "due_on": due_on,
                "amount": "900.00", "paid_on": today})
        })
        .collect();
    world.post("/v1/invoices?portfolio=default", &json!(rows), 200).await;
    world.settle().await;
    let after = world.get("/v1/clients/C-1/rating").await;
    assert_eq!((&after["points"], &after["grade"]), (&path["result"]["points"], &path["result"]["grade"]));
}

#[tokio::test]
async fn where_nothing_helps_it_is_said_plainly() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 1).await;
    let there = world.get("/v1/clients/C-1/path?to=C3").await;
    assert_eq!((&there["reachable"], kinds(&there).len()), (&json!(true), 0));
    assert!(there["text"].as_str().unwrap().starts_with("nothing is to be done"), "{there}");

    let told = json!({"client": "C-1", "kind": "company_status", "valid_at": "2026-11-18", "source": "register",
        "official": true, "fields": {"status": "insolvent_liquidation", "opened_on": "2026-11-18"}});
    world.post("/v1/signals", &told, 202).await;
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    world.settle().await;
    let path = world.get("/v1/clients/C-1/path?to=B2").await;
    assert_eq!((&path["reachable"], &path["result"]["grade"]), (&json!(false), &json!("D")), "{path}");
    assert!(path["text"].as_str().unwrap().contains("insolvent procedure"), "{path}");
    assert!(path["text_it"].as_str().unwrap().contains("procedura concorsuale"), "{path}");

    for to in ["D", "ND", "Z9"] {
        let refused = world.ask("GET", &format!("/v1/clients/C-1/path?to={to}")).send().await.unwrap();
        assert!(problem(refused, 400).await["detail"].as_str().unwrap().contains("A1"), "{to}");
    }
    problem(world.ask("GET", "/v1/clients/NOBODY/path?to=B2").send().await.unwrap(), 404).await;
}
