//! G27: beyond what it can do, a house turns requests away at once and goes on answering the others. How fast it answers a
//! hundred thousand clients and more is measured by `scripts/bench-http`, with a program that was built for speed.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use vedetta::serve::Settings;

use super::doses;
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
    let (mut callers, began) = (JoinSet::new(), Instant::now());
    for _ in 0..doses::G27_CALLERS {
        let question = world.ask("GET", "/v1/clients/N-1/explanation");
        callers.spawn(async move {
            let (mut waits, mut n_refused) = (Vec::new(), 0);
            for _ in 0..doses::g27_times() {
                let asked = Instant::now();
                let answer = question.try_clone().unwrap().send().await.unwrap();
                match answer.status().as_u16() {
                    200 => waits.push(asked.elapsed()),
                    503 => {
                        assert!(answer.headers().contains_key("retry-after"));
                        n_refused += 1;
                    }
                    other => panic!("{other}"),
                }
            }
            (waits, n_refused)
        });
    }
    let (mut waits, mut n_refused) = (Vec::new(), 0);
    for (of_one, n) in callers.join_all().await {
        waits.extend(of_one);
        n_refused += n;
    }
    assert_eq!(waits.len() + n_refused, doses::G27_CALLERS * doses::g27_times());
    assert!(!waits.is_empty(), "somebody is served");
    let per_second = waits.len() as f64 / began.elapsed().as_secs_f64();
    let (n, times) = (waits.len(), doses::quantiles(&waits));
    doses::figures(&format!("{n} answered, {per_second:.0}/s, {times}; {n_refused} refused with a time to come back"));
    assert_eq!(world.get("/v1/clients/N-1/rating").await["client"], "N-1", "and everybody again afterwards");
}

#[tokio::test]
async fn g27_callers_who_say_half_a_word_keep_nobody_waiting() {
    let world = World::serving(Settings { at_once: 4, ..Settings::default() }).await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let address = world.address.trim_start_matches("http://");
    let mut slow = Vec::new();
    for _ in 0..doses::g27_slow_callers() {
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
    for path in ["/sign-in", "/v1/ratings/query", "/v1/clients"].iter().cycle().take(doses::g27_slow_callers()) {
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

#[tokio::test]
async fn g27_a_caller_who_names_another_address_each_time_is_still_one_caller() {
    let world = World::serving(Settings { requests_per_minute: 1, burst: 5, ..Settings::default() }).await;
    let (began, mut n_answered) = (Instant::now(), 0);
    let ask = async |n: usize| {
        let address = format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
        let asked = world.ask("GET", "/v1/clients").header("x-forwarded-for", &address).header("x-real-ip", &address);
        let answer = asked.header("forwarded", format!("for={address}")).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    for few in (0..doses::g27_addresses()).collect::<Vec<_>>().chunks(8) {
        for told in futures::future::join_all(few.iter().map(|n| ask(*n))).await {
            match told {
                (200, _) => n_answered += 1,
                other => assert_eq!(other, (429, true)),
            }
        }
    }
    // Five at once, and one more for every minute that has gone by.
    assert!((5..=6 + began.elapsed().as_secs() / 60).contains(&n_answered), "{n_answered}");
    let n = doses::g27_addresses();
    doses::figures(&format!("{n} addresses of one caller, {n_answered} answered, the rest refused"));
}
