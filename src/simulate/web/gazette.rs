//! The Gazette: a feed of insolvency notices with every number as a text and a list of one as the thing itself, and each
//! notice as JSON-LD.

use axum::{
    Router,
    extract::{OriginalUri, Path, RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Company, Web, fingerprint, iso, json as answer, pairs, values};
use crate::{domain::day_number, simulate::records::Case};

/// Notices of a page when nobody says how many, and the most that can be asked for.
const PER_PAGE: usize = 10;
const MOST_PER_PAGE: usize = 100;
/// The text of one notice in so many does not show the company's number: only its JSON-LD does.
const WITHOUT_NUMBER: u64 = 5;
/// One question in so many is refused the first time, as all are by day.
const BY_DAY: u64 = 3;
/// The year's first issue of the London edition, made up.
const FIRST_ISSUE: i32 = 44_000;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/gazette/insolvency/notice/data.json", get(feed))
        .route("/gazette/notice/{id}/data.jsonld", get(one))
}

/// A notice about a case of a company.
struct Notice<'a> {
    company: &'a Company,
    case: &'a Case,
    code: &'static str,
    kind: &'static str,
}

impl Notice<'_> {
    fn id(&self) -> String {
        let mark = fingerprint(&format!("{} {} {}", self.number(), self.case.day, self.code)) % 10_000_000;
        format!("L-{}-{mark}", FIRST_ISSUE + self.case.told_on)
    }

    fn number(&self) -> &str {
        self.company.identity.registry.as_deref().unwrap_or_default()
    }

    fn shows_number(&self) -> bool {
        !fingerprint(&self.id()).is_multiple_of(WITHOUT_NUMBER)
    }
}

/// The notices that can be read on a day, oldest first.
fn notices(web: &Web) -> Vec<Notice<'_>> {
    let today = web.today();
    let british = web.economy().companies.iter().filter(|company| company.identity.land.code() == "GB");
    let cases = british.flat_map(|company| company.records.cases.iter().map(move |case| (company, case)));
    let told = cases.filter(|(_, case)| case.told_on <= today);
    let mut notices: Vec<Notice<'_>> = told
        .flat_map(|(company, case)| {
            codes(case.kind).iter().map(move |(code, kind)| Notice { company, case, code, kind })
        })
        .collect();
    notices.sort_by_cached_key(|notice| (notice.case.told_on, notice.id()));
    notices
}

fn codes(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "members-voluntary-liquidation" => {
            &[("2431", "Resolutions for Winding-up"), ("2432", "Appointment of Liquidators")]
        }
        "in-administration" => &[("2410", "Appointment of Administrators")],
        "compulsory-liquidation" => &[("2452", "Winding-Up Orders")],
        _ => &[("2441", "Resolutions for Winding-up"), ("2443", "Appointment of Liquidators")],
    }
}

async fn feed(State(web): State<Web>, OriginalUri(uri): OriginalUri, RawQuery(query): RawQuery) -> Response {
    let address = format!("by day {uri}");
    if fingerprint(&address).is_multiple_of(BY_DAY) && web.is_first_time(&address) {
        let headers = [(header::RETRY_AFTER, "1")];
        return (StatusCode::SERVICE_UNAVAILABLE, headers, "Service Unavailable").into_response();
    }
    let pairs = pairs(query.as_deref());
    let first = |name: &str| values(&pairs, name).first().copied();
    let number = |name: &str| first(name).and_then(|text| text.parse::<usize>().ok());
    let since = first("start-publish-date").and_then(|day| day.parse::<Date>().ok()).map_or(i32::MIN, day_number);
    let mut found = notices(&web);
    found.retain(|notice| notice.case.told_on >= since);
    if first("sort-by") == Some("latest-date") {
        found.reverse();
    }
    let size = number("results-page-size").unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE);
    let page = number("results-page").unwrap_or(1).max(1);
    let shown: Vec<Value> = found.iter().skip((page - 1).saturating_mul(size)).take(size).map(entry).collect();
    answer(StatusCode::OK, envelope(shown, page, size, found.len(), web.today()))
}

