//! Oracle: the documentation of the streaming interface and its recorded events.

use vedetta::{
    collect::{Answer, Cursor, Misread, Page, Request, Taking},
    domain::{Fact, Status},
};

use super::{fixture, leftover_paths, of_kind, read_bytes, reader, reader_with, recorded, statuses};

const KIND: &str = "companies-house-stream";

/// What the first stream that is listened to answers, from this cursor on.
fn heard(cursor: &str, status: u16, body: &[u8]) -> Result<Page, Misread> {
    let source = reader(KIND);
    let request = source.plan(&[], &Cursor(cursor.to_owned())).remove(0);
    source.read(&Answer { request, status, ..recorded(body) })
}

/// The streams that are listened to one after the other, when nothing is said on any.
fn chain(cursor: &str) -> Vec<Request> {
    let source = reader(KIND);
    let mut asked = source.plan(&[], &Cursor(cursor.to_owned()));
    while let Some(request) = asked.last().cloned() {
        let next = source.read(&Answer { request, ..recorded(b"\n\n") }).unwrap().next;
        if next.is_empty() {
            break;
        }
        asked.extend(next);
    }
    asked
}

#[test]
fn all_four_streams_are_listened_to_from_where_each_was_left() {
    let asked = chain("companies=7&filings=9");
    let paths: Vec<(&str, Option<&str>)> = asked.iter().map(|r| (r.url.path(), r.url.query())).collect();
    assert_eq!(
        paths,
        [
            ("/api/insolvency-cases", None),
            ("/api/companies", Some("timepoint=7")),
            ("/api/charges", None),
            ("/api/filings", Some("timepoint=9"))
        ]
    );
    assert!(asked.iter().all(|r| r.taking == Taking::Listen { seconds: 30 } && r.credential.is_some()));
}

#[test]
fn heartbeats_are_no_events_and_leave_the_cursor() {
    let page = heard("insolvency-cases=40", 200, b"\n\n\n\n").unwrap();
    assert_eq!((page.mentions.len(), page.leftovers.len()), (0, 0));
    assert_eq!(page.cursor, Some(Cursor("insolvency-cases=40".to_owned())));
}

#[test]
fn a_half_line_is_neither_read_nor_lost_and_a_duplicate_event_is_read_once() {
    let page = heard("insolvency-cases=40", 200, &fixture("companies_house/stream.ndjson")).unwrap();
    let found: Vec<Status> = statuses(&page).iter().map(|change| change.status).collect();
    assert_eq!(found, [Status::InsolventLiquidation, Status::VoluntaryLiquidation]);
    assert_eq!(page.leftovers, []);
    // The next time the stream is picked up at the last whole event, so that the half one comes again.
    assert_eq!(page.cursor, Some(Cursor("insolvency-cases=43".to_owned())));
    assert_eq!(page.next[0].url.fragment(), Some("insolvency-cases=43"));
    assert!(!format!("{page:?}").contains("Somebody Private"), "practitioners are natural persons");
}

#[test]
fn reconnecting_with_a_timepoint_that_is_too_old_says_that_there_is_a_gap_and_goes_on() {
    let page = heard("companies=7&insolvency-cases=40", 416, b"").unwrap();
    assert_eq!(leftover_paths(&page), ["insolvency-cases.timepoint"]);
    assert!(page.leftovers[0].value.contains("not read"));
    assert_eq!(page.cursor, Some(Cursor("companies=7".to_owned())));
    assert_eq!((page.next[0].url.path(), page.next[0].url.query()), ("/api/insolvency-cases", None));
}

#[test]
fn a_stream_that_refuses_to_begin_is_refused_and_not_asked_for_ever() {
    assert!(matches!(heard("", 416, b""), Err(Misread::Refused(_))));
    assert!(matches!(heard("", 401, b"{}"), Err(Misread::Refused(_))));
    assert!(matches!(heard("", 429, b""), Err(Misread::NotNow(_))));
}

#[test]
fn a_broken_line_among_whole_ones_is_left_over_and_spoils_no_other() {
    let text = String::from_utf8(fixture("companies_house/stream.ndjson")).unwrap();
    let page = heard("", 200, text.replacen("\n\n\n", "\n{\"resource_kind\": oops\n\n", 1).as_bytes()).unwrap();
    assert_eq!((statuses(&page).len(), leftover_paths(&page)), (2, vec!["line 3"]));
}

