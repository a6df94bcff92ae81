//! Oracle: the field list of GLEIF's own interface (`/fields`).

use url::Url;
use vedetta::{
    collect::{Answer, Cursor, Misread, Request, Taking, Watched},
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
    assert_eq!(request.whom, [ClientId::new(1)]);
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
    let body = br#"{"data":[{"type":"lei-issuers","id":"1","attributes":{}}]}"#;
    let error = read_bytes(KIND, body).unwrap_err();
    assert!(matches!(&error, Misread::Quarantined(why) if why.contains("lei-issuers")), "{error}");
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

#[test]
fn a_page_size_over_200_is_refused_and_too_many_questions_are_not_now() {
    let refused = br#"{"errors":[{"status":"400","title":"Bad Request","detail":"page[size] too large"}]}"#;
    let at = |status| reader(KIND).read(&Answer { status, ..recorded(refused) }).unwrap_err();
    assert!(matches!(at(400), Misread::Refused(_)) && matches!(at(429), Misread::NotNow(_)));
    let plan = reader(KIND).plan(&watched(&["5493001KJTIIGC8Y1R12"; 450]), &Cursor::default());
    assert_eq!(plan.len(), 1, "a record is asked for once, however many clients bear its number");
    assert!(plan[0].url.query().unwrap().ends_with("page%5Bsize%5D=200") && plan[0].whom.len() == 450);
}

fn watched(leis: &[&str]) -> Vec<Watched> {
    let one = |(n, lei): (usize, &&str)| Watched {
        client: ClientId::new(n as i64 + 1),
        who: Prospect { identifiers: vec![Identifier::lei(lei).unwrap()], ..Prospect::default() },
    };
    leis.iter().enumerate().map(one).collect()
}

#[test]
fn a_record_that_names_no_register_is_known_by_its_lei_alone() {
    let mut body: serde_json::Value = serde_json::from_slice(&fixture("gleif/lapsed.json")).unwrap();
    body["data"]["attributes"]["entity"]["registeredAs"] = serde_json::Value::Null;
    let page = read_bytes(KIND, body.to_string().as_bytes()).unwrap();
    let kinds: Vec<_> = page.mentions[0].subject.identifiers.iter().map(|i| i.kind()).collect();
    assert_eq!((kinds, statuses(&page)[0].status), (vec![IdentifierKind::Lei], Status::Active));
}

#[test]
fn the_history_of_a_record_tells_of_its_end_and_its_former_name_and_not_of_an_unpaid_fee() {
    let page = read(KIND, "gleif/changes.json");
    let told: Vec<_> = page.mentions.iter().map(|m| (m.fact.kind(), m.valid_at.to_string())).collect();
    assert_eq!(
        told,
        [("identity", "2026-03-02".to_owned()), ("company_status", "2026-06-01".to_owned())],
        "the lapse says nothing"
    );
    assert_eq!(statuses(&page)[0].status, Status::Ceased);
    let Fact::Identity(name) = &page.mentions[0].fact else { panic!("a name") };
    assert_eq!((name.what.as_str(), name.text.as_str()), ("previous_name", "Brandolese Meccanica S.r.l."));
    assert_eq!(page.leftovers, []);
}

const GOLDEN: &str = "gleif-golden-copy";

#[test]
fn a_row_of_the_golden_copy_says_what_the_interface_says() {
    let page = read(GOLDEN, "gleif/golden.csv");
    let said: Vec<_> = statuses(&page).iter().map(|c| c.status).collect();
    assert_eq!(said, [Status::Active, Status::InsolventLiquidation, Status::Ceased], "lapsed and active is active");
    let first = &page.mentions[0].subject;
    assert_eq!(first.other_names, ["Brandolese Meccanica", "OFFICINE BRANDOLESE SPA"]);
    assert_eq!((first.identifiers.len(), first.city.as_deref()), (2, Some("Modena")));
    assert_eq!(
        page.mentions.iter().find(|m| m.subject.identifiers.len() == 1).map(|m| m.subject.name.as_str()),
        Some("Tessitura \"Valdossa\" S.r.l.")
    );
    let texts: Vec<_> = page
        .mentions
        .iter()
        .filter_map(|m| if let Fact::Identity(i) = &m.fact { Some((i.what.as_str(), i.text.as_str())) } else { None })
        .collect();
    assert!(texts.contains(&("successor", "Officine Brandolese S.p.A. (5493001KJTIIGC8Y1R12)")), "{texts:?}");
    assert_eq!(leftover_paths(&page), ["line 2.Entity.NewColumn"]);
}

#[test]
fn an_archive_is_read_like_the_lines_in_it_and_a_damaged_one_is_not_read() {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("a.csv", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(&fixture("gleif/golden.csv")).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(read_bytes(GOLDEN, &bytes).unwrap().mentions, read(GOLDEN, "gleif/golden.csv").mentions);
    assert!(matches!(read_bytes(GOLDEN, &bytes[..80]), Err(Misread::Unreadable(_))));
    assert!(matches!(read_bytes(GOLDEN, b"LEI,Other\nx,y\n"), Err(Misread::Quarantined(_))));
}

#[test]
fn of_the_golden_copy_only_what_is_new_since_the_last_time_is_asked_for() {
    let asks = |since: Option<&str>| {
        let cursor = since.map_or_else(Cursor::default, |at| Cursor(format!("\"{at}\"")));
        let request = reader(GOLDEN).plan(&[], &cursor).remove(0);
        let page = reader(GOLDEN).read(&Answer { request, ..recorded(&fixture("gleif/publishes.json")) }).unwrap();
        assert_eq!(page.cursor, Some(Cursor("\"2026-11-21T00:00:00Z\"".to_owned())));
        assert_eq!(page.leftovers, []);
        page.next.first().map(|next| {
            assert_eq!(next.taking, Taking::Lines);
            next.url.path().to_owned()
        })
    };
    assert_eq!(asks(Some("2026-11-20T16:00:00Z")).as_deref(), Some("/day.csv.zip"));
    assert_eq!(asks(Some("2026-11-17T00:00:00Z")).as_deref(), Some("/week.csv.zip"));
    assert_eq!(asks(None).as_deref(), Some("/month.csv.zip"), "the whole only where the options allow it");
    assert_eq!(asks(Some("2026-11-21T00:00:00Z")), None);
}
