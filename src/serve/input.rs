//! Reading a request: path, query and body, each refused in the one shape.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse as _,
};
use jiff::{Timestamp, civil::Date};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::fault::Fault;
use crate::{
    desk::{BodyFormat, Moment, in_plain_words, said},
    domain::AsOf,
};

/// The query, as a struct that refuses what it does not know: a misspelt `valid_at` would otherwise be answered with
/// the present.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Fault::bad_request("bad_query", plainly(&rejection.body_text()))),
        }
    }
}

/// What a reader of queries says, in plain words: `limit: invalid digit found in string`, `missing field `from``.
fn plainly(text: &str) -> String {
    let text = text.trim_start_matches("Failed to deserialize query string: ");
    let (name, why) = text.split_once(": ").filter(|(name, _)| !name.contains(' ')).unwrap_or(("", text));
    let (field, why) = said(why);
    let why = match why.as_str() {
        "invalid digit found in string" | "cannot parse integer from empty string" => "must be a whole number",
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "must be a whole number, and none so far from 0"
        }
        "provided string was not `true` or `false`" => "must be true or false",
        why => why,
    };
    let name = field.unwrap_or_else(|| name.to_owned());
    if name.is_empty() { why.to_owned() } else { format!("{name} {why}") }
}

/// The variable parts of the path, decoded.
pub(super) struct Place<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(place)) => Ok(Self(place)),
            // A number that is none names nothing: the same answer as for a number that is nobody's.
            Err(_) => Err(Fault::of_status(StatusCode::NOT_FOUND)),
        }
    }
}

/// A JSON body, and its bytes for the archive.
pub(super) struct Sent<T> {
    pub(super) value: T,
    pub(super) bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let is_json =
            matches!(content_type(request.headers()), Some(t) if t == "application/json" || t.ends_with("+json"));
        if !is_json {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Fault::new(status, "unsupported_media_type", "send application/json"));
        }
        let bytes = read(Bytes::from_request(request, state).await)?;
        let value = json(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// A JSON body that may be left out: then everything in it is.
pub(super) struct Perhaps<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for Perhaps<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let is_said = request.headers().contains_key(header::CONTENT_TYPE);
        if is_said {
            return Sent::from_request(request, state).await.map(|sent| Self(sent.value));
        }
        match read(Bytes::from_request(request, state).await)? {
            bytes if bytes.is_empty() => Ok(Self(T::default())),
            bytes => json(&bytes).map(Self),
        }
    }
}

/// Imports taken in at once. Each may be as long as fifty megabytes, and take several times that while it is read; whoever comes
/// later sends its body when its turn comes.
static IMPORTS: Semaphore = Semaphore::const_new(4);

/// A body of many rows, in one of the formats of an import.
pub(super) struct Rows {
    pub(super) format: BodyFormat,
    pub(super) bytes: Bytes,
    /// Held until the rows are in the store.
    _turn: SemaphorePermit<'static>,
}

impl<S: Send + Sync> FromRequest<S> for Rows {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let format = match content_type(request.headers()).as_deref() {
            Some("application/json") => BodyFormat::Json,
            Some("application/x-ndjson" | "application/jsonl" | "application/json-lines") => BodyFormat::Ndjson,
            Some("text/csv") => BodyFormat::Csv,
            Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") => BodyFormat::Xlsx,
            Some("application/xml" | "text/xml" | "application/pkcs7-mime") => BodyFormat::Xml,
            _ => return Err(unsupported("application/xml, ")),
        };
        let turn =
            IMPORTS.acquire().await.map_err(|_| Fault::unavailable("overloaded", "the process is about to end"))?;
        Ok(Self { format, bytes: read(Bytes::from_request(request, state).await)?, _turn: turn })
    }
}

impl Rows {
    /// The same, where XML says nothing that is asked for.
    pub(super) fn without_xml(self) -> Result<Self, Fault> {
        if self.format == BodyFormat::Xml { Err(unsupported("")) } else { Ok(self) }
    }
}

