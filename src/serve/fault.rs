use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{desk, store};

/// The media type of every refusal (RFC 9457).
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal, as RFC 9457 wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem: always `about:blank`, the status says it; `code` is for programs.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What is wrong here, and what would be right.
    pub detail: String,
    /// The path that was asked.
    pub instance: String,
    /// Stable word for programs.
    #[schema(example = "unknown_client")]
    pub code: String,
    /// The id under which the log knows this request.
    pub request_id: String,
    /// Each wrong value of the request.
    pub errors: Vec<FieldProblem>,
    /// With `merged_client`: the code of the client to ask for instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// A wrong value of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Where, as a JSON pointer (RFC 6901) into the body.
    pub pointer: String,
    /// What would have been right.
    pub detail: String,
}

/// A refusal on its way out. The frame around every request turns it into a [`Problem`] with the request's id; `cause`
/// goes to the log and never leaves the house.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldProblem>,
    pub(super) cause: Option<Box<str>>,
    /// The client that the one asked for is today.
    pub(super) merged_into: Option<Box<str>>,
    /// What to send as `WWW-Authenticate`.
    challenge: Option<&'static str>,
    /// Seconds to send as `Retry-After`.
    retry_after_s: Option<u16>,
}

impl Fault {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            cause: None,
            merged_into: None,
            challenge: None,
            retry_after_s: None,
        }
    }

    /// A path, query or header that cannot be understood.
    pub(super) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A body that can be read and is not what it should be.
    pub(super) fn unprocessable(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let field = FieldProblem { pointer: pointer.into(), detail: detail.into() };
        let mut fault = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", field.detail.clone());
        if !field.pointer.is_empty() {
            fault.detail = format!("{}: {}", field.pointer, field.detail);
        }
        fault.errors.push(field);
        fault
    }

    /// No key, or one that opens nothing.
    pub(super) fn unauthorized(code: &'static str, challenge: &'static str) -> Self {
        let detail = "send a key that is in force, as `Authorization: Bearer vdt_…`";
        Self { challenge: Some(challenge), ..Self::new(StatusCode::UNAUTHORIZED, code, detail) }
    }

    /// Something of ours went wrong: outside only the request's id is told.
    pub(super) fn internal(cause: &dyn std::error::Error) -> Self {
        let mut fault = Self::of_status(StatusCode::INTERNAL_SERVER_ERROR);
        fault.cause = Some(chain(cause).into());
        fault
    }

    /// It would work at another time.
    pub(super) fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        let fault = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self { retry_after_s: Some(RETRY_AFTER_S), ..fault }
    }

    /// The key has asked more than it may.
    pub(super) fn too_many(wait: Duration) -> Self {
        let wait_s = u16::try_from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).unwrap_or(u16::MAX);
        let detail = format!("this key has asked as much as it may for now; ask again in {wait_s} s");
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        Self { retry_after_s: Some(wait_s), ..fault }
    }

    /// What a bare status means.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status.as_u16() {
            404 => ("not_found", "there is nothing at this path; /docs lists what there is"),
            405 => ("method_not_allowed", "this path does not know this method; `Allow` lists those it knows"),
            408 => ("request_timeout", "the request took too long to arrive"),
            413 => ("too_large", "the body is larger than this path takes"),
            414 => ("uri_too_long", "the address is longer than 8 KiB"),
            415 => ("unsupported_media_type", "this path does not take that content type"),
            431 => ("headers_too_large", "the headers come to more than 32 KiB"),
            500.. => ("internal", "something went wrong on our side; the log has more under the request id"),
            _ => ("refused", "the request was refused"),
        };
        Self::new(status, code, detail)
    }
}

/// Seconds after which a request that was turned away may be worth repeating.
const RETRY_AFTER_S: u16 = 2;

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<desk::Error> for Fault {
    fn from(error: desk::Error) -> Self {
        match &error {
            desk::Error::NotFound(what) => {
                let code = match *what {
                    "client" | desk::BESIDE => "unknown_client",
                    "portfolio" => "unknown_portfolio",
                    _ => "not_found",
                };
                Self::new(StatusCode::NOT_FOUND, code, error.to_string())
            }
            desk::Error::Merged { into, .. } => {
                let fault = Self::new(StatusCode::CONFLICT, "merged_client", error.to_string());
                Self { merged_into: Some(into.as_str().into()), ..fault }
            }
            desk::Error::HasMerged { .. } => Self::new(StatusCode::CONFLICT, "has_merged", error.to_string()),
            desk::Error::Ambiguous(_) | desk::Error::WhichPortfolio => {
                Self::new(StatusCode::CONFLICT, "which_portfolio", error.to_string())
            }
            desk::Error::Invalid { pointer, why } => Self::unprocessable(pointer, why),
            desk::Error::InvalidFields(wrong) => Self {
                detail: error.to_string(),
                errors: wrong
                    .iter()
                    .map(|(pointer, why)| FieldProblem { pointer: pointer.clone(), detail: why.clone() })
                    .collect(),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "")
            },
            desk::Error::Conflict(why) => Self::new(StatusCode::CONFLICT, "conflict", why.as_str()),
            desk::Error::Forbidden(why) => Self::new(StatusCode::FORBIDDEN, "forbidden", *why),
            desk::Error::Busy(why) => Self::new(StatusCode::CONFLICT, "busy", *why),
            _ => match error.store() {
                Some(cause) => Self::of_store(cause, &error),
                None => Self::internal(&error),
            },
        }
    }
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        Self::of_store(&error, &error)
    }
}

impl Fault {
    fn of_store(error: &store::Error, whole: &dyn std::error::Error) -> Self {
        match error {
            store::Error::Unavailable(_) => {
                let mut fault = Self::unavailable("store_unavailable", "the store does not answer; try again");
                fault.cause = Some(chain(whole).into());
                fault
            }
            store::Error::Conflict(_) => {
                let mut fault = Self::new(StatusCode::CONFLICT, "conflict", "it is already there, with other content");
                fault.cause = Some(chain(whole).into());
                fault
            }
            _ => Self::internal(whole),
        }
    }
}

/// An error and everything beneath it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Transparent errors repeat what they wrap.
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
