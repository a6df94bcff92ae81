use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use jiff::ToSpan;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use vedetta::{clock::Clock, domain::AsOf};

use super::{
    doses,
    program::{House, eventually},
};

/// Clients that are asked for; enough that a question for all of them takes a while.
const CLIENTS: usize = 300;

/// A receiver on loopback that answers nobody until it is told to, and counts whom it has seen and whom it has answered.
struct Receiver {
    url: String,
    may_answer: CancellationToken,
    n_seen: Arc<AtomicUsize>,
    n_answered: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (n_seen, n_answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, answered) = (Arc::clone(&n_seen), Arc::clone(&n_answered));
        let (may_answer, mut serving) = (CancellationToken::new(), JoinSet::new());
        let told = may_answer.clone();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let (seen, answered, told) = (Arc::clone(&seen), Arc::clone(&answered), told.clone());
                open.spawn(async move {
                    // A request of a few kilobytes on loopback arrives with its first bytes or right behind them.
                    if socket.read(&mut [0; 64 * 1024]).await.is_ok_and(|n| n > 0) {
                        seen.fetch_add(1, Ordering::SeqCst);
                        told.cancelled().await;
                        let said = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                        if socket.write_all(said).await.is_ok() {
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        Self { url, may_answer, n_seen, n_answered, _serving: serving }
    }
}

/// Clients that were told of by POST, so that they are there and rated when the question is asked.
async fn settle(house: &House) {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| json!({"client": format!("C-{n}"), "name": format!("Officina {n}"), "country": "IT"}))
        .collect();
    let put = house.ask("POST", "/v1/clients?portfolio=default").json(&clients).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK, "{}", put.text().await.unwrap());
    // The first of them pays, so that its rating can drop.
    let today = AsOf::at(Clock::system().now()).valid_at;
    let invoices = (1..=12i64).map(|n| {
        let issued = today - (30 * n + 60).days();
        json!({"client": "C-0", "invoice": format!("F{n}"), "issued_on": issued, "due_on": issued + 30.days(),
            "amount": "1000.00", "paid_on": issued + 30.days()})
    });
    let invoices: Vec<_> = invoices.collect();
    let put = house.ask("POST", "/v1/invoices?portfolio=default").json(&invoices).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK, "{}", put.text().await.unwrap());
    eventually("the first is determined", async || {
        let first = house.ask("GET", "/v1/clients/C-0/rating").send().await.unwrap();
        let first: serde_json::Value = first.json().await.unwrap();
        first["pd"].as_f64()
    })
    .await;
    eventually("everybody is rated", async || {
        let last = house.ask("GET", &format!("/v1/clients/C-{}/rating", CLIENTS - 1)).send().await.unwrap();
        let last: serde_json::Value = last.json().await.unwrap();
        last["client_seq"].as_i64().filter(|step| *step > 0)
    })
    .await;
}

/// So many subscriptions to any drop, and a drop.
async fn alarm(house: &House, url: &str, n_receivers: usize) {
    for n in 0..n_receivers {
        let order = json!({"name": format!("r{n}"), "channel": {"webhook": {"url": format!("{url}/{n}")}}});
        let made = house.ask("POST", "/v1/subscriptions").json(&order).send().await.unwrap();
        assert_eq!(made.status(), StatusCode::CREATED, "{}", made.text().await.unwrap());
    }
    let insolvent = json!({"client": "C-0", "kind": "company_status", "valid_at": "2025-05-11", "source": "registro",
        "official": true, "fields": {"status": "insolvent_liquidation", "opened_on": "2025-05-11"}});
    let told = house.ask("POST", "/v1/signals").json(&insolvent).send().await.unwrap();
    assert_eq!(told.status(), StatusCode::ACCEPTED, "{}", told.text().await.unwrap());
}

/// Asks without a pause until told that the house is about to end, as whoever stands behind a balancer does.
async fn call(house: Arc<House>, number: usize, is_ending: Arc<AtomicBool>) -> usize {
    let mut n_answered = 0;
    let codes: Vec<String> = (0..CLIENTS).map(|n| format!("C-{n}")).collect();
    while !is_ending.load(Ordering::SeqCst) {
        let request = match number % 3 {
            0 => house.ask("GET", &format!("/v1/clients/C-{}/rating", n_answered % CLIENTS)),
            1 => house.ask("POST", "/v1/ratings/query").json(&json!({"clients": codes})),
            _ => house.ask("GET", "/v1/changes?limit=100"),
        };
        let answer = request.send().await.unwrap_or_else(|e| panic!("request {n_answered} failed: {e:?}"));
        let status = answer.status();
        let body = answer.text().await.unwrap_or_else(|e| panic!("answer {n_answered} was cut off: {e:?}"));
        assert_eq!(status, StatusCode::OK, "{body}");
        n_answered += 1;
    }
    n_answered
}

