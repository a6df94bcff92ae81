//! Oracle: the official developer documentation of The Gazette and its taxonomy of notices.

use jiff::civil::date;
use vedetta::{
    collect::{Answer, Cursor, Misread, Page, Request},
    domain::{Fact, Status, StatusChange},
};

use super::{fixture, leftover_paths, read, read_bytes, reader, recorded, statuses};

const KIND: &str = "gazette";

/// A feed of one notice, as it comes: the entry itself, not a list of one.
fn one(code: &str, content: &str) -> Page {
    let feed = serde_json::json!({
        "f:page-number": "1", "f:page-size": "1", "f:page-start": "1", "f:page-stop": "1", "f:total": "1", "link": [],
        "entry": {
            "id": "https://www.thegazette.co.uk/id/notice/L-66001-1", "f:status": "published", "f:notice-code": code,
            "title": "HARBROOK JOINERY LIMITED", "link": {"@href": "x"}, "author": {"name": "tso"},
            "updated": "2026-11-12T00:00:00Z", "published": "2026-11-10T00:00:00", "category": {"@term": "A kind"},
            "content": format!("<div><p>(Company Number 07654321) {content}</p></div>"),
        },
    });
    read_bytes(KIND, feed.to_string().as_bytes()).unwrap()
}

fn change(code: &str) -> StatusChange {
    let page = one(code, "");
    assert_eq!(page.leftovers, [], "{code}");
    statuses(&page)[0].clone()
}

fn asked(cursor: &str, body: &[u8]) -> (Request, Page) {
    let source = reader(KIND);
    let request = source.plan(&[], &Cursor(cursor.to_owned())).remove(0);
    let page = source.read(&Answer { request: request.clone(), ..recorded(body) }).unwrap();
    (request, page)
}

#[test]
fn a_single_entry_is_read_like_a_list_of_one_and_numbers_are_texts() {
    let page = one("2452", "");
    assert_eq!(statuses(&page)[0].status, Status::InsolventLiquidation);
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), "07654321");
    assert_eq!(page.mentions[0].published_at, Some(date(2026, 11, 10)), "published has no zone");
    assert_eq!(page.leftovers, []);
}

#[test]
fn a_category_may_be_a_list_or_an_object_and_a_title_that_is_one_is_no_name() {
    let page = read(KIND, "gazette/two.json");
    assert_eq!(page.leftovers, []);
    let names: Vec<&str> = page.mentions.iter().map(|m| m.subject.name.as_str()).collect();
    assert_eq!(names, ["HARBROOK JOINERY LIMITED", "OLD PELLING HOLDINGS LTD"]);
}

#[test]
fn brackets_within_a_name_belong_to_it() {
    let text = String::from_utf8(fixture("gazette/two.json")).unwrap();
    let page =
        read_bytes(KIND, text.replace("PELLING HOLDINGS LTD …", "PELLING (UK) LTD (Company No: 01234568)").as_bytes());
    let page = page.unwrap();
    assert_eq!(page.mentions[1].subject.name, "OLD PELLING (UK) LTD");
    assert_eq!(page.mentions[1].subject.identifiers[0].text(), "01234568");
}

#[test]
fn a_petition_warns_names_its_company_and_never_the_petitioner() {
    let page = read(KIND, "gazette/two.json");
    let petition = statuses(&page)[0];
    assert_eq!((petition.status, petition.opened_on), (Status::ActiveWarning, None), "a petition opens nothing");
    assert_eq!(page.mentions[0].valid_at, date(2026, 10, 14));
    let numbers: Vec<&str> = page.mentions[0].subject.identifiers.iter().map(|i| i.text()).collect();
    assert_eq!(numbers, ["07654321"]);
}

#[test]
fn a_dismissed_petition_is_revoked_by_a_later_word() {
    let petition = one("2450", "presented on 14th October 2026 by a creditor");
    let dismissal = one("2461", "the petition presented on 14 October 2026 was dismissed on 3 November 2026");
    assert!(petition.mentions[0].valid_at < dismissal.mentions[0].valid_at);
    let (petition, dismissal) = (statuses(&petition)[0], statuses(&dismissal)[0]);
    assert_eq!(
        (petition.status, petition.procedure.as_ref().map(|p| p.code.as_str())),
        (Status::ActiveWarning, Some("2450"))
    );
    assert_eq!(dismissal.revoked_on, Some(date(2026, 11, 3)));
    assert!(petition.is_open_on(date(2026, 11, 20)) && !dismissal.is_open_on(date(2026, 11, 20)));
}

#[test]
fn a_members_winding_up_is_solvent_from_its_resolution_to_its_final_meeting() {
    for code in ["2431", "2432", "2433", "2434", "2435"] {
        assert_eq!(change(code).status, Status::VoluntaryLiquidation, "{code}");
    }
    for code in ["2441", "2442", "2443", "2444", "2445", "2446", "2447", "2452", "2454", "2460", "2421", "2423"] {
        assert_eq!(change(code).status, Status::InsolventLiquidation, "{code}");
    }
    for code in ["2410", "2411", "2412"] {
        assert_eq!(change(code).status, Status::Restructuring, "{code}");
    }
}

#[test]
fn the_end_of_a_moratorium_closes_it() {
    assert_eq!((change("2401").status, change("2401").closed_on), (Status::Restructuring, None));
    assert_eq!(change("2402").closed_on, Some(date(2026, 11, 10)));
}

#[test]
fn a_notice_in_the_course_of_a_procedure_opens_no_second_one() {
    assert!(change("2441").opened_on.is_some());
    assert!(change("2443").opened_on.is_none());
}