fn unsupported(xml: &str) -> Fault {
    let detail =
        format!("send text/csv, a workbook (XLSX), {xml}application/x-ndjson, or application/json with an array");
    Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// The media type, lower case and without its parameters.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn read(bytes: Result<Bytes, BytesRejection>) -> Result<Bytes, Fault> {
    bytes.map_err(|rejection| match rejection.into_response().status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => Fault::of_status(status),
        _ => Fault::bad_request("broken_body", "the body broke off before its end"),
    })
}

/// Parses a body; a wrong value is named by its pointer, broken JSON by its line and column.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        // Read by place, the values of an array would pass for the fields of an object.
        return Err(Fault::unprocessable("", "must be an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        if e.inner().is_data() {
            let (pointer, why) = in_plain_words(&e);
            Fault::unprocessable(pointer, why)
        } else {
            Fault::unprocessable("", format!("not JSON: {}", e.inner()))
        }
    })?;
    reader.end().map_err(|e| Fault::unprocessable("", format!("not JSON: {e}")))?;
    Ok(value)
}

/// The moment that `valid_at` and `known_at` name.
pub(super) fn moment(valid_at: Option<&str>, known_at: Option<&str>) -> Result<Moment, Fault> {
    Ok(Moment { valid_at: valid_at.map(day).transpose()?, known_at: known_at.map(instant).transpose()? })
}

fn day(text: &str) -> Result<Date, Fault> {
    day_of("valid_at", text)
}

/// A day of a query, by the name of its parameter.
pub(super) fn day_of(name: &str, text: &str) -> Result<Date, Fault> {
    let is_plain = text.len() == "2026-11-20".len();
    let day = text.parse().ok().filter(|_| is_plain);
    day.ok_or_else(|| Fault::bad_request("bad_query", format!("{name} must be a day, as 2026-11-20")))
}

/// An instant of a query; a day alone means its end (UTC).
fn instant(text: &str) -> Result<Timestamp, Fault> {
    if let Ok(day) = day(text) {
        return Ok(AsOf::end_of(day).known_at);
    }
    text.parse().map_err(|_| {
        Fault::bad_request("bad_query", "known_at must be an instant, as 2026-11-20T02:31:07Z (a + in it is %2B)")
    })
}

#[cfg(test)]
mod tests {
    use super::{json, moment, plainly};
    use crate::desk::SubscriptionInput;

    #[test]
    fn a_wrong_value_in_a_body_is_named_by_its_pointer() {
        let body = br#"{"name":"n","channel":{"webhook":{"url":7}}}"#;
        let fault = json::<SubscriptionInput>(body).unwrap_err();
        assert_eq!(fault.status, 422);
        assert_eq!(fault.errors[0].pointer, "/channel/webhook/url");
        let twice = br#"{"name":"n","name":"m","channel":{"webhook":{"url":""}}}"#;
        assert!(json::<SubscriptionInput>(twice).unwrap_err().detail.contains("twice"));
        assert!(json::<SubscriptionInput>(b"{} {}").is_err());
    }

    #[test]
    fn a_wrong_query_is_told_in_plain_words() {
        for (said, plain) in [
            ("limit: invalid digit found in string", "limit must be a whole number"),
            ("missing field `from`", "from is missing"),
            ("duplicate field `portfolio`", "portfolio is there twice"),
            ("mode: unknown variant `x`, expected `a` or `b`", "mode must be one of a, b"),
        ] {
            assert_eq!(plainly(&format!("Failed to deserialize query string: {said}")), plain);
        }
    }

    #[test]
    fn a_day_alone_is_known_at_its_end() {
        let moment = moment(Some("2026-03-02"), Some("2026-03-02")).unwrap();
        assert_eq!(moment.known_at.unwrap().to_string(), "2026-03-02T23:59:59.999Z");
        assert_eq!(moment.valid_at.unwrap().to_string(), "2026-03-02");
        assert!(super::moment(Some("2026-02-30"), None).is_err());
        assert!(super::moment(Some("2026-03-02T10:00"), None).is_err());
        assert!(super::moment(None, Some("yesterday")).is_err());
    }
}
