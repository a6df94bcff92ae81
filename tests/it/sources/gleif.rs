//! Oracle: the field list of GLEIF's own interface (`/fields`).

use url::Url;
use vedetta::{
    collect::{Answer, Cursor, Misread, Request, Watched},
    domain::{ClientId, Fact, Identifier, IdentifierKind, Prospect, Status},
};

use super::{fixture, leftover_paths, of_kind, read, read_bytes, reader, recorded, statuses};

const KIND: &str = "gleif";

#[test]
fn a_lapsed_registration_of_an_active_entity_is_active() {
    let page = read(KIND, "gleif/lapsed.json");
    let status = &page.mentions[0];
    assert_eq!(statuses(&page)[0].status, Status::Active);
    assert_eq!(status.valid_at.to_string(), "2026-05-11");
    assert_eq!(status.subject.identifiers[0].kind(), IdentifierKind::Lei);
    assert_eq!(of_kind(&page, "identity").len(), 3);
    assert_eq!(page.leftovers, []);
}

#[test]
fn an_insolvency_in_progress_is_the_state_of_an_active_entity() {
    let page = read(KIND, "gleif/insolvent.json");
    let change = statuses(&page)[0];
    assert_eq!(change.status, Status::InsolventLiquidation);
    assert_eq!(change.procedure.as_ref().unwrap().code, "INSOLVENCY");
    assert_eq!(page.mentions[0].valid_at.to_string(), "2026-08-01");
}

#[test]
fn a_withdrawn_event_leaves_the_entity_active_and_is_told_as_revoked() {
    let body =
        String::from_utf8(fixture("gleif/insolvent.json")).unwrap().replace("IN_PROGRESS", "WITHDRAWN_CANCELLED");
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    let changes = statuses(&page);
    assert_eq!((changes[0].status, changes[1].status), (Status::Active, Status::InsolventLiquidation));
    assert!(changes[1].revoked_on.is_some());
}

#[test]
fn an_unknown_entity_status_is_unknown() {
    let body = String::from_utf8(fixture("gleif/lapsed.json")).unwrap().replace("\"ACTIVE\"", "\"ASLEEP\"");
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::Unknown);
    assert_eq!(leftover_paths(&page), ["$.data.attributes.entity.status"]);
}

#[test]
fn an_identifier_that_is_not_answered_is_told() {
    let lei = Identifier::lei("5493001KJTIIGC8Y1R12").unwrap();
    let who = Prospect { identifiers: vec![lei], ..Prospect::default() };
    let watched = [Watched { client: ClientId::new(1), who }];
    let request = reader(KIND).plan(&watched, &Cursor::default()).remove(0);
    let answer = Answer { request, ..recorded(br#"{"meta":{},"data":[]}"#) };
    let page = reader(KIND).read(&answer).unwrap();
    assert_eq!(page.mentions, []);
    assert!(page.leftovers[0].value.contains("5493001KJTIIGC8Y1R12"));
}

#[test]
fn the_next_page_is_followed_on_the_same_host_only() {
    let base = Url::parse("https://source.example/api/lei-records?filter[lei]=X").unwrap();
    let at = |next: &str| {
        let body = format!(r#"{{"data":[],"links":{{"next":"{next}"}}}}"#);
        let answer = Answer { request: Request::get(base.clone(), "records"), ..recorded(body.as_bytes()) };
        reader(KIND).read(&answer).unwrap().next.len()
    };
    assert_eq!((at("https://source.example/api/x"), at("https://elsewhere.example/x")), (1, 0));
}

#[test]
fn other_resources_are_quarantined_by_name() {
    let body = br#"{"data":[{"type":"field-modifications","id":"1","attributes":{}}]}"#;
    let error = read_bytes(KIND, body).unwrap_err();
    assert!(matches!(&error, Misread::Quarantined(why) if why.contains("field-modifications")), "{error}");
}

#[test]
fn a_status_is_told_of_as_official() {
    let page = read(KIND, "gleif/lapsed.json");
    assert!(page.mentions.iter().all(|m| m.is_official && !matches!(m.fact, Fact::News(_))));
}

#[test]
fn one_record_that_cannot_be_read_does_not_hide_those_beside_it() {
    let one: serde_json::Value = serde_json::from_slice(&fixture("gleif/lapsed.json")).unwrap();
    let good = match &one["data"] {
        serde_json::Value::Array(records) => records[0].clone(),
        record => record.clone(),
    };
    let mut bad = good.clone();
    bad["id"] = "529900T8BM49AURSDO56".into();
    bad["attributes"]["lei"] = bad["id"].clone();
    let list = serde_json::json!({"data": [bad, good, "text"]}).to_string();
    let page = read_bytes(KIND, list.as_bytes()).unwrap();
    assert_eq!(statuses(&page).len(), 1);
    assert_eq!(leftover_paths(&page), ["$.data[2]", "$.data[0]"]);
    let only_bad = serde_json::json!({"data": [bad, bad]}).to_string();
    assert!(matches!(read_bytes(KIND, only_bad.as_bytes()), Err(Misread::Quarantined(_))));
}
