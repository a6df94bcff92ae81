use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

#[tokio::test]
async fn rows_come_as_lines_as_a_file_or_as_an_array_and_each_has_its_outcome() {
    let world = World::new().await;
    let send = |kind: &str, body: &str| {
        world.ask("POST", "/v1/clients").header("content-type", kind).body(body.to_owned()).send()
    };
    let lines = "{\"client\":\"A\",\"name\":\"Alfa\"}\n{\"client\":\"B\"}\nnot json\n";
    let answer = read(send("application/x-ndjson", lines).await.unwrap(), 200).await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!(2)), "{answer}");
    assert_eq!((&answer["rejects"][0]["line"], &answer["rejects"][1]["line"]), (&json!(2), &json!(3)));
    let answer = read(send("text/csv", "client,name\nC,Gamma\nA,Alfa\n").await.unwrap(), 200).await;
    assert_eq!(
        (&answer["accepted"], &answer["unchanged"], &answer["created_clients"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let answer = read(send("application/json", "[{\"client\":\"D\",\"name\":\"Delta\"}]").await.unwrap(), 200).await;
    assert_eq!(answer["created_clients"], 1);
    problem(send("application/xml", "<a/>").await.unwrap(), 415).await;
    let list = world.get("/v1/clients?q=elt").await;
    assert_eq!(list["items"][0]["client"], "D");
}

#[tokio::test]
async fn a_client_is_put_twice_and_is_one() {
    let world = World::new().await;
    let put = |body: Value| world.ask("PUT", "/v1/clients/C%2F7").json(&body).send();
    let made = read(put(json!({"name": "Vetreria Lunare", "country": "IT"})).await.unwrap(), 201).await;
    assert_eq!((&made["client"], &made["portfolio"]), (&json!("C/7"), &json!("default")));
    let same = read(put(json!({"name": "Vetreria Lunare", "country": "FR"})).await.unwrap(), 200).await;
    assert_eq!(same["country"], "FR");
    let wrong = problem(put(json!({"name": "Vetreria Lunare", "lei": "123"})).await.unwrap(), 422).await;
    assert_eq!(wrong["errors"][0]["pointer"], "/lei");
    problem(put(json!({"client": "other", "name": "x"})).await.unwrap(), 422).await;
}

#[tokio::test]
async fn a_key_that_sees_two_portfolios_says_which_one_it_writes_to() {
    let world = World::new().await;
    let key = world.key_for(Scope::Write, &["north", "south"]).await;
    let row = json!([{"client": "C-1", "name": "Torneria Alta"}]);
    let send = |path: &str| world.bare("POST", path).bearer_auth(&key).json(&row).send();
    assert_eq!(problem(send("/v1/clients").await.unwrap(), 409).await["code"], "which_portfolio");
    read(send("/v1/clients?portfolio=south").await.unwrap(), 200).await;
    problem(send("/v1/clients?portfolio=east").await.unwrap(), 404).await;
}

#[tokio::test]
async fn the_same_signal_told_twice_is_one_and_a_cancelled_protest_no_longer_counts() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let before = world.get("/v1/clients/C-1/rating").await["grade"].clone();
    let first = world.protest("C-1", "50000").await;
    let again = world.protest("C-1", "50000").await;
    assert_eq!((&first["id"], &first["new"], &again["new"]), (&again["id"], &json!(true), &json!(false)));
    assert_ne!(world.get("/v1/clients/C-1/rating").await["grade"], before);
    assert_eq!(world.get("/v1/clients/C-1/signals").await["items"].as_array().unwrap().len(), 1);
    let cancelled = json!({"client": "C-1", "kind": "protest", "valid_at": "2026-11-20", "source": "chamber",
        "official": true,
        "fields": {"instrument": "bill", "amount": "50000", "raised_on": "2026-11-18", "state": "cancelled"}});
    world.post("/v1/signals", &cancelled, 202).await;
    world.settle().await;
    assert_eq!(world.get("/v1/clients/C-1/signals").await["items"], json!([]));
    assert_eq!(world.get("/v1/clients/C-1/rating").await["grade"], before);
}

#[tokio::test]
async fn a_subscription_shows_its_secret_once_and_can_be_changed_and_ended() {
    let world = World::new().await;
    let wish = json!({"name": "ERP", "channel": {"webhook": {"url": "http://127.0.0.1:9/hook"}},
        "when": {"grade_at_or_below": "C1"}, "locale": "en"});
    let made = world.post("/v1/subscriptions", &wish, 201).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path).await["secret"], Value::Null);
    let patch = json!({"name": "ERP 2", "rotate_secret": true, "enabled": false});
    let changed = read(world.ask("PATCH", &path).json(&patch).send().await.unwrap(), 200).await;
    assert_ne!(changed["secret"], made["secret"]);
    assert_eq!((&changed["name"], changed["disabled"].is_string()), (&json!("ERP 2"), true));
    for (wrong, pointer) in [
        (json!({"name": "", "channel": {"webhook": {"url": "http://127.0.0.1:9/"}}}), "/name"),
        (json!({"name": "n", "channel": {"webhook": {"url": "ftp://127.0.0.1/"}}}), "/channel/webhook/url"),
        (json!({"name": "n", "channel": {"email": {"to": "a@b.example"}}}), "/channel"),
        (
            json!({"name": "n", "channel": {"webhook": {"url": "http://127.0.0.1:9/"}}, "when": {"direction": "left"}}),
            "/when/direction",
        ),
    ] {
        let refused = problem(world.ask("POST", "/v1/subscriptions").json(&wrong).send().await.unwrap(), 422).await;
        assert!(refused["errors"][0]["pointer"].as_str().unwrap().starts_with(pointer), "{refused}");
    }
    assert_eq!(world.ask("DELETE", &path).send().await.unwrap().status(), 204);
    problem(world.ask("GET", &path).send().await.unwrap(), 404).await;
}
