use serde_json::{Value, json};
use vedetta::{
    domain::{AsOf, Grade},
    store::Scope,
};

use crate::world::{World, problem, read};

const PATH: &str = "/v1/clients/N-1/override";

async fn world() -> (World, Grade) {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 12).await;
    let rating = world.get("/v1/clients/N-1/rating").await;
    assert_eq!(rating["override"], json!(null));
    let grade = rating["grade"].as_str().unwrap().parse().unwrap();
    (world, grade)
}

/// The grade one notch worse.
fn worse(grade: Grade) -> Grade {
    *Grade::PERFORMING.iter().find(|g| g.notches_to(grade) == 1).unwrap()
}

fn points_add_up(rating: &Value) -> bool {
    let lines = rating["reasons"].as_array().unwrap().iter();
    lines.map(|line| line["points"].as_i64().unwrap()).sum::<i64>() == rating["points"].as_i64().unwrap()
}

async fn last_event(world: &World) -> Value {
    let feed = world.get("/v1/changes?after=0&limit=500").await;
    feed["events"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn an_override_stands_above_the_model_until_it_is_ended_and_both_are_announced() {
    let (world, model) = world().await;
    let decided = worse(model);
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    let body = json!({"grade": decided.as_str(), "reason": "its largest customer has stopped paying"});
    let rating = world.post(PATH, &body, 200).await;
    assert_eq!((&rating["grade"], &rating["override"]["grade"]), (&json!(decided.as_str()), &json!(decided.as_str())));
    assert!(rating["override"]["author"].as_str().unwrap().starts_with("key_"), "{rating}");
    assert!(points_add_up(&rating), "{rating}");
    assert_eq!((&rating["client_seq"], &rating["previous"]["grade"]), (&json!(2), &json!(model.as_str())));
    let event = last_event(&world).await;
    assert_eq!((&event["type"], &event["data"]["cause"]), (&json!("rating.overridden"), &json!("override")));
    assert_eq!((&event["data"]["from"], &event["data"]["to"]), (&json!(model.as_str()), &json!(decided.as_str())));

    world.clock.advance(jiff::SignedDuration::from_secs(60));
    let rating = read(world.ask("DELETE", PATH).send().await.unwrap(), 200).await;
    assert_eq!((&rating["override"], &rating["client_seq"]), (&json!(null), &json!(3)));
    assert_eq!(last_event(&world).await["type"], "rating.overridden");
    let nothing = problem(world.ask("DELETE", PATH).send().await.unwrap(), 404).await;
    assert!(nothing["detail"].as_str().unwrap().contains("override"));
}

#[tokio::test]
async fn deciding_for_the_grade_that_the_model_gives_is_announced_too() {
    let (world, model) = world().await;
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    let rating = world.post(PATH, &json!({"grade": model.as_str(), "reason": "looked at; it is right"}), 200).await;
    assert_eq!((&rating["grade"], &rating["client_seq"]), (&json!(model.as_str()), &json!(2)));
    assert_eq!(rating["override"]["reason"], "looked at; it is right");
    assert_eq!(last_event(&world).await["type"], "rating.overridden");
}

#[tokio::test]
async fn a_night_and_a_new_fact_leave_the_override_and_its_end_comes_by_itself() {
    let (world, model) = world().await;
    let decided = worse(model);
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    let body = json!({"grade": decided.as_str(), "reason": "a rumour", "expires_at": "2026-11-25T00:00:00Z"});
    world.post(PATH, &body, 200).await;
    for day in ["2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z"] {
        world.clock.advance_to(day.parse().unwrap());
        let now = AsOf::at(world.clock.now());
        world.desk.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap();
        let rating = world.get("/v1/clients/N-1/rating").await;
        assert_eq!((&rating["grade"], &rating["client_seq"]), (&json!(decided.as_str()), &json!(2)), "{day}");
        assert!(rating["override"].is_object() && points_add_up(&rating), "{rating}");
    }
    let invoice =
        json!([{"client": "N-1", "invoice": "new", "issued_on": "2026-11-20", "due_on": "2026-12-20", "amount": "10"}]);
    world.post("/v1/invoices?portfolio=north", &invoice, 200).await;
    world.settle().await;
    assert_eq!(world.get("/v1/clients/N-1/rating").await["grade"], decided.as_str());
    world.clock.advance_to("2026-11-26T02:00:00Z".parse().unwrap());
    let now = AsOf::at(world.clock.now());
    world.desk.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap();
    let rating = world.get("/v1/clients/N-1/rating").await;
    // Hysteresis may keep the decided grade: memory compares with what was recorded last.
    if rating["grade"] != decided.as_str() {
        assert_eq!(rating["override"], json!(null), "{rating}");
        let history = world.get("/v1/clients/N-1/ratings").await;
        assert_eq!(history["items"][0]["cause"], "override", "{history}");
    }
}

#[tokio::test]
async fn an_override_that_goes_too_far_or_says_too_little_is_refused() {
    let (world, model) = world().await;
    let far = *Grade::PERFORMING.iter().max_by_key(|g| g.notches_to(model).abs()).unwrap();
    let table = [
        (json!({"grade": far.as_str(), "reason": "a feeling"}), "/grade"),
        (json!({"grade": "D", "reason": "a feeling"}), "/grade"),
        (json!({"grade": "ND", "reason": "a feeling"}), "/grade"),
        (json!({"grade": "E7", "reason": "a feeling"}), "/grade"),
        (json!({"grade": model.as_str(), "reason": " "}), "/reason"),
        (json!({"grade": model.as_str(), "reason": "r", "expires_at": "2026-11-19T00:00:00Z"}), "/expires_at"),
        (json!({"grade": model.as_str(), "reason": "r", "expires_at": "2028-11-19T00:00:00Z"}), "/expires_at"),
        (json!({"grade": model.as_str(), "reason": "r", "colour": "red"}), "/colour"),
    ];
    for (body, pointer) in table {
        let refused = problem(world.ask("POST", PATH).json(&body).send().await.unwrap(), 422).await;
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    let body = json!({"grade": model.as_str(), "reason": "r"});
    let reader = world.key_for(Scope::Read, &["north"]).await;
    let refused = world.bare("POST", PATH).bearer_auth(&reader).json(&body).send().await.unwrap();
    assert_eq!(problem(refused, 403).await["code"], "scope");
    let stranger = world.key_for(Scope::Write, &["south"]).await;
    let refused = world.bare("POST", PATH).bearer_auth(&stranger).json(&body).send().await.unwrap();
    assert_eq!(problem(refused, 404).await["code"], "unknown_client");
    assert_eq!(world.get("/v1/clients/N-1/rating").await["client_seq"], 1, "nothing was recorded");
}
