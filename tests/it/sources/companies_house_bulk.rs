//! Oracle: the header and a row of the real file, verified by third parties against newer ones.

use jiff::civil::date;
use vedetta::{
    collect::{Answer, Cursor, Misread, Page, Part, Request, Taking},
    domain::{Fact, Status},
};

use super::{fixture, leftover_paths, of_kind, read, read_bytes, reader, reader_with, recorded, statuses};

const KIND: &str = "companies-house-bulk";
const INDEX: &[u8] = b"<html><body><a href=\"BasicCompanyDataAsOneFile-2026-10-01.zip\">old</a>
    <a href=\"BasicCompanyDataAsOneFile-2026-11-01.zip\">BasicCompanyDataAsOneFile-2026-11-01.zip (470Mb)</a></body></html>";

fn index(cursor: &str) -> Page {
    let source = reader(KIND);
    let request = source.plan(&[], &Cursor(cursor.to_owned())).remove(0);
    source.read(&Answer { request, ..recorded(INDEX) }).unwrap()
}

fn piece(request: &Request, part: Part) -> Page {
    let request = request.clone();
    reader(KIND).read(&Answer { request, part, ..recorded(&fixture("companies_house/bulk_rows.csv")) }).unwrap()
}

#[test]
fn the_newest_file_of_the_page_is_asked_for_once() {
    let first = index("");
    assert_eq!(first.next[0].url.path(), "/api/BasicCompanyDataAsOneFile-2026-11-01.zip");
    assert_eq!(first.next[0].taking, Taking::Lines);
    assert_eq!(index("2026-10-01").next.len(), 1);
    assert_eq!(index("2026-11-01").next, []);
}

#[test]
fn a_page_without_a_file_is_quarantined() {
    assert!(matches!(read_bytes(KIND, b"<html>moved</html>"), Err(Misread::Quarantined(_))));
}

#[test]
fn only_the_last_piece_says_that_the_file_was_read() {
    let request = index("").next.remove(0);
    assert_eq!(piece(&request, Part { number: 0, is_last: false }).cursor, None);
    assert_eq!(piece(&request, Part { number: 1, is_last: true }).cursor, Some(Cursor("2026-11-01".to_owned())));
}

#[test]
fn names_of_columns_with_leading_blanks_and_british_days_are_read() {
    let request = index("").next.remove(0);
    let page = piece(&request, Part::WHOLE);
    let joinery: Vec<_> = page.mentions.iter().filter(|m| m.own_id.ends_with("/07654321")).collect();
    assert_eq!(joinery[0].subject.identifiers[0].text(), "07654321");
    assert_eq!(joinery[0].subject.city.as_deref(), Some("DERBY"));
    assert_eq!(joinery[0].subject.other_names, ["HARBROOK DOORS LIMITED"]);
    assert_eq!(joinery[0].subject.sector.map(|s| s.to_string()).as_deref(), Some("43.32.0"));
    assert_eq!(joinery[0].valid_at, date(2026, 11, 1), "the file is of the day in its name");
    let former = joinery.iter().find_map(|m| match &m.fact {
        Fact::Identity(identity) if identity.what == "previous_name" => identity.valid_until,
        _ => None,
    });
    assert_eq!(former, Some(date(2015, 6, 7)));
    assert!(!format!("{page:?}").contains("A Person"), "whose care the post is in is nobody's business");
}

/// What the file says where nobody asks for the cases.
fn told_alone(bytes: &[u8]) -> Page {
    let options = toml::Table::from_iter([("leaves_liquidation".to_owned(), toml::Value::Boolean(false))]);
    reader_with(KIND, options).read(&recorded(bytes)).unwrap()
}

#[test]
fn the_words_of_the_file_are_states_and_one_nobody_knows_is_left_over() {
    let page = told_alone(&fixture("companies_house/bulk_rows.csv"));
    let found: Vec<Status> = statuses(&page).iter().map(|change| change.status).collect();
    assert_eq!(found, [Status::Active, Status::InsolventLiquidation, Status::ActiveWarning, Status::Unknown]);
    assert_eq!(
        leftover_paths(&page),
        ["line 5.CompanyStatus", "line 5.Accounts.NextDueDate"].map(str::to_owned).iter().rev().collect::<Vec<_>>()
    );
}

#[test]
fn late_accounts_are_a_filing_that_is_overdue_and_no_charges_are_a_clean_bill() {
    let undated = read(KIND, "companies_house/bulk_rows.csv");
    assert_eq!(of_kind(&undated, "filing").len(), 0, "how late it is nobody knows of a file of unknown age");
    let page = piece(&index("").next.remove(0), Part::WHOLE);
    let overdue = |number: &str| {
        let of = page.mentions.iter().filter(|m| m.own_id.ends_with(number));
        of.filter(|m| matches!(&m.fact, Fact::Filing(filing) if filing.overdue)).count()
    };
    assert_eq!((overdue("07654321"), overdue("SC123456")), (0, 1));
    assert_eq!(of_kind(&page, "clean").len(), 2);
}

#[test]
fn liquidation_is_left_to_the_cases_where_somebody_asks_for_them() {
    let text =
        String::from_utf8(fixture("companies_house/bulk_rows.csv")).unwrap().replace("Hibernating", "Liquidation");
    assert_eq!(statuses(&told_alone(text.as_bytes()))[3].status, Status::InsolventLiquidation);
    let beside = read_bytes(KIND, text.as_bytes()).unwrap();
    assert_eq!(statuses(&beside).len(), 3);
}

#[test]
fn a_file_without_the_columns_that_matter_is_quarantined() {
    assert!(matches!(read_bytes(KIND, b"Name,Number\nA,1\n"), Err(Misread::Quarantined(_))));
}
