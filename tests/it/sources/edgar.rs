//! Oracle: answers recorded from `data.sec.gov`, and the Commission's list of the items of form 8-K.

use jiff::civil::date;
use vedetta::{
    collect::{Answer, Cursor, Misread, Watched},
    domain::{ClientId, Country, Fact, Identifier, Prospect, Status, StatusChange, Subject},
};

use super::{fixture, leftover_paths, of_kind, read, read_bytes, reader, recorded, statuses};

const KIND: &str = "edgar";
const NO_SUCH_KEY: &[u8] =
    b"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";

fn text() -> String {
    String::from_utf8(fixture("edgar/submissions.json")).unwrap()
}

fn watched(number: &str) -> Watched {
    let identifiers = vec![Identifier::registry(Country::US, number).unwrap()];
    Watched { client: ClientId::new(7), who: Prospect { identifiers, ..Prospect::default() } }
}

fn answered(status: u16, body: &[u8]) -> Answer {
    let request = reader(KIND).plan(&[watched("1990002")], &Cursor::default()).remove(0);
    Answer { request, status, ..recorded(body) }
}

fn filings(page: &vedetta::collect::Page) -> Vec<(String, String, bool)> {
    let of = page.mentions.iter().filter_map(|m| match &m.fact {
        Fact::Filing(filing) => Some((filing.form.clone(), filing.category.clone(), filing.overdue)),
        _ => None,
    });
    of.collect()
}

#[test]
fn a_client_is_asked_about_by_its_central_index_key() {
    let plan = reader(KIND).plan(&[watched("CIK 1990002"), watched("DE-7654321")], &Cursor::default());
    let urls: Vec<&str> = plan.iter().map(|r| r.url.as_str()).collect();
    assert_eq!(urls, ["https://source.example/api/submissions/CIK0001990002.json"]);
    assert_eq!(plan[0].whom, [ClientId::new(7)]);
}

#[test]
fn bankruptcy_and_its_amendment_are_one_case_that_ends_when_the_plan_takes_effect() {
    let page = read(KIND, "edgar/submissions.json");
    let cases = statuses(&page);
    assert!(cases.iter().all(|c| c.status == Status::InsolventLiquidation && c.opened_on == Some(date(2026, 9, 29))));
    let closed: Vec<_> = cases.iter().map(|c| c.closed_on).collect();
    assert_eq!(closed, [None, None, Some(date(2026, 10, 29))]);
    assert_eq!(of_kind(&page, "clean").len(), 0);
}

#[test]
fn an_amended_report_alone_opens_the_case_as_well() {
    let page =
        read_bytes(KIND, text().replace("\"8-K\",\"8-K/A\",\"8-K\"", "\"4\",\"8-K/A\",\"4\"").as_bytes()).unwrap();
    let cases: Vec<&StatusChange> = statuses(&page);
    assert_eq!((cases.len(), cases[0].opened_on), (1, Some(date(2026, 9, 29))));
}

#[test]
fn columns_of_unequal_length_are_read_as_far_as_they_go_and_the_rest_is_left_over() {
    let page = read(KIND, "edgar/submissions.json");
    assert_eq!(page.leftovers, [], "columns that nobody needs may be as short as they like");
    let short = text().replace(",\"2024-03-01\",\"2004-02-01\"]", "]");
    let page = read_bytes(KIND, short.as_bytes()).unwrap();
    assert_eq!(leftover_paths(&page), ["$.filings.recent.filingDate"]);
    assert_eq!(statuses(&page).len(), 3);
}

#[test]
fn a_late_report_is_overdue_until_it_is_filed() {
    let told = filings(&read(KIND, "edgar/submissions.json"));
    let quarterly: Vec<bool> = told.iter().filter(|(form, ..)| form == "10-Q").map(|(.., overdue)| *overdue).collect();
    assert_eq!(quarterly, [true, false]);
}

