//! `Idempotency-Key`: a request that is sent again, by a nervous client or after a broken line, has one effect.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;

use super::{
    House, auth,
    fault::Fault,
    frame::{body_max, deadline},
};
use crate::{
    domain::Sha256,
    store::{Claim, GivenAnswer, Known, within},
};

/// The header by which a caller names a request (IETF draft-ietf-httpapi-idempotency-key-header-07).
const KEY: &str = "idempotency-key";
/// The header of an answer that was given before.
const REPLAYED: &str = "idempotency-replayed";
/// Characters of a key; a UUID has 36.
const KEY_MAX_CHARS: usize = 255;
/// The largest answer that is kept for who asks again.
const ANSWER_MAX_BYTES: usize = 1 << 20;
/// What the name of every signal begins with; an answer that names one is forgotten when signals are withdrawn.
const SIGNAL: &[u8] = b"sig_";
/// What secrets begin with: keys, and the secrets of webhooks. They are shown once, so an answer with one is not kept.
const SECRETS: [&[u8]; 2] = [b"vdt_", b"whsec_"];
/// What is left after the deadline of a request until its claim is free: whoever held it is gone by then.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Lets a POST that carries a key have its effect once: who sends it again gets the same answer. Whoever may not call at
/// all is told so by the handler, and leaves nothing behind here.
pub(super) async fn once(State(house): State<House>, request: Request, next: Next) -> Result<Response, Fault> {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let key = key_of(&parts.headers)?;
    let caller = match auth::pay(&mut parts, &house).await {
        Ok(caller) => caller,
        Err(refused) if refused.status == StatusCode::TOO_MANY_REQUESTS => return Err(refused),
        Err(_) => return Ok(next.run(Request::from_parts(parts, body)).await),
    };
    let max = body_max(&parts.method, parts.uri.path());
    let body = to_bytes(body, max).await.map_err(|_| Fault::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
    let now = house.desk.clock.now();
    let until = now + SignedDuration::try_from(deadline(&parts.method, parts.uri.path())).unwrap_or(MARGIN) + MARGIN;
    match house.desk.store.once().claim((&caller.name, &key), &asked(&parts, &body), now, until).await? {
        Known::New(claim) => {
            let request = Request::from_parts(parts, Body::from(body));
            let response = within(Arc::clone(&claim), next.run(request)).await;
            keep(&house, &claim, response).await
        }
        Known::Answered(given) => Ok(replayed(given)),
        Known::Other => Err(Fault::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "this Idempotency-Key stood for another request; take a new one for each request",
        )),
        Known::UnderWay => Err(Fault::new(
            StatusCode::CONFLICT,
            "idempotency_under_way",
            "the first request with this Idempotency-Key is not answered yet; ask again in a while",
        )),
        Known::AnswerLost => Err(Fault::new(
            StatusCode::CONFLICT,
            "idempotency_answer_lost",
            "this request took effect, wholly or in part, and its answer is no longer there; look at what is there before \
             you ask with another Idempotency-Key",
        )),
    }
}

/// The key: one, of visible ASCII.
fn key_of(headers: &HeaderMap) -> Result<String, Fault> {
    let sent: Vec<&HeaderValue> = headers.get_all(KEY).iter().collect();
    let text = match sent.as_slice() {
        [one] => one.to_str().ok().filter(|text| (1..=KEY_MAX_CHARS).contains(&text.len())),
        _ => None,
    };
    text.filter(|text| text.bytes().all(|b| b.is_ascii_graphic())).map(str::to_owned).ok_or_else(|| {
        Fault::bad_request(
            "bad_idempotency_key",
            "Idempotency-Key must be one word of 1 to 255 visible ASCII characters",
        )
    })
}

/// All that a request says, as a hash.
fn asked(parts: &Parts, body: &[u8]) -> Sha256 {
    let content_type = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    Sha256::of(&[target.as_bytes(), b"\n", content_type, b"\n", body].concat())
}

/// Keeps the answer of what took effect. A refusal, and what only read, is given back: asked again it is answered anew.
async fn keep(house: &House, claim: &Claim, response: Response) -> Result<Response, Fault> {
    let once = house.desk.store.once();
    if !claim.has_effect() {
        once.give_back(claim).await?;
        return Ok(response);
    }
    if !response.status().is_success() {
        once.answer(claim, None, false).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|e| Fault::internal(&e))?;
    let is_kept = body.len() <= ANSWER_MAX_BYTES && !SECRETS.iter().any(|prefix| contains(&body, prefix));
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let given = is_kept.then(|| GivenAnswer {
        status: parts.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        location: text(header::LOCATION),
        body: body.to_vec(),
    });
    once.answer(claim, given.as_ref(), contains(&body, SIGNAL)).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn replayed(given: GivenAnswer) -> Response {
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(given.body)).into_response();
    for (name, text) in [(header::CONTENT_TYPE, given.content_type), (header::LOCATION, given.location)] {
        if let Ok(value) = HeaderValue::from_str(&text)
            && !text.is_empty()
        {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
