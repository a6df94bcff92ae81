//! A house that tells a collector what it does: over real HTTP, and to the harm of nothing.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    doses::END_WITHIN,
    program::{House, eventually},
};
use crate::alert::receivers::Receiver;

/// What was posted: the kind of the body, and the body.
type Posts = Arc<Mutex<Vec<(String, Bytes)>>>;

/// A collector on loopback that keeps what it is sent.
async fn collector() -> (String, Posts, JoinSet<()>) {
    async fn keep(State(posts): State<Posts>, headers: HeaderMap, body: Bytes) {
        let kind = headers["content-type"].to_str().unwrap().to_owned();
        posts.lock().unwrap_or_else(PoisonError::into_inner).push((kind, body));
    }
    let posts = Posts::default();
    let router = Router::new().route("/v1/traces", post(keep)).with_state(Arc::clone(&posts));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, posts, serving)
}

/// The post that holds this text, as protobuf holds texts: byte for byte.
fn post_with(posts: &Posts, text: &str) -> Option<(String, Bytes)> {
    let posts = posts.lock().unwrap_or_else(PoisonError::into_inner);
    posts.iter().find(|(_, body)| has(body, text)).cloned()
}

fn has(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_collector_is_told_of_each_request_by_its_id_and_of_no_client() {
    let folder = tempfile::tempdir().unwrap();
    let (address, posts, _serving) = collector().await;
    let mut house = House::start_with(&folder.path().join("data"), &[("VEDETTA__TELEMETRY__OTLP", &address)]).await;
    let answer = house.ask("GET", "/v1/clients/C-SECRET/rating").send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let (kind, body) = eventually("the span of the request", async || post_with(&posts, &id)).await;
    assert_eq!(kind, "application/x-protobuf");
    for told in ["vedetta", "service.name", "request.id", "http.route", "/v1/clients/{client}/rating", "http.status"] {
        assert!(has(&body, told), "{told}");
    }
    // What was asked last is sent when the house closes.
    let last = house.ask("GET", "/v1/portfolio/summary").send().await.unwrap();
    let last = last.headers()["x-request-id"].to_str().unwrap().to_owned();
    house.signal("TERM");
    let (ended, time) = house.ended().await;
    assert!(ended.success() && time < END_WITHIN, "{ended} after {time:?}: {}", house.log());
    assert!(post_with(&posts, &last).is_some(), "the last request was not told");
    assert!(post_with(&posts, "C-SECRET").is_none(), "a span names a client");
}

#[tokio::test]
async fn a_collector_that_is_dead_or_never_answers_slows_and_ends_nothing() {
    let silent = Receiver::hanging().await;
    for address in ["http://127.0.0.1:1".to_owned(), format!("http://{}", silent.address)] {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::start_with(&folder.path().join("data"), &[("VEDETTA__TELEMETRY__OTLP", &address)]).await;
        for _ in 0..200 {
            assert_eq!(house.ask("GET", "/livez").send().await.unwrap().status(), 200);
        }
        house.signal("TERM");
        let (ended, time) = house.ended().await;
        assert!(ended.success() && time < END_WITHIN, "{ended} after {time:?}: {}", house.log());
    }
    assert!(!silent.requests().is_empty(), "the silent one was asked");
}
