//! The lists of a company: filings of the graver kinds, officers, charges. Made from the same records as its profile, and
//! from its fingerprint where they say nothing about health.

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{Company, Web, british, cases, dissolved_on, has_charges, hex_mark, iso, reply};
use crate::simulate::web::{pairs, values};

/// Items of a page when nobody says how many.
const PER_PAGE: usize = 25;
/// The most that can be asked for.
const MOST_PER_PAGE: usize = 100;
/// Days since a charge was created: longer ago than anybody counts it.
const CHARGE_AGE: i32 = 2_600;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/companies-house/company/{number}/filing-history", get(get_filings))
        .route("/companies-house/company/{number}/officers", get(get_officers))
        .route("/companies-house/company/{number}/charges", get(get_charges))
}

async fn get_filings(
    State(web): State<Web>,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let found = british(&web, &number).map(|company| filings(company, web.today()));
    let body = found.map(|mut items| {
        items.reverse();
        let mut body = page_of(items, query.as_deref(), "total_count");
        body["filing_history_status"] = json!("filing-history-available");
        body
    });
    reply(&headers, body, "filing-history-not-found")
}

async fn get_officers(
    State(web): State<Web>,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let body = british(&web, &number).map(|company| {
        let items = officers(company, web.today());
        let resigned = items.iter().filter(|item| item.get("resigned_on").is_some()).count();
        let active = items.len() - resigned;
        let mut body = page_of(items, query.as_deref(), "total_results");
        body["active_count"] = json!(active);
        body["resigned_count"] = json!(resigned);
        body["kind"] = json!("officer-list");
        body["links"] = json!({"self": format!("/company/{number}/officers")});
        body
    });
    reply(&headers, body, "company-officers-not-found")
}

async fn get_charges(
    State(web): State<Web>,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let body = british(&web, &number).filter(|company| has_charges(company)).map(|company| {
        let mut body = page_of(vec![charge(company, web.today())], query.as_deref(), "total_count");
        body["unfiltered_count"] = json!(1);
        body["satisfied_count"] = json!(u8::from(is_satisfied(company)));
        body["part_satisfied_count"] = json!(0);
        body
    });
    reply(&headers, body, "company-charges-not-found")
}

/// So many items from `start_index` on, and how many there are.
fn page_of(items: Vec<Value>, query: Option<&str>, total: &str) -> Value {
    let pairs = pairs(query);
    let number = |name| values(&pairs, name).first().and_then(|text| text.parse::<usize>().ok());
    let (start, n_items) = (number("start_index").unwrap_or(0), items.len());
    let per_page = number("items_per_page").unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE);
    let shown: Vec<Value> = items.into_iter().skip(start).take(per_page).collect();
    let mark = hex_mark(json!(shown).to_string().as_bytes(), 40);
    let mut body = json!({"etag": mark, "items": shown, "items_per_page": per_page, "start_index": start});
    body[total] = json!(n_items);
    body
}

/// What was filed and published about a company until a day, oldest first: each with the day it could be read.
pub(super) fn filings(company: &Company, day: i32) -> Vec<Value> {
    let mut told: Vec<(i32, &str, &str, &str)> = Vec::new();
    for span in &company.records.strike_off {
        told.push((span.from, "GAZ1", "gazette", "gazette-notice-compulsory"));
        told.push((span.until, "DISS40", "gazette", "gazette-filings-brought-up-to-date"));
    }
    for case in cases(company, day) {
        told.push(match case.kind {
            "in-administration" => {
                (case.told_on, "AM01", "liquidation", "liquidation-in-administration-appointment-of-administrator")
            }
            "members-voluntary-liquidation" => {
                (case.told_on, "LIQ01", "liquidation", "liquidation-voluntary-declaration-of-solvency")
            }
            "compulsory-liquidation" => {
                (case.told_on, "COCOMP", "liquidation", "liquidation-compulsory-winding-up-order")
            }
            _ => (case.told_on, "LRESEX", "resolution", "liquidation-voluntary-extraordinary-resolution-to-wind-up"),
        });
    }
    told.extend(dissolved_on(company, day).map(|on| (on, "GAZ2", "gazette", "gazette-dissolved-liquidation")));
    told.retain(|(on, ..)| *on <= day);
    told.sort_unstable();
    let number = company.identity.registry.as_deref().unwrap_or_default();
    let item = |(on, form, category, description): (i32, &str, &str, &str)| {
        let transaction = hex_mark(format!("{number} {form} {on}").as_bytes(), 24);
        json!({
            "transaction_id": transaction,
            "type": form,
            "category": category,
            "description": description,
            "date": iso(on),
            "barcode": format!("X{}", hex_mark(transaction.as_bytes(), 7).to_uppercase()),
            "links": {"self": format!("/company/{number}/filing-history/{transaction}")},
        })
    };
    told.into_iter().map(item).collect()
}

/// Two who stay and one who left years ago: nothing that tells of health.
fn officers(company: &Company, day: i32) -> Vec<Value> {
    let mark = company.identity.fingerprint();
    let age = 800 + i32::try_from(mark % 900).unwrap_or(0);
    let person = |name: &str, role: &str, appointed: i32| {
        json!({
            "name": name,
            "officer_role": role,
            "appointed_on": iso(appointed),
            "nationality": "British",
            "date_of_birth": {"month": 4, "year": 1971},
            "address": {"address_line_1": "2 Assize Row", "locality": "Leeds", "postal_code": "LS1 0ZZ"},
            "links": {"officer": {"appointments": "/officers/abc/appointments"}},
        })
    };
    let mut left = person("WREXLEY, Ada", "director", day - age - 900);
    left["resigned_on"] = json!(iso(day - age));
    vec![
        person("PELLING, Orla", "director", day - age - 300),
        person("TARN, Miles", "secretary", day - age - 200),
        left,
    ]
}

fn is_satisfied(company: &Company) -> bool {
    company.identity.fingerprint().is_multiple_of(2)
}

/// A bank's debenture of long ago.
fn charge(company: &Company, day: i32) -> Value {
    let number = company.identity.registry.as_deref().unwrap_or_default();
    let created = day - day.rem_euclid(365) - CHARGE_AGE;
    let mut charge = json!({
        "etag": hex_mark(number.as_bytes(), 40),
        "charge_code": format!("{number}0001"),
        "charge_number": 1,
        // An object, whatever the specification says.
        "classification": {"type": "charge-description", "description": "A registered charge"},
        "created_on": iso(created),
        "delivered_on": iso(created + 6),
        "particulars": {"type": "brief-description", "contains_fixed_charge": true, "contains_negative_pledge": true},
        "persons_entitled": [{"name": "Tarnside Bank PLC"}],
        "status": if is_satisfied(company) { "fully-satisfied" } else { "outstanding" },
        "transactions": [{"filing_type": "create-charge-with-deed", "delivered_on": iso(created + 6)}],
        "links": {"self": format!("/company/{number}/charges/{}", hex_mark(number.as_bytes(), 20))},
    });
    if is_satisfied(company) {
        charge["satisfied_on"] = json!(iso(created + 900));
    }
    charge
}
