//! Who looks at a page: signing in and out, the cookie of a session, and proof that a form was ours.

use askama::Template;
use axum::{
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request, State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    frame::Frame,
    look::{Look, cookie, own_path},
};
use crate::{
    desk::Visitor,
    domain::{Rank, Sha256},
    serve::{House, fault::Fault, input::Asked},
};

/// The cookie of a session. The prefix has browsers refuse it from another host, another path, or an open line.
pub(super) const COOKIE: &str = "__Host-vedetta";
/// How long a browser keeps it, seconds; the session itself ends in the house.
const COOKIE_AGE_S: u32 = 12 * 3600;
/// Hexadecimal digits of the proof that a form was ours.
const PROOF_DIGITS: usize = 32;

/// Somebody who has signed in, and how they want to see things.
pub(super) struct Guest {
    pub(super) visitor: Visitor,
    pub(super) look: Look,
    /// What a form of this session must bring along.
    pub(super) proof: String,
    /// The path and query that was asked for.
    pub(super) here: String,
}

/// Why nobody is let in: to the door with them, or something is wrong with us.
pub(super) enum Closed {
    Door(String),
    Fault(Fault),
}

impl IntoResponse for Closed {
    fn into_response(self) -> Response {
        match self {
            Self::Door(next) if next == "/" => Redirect::to("/sign-in").into_response(),
            Self::Door(next) => {
                Redirect::to(&format!("/sign-in?next={}", utf8_percent_encode(&next, NON_ALPHANUMERIC))).into_response()
            }
            Self::Fault(fault) => fault.into_response(),
        }
    }
}

/// What a session's forms bring along: nobody who cannot read the cookie can know it.
fn proof_of(token: &str) -> String {
    let hash = Sha256::of(format!("form of {token}").as_bytes()).to_string();
    hash.chars().take(PROOF_DIGITS).collect()
}

impl OptionalFromRequestParts<House> for Guest {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Option<Self>, Fault> {
        match <Self as FromRequestParts<House>>::from_request_parts(parts, house).await {
            Ok(guest) => Ok(Some(guest)),
            Err(Closed::Door(_)) => Ok(None),
            Err(Closed::Fault(fault)) => Err(fault),
        }
    }
}

impl FromRequestParts<House> for Guest {
    type Rejection = Closed;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Closed> {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        // After a form the way back leads to a page, and not to where the form was sent.
        let next = if parts.method == axum::http::Method::GET { here.clone() } else { "/".to_owned() };
        let Some(token) = cookie(&parts.headers, COOKIE) else { return Err(Closed::Door(next)) };
        let proof = proof_of(token);
        let found = house.desk.who_visits(token, house.wall.now()).await;
        match found.map_err(|e| Closed::Fault(e.into()))? {
            Some(visitor) => {
                let look = Look::of(&parts.headers).on_the_clock_of(house.settings.zone);
                Ok(Self { visitor, look, proof, here })
            }
            None => Err(Closed::Door(next)),
        }
    }
}

impl Guest {
    /// Refuses who may not do this.
    pub(super) fn must_be(&self, rank: Rank) -> Result<(), Fault> {
        if self.visitor.rank >= rank {
            return Ok(());
        }
        Err(Fault::new(StatusCode::FORBIDDEN, "rank", format!("this needs the rank {rank}")))
    }
}

/// A form of ours: it brings the session's proof along, and comes from a page of ours.
pub(super) struct Sent<T>(pub(super) T);

#[derive(Deserialize)]
struct Proven<T> {
    proof: String,
    #[serde(flatten)]
    fields: T,
}

impl<T: DeserializeOwned> FromRequest<House> for Sent<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, house: &House) -> Result<Self, Fault> {
        must_be_ours(request.headers())?;
        let expected = cookie(request.headers(), COOKIE).map(proof_of);
        let form = axum::Form::<Proven<T>>::from_request(request, house).await;
        let axum::Form(Proven { proof, fields }) = form.map_err(|rejection: FormRejection| not_read(&rejection))?;
        if expected.is_none_or(|expected| expected != proof) {
            let detail = "this form is from another session: open the page again, and send it again";
            return Err(Fault::new(StatusCode::FORBIDDEN, "proof", detail));
        }
        Ok(Self(fields))
    }
}

fn not_read(rejection: &FormRejection) -> Fault {
    Fault::new(rejection.status(), "bad_form", rejection.body_text())
}

/// Refuses a form that a page of somebody else has sent: browsers say where it comes from.
pub(super) fn must_be_ours(headers: &HeaderMap) -> Result<(), Fault> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_ours = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (None, Some(_), None) => false,
        (None, None, _) => true,
    };
    if is_ours {
        return Ok(());
    }
    Err(Fault::new(StatusCode::FORBIDDEN, "foreign_form", "this form comes from a page of somebody else"))
}

#[derive(Template)]
#[template(path = "templates/sign_in.html", config = ".askama.toml")]
struct Door {
    frame: Frame,
    next: String,
    name: String,
    is_wrong: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DoorQuery {
    next: Option<String>,
}

/// The door.
pub(super) async fn door(look: Look, Asked(query): Asked<DoorQuery>) -> Result<Response, Fault> {
    let next = own_path(query.next.as_deref()).to_owned();
    show(look, next, String::new(), false)
}

fn show(look: Look, next: String, name: String, is_wrong: bool) -> Result<Response, Fault> {
    let frame = Frame::outside(look, look.tongue.words().sign_in);
    let html = Door { frame, next, name, is_wrong }.render().map_err(|error| Fault::internal(&error))?;
    Ok(Html(html).into_response())
}

#[derive(Deserialize)]
pub(super) struct Keys {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    next: String,
}

/// Lets in who has a key, or whose name and password go together.
pub(super) async fn enter(
    State(house): State<House>,
    look: Look,
    headers: HeaderMap,
    keys: Result<axum::Form<Keys>, FormRejection>,
) -> Result<Response, Fault> {
    must_be_ours(&headers)?;
    let axum::Form(keys) = keys.map_err(|rejection| not_read(&rejection))?;
    let next = own_path(Some(&keys.next)).to_owned();
    let now = house.wall.now();
    let token = match keys.key.trim() {
        "" => house.desk.sign_in(&keys.name, &keys.password, now).await?,
        key => house.desk.sign_in_with_key(key, now).await?,
    };
    let Some(token) = token else { return show(look, next, keys.name, true) };
    // Who has come in will want to see everybody in a moment.
    house.roll.prepare();
    let mut response = Redirect::to(&next).into_response();
    response.headers_mut().append(header::SET_COOKIE, session_cookie(&token, COOKIE_AGE_S)?);
    Ok(response)
}

/// A form without fields.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// Ends the session.
pub(super) async fn leave(
    State(house): State<House>,
    headers: HeaderMap,
    Sent(_): Sent<Nothing>,
) -> Result<Response, Fault> {
    if let Some(token) = cookie(&headers, COOKIE) {
        house.desk.sign_out(token).await?;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().append(header::SET_COOKIE, session_cookie("", 0)?);
    Ok(response)
}

fn session_cookie(token: &str, age_s: u32) -> Result<HeaderValue, Fault> {
    let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={age_s}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&cookie).map_err(|error| Fault::internal(&error))
}
