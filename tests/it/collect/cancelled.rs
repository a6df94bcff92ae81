//! A protest that its register cancels between two runs, from the page to the rating.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::SignedDuration;
use serde_json::json;
use vedetta::{
    collect::{Collector, Configured, Secrets, read_sources},
    domain::{Cause, EventBody},
};

use super::web::{Web, fetcher_with, settings, text};
use crate::world::{World, read};

const TAX: &str = "09876540155";

fn page(state: &str) -> String {
    format!(
        "<!doctype html><html><body><main class=\"registro-protesti\"><table class=\"protesti\"><tbody>\
         <tr><td class=\"debitore\">Molini Astengo S.r.l.</td><td class=\"cf\">{TAX}</td>\
         <td class=\"comune\">Savona</td><td class=\"titolo\">Cambiale</td><td class=\"importo\">18.347,11</td>\
         <td class=\"levata\">05/11/2026</td><td class=\"scadenza\">31/10/2026</td><td class=\"motivo\">CM2</td>\
         <td class=\"stato\">{state}</td></tr></tbody></table></main></body></html>"
    )
}

#[tokio::test]
async fn a_protest_cancelled_between_two_runs_is_gone_everywhere_and_the_rating_is_what_it_would_have_been() {
    let world = World::new().await;
    world.client("default", "C-1", "Molini Astengo S.r.l.", 2).await;
    let row =
        json!([{"client": "C-1", "name": "Molini Astengo S.r.l.", "country": "IT", "sector": "25.62", "tax_id": TAX}]);
    world.post("/v1/clients", &row, 200).await;
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let good = world.get("/v1/clients/C-1/rating").await;

    let is_cancelled = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&is_cancelled);
    let web = Web::new(move |asked, _| match asked.uri.path() {
        "/robots.txt" => super::web::nothing(),
        _ => text(page(if state.load(Ordering::Relaxed) { "Cancellato" } else { "Normale" })),
    })
    .await;
    let table = format!(
        "[protests-html]\nkind = \"protests-html\"\nbase_url = \"{}\"\ncountry = \"IT\"\nevery = \"1d\"\nstale_after = \"4d\"\n",
        web.url("/protesti")
    );
    let sources = read_sources(&table, "sources.toml").unwrap();
    let sources = sources.into_iter().map(|s| Configured::new(s, &Secrets::default()).unwrap()).collect();
    let fetcher = fetcher_with(&settings(), Secrets::default(), world.clock.clone());
    let collector = Collector::new(world.desk.store.clone(), world.clock.clone(), settings(), sources, fetcher);

    let told = collector.collect(None, &|_| {}).await.remove(0);
    assert_eq!((told.signals, told.failed, told.quarantined), (1, 0, 0), "{told:?}");
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let bad = world.get("/v1/clients/C-1/rating").await;
    assert!(bad["points"].as_i64() < good["points"].as_i64(), "{bad}");
    let signals = world.get("/v1/clients/C-1/signals").await;
    let (id, sha256) = (&signals["items"][0]["signal"], &signals["items"][0]["evidence"]["sha256"]);
    let (id, sha256) = (id.as_str().unwrap().to_owned(), sha256.as_str().unwrap().to_owned());
    assert!(!world.files_with("18.347,11").is_empty());

    is_cancelled.store(true, Ordering::Relaxed);
    world.clock.advance(SignedDuration::from_hours(25));
    collector.collect(None, &|_| {}).await;
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;

    let now = world.get("/v1/clients/C-1/rating").await;
    assert_eq!((&now["grade"], &now["points"]), (&good["grade"], &good["points"]));
    assert_eq!(world.get("/v1/clients/C-1/signals").await["items"], json!([]));
    for path in ["/v1/clients/C-1/rating", "/v1/clients/C-1/explanation", "/v1/clients/C-1/ratings", "/v1/changes"] {
        let said = world.get(path).await.to_string();
        assert!(!said.contains(&id) && !said.contains(&sha256) && !said.contains("18347.11"), "{path}: {said}");
    }
    // The step down and the step back are explained without a word of what it was.
    for seq in [2, 3] {
        let path = format!("/v1/clients/C-1/explanation?to_client_seq={seq}");
        let said = world.get(&path).await;
        assert_eq!(said["adds_up"], true, "{said}");
        let mark = said["change"].as_array().unwrap().iter().find(|line| line["feature"] == "withdrawn").unwrap();
        assert_eq!((&mark["value"], &mark["evidence"]), (&json!(null), &json!([{"withdrawn": true}])));
        assert!(!said.to_string().contains("protest"), "{said}");
    }
    let feed = world.get("/v1/changes").await.to_string();
    assert!(!feed.contains("protest"), "{feed}");
    read(world.ask("GET", &format!("/v1/evidence/{sha256}")).send().await.unwrap(), 404).await;
    assert_eq!(world.files_with("18.347,11"), Vec::<String>::new(), "the page that says it is cancelled names it, too");
    let events = world.desk.store.outbox().after(0, 100, None).await.unwrap();
    let last = events.iter().rev().find_map(|event| match &event.body {
        EventBody::RatingChanged(change) => Some(change.cause),
        _ => None,
    });
    assert_eq!(last, Some(Cause::Expiry));
    assert!(events.iter().any(|e| e.body == EventBody::SignalWithdrawn { rule: "cancelled".to_owned() }));
}
