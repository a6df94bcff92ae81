use futures::StreamExt as _;
use serde_json::Value;

use crate::world::{World, problem};

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
