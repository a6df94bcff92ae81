use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Three clients of the north, of which one is protested the day after; one of the south.
async fn world() -> World {
    let world = World::new().await;
    for (portfolio, code, days_late) in
        [("north", "N-1", 2), ("north", "N-2", 2), ("north", "N-3", 2), ("south", "S-1", 2)]
    {
        world.client(portfolio, code, &format!("Officine {code}"), days_late).await;
    }
    world.clock.advance(DAY);
    world.protest("N-1", "50000").await;
    world
}

fn sum(view: &Value, field: &str) -> f64 {
    view["migration"].as_array().unwrap().iter().map(|cell| cell[field].as_f64().unwrap()).sum()
}

#[tokio::test]
async fn the_matrix_says_who_went_where_between_two_days_as_it_was_recorded() {
    let world = world().await;
    let (was, is) = ("2026-11-20", "2026-11-21");
    let view = world.get(&format!("/v1/portfolio/migration?from={was}&to={is}&portfolio=north")).await;
    assert_eq!((&view["from"], &view["to"], &view["portfolios"]), (&json!(was), &json!(is), &json!(["north"])));
    assert_eq!((&view["clients"], &view["moved_up"], &view["moved_down"]), (&json!(3), &json!(0), &json!(1)));
    // The oracle: what the API says of each client as of the end of either day.
    let mut expected = std::collections::BTreeMap::new();
    for code in ["N-1", "N-2", "N-3"] {
        let mut grades = Vec::new();
        for day in [was, is] {
            let then = world.get(&format!("/v1/clients/{code}/rating?known_at={day}")).await;
            grades.push(then["grade"].as_str().unwrap().to_owned());
        }
        *expected.entry((grades[0].clone(), grades[1].clone())).or_insert(0u64) += 1;
    }
    let cells = view["migration"].as_array().unwrap();
    let word = |cell: &Value, field: &str| cell[field].as_str().unwrap().to_owned();
    let found: std::collections::BTreeMap<_, _> =
        cells.iter().map(|c| ((word(c, "from"), word(c, "to")), c["clients"].as_u64().unwrap())).collect();
    assert_eq!(found, expected);
    let stayed = world.get(&format!("/v1/portfolio/migration?from={was}&to={was}")).await;
    assert_eq!(
        (&stayed["clients"], &stayed["moved_down"], &stayed["exposure_on_movers"]),
        (&json!(4), &json!(0), &json!(0.0))
    );
    let from_nothing = world.get("/v1/portfolio/migration?from=2026-11-01&to=2026-11-20&portfolio=north").await;
    assert!(from_nothing["migration"].as_array().unwrap().iter().all(|cell| cell["from"] == "ND"));
    assert_eq!(from_nothing["moved_down"], 0, "nobody was there to fall");
}

#[tokio::test]
async fn exposure_is_what_was_owed_on_either_day() {
    let world = world().await;
    let open = json!([{"client": "N-2", "invoice": "open", "issued_on": "2026-11-21", "due_on": "2026-12-21",
        "amount": "700.00"}]);
    world.post("/v1/invoices?portfolio=north", &open, 200).await;
    world.settle().await;
    world.clock.advance(DAY);
    world.night().await;
    let view = world.get("/v1/portfolio/migration?from=2026-11-20&portfolio=north").await;
    let summary = world.get("/v1/portfolio/summary?portfolio=north").await;
    assert_eq!(
        (view["to"].as_str(), sum(&view, "exposure_after")),
        (Some("2026-11-22"), summary["exposure"].as_f64().unwrap())
    );
    assert!((sum(&view, "exposure_after") - sum(&view, "exposure") - 700.0).abs() < 1e-9, "{view}");
    let shares: f64 = sum(&view, "share");
    let rows = view["migration"].as_array().unwrap().iter().map(|c| c["from"].to_string());
    let n_rows = rows.collect::<std::collections::BTreeSet<_>>().len();
    assert!((shares - f64::from(u32::try_from(n_rows).unwrap())).abs() < 1e-5, "each row adds up to 1: {view}");
}

#[tokio::test]
async fn a_key_sees_the_migration_of_its_own_portfolios_and_days_in_order() {
    let world = world().await;
    let south = world.key_for(Scope::Read, &["south"]).await;
    let ask = |query: &str| world.bare("GET", &format!("/v1/portfolio/migration?{query}")).bearer_auth(&south).send();
    assert_eq!(read(ask("from=2026-11-20").await.unwrap(), 200).await["clients"], 1);
    problem(ask("from=2026-11-20&portfolio=north").await.unwrap(), 404).await;
    for wrong in ["", "from=yesterday", "from=2026-11-20&to=2026-11-19", "from=2026-11-20&until=2026-11-21"] {
        problem(ask(wrong).await.unwrap(), 400).await;
    }
}
