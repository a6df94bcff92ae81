//! Onboarding over HTTP: who may, what is refused, what is given back.

use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

fn prospect() -> Value {
    json!({"name": "Panificio Gervasoni S.n.c.", "country": "IT", "tax_id": "01654010345", "amount": "3000"})
}

#[tokio::test]
async fn an_assessment_is_read_again_byte_for_byte_and_is_listed() {
    let world = World::new().await;
    let made = world.ask("POST", "/v1/assessments?portfolio=pmi").json(&prospect()).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let bytes = made.text().await.unwrap();
    let said: Value = serde_json::from_str(&bytes).unwrap();
    assert_eq!(location, format!("/v1/assessments/{}", said["id"].as_str().unwrap()));
    assert_eq!((&said["decision"], &said["rating"]["grade"]), (&json!("refer"), &json!("ND")));
    world.clock.advance(jiff::SignedDuration::from_hours(24));
    let again = world.ask("GET", &location).send().await.unwrap();
    assert_eq!(again.text().await.unwrap(), bytes);
    world.post("/v1/assessments?portfolio=pmi", &prospect(), 201).await;
    let first = world.get("/v1/assessments?limit=1").await;
    let rest = world.get(&format!("/v1/assessments?cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&said["id"], &Value::Null), "the newest comes first");
    let recomputed = world.get(&format!("{location}/recomputed")).await;
    assert_eq!((&recomputed["same"], &recomputed["why"]), (&json!(true), &json!([])));
    let log = world.desk.store.audit().verify().await.unwrap();
    assert!(log >= 2, "each is noted");
}

#[tokio::test]
async fn every_wrong_field_of_a_prospect_is_named_at_once() {
    let world = World::new().await;
    let wrong = json!({"name": "X", "country": "IT", "tax_id": "01654010340", "lei": "Y", "amount": "-1"});
    let refused = world.ask("POST", "/v1/assessments").json(&wrong).send().await.unwrap();
    let refused = problem(refused, 422).await;
    let places: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert_eq!(places, ["/amount", "/lei", "/tax_id"]);
    let unknown = world.ask("POST", "/v1/assessments").json(&json!({"name": "X", "colour": "red"}));
    problem(unknown.send().await.unwrap(), 422).await;
    assert_eq!(world.get("/v1/assessments").await["items"], json!([]));
}

#[tokio::test]
async fn a_key_sees_the_prospects_of_its_own_portfolio_and_may_do_what_its_scope_says() {
    let world = World::new().await;
    for portfolio in ["ours", "theirs"] {
        world.client(portfolio, "C-1", "Officine Brandoni S.r.l.", 0).await;
    }
    let made = world.post("/v1/assessments?portfolio=ours", &prospect(), 201).await;
    let path = format!("/v1/assessments/{}", made["id"].as_str().unwrap());
    let stranger = world.key_for(Scope::Admin, &["theirs"]).await;
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("GET", format!("{path}/recomputed"), None),
        ("POST", format!("{path}/client"), Some(json!({"client": "C-1"}))),
        ("POST", format!("{path}/erase"), Some(json!({"reason": "theirs"}))),
    ] {
        let request = world.bare(method, &path).bearer_auth(&stranger);
        let request = body.map_or(request.try_clone().unwrap(), |body| request.json(&body));
        assert_eq!(problem(request.send().await.unwrap(), 404).await["code"], "not_found", "{method} {path}");
    }
    let list = world.bare("GET", "/v1/assessments").bearer_auth(&stranger).send().await.unwrap();
    assert_eq!(read(list, 200).await["items"], json!([]));
    let reader = world.key_for(Scope::Read, &["ours"]).await;
    let refused = world.bare("POST", "/v1/assessments").bearer_auth(&reader).json(&prospect()).send().await.unwrap();
    problem(refused, 403).await;
    let shown = world.bare("GET", &path).bearer_auth(&reader).send().await.unwrap();
    assert_eq!(read(shown, 200).await, made);
}

#[tokio::test]
async fn a_request_to_assess_that_is_sent_again_makes_one_assessment() {
    let world = World::new().await;
    let send = || world.ask("POST", "/v1/assessments?portfolio=pmi").header("Idempotency-Key", "one").json(&prospect());
    let first = read(send().send().await.unwrap(), 201).await;
    let second = read(send().send().await.unwrap(), 201).await;
    assert_eq!(first, second);
    assert_eq!(world.get("/v1/assessments").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_client_that_came_a_moment_ago_is_found_and_one_that_was_renamed_is_not_by_its_old_name() {
    let world = World::new().await;
    let standing =
        async || world.post("/v1/assessments?portfolio=pmi", &prospect(), 201).await["identity"]["standing"].clone();
    assert_eq!(standing().await, "new");
    let row =
        |code: &str, name: &str, tax: &str| json!([{"client": code, "name": name, "country": "IT", "tax_id": tax}]);
    world.post("/v1/clients?portfolio=pmi", &row("C-7", "Panificio Gervasoni S.n.c.", "01654010345"), 200).await;
    assert_eq!(standing().await, "client");
    world.post("/v1/clients?portfolio=pmi", &row("C-7", "Officine Brandoni S.r.l.", "02345670984"), 200).await;
    assert_eq!(standing().await, "new");
    world.post("/v1/clients?portfolio=altri", &row("X-7", "Panificio Gervasoni S.n.c.", "01654010345"), 200).await;
    assert_eq!(standing().await, "new", "another creditor's client is nobody's business");
}
