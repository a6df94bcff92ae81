//! A loopback web that misbehaves on demand and remembers what it was asked.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request as Asked,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};
use url::Url;
use vedetta::{
    clock::Clock,
    collect::{Fetcher, Manners, Patience, Request, Secrets, Settings},
};

/// A server that lives as long as its test.
pub(crate) struct Web {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Parts>>>,
    _server: JoinSet<()>,
}

impl Web {
    /// Serves what `answer` gives for a request and the number of times its path was asked before. `/robots.txt` is a 404
    /// unless `answer` says otherwise by answering anything but [`nothing`].
    pub(crate) async fn new(answer: impl Fn(&Parts, usize) -> Response + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Parts>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        let times: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let handler = move |request: Asked| {
            let (parts, _) = request.into_parts();
            let mut times = times.lock().expect("no test panics while answering");
            let n = times.entry(parts.uri.path().to_owned()).or_default();
            let response = answer(&parts, *n);
            *n += 1;
            log.lock().expect("no test panics while answering").push(parts);
            async move { response }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, Router::new().fallback(handler)).await.expect("serves until aborted");
        });
        Self { address, asked, _server: server }
    }

    /// Sends these bytes to whoever connects, and hangs up.
    pub(crate) async fn raw(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let asked: Arc<Mutex<Vec<Parts>>> = Arc::default();
        let log = Arc::clone(&asked);
        let mut server = JoinSet::new();
        server.spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let n = socket.read(&mut request).await.unwrap_or(0);
                log.lock().expect("no test panics while answering").push(axum::http::Request::new(()).into_parts().0);
                if n > 0 && socket.write_all(bytes).await.is_err() {
                    continue;
                }
            }
        });
        Self { address, asked, _server: server }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().expect("test paths are valid")
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every path asked, in order, `robots.txt` included.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics while answering").iter().map(|p| p.uri.path().to_owned()).collect()
    }

    /// How often a path was asked.
    pub(crate) fn n(&self, path: &str) -> usize {
        self.paths().iter().filter(|p| *p == path).count()
    }

    /// A header of the last request.
    pub(crate) fn last_header(&self, name: &str) -> Option<String> {
        let asked = self.asked.lock().expect("no test panics while answering");
        let value = asked.last()?.headers.get(name)?;
        Some(value.to_str().expect("test headers are text").to_owned())
    }
}

/// 404.
pub(crate) fn nothing() -> Response {
    status(404)
}

pub(crate) fn status(code: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code.try_into().expect("a status code");
    response
}

pub(crate) fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().expect("a header value"));
    response
}

pub(crate) fn text(body: impl IntoResponse) -> Response {
    body.into_response()
}

/// Whatever a test's clock says at its start.
pub(crate) fn start() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().expect("an instant")
}

pub(crate) fn settings() -> Settings {
    Settings { allow_private: true, contact: "https://example.com/bot".to_owned(), timeout_s: 5, ..Settings::default() }
}

pub(crate) fn fetcher() -> Fetcher {
    fetcher_with(&settings(), Secrets::default(), Clock::manual(start()))
}

pub(crate) fn fetcher_with(settings: &Settings, secrets: Secrets, clock: Clock) -> Fetcher {
    Fetcher::new(settings, secrets, clock, Patience::jumping()).expect("the system has what a client needs")
}

/// A second between requests, and every wish of the site obeyed.
pub(crate) fn polite() -> Manners {
    Manners::default()
}

/// The manners of a documented API.
pub(crate) fn api() -> Manners {
    Manners {
        requests: 600,
        per: Duration::from_secs(300),
        min_interval: Duration::ZERO,
        obeys_robots: false,
        heeds_reservations: false,
        hours: None,
    }
}

pub(crate) fn page(url: Url) -> Request {
    Request::get(url, "page")
}