#[test]
fn items_that_speak_of_credit_are_filings_and_insiders_are_not() {
    let told = filings(&read(KIND, "edgar/submissions.json"));
    assert!(told.contains(&("8-K".to_owned(), "8-K items 1.03,2.04".to_owned(), false)), "{told:?}");
    assert!(told.iter().all(|(form, ..)| form != "4"));
}

#[test]
fn a_company_that_reports_and_never_spoke_of_bankruptcy_is_clean() {
    let n_clean = |text: &str| of_kind(&read_bytes(KIND, text.as_bytes()).unwrap(), "clean").len();
    let quiet = text().replace("1.03,", "");
    assert_eq!(n_clean(&quiet), 0, "an older page that counts is still to be read");
    let whole = quiet.replace("2017-08-09", "2009-12-31");
    assert_eq!((statuses(&read_bytes(KIND, whole.as_bytes()).unwrap()).len(), n_clean(&whole)), (0, 1));
    assert_eq!(n_clean(&whole.replace("\"items\":", "\"itemsOld\":")), 0, "who does not show the items shows nothing");
    assert_eq!(n_clean(&whole.replace("\"operating\"", "\"other\"")), 0);
}

#[test]
fn a_late_report_of_a_pension_plan_is_not_the_company_s() {
    let late = |form: &str| filings(&read_bytes(KIND, text().replace("\"NT 10-Q\"", form).as_bytes()).unwrap());
    assert!(late("\"NT 10-Q\"").iter().any(|(.., overdue)| *overdue));
    assert!(late("\"NT 11-K\"").iter().all(|(.., overdue)| !overdue));
}

#[test]
fn forms_and_items_that_nobody_knows_are_left_over_once() {
    let odd = text().replace("\"10-K\"", "\"ZZ-9\"").replace("\"3,7\"", "\"\"").replace("1.03,2.04", "1.03,2.99");
    let page = read_bytes(KIND, odd.as_bytes()).unwrap();
    assert_eq!(leftover_paths(&page), ["$.filings.recent.form", "$.filings.recent.items"]);
}

#[test]
fn an_unknown_key_is_answered_in_xml_and_is_no_bad_news() {
    let page = reader(KIND).read(&answered(404, NO_SUCH_KEY)).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::Unknown);
    assert!(matches!(read_bytes(KIND, NO_SUCH_KEY), Err(Misread::Refused(_))));
}

#[test]
fn without_a_user_agent_the_answer_is_403_and_says_what_to_do() {
    let refused = reader(KIND).read(&answered(403, b"<html>Undeclared Automated Tool</html>")).unwrap_err();
    assert!(matches!(&refused, Misread::Refused(why) if why.contains("contact")), "{refused}");
}

#[test]
fn older_pages_are_asked_for_as_far_back_as_they_count() {
    let page = reader(KIND).read(&answered(200, text().as_bytes())).unwrap();
    let urls: Vec<&str> = page.next.iter().map(|r| r.url.path()).collect();
    assert_eq!(urls, ["/api/submissions/CIK0001990002-submissions-001.json"]);
    let older =
        br#"{"accessionNumber":["0001990002-17-000001"],"filingDate":["2017-03-01"],"reportDate":["2017-02-27"],
        "form":["8-K"],"items":["4.02"]}"#;
    let request = page.next[0].clone();
    let page = reader(KIND).read(&Answer { request, ..recorded(older) }).unwrap();
    assert_eq!(filings(&page), [("8-K".to_owned(), "8-K items 4.02".to_owned(), false)]);
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), "0001990002");
}

#[test]
fn names_numbers_and_former_names_come_along() {
    let page = read(KIND, "edgar/submissions.json");
    let subject: &Subject = &page.mentions[0].subject;
    let numbers: Vec<&str> = subject.identifiers.iter().map(|i| i.text()).collect();
    assert_eq!(numbers, ["0001990002", "990000002"]);
    assert_eq!(subject.other_names, ["SABLE CREEK YARNS INC"]);
    assert_eq!((subject.country, subject.city.as_deref()), (Some(Country::US), Some("DAYTON")));
}
