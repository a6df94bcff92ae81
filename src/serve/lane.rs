//! The way of those whose answer is ready: a present rating by a client's code, as order systems ask for it all day.
//!
//! # Why
//!
//! *Why a way of its own?* On the way through the router a request is boxed, cloned and looked at a dozen times, which took twice
//! what giving the answer takes. Here nothing is waited for, and so no place is taken among those that are worked on: whoever's
//! key and rating are not at hand this instant goes the long way, as does every refusal, so that there is one place where each is
//! made. What an answer says besides, its line in the log and its place in the numbers come from the frame for both.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::{Method, StatusCode, header},
    response::Response,
    routing::future::RouteFuture,
    serve::IncomingStream,
};
use futures::future::Either;
use metrics::Histogram;
use tower_service::Service;

use super::{
    House, auth,
    doorway::{Doorway, Peer},
    frame::{Passing, labels},
    gauges, ratings,
};

/// The route that this is the short way of.
const ROUTE: &str = "/v1/clients/{client}/rating";

/// The API with its short way, for one connection. A request takes a copy of it along: one count that goes up.
#[derive(Clone)]
pub(super) struct Lane {
    ways: Arc<Ways>,
    /// Who is at the other end, where there is a connection.
    peer: Option<Peer>,
}

struct Ways {
    house: House,
    rest: Router,
    seconds: OnceLock<Histogram>,
}

impl Lane {
    pub(super) fn new(house: House, rest: Router) -> Self {
        Self { ways: Arc::new(Ways { house, rest, seconds: OnceLock::new() }), peer: None }
    }

    /// The long way. Only there anybody asks who is at the other end.
    fn rest(&self, mut request: Request) -> RouteFuture<Infallible> {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.ways.rest.clone().call(request)
    }
}

impl Ways {
    /// The answer, when everything that it takes is at hand. What a key has left is taken off last, when nothing can refuse
    /// any more.
    fn ready(&self, request: &Request) -> Option<Response> {
        let (house, headers) = (&self.house, request.headers());
        let code = asked(request)?;
        let came = Instant::now();
        let caller = auth::at_hand(headers, house, came)?;
        let answer = house.shelf.answer(&caller.reach, ("", code), &house.desk.store)?;
        if house.shutdown.is_cancelled() {
            return None;
        }
        let standing = house.quotas.take(&caller.name).ok()?;
        let passing = Passing::new(&Method::GET, ROUTE, came);
        let mut response = ratings::given(&answer, headers);
        let status = response.status();
        let duration = passing.answered(status).as_secs_f64();
        if status == StatusCode::OK {
            self.seconds().record(duration);
        } else {
            metrics::histogram!(gauges::SECONDS, &labels(ROUTE.to_owned(), &Method::GET, status)).record(duration);
        }
        passing.sign(&mut response, standing);
        Some(response)
    }

    /// Where times are counted, looked up once.
    fn seconds(&self) -> &Histogram {
        let labels = || labels(ROUTE.to_owned(), &Method::GET, StatusCode::OK);
        self.seconds.get_or_init(|| metrics::histogram!(gauges::SECONDS, &labels()))
    }
}

/// The code of the client whose present rating is asked for, and nothing else: without a query, without a body, and written
/// in letters that stand for themselves.
fn asked(request: &Request) -> Option<&str> {
    let (uri, headers) = (request.uri(), request.headers());
    let code = uri.path().strip_prefix("/v1/clients/")?.strip_suffix("/rating")?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let has_body = headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING);
    let is_it = request.method() == Method::GET && uri.query().is_none() && !has_body;
    (is_it && !code.is_empty() && code.bytes().all(is_plain)).then_some(code)
}

impl Service<Request> for Lane {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.ways.ready(&request) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.rest(request)),
        }
    }
}

/// A way in for each connection.
pub(super) struct Lanes(pub(super) Lane);

impl Service<IncomingStream<'_, Doorway>> for Lanes {
    type Response = Lane;
    type Error = Infallible;
    type Future = Ready<Result<Lane, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: IncomingStream<'_, Doorway>) -> Self::Future {
        ready(Ok(Lane { peer: Some(Peer(*connection.remote_addr())), ..self.0.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};

    use super::asked;

    #[test]
    fn only_a_present_rating_by_a_plain_code_goes_the_short_way() {
        let request = |method: &str, uri: &str| Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        assert_eq!(asked(&request("GET", "/v1/clients/C-1.a_b~2/rating")), Some("C-1.a_b~2"));
        for (method, uri) in [
            ("HEAD", "/v1/clients/C-1/rating"),
            ("GET", "/v1/clients/C-1/rating?portfolio=north"),
            ("GET", "/v1/clients/C-1/rating?"),
            ("GET", "/v1/clients/C%2D1/rating"),
            ("GET", "/v1/clients/a/b/rating"),
            ("GET", "/v1/clients//rating"),
            ("GET", "/v1/clients/C-1/ratings"),
            ("GET", "/v1/clients/C-1"),
        ] {
            assert_eq!(asked(&request(method, uri)), None, "{method} {uri}");
        }
        let mut with_body = request("GET", "/v1/clients/C-1/rating");
        with_body.headers_mut().insert("content-length", 3.into());
        assert_eq!(asked(&with_body), None);
    }
}
