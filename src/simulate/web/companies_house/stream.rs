//! The push feed: an event a line as things can first be read, with blank lines in between, an event told twice, and the
//! connection cut in the middle of a line.

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{Company, Web, all_british, cases, dissolved_on, insolvency, iso, lists, profile};
use crate::simulate::web::{has_credentials, json as answer, pairs, values};

/// Events of a day, at most: a timepoint is the day and the event's place in it.
const PER_DAY: u64 = 10_000;
/// Events are kept for so many days.
const KEPT_DAYS: i32 = 30;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/companies-house-stream/{path}", get(listen))
}

async fn listen(
    State(web): State<Web>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if !has_credentials(&headers, "Basic") {
        return answer(StatusCode::UNAUTHORIZED, json!({"error": "Invalid Authorization", "type": "ch:service"}));
    }
    let today = web.today();
    let pairs = pairs(query.as_deref());
    let from = values(&pairs, "timepoint").first().map(|text| text.parse::<u64>().unwrap_or(u64::MAX));
    let first = from.map_or(today, |from| i32::try_from(from / PER_DAY).unwrap_or(i32::MAX));
    if !(today - KEPT_DAYS..=today).contains(&first) {
        return StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    }
    let mut events = Vec::new();
    for day in first..=today {
        let of_day = all_british(&web).flat_map(|company| events_of(company, &path, day));
        let dated = of_day.zip(1..).map(|(event, place)| (u64::try_from(day).unwrap_or(0) * PER_DAY + place, event));
        events.extend(dated.filter(|(point, _)| from.is_none_or(|from| *point >= from)));
    }
    ([(header::CONTENT_TYPE, "application/json")], body(&path, &events, today)).into_response()
}

/// The bytes of a stream, and the beginning of what would have come next.
fn body(path: &str, events: &[(u64, Value)], today: i32) -> String {
    let mut body = String::from("\n");
    for (place, (point, event)) in events.iter().enumerate() {
        let mut event = event.clone();
        let day = i32::try_from(point / PER_DAY).unwrap_or(today);
        // Some streams write the instant with a fraction and a zone, some without either.
        let at = if path == "insolvency-cases" { "T10:51:01.704338+00:00" } else { "T10:21:06" };
        event["event"] = json!({"timepoint": point, "published_at": format!("{}{at}", iso(day)), "type": "changed"});
        let line = format!("{event}\n\n");
        body.push_str(&line);
        if place == 0 {
            body.push_str(&line);
        }
    }
    body.push_str("{\"resource_kind\":\"company-profile\",\"resource_uri\":\"/company/9");
    body
}

/// What can first be read of a company on a day, on one of the streams.
fn events_of(company: &Company, path: &str, day: i32) -> Vec<Value> {
    let number = company.identity.registry.as_deref().unwrap_or_default();
    let event = |kind: &str, rest: &str, data: Value| {
        let uri = format!("/company/{number}{rest}");
        json!({"resource_kind": kind, "resource_uri": uri, "resource_id": number, "data": data})
    };
    match path {
        "insolvency-cases" if cases(company, day).iter().any(|case| case.told_on == day) => {
            insolvency(company, day).map(|data| event("company-insolvency", "/insolvency", data)).into_iter().collect()
        }
        "companies" if has_changed(company, day) => vec![event("company-profile", "", profile(company, day))],
        "filings" => {
            let today = iso(day);
            let filed = lists::filings(company, day).into_iter().filter(|item| item["date"] == today.as_str());
            filed.map(|item| event("filing-history", "/filing-history", item)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the profile reads otherwise than the day before.
fn has_changed(company: &Company, day: i32) -> bool {
    let spans = company.records.overdue.iter().chain(&company.records.strike_off);
    spans.into_iter().any(|span| span.from == day || span.until == day)
        || cases(company, day).iter().any(|case| case.told_on == day)
        || dissolved_on(company, day) == Some(day)
}
