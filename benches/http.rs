//! How fast the API answers, beside a bare handler of the same framework that gives bytes of the same size.
//!
//! `scripts/bench-http` starts a house and calls this program twice: `bare SIZE` is the bare handler, which prints where it
//! listens; `load HOUSE BARE KEY CLIENTS SECONDS` asks both in turns, 64 connections each time, and prints a table. The turns
//! are short and many, so that whatever else the machine does falls on both.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for a terminal that ends at the first thing that is wrong"
)]
#![expect(clippy::disallowed_methods, reason = "it has no house whose tracker could wait for its tasks")]

use std::{
    env,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::header, routing::get};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Connections that ask at once.
const CONNECTIONS: usize = 64;
/// Turns of each.
const TURNS: u32 = 5;
/// Codes of one query.
const CODES: usize = 1000;
/// More than any answer has.
const MOST_BYTES: usize = 1 << 20;

/// What is asked: the request with that number.
type Ask = Arc<dyn Fn(&mut StdRng) -> Vec<u8> + Send + Sync>;

#[derive(Default)]
struct Tally {
    n: usize,
    n_bytes: usize,
    took: Vec<Duration>,
    elapsed: Duration,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["bare", size] => bare(size.parse().unwrap()).await,
        ["load", house, bare, key, clients, seconds] => {
            load(house, bare, key, clients.parse().unwrap(), seconds.parse().unwrap()).await;
        }
        // `cargo bench` without a word runs every bench; this one needs a house.
        _ => println!("http: run scripts/bench-http"),
    }
}

async fn bare(size: usize) {
    let body = Bytes::from(vec![b'x'; size]);
    let answer = move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], body) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, Router::new().route("/v1/clients/{client}/rating", get(answer))).await.unwrap();
}

async fn load(house: &str, bare: &str, key: &str, clients: u32, seconds: u64) {
    let host = format!("host: bench\r\nauthorization: Bearer {key}\r\n");
    let rating = {
        let host = host.clone();
        move |rng: &mut StdRng| {
            let client = rng.random_range(0..clients);
            format!("GET /v1/clients/C-{client}/rating HTTP/1.1\r\n{host}\r\n").into_bytes()
        }
    };
    let query = move |rng: &mut StdRng| {
        let codes: Vec<String> = (0..CODES).map(|_| format!("\"C-{}\"", rng.random_range(0..clients))).collect();
        let body = format!("{{\"clients\":[{}]}}", codes.join(","));
        let head = format!("POST /v1/ratings/query HTTP/1.1\r\n{host}content-type: application/json\r\n");
        format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let (rating, query): (Ask, Ask) = (Arc::new(rating), Arc::new(query));
    let turn = Duration::from_secs(seconds) / TURNS;
    // Connections are opened and buffers made.
    one_turn(house, &rating, turn, 1).await;
    let (mut ours, mut theirs, mut queries) = (Tally::default(), Tally::default(), Tally::default());
    for n in 0..u64::from(TURNS) {
        ours.add(one_turn(house, &rating, turn, 2 + n).await);
        theirs.add(one_turn(bare, &rating, turn, 2 + n).await);
        queries.add(one_turn(house, &query, turn, 2 + n).await);
    }
    ours.print("GET rating");
    theirs.print("bare handler");
    queries.print("POST ratings/query");
    println!("GET rating / bare handler: {:.1} %", 100.0 * ours.rate() / theirs.rate());
    println!("ratings of queries: {:.0} a second", queries.rate() * CODES as f64);
}

async fn one_turn(address: &str, ask: &Ask, turn: Duration, seed: u64) -> Tally {
    let began = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS as u64)
        .map(|n| tokio::spawn(one_connection(address.to_owned(), Arc::clone(ask), began + turn, seed << 32 | n)))
        .collect();
    let mut tally = Tally::default();
    for task in tasks {
        tally.add(task.await.unwrap());
    }
    tally.elapsed = began.elapsed();
    tally
}

async fn one_connection(address: String, ask: Ask, end: Instant, seed: u64) -> Tally {
    let (mut rng, mut tally) = (StdRng::seed_from_u64(seed), Tally::default());
    let mut socket = TcpStream::connect(&address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let mut answer = Vec::with_capacity(MOST_BYTES);
    while Instant::now() < end {
        let request = ask(&mut rng);
        let began = Instant::now();
        socket.write_all(&request).await.unwrap();
        tally.n_bytes += read(&mut socket, &mut answer).await;
        tally.took.push(began.elapsed());
        tally.n += 1;
    }
    tally
}

/// Reads one whole answer, which must be a 200 of a stated length.
async fn read(socket: &mut TcpStream, answer: &mut Vec<u8>) -> usize {
    answer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| answer.len() < whole) {
        assert!(socket.read_buf(answer).await.unwrap() > 0, "the connection was closed");
        if whole.is_none()
            && let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
            whole = Some(end + 4 + length.parse::<usize>().unwrap());
        }
    }
    answer.len()
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.n += other.n;
        self.n_bytes += other.n_bytes;
        self.took.extend(other.took);
        self.elapsed += other.elapsed;
    }

    fn rate(&self) -> f64 {
        self.n as f64 / self.elapsed.as_secs_f64()
    }

    fn print(&self, what: &str) {
        let mut took = self.took.clone();
        took.sort_unstable();
        let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
        let bytes = self.n_bytes / self.n.max(1);
        let rate = self.rate();
        println!("{what:<24} {rate:>10.0} a second  p50 {:>10.2?}  p99 {:>10.2?}  {bytes} bytes", at(50), at(99));
    }
}
