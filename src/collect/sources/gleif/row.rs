//! A row of the golden copy as a record of the interface. Columns that come in several copies are numbered from 1.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::entity;
use crate::{
    collect::{
        Misread,
        sources::record::{Leftovers, Record},
    },
    domain::Mention,
};

/// Names and events of one record that have columns; the table has five of each.
const COPIES: usize = 5;

/// Columns we know and do not need, by how they begin.
const IGNORED: [&str; 7] = [
    "Entity.AssociatedEntity.",
    "Entity.TransliteratedOtherAddresses.",
    "Entity.LegalForm.",
    "Entity.RegistrationAuthority.OtherRegistrationAuthorityID",
    "Registration.ValidationAuthority.",
    "Registration.OtherValidationAuthorities.",
    "ConformityFlag",
];

/// What a row says.
pub(super) fn mentions(mut row: Record, seen: Date, leftovers: &Leftovers) -> Result<Vec<Mention>, Misread> {
    let lei = row.text("LEI").unwrap_or_default();
    row.ignore_where(|name| name.ends_with(".xmllang") || IGNORED.iter().any(|known| name.starts_with(known)));
    let registration = registration(&mut row);
    let record = json!({
        "type": "lei-records",
        "id": lei,
        "attributes": {"lei": lei, "entity": entity(&mut row), "registration": registration},
    });
    drop(row);
    match Record::at(&format!("LEI {lei}"), record, leftovers) {
        Some(record) => entity::mentions(record, seen, None),
        None => Ok(Vec::new()),
    }
}

fn entity(row: &mut Record) -> Value {
    let other_names = numbered(row, "Entity.OtherEntityNames.OtherEntityName");
    let transliterated = numbered(row, "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName");
    let mut other_addresses = Vec::new();
    for copy in 1..=COPIES {
        other_addresses.extend(address(row, &format!("Entity.OtherAddresses.OtherAddress.{copy}")));
    }
    let mut successors = Vec::new();
    for copy in 1..=COPIES {
        let of = format!("Entity.SuccessorEntity.{copy}");
        let (lei, name) = (row.text(&format!("{of}.SuccessorLEI")), row.text(&format!("{of}.SuccessorEntityName")));
        successors.extend((lei.is_some() || name.is_some()).then(|| json!({"lei": lei, "name": name})));
    }
    let events: Vec<Value> = (1..=COPIES).filter_map(|copy| event(row, copy)).collect();
    let mut text = |column: &str| row.text(&format!("Entity.{column}"));
    let mut entity = json!({
        "legalName": {"name": text("LegalName")},
        "otherNames": other_names,
        "transliteratedOtherNames": transliterated,
        "registeredAt": {"id": text("RegistrationAuthority.RegistrationAuthorityID")},
        "registeredAs": text("RegistrationAuthority.RegistrationAuthorityEntityID"),
        "jurisdiction": text("LegalJurisdiction"),
        "category": text("EntityCategory"),
        "subCategory": text("EntitySubCategory"),
        "status": text("EntityStatus"),
        "creationDate": text("EntityCreationDate"),
        "expiration": {"date": text("EntityExpirationDate"), "reason": text("EntityExpirationReason")},
        "successorEntities": successors,
        "otherAddresses": other_addresses,
        "eventGroups": events,
    });
    entity["legalAddress"] = address(row, "Entity.LegalAddress").unwrap_or_default();
    entity["headquartersAddress"] = address(row, "Entity.HeadquartersAddress").unwrap_or_default();
    entity
}

fn registration(row: &mut Record) -> Value {
    let mut text = |column: &str| row.text(&format!("Registration.{column}"));
    json!({
        "initialRegistrationDate": text("InitialRegistrationDate"),
        "lastUpdateDate": text("LastUpdateDate"),
        "status": text("RegistrationStatus"),
        "nextRenewalDate": text("NextRenewalDate"),
        "managingLou": text("ManagingLOU"),
        "corroborationLevel": text("ValidationSources"),
    })
}

/// `NAME.1` and `NAME.1.type`, to the last copy.
fn numbered(row: &mut Record, column: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for copy in 1..=COPIES {
        let kind = row.text(&format!("{column}.{copy}.type"));
        found.extend(row.text(&format!("{column}.{copy}")).map(|name| json!({"name": name, "type": kind})));
    }
    found
}

fn address(row: &mut Record, of: &str) -> Option<Value> {
    row.ignore(&["AddressNumber", "AddressNumberWithinBuilding", "MailRouting", "type"].map(|c| format!("{of}.{c}")));
    let lines =
        ["FirstAddressLine".to_owned()].into_iter().chain((1..=3).map(|n| format!("AdditionalAddressLine.{n}")));
    let lines: Vec<String> = lines.filter_map(|line| row.text(&format!("{of}.{line}"))).collect();
    let mut address = Map::new();
    for (member, column) in
        [("city", "City"), ("region", "Region"), ("country", "Country"), ("postalCode", "PostalCode")]
    {
        address.extend(row.text(&format!("{of}.{column}")).map(|text| (member.to_owned(), json!(text))));
    }
    let is_there = !lines.is_empty() || !address.is_empty();
    address.insert("addressLines".to_owned(), json!(lines));
    is_there.then_some(Value::Object(address))
}

fn event(row: &mut Record, copy: usize) -> Option<Value> {
    let of = format!("Entity.LegalEntityEvents.LegalEntityEvent.{copy}");
    let known = [".group_id", ".group_sequence_no", ".AffectedFields.", ".ValidationReference"];
    row.ignore_where(|name| name.strip_prefix(&of).is_some_and(|rest| known.iter().any(|k| rest.starts_with(k))));
    let mut text = |column: &str| row.text(&format!("{of}.{column}"));
    let kind = text("LegalEntityEventType");
    let event = json!({
        "type": kind,
        "status": text("event_status"),
        "effectiveDate": text("LegalEntityEventEffectiveDate"),
        "recordedDate": text("LegalEntityEventRecordedDate"),
        "validationDocuments": text("ValidationDocuments"),
    });
    let group = text("group_type");
    kind.is_some().then(|| json!({"groupType": group, "events": [event]}))
}
