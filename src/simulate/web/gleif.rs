use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{Company, Web, iso, json as answer, pairs, values};

const BASE: &str = "https://api.gleif.org/api/v1/lei-records";
/// What the service gives when no size is asked for, and the most it gives.
const DEFAULT_SIZE: usize = 15;
const LARGEST_SIZE: usize = 200;
/// One record in so many has a category that no list of codes knows.
const ODD_CATEGORY: u64 = 67;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/gleif/api/v1/lei-records", get(list)).route("/gleif/api/v1/lei-records/{lei}", get(one))
}

async fn list(State(web): State<Web>, RawQuery(query): RawQuery) -> Response {
    let pairs = pairs(query.as_deref());
    let number = |name| values(&pairs, name).first().map(|text| text.parse::<usize>());
    let (size, page_number) = match (number("page[size]"), number("page[number]")) {
        (Some(Err(_)), _) | (_, Some(Err(_))) => return refuse(StatusCode::BAD_REQUEST, "page must be a number"),
        (size, page) => (size.and_then(Result::ok).unwrap_or(DEFAULT_SIZE), page.and_then(Result::ok).unwrap_or(1)),
    };
    if size > LARGEST_SIZE || size == 0 || page_number == 0 {
        return refuse(StatusCode::BAD_REQUEST, "page[size] must be between 1 and 200, page[number] at least 1");
    }
    let asked = values(&pairs, "filter[lei]");
    let mut found: Vec<&Company> = match asked.is_empty() {
        true => web.economy().companies.iter().filter(|company| company.identity.lei.is_some()).collect(),
        // Of an identifier that does not exist nothing is said: fewer come back than were asked for.
        false => asked.iter().flat_map(|list| list.split(',')).filter_map(|lei| by_lei(&web, lei)).collect(),
    };
    found.sort_by(|a, b| a.identity.lei.cmp(&b.identity.lei));
    found.dedup_by(|a, b| a.identity.lei == b.identity.lei);
    let others = pairs.iter().filter(|(name, _)| !name.starts_with("page["));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
    typed(answer(StatusCode::OK, self::page(&found, web.today(), page_number, size, &query)))
}

async fn one(State(web): State<Web>, Path(lei): Path<String>) -> Response {
    match by_lei(&web, &lei) {
        Some(company) => {
            let body = json!({"meta": golden_copy(web.today()), "data": record(company, web.today())});
            typed(answer(StatusCode::OK, body))
        }
        None => refuse(StatusCode::NOT_FOUND, "no record with this LEI"),
    }
}

fn by_lei<'a>(web: &'a Web, lei: &str) -> Option<&'a Company> {
    web.company(lei.trim()).filter(|company| company.identity.lei.as_deref() == Some(lei.trim()))
}

fn typed(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.api+json"));
    response
}

fn refuse(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    typed(answer(status, json!({"errors": [{"status": status.as_str(), "title": title, "detail": detail}]})))
}

fn golden_copy(day: i32) -> Value {
    json!({"goldenCopy": {"publishDate": format!("{}T00:00:00Z", iso(day))}})
}

/// One page of records, with its place among the others.
pub(super) fn page(found: &[&Company], day: i32, number: usize, size: usize, query: &str) -> Value {
    let total = found.len();
    let last_page = total.div_ceil(size).max(1);
    let first = (number - 1).saturating_mul(size);
    let shown: Vec<Value> = found.iter().skip(first).take(size).map(|company| record(company, day)).collect();
    let (from, to) =
        if shown.is_empty() { (Value::Null, Value::Null) } else { (json!(first + 1), json!(first + shown.len())) };
    let mut meta = golden_copy(day);
    meta["pagination"] =
        json!({"currentPage": number, "perPage": size, "from": from, "to": to, "total": total, "lastPage": last_page});
    let link = |page: usize| format!("{BASE}?{query}&page%5Bnumber%5D={page}&page%5Bsize%5D={size}");
    let mut links = json!({"first": link(1)});
    if number < last_page {
        links["next"] = json!(link(number + 1));
    }
    links["last"] = json!(link(last_page));
    json!({"meta": meta, "links": links, "data": shown})
}

pub(super) fn record(company: &Company, day: i32) -> Value {
    let who = &company.identity;
    let lei = who.lei.as_deref().unwrap_or_default();
    let place = format!("{BASE}/{lei}");
    json!({
        "type": "lei-records",
        "id": lei,
        "attributes": {
            "lei": lei,
            "entity": entity(company, day),
            "registration": registration(company, day),
            "bic": null,
            "mic": null,
            "ocid": null,
            "spglobal": [],
            "conformityFlag": "CONFORMING",
        },
        "relationships": {
            "managing-lou": {"links": {"related": format!("{place}/managing-lou")}},
            "lei-issuer": {"links": {"related": format!("{place}/lei-issuer")}},
            "field-modifications": {"links": {"related": format!("{place}/field-modifications")}},
            "direct-parent": {"links": {"reporting-exception": format!("{place}/direct-parent-reporting-exception")}},
            "ultimate-parent": {"links": {"reporting-exception": format!("{place}/ultimate-parent-reporting-exception")}},
        },
        "links": {"self": place},
    })
}

