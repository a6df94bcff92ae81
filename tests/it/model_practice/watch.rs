use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};
use vedetta::domain::{AsOf, EventBody};

use super::shifted;
use crate::{
    pipeline::many,
    world::{World, house, problem},
};

async fn nights(world: &World, n: usize) {
    for _ in 0..n {
        world.clock.advance(SignedDuration::from_hours(24));
        world.night().await;
    }
}

async fn drifts(world: &World) -> Vec<EventBody> {
    let events = world.desk.store.outbox().after(0, 10_000, None).await.unwrap();
    events.into_iter().map(|e| e.body).filter(|body| matches!(body, EventBody::ModelDrifted { .. })).collect()
}

#[tokio::test]
async fn a_challenger_rates_every_night_unseen_and_says_what_a_promotion_would_show() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let (before, n_events) =
        (world.get("/v1/clients/C-1/rating").await, world.desk.store.outbox().count().await.unwrap());
    let stricter = shifted("stricter", -120);
    world.desk.shadow(&house(), Some(&stricter.files)).await.unwrap();
    world.night().await;
    let after = world.get("/v1/clients/C-1/rating").await;
    assert_eq!((&after["grade"], &after["model"]), (&before["grade"], &before["model"]));
    assert_eq!(world.desk.store.outbox().count().await.unwrap(), n_events + 1, "only the night is announced");

    let shadow = world.get("/v1/models/watch").await["shadow"].clone();
    assert!(shadow["challenger"].as_str().unwrap().starts_with("stricter@"), "{shadow}");
    let promised = world.desk.promote(&house(), &stricter, true).await.unwrap().portfolio.unwrap();
    let promised = serde_json::to_value(promised).unwrap();
    for what in ["clients", "before", "after", "migration", "moved_up", "moved_down", "exposure_on_movers"] {
        assert_eq!(shadow[what], promised[what], "{what}");
    }
    assert_eq!(shadow["moved_down"], 1);

    let listed = world.get("/v1/models").await;
    assert_eq!(listed["models"][1]["role"], "challenger", "{listed}");
    world.desk.shadow(&house(), None).await.unwrap();
    assert_eq!(world.get("/v1/models").await["models"][1]["role"], Value::Null);
}

#[tokio::test]
async fn a_model_that_cannot_rate_gets_no_seat_beside_it_either() {
    let world = World::new().await;
    let foreign = super::changed("foreign", "\"catalogue\": \"8d6c", "\"catalogue\": \"0000");
    assert!(world.desk.shadow(&house(), Some(&foreign.files)).await.is_err());
    assert_eq!(world.get("/v1/models").await["models"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn clients_unlike_the_training_sample_are_announced_once() {
    let world = World::new().await;
    many(&world, 250).await;
    let mut trained = shifted("trained", 0);
    // It learned from clients without blemish, of whom there are few here.
    trained.files.training = Some(
        json!({"format": 1, "n": 900, "points": {"bounds": [600, 750], "shares": [0.0, 0.02, 0.98]},
            "features": [{"feature": "overdue_share", "bounds": [0], "shares": [1.0, 0.0], "missing": 0.0}]})
        .to_string(),
    );
    assert!(world.desk.promote(&house(), &trained, false).await.unwrap().promoted);
    nights(&world, 3).await;
    let told = drifts(&world).await;
    let [EventBody::ModelDrifted { model, psi, features, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert!(model.starts_with("trained@") && *psi > 0.25, "{told:?}");
    assert!(features.iter().any(|(name, index)| name == "points" && index == psi), "{told:?}");
    let drift = world.get("/v1/models/watch").await["drift"].clone();
    assert_eq!(
        (&drift["reference"], &drift["light"], &drift["clients"]),
        (&json!("training"), &json!("red"), &json!(250))
    );
    assert_eq!(drift["features"][0]["feature"], "overdue_share");
}

#[tokio::test]
async fn a_model_that_learned_from_no_sample_is_compared_with_its_first_night() {
    let world = World::new().await;
    many(&world, 250).await;
    nights(&world, 2).await;
    let drift = world.get("/v1/models/watch").await["drift"].clone();
    assert_eq!((&drift["reference"], &drift["light"]), (&json!("first_night"), &json!("green")), "{drift}");
    assert!(drift["psi"].as_f64().unwrap() < 0.1, "a day changes little: {drift}");
    assert_eq!(drifts(&world).await, []);
}

#[tokio::test]
async fn pds_are_held_against_the_defaults_that_came_and_analysts_against_the_model() {
    let world = World::new().await;
    for code in ["GOOD", "BAD"] {
        world.client("default", code, "Officine Sette Ponti", 2).await;
    }
    let today = AsOf::at(world.clock.now()).valid_at;
    let open = json!([{"client": "BAD", "invoice": "O-1", "issued_on": today - 40.days(), "due_on": today - 10.days(), "amount": "4000"}]);
    world.post("/v1/invoices?portfolio=default", &open, 200).await;
    world.settle().await;
    world.night().await;
    assert_eq!(world.get("/v1/models/watch").await["calibration"], Value::Null, "nothing can have matured");
    let grade = world.get("/v1/clients/BAD/rating").await["grade"].as_str().unwrap().to_owned();
    let grades = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"];
    let worse = grades[grades.iter().position(|g| *g == grade).unwrap() + 1];
    let decision = json!({"grade": worse, "reason": "the owner does not answer the telephone"});
    world.post("/v1/clients/BAD/override", &decision, 200).await;

    world.clock.advance(SignedDuration::from_hours(24 * 120));
    let watch = world.get("/v1/models/watch").await;
    let calibration = &watch["calibration"];
    assert_eq!((&calibration["clients"], &calibration["observed"]), (&json!(2), &json!(1)), "{calibration}");
    assert_eq!((&calibration["days"], &calibration["valid_at"]), (&json!(120), &json!(today.to_string())));
    let expected = calibration["expected"].as_f64().unwrap();
    assert!(expected > 0.0 && expected < 1.0, "{calibration}");
    let overrides = &watch["overrides"];
    assert_eq!(
        (&overrides["made"], &overrides["worse"], &overrides["right"]),
        (&json!(1), &json!(1), &json!(1)),
        "{overrides}"
    );

    let key = world.key_for(vedetta::store::Scope::Read, &["default"]).await;
    let refused = world.bare("GET", "/v1/models/watch").bearer_auth(&key).send().await.unwrap();
    problem(refused, 403).await;
}
