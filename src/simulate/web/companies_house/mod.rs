mod bulk;
mod lists;
mod stream;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use jiff::Span;
use serde_json::{Value, json};

use super::{Company, Web, has_credentials, hex_mark, iso, json as answer};
use crate::{
    domain::{day_number, day_of_number},
    simulate::records::Case,
};

/// One profile in so many has a status detail that no list of codes knows.
const ODD_DETAIL: u64 = 61;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/companies-house/company/{number}", get(get_profile))
        .route("/companies-house/company/{number}/insolvency", get(get_insolvency))
        .merge(lists::routes())
        .merge(stream::routes())
        .merge(bulk::routes())
}

async fn get_profile(State(web): State<Web>, Path(number): Path<String>, headers: HeaderMap) -> Response {
    let body = british(&web, &number).map(|company| profile(company, web.today()));
    reply(&headers, body, "company-profile-not-found")
}

async fn get_insolvency(State(web): State<Web>, Path(number): Path<String>, headers: HeaderMap) -> Response {
    let body = british(&web, &number).and_then(|company| insolvency(company, web.today()));
    reply(&headers, body, "company-insolvency-not-found")
}

fn british<'a>(web: &'a Web, number: &str) -> Option<&'a Company> {
    web.company(number).filter(|company| company.identity.land.code() == "GB")
}