/// A request of which only the head and the first bytes have come.
async fn half_a_request(house: &House) -> (TcpStream, &'static str) {
    let body = r#"[{"client":"C-late","name":"Vetreria Lunare","country":"IT"}]"#;
    let (sent, rest) = body.split_at(9);
    let address = house.address.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/clients?portfolio=default HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{sent}",
        house.key(),
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    (socket, rest)
}

/// Asks `/readyz` on connections of its own until it says that the end is near.
async fn until_not_ready(house: &House) {
    let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    eventually("readiness ends while connections are still taken", async || {
        let ready = http.get(format!("{}/readyz", house.address)).send().await.unwrap();
        (ready.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(())
    })
    .await;
}

/// One end under load. Everything that was accepted is answered, and the process has ended by itself in time.
async fn end_under_load(data: &Path, signal: &str) {
    let receiver = Receiver::start().await;
    let house = House::start(data).await;
    settle(&house).await;
    let mut streams = JoinSet::new();
    for _ in 0..doses::STREAMS {
        let mut stream = house.ask("GET", "/v1/changes/stream").send().await.unwrap();
        streams.spawn(async move { while stream.chunk().await.expect("a stream ends, and is not cut").is_some() {} });
    }
    alarm(&house, &receiver.url, doses::SLOW_RECEIVERS).await;
    let (house, is_ending) = (Arc::new(house), Arc::new(AtomicBool::new(false)));
    let mut callers = JoinSet::new();
    for number in 0..doses::CALLERS {
        callers.spawn(call(Arc::clone(&house), number, Arc::clone(&is_ending)));
    }
    let (mut half, rest) = half_a_request(&house).await;
    eventually("a receiver is being told", async || (receiver.n_seen.load(Ordering::SeqCst) > 0).then_some(())).await;

    let asked = Instant::now();
    house.signal(signal);
    until_not_ready(&house).await;
    is_ending.store(true, Ordering::SeqCst);
    half.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"accepted\":1"), "{answer}");
    let n_answered: usize = callers.join_all().await.into_iter().sum();
    assert!(n_answered > 0, "there was load");
    timeout(doses::END_WITHIN, streams.join_all()).await.expect("streams end with the house");
    // Whoever was being told something is slower than all the others, and is waited for.
    receiver.may_answer.cancel();

    let mut house = Arc::into_inner(house).unwrap();
    let (status, _) = house.ended().await;
    assert_eq!(status.code(), Some(0), "{}", house.log());
    assert!(asked.elapsed() < doses::END_WITHIN, "{:?} {}", asked.elapsed(), house.log());
    let (seen, answered) = (receiver.n_seen.load(Ordering::SeqCst), receiver.n_answered.load(Ordering::SeqCst));
    assert_eq!(seen, answered, "no receiver was left in the middle of an alert");
}

#[tokio::test]
async fn g31_whoever_was_let_in_is_answered_and_the_house_ends_in_time() {
    for n in 0..doses::SIGTERMS {
        let folder = tempfile::tempdir().unwrap();
        end_under_load(&folder.path().join("data"), if n % 2 == 0 { "TERM" } else { "INT" }).await;
    }
}

#[tokio::test]
async fn g31_a_caller_that_never_finishes_does_not_keep_the_house_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("data")).await;
    let (_half, _) = half_a_request(&house).await;
    let mut dripping = TcpStream::connect(house.address.trim_start_matches("http://")).await.unwrap();
    dripping.write_all(b"GET /livez HT").await.unwrap();
    let asked = Instant::now();
    house.signal("TERM");
    let (status, _) = house.ended().await;
    assert_eq!(status.code(), Some(0), "{}", house.log());
    assert!(asked.elapsed() < doses::END_WITHIN, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn g31_a_second_signal_ends_at_once() {
    for signals in [["TERM", "TERM"], ["INT", "TERM"]] {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::start(&folder.path().join("data")).await;
        let (_half, _) = half_a_request(&house).await;
        house.signal(signals[0]);
        until_not_ready(&house).await;
        let asked = Instant::now();
        house.signal(signals[1]);
        let (status, _) = house.ended().await;
        assert_eq!(status.code(), Some(130), "{}", house.log());
        assert!(asked.elapsed() < doses::END_AT_ONCE, "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn g31_a_signal_in_the_first_moment_is_heeded() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("data")).await;
    house.signal("TERM");
    assert_eq!(house.ended().await.0.code(), Some(0), "{}", house.log());
}