fn envelope(mut shown: Vec<Value>, page: usize, size: usize, total: usize, today: i32) -> Value {
    let start = (page - 1).saturating_mul(size) + usize::from(!shown.is_empty());
    let n_shown = shown.len();
    let mut links = vec![
        json!({"@href": "https://www.thegazette.co.uk/insolvency/notice/data.json?amp;categorycode=24", "@rel": "self", "@type": "application/json"}),
    ];
    if page.saturating_mul(size) < total {
        links.push(json!({"@href": format!("https://www.thegazette.co.uk/insolvency/notice/data.json?amp;categorycode=24&results-page={}", page + 1), "@rel": "next", "@type": "application/json"}));
    }
    let mut body = json!({
        "id": "https://www.thegazette.co.uk/insolvency/notice/data.feed?categorycode=24",
        "link": links,
        "title": "Search Result",
        "updated": format!("{}T11:48:43.044Z", iso(today)),
        "openSearch:Query": {"@role": "request"},
        "f:page-number": page.to_string(),
        "f:page-size": size.to_string(),
        "f:page-start": start.to_string(),
        "f:page-stop": (start + n_shown.max(1) - 1).to_string(),
        "f:total": total.to_string(),
        "f:facets": null,
    });
    match n_shown {
        0 => {}
        1 => body["entry"] = shown.remove(0),
        _ => body["entry"] = json!(shown),
    }
    body
}

fn entry(notice: &Notice<'_>) -> Value {
    let id = notice.id();
    let who = &notice.company.identity;
    let name = who.name.to_uppercase();
    let number = if notice.shows_number() { format!(" (Company Number {})", notice.number()) } else { String::new() };
    let content =
        format!("<div><p><em class=\"highlight\">{name}</em>{number} Registered office: {} …</p></div>", who.street);
    let term = json!({"@term": notice.kind});
    let is_list = fingerprint(&id).is_multiple_of(2);
    json!({
        "id": format!("https://www.thegazette.co.uk/id/notice/{id}"),
        "f:status": "published",
        "f:notice-code": notice.code,
        // Old notices are called by their kind, new ones by the company.
        "title": if is_list { notice.kind.to_owned() } else { name },
        "link": [
            {"@href": format!("https://www.thegazette.co.uk/id/notice/{id}"), "@rel": "self"},
            {"@href": format!("https://www.thegazette.co.uk/notice/{id}")},
        ],
        "author": {"name": "tso"},
        "updated": format!("{}T00:00:00Z", iso(notice.case.told_on)),
        "published": format!("{}T00:00:00", iso(notice.case.told_on)),
        "category": if is_list { json!([term]) } else { term },
        "content": content,
    })
}

async fn one(State(web): State<Web>, Path(id): Path<String>) -> Response {
    let found = notices(&web).into_iter().find(|notice| notice.id() == id);
    let Some(notice) = found else { return StatusCode::NOT_FOUND.into_response() };
    let address = format!("https://www.thegazette.co.uk/id/notice/{id}");
    let body = json!({
        "@context": {"gaz": "https://www.thegazette.co.uk/def/publication#"},
        "@graph": [
            {
                "@id": address,
                "@type": ["gaz:Notice", "gaz:CorporateInsolvencyNotice"],
                "gaz:hasNoticeID": id.rsplit('-').next(),
                "gaz:hasNoticeCode": {"@type": "xsd:integer", "@value": notice.code},
                "gaz:datePublished": {"@type": "xsd:date", "@value": iso(notice.case.told_on)},
                "gaz:isAbout": {"@id": "this:notifiableThing"},
                "gaz:isWithdrawn": false,
            },
            {"@id": "this:notifiableThing", "@type": "corp-insolvency:CorporateInsolvency"},
            {
                "@id": "this:company-1",
                "@type": "gazorg:LimitedCompany",
                "gazorg:name": notice.company.identity.name.to_uppercase(),
                "gazorg:companyNumber": notice.number(),
            },
            {"@id": "this:IP1", "@type": "foaf:Agent", "foaf:firstName": "Ada", "foaf:familyName": "Wrexley", "person:hasIPnum": "00000"},
        ],
    });
    ([(header::CONTENT_TYPE, "application/ld+json")], body.to_string()).into_response()
}
