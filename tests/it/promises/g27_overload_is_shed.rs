//! G27: beyond what it can do, a house turns requests away at once and goes on answering the others.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use vedetta::serve::Settings;

use super::doses::SLOW_CALLERS;
use crate::world::{World, problem};

#[tokio::test]
async fn g27_a_request_beyond_the_places_is_told_when_to_come_back_and_the_probes_are_answered() {
    let world = World::serving(Settings { at_once: 0, ..Settings::default() }).await;
    let refused = world.ask("GET", "/v1/clients").send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(problem(refused, 503).await["code"], "overloaded");
    for probe in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(world.bare("GET", probe).send().await.unwrap().status(), 200, "{probe}");
    }
}

#[tokio::test]
async fn g27_more_requests_at_once_than_places_end_answered_or_refused_and_none_hangs() {
    let world = World::serving(Settings { at_once: 2, ..Settings::default() }).await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let mut asked = JoinSet::new();
    for _ in 0..100 {
        asked.spawn(world.ask("GET", "/v1/clients/N-1/explanation").send());
    }
    let (mut n_answered, mut n_refused) = (0, 0);
    while let Some(answer) = asked.join_next().await {
        match answer.unwrap().unwrap().status().as_u16() {
            200 => n_answered += 1,
            503 => n_refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(n_answered + n_refused, 100);
    assert!(n_answered > 0, "somebody is served");
    assert_eq!(world.get("/v1/clients/N-1/rating").await["client"], "N-1", "and everybody again afterwards");
}

#[tokio::test]
async fn g27_callers_who_say_half_a_word_keep_nobody_waiting() {
    let world = World::serving(Settings { at_once: 4, ..Settings::default() }).await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let address = world.address.trim_start_matches("http://");
    let mut slow = Vec::new();
    for _ in 0..SLOW_CALLERS {
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller.write_all(b"GET /v1/clients HTTP/1.1\r\nhost: h\r\nx-slow: ").await.unwrap();
        slow.push(caller);
    }
    let served = tokio::time::timeout(Duration::from_secs(5), world.get("/v1/clients/N-1/rating")).await;
    assert_eq!(served.unwrap()["client"], "N-1");
}

#[tokio::test]
async fn g27_callers_whose_body_drips_hold_no_place() {
    let world = World::serving(Settings { at_once: 2, ..Settings::default() }).await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let address = world.address.trim_start_matches("http://");
    let mut slow = Vec::new();
    for path in ["/sign-in", "/v1/ratings/query", "/v1/clients"].iter().cycle().take(SLOW_CALLERS) {
        let mut caller = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: 1000\r\n\r\n[",
            world.key
        );
        caller.write_all(head.as_bytes()).await.unwrap();
        slow.push(caller);
    }
    for _ in 0..20 {
        assert_eq!(world.get("/v1/clients/N-1/explanation").await["client"], "N-1");
    }
}

#[tokio::test]
async fn g27_a_body_that_is_too_large_is_refused_before_it_has_come() {
    let world = World::new().await;
    let address = world.address.trim_start_matches("http://");
    for (path, length) in [("/v1/ratings/query", 64u64 << 20), ("/v1/invoices", 64 << 20), ("/v1/payments", 1 << 40)] {
        let mut caller = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n[",
            world.key
        );
        caller.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 12];
        caller.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, b"HTTP/1.1 413", "{path}");
    }
    let row = json!([{"client": "C-1", "name": "x".repeat(2 << 20)}]);
    let imported = world.ask("POST", "/v1/clients").json(&row).send().await.unwrap();
    assert_eq!(imported.status(), 200, "an import may be larger than other bodies");
}
