//! Limits, groups and orders over the API: everybody as of now, each company once, and no currency taken for another.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, problem, read};

async fn group(world: &World, body: &Value) -> reqwest::Response {
    world.ask("PUT", "/v1/groups/Valmora?portfolio=main").json(body).send().await.unwrap()
}

async fn invoiced(world: &World, code: &str, invoice: &str, amount: &str, currency: &str) {
    let row = json!([{"client": code, "invoice": invoice, "issued_on": "2026-11-01", "due_on": "2026-12-01",
        "amount": amount, "currency": currency}]);
    assert_eq!(world.post("/v1/invoices?portfolio=main", &row, 200).await["accepted"], 1);
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_group_counts_what_everybody_owes_now_and_each_company_once() {
    let world = World::new().await;
    for (code, name) in [("C-1", "Tessitura Valmora"), ("C-2", "Filati Valmora"), ("C-3", "Tintoria Valmora")] {
        world.client("main", code, name, 0).await;
        let grant = json!({"amount": 9000, "reason": "as agreed"});
        let put = world.ask("PUT", &format!("/v1/clients/{code}/limit")).json(&grant).send().await.unwrap();
        read(put, 200).await;
    }
    let put = group(&world, &json!({"clients": ["C-1", "C-2"], "limit": 6000})).await;
    assert_eq!(read(put, 200).await["exposure"], 0.0);
    // Nobody has rescored C-2 since: the order of C-1 must not leave on what was recorded of it.
    invoiced(&world, "C-2", "C-2-NEW", "5500.00", "EUR").await;
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!(
        (limit["group"]["exposure"].as_f64(), limit["in_force"].as_f64()),
        (Some(5500.0), Some(500.0)),
        "{limit}"
    );
    let order = json!({"amount": 2000, "currency": "EUR"});
    let answer = world.post("/v1/clients/C-1/release", &order, 200).await;
    assert_eq!(answer["decision"], "hold");
    let named = |text: &str| {
        answer["reasons"].as_array().unwrap().iter().any(|r| r[text].as_str().unwrap().contains("Valmora"))
    };
    assert!(named("text") && named("text_it"), "the group whose limit binds is named: {answer}");

    let merged = world.ask("POST", "/v1/clients/C-2/merge").json(&json!({"into": "C-3"})).send().await.unwrap();
    assert!(merged.status().is_success());
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let limit = world.get("/v1/clients/C-3/limit").await;
    assert_eq!(limit["group"]["group"], "Valmora", "it is the company that is in the group: {limit}");
    assert_eq!(
        (limit["group"]["exposure"].as_f64(), limit["in_force"].as_f64()),
        (Some(5500.0), Some(6000.0)),
        "{limit}"
    );
}

#[tokio::test]
async fn a_limit_that_is_only_suggested_binds_nobody_although_the_client_is_in_a_group() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    read(group(&world, &json!({"clients": ["C-1"], "limit": 1_000_000})).await, 200).await;
    let answer = world.post("/v1/clients/C-1/release", &json!({"amount": 60_000}), 200).await;
    assert_eq!((answer["decision"].as_str(), codes(&answer)), (Some("refer"), vec!["over_limit"]), "{answer}");
}

#[tokio::test]
async fn a_stop_of_credit_outlives_a_merger_until_somebody_grants_anew() {
    let world = World::new().await;
    for (code, name) in [("C-1", "Tessitura Valmora"), ("C-2", "Filati Valmora")] {
        world.client("main", code, name, 0).await;
    }
    let grant = async |code: &str, amount: u32| {
        let body = json!({"amount": amount, "reason": "as agreed"});
        read(world.ask("PUT", &format!("/v1/clients/{code}/limit")).json(&body).send().await.unwrap(), 200).await
    };
    grant("C-2", 0).await;
    grant("C-1", 9_000).await;
    world.clock.advance(SignedDuration::from_secs(60));
    let merged = world.ask("POST", "/v1/clients/C-2/merge").json(&json!({"into": "C-1"})).send().await.unwrap();
    assert!(merged.status().is_success());
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    assert_eq!(world.get("/v1/clients/C-1/limit").await["in_force"], 0.0);
    assert_eq!(grant("C-1", 5_000).await["in_force"], 5000.0);
    world.clock.advance(SignedDuration::from_secs(60));
    read(world.ask("DELETE", "/v1/clients/C-1/limit").send().await.unwrap(), 200).await;
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!(limit["temporary"], Value::Null, "what is taken back is taken back under every code: {limit}");
}