#[test]
fn a_bankrupt_person_is_never_the_company_whose_number_stands_in_the_text() {
    for code in ["2503", "2509", "2518"] {
        let page = one(code, "SOMEBODY PRIVATE, director of the above");
        assert_eq!(statuses(&page).len(), 0, "{code}");
        let subject = &page.mentions[0].subject;
        assert!(subject.is_person && subject.identifiers.is_empty() && subject.name.is_empty(), "{subject:?}");
    }
}

#[test]
fn a_code_of_insolvency_that_nobody_knows_is_left_over_and_other_notices_are_not_for_us() {
    let page = one("2499", "");
    assert_eq!((page.mentions.len(), leftover_paths(&page)), (0, vec!["$.entry.f:notice-code"]));
    let page = one("2903", "");
    assert_eq!((page.mentions.len(), page.leftovers.len()), (0, 0));
}

#[test]
fn a_withdrawn_notice_takes_back_what_it_said() {
    let text = String::from_utf8(fixture("gazette/two.json")).unwrap().replacen("\"published\"", "\"withdrawn\"", 1);
    let page = read_bytes(KIND, text.as_bytes()).unwrap();
    assert_eq!(statuses(&page)[0].revoked_on, Some(date(2026, 11, 10)));
    assert_eq!(page.mentions[0].own_id, read(KIND, "gazette/two.json").mentions[0].own_id);
}

#[test]
fn atom_says_the_same_as_json_and_its_content_keeps_its_order() {
    let page = read(KIND, "gazette/feed.atom.xml");
    assert_eq!(page.mentions[0].subject.name, "TARNSIDE MILLS LTD");
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), "SC123456");
    assert_eq!(statuses(&page)[0].status, Status::InsolventLiquidation);
    assert_eq!(page.leftovers, []);
}

#[test]
fn linked_data_gives_the_number_of_the_company_and_forgets_persons() {
    let page = read(KIND, "gazette/notice.jsonld.json");
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), "07654321");
    assert_eq!(page.mentions[0].own_id, "notice/L-66003-4100020");
    assert_eq!(statuses(&page)[0].status, Status::InsolventLiquidation);
    assert_eq!(page.leftovers, []);
    assert!(!format!("{page:?}").contains("Private"));
}

#[test]
fn a_notice_whose_text_hides_the_number_is_looked_up_by_its_id() {
    let (_, page) = asked("2026-11-09", &fixture("gazette/two.json"));
    assert_eq!(page.mentions.len(), 1);
    assert_eq!(page.next[0].url.path(), "/api/notice/L-66001-4100002/data.jsonld");
}

#[test]
fn pages_follow_each_other_and_the_cursor_is_the_day_of_the_newest_notice() {
    let (request, page) = asked("2026-11-09", &fixture("gazette/two.json"));
    assert!(request.url.query().unwrap().contains("start-publish-date=2026-11-09"));
    assert_eq!(page.cursor, Some(Cursor("2026-11-11".to_owned())));
    let following = page.next.last().unwrap().url.query().unwrap().to_owned();
    assert!(following.contains("results-page=2") && following.contains("start-publish-date=2026-11-09"), "{following}");
    let last =
        String::from_utf8(fixture("gazette/two.json")).unwrap().replace("\"f:total\":\"5\"", "\"f:total\":\"2\"");
    let (_, page) = asked("2026-11-09", last.as_bytes());
    assert!(page.next.iter().all(|r| !r.url.query().unwrap_or_default().contains("results-page=2")));
}

#[test]
fn the_first_run_learns_the_day_and_reads_two_weeks() {
    let (_, page) = asked("", &fixture("gazette/two.json"));
    assert!(page.next.last().unwrap().url.query().unwrap().contains("start-publish-date=2026-11-07"));
    assert_eq!(page.cursor, None);
}

#[test]
fn a_server_that_answers_503_by_day_is_asked_later() {
    let answer = Answer { status: 503, ..recorded(b"Service Unavailable") };
    assert!(matches!(reader(KIND).read(&answer), Err(Misread::NotNow(_))));
}

#[test]
fn a_dividend_is_a_filing_and_says_nothing_of_the_state() {
    let page = one("2406", "");
    assert!(matches!(&page.mentions[0].fact, Fact::Filing(filing) if filing.form == "2406"));
}

#[test]
fn the_petitioner_s_number_is_never_taken_for_the_company_s() {
    let numbers = |about: &str| -> Vec<String> {
        let feed = serde_json::json!({
            "f:page-number": "1", "f:page-size": "1", "f:page-start": "1", "f:page-stop": "1", "f:total": "1", "link": [],
            "entry": {
                "id": "https://www.thegazette.co.uk/id/notice/L-66001-1", "f:notice-code": "2450",
                "title": "HARBROOK JOINERY LIMITED", "link": {"@href": "x"}, "author": {"name": "tso"},
                "updated": "2026-11-12T00:00:00Z", "published": "2026-11-10T00:00:00", "category": {"@term": "A kind"},
                "content": format!("<p>A Petition to wind up the above-named Company {about} presented on 4 May 2026 by \
                                    BUILDBASE LTD (Company Number 01234567)</p>"),
            },
        });
        let page = read_bytes(KIND, feed.to_string().as_bytes()).unwrap();
        assert_eq!(page.mentions.len(), 1, "a notice without a status stands as it is printed");
        page.mentions[0].subject.identifiers.iter().map(|i| i.text().to_owned()).collect()
    };
    assert!(numbers("").is_empty());
    assert_eq!(numbers("(CRO No. 07654321)"), ["07654321"]);
    assert!(numbers("(Company Number unknown) of the registered number 01234568").is_empty());
}
