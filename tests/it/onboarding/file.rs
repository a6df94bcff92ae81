//! A prospect becomes a client, and its file is the client's.

use serde_json::{Value, json};
use vedetta::store::Scope;

use super::register::{assess, company, with_register};
use crate::{
    collect::web::{Web, text},
    world::{World, problem},
};

const PROTESTED: &str =
    "r-1|PANIFICIO GERVASONI SNC|01654010345|Parma|active\nr-3|PANIFICIO GERVASONI SNC|01654010345|Parma|protested";

fn client(code: &str, tax: &str) -> Value {
    json!([{"client": code, "name": "Panificio Gervasoni S.n.c.", "country": "IT", "tax_id": tax}])
}

#[tokio::test]
async fn a_prospect_that_becomes_a_client_brings_what_was_known_of_it_since_the_day_it_was_known() {
    let world = World::new().await;
    let web = Web::new(|_, _| text(PROTESTED)).await;
    let onboarding = with_register(&world, &web);
    let said = assess(&world, &company("Panificio Gervasoni", "01654010345"), &onboarding).await;
    world.clock.advance(jiff::SignedDuration::from_hours(240));
    world.post("/v1/clients?portfolio=other", &client("C-8", "01654010345"), 200).await;
    world.post("/v1/clients?portfolio=pmi", &client("C-9", "01654010345"), 200).await;
    world.settle().await;
    let signals = world.get("/v1/clients/C-9/signals").await;
    let known: Vec<&Value> = signals["items"].as_array().unwrap().iter().map(|signal| &signal["known_at"]).collect();
    assert_eq!(known, [&said["known_at"], &said["known_at"]], "{signals}");
    let filed = world.get("/v1/clients/C-9/assessments").await;
    assert_eq!((&filed["items"][0]["id"], &filed["items"][0]["client"]), (&said["id"], &json!("C-9")));
    let rating = world.get("/v1/clients/C-9/rating").await;
    assert_ne!(rating["client_seq"], 0, "it is rated by what was found");
    let other = world.get("/v1/clients/C-8/signals?portfolio=other").await;
    assert_eq!(other["items"], json!([]), "another creditor's client of the same number is given nothing");
    let again = assess(&world, &company("Panificio Gervasoni S.n.c.", "01654010345"), &onboarding).await;
    assert_eq!(again["identity"]["standing"], "client");
}

#[tokio::test]
async fn what_was_read_for_a_prospect_can_be_read_again_by_its_creditor_alone() {
    let world = World::new().await;
    let web = Web::new(|_, _| text(PROTESTED)).await;
    let said = assess(&world, &company("Panificio Gervasoni", "01654010345"), &with_register(&world, &web)).await;
    let document = said["signals"][0]["evidence"]["sha256"].as_str().unwrap();
    let path = format!("/v1/assessments/{}/documents", said["id"].as_str().unwrap());
    world.client("theirs", "C-1", "Officine Brandoni S.r.l.", 0).await;
    for (portfolio, status) in [("pmi", 200), ("theirs", 404)] {
        let key = world.key_for(Scope::Read, &[portfolio]).await;
        let answer = world.bare("GET", &format!("{path}/{document}")).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.text().await.unwrap() == PROTESTED, status == 200);
    }
    let other = "0".repeat(64);
    problem(world.ask("GET", &format!("{path}/{other}")).send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn a_file_is_given_to_a_client_by_hand_once_and_never_against_its_number() {
    let world = World::new().await;
    let web = Web::new(|_, _| text(PROTESTED)).await;
    let said = assess(&world, &company("Panificio Gervasoni", "01654010345"), &with_register(&world, &web)).await;
    let path = format!("/v1/assessments/{}/client", said["id"].as_str().unwrap());
    world.post("/v1/clients?portfolio=pmi", &client("C-2", "00743110157"), 200).await;
    world.client("pmi", "C-3", "Panificio Gervasoni", 0).await;
    world.client("pmi", "C-4", "Officine Brandoni S.r.l.", 0).await;
    let send = |code: &str| world.ask("POST", &path).json(&json!({"client": code})).send();
    let refused = problem(send("C-2").await.unwrap(), 409).await;
    assert!(refused["detail"].as_str().unwrap().contains("the client another one"), "{refused}");
    assert_eq!(problem(send("C-99").await.unwrap(), 422).await["errors"][0]["pointer"], "/client");
    for _ in 0..2 {
        let adopted = world.post(&path, &json!({"client": "C-3"}), 200).await;
        assert_eq!((&adopted["client"], &adopted["signals"]), (&json!("C-3"), &json!(2)));
    }
    problem(send("C-4").await.unwrap(), 409).await;
    assert_eq!(world.get("/v1/clients/C-3/signals").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(world.get("/v1/clients/C-4/signals").await["items"], json!([]));
}
