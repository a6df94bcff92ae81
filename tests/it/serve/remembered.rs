//! What is given again from memory is never older than what was written.

use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

const PATH: &str = "/v1/clients/N-1/rating";

async fn world() -> World {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 12).await;
    world.client("south", "S-1", "Cantiere Meridiano", 2).await;
    world
}

/// The line of a query without reasons.
async fn line(world: &World) -> Value {
    world.post("/v1/ratings/query", &json!({"clients": ["N-1"]}), 200).await["ratings"][0].clone()
}

/// Both must say the same, and a second question must be answered as the first.
async fn asked_twice(world: &World) -> Value {
    let (one, two) = (world.get(PATH).await, world.get(PATH).await);
    assert_eq!(one, two);
    let (brief, again) = (line(world).await, line(world).await);
    assert_eq!(brief, again);
    for field in ["client", "grade", "pd", "points", "coverage", "valid_at", "client_seq"] {
        assert_eq!(brief[field], one[field], "{field}");
    }
    one
}

#[tokio::test]
async fn the_short_way_and_the_long_one_give_the_same_answer() {
    let world = world().await;
    asked_twice(&world).await;
    let given = async |path: &str, tag: &str| {
        let response = world.ask("GET", path).header("If-None-Match", tag).send().await.unwrap();
        let status = response.status();
        let mut headers = response.headers().clone();
        // Each request has its own.
        assert!(headers.remove("x-request-id").is_some() && headers.remove("date").is_some());
        let tag = headers["etag"].to_str().unwrap().to_owned();
        (status, headers, response.text().await.unwrap(), tag)
    };
    // A letter that is written as its number is read by the router.
    let long_path = "/v1/clients/N%2D1/rating";
    let short = given(PATH, "\"another\"").await;
    assert_eq!(short, given(long_path, "\"another\"").await);
    assert_eq!(short.0, StatusCode::OK);
    let unchanged = given(PATH, &short.3).await;
    assert_eq!(unchanged, given(long_path, &short.3).await);
    assert_eq!(unchanged.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn whatever_changes_a_rating_is_seen_by_the_next_question() {
    let world = world().await;
    let mut before = asked_twice(&world).await;
    for change in ["a protest", "an override", "its end", "a night", "a name", "a merger", "its end again"] {
        world.clock.advance(SignedDuration::from_secs(60));
        match change {
            "a protest" => drop(world.protest("N-1", "50000").await),
            "an override" => {
                let grade = before["grade"].as_str().unwrap();
                let told = json!({"grade": grade, "reason": "looked at"});
                world.post("/v1/clients/N-1/override", &told, 200).await;
            }
            "its end" => {
                read(world.ask("DELETE", "/v1/clients/N-1/override").send().await.unwrap(), 200).await;
            }
            "a night" => {
                world.clock.advance(SignedDuration::from_hours(24));
                world.night().await;
            }
            "a name" => {
                let row = json!({"name": "Officine Valdarno in liquidazione", "country": "IT"});
                let put = world.ask("PUT", "/v1/clients/N-1?portfolio=north").json(&row).send().await.unwrap();
                assert_eq!(put.status(), StatusCode::OK);
            }
            "a merger" => {
                world.client("north", "N-2", "Officine Valdarno", 0).await;
                let into = json!({"into": "N-2", "reason": "entered twice"});
                world.post("/v1/clients/N-1/merge", &into, 200).await;
            }
            _ => {
                read(world.ask("DELETE", "/v1/clients/N-1/merge").send().await.unwrap(), 200).await;
            }
        }
        let after = asked_twice(&world).await;
        assert_ne!(after, before, "{change}");
        before = after;
    }
    world.post("/v1/clients/N-1/erase", &json!({"reason": "asked for it"}), 200).await;
    problem(world.ask("GET", PATH).send().await.unwrap(), 404).await;
    let gone = world.post("/v1/ratings/query", &json!({"clients": ["N-1"]}), 200).await;
    assert_eq!(gone, json!({"ratings": [], "unknown": ["N-1"]}));
}

#[tokio::test]
async fn what_one_key_was_given_is_not_given_to_another_that_may_not_see_it() {
    let world = world().await;
    asked_twice(&world).await;
    let south = world.key_for(Scope::Read, &["south"]).await;
    problem(world.bare("GET", PATH).bearer_auth(&south).send().await.unwrap(), 404).await;
    let asked = world.bare("POST", "/v1/ratings/query").bearer_auth(&south).json(&json!({"clients": ["N-1", "S-1"]}));
    let answer = read(asked.send().await.unwrap(), 200).await;
    assert_eq!((&answer["ratings"][0]["client"], &answer["unknown"]), (&json!("S-1"), &json!(["N-1"])));
    let elsewhere = json!({"clients": ["N-1"], "portfolio": "south"});
    assert_eq!(world.post("/v1/ratings/query", &elsewhere, 200).await["unknown"], json!(["N-1"]));
}

#[tokio::test]
async fn what_another_process_wrote_is_seen_within_moments_and_so_is_a_key_that_it_revoked() {
    let world = world().await;
    let replica = world.replica().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let made = world.post("/v1/keys", &json!({"scope": "read"}), 201).await;
    let key = made["key"].as_str().unwrap();
    let there = || http.get(format!("{replica}{PATH}")).bearer_auth(key).send();
    let before = read(there().await.unwrap(), 200).await;
    assert_eq!(read(there().await.unwrap(), 200).await, before);
    world.protest("N-1", "50000").await;
    let now = world.get(PATH).await;
    assert_ne!(now, before);
    // A tenth of a second at most; each question takes some of it.
    let mut seen = before;
    while seen != now {
        seen = read(there().await.unwrap(), 200).await;
    }
    let id = made["id"].as_str().unwrap();
    assert_eq!(world.ask("DELETE", &format!("/v1/keys/{id}")).send().await.unwrap().status(), 204);
    while there().await.unwrap().status() != 401 {}
}
