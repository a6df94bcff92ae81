use serde_json::json;

use crate::world::{World, problem, read};

#[tokio::test]
async fn every_refusal_is_a_problem_whoever_made_it() {
    let world = World::new().await;
    let at = |method: &str, path: &str| world.ask(method, path).send();
    assert_eq!(problem(at("GET", "/nowhere").await.unwrap(), 404).await["code"], "not_found");
    assert_eq!(problem(at("GET", "/v1/runs/seven").await.unwrap(), 404).await["instance"], "/v1/runs/seven");
    let method = at("DELETE", "/v1/clients").await.unwrap();
    let allow = method.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    problem(method, 405).await;
    for path in ["/v1/clients/%zz/rating", "/v1/clients/%C3%28/rating", "/v1/clients?q=%"] {
        assert_eq!(problem(at("GET", path).await.unwrap(), 400).await["code"], "bad_encoding", "{path}");
    }
    for query in ["limit=0", "limit=501", "limit=many", "grade=Z9", "sector=what", "colour=red", "cursor=x"] {
        problem(at("GET", &format!("/v1/clients?{query}")).await.unwrap(), 400).await;
    }
    for query in ["valid_at=2026-02-30", "valid_at=now", "known_at=later", "valid=2026-01-01"] {
        problem(at("GET", &format!("/v1/clients/C-1/rating?{query}")).await.unwrap(), 400).await;
    }
    problem(at("GET", "/v1/clients/%00/rating").await.unwrap(), 404).await;
}

