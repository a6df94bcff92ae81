use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

const WRONG: &str = "client,invoice,issued_on,due_on,amount\nC-1,NEW,2026-08-01,2026-08-31,9000\nC-1,C-1-1,2026-09-01,2026-10-01,5000\n";

/// A client whose ledger a wrong file has changed; answers the import's number.
async fn taken(world: &World) -> i64 {
    world.client("main", "C-1", "Meccanica Valdossa", 2).await;
    world.client("other", "O-1", "Cantiere Meridiano", 2).await;
    world.clock.advance(SignedDuration::from_secs(60));
    let send = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "text/csv");
    let answer = read(send.body(WRONG).send().await.unwrap(), 200).await;
    assert_eq!((&answer["changed"], &answer["import"]), (&json!(2), &json!(1)), "{answer}");
    world.settle().await;
    world.clock.advance(SignedDuration::from_secs(60));
    answer["import"].as_i64().unwrap()
}

async fn undo(world: &World, key: &str, id: i64) -> reqwest::Response {
    world.bare("POST", &format!("/v1/imports/{id}/undo")).bearer_auth(key).send().await.unwrap()
}

/// What is open and which invoices there are, by a query.
async fn ledger(world: &World, query: &str) -> (Value, Vec<String>) {
    let page = world.get(&format!("/v1/clients/C-1/ledger?portfolio=main{query}")).await;
    let numbers = page["items"].as_array().unwrap().iter().map(|line| line["invoice"].as_str().unwrap().to_owned());
    (page["totals"][0]["open"].clone(), numbers.collect())
}

#[tokio::test]
async fn a_file_that_is_taken_back_no_longer_counts_and_the_rating_follows() {
    let world = World::new().await;
    let before = ledger_before(&world).await;
    let id = taken(&world).await;
    let (believed, then) = (ledger(&world, "").await, world.clock.now());
    let bad = world.get("/v1/clients/C-1/rating?portfolio=main").await;
    assert!(believed.1.contains(&"NEW".to_owned()));
    world.clock.advance(SignedDuration::from_secs(60));

    let listed = world.get("/v1/imports?portfolio=main").await["items"].clone();
    let only = &listed[0];
    assert_eq!((&only["id"], &only["kind"], &only["file"]), (&json!(id), &json!("invoices"), &json!("invoices.csv")));
    assert_eq!((&only["rows"], &only["can_be_undone"], listed.as_array().unwrap().len()), (&json!(2), &json!(true), 1));

    let undone = read(undo(&world, &world.key, id).await, 200).await;
    let expected = json!({"id": id, "restored": 1, "withdrawn": 1, "changed_since": 0, "kept": 0, "left": []});
    assert_eq!(undone, expected);
    assert_eq!(world.settle().await.scanned, 1, "what the client owes has changed, so that it is rated anew");
    let now = ledger(&world, "").await;
    assert!(!now.1.contains(&"NEW".to_owned()) && now.1.len() == 12, "{now:?}");
    assert_eq!(ledger(&world, &format!("&known_at={then}")).await, believed, "then it was believed");
    let good = world.get("/v1/clients/C-1/rating?portfolio=main").await;
    assert!(good["pd"].as_f64() < bad["pd"].as_f64(), "{} {}", good["pd"], bad["pd"]);
    assert_eq!(good["points"], before, "as if the file had never been");
    let listed = world.get("/v1/imports?portfolio=main").await["items"][0].clone();
    assert_eq!((&listed["can_be_undone"], listed["undone_at"].is_string()), (&json!(false), true));
    assert!(world.desk.store.audit().verify().await.unwrap() > 3);
    let log = world.desk.store.audit().newest(i64::MAX, (None, Some("import.undone")), 9).await.unwrap();
    assert_eq!((log.len(), log[0].object.as_str()), (1, "1"));
}

/// The points of the same client where no file was ever wrong.
async fn ledger_before(_: &World) -> Value {
    let world = World::new().await;
    world.client("main", "C-1", "Meccanica Valdossa", 2).await;
    world.get("/v1/clients/C-1/rating?portfolio=main").await["points"].clone()
}

#[tokio::test]
async fn an_import_is_undone_once_within_a_day_and_by_those_who_see_it() {
    let world = World::new().await;
    let id = taken(&world).await;
    let other = world.key_for(Scope::Admin, &["other"]).await;
    let reader = world.key_for(Scope::Read, &["main"]).await;
    let own = world.key_for(Scope::Write, &["main"]).await;
    problem(undo(&world, &other, id).await, 404).await;
    problem(undo(&world, &reader, id).await, 403).await;
    problem(undo(&world, &own, 987_654).await, 404).await;
    let seen = read(world.bare("GET", "/v1/imports").bearer_auth(&other).send().await.unwrap(), 200).await;
    assert_eq!(seen["items"], json!([]));

    world.clock.advance(SignedDuration::from_hours(24));
    let late = problem(undo(&world, &own, id).await, 409).await;
    assert!(late["detail"].as_str().unwrap().contains("24 hours"), "{late}");
    let again = WRONG.replace("9000", "9001");
    let send = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "text/csv");
    let id = read(send.body(again).send().await.unwrap(), 200).await["import"].as_i64().unwrap();
    read(undo(&world, &own, id).await, 200).await;
    let twice = problem(undo(&world, &own, id).await, 409).await;
    assert!(twice["detail"].as_str().unwrap().contains("before"), "{twice}");
    let page = world.get("/v1/imports?limit=1").await;
    assert_eq!(page["items"][0]["id"], id);
    let rest = world.get(&format!("/v1/imports?limit=1&cursor={}", page["next"].as_str().unwrap())).await;
    assert_eq!((&rest["items"][0]["can_be_undone"], &rest["next"]), (&json!(false), &Value::Null));
}
