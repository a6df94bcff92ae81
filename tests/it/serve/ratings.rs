use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, problem, read, start};

fn sum(lines: &Value) -> i64 {
    lines.as_array().unwrap().iter().map(|line| line["points"].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn the_reasons_add_up_to_the_points_and_rest_on_evidence() {
    let world = World::new().await;
    world.client("default", "C/1", "Officine Sette Ponti", 20).await;
    world.protest("C/1", "18000").await;
    let rating = world.get("/v1/clients/C%2F1/rating").await;
    assert_eq!(rating["client"], "C/1");
    assert_eq!(sum(&rating["reasons"]), rating["points"].as_i64().unwrap(), "{rating}");
    let protest =
        rating["reasons"].as_array().unwrap().iter().find(|r| r["feature"].as_str().unwrap().contains("protest"));
    let evidence = &protest.unwrap_or_else(|| panic!("no protest in {rating}"))["evidence"][0];
    assert_eq!(evidence["source"], "chamber");
    let bytes = world.ask("GET", &format!("/v1/evidence/{}", evidence["sha256"].as_str().unwrap()));
    let told: Value = serde_json::from_str(&bytes.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(told["kind"], "protest");
    let last = rating["reasons"].as_array().unwrap().last().unwrap();
    assert_eq!(last["feature"], "base", "{rating}");
}

#[tokio::test]
async fn the_change_adds_up_and_every_line_of_it_has_evidence() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.protest("C-1", "50000").await;
    let told = world.get("/v1/clients/C-1/explanation").await;
    assert_eq!(told["adds_up"], true, "{told}");
    assert_eq!(sum(&told["level"]), told["to"]["points"].as_i64().unwrap());
    assert_eq!(sum(&told["change"]), told["points_change"].as_i64().unwrap());
    let of = |step: &str| told[step]["points"].as_i64().unwrap_or(0);
    assert_eq!(told["points_change"].as_i64().unwrap(), of("to") - of("from"));
    assert!(told["change"].as_array().unwrap().iter().all(|c| !c["evidence"].as_array().unwrap().is_empty()), "{told}");
    let first = world.get("/v1/clients/C-1/explanation?to_client_seq=1").await;
    assert_eq!((&first["from"], &first["adds_up"]), (&Value::Null, &json!(true)));
    problem(world.ask("GET", "/v1/clients/C-1/explanation?from_client_seq=99").send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn a_level_that_a_later_night_refreshed_is_explained_as_it_is_now() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let seq = world.get("/v1/clients/C-1/rating").await["client_seq"].clone();
    world.clock.advance(SignedDuration::from_hours(48));
    let today = vedetta::domain::AsOf::at(world.clock.now());
    world.desk.rescorer.night(today.valid_at, today.known_at, &|_, _| {}).await.unwrap();
    let rating = world.get("/v1/clients/C-1/rating").await;
    assert_eq!(rating["valid_at"], "2026-11-22");
    assert_eq!(sum(&rating["reasons"]), rating["points"].as_i64().unwrap());
    if rating["client_seq"] == seq {
        let told = world.get(&format!("/v1/clients/C-1/explanation?from_client_seq={seq}")).await;
        assert_eq!(told["adds_up"], true, "{told}");
        assert_eq!(told["to"]["valid_at"], "2026-11-22");
    }
}

#[tokio::test]
async fn the_past_is_answered_from_what_was_recorded() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let before = world.get("/v1/clients/C-1/rating").await;
    world.clock.advance(SignedDuration::from_hours(1));
    world.protest("C-1", "50000").await;
    let now = world.get("/v1/clients/C-1/rating").await;
    assert_ne!(before["points"], now["points"]);
    let then = world.get(&format!("/v1/clients/C-1/rating?known_at={}", start())).await;
    assert_eq!((&then["grade"], &then["client_seq"]), (&before["grade"], &before["client_seq"]));
    assert_eq!(sum(&then["reasons"]), then["points"].as_i64().unwrap());
    let never = world.get("/v1/clients/C-1/rating?known_at=2020-01-01").await;
    assert_eq!(never["grade"], "ND");
    assert_eq!((&never["pd"], &never["points"], &never["client_seq"]), (&Value::Null, &Value::Null, &json!(0)));
    assert_eq!(never["reasons"], json!([]));
}

#[tokio::test]
async fn who_has_the_rating_already_is_told_so() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let first = world.ask("GET", "/v1/clients/C-1/rating").send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let again = world.ask("GET", "/v1/clients/C-1/rating").header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["etag"], tag);
    assert_eq!(again.text().await.unwrap(), "");
    world.protest("C-1", "50000").await;
    let changed = world.ask("GET", "/v1/clients/C-1/rating").header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn history_goes_by_page_newest_first() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.protest("C-1", "90000").await;
    let all = world.get("/v1/clients/C-1/ratings").await;
    let n = all["items"].as_array().unwrap().len();
    assert_eq!(all["next"], Value::Null);
    let (mut seen, mut path) = (Vec::new(), "/v1/clients/C-1/ratings?limit=1".to_owned());
    loop {
        let page = world.get(&path).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|s| s["client_seq"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/clients/C-1/ratings?limit=1&cursor={next}");
    }
    let expected: Vec<i64> = (1..=i64::try_from(n).unwrap()).rev().collect();
    assert_eq!(seen, expected);
    let stray = world.ask("GET", "/v1/clients/C-1/ratings?cursor=e30").send().await.unwrap();
    assert_eq!(problem(stray, 400).await["code"], "bad_cursor");
}

#[tokio::test]
async fn many_ratings_are_asked_for_at_once_with_or_without_reasons() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let asked = json!({"clients": ["C-1", "nobody", "C-1"]});
    let brief = world.post("/v1/ratings/query", &asked, 200).await;
    assert_eq!(brief["unknown"], json!(["nobody"]));
    assert_eq!(brief["ratings"].as_array().unwrap().len(), 1);
    let keys: Vec<&String> = brief["ratings"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["client", "grade", "pd", "points", "coverage", "valid_at", "client_seq"]);
    let full = world.post("/v1/ratings/query", &json!({"clients": ["C-1"], "expand": ["reasons"]}), 200).await;
    assert_eq!(full["ratings"][0], world.get("/v1/clients/C-1/rating").await);
    let others = (0..999).map(|n| format!("nobody-{n}"));
    let asked: Vec<String> = others.chain(["C-1".to_owned()]).collect();
    let whole = world.post("/v1/ratings/query", &json!({"clients": asked, "expand": ["reasons"]}), 200).await;
    assert_eq!((&whole["ratings"][0], whole["unknown"].as_array().unwrap().len()), (&full["ratings"][0], 999));
    let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    let refused = world.ask("POST", "/v1/ratings/query").json(&json!({"clients": many})).send().await.unwrap();
    assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], "/clients");
}

