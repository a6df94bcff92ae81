use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

/// Two payers of two trades.
async fn world_of_two_trades() -> World {
    let world = World::new().await;
    world.client("default", "STEEL", "Officine Sette Ponti", 12).await;
    let row = json!([{"client": "CLOTH", "name": "Sartoria Lunigiana", "country": "IT", "sector": "14.13"}]);
    world.post("/v1/clients?portfolio=default", &row, 200).await;
    let invoices: Vec<Value> = (1..=12)
        .map(|n| json!({"client": "CLOTH", "invoice": format!("S-{n}"), "issued_on": "2026-01-10",
            "due_on": format!("2026-0{}-10", n % 8 + 2), "paid_on": format!("2026-0{}-22", n % 8 + 2), "amount": "1000"}))
        .collect();
    world.post("/v1/invoices?portfolio=default", &json!(invoices), 200).await;
    world.settle().await;
    world
}

#[tokio::test]
async fn a_shock_to_a_sector_reaches_those_in_it_and_raises_what_is_expected_to_be_lost() {
    let world = world_of_two_trades().await;
    let before = world.get("/v1/changes").await["events"].as_array().unwrap().len();
    let asked = json!({"sector": "14", "shock": -0.28, "bankruptcies": 1.0});
    let found = world.post("/v1/portfolio/stress", &asked, 200).await;
    assert_eq!((&found["clients"], &found["hit"]), (&json!(2), &json!(1)), "{found}");
    let loss = |side: &str| found[side]["expected_loss"].as_f64().unwrap();
    let pd =
        |side: &str| found[side]["bands"].as_array().unwrap().iter().filter_map(|b| b["mean_pd"].as_f64()).sum::<f64>();
    assert!(loss("after") >= loss("before") && pd("after") > pd("before"), "{found}");
    let moved: u64 = found["migration"].as_array().unwrap().iter().map(|m| m["clients"].as_u64().unwrap()).sum();
    assert_eq!(moved, 2, "everybody is somewhere in the matrix: {found}");
    assert_eq!(found["moved_up"], 0);
    assert_eq!(world.get("/v1/changes").await["events"].as_array().unwrap().len(), before, "nothing is recorded");

    let macro_shock = world.post("/v1/portfolio/stress", &json!({"shock": -0.28}), 200).await;
    assert_eq!(macro_shock["hit"], 2, "without a sector everybody is hit");
    let calm = world.post("/v1/portfolio/stress", &json!({"shock": 0}), 200).await;
    assert_eq!((&calm["moved_down"], &calm["before"]), (&json!(0), &calm["after"]));
}

#[tokio::test]
async fn what_an_analyst_decided_counts_in_a_stress_with_the_pd_of_its_grade() {
    let world = world_of_two_trades().await;
    let grade = world.get("/v1/clients/CLOTH/rating").await["grade"].as_str().unwrap().to_owned();
    let grades = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"];
    let place = grades.iter().position(|one| *one == grade).unwrap();
    let worse = grades[place + 1];
    let decided = json!({"grade": worse, "reason": "its largest customer has stopped paying"});
    world.post("/v1/clients/CLOTH/override", &decided, 200).await;
    let (summary, found) = (
        world.get("/v1/portfolio/summary").await,
        world.post("/v1/portfolio/stress", &json!({"sector": "24", "shock": -0.1}), 200).await,
    );
    let band = |bands: &Value| bands.as_array().unwrap().iter().find(|band| band["grade"] == worse).unwrap().clone();
    assert_eq!(band(&found["before"]["bands"]), band(&summary["bands"]), "{found}");
    assert_eq!(found["before"]["expected_loss"], summary["expected_loss"], "{found}");
    assert_eq!(band(&found["after"]["bands"])["clients"], 1, "another market's blow leaves it where it is: {found}");
}

#[tokio::test]
async fn a_key_stresses_its_own_portfolios_only_and_a_wrong_value_is_named() {
    let world = world_of_two_trades().await;
    world.client("other", "C-9", "Vetreria Lunare", 2).await;
    let key = world.key_for(Scope::Read, &["other"]).await;
    let asked = world.bare("POST", "/v1/portfolio/stress").bearer_auth(&key).json(&json!({"shock": -0.1}));
    assert_eq!(read(asked.send().await.unwrap(), 200).await["clients"], 1);
    for (body, pointer) in [
        (json!({"shock": -1.5}), "/shock"),
        (json!({"shock": -0.1, "sector": "fashion!"}), "/sector"),
        (json!({"shock": -0.1, "country": "Italy"}), "/country"),
    ] {
        let refused = world.ask("POST", "/v1/portfolio/stress").json(&body).send().await.unwrap();
        assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], pointer, "{body}");
    }
}