#[test]
fn a_page_in_place_of_events_is_unreadable() {
    assert!(matches!(heard("", 200, b"<html>down for maintenance</html>"), Err(Misread::Unreadable(_))));
}

#[test]
fn a_deleted_insolvency_revokes_what_was_said() {
    let event =
        br#"{"resource_kind":"company-insolvency","resource_uri":"/company/07654321/insolvency","resource_id":"x",
        "event":{"timepoint":5,"published_at":"2026-11-10T08:00:00","type":"deleted"}}"#;
    let page = read_bytes(KIND, event).unwrap();
    assert_eq!(statuses(&page)[0].revoked_on.map(|day| day.to_string()).as_deref(), Some("2026-11-10"));
    assert_eq!(of_kind(&page, "clean").len(), 1);
    assert_eq!(page.leftovers, []);
}

#[test]
fn a_deleted_charge_is_cancelled() {
    let text = String::from_utf8(fixture("companies_house/stream_charge.json")).unwrap();
    let page = read_bytes(KIND, text.replace("\"changed\"", "\"deleted\"").as_bytes()).unwrap();
    let Fact::PrejudicialAct(act) = &page.mentions[0].fact else { panic!("not a charge: {page:?}") };
    assert!(act.cancelled);
}

#[test]
fn a_first_gazette_notice_warns_and_filing_what_was_late_takes_it_back() {
    let event = |form: &str, description: &str| {
        format!(
            r#"{{"resource_kind":"filing-history","resource_uri":"/company/07654321/filing-history/T1","resource_id":"T1",
            "data":{{"transaction_id":"T1","category":"gazette","type":"{form}","description":"{description}","date":"2026-11-03",
            "description_values":{{"officer_name":"Somebody Private"}},"links":{{"self":"/x"}}}},
            "event":{{"timepoint":5,"published_at":"2026-11-03T08:00:00","type":"changed"}}}}"#
        )
    };
    for (form, description, status) in [
        ("GAZ1", "gazette-notice-compulsory", Status::ActiveWarning),
        ("GAZ1", "gazette-notice-compulsary", Status::ActiveWarning),
        ("GAZ1(A)", "gazette-notice-voluntary", Status::ActiveWarning),
        ("DISS40", "gazette-filings-brought-up-to-date", Status::Active),
        ("GAZ2", "gazette-dissolved-compulsory", Status::Ceased),
    ] {
        let page = read_bytes(KIND, event(form, description).as_bytes()).unwrap();
        assert_eq!(statuses(&page)[0].status, status, "{description}");
        assert_eq!(of_kind(&page, "filing").len(), 1);
        assert_eq!(page.leftovers, []);
    }
}

#[test]
fn a_profile_heard_in_liquidation_leaves_the_word_to_the_cases() {
    let profile = String::from_utf8(fixture("companies_house/profile_overdue.json")).unwrap();
    let profile =
        profile.replace("\"active\"", "\"liquidation\"").replace("\"links\":{", "\"links\":{\"insolvency\":\"/x\",");
    let data = profile.replace('\n', " ");
    let event = format!(
        r#"{{"resource_kind":"company-profile","resource_uri":"/company/07654321","resource_id":"x","data":{data},"event":{{"timepoint":5,"published_at":"2026-11-03T08:00:00","type":"changed"}}}}"#
    );
    assert_eq!(statuses(&heard("", 200, format!("{event}\n").as_bytes()).unwrap()).len(), 0);
}

#[test]
fn how_long_to_listen_is_an_option_with_a_limit() {
    let seconds = |n: i64| toml::Table::from_iter([("listen_seconds".to_owned(), toml::Value::Integer(n))]);
    let asked = reader_with(KIND, seconds(5)).plan(&[], &Cursor::default());
    assert_eq!(asked[0].taking, Taking::Listen { seconds: 5 });
    let options = |n| vedetta::collect::SourceOptions {
        base_url: "https://source.example/".parse().unwrap(),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: None,
        options: seconds(n),
    };
    let refused = vedetta::collect::sources::build("x".parse().unwrap(), KIND, &options(0)).err();
    assert!(refused.unwrap().contains("listen_seconds"));
}
