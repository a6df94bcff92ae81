//! Oracle: the SDMX standard (CSV 1.0, ML 2.1, JSON 1.0) and the guide to ISTAT's service.

use vedetta::{
    collect::{Answer, Cursor, Misread, Page, Request},
    domain::{Country, Fact, Indicator},
};

use super::{fixture, read, read_bytes, reader, reader_with, recorded};

const KIND: &str = "istat";

fn indicators(page: &Page) -> Vec<&Indicator> {
    page.mentions.iter().filter_map(|m| if let Fact::Indicator(i) = &m.fact { Some(i) } else { None }).collect()
}

/// Series, sector, area, period, value, unit, flag.
fn said(page: &Page) -> Vec<(&str, &str, &str, &str, f64, &str, &str)> {
    let one = |i: &&Indicator| -> (String, String) { (i.series.clone(), i.sector.clone()) };
    let all = indicators(page);
    assert!(all.iter().map(one).all(|(series, _)| !series.is_empty()));
    all.into_iter()
        .map(|i| {
            let (series, sector, country, period) = (&*i.series, &*i.sector, &*i.country, &*i.period);
            (series, sector, country, period, i.value, &*i.unit, &*i.flag)
        })
        .collect()
}

#[test]
fn production_is_read_with_its_marks_and_without_its_empty_cells() {
    let page = read(KIND, "istat/production.csv");
    assert_eq!(
        said(&page),
        [
            ("production", "13", "IT", "2026-08", 88.4, "I21", ""),
            ("production", "13", "IT", "2026-09", 87.5, "I21", "p"),
        ]
    );
    assert_eq!(page.leftovers, []);
}

#[test]
fn a_table_with_other_names_for_its_dimensions_says_the_same_things() {
    let page = read(KIND, "istat/protests.csv");
    assert_eq!(said(&page)[0], ("protests", "", "IT", "2024", 312_450.0, "", ""));
    assert_eq!(said(&page)[1].2, "ITC4", "a region keeps its own code");
    assert_eq!(said(&page)[1].6, "b");
    assert!(page.mentions.iter().all(|m| m.subject.country == Some(Country::IT)));
    assert_eq!(page.leftovers, []);
}

#[test]
fn xml_and_json_say_what_the_table_says() {
    let page = read(KIND, "istat/turnover.xml");
    assert_eq!(said(&page)[0], ("turnover", "49", "IT", "2026-Q1", 104.2, "I21", ""));
    assert_eq!(said(&page)[1], ("turnover", "49", "IT", "2026-Q2", 103.9, "I21", "e"));
    assert_eq!(page.leftovers, []);
    let json = read(KIND, "istat/production.json");
    assert_eq!(said(&json), said(&read(KIND, "istat/production.csv")));
    assert_eq!(json.leftovers, []);
}

#[test]
fn an_empty_selection_says_nothing_and_an_empty_body_is_no_answer() {
    let none = Answer { status: 404, ..recorded(b"NoRecordsFound") };
    let page = reader(KIND).read(&none).unwrap();
    assert!(page.mentions.is_empty() && page.leftovers.is_empty());
    let unknown = Answer { status: 404, ..recorded(b"Could not find Dataflow") };
    assert!(matches!(reader(KIND).read(&unknown), Err(Misread::Refused(_))));
    // What availableconstraint answers to whoever asks it for JSON.
    assert!(matches!(read_bytes(KIND, b""), Err(Misread::Unreadable(_))));
}

#[test]
fn the_year_that_the_service_gives_too_many_is_left_out() {
    let url = "https://source.example/api/data/115_333/all?endPeriod=2026-08".parse().unwrap();
    let answer = Answer { request: Request::get(url, "data"), ..recorded(&fixture("istat/production.csv")) };
    let page = reader(KIND).read(&answer).unwrap();
    assert_eq!(said(&page).len(), 1);
}

#[test]
fn a_flow_is_asked_for_by_its_key_and_as_a_table() {
    let options = r#"flows = [{ flow = "115_333", key = "M.IT.IND_PROD_21.Y." }]"#;
    let plan = reader_with(KIND, options.parse().unwrap()).plan(&[], &Cursor::default());
    assert!(plan[0].url.path().ends_with("/data/115_333/M.IT.IND_PROD_21.Y."));
    assert!(plan[0].accept.is_some_and(|accept| accept.contains("csv")));
}

#[test]
fn the_pace_as_shipped_stays_below_five_questions_a_minute() {
    let sources = vedetta::collect::read_sources(vedetta::collect::DEFAULT_SOURCES, "sources.toml").unwrap();
    let istat = sources.iter().find(|source| source.id.as_str() == KIND).unwrap();
    assert!(istat.manners.requests < 5 && istat.manners.per.as_secs() >= 60);
}
