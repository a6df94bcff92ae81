use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

async fn world() -> World {
    let world = World::new().await;
    for (portfolio, name) in [("north", "N"), ("south", "S")] {
        let rows: Vec<Value> =
            (1..=5).map(|n| json!({"client": format!("{name}-{n}"), "name": format!("Officine {name} {n}")})).collect();
        world.post(&format!("/v1/clients?portfolio={portfolio}"), &json!(rows), 200).await;
    }
    world
}

async fn page(world: &World, key: &str, query: &str) -> Value {
    read(world.bare("GET", &format!("/v1/clients?{query}")).bearer_auth(key).send().await.unwrap(), 200).await
}

#[tokio::test]
async fn pages_together_are_the_list_each_item_once_whoever_writes_meanwhile() {
    let world = world().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(&world, &world.key, &format!("limit=2{cursor}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|c| c["client"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
        let late = json!([{"client": "N-1", "name": format!("Officine {}", seen.len())}]);
        world.post("/v1/clients?portfolio=north", &late, 200).await;
    }
    assert_eq!(seen, ["N-1", "N-2", "N-3", "N-4", "N-5", "S-1", "S-2", "S-3", "S-4", "S-5"]);
}

#[tokio::test]
async fn a_cursor_that_was_made_up_or_given_to_another_list_or_portfolio_is_refused() {
    let world = world().await;
    let north = world.key_for(Scope::Read, &["north"]).await;
    let south = world.key_for(Scope::Read, &["south"]).await;
    let next = page(&world, &north, "limit=2").await["next"].as_str().unwrap().to_owned();
    assert_eq!(page(&world, &north, &format!("cursor={next}")).await["items"].as_array().unwrap().len(), 3);
    let twin = world.key_for(Scope::Read, &["north"]).await;
    assert_eq!(page(&world, &twin, &format!("cursor={next}")).await["items"].as_array().unwrap().len(), 3);
    let forged = next.chars().rev().collect::<String>();
    let wrong = [
        (&south, "clients", next.as_str()),
        (&world.key, "clients", &next),
        (&north, "review", &next),
        (&north, "payments", &next),
        (&north, "clients", &forged),
        (&north, "clients", "NDI"),
        (&north, "clients", ""),
    ];
    for (key, list, cursor) in wrong {
        let asked = world.bare("GET", &format!("/v1/{list}?cursor={cursor}")).bearer_auth(key).send().await.unwrap();
        assert_eq!(problem(asked, 400).await["code"], "bad_cursor", "{list} {cursor:?}");
    }
}

#[tokio::test]
async fn another_process_of_the_house_goes_on_with_a_list() {
    let world = world().await;
    let next = page(&world, &world.key, "limit=4").await["next"].as_str().unwrap().to_owned();
    let replica = world.replica().await;
    let asked =
        reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{replica}/v1/clients?cursor={next}"));
    let rest = read(asked.bearer_auth(&world.key).send().await.unwrap(), 200).await;
    assert_eq!(rest["items"][0]["client"], "N-5");
}

#[tokio::test]
async fn a_cursor_goes_on_with_the_filters_that_it_was_made_with_and_with_no_others() {
    let world = world().await;
    let next =
        page(&world, &world.key, "limit=1&q=Officine&portfolio=south").await["next"].as_str().unwrap().to_owned();
    let rest = page(&world, &world.key, &format!("portfolio=south&cursor={next}&q=Officine")).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 4);
    for query in ["q=Officine", "q=Officine&portfolio=north", "portfolio=south", ""] {
        let asked = world.ask("GET", &format!("/v1/clients?cursor={next}&{query}")).send().await.unwrap();
        let refused = problem(asked, 400).await;
        assert_eq!(refused["code"], "bad_cursor", "{query}");
        assert!(refused["detail"].as_str().unwrap().contains("filters"), "{query}: {refused}");
    }
    let plain = page(&world, &world.key, "limit=1").await["next"].as_str().unwrap().to_owned();
    let asked = world.ask("GET", &format!("/v1/clients?cursor={plain}&q=Officine")).send().await.unwrap();
    assert_eq!(problem(asked, 400).await["code"], "bad_cursor");
}
