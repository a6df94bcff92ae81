use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use vedetta::alert::{Answer, Guard, Message, Sender};

use super::noon;

/// What a receiver does with a request, once it has read it.
#[derive(Clone)]
enum Manner {
    /// Answers these bytes.
    Says(String),
    /// Sends these bytes, then the letter `a` for ever, as fast as it is taken.
    Floods(&'static str),
    /// Sends these bytes, then one byte every twenty milliseconds.
    Drips(&'static str),
    /// Takes the request and never answers.
    Hangs,
    /// Answers yes when it is let go.
    Waits(Arc<Semaphore>),
}

/// A receiver on loopback that remembers what it was sent, and ends with the test.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    arrived: Arc<Notify>,
    n_sent: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    _serving: JoinSet<()>,
}

impl Receiver {
    async fn start(manner: Manner) -> Self {
        let gate = if let Manner::Waits(gate) = &manner { gate.clone() } else { Arc::new(Semaphore::new(0)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (requests, n_sent) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (seen, sent) = (requests.clone(), n_sent.clone());
        let arrived = Arc::new(Notify::new());
        let bell = arrived.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let (manner, seen, sent, bell) = (manner.clone(), seen.clone(), sent.clone(), bell.clone());
                open.spawn(async move {
                    while let Some(request) = read_request(&mut socket).await {
                        seen.lock().expect("no panic while held").push(request);
                        bell.notify_one();
                        if answer(&mut socket, &manner, &sent).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, requests, arrived, n_sent, gate, _serving: serving }
    }

    /// Answers every request with this status line, head and body.
    pub(crate) async fn saying(text: &str) -> Self {
        Self::start(Manner::Says(text.to_owned())).await
    }

    /// Takes requests and never answers.
    pub(crate) async fn hanging() -> Self {
        Self::start(Manner::Hangs).await
    }

    /// Takes requests and answers yes to as many as are let go.
    pub(crate) async fn held() -> Self {
        Self::start(Manner::Waits(Arc::new(Semaphore::new(0)))).await
    }

    /// Lets so many answers go.
    pub(crate) fn let_go(&self, n_answers: usize) {
        self.gate.add_permits(n_answers);
    }

    /// Begins to answer so, and then drips.
    pub(crate) async fn dripping(head: &'static str) -> Self {
        Self::start(Manner::Drips(head)).await
    }

    /// Begins to answer so, and then floods.
    pub(crate) async fn flooding(head: &'static str) -> Self {
        Self::start(Manner::Floods(head)).await
    }

    /// Returns when so many requests have come.
    pub(crate) async fn has_seen(&self, n_requests: usize) {
        while self.requests().len() < n_requests {
            self.arrived.notified().await;
        }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic while held").clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().filter_map(|line| line.to_ascii_lowercase().split_once(':').map(own));
            let length = lines.filter(|(name, _)| name == "content-length").find_map(|(_, n)| n.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match socket.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

async fn answer(socket: &mut TcpStream, manner: &Manner, n_sent: &AtomicUsize) -> std::io::Result<()> {
    match manner {
        Manner::Says(text) => socket.write_all(text.as_bytes()).await,
        Manner::Hangs => std::future::pending().await,
        Manner::Waits(gate) => {
            gate.acquire().await.expect("a gate that stays").forget();
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await
        }
        Manner::Floods(head) => {
            socket.write_all(head.as_bytes()).await?;
            loop {
                socket.write_all(&[b'a'; 4_096]).await?;
                n_sent.fetch_add(4_096, Ordering::Relaxed);
            }
        }
        Manner::Drips(head) => {
            socket.write_all(head.as_bytes()).await?;
            let mut drops = tokio::time::interval(Duration::from_millis(20));
            loop {
                drops.tick().await;
                socket.write_all(b"a").await?;
                n_sent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn message(url: &str) -> Message {
    Message {
        id: "42".to_owned(),
        body: r#"{"specversion":"1.0","id":"42","type":"rating.changed"}"#.to_owned(),
        url: url.to_owned(),
        secrets: vec!["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned()],
    }
}

/// One attempt by a sender that may call loopback and has 300 ms.
async fn attempt(url: &str) -> Answer {
    let sender = Sender::new(Guard::new(true, []), Duration::from_millis(300)).expect("a client");
    let message = message(url);
    let answer = tokio::time::timeout(Duration::from_secs(30), sender.send(&message, noon()));
    answer.await.expect("an attempt ends by itself")
}

#[tokio::test]
async fn a_receiver_gets_the_event_and_three_headers_that_prove_it() {
    let receiver = Receiver::saying("HTTP/1.1 204 No Content\r\n\r\n").await;
    let answer = attempt(&receiver.url()).await;
    assert!(answer.is_success() && answer.error.is_none(), "{answer:?}");
    let requests = receiver.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)));
        line.unwrap_or_else(|| panic!("no {name} in {head}")).1
    };
    assert!(head.starts_with("POST /hook HTTP/1.1"), "{head}");
    assert_eq!(body, message("").body);
    assert_eq!((header("webhook-id"), header("webhook-timestamp")), ("42", "1772539200"));
    let theirs = standardwebhooks::Webhook::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let expected = theirs.sign(header("webhook-id"), noon().as_second(), body.as_bytes()).unwrap();
    assert_eq!(header("webhook-signature"), expected);
    assert!(header("content-type").starts_with("application/cloudevents+json"));
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let canary = Receiver::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for status in [301, 302, 307, 308] {
        let location = canary.url();
        let away = format!("HTTP/1.1 {status} Away\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let answer = attempt(&Receiver::saying(&away).await.url()).await;
        assert_eq!(answer.status, Some(status));
        assert!(answer.error.unwrap().contains("not followed"));
    }
    assert_eq!(canary.requests().len(), 0);
}

#[tokio::test]
async fn a_receiver_that_hangs_or_drips_its_head_runs_into_the_deadline() {
    for manner in [Manner::Hangs, Manner::Drips("HTTP/1.1 200 OK\r\nx-slow: ")] {
        let receiver = Receiver::start(manner).await;
        let answer = attempt(&receiver.url()).await;
        assert_eq!(answer.status, None);
        assert_eq!(answer.error.as_deref(), Some("no full answer within 300ms"));
    }
}

#[tokio::test]
async fn a_receiver_that_said_yes_and_then_drips_has_taken_the_event() {
    let receiver = Receiver::start(Manner::Drips("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")).await;
    assert!(attempt(&receiver.url()).await.is_success());
    assert!(receiver.n_sent.load(Ordering::Relaxed) < 1_000, "the connection was left at the deadline");
}

#[tokio::test]
async fn an_endless_body_is_read_no_further_than_its_cap() {
    let heads = [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 99999999999\r\n\r\n",
    ];
    for head in heads {
        let receiver = Receiver::start(Manner::Floods(head)).await;
        let answer = attempt(&receiver.url()).await;
        assert!(answer.is_success(), "{answer:?}");
        // What the kernel buffers on both sides of a loopback socket comes on top of the 64 KiB that are read.
        let n_sent = receiver.n_sent.load(Ordering::Relaxed);
        assert!(n_sent < 16 * 1024 * 1024, "{n_sent} bytes were taken");
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let receiver = Receiver::start(Manner::Floods("HTTP/1.1 200 OK\r\nx-flood: ")).await;
    let answer = attempt(&receiver.url()).await;
    assert_eq!(answer.status, None);
    assert!(receiver.n_sent.load(Ordering::Relaxed) < 16 * 1024 * 1024);
}

#[tokio::test]
async fn a_receiver_may_say_when_to_come_back() {
    let table = [
        ("7", Some(7)),
        ("Tue, 03 Mar 2026 12:01:00 GMT", Some(60)),
        ("Tue, 03 Mar 2026 11:00:00 GMT", Some(-3_600)),
        ("soon", None),
    ];
    for (written, seconds) in table {
        let text = format!("HTTP/1.1 429 Slow Down\r\nretry-after: {written}\r\ncontent-length: 0\r\n\r\n");
        let answer = attempt(&Receiver::saying(&text).await.url()).await;
        assert_eq!(answer.status, Some(429));
        assert_eq!(answer.retry_after, seconds.map(SignedDuration::from_secs), "{written}");
    }
}

#[tokio::test]
async fn nobody_there_is_an_answer_too() {
    let receiver = Receiver::saying("").await;
    let url = receiver.url();
    drop(receiver);
    let answer = attempt(&url).await;
    assert!(answer.status.is_none() && answer.error.as_deref().unwrap().starts_with("could not connect"), "{answer:?}");
}

#[tokio::test]
async fn a_name_that_turns_private_when_connected_to_is_refused() {
    let canary = Receiver::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let private: IpAddr = canary.address.ip();
    let public: IpAddr = "93.184.216.34".parse().unwrap();
    let name = || "hooks.example.com".to_owned();
    let one_of_two = vec![(name(), public), (name(), private)];
    for hosts in [vec![(name(), private)], one_of_two] {
        let sender = Sender::new(Guard::new(false, hosts), Duration::from_millis(300)).unwrap();
        let answer = sender.send(&message("https://hooks.example.com/hook"), noon()).await;
        assert_eq!(answer.error.as_deref(), Some("could not connect: the address is refused: loopback"));
    }
    // The same name reaches the canary when the operator allows it, so it was the guard that stopped it.
    let sender = Sender::new(Guard::new(true, [(name(), private)]), Duration::from_millis(300)).unwrap();
    let url = format!("http://hooks.example.com:{}/hook", canary.address.port());
    assert!(sender.send(&message(&url), noon()).await.is_success());
    assert_eq!(canary.requests().len(), 1);
}

#[tokio::test]
async fn an_address_that_was_stored_before_the_rules_is_checked_again_before_it_is_called() {
    let canary = Receiver::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let sender = Sender::new(Guard::new(false, []), Duration::from_millis(300)).unwrap();
    let answer = sender.send(&message(&canary.url()), noon()).await;
    assert!(answer.status.is_none() && answer.error.is_some(), "{answer:?}");
    let unsigned = Message { secrets: Vec::new(), ..message(&canary.url()) };
    let sender = Sender::new(Guard::new(true, []), Duration::from_millis(300)).unwrap();
    assert_eq!(sender.send(&unsigned, noon()).await.error.as_deref(), Some("no usable signing secret"));
    assert_eq!(canary.requests().len(), 0);
}
