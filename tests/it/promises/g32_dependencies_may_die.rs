//! G32: what the house rests on may go away and come back; it says which part it is, answers what it can, and loses nothing.

use reqwest::Response;
use serde_json::{Value, json};

use super::program::{House, answer, eventually};

async fn json_of(house: &House, path: &str) -> (u16, Value) {
    let answer = house.ask("GET", path).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Clients that are sent at once: few enough that a file of some hundred kilobytes takes several such requests.
const N_AT_ONCE: usize = 10;

fn clients(request: usize) -> Value {
    (0..N_AT_ONCE)
        .map(|i| json!({"client": format!("C-{request}-{i}"), "name": format!("Officine {request} {i}"), "country": "IT"}))
        .collect()
}

/// How many were taken, or the refusal.
async fn put(house: &House, request: usize) -> Result<usize, Response> {
    let answer = house.ask("POST", "/v1/clients?portfolio=default").json(&clients(request)).send().await.unwrap();
    match answer.status().as_u16() {
        200 => Ok(usize::try_from(answer.json::<Value>().await.unwrap()["accepted"].as_u64().unwrap()).unwrap()),
        _ => Err(answer),
    }
}

async fn n_clients(house: &House) -> usize {
    json_of(house, "/v1/portfolio/summary").await.1["clients"].as_u64().unwrap().try_into().unwrap()
}

#[tokio::test]
async fn g32_a_full_disk_leaves_a_house_that_answers_and_takes_nothing_and_nothing_is_damaged() {
    if crate::stores::server().is_some() {
        // The disk is the server's then.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    answer(&data, &["keys", "create", "--scope", "read"], 0);
    // The log of the database may not have been put into it yet.
    let size_of = |name: &str| std::fs::metadata(data.join(name)).map_or(0, |file| file.len());
    let size = size_of("vedetta.db").max(size_of("vedetta.db-wal"));
    // No file may grow past this; the log of the database reaches it soon, and then it is as on a full disk.
    let house = House::start_within(&data, size / 1024 + 256).await;
    let mut n_requests = 0;
    let refused = loop {
        match put(&house, n_requests).await {
            Ok(n) => assert_eq!(n, N_AT_ONCE),
            Err(refused) => break refused,
        }
        n_requests += 1;
        assert!(n_requests < 1_000, "the disk is never full");
    };
    let n_taken = n_requests * N_AT_ONCE;
    assert!(n_taken > 0);
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert_eq!(json_of(&house, "/v1/clients?limit=1").await.0, 200, "it still answers");
    assert_eq!(json_of(&house, "/livez").await.0, 200);
    let (status, ready) = json_of(&house, "/readyz").await;
    assert_eq!((status, &ready["parts"][0]["part"]), (200, &json!("store")), "{ready}");
    house.make_room();
    assert_eq!(put(&house, 1_000).await.unwrap(), N_AT_ONCE, "there is room again, and nobody had to start anew");
    drop(house);
    let house = House::start(&data).await;
    assert_eq!(n_clients(&house).await, n_taken + N_AT_ONCE, "what was acknowledged is there, and nothing else");
    drop(house);
    assert_eq!(answer(&data, &["audit", "verify"], 0)["ok"], true);
}

#[tokio::test]
async fn g32_a_redis_that_is_away_is_named_and_the_house_is_ready_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let house = House::start_with(&data, &[("VEDETTA__QUEUE__URL", "redis://127.0.0.1:1/0")]).await;
    assert_eq!(json_of(&house, "/livez").await.0, 200);
    let (status, ready) = json_of(&house, "/readyz").await;
    assert_eq!(
        (status, &ready["status"], &ready["parts"][0]["part"]),
        (200, &json!("ready"), &json!("redis")),
        "{ready}"
    );
    assert_eq!(put(&house, 1).await.unwrap(), N_AT_ONCE, "events wait in the store");
}

#[tokio::test]
async fn g35_every_number_says_what_it_means() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("data")).await;
    house.ask("GET", "/v1/clients").send().await.unwrap();
    let text = eventually("the first numbers", async || {
        let text = house.ask("GET", "/metrics").send().await.unwrap().text().await.unwrap();
        text.contains("vedetta_http_request_seconds").then_some(text)
    });
    let text = text.await;
    let of = |word: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(&format!("# {word} ")));
        lines.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
    };
    let (helped, typed) = (of("HELP"), of("TYPE"));
    for name in &typed {
        assert!(helped.contains(name), "{name} says nothing of itself: {text}");
    }
    for name in ["vedetta_http_shed_total", "vedetta_events", "vedetta_outbox_oldest_seconds", "vedetta_store_writable"]
    {
        assert!(typed.iter().any(|typed| typed == name), "{name} is not in {typed:?}");
    }
}