/// The entity tag is in the body and in the header; whether the real service answers 304 to it is not documented, and
/// this one does not.
fn reply(headers: &HeaderMap, body: Option<Value>, missing: &str) -> Response {
    if !has_credentials(headers, "Basic") {
        return answer(StatusCode::UNAUTHORIZED, json!({"error": "Empty Authorization header", "type": "ch:service"}));
    }
    let Some(body) = body else {
        return answer(StatusCode::NOT_FOUND, json!({"errors": [{"error": missing, "type": "ch:service"}]}));
    };
    let etag = body["etag"].as_str().and_then(|mark| HeaderValue::from_str(&format!("\"{mark}\"")).ok());
    let mut response = answer(StatusCode::OK, body);
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// The cases that can be read on a day, oldest first.
fn cases(company: &Company, day: i32) -> Vec<&Case> {
    let is_british = company.identity.land.code() == "GB";
    company.records.cases.iter().filter(|case| is_british && case.told_on <= day).collect()
}

fn dissolved_on(company: &Company, day: i32) -> Option<i32> {
    company.records.dissolved_on.filter(|on| *on <= day)
}

/// `/company/{number}` of one company, as of a day.
pub(super) fn profile(company: &Company, day: i32) -> Value {
    let who = &company.identity;
    let number = who.registry.as_deref().unwrap_or_default();
    let cases = cases(company, day);
    let dissolved = dissolved_on(company, day);
    let status = match (dissolved, cases.last().map(|case| case.kind)) {
        (Some(_), _) => "dissolved",
        (None, None) => "active",
        (None, Some("in-administration")) => "administration",
        // A members' voluntary liquidation reads like any other here: only the case tells that it is solvent.
        (None, Some(_)) => "liquidation",
    };
    let mut body = json!({
        "accounts": accounts(company, day),
        "can_file": dissolved.is_none(),
        "company_name": who.name.to_uppercase(),
        "company_number": number,
        "company_status": status,
        "confirmation_statement": {
            "last_made_up_to": iso(next_anniversary(company, day, 5) - 379),
            "next_due": iso(next_anniversary(company, day, 5)),
            "next_made_up_to": iso(next_anniversary(company, day, 5) - 14),
            "overdue": false,
        },
        "date_of_creation": iso(7_000 + i32::try_from(who.fingerprint() % 9_000).unwrap_or(0)),
        "has_charges": has_charges(company),
        "has_insolvency_history": !cases.is_empty(),
        "jurisdiction": if number.starts_with("SC") { "scotland" } else { "england-wales" },
        "links": {
            "self": format!("/company/{number}"),
            "filing_history": format!("/company/{number}/filing-history"),
            "officers": format!("/company/{number}/officers"),
        },
        "registered_office_address": {
            "address_line_1": who.street,
            "locality": who.town.name,
            "region": who.town.region,
            "postal_code": who.postal_code,
            "country": if number.starts_with("SC") { "Scotland" } else { "England" },
        },
        "registered_office_is_in_dispute": false,
        "sic_codes": [format!("{}0", who.nace.replace('.', ""))],
        "type": if who.form == "plc" { "plc" } else { "ltd" },
        "undeliverable_registered_office_address": false,
    });
    if let Some(on) = dissolved {
        body["date_of_cessation"] = json!(iso(on));
    }
    if has_charges(company) {
        body["links"]["charges"] = json!(format!("/company/{number}/charges"));
    }
    if !cases.is_empty() {
        body["links"]["insolvency"] = json!(format!("/company/{number}/insolvency"));
    }
    if status == "active" && company.records.strike_off.iter().any(|span| span.holds(day)) {
        body["company_status_detail"] = json!("active-proposal-to-strike-off");
    } else if who.fingerprint().is_multiple_of(ODD_DETAIL) {
        body["company_status_detail"] = json!("register-review-pending");
    }
    marked(body)
}

/// Whether a bank ever lent on the company's property; says nothing about health.
fn has_charges(company: &Company) -> bool {
    company.identity.fingerprint().is_multiple_of(3)
}

/// The British companies of an economy.
fn all_british(web: &Web) -> impl Iterator<Item = &Company> {
    web.economy().companies.iter().filter(|company| company.identity.land.code() == "GB")
}

fn accounts(company: &Company, day: i32) -> Value {
    let overdue = company.records.overdue.iter().rfind(|span| span.holds(day));
    let next_due = overdue.map_or_else(|| next_anniversary(company, day, 0), |span| span.from);
    let made_up = months_before(next_due, 9);
    let last = months_before(next_due, 21);
    let reference = day_of_number(made_up);
    json!({
        // Strings, whatever the specification says.
        "accounting_reference_date": {"day": reference.day().to_string(), "month": reference.month().to_string()},
        "last_accounts": {
            "made_up_to": iso(last),
            "period_start_on": iso(months_before(next_due, 33) + 1),
            "period_end_on": iso(last),
            "type": if company.trading.yearly_euros() > 300_000 { "full" } else { "total-exemption-full" },
        },
        "next_accounts": {
            "due_on": iso(next_due),
            "overdue": overdue.is_some(),
            "period_start_on": iso(last + 1),
            "period_end_on": iso(made_up),
        },
        "next_due": iso(next_due),
        "next_made_up_to": iso(made_up),
        "overdue": overdue.is_some(),
    })
}

/// The next day after `day` that falls on the company's own day of the year.
fn next_anniversary(company: &Company, day: i32, shift: u64) -> i32 {
    let of_year = i32::try_from((company.identity.fingerprint() >> shift) % 365).unwrap_or(0);
    let year = day_of_number(day).year();
    let candidates = (year..year + 2).filter_map(|year| jiff::civil::Date::new(year, 1, 1).ok());
    candidates.map(|first| day_number(first) + of_year).find(|on| *on > day).unwrap_or(day + 365)
}

fn months_before(day: i32, months: i64) -> i32 {
    let span = Span::new().try_months(months);
    span.and_then(|span| day_of_number(day).checked_sub(span)).map_or(day, day_number)
}

/// `/company/{number}/insolvency`: none, which is 404, when there is no case.
pub(super) fn insolvency(company: &Company, day: i32) -> Option<Value> {
    let cases = cases(company, day);
    let newest = cases.last()?;
    let status = if newest.kind == "in-administration" { "in-administration" } else { "liquidation" };
    let items = cases.iter().enumerate().map(|(place, case)| {
        let mut dates = vec![json!({"type": case.date_kind, "date": iso(case.day)})];
        if case.kind == "members-voluntary-liquidation" {
            dates.push(json!({"type": "declaration-solvent-on", "date": iso(case.day - 3)}));
        }
        if let Some(on) = dissolved_on(company, day) {
            dates.push(json!({"type": "dissolved-on", "date": iso(on)}));
        }
        json!({
            "number": (place + 1).to_string(),
            "type": case.kind,
            "dates": dates,
            "notes": [],
            "practitioners": [{
                "name": "Ada Wrexley",
                "role": "practitioner",
                "appointed_on": iso(case.day),
                "address": {"address_line_1": "2 Assize Row", "locality": "Leeds", "postal_code": "LS1 0ZZ"},
            }],
        })
    });
    let items: Vec<Value> = items.collect();
    Some(marked(json!({"cases": items, "status": [status]})))
}

/// Adds the entity tag of a body to it.
fn marked(mut body: Value) -> Value {
    let mark = hex_mark(body.to_string().as_bytes(), 40);
    body["etag"] = json!(mark);
    body
}