fn authority(company: &Company) -> &'static str {
    match company.identity.land.code() {
        "IT" => "RA000407",
        "GB" => "RA000585",
        _ => "RA000189",
    }
}

fn registered_as(company: &Company) -> Option<&str> {
    company.identity.registry.as_deref().or(company.identity.tax.as_deref())
}

fn entity(company: &Company, day: i32) -> Value {
    let who = &company.identity;
    let language = if who.land.code() == "GB" { "en".to_owned() } else { who.land.code().to_lowercase() };
    let address = json!({
        "language": language,
        "addressLines": [who.street],
        "addressNumber": null,
        "addressNumberWithinBuilding": null,
        "mailRouting": null,
        "city": who.town.name,
        "region": if who.land.code() == "IT" { json!(format!("IT-{}", who.town.region)) } else { Value::Null },
        "country": who.land.code(),
        "postalCode": who.postal_code,
    });
    let dissolved = company.records.dissolved_on.filter(|on| *on <= day);
    json!({
        "legalName": {"name": who.name, "language": language},
        "otherNames": [],
        "transliteratedOtherNames": [],
        "legalAddress": address.clone(),
        "headquartersAddress": address,
        "registeredAt": {"id": authority(company), "other": null},
        "registeredAs": registered_as(company),
        "jurisdiction": who.land.code(),
        "category": if who.fingerprint().is_multiple_of(ODD_CATEGORY) { "COMMERCIAL_NETWORK" } else { "GENERAL" },
        "legalForm": {"id": legal_form(who.form), "other": null},
        "associatedEntity": {"lei": null, "name": null},
        "status": if dissolved.is_some() { "INACTIVE" } else { "ACTIVE" },
        "expiration": {
            "date": dissolved.map(|on| format!("{}T00:00:00Z", iso(on))),
            "reason": dissolved.map(|_| "DISSOLVED"),
        },
        "successorEntity": {"lei": null, "name": null},
        "successorEntities": [],
        "creationDate": format!("{}T00:00:00Z", iso(7_000 + i32::try_from(who.fingerprint() % 9_000).unwrap_or(0))),
        "subCategory": null,
        "otherAddresses": [],
        "eventGroups": events(company, day),
    })
}

/// Codes of ISO 20275, as the issuers use them for these forms.
fn legal_form(form: &str) -> Option<&'static str> {
    match form {
        "S.r.l." => Some("OV32"),
        "S.p.A." => Some("P418"),
        "Limited" | "Ltd" => Some("H0PO"),
        "plc" => Some("B6ES"),
        "SAS" => Some("6CHY"),
        "SA" => Some("K65D"),
        _ => None,
    }
}

fn events(company: &Company, day: i32) -> Value {
    let Some(noted) = company.records.lei_insolvent_on.filter(|on| *on <= day) else { return json!([]) };
    let since = company.life.defaulted_on.unwrap_or(noted);
    let kind = if company.identity.land.code() == "GB" { "LIQUIDATION" } else { "INSOLVENCY" };
    json!([{
        "groupType": "STANDALONE",
        "events": [{
            "validationDocuments": "REGULATORY_FILING",
            "validationReference": null,
            "effectiveDate": format!("{}T00:00:00Z", iso(since)),
            "recordedDate": format!("{}T00:00:00Z", iso(noted)),
            "type": kind,
            "status": "IN_PROGRESS",
        }],
    }])
}

fn registration(company: &Company, day: i32) -> Value {
    let lapsed = company.records.lei_lapsed_on.filter(|on| *on <= day);
    let noted = company.records.lei_insolvent_on.filter(|on| *on <= day);
    let of_year = i32::try_from(company.identity.fingerprint() % 330).unwrap_or(0);
    let first = 15_000 + of_year;
    let last_renewed = first + (day - first).div_euclid(365) * 365;
    let renewal = lapsed.unwrap_or(last_renewed + 365);
    let updated = [Some(lapsed.unwrap_or(last_renewed)), noted].into_iter().flatten().max().unwrap_or(day);
    json!({
        "initialRegistrationDate": format!("{}T09:12:00Z", iso(first)),
        "lastUpdateDate": format!("{}T10:30:00Z", iso(updated)),
        "status": if lapsed.is_some() { "LAPSED" } else { "ISSUED" },
        "nextRenewalDate": format!("{}T09:12:00Z", iso(renewal)),
        "managingLou": "99990000000000000016",
        "corroborationLevel": "FULLY_CORROBORATED",
        "validatedAt": {"id": authority(company), "other": null},
        "validatedAs": registered_as(company),
        "otherValidationAuthorities": [],
    })
}