#[tokio::test]
async fn a_body_is_refused_for_its_type_its_size_its_shape_or_its_values() {
    let world = World::new().await;
    let send = |body: &str, kind: &str| {
        world.ask("POST", "/v1/ratings/query").header("content-type", kind).body(body.to_owned()).send()
    };
    problem(send("{}", "text/plain").await.unwrap(), 415).await;
    problem(send("{", "application/json").await.unwrap(), 422).await;
    let wrong = problem(send(r#"{"clients": ["a", 7]}"#, "application/json").await.unwrap(), 422).await;
    assert_eq!(wrong["errors"][0]["pointer"], "/clients/1");
    problem(send(r#"{"clients": [], "more": 1}"#, "application/json").await.unwrap(), 422).await;
    let large = format!(r#"{{"clients": ["{}"]}}"#, "x".repeat(1 << 20));
    assert_eq!(problem(send(&large, "application/json; charset=utf-8").await.unwrap(), 413).await["code"], "too_large");
    let told =
        json!({"client": "C-1", "kind": "protest", "valid_at": "2026-01-01", "source": "Not Good", "fields": {}});
    let refused = world.ask("POST", "/v1/signals").json(&told).send().await.unwrap();
    assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], "/source");
}

#[tokio::test]
async fn the_house_says_how_it_is_without_a_key() {
    let world = World::new().await;
    assert_eq!(read(world.bare("GET", "/livez").send().await.unwrap(), 200).await["status"], "alive");
    assert_eq!(read(world.bare("GET", "/readyz").send().await.unwrap(), 200).await["status"], "ready");
    assert_eq!(world.bare("GET", "/metrics").send().await.unwrap().status(), 200);
    let page = world.bare("GET", "/sign-in").send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("/docs"));
    let docs = world.bare("GET", "/docs/").send().await.unwrap();
    assert!(docs.headers().contains_key("content-security-policy"));
    assert!(docs.text().await.unwrap().contains("swagger-ui"));
    let script = world.bare("GET", "/docs/swagger-ui-bundle.js").send().await.unwrap();
    assert_eq!(script.status(), 200);
}

#[tokio::test]
async fn a_house_that_is_about_to_end_says_so_first_and_then_ends() {
    let world = World::new().await;
    world.shutdown.cancel();
    let late = world.bare("GET", "/readyz").send().await.unwrap();
    assert_eq!(problem(late, 503).await["code"], "shutting_down");
    world.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_night_of_another_age_or_of_tomorrow_is_not_ordered() {
    let world = World::new().await;
    for day in ["0167-04-11", "2025-11-01", "2026-11-21"] {
        let body = json!({"kind": "night", "valid_at": day});
        let refused = problem(world.ask("POST", "/v1/runs").json(&body).send().await.unwrap(), 422).await;
        assert_eq!(refused["errors"][0]["pointer"], "/valid_at", "{day}");
    }
}

#[tokio::test]
async fn a_query_that_nobody_knows_is_refused_whatever_the_method() {
    let world = World::new().await;
    world.client("north", "C-1", "Filatura Boreale", 3).await;
    for (method, path, body) in [
        ("POST", "/v1/ratings/query?portfolio=north", json!({"clients": ["C-1"]})),
        ("POST", "/v1/clients?portfolo=north", json!([])),
        ("PUT", "/v1/clients/C-1?dry_run=true", json!({"name": "Filatura Boreale"})),
        ("POST", "/v1/keys?scope=read", json!({"scope": "read"})),
        ("DELETE", "/v1/clients/C-1/override?colour=red", json!(null)),
        ("GET", "/v1/keys?limit=1", json!(null)),
        ("GET", "/v1/clients?colour=red", json!(null)),
    ] {
        let refused = world.ask(method, path).json(&body).send().await.unwrap();
        let refused = problem(refused, 400).await;
        assert_eq!(refused["code"], "bad_query", "{method} {path}");
        assert!(refused["detail"].as_str().unwrap().contains("is not known here"), "{method} {path}: {refused}");
    }
    let asked = world.ask("POST", "/v1/ratings/query?").json(&json!({"clients": ["C-1"]})).send().await.unwrap();
    read(asked, 200).await;
    // Who has no key learns nothing of what is known.
    problem(world.bare("POST", "/v1/ratings/query?x=1").send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn a_wrong_value_is_told_in_plain_words_with_its_pointer() {
    let world = World::new().await;
    world.client("north", "C-1", "Filatura Boreale", 3).await;
    for (path, body, pointer, why) in [
        ("/v1/ratings/query", json!({}), "/clients", "is missing"),
        ("/v1/ratings/query", json!({"clients": [7]}), "/clients/0", "must be a text, and is the number 7"),
        ("/v1/ratings/query", json!({"clients": [], "more": 1}), "/more", "is not known here; what is: clients"),
        ("/v1/ratings/query", json!({"clients": [], "expand": ["all"]}), "/expand/0", "must be one of reasons"),
        ("/v1/keys", json!({"portfolios": []}), "/scope", "is missing"),
        (
            "/v1/signals",
            json!({"client": "C-1", "kind": "filing", "valid_at": "2026-01-01", "source": "desk", "fields": {"form": "AA"}}),
            "/fields/category",
            "is missing",
        ),
        ("/v1/runs", json!({"kind": "night", "valid_at": "soon"}), "/valid_at", "must be a day, as 2026-11-20"),
    ] {
        let refused = problem(world.ask("POST", path).json(&body).send().await.unwrap(), 422).await;
        let error = &refused["errors"][0];
        assert_eq!(error["pointer"], pointer, "{refused}");
        assert!(error["detail"].as_str().unwrap().starts_with(why), "{refused}");
    }
    let missing = problem(world.ask("GET", "/v1/portfolio/migration").send().await.unwrap(), 400).await;
    assert_eq!(missing["detail"], "from is missing");
    let many = problem(world.ask("GET", "/v1/clients?limit=many").send().await.unwrap(), 400).await;
    assert_eq!(many["detail"], "limit must be a whole number");
}

#[tokio::test]
async fn an_address_or_headers_that_are_too_long_are_refused_as_problems() {
    let world = World::new().await;
    let long = world.ask("GET", &format!("/v1/clients?q={}", "x".repeat(9 << 10))).send().await.unwrap();
    assert_eq!(problem(long, 414).await["code"], "uri_too_long");
    let heavy = world.ask("GET", "/v1/clients").header("x-more", "x".repeat(33 << 10)).send().await.unwrap();
    assert_eq!(problem(heavy, 431).await["code"], "headers_too_large");
}
