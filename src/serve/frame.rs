//! What stands around every request: an id, a place, a deadline, one log line, and one shape for every refusal.

use std::time::{Duration, Instant};

use axum::{
    Json,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    BODY_MAX_BYTES, House, IMPORT_MAX_BYTES, body,
    fault::{Fault, PROBLEM_JSON, Problem},
    gauges, pages,
    quota::{Slot, Standing},
};

/// Time from the first byte of a request to the first byte of its answer.
const DEADLINE: Duration = Duration::from_secs(30);
/// The same for a bulk import, whose body alone may take minutes on a slow line.
const IMPORT_DEADLINE: Duration = Duration::from_secs(600);

/// An address, its query included, bytes: what proxies take, too.
const ADDRESS_MAX_BYTES: usize = 8 << 10;
/// The headers of a request, names and values, bytes: a key, a cookie and what browsers and proxies add are some hundred.
const HEADERS_MAX_BYTES: usize = 32 << 10;

/// The header that carries the id a request has in the log.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request on its way: its name in the log, and since when.
pub(super) struct Passing {
    request_id: String,
    started: Instant,
    pub(super) span: tracing::Span,
}

impl Passing {
    /// One that came at `started`. The id is always ours: one sent along could put anything into the log.
    pub(super) fn new(method: &Method, route: &str, started: Instant) -> Self {
        let request_id = ["req_", Uuid::now_v7().simple().encode_lower(&mut Uuid::encode_buffer())].concat();
        let span = tracing::info_span!("request", request.id = %request_id, http.method = %method, http.route = %route);
        Self { request_id, started, span }
    }

    /// Writes the one log line, and gives how long the answer took.
    pub(super) fn answered(&self, status: StatusCode) -> Duration {
        let duration = self.started.elapsed();
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.span.in_scope(|| tracing::debug!(http.status = status.as_u16(), duration_ms, "answered"));
        duration
    }

