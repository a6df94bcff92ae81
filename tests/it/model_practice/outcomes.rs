use jiff::{SignedDuration, ToSpan};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use vedetta::{domain::AsOf, store::Scope};

use super::shifted;
use crate::world::{World, house, problem};

/// Grades of the living, best first.
const GRADES: [&str; 9] = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"];

/// A world with clients that paid well and have an invoice open that they will never pay, and one that pays on.
async fn world_of_debtors(n: usize) -> World {
    let world = World::new().await;
    world.client("default", "GOOD", "Officine Sette Ponti", 2).await;
    let today = AsOf::at(world.clock.now()).valid_at;
    for n in 0..n {
        let code = format!("BAD-{n}");
        world.client("default", &code, &format!("Filatura Rovo {n}"), 2).await;
        let open = json!([{"client": code, "invoice": format!("O-{n}"), "issued_on": today - 40.days(),
            "due_on": today - 10.days(), "amount": "4000"}]);
        world.post("/v1/invoices?portfolio=default", &open, 200).await;
    }
    world.settle().await;
    world.night().await;
    world
}

async fn night_in(world: &World, days: i64) {
    world.clock.advance(SignedDuration::from_hours(24 * days));
    world.night().await;
}

/// An analyst sees the client so many notches better than the model, or worse.
async fn overrule(world: &World, code: &str, better_by: i64) {
    world.clock.advance(SignedDuration::from_mins(1));
    let grade = world.get(&format!("/v1/clients/{code}/rating")).await["grade"].as_str().unwrap().to_owned();
    let place = i64::try_from(GRADES.iter().position(|g| *g == grade).unwrap()).unwrap() - better_by;
    let wanted = GRADES[usize::try_from(place).unwrap()];
    let decision = json!({"grade": wanted, "reason": "the owner does not answer the telephone"});
    world.post(&format!("/v1/clients/{code}/override"), &decision, 200).await;
}

async fn told(world: &World, kind: &str) -> Vec<Value> {
    let events = world.get("/v1/changes?limit=500").await["events"].as_array().unwrap().clone();
    events.into_iter().filter(|event| event["type"] == kind).map(|event| event["data"].clone()).collect()
}

#[tokio::test]
async fn pds_are_held_against_the_defaults_that_came_and_analysts_against_the_model() {
    let world = world_of_debtors(1).await;
    let first = AsOf::at(world.clock.now()).valid_at;
    assert_eq!(world.get("/v1/models/watch").await["calibration"], Value::Null, "nothing can have matured");
    overrule(&world, "BAD-0", -1).await;

    night_in(&world, 120).await;
    let watch = world.get("/v1/models/watch").await;
    let calibration = &watch["calibration"];
    assert_eq!((&calibration["clients"], &calibration["observed"]), (&json!(2), &json!(1)), "{calibration}");
    assert_eq!((&calibration["days"], &calibration["valid_at"]), (&json!(120), &json!(first.to_string())));
    let expected = calibration["expected"].as_f64().unwrap();
    assert!(expected > 0.0 && expected < 1.0, "{calibration}");
    let overrides = &watch["overrides"];
    assert_eq!(
        (&overrides["made"], &overrides["worse"], &overrides["right"], &overrides["ahead"]),
        (&json!(1), &json!(1), &json!(1), &json!("analysts")),
        "{overrides}"
    );

    let key = world.key_for(Scope::Read, &["default"]).await;
    let refused = world.bare("GET", "/v1/models/watch").bearer_auth(&key).send().await.unwrap();
    problem(refused, 403).await;
}

