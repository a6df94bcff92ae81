use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

const PATH: &str = "/v1/clients/N-1/override";

/// A client that owes far more than one person may decide about, and two keys.
async fn world() -> (World, Value, [String; 2]) {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 12).await;
    let open = json!([{"client": "N-1", "invoice": "large", "issued_on": "2026-11-01", "due_on": "2026-12-01",
        "amount": "2500000.00"}]);
    world.post("/v1/invoices?portfolio=north", &open, 200).await;
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let keys = [world.key_for(Scope::Write, &["north"]).await, world.key_for(Scope::Write, &["north"]).await];
    let rating = world.get("/v1/clients/N-1/rating").await;
    world.clock.advance(SignedDuration::from_secs(60));
    (world, rating, keys)
}

async fn send(world: &World, key: &str, method: &str, path: &str, status: u16) -> Value {
    let request = world.bare(method, path).bearer_auth(key);
    let request = match method {
        "POST" if path == PATH => request.json(&json!({"grade": "C3", "reason": "its bank has called in a loan"})),
        _ => request,
    };
    read(request.send().await.unwrap(), status).await
}

/// The words of the audit log about overrides, oldest first, with who.
async fn noted(world: &World) -> Vec<(String, String)> {
    let rows = world.desk.store.audit().rows(0, 100).await.unwrap();
    rows.into_iter().filter(|row| row.what.starts_with("override.")).map(|row| (row.what, row.who)).collect()
}

#[tokio::test]
async fn an_override_of_a_large_exposure_moves_nothing_until_another_key_confirms_it() {
    let (world, before, [one, two]) = world().await;
    let asked = send(&world, &one, "POST", PATH, 202).await;
    assert_eq!((&asked["grade"], &asked["override"]), (&before["grade"], &Value::Null));
    assert_eq!(asked["pending_override"]["grade"], "C3");
    let shown = world.get("/v1/clients/N-1/rating").await;
    assert_eq!((&shown["pending_override"], &shown["client_seq"]), (&asked["pending_override"], &before["client_seq"]));

    let confirm = format!("{PATH}/confirm");
    let own = world.bare("POST", &confirm).bearer_auth(&one).send().await.unwrap();
    assert_eq!(problem(own, 403).await["code"], "forbidden");
    let decided = send(&world, &two, "POST", &confirm, 200).await;
    assert_eq!((&decided["grade"], &decided["override"]["grade"]), (&json!("C3"), &json!("C3")));
    assert_eq!(decided.get("pending_override"), None);
    assert_eq!(decided["override"]["author"], asked["pending_override"]["author"]);
    let again = world.bare("POST", &confirm).bearer_auth(&two).send().await.unwrap();
    problem(again, 404).await;

    let noted = noted(&world).await;
    let words: Vec<&str> = noted.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(words, ["override.asked", "override.confirmed"]);
    assert_ne!(noted[0].1, noted[1].1, "two keys");
    world.desk.store.audit().verify().await.unwrap();
}

#[tokio::test]
async fn an_override_that_waits_is_given_up_by_ending_it_or_by_its_own_end() {
    let (world, before, [one, two]) = world().await;
    send(&world, &one, "POST", PATH, 202).await;
    let given_up = send(&world, &two, "DELETE", PATH, 200).await;
    assert_eq!((given_up.get("pending_override"), &given_up["client_seq"]), (None, &before["client_seq"]));
    problem(world.bare("DELETE", PATH).bearer_auth(&two).send().await.unwrap(), 404).await;
    send(&world, &one, "POST", PATH, 202).await;
    world.clock.advance(SignedDuration::from_hours(91 * 24));
    let late = world.bare("POST", &format!("{PATH}/confirm")).bearer_auth(&two).send().await.unwrap();
    problem(late, 404).await;
    assert_eq!(world.get("/v1/clients/N-1/rating").await.get("pending_override"), None);
    let words: Vec<String> = noted(&world).await.into_iter().map(|(what, _)| what).collect();
    assert_eq!(words, ["override.asked", "override.withdrawn", "override.asked"]);
}
