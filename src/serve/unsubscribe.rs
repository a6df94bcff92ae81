//! The page behind the link in a mail: a reader, who has no key, ends a subscription.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Html,
};

use super::{House, fault::Fault, input::Place};
use crate::desk::ReaderView;

/// The page loads nothing and may only send its own form.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "unsubscribe.html", config = ".askama.toml")]
struct Page {
    reader: ReaderView,
}

/// The page, and headers that keep its address, which is a secret of the reader's, from others.
fn page(reader: ReaderView) -> Result<(HeaderMap, Html<String>), Fault> {
    let html = Page { reader }.render().map_err(|error| Fault::internal(&error))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, Html(html)))
}

/// Asks a reader whether the mails shall end. Needs no key: the link is signed. Ends nothing, because scanners of mail open
/// every link.
#[utoipa::path(get, path = "/unsubscribe/{token}", tag = "alerts", params(("token" = String, Path)), security(()),
    responses((status = 200, content_type = "text/html", body = String)))]
pub(super) async fn ask(
    State(house): State<House>,
    Place(token): Place<String>,
) -> Result<(HeaderMap, Html<String>), Fault> {
    page(house.desk.reader_of(&token).await?)
}

/// Ends the mails: sent by the button of the page, and by mail programs in one click (RFC 8058).
#[utoipa::path(post, path = "/unsubscribe/{token}", tag = "alerts", params(("token" = String, Path)), security(()),
    responses((status = 200, content_type = "text/html", body = String)))]
pub(super) async fn end(
    State(house): State<House>,
    Place(token): Place<String>,
) -> Result<(HeaderMap, Html<String>), Fault> {
    page(house.desk.end_for_reader(&token).await?)
}
