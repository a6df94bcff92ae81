use std::collections::{HashMap, HashSet};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    House,
    auth::Reader,
    fault::Fault,
    input::{Asked, Place, Sent, moment},
    page::{Page, limit},
    query::Sought,
    shelf::Answer,
};
use crate::{
    desk::{Caller, Explanation, HistoryLine, Moment, QueryAnswer, RatingView, Wanted},
    domain::Sha256,
};

/// Codes of one query.
const QUERY_MAX_CLIENTS: usize = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RatingQuery {
    /// What was so on that day, as 2026-11-20.
    #[param(value_type = Option<String>, format = Date)]
    valid_at: Option<String>,
    /// As far as was recorded at that instant, as 2026-11-20T02:31:07Z.
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<String>,
    /// Which portfolio's client, when the code is in more than one.
    portfolio: Option<String>,
}

/// The rating of a client: the present one, or what had been recorded at a moment.
#[utoipa::path(get, path = "/v1/clients/{client}/rating", tag = "ratings",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), RatingQuery),
    responses(
        (status = 200, body = RatingView, headers(("ETag" = String, description = "For If-None-Match"))),
        (status = 304, description = "Unchanged since the ETag sent in If-None-Match"),
    ))]
pub(super) async fn rating(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<RatingQuery>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let moment = moment(query.valid_at.as_deref(), query.known_at.as_deref())?;
    let store = &house.desk.store;
    let is_present = moment == Moment::default();
    let named = in_words(query.portfolio.as_deref());
    let whom = (named.as_str(), code.as_str());
    if is_present && let Some(answer) = house.shelf.answer(&caller.reach, whom, store) {
        return Ok(given(&answer, &headers));
    }
    let n_commits = store.n_commits();
    let (view, client) = house.desk.rating_of(&wanted, moment).await?;
    let answer = tagged(&view)?;
    let edition = store.edition(client);
    // What was written while it was read may be in it in part; and what ends by itself, or is of two clients, is not kept.
    let is_plain = is_present && view.client_seq > 0 && view.merged_into.is_none() && view.pending_override.is_none();
    if is_plain && store.n_commits() == n_commits {
        house.shelf.keep_answer(&caller.reach, whom, client, edition, &answer);
    }
    Ok(given(&answer, &headers))
}

/// The portfolio that a request names, for the shelf: no name is another than each.
fn in_words(portfolio: Option<&str>) -> String {
    portfolio.map_or_else(String::new, |name| format!("in {name}"))
}

/// A rating as it leaves, with its tag.
pub(super) fn tagged(view: &RatingView) -> Result<Answer, Fault> {
    let body = serde_json::to_vec(view).map_err(|e| Fault::internal(&e))?;
    let tag: String = Sha256::of(&body).to_string().chars().take(ETAG_DIGITS).collect();
    let tag = HeaderValue::from_str(&format!("\"{tag}\"")).map_err(|e| Fault::internal(&e))?;
    Ok(Answer::new(&body, &tag))
}

/// A JSON answer with its ETag, or 304 when the caller has it already.
pub(super) fn given(answer: &Answer, headers: &HeaderMap) -> Response {
    let mut response = Response::default();
    response.headers_mut().reserve(HEADERS);
    let tag = answer.tag();
    if tag.as_ref().is_some_and(|tag| has_already(headers, tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(answer.body());
    }
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // It may be kept, by the one whose key it was, and must be asked about each time.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// More headers than a rating leaves with: the map that holds them never has to grow.
const HEADERS: usize = 12;

/// Hexadecimal digits of a hash that tell two answers apart.
const ETAG_DIGITS: usize = 32;

/// RFC 9110, section 13.1.2: weak comparison against each of the tags sent, or `*`.
fn has_already(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let sent = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RatingsAsked {
    /// The creditor's own codes, at most 1 000.
    #[schema(max_items = 1000)]
    clients: Vec<String>,
    /// `reasons` for full ratings.
    #[serde(default)]
    expand: Vec<Expand>,
    /// In this portfolio only.
    #[serde(default)]
    portfolio: Option<String>,
}

/// What a query may ask for beyond the figures.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expand {
    /// The reasons, with their evidence.
    Reasons,
}

/// The present ratings of many clients. A code that several portfolios have which the key sees gives a rating for each, with the
/// name of its `portfolio`.
#[utoipa::path(post, path = "/v1/ratings/query", tag = "ratings", request_body = RatingsAsked,
    responses((status = 200, body = QueryAnswer)))]
pub(super) async fn query(
    State(house): State<House>,
    Reader(caller): Reader,
    sent: Sent<RatingsAsked>,
) -> Result<Response, Fault> {
    let asked = sent.value;
    if asked.clients.len() > QUERY_MAX_CLIENTS {
        return Err(Fault::unprocessable("/clients", format!("must have at most {QUERY_MAX_CLIENTS} codes")));
    }
    let mut seen = HashSet::with_capacity(asked.clients.len());
    let codes: Vec<&str> = asked.clients.iter().map(String::as_str).filter(|code| seen.insert(*code)).collect();
    let portfolio = asked.portfolio.as_deref();
    let body = if asked.expand.contains(&Expand::Reasons) {
        let found = whole(&house, &caller, portfolio, &codes).await?;
        answer_of(codes.iter().copied().zip(found.iter().map(Bytes::as_ref)))?
    } else {
        let found = lines(&house, &caller, portfolio, &codes).await?;
        answer_of(codes.iter().copied().zip(found.iter().map(|line| line.as_bytes())))?
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response())
}

