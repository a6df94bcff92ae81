//! What must not be kept of a prospect is not kept.

use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::{
    domain::{Fact, ProtestState, Sha256},
    store::NewSignal,
};

use super::register::{assess, company, with_register};
use crate::{
    collect::web::{Web, text},
    world::{World, house, problem},
};

const NAME: &str = "Canaryname Perseghin";
const NUMBER: &str = "01654010345";
const PROTESTED: &str =
    "r-1|Canaryname Perseghin|01654010345|Parma|active\nr-3|Canaryname Perseghin|01654010345|Parma|protested";

async fn made(world: &World) -> (String, Value) {
    let web = Web::new(|_, _| text(PROTESTED)).await;
    let said = assess(world, &company(NAME, NUMBER), &with_register(world, &web)).await;
    assert!(!world.files_with(NAME).is_empty() && said.to_string().contains("18000"), "{said}");
    (format!("/v1/assessments/{}", said["id"].as_str().unwrap()), said)
}

/// The first document that was read for it.
fn document(said: &Value) -> Sha256 {
    said["sources"][0]["documents"][0]["sha256"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_protest_that_is_cancelled_vanishes_from_the_assessment_and_the_decision_stays() {
    let world = World::new().await;
    let (path, said) = made(&world).await;
    let mut kept = world.desk.store.facts().assessment_signals(1, vedetta::collect::NOBODY_YET).await.unwrap();
    kept.retain(|new| matches!(new.signal.fact, Fact::Protest(_)));
    let mut cancelled: NewSignal = kept.remove(0);
    if let Fact::Protest(protest) = &mut cancelled.signal.fact {
        protest.state = ProtestState::Cancelled;
    }
    world.desk.store.facts().put_signals(&[cancelled]).await.unwrap();
    let left = world.get(&path).await;
    assert!(!left.to_string().contains("18000") && left["withdrawn"] == true, "{left}");
    for field in ["decision", "limit", "made_at", "rules"] {
        assert_eq!(left[field], said[field]);
    }
    assert_eq!(left["rating"]["grade"], said["rating"]["grade"]);
    let recomputed = world.get(&format!("{path}/recomputed")).await;
    assert_eq!((&recomputed["same"], recomputed["why"].as_array().unwrap().len()), (&Value::Null, 1));
}

#[tokio::test]
async fn a_prospect_that_never_becomes_a_client_is_forgotten_after_its_days() {
    let world = World::new().await;
    let (path, said) = made(&world).await;
    world.clock.advance(SignedDuration::from_hours(24 * 365 - 1));
    world.desk.expire(&house()).await.unwrap();
    world.get(&path).await;
    world.clock.advance(SignedDuration::from_hours(1));
    world.desk.expire(&house()).await.unwrap();
    problem(world.ask("GET", &path).send().await.unwrap(), 404).await;
    assert_eq!(world.desk.store.archive().get(&document(&said)).unwrap(), None);
}

#[tokio::test]
async fn an_assessment_can_be_erased_and_leaves_neither_document_nor_name() {
    let world = World::new().await;
    let (path, said) = made(&world).await;
    let erased =
        world.ask("POST", &format!("{path}/erase")).json(&json!({"reason": "asked for"})).send().await.unwrap();
    assert_eq!(erased.status(), 204);
    problem(world.ask("GET", &path).send().await.unwrap(), 404).await;
    assert_eq!(world.desk.store.archive().get(&document(&said)).unwrap(), None);
    assert!(world.desk.store.audit().verify().await.is_ok());
}

#[tokio::test]
async fn who_erases_a_client_erases_the_prospect_it_was() {
    let world = World::new().await;
    let (path, _) = made(&world).await;
    let other = company("Fonderie Calastra S.r.l.", "00743110157");
    let web = Web::new(|_, _| text("r-7|FONDERIE CALASTRA SRL|00743110157|Lecco|active")).await;
    let other = assess(&world, &other, &with_register(&world, &web)).await;
    let row = json!([{"client": "C-9", "name": "Perseghin", "country": "IT", "tax_id": NUMBER}]);
    world.post("/v1/clients?portfolio=pmi", &row, 200).await;
    world.settle().await;
    let refused = world.ask("POST", &format!("{path}/erase")).json(&json!({"reason": "asked for"}));
    problem(refused.send().await.unwrap(), 409).await;
    world.post("/v1/clients/C-9/erase", &json!({"reason": "asked for"}), 200).await;
    problem(world.ask("GET", &path).send().await.unwrap(), 404).await;
    assert_eq!(world.files_with("Canaryname"), Vec::<String>::new());
    assert_eq!(world.get(&format!("/v1/assessments/{}", other["id"].as_str().unwrap())).await, other);
}