    /// What every answer says besides what was asked.
    pub(super) fn sign(self, response: &mut Response, standing: Option<Standing>) {
        if let Ok(id) = HeaderValue::try_from(self.request_id) {
            response.headers_mut().insert(&REQUEST_ID, id);
        }
        if let Some(standing) = standing {
            standing.tell(response.headers_mut());
        }
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
}

/// The numbers that times of requests are counted by.
pub(super) fn labels(route: String, method: &Method, status: StatusCode) -> [(&'static str, String); 3] {
    [("route", route), ("method", method.to_string()), ("status", status.as_u16().to_string())]
}

/// The outermost layer.
pub(super) async fn frame(State(house): State<House>, mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // The pattern, not the path: a path holds client codes, and numbers must not be told by client.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let instance = request.uri().path().to_owned();
    let passing = Passing::new(&method, &route, Instant::now());
    let shutdown = house.shutdown.clone();
    let standing = Slot::default();
    request.extensions_mut().insert(Slot::clone(&standing));
    let look = pages::wants_page(&request).then(|| pages::Look::of(request.headers()));
    let response = admitted(house, request, next).instrument(passing.span.clone()).await;
    let (status, is_closing) = (response.status(), shutdown.is_cancelled());
    if status == StatusCode::TOO_MANY_REQUESTS {
        metrics::counter!(gauges::LIMITED).increment(1);
    }
    let mut response = dressed(response, (&passing.request_id, instance), look, &passing.span);
    let duration = passing.answered(status);
    metrics::histogram!(gauges::SECONDS, &labels(route, &method, status)).record(duration.as_secs_f64());
    if is_closing {
        // Whoever keeps the connection would send its next request into one that is about to be closed.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    passing.sign(&mut response, standing.get().copied());
    response
}

/// Lets a request in when its address is well formed and there is a place, and gives up on it after the deadline.
/// Beyond the places it is turned away at once: a queue would only make everybody late.
async fn admitted(house: House, request: Request, next: Next) -> Response {
    if let Some(status) = too_long(&request) {
        return Fault::of_status(status).into_response();
    }
    if !is_well_formed(request.uri().path()) || !is_well_formed(request.uri().query().unwrap_or_default()) {
        return Fault::bad_request("bad_encoding", "the address is not percent-encoded UTF-8 (RFC 3986)")
            .into_response();
    }
    if names_nothing(request.uri().query().unwrap_or_default()) {
        return Fault::bad_request("bad_query", "a portfolio or client that is named has a name").into_response();
    }
    if announced(&request) > body_max(request.method(), request.uri().path()) as u64 {
        // Told before it has come: whoever waits for the word to go on never sends it.
        return Fault::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    }
    let request = match body::with_first_bytes(request).await {
        Ok(request) => request,
        Err(fault) => return fault.into_response(),
    };
    let is_probe = matches!(request.uri().path(), "/livez" | "/readyz" | "/metrics");
    let place = if is_probe { None } else { Some(house.places.try_acquire()) };
    if matches!(place, Some(Err(_))) {
        metrics::counter!(gauges::SHED).increment(1);
        return Fault::unavailable("overloaded", "too many requests at once; try again").into_response();
    }
    let deadline = deadline(request.method(), request.uri().path());
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Fault::unavailable("timeout", "the answer took too long; try again").into_response(),
    }
}

/// Whether the address or the headers are longer than anybody needs them. What is longer still never comes here: 64 KiB of
/// address, 400 KiB of head or a hundred headers are refused by the reader of connections, with a bare status and no body.
fn too_long(request: &Request) -> Option<StatusCode> {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > ADDRESS_MAX_BYTES {
        return Some(StatusCode::URI_TOO_LONG);
    }
    let n_bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (n_bytes > HEADERS_MAX_BYTES).then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

/// Whether a request brings many rows, or has those looked at that a page of ours was brought.
pub(super) fn is_import(method: &Method, path: &str) -> bool {
    let is_page = path == "/import" || path.starts_with("/import/");
    is_page || method == Method::POST && matches!(path, "/v1/clients" | "/v1/invoices" | "/v1/payments")
}

/// Whether a query names a portfolio or a client by nothing.
fn names_nothing(query: &str) -> bool {
    query.split('&').any(|pair| matches!(pair, "portfolio=" | "portfolio" | "client=" | "client"))
}

/// How large a body is said to be; 0 when nothing is said, and then it is counted as it comes.
fn announced(request: &Request) -> u64 {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// How large the body of a request may be, bytes.
pub(super) fn body_max(method: &Method, path: &str) -> usize {
    if is_import(method, path) { IMPORT_MAX_BYTES } else { BODY_MAX_BYTES }
}

/// How long a request may take.
pub(super) fn deadline(method: &Method, path: &str) -> Duration {
    if is_import(method, path) { IMPORT_DEADLINE } else { DEADLINE }
}

/// Every refusal leaves as a problem, wherever in the stack it was made: as a page for a browser that asked for one.
fn dressed(
    mut response: Response,
    (request_id, instance): (&str, String),
    look: Option<pages::Look>,
    span: &tracing::Span,
) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let fault = response.extensions_mut().remove::<Fault>().unwrap_or_else(|| Fault::of_status(status));
    if status.is_server_error() {
        let cause = fault.cause.as_deref().unwrap_or("-");
        span.in_scope(|| tracing::error!(http.status = status.as_u16(), code = fault.code, cause, "request failed"));
    }
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Refused").to_owned(),
        status: status.as_u16(),
        detail: fault.detail,
        instance,
        code: fault.code.to_owned(),
        request_id: request_id.to_owned(),
        errors: fault.errors,
        merged_into: fault.merged_into.map(String::from),
    };
    let typed = response.extensions_mut().remove::<pages::Typed>();
    if let Some(page) = look.and_then(|look| pages::refusal(look, &problem, typed)) {
        return page;
    }
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut dressed = (status, Json(problem)).into_response();
    dressed.headers_mut().extend(headers);
    dressed
}

/// Whether every `%` is followed by two hexadecimal digits and the whole decodes to UTF-8. Decoders disagree about
/// what to do otherwise, so it is settled before anybody decodes.
pub(super) fn is_well_formed(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        let is_digit = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_hexdigit());
        if b == b'%' && !(is_digit(bytes.next()) && is_digit(bytes.next())) {
            return false;
        }
    }
    percent_decode_str(text).decode_utf8().is_ok()
}

/// The answer to a path that nobody knows.
pub(super) async fn nowhere() -> Fault {
    Fault::of_status(StatusCode::NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn only_percent_encoded_utf8_is_an_address() {
        for good in ["/v1/clients/C%2F1", "/v1/clients/%C3%A8", "", "q=a+b%20c"] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in ["/%", "/%1", "/%zz", "/%C3", "/%C3%28", "/%e"] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
