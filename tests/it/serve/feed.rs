use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use vedetta::{domain::EventBody, store::Scope};

use crate::{
    stores::record_of_the_future,
    world::{World, house, problem, start},
};

/// Reads the stream until so many events have come; answers `(id, type, data)` of each.
async fn events(response: reqwest::Response, n: usize) -> Vec<(i64, String, Value)> {
    let (mut body, mut text, mut events) = (response.bytes_stream(), String::new(), Vec::new());
    while events.len() < n {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
        while let Some((block, rest)) = text.split_once("\n\n") {
            let field = |name: &str| block.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
            if let (Some(id), Some(kind), Some(data)) = (field("id:"), field("event:"), field("data:")) {
                events.push((id.parse().unwrap(), kind.to_owned(), serde_json::from_str(data).unwrap()));
            }
            text = rest.to_owned();
        }
    }
    events
}

#[tokio::test]
async fn the_feed_has_every_event_once_and_in_order() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.protest("C-1", "50000").await;
    let all = world.get("/v1/changes").await;
    let seqs: Vec<&str> = all["events"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=seqs.len()).map(|n| n.to_string()).collect();
    assert_eq!(seqs, expected);
    assert_eq!(all["next"].as_u64().unwrap(), seqs.len() as u64);
    let rest = world.get(&format!("/v1/changes?after={}", all["next"])).await;
    assert_eq!((rest["events"].as_array().unwrap().len(), &rest["next"]), (0, &all["next"]));
    let one = world.get("/v1/changes?limit=1").await;
    assert_eq!((&one["events"][0], &one["next"]), (&all["events"][0], &serde_json::json!(1)));
}

#[tokio::test]
async fn the_stream_replays_after_the_last_event_and_then_goes_live() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.protest("C-1", "50000").await;
    let feed = world.get("/v1/changes").await;
    let recorded = feed["events"].as_array().unwrap().clone();
    let stream = world.ask("GET", "/v1/changes/stream").header("Last-Event-ID", "1").send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let replayed = recorded.len() - 1;
    let reader = events(stream, replayed + 1);
    let writer = world.client("default", "C-2", "Vetreria Lunare", 90);
    let (got, ()) = tokio::join!(reader, writer);
    let ids: Vec<i64> = got.iter().map(|(id, _, _)| *id).collect();
    let expected: Vec<i64> = (2..).take(replayed + 1).collect();
    assert_eq!(ids, expected);
    for ((_, kind, data), recorded) in got.iter().zip(&recorded[1..]) {
        assert_eq!(data, recorded);
        assert_eq!(data["type"], kind.as_str());
    }
    let wrong = world.ask("GET", "/v1/changes/stream").header("Last-Event-ID", "soon").send().await.unwrap();
    assert_eq!(problem(wrong, 400).await["code"], "bad_event_id");
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let world = World::new().await;
    let stream = world.ask("GET", "/v1/changes/stream").send().await.unwrap();
    world.shutdown.cancel();
    assert_eq!(stream.text().await.unwrap(), "");
    world.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_event_that_this_version_cannot_read_is_in_the_feed_without_its_data() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    record_of_the_future(&world.file());
    world.protest("C-1", "50000").await;
    let all = world.get("/v1/changes").await["events"].as_array().unwrap().clone();
    let seqs: Vec<&str> = all.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(seqs, (1..=all.len()).map(|n| n.to_string()).collect::<Vec<_>>());
    let unread = all.iter().position(|event| event["type"] == "future.kind").unwrap();
    assert_eq!((&all[unread]["data"], &all[unread]["subject"]), (&json!({}), &json!("C-1")));
    assert!(unread + 1 < all.len(), "the feed goes on behind it");
    let stream = world.ask("GET", "/v1/changes/stream?after=0").send().await.unwrap();
    let streamed = events(stream, all.len()).await;
    assert_eq!(streamed[unread].1, "future.kind");
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let world = World::new().await;
    let other = world.ask("GET", "/v1/changes/stream").send().await.unwrap();
    for address in [world.address.clone(), world.replica().await] {
        let key = world.desk.create_key(&house(), Scope::Read, &[]).await.unwrap();
        let ask = reqwest::Client::builder().no_proxy().build().unwrap();
        let stream = ask.get(format!("{address}/v1/changes/stream")).bearer_auth(&key.key).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        world.desk.revoke_key(&house(), &key.id).await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(5), stream.text()).await;
        assert_eq!(ended.expect("it ends within five seconds").unwrap(), "");
    }
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    assert_eq!(events(other, 1).await.len(), 1, "other keys go on");
}

