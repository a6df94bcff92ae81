use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::Reader,
    fault::{Fault, Problem},
    input::{Asked, Place, moment},
};
use crate::desk::{FileKind, FileOrder, Language, Wanted};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FileQuery {
    /// `it` (when left out) or `en`.
    #[param(example = "it")]
    locale: Option<String>,
    /// The day it is about, as 2026-11-20; today when left out.
    #[param(value_type = Option<String>, format = Date)]
    valid_at: Option<String>,
    /// As far as was known at that instant, as 2026-11-20T02:31:07Z; now when left out.
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<String>,
    /// Which portfolio's client, when the code is in more than one.
    portfolio: Option<String>,
}

/// The file for the lawyer: a ZIP with a PDF, the ledger, correspondence, ratings and evidence with hashes, or the PDF alone.
/// The same moment gives the same bytes. Whoever takes it is noted in the audit log.
#[utoipa::path(get, path = "/v1/clients/{client}/file", tag = "facts",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), FileQuery),
    responses(
        (status = 200, description = "As `Accept` asks; the ZIP when it does not say", content(
            (String = "application/zip"), (String = "application/pdf"))),
        (status = 406, description = "Neither application/zip nor application/pdf is accepted", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn file(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let language = Language::parse(query.locale.as_deref().unwrap_or("it"));
    let language = language.ok_or_else(|| Fault::bad_request("bad_query", "locale must be it or en"))?;
    let order = FileOrder {
        moment: moment(query.valid_at.as_deref(), query.known_at.as_deref())?,
        language,
        kind: accepted(&headers)?,
    };
    let file = house.desk.client_file(&wanted, order).await?;
    let headers = [
        (header::CONTENT_TYPE, order.kind.media_type().to_owned()),
        // The name is made of plain letters only.
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, file.bytes).into_response())
}

/// Which of the two is asked for (RFC 9110, section 12.5.1): the one with the higher weight, the ZIP of equals.
fn accepted(headers: &HeaderMap) -> Result<FileKind, Fault> {
    let sent: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .collect();
    if sent.is_empty() {
        return Ok(FileKind::Archive);
    }
    let (zip, pdf) = (weight(&sent, FileKind::Archive), weight(&sent, FileKind::Pdf));
    match (zip > 0.0, pdf > zip) {
        (_, true) => Ok(FileKind::Pdf),
        (true, false) => Ok(FileKind::Archive),
        (false, false) => {
            let detail = "this path answers application/zip or application/pdf";
            Err(Fault::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail))
        }
    }
}

/// How much a media type is wanted, 0 to 1: what names it most exactly counts.
fn weight(sent: &[&str], kind: FileKind) -> f64 {
    let exactness = |range: &str| match range {
        "*/*" => Some(1),
        "application/*" => Some(2),
        exact => (exact == kind.media_type()).then_some(3),
    };
    let ranges = sent.iter().filter_map(|one| {
        let mut parts = one.split(';').map(|part| part.trim().to_ascii_lowercase());
        let exactness = exactness(&parts.next()?)?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f64>().ok()).unwrap_or(1.0);
        Some((exactness, weight))
    });
    ranges.max_by_key(|(exactness, _)| *exactness).map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{FileKind, accepted};

    #[test]
    fn the_archive_is_sent_unless_the_pages_are_wanted_more() {
        let cases = [
            ("*/*", Some(FileKind::Archive)),
            ("application/pdf", Some(FileKind::Pdf)),
            ("application/zip;q=0.5, application/pdf", Some(FileKind::Pdf)),
            ("application/pdf;q=0.1, */*", Some(FileKind::Archive)),
            ("text/html, application/pdf;q=0", None),
            ("text/html", None),
        ];
        for (sent, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(sent));
            assert_eq!(accepted(&headers).ok(), expected, "{sent}");
        }
        assert_eq!(accepted(&HeaderMap::new()).ok(), Some(FileKind::Archive));
    }
}