#[tokio::test]
async fn the_summary_counts_every_client_once_and_adds_up() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.post("/v1/clients", &json!([{"client": "C-2", "name": "Nuova di Zecca"}]), 200).await;
    world.settle().await;
    let summary = world.get("/v1/portfolio/summary").await;
    let bands = summary["bands"].as_array().unwrap();
    assert_eq!(bands.len(), 11);
    assert_eq!(bands.iter().map(|b| b["clients"].as_i64().unwrap()).sum::<i64>(), 2);
    assert_eq!((&summary["clients"], &summary["rated"], &summary["lgd"]), (&json!(2), &json!(1), &json!(0.45)));
    let losses: f64 = bands.iter().map(|b| b["expected_loss"].as_f64().unwrap()).sum();
    assert!((losses - summary["expected_loss"].as_f64().unwrap()).abs() < 0.06, "{summary}");
}

#[tokio::test]
async fn a_night_is_ordered_once_and_can_be_followed() {
    let mut world = World::new().await;
    let ordered = world.ask("POST", "/v1/runs").json(&json!({"kind": "night"})).send().await.unwrap();
    let location = ordered.headers()["location"].to_str().unwrap().to_owned();
    let run = read(ordered, 202).await;
    assert_eq!(world.get(&location).await["id"], run["id"]);
    let again = world.ask("POST", "/v1/runs").json(&json!({"kind": "night"})).send().await.unwrap();
    assert!(!again.headers().contains_key("retry-after"), "it is not the house that is too busy");
    assert_eq!(problem(again, 409).await["code"], "busy");
    let order = world.nights.recv().await.unwrap();
    assert_eq!(order.run, run["id"].as_i64().unwrap());
    let refused = world.ask("POST", "/v1/runs").json(&json!({"kind": "day"})).send().await.unwrap();
    assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], "/kind");
}