#[tokio::test]
async fn a_client_leaves_its_group_only_when_that_is_said() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    read(group(&world, &json!({"clients": ["C-1"], "limit": 6000})).await, 200).await;
    let other = |body: Value| world.ask("PUT", "/v1/groups/Altri?portfolio=main").json(&body).send();
    let refused = problem(other(json!({"clients": ["C-1"], "limit": 100})).await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/clients/0");
    let body = json!({"clients": ["C-1"], "limit": 100, "from_other_groups": true});
    read(other(body).await.unwrap(), 200).await;
    assert_eq!(world.get("/v1/clients/C-1/limit").await["group"]["group"], "Altri");
}

#[tokio::test]
async fn what_is_in_another_currency_is_added_to_nothing_and_an_order_beside_it_is_looked_at() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let order = json!({"amount": 10, "currency": "EUR"});
    assert_eq!(codes(&world.post("/v1/clients/C-1/release", &order, 200).await), ["within_limit"]);
    let foreign = world.post("/v1/clients/C-1/release", &json!({"amount": 10, "currency": "USD"}), 200).await;
    assert_eq!((&foreign["amount_currency"], &foreign["currency"]), (&json!("USD"), &json!("EUR")), "{foreign}");
    let dollars = json!({"amount": "9000", "currency": "USD", "reason": "a large order"});
    let refused = world.ask("PUT", "/v1/clients/C-1/limit").json(&dollars).send().await.unwrap();
    assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], "/currency");

    invoiced(&world, "C-1", "C-1-USD", "1000000.00", "USD").await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!(view["other_currencies"], json!(["1000000.00 USD"]), "{view}");
    assert!(view["why"].as_str().unwrap().contains("1 000 000 USD"), "{view}");
    let answer = world.post("/v1/clients/C-1/release", &order, 200).await;
    assert_eq!((&answer["decision"], codes(&answer)), (&json!("refer"), vec!["other_currency"]));
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!((limit["exposure"].as_f64(), &limit["other_currencies"]), (Some(0.0), &json!(["1000000.00 USD"])));
    let refused = problem(group(&world, &json!({"clients": ["C-1"], "limit": 6000})).await, 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/clients/0");

    let row = json!([{"client": "C-2", "name": "Filati Valmora", "country": "IT", "credit_limit": "5000", "currency": "USD"}]);
    world.client("main", "C-2", "Filati Valmora", 0).await;
    world.post("/v1/clients?portfolio=main", &row, 200).await;
    let answer = world.post("/v1/clients/C-2/release", &order, 200).await;
    assert!(codes(&answer).contains(&"limit_currency"), "{answer}");
    assert_eq!(world.get("/v1/clients/C-2/limit").await["other_currency_limits"], json!(["5000.00 USD"]));
}

#[tokio::test]
async fn of_two_invoices_of_one_number_the_one_that_is_disputed_is_left_alone() {
    let world = World::new().await;
    for (code, amount) in [("C-1", "5000.00"), ("C-9", "3000.00")] {
        world.client("main", code, "Tessitura Valmora", 0).await;
        let row = json!([{"client": code, "invoice": "2026/7", "issued_on": "2026-09-01", "due_on": "2026-10-01",
            "amount": amount}]);
        world.post("/v1/invoices?portfolio=main", &row, 200).await;
    }
    let merged = world.ask("POST", "/v1/clients/C-9/merge").json(&json!({"into": "C-1"})).send().await.unwrap();
    assert!(merged.status().is_success());
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!((&view["overdue"], &view["invoices"]), (&json!("8000.00"), &json!(["2026/7", "2026/7"])), "{view}");
    let disputed = |body: Value| world.ask("POST", "/v1/clients/C-1/actions").json(&body).send();
    let refused = problem(disputed(json!({"kind": "dispute", "invoice": "2026/7"})).await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/invoice_client", "{refused}");
    let body = json!({"kind": "dispute", "invoice": "2026/7", "invoice_client": "C-9"});
    let answer = read(disputed(body).await.unwrap(), 200).await;
    assert_eq!(answer["treatment"]["overdue"], "5000.00", "{answer}");
    world.clock.advance(SignedDuration::from_secs(60));
    let settled = json!({"kind": "dispute_settled", "invoice": "2026/7", "invoice_client": "C-9", "accepted": false});
    let answer = read(disputed(settled).await.unwrap(), 200).await;
    assert_eq!(answer["treatment"]["overdue"], "8000.00", "{answer}");
}