#[tokio::test]
async fn a_reader_of_one_portfolio_passes_over_what_others_were_told() {
    let world = World::new().await;
    let south = world.key_for(Scope::Read, &["south"]).await;
    let read = async |after: &Value| {
        let path = format!("/v1/changes?after={after}&limit=1");
        crate::world::read(world.bare("GET", &path).bearer_auth(&south).send().await.unwrap(), 200).await
    };
    world.client("north", "N-1", "Officine Sette Ponti", 2).await;
    world.client("north", "N-2", "Vetreria Lunare", 90).await;
    let newest = world.desk.store.outbox().last_seq().await.unwrap();
    let nothing = read(&json!(0)).await;
    assert_eq!((&nothing["events"], &nothing["next"]), (&json!([]), &json!(newest)));
    world.client("south", "S-1", "Molino Astri", 2).await;
    world.client("south", "S-2", "Cartiera Vesta", 2).await;
    // What is its own comes one by one, and nothing of it is passed over.
    let (mut next, mut seen) = (nothing["next"].clone(), 0);
    loop {
        let page = read(&next).await;
        if page["events"] == json!([]) {
            break;
        }
        assert_eq!(page["next"].to_string(), page["events"][0]["id"].as_str().unwrap());
        (next, seen) = (page["next"].clone(), seen + 1);
    }
    let all = world.get(&format!("/v1/changes?after={newest}&limit=500")).await;
    assert_eq!(seen, all["events"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_reader_who_is_ahead_of_the_feed_is_told_to_begin_anew() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let newest = world.desk.store.outbox().last_seq().await.unwrap();
    let page = world.get(&format!("/v1/changes?after={}", newest + 100)).await;
    assert_eq!((&page["events"], &page["next"]), (&json!([]), &json!(newest)));
    let ahead = (newest + 100).to_string();
    let stream = world.ask("GET", "/v1/changes/stream").header("Last-Event-ID", ahead).send().await.unwrap();
    let (outbox, heard) = (world.desk.store.outbox(), EventBody::SourceRecovered { source: "gazette".to_owned() });
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let told = tokio::select! {
        told = events(stream, 2) => told,
        () = async {
            loop {
                ticks.tick().await;
                outbox.append(start(), None, None, &heard).await.unwrap();
            }
        } => unreachable!("events come until somebody has heard of two"),
    };
    let (id, kind, data) = &told[0];
    assert_eq!((kind.as_str(), &data["last_seq"]), ("reset", &json!(id)));
    assert!(data["reason"].as_str().unwrap().contains("restored"), "{data}");
    assert_eq!((told[1].0, told[1].1.as_str()), (id + 1, "source.recovered"), "it goes on behind the newest event");
}

#[tokio::test]
async fn a_night_is_told_without_the_figures_of_all_to_who_sees_some_of_them() {
    let world = World::new().await;
    world.client("north", "N-1", "Filatura Boreale", 3).await;
    let north = world.key_for(Scope::Read, &["north"]).await;
    let night = async |key: &str| {
        let all = world.bare("GET", "/v1/changes?limit=500").bearer_auth(key).send().await.unwrap();
        let all = crate::world::read(all, 200).await;
        let mut nights = all["events"].as_array().unwrap().iter().filter(|event| event["type"] == "night.completed");
        nights.next_back().unwrap()["data"].clone()
    };
    world.night().await;
    assert_eq!(night(&north).await["scanned"], 1, "there is no other portfolio: the figures are its own");
    world.client("south", "S-1", "Conceria Australe", 3).await;
    let run = world.night().await;
    let told = night(&north).await;
    let fields: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((fields, &told["run"]), (vec!["run", "seq"], &json!(run.id)), "{told}");
    assert_eq!(night(&world.key).await["scanned"], 2);
    let both = world.key_for(Scope::Read, &["north", "south"]).await;
    assert_eq!(night(&both).await["scanned"], 2);

    let live = world.bare("GET", "/v1/changes/stream?after=0").bearer_auth(&north).send().await.unwrap();
    let n_own = world.desk.store.outbox().after(0, 500, None).await.unwrap();
    let south =
        |event: &&vedetta::domain::Event| event.portfolio.as_ref().is_some_and(|(_, name)| name.as_str() == "south");
    let n_own = n_own.len() - n_own.iter().filter(south).count();
    let heard = events(live, n_own).await;
    let (_, _, last) = heard.iter().rev().find(|(_, kind, _)| kind == "night.completed").unwrap();
    assert_eq!(last["data"], told);
}
