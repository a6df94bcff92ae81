use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::domain::EventBody;

use super::shifted;
use crate::{
    pipeline::many,
    world::{World, house},
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
    let promised = world.desk.promote(&house(), &stricter, |_| false).await.unwrap().portfolio.unwrap();
    let promised = serde_json::to_value(promised).unwrap();
    for what in ["clients", "before", "after", "migration", "moved_up", "moved_down", "exposure_on_movers"] {
        assert_eq!(shadow[what], promised[what], "{what}");
    }
    assert_eq!(shadow["moved_down"], 1);

    let listed = world.get("/v1/models").await;
    assert_eq!(listed["models"][1]["role"], "challenger", "{listed}");
    world.desk.shadow(&house(), None).await.unwrap();
    assert_eq!(world.get("/v1/models").await["models"][1]["role"], Value::Null);
    assert_eq!(world.get("/v1/models/watch").await["shadow"], Value::Null, "nobody is in the shadow any more");
}

#[tokio::test]
async fn a_model_that_cannot_rate_gets_no_seat_beside_it_either() {
    let world = World::new().await;
    let foreign = super::foreign();
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
    assert!(world.desk.promote(&house(), &trained, |_| true).await.unwrap().promoted);
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
async fn the_index_of_a_handful_of_clients_is_shown_and_has_no_light() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let mut trained = shifted("trained", 0);
    trained.files.training = Some(
        json!({"format": 1, "n": 900, "points": {"bounds": [1], "shares": [1.0, 0.0]},
            "features": [{"feature": "overdue_share", "bounds": [0], "shares": [0.0, 1.0], "missing": 0.0}]})
        .to_string(),
    );
    assert!(world.desk.promote(&house(), &trained, |_| true).await.unwrap().promoted);
    nights(&world, 1).await;
    let drift = world.get("/v1/models/watch").await["drift"].clone();
    assert!(drift["psi"].as_f64().unwrap() > 0.25 && drift["clients"] == 1, "{drift}");
    assert_eq!((&drift["light"], &drift["features"][0]["light"]), (&json!(""), &json!("")), "{drift}");
    assert_eq!(drifts(&world).await, []);
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
