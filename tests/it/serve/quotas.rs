use vedetta::{serve::Settings, store::Scope};

use crate::world::{World, problem};

/// Three at once, and one more each hour: no test lasts that long.
async fn world() -> World {
    World::serving(Settings { requests_per_minute: 1, burst: 3, ..Settings::default() }).await
}

#[tokio::test]
async fn a_key_that_asked_too_much_is_told_when_to_come_back_and_the_others_are_served() {
    let world = world().await;
    let (one, two) = (world.key_for(Scope::Read, &[]).await, world.key_for(Scope::Read, &[]).await);
    let ask = |key: &str| world.bare("GET", "/v1/clients").bearer_auth(key).send();
    for left in ["2", "1", "0"] {
        let answer = ask(&one).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["ratelimit-remaining"]), (200, &left.parse().unwrap()));
        assert_eq!(answer.headers()["ratelimit-policy"], "\"key\";q=3;w=180");
        assert!(answer.headers()["ratelimit"].to_str().unwrap().starts_with(&format!("\"key\";r={left};t=")));
    }
    let refused = ask(&one).await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.headers()["ratelimit-remaining"], "0");
    assert_eq!(problem(refused, 429).await["code"], "rate_limited");
    assert_eq!(ask(&two).await.unwrap().status(), 200);
    assert_eq!(world.bare("GET", "/livez").send().await.unwrap().status(), 200, "probes are nobody's");
}

#[tokio::test]
async fn who_has_no_key_has_no_account_and_a_request_with_an_idempotency_key_is_counted_once() {
    let world = world().await;
    let key = world.key_for(Scope::Read, &[]).await;
    let nobody = world.bare("GET", "/v1/clients").send().await.unwrap();
    assert!(nobody.headers().get("ratelimit").is_none());
    problem(nobody, 401).await;
    let query = world.bare("POST", "/v1/ratings/query").bearer_auth(&key).header("idempotency-key", "one");
    let answer = query.json(&serde_json::json!({"clients": []})).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["ratelimit-remaining"]), (200, &"2".parse().unwrap()));
}

#[tokio::test]
async fn a_key_that_asked_too_much_cannot_go_on_under_an_idempotency_key() {
    let world = world().await;
    let key = world.key_for(Scope::Read, &[]).await;
    let ask = |word: &str| {
        let query = world.bare("POST", "/v1/ratings/query").bearer_auth(&key).header("idempotency-key", word);
        query.json(&serde_json::json!({"clients": []})).send()
    };
    for word in ["one", "two", "two"] {
        assert_eq!(ask(word).await.unwrap().status(), 200, "{word}");
    }
    for word in ["three", "two"] {
        let refused = ask(word).await.unwrap();
        assert_eq!(refused.headers()["ratelimit-remaining"], "0");
        assert_eq!(problem(refused, 429).await["code"], "rate_limited", "{word}");
    }
}
