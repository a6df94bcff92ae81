use std::io::{Cursor, Write};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Company, Web, gleif, iso};

/// The tables of changes, and how many days each goes back.
const DELTAS: [(&str, i32); 4] = [("IntraDay", 1), ("LastDay", 1), ("LastWeek", 7), ("LastMonth", 31)];

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/gleif-golden/api/v2/golden-copies/publishes", get(publishes))
        .route("/gleif-golden/storage/{file}", get(table))
}

/// The list of publications; addresses are on the host that was asked.
async fn publishes(State(web): State<Web>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let day = iso(web.today());
    let file = |name: &str| {
        let url = format!(
            "http://{host}/gleif-golden/storage/{}-0000-gleif-goldencopy-lei2-{name}.csv.zip",
            day.replace('-', "")
        );
        json!({"csv": {"type": "csv", "record_count": null, "size": null, "size_human_readable": null, "delta_type": null, "url": url}})
    };
    let mut deltas = json!({});
    for (name, _) in DELTAS {
        deltas[name] = file(name);
    }
    let date = format!("{day} 00:00:00");
    let part = |kind: &str| json!({"type": kind, "publish_date": date, "full_file": {}, "delta_files": {}});
    let lei2 = json!({
        "type": "lei2",
        "publish_date": date,
        "cdf_version": "3.1",
        "full_file": file("golden-copy"),
        "delta_files": deltas,
    });
    Json(json!({"data": [{"publish_date": date, "lei2": lei2, "rr": part("rr"), "repex": part("repex")}]}))
        .into_response()
}

async fn table(State(web): State<Web>, Path(file): Path<String>) -> Response {
    let kind = file.strip_suffix(".csv.zip").and_then(|name| name.rsplit("lei2-").next()).unwrap_or_default();
    let back = match DELTAS.iter().find(|(name, _)| *name == kind) {
        Some((_, days)) => Some(*days),
        None if kind == "golden-copy" => None,
        None => return (StatusCode::NOT_FOUND, "Not Found").into_response(),
    };
    let day = web.today();
    let holders = web.economy().companies.iter().filter(|company| company.identity.lei.is_some());
    let changed: Vec<&Company> =
        holders.filter(|company| back.is_none_or(|back| changed_on(company, day) > day - back)).collect();
    match archive(&file.replace(".zip", ""), csv(&changed, day).as_bytes()) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/zip")], bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The last day on which something about a record changed, until now.
fn changed_on(company: &Company, day: i32) -> i32 {
    let records = &company.records;
    let days = [records.dissolved_on, records.lei_lapsed_on, records.lei_insolvent_on];
    days.into_iter().flatten().filter(|on| *on <= day).max().unwrap_or(i32::MIN)
}

fn archive(name: &str, bytes: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default())?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?.into_inner())
}

/// Columns of the table, and where the record has them. The real one has three hundred; these are those that hold
/// something here.
const COLUMNS: [(&str, &str); 26] = [
    ("LEI", "/attributes/lei"),
    ("Entity.LegalName", "/attributes/entity/legalName/name"),
    ("Entity.LegalName.xmllang", "/attributes/entity/legalName/language"),
    ("Entity.LegalAddress.xmllang", "/attributes/entity/legalAddress/language"),
    ("Entity.LegalAddress.FirstAddressLine", "/attributes/entity/legalAddress/addressLines/0"),
    ("Entity.LegalAddress.City", "/attributes/entity/legalAddress/city"),
    ("Entity.LegalAddress.Region", "/attributes/entity/legalAddress/region"),
    ("Entity.LegalAddress.Country", "/attributes/entity/legalAddress/country"),
    ("Entity.LegalAddress.PostalCode", "/attributes/entity/legalAddress/postalCode"),
    ("Entity.RegistrationAuthority.RegistrationAuthorityID", "/attributes/entity/registeredAt/id"),
    ("Entity.RegistrationAuthority.RegistrationAuthorityEntityID", "/attributes/entity/registeredAs"),
    ("Entity.LegalJurisdiction", "/attributes/entity/jurisdiction"),
    ("Entity.EntityCategory", "/attributes/entity/category"),
    ("Entity.LegalForm.EntityLegalFormCode", "/attributes/entity/legalForm/id"),
    ("Entity.EntityStatus", "/attributes/entity/status"),
    ("Entity.EntityCreationDate", "/attributes/entity/creationDate"),
    ("Entity.EntityExpirationDate", "/attributes/entity/expiration/date"),
    ("Entity.EntityExpirationReason", "/attributes/entity/expiration/reason"),
    ("Entity.LegalEntityEvents.LegalEntityEvent.1.group_type", "/attributes/entity/eventGroups/0/groupType"),
    ("Entity.LegalEntityEvents.LegalEntityEvent.1.event_status", "/attributes/entity/eventGroups/0/events/0/status"),
    (
        "Entity.LegalEntityEvents.LegalEntityEvent.1.LegalEntityEventType",
        "/attributes/entity/eventGroups/0/events/0/type",
    ),
    (
        "Entity.LegalEntityEvents.LegalEntityEvent.1.LegalEntityEventEffectiveDate",
        "/attributes/entity/eventGroups/0/events/0/effectiveDate",
    ),
    ("Registration.LastUpdateDate", "/attributes/registration/lastUpdateDate"),
    ("Registration.RegistrationStatus", "/attributes/registration/status"),
    ("Registration.NextRenewalDate", "/attributes/registration/nextRenewalDate"),
    ("Registration.ValidationSources", "/attributes/registration/corroborationLevel"),
];

/// The records as a table.
pub(super) fn csv(companies: &[&Company], day: i32) -> String {
    let cell = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        format!("\"{}\"", text.replace('"', "\"\""))
    };
    let mut text = COLUMNS.map(|(column, _)| format!("\"{column}\"")).join(",");
    text.push('\n');
    for company in companies {
        let record = gleif::record(company, day);
        let cells: Vec<String> = COLUMNS.iter().map(|(_, at)| cell(record.pointer(at))).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
