//! What is made ready before anybody asks is what would be given.

use jiff::SignedDuration;
use serde_json::json;
use vedetta::desk::{Moment, Wanted};

use crate::world::{World, house, read};

/// Everything that is made ready, two at a time, after comparing it with what is given to whoever asks: the codes.
async fn made_ready(world: &World) -> Vec<String> {
    let caller = house();
    let (mut after, mut codes) = (None, Vec::new());
    loop {
        let page = world.desk.ready(after, 2).await.unwrap();
        for ready in page.items {
            let code = ready.view.client.clone();
            let wanted = Wanted { caller: &caller, code: &code, portfolio: None };
            assert_eq!(world.desk.rating(&wanted, Moment::default()).await.unwrap(), ready.view);
            let briefs = world.desk.briefs(&caller, None, std::slice::from_ref(&code)).await.unwrap();
            assert_eq!(briefs, [(code.clone(), vec![(ready.brief, ready.client)])]);
            codes.push(code);
        }
        after = page.next;
        if after.is_none() {
            return codes;
        }
    }
}

#[tokio::test]
async fn what_is_made_ready_is_what_is_given_whatever_happened() {
    let world = World::new().await;
    for (portfolio, code, n) in [("north", "N-1", 12), ("north", "N-2", 3), ("north", "N-3", 0), ("south", "S-1", 2)] {
        world.client(portfolio, code, &format!("Officine Valdarno {code}"), n).await;
    }
    assert_eq!(made_ready(&world).await, ["N-1", "N-2", "N-3", "S-1"]);
    world.clock.advance(SignedDuration::from_secs(60));
    world.protest("N-1", "50000").await;
    let grade = world.get("/v1/clients/N-2/rating").await["grade"].clone();
    world.post("/v1/clients/N-2/override", &json!({"grade": grade, "reason": "looked at"}), 200).await;
    assert_eq!(made_ready(&world).await, ["N-1", "N-2", "N-3", "S-1"]);

    // A night that leaves the grades refreshes the figures, whose lines are computed again.
    world.clock.advance(SignedDuration::from_hours(24));
    world.night().await;
    assert_eq!(made_ready(&world).await, ["N-1", "N-2", "N-3", "S-1"]);
    let ready = world.desk.ready(None, 9).await.unwrap().items;
    assert!(ready.iter().all(|ready| ready.view.points.is_none() || !ready.view.reasons.is_empty()));
    world.clock.advance(SignedDuration::from_hours(24));
    world.protest("S-1", "800").await;
    world.night().await;
    assert_eq!(made_ready(&world).await, ["N-1", "N-2", "N-3", "S-1"]);
}

#[tokio::test]
async fn what_is_not_one_clients_alone_is_not_made_ready() {
    let world = World::new().await;
    for (portfolio, code) in [("north", "N-1"), ("north", "N-2"), ("north", "X-1"), ("south", "X-1"), ("south", "S-1")]
    {
        world.client(portfolio, code, &format!("Cantiere {portfolio} {code}"), 2).await;
    }
    assert_eq!(made_ready(&world).await, ["N-1", "N-2", "S-1"], "a code of two portfolios");
    world.post("/v1/clients/N-1/merge", &json!({"into": "N-2", "reason": "entered twice"}), 200).await;
    world.settle().await;
    assert_eq!(made_ready(&world).await, ["N-2", "S-1"], "a merged client");
    read(world.ask("DELETE", "/v1/clients/N-1/merge").send().await.unwrap(), 200).await;
    world.settle().await;
    let row = json!({"name": "Nobody yet", "country": "IT"});
    let put = world.ask("PUT", "/v1/clients/N-9?portfolio=north").json(&row).send().await.unwrap();
    assert!(put.status().is_success());
    assert_eq!(made_ready(&world).await, ["N-1", "N-2", "S-1"], "a client without a rating");
}
