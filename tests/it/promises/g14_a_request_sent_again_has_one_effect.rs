//! G14: an idempotency key gives one effect, over replicas and crashes. How long it does is looked at in `serve`.

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Response;
use serde_json::{Value, json};
use vedetta::{
    domain::Sha256,
    store::{Known, within},
};

use super::doses::{REPLICAS, figures, same_requests};
use crate::world::{World, house, problem, read};

fn wish(name: &str) -> Value {
    json!({"name": name, "channel": {"sse": {}}})
}

async fn subscribe(world: &World, address: &str, key: &str, body: &Value) -> Response {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{address}/v1/subscriptions")).bearer_auth(&world.key);
    request.header("Idempotency-Key", key).json(body).send().await.unwrap()
}

/// How many subscriptions have that name.
async fn n_named(world: &World, name: &str) -> usize {
    let all = world.get("/v1/subscriptions").await;
    all["items"].as_array().unwrap().iter().filter(|s| s["name"] == name).count()
}

#[tokio::test]
async fn g14_the_same_request_on_three_replicas_at_once_has_one_effect() {
    let world = World::new().await;
    let mut addresses = vec![world.address.clone()];
    while addresses.len() < REPLICAS {
        addresses.push(world.replica().await);
    }
    let body = wish("once");
    let sending = (0..same_requests()).map(|n| subscribe(&world, &addresses[n % REPLICAS], "one", &body));
    let mut n_answered = 0;
    for response in futures::future::join_all(sending).await {
        match response.status().as_u16() {
            201 => n_answered += 1,
            _ => assert_eq!(problem(response, 409).await["code"], "idempotency_under_way"),
        }
    }
    assert!(n_answered > 0);
    assert_eq!(n_named(&world, "once").await, 1);
    let again = subscribe(&world, &addresses[1], "one", &body).await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    let place = again.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(world.get(&place).await, read(again, 201).await);
    let n = same_requests();
    figures(&format!("{n} requests of one key on {REPLICAS} replicas, 1 effect, {n_answered} told of it at once"));
}

#[tokio::test]
async fn g14_a_key_stands_for_one_request_of_one_caller() {
    let mut world = World::new().await;
    let address = world.address.clone();
    read(subscribe(&world, &address, "k", &wish("a")).await, 201).await;
    let other = problem(subscribe(&world, &address, "k", &wish("b")).await, 422).await;
    assert_eq!(other["code"], "idempotency_key_reused");
    for bad in ["two words", &"x".repeat(256)] {
        assert_eq!(
            problem(subscribe(&world, &address, bad, &wish("a")).await, 400).await["code"],
            "bad_idempotency_key"
        );
    }
    // A refusal has no effect, so the same word may stand for the request when it is right.
    problem(subscribe(&world, &address, "r", &json!({"name": 7})).await, 422).await;
    read(subscribe(&world, &address, "r", &wish("right")).await, 201).await;
    world.key = world.key_for(vedetta::store::Scope::Write, &[]).await;
    read(subscribe(&world, &address, "k", &wish("b")).await, 201).await;
}

#[tokio::test]
async fn g14_a_crash_between_the_effect_and_the_answer_is_told_and_one_before_it_is_made_good() {
    let world = World::new().await;
    let caller = world.get("/v1/keys").await["items"][0]["id"].as_str().unwrap().to_owned();
    let body = wish("half");
    let text = serde_json::to_vec(&body).unwrap();
    let asked = Sha256::of(&[b"/v1/subscriptions\napplication/json\n", text.as_slice()].concat());
    let now = world.clock.now();
    let until = now + SignedDuration::from_secs(35);
    let once = world.desk.store.once();

    // The process ends before anything happened: the claim is free again in time.
    let taken = once.claim((&caller, "before"), &asked, now, until).await.unwrap();
    assert!(matches!(taken, Known::New(_)));
    let early = problem(subscribe(&world, &world.address, "before", &body).await, 409).await;
    assert_eq!(early["code"], "idempotency_under_way");
    // Or right after it: the mark is in the transaction of the effect.
    let Known::New(claim) = once.claim((&caller, "after"), &asked, now, until).await.unwrap() else { panic!() };
    let input = serde_json::from_value(body.clone()).unwrap();
    within(Arc::clone(&claim), world.desk.subscribe(&house(), input)).await.unwrap();
    assert!(claim.has_effect());

    world.clock.advance(SignedDuration::from_secs(36));
    let late = problem(subscribe(&world, &world.address, "after", &body).await, 409).await;
    assert_eq!(late["code"], "idempotency_answer_lost");
    assert_eq!(n_named(&world, "half").await, 1);
    read(subscribe(&world, &world.address, "before", &body).await, 201).await;
    assert_eq!(n_named(&world, "half").await, 2, "one for each of the two requests");
}

#[tokio::test]
async fn g14_an_answer_that_is_kept_holds_no_secret_and_nothing_that_was_withdrawn() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let send = |path: &str, key: &str, body: &Value| {
        world.ask("POST", path).header("Idempotency-Key", key.to_owned()).json(body).send()
    };
    let made = json!({"scope": "read"});
    let token = read(send("/v1/keys", "k", &made).await.unwrap(), 201).await["key"].as_str().unwrap().to_owned();
    assert_eq!(problem(send("/v1/keys", "k", &made).await.unwrap(), 409).await["code"], "idempotency_answer_lost");
    assert_eq!(world.files_with(&token), Vec::<String>::new());

    let told = |state: &str| {
        json!({"client": "C-1", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber", "id": "P-1",
            "fields": {"instrument": "bill", "amount": "7310.00", "raised_on": "2026-11-18", "state": state}})
    };
    let first = read(send("/v1/signals", "s", &told("standing")).await.unwrap(), 202).await;
    assert_eq!(read(send("/v1/signals", "s", &told("standing")).await.unwrap(), 202).await, first);
    read(send("/v1/signals", "c", &told("cancelled")).await.unwrap(), 202).await;
    let gone = problem(send("/v1/signals", "s", &told("standing")).await.unwrap(), 409).await;
    assert_eq!(gone["code"], "idempotency_answer_lost");
}