/// The whole ratings behind each code: from the shelf, where they are, and else read one by one, for each reads the facts
/// behind its reasons.
async fn whole(house: &House, caller: &Caller, portfolio: Option<&str>, codes: &[&str]) -> Result<Vec<Bytes>, Fault> {
    let named = in_words(portfolio);
    let mut found = Vec::with_capacity(codes.len());
    for code in codes {
        if let Some(answer) = house.shelf.answer(&caller.reach, (&named, code), &house.desk.store) {
            found.push(answer.body());
            continue;
        }
        let read = house.desk.ratings(caller, portfolio, &[(*code).to_owned()], true).await?.ratings;
        let texts: Result<Vec<String>, _> = read.iter().map(serde_json::to_string).collect();
        found.push(texts.map_err(|e| Fault::internal(&e))?.join(",").into());
    }
    Ok(found)
}

/// The figures behind each code, put together from the shelf, where they are, and from the store.
async fn lines(
    house: &House,
    caller: &Caller,
    portfolio: Option<&str>,
    codes: &[&str],
) -> Result<Vec<Box<str>>, Fault> {
    let store = &house.desk.store;
    let named = in_words(portfolio);
    let named = named.as_str();
    let found: Vec<Option<Box<str>>> =
        codes.iter().map(|code| house.shelf.line(&caller.reach, (named, code), store)).collect();
    let missing: Vec<String> =
        codes.iter().zip(&found).filter(|(_, line)| line.is_none()).map(|(code, _)| (*code).to_owned()).collect();
    let mut read: HashMap<String, Box<str>> = HashMap::with_capacity(missing.len());
    if !missing.is_empty() {
        let n_commits = store.n_commits();
        for (code, clients) in house.desk.briefs(caller, portfolio, &missing).await? {
            let texts: Vec<String> =
                clients.iter().filter_map(|(brief, _)| serde_json::to_string(brief).ok()).collect();
            let line = texts.join(",");
            if let [(brief, client)] = clients.as_slice()
                && brief.merged_into.is_none()
            {
                let edition = store.edition(*client);
                if store.n_commits() == n_commits {
                    house.shelf.keep_line(&caller.reach, (named, &code), *client, edition, &line);
                }
            }
            read.insert(code, line.into());
        }
    }
    let line = |(code, line): (&&str, Option<Box<str>>)| line.or_else(|| read.remove(*code)).unwrap_or_default();
    Ok(codes.iter().zip(found).map(line).collect())
}

/// The answer to a query, a [`QueryAnswer`], from what was found for each code as JSON: nothing for a code that is nobody's,
/// several with a comma between them for one in several portfolios.
fn answer_of<'a>(found: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, Fault> {
    let mut body = b"{\"ratings\":[".to_vec();
    let mut unknown: Vec<&str> = Vec::new();
    for (code, line) in found {
        if line.is_empty() {
            unknown.push(code);
            continue;
        }
        if !body.ends_with(b"[") {
            body.push(b',');
        }
        body.extend_from_slice(line);
    }
    body.extend_from_slice(b"],\"unknown\":");
    body.extend(serde_json::to_vec(&unknown).map_err(|e| Fault::internal(&e))?);
    body.push(b'}');
    Ok(body)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Items of a page, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Which portfolio's client, when the code is in more than one.
    pub(super) portfolio: Option<String>,
}

/// Every step of a client's rating that was recorded, newest first.
#[utoipa::path(get, path = "/v1/clients/{client}/ratings", tag = "ratings",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), ListQuery),
    responses((status = 200, body = Page<HistoryLine>)))]
pub(super) async fn history(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<ListQuery>,
    sought: Sought,
) -> Result<Json<Page<HistoryLine>>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let list = house.list(&caller, &format!("ratings of {code}"), &sought).await?;
    let before = list.after(query.cursor.as_deref())?;
    Ok(Json(list.page(house.desk.history(&wanted, before, limit(query.limit)?).await?)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplanationQuery {
    /// Where the change starts: the step before when left out, 0 for nothing.
    #[param(minimum = 0)]
    from_client_seq: Option<u32>,
    /// Where it ends: the present when left out.
    #[param(minimum = 1)]
    to_client_seq: Option<u32>,
    /// Which portfolio's client, when the code is in more than one.
    portfolio: Option<String>,
}

/// Why the rating is where it is, and why it moved: both sums are exact.
#[utoipa::path(get, path = "/v1/clients/{client}/explanation", tag = "ratings",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), ExplanationQuery),
    responses((status = 200, body = Explanation)))]
pub(super) async fn explanation(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<ExplanationQuery>,
) -> Result<Json<Explanation>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let (from, to) = (query.from_client_seq.map(i64::from), query.to_client_seq.map(i64::from));
    Ok(Json(house.desk.explanation(&wanted, from, to).await?))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::has_already;

    #[test]
    fn a_tag_is_found_in_a_list_and_in_its_weak_form() {
        let tag = HeaderValue::from_static("\"ab\"");
        let sent = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(text));
            has_already(&headers, &tag)
        };
        assert!(sent("\"ab\"") && sent("\"x\", W/\"ab\"") && sent("*"));
        assert!(!sent("\"abc\"") && !sent("ab") && !has_already(&HeaderMap::new(), &tag));
    }
}