#[tokio::test]
async fn more_defaults_than_the_pds_allow_are_announced_once_and_stand_in_the_metrics() {
    let world = world_of_debtors(8).await;
    night_in(&world, 60).await;
    assert_eq!(told(&world, "model.miscalibrated").await, [Value::Null; 0], "nobody is ninety days late yet");
    night_in(&world, 60).await;
    night_in(&world, 1).await;
    let told = told(&world, "model.miscalibrated").await;
    let [once] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&once["observed"], &once["clients"], &once["light"]), (&json!(8), &json!(9), &json!("red")), "{once}");
    assert!(once["model"].as_str().unwrap().starts_with("baseline-1@"), "{once}");
    let watch = world.get("/v1/models/watch").await;
    assert_eq!(watch["calibration"]["light"], "red", "{watch}");

    let (recorder, watched) = (PrometheusBuilder::new().build_recorder(), world.desk.rescorer.watched().await.unwrap());
    metrics::with_local_recorder(&recorder, || watched.set_gauges());
    let page = recorder.handle().render();
    let shown: f64 = page
        .lines()
        .filter(|line| line.starts_with("vedetta_cohort_defaults{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!((shown - 8.0).abs() < 1e-9, "{page}");
    assert!(page.contains("vedetta_stability_index{") && page.contains("vedetta_overrides{"), "{page}");
}

#[tokio::test]
async fn analysts_who_are_wrong_more_often_than_a_coin_would_be_are_announced_once() {
    let world = world_of_debtors(5).await;
    for n in 0..5 {
        overrule(&world, &format!("BAD-{n}"), 1).await;
    }
    night_in(&world, 1).await;
    assert_eq!(told(&world, "overrides.judged").await, [Value::Null; 0], "nothing has come of them yet");
    night_in(&world, 120).await;
    night_in(&world, 1).await;
    let told = told(&world, "overrides.judged").await;
    let [once] = told.as_slice() else { panic!("{told:?}") };
    // Of five coins less than five heads fall in 31 of 32 cases.
    assert_eq!(
        (&once["wrong"], &once["ahead"], &once["light"]),
        (&json!(5), &json!("model"), &json!("yellow")),
        "{once}"
    );
}

#[tokio::test]
async fn analysts_are_held_against_what_the_model_said_then_and_not_against_a_later_one() {
    let world = world_of_debtors(1).await;
    overrule(&world, "BAD-0", -1).await;
    assert!(world.desk.promote(&house(), &shifted("stricter", -120), |_| true).await.unwrap().promoted);
    night_in(&world, 120).await;
    let overrides = world.get("/v1/models/watch").await["overrides"].clone();
    // The stricter model would have been worse than the analyst, who was right, and now seems to be wrong.
    assert_eq!((&overrides["worse"], &overrides["right"]), (&json!(1), &json!(1)), "{overrides}");
}

#[tokio::test]
async fn neither_decisions_nor_nights_that_knew_what_came_later_stand_for_the_model() {
    let world = world_of_debtors(2).await;
    let today = AsOf::at(world.clock.now());
    world.desk.rescorer.night(today.valid_at - 200.days(), today.known_at, &|_, _| {}).await.unwrap();
    overrule(&world, "BAD-0", 1).await;
    world.night().await;
    night_in(&world, 1).await;
    let calibration = world.get("/v1/models/watch").await["calibration"].clone();
    assert_eq!(calibration["days"], 1, "{calibration}");

    night_in(&world, 365).await;
    let calibration = world.get("/v1/models/watch").await["calibration"].clone();
    // The oldest night of this year is the one a day after the decision, in which BAD-0 has none of the model's own PDs.
    assert_eq!((&calibration["days"], &calibration["clients"]), (&json!(365), &json!(2)), "{calibration}");
}

#[tokio::test]
async fn a_promoted_model_does_not_answer_for_the_pds_of_another() {
    let world = world_of_debtors(1).await;
    assert!(world.desk.promote(&house(), &shifted("milder", 40), |_| true).await.unwrap().promoted);
    night_in(&world, 100).await;
    assert_eq!(world.get("/v1/models/watch").await["calibration"], Value::Null, "it has rated for a day");
    night_in(&world, 1).await;
    assert_eq!(world.get("/v1/models/watch").await["calibration"]["days"], 1);
}
