//! Oracle: the JSON-stat 2.0 specification and Eurostat's user guides.

use vedetta::{
    collect::{Answer, Cursor, Misread},
    domain::{Fact, Indicator},
};

use super::{leftover_paths, read, read_bytes, reader, reader_with, recorded};

const KIND: &str = "eurostat";

fn indicators(page: &vedetta::collect::Page) -> Vec<&Indicator> {
    page.mentions.iter().filter_map(|m| if let Fact::Indicator(i) = &m.fact { Some(i) } else { None }).collect()
}

#[test]
fn a_sparse_cube_is_decoded_row_by_row() {
    let page = read(KIND, "eurostat/bankruptcies.json");
    let found: Vec<_> =
        indicators(&page).iter().map(|i| (i.series.clone(), i.period.clone(), i.value, i.flag.clone())).collect();
    let row =
        |series: &str, period: &str, value, flag: &str| (series.to_owned(), period.to_owned(), value, flag.to_owned());
    assert_eq!(found, [row("registrations", "2026-Q1", 101.5, ""), row("bankruptcies", "2026-Q2", 140.25, "p")]);
    let first = indicators(&page)[0];
    assert_eq!((first.sector.as_str(), first.country.as_str(), first.unit.as_str()), ("F", "IT", "I21"));
    assert_eq!(page.mentions[0].published_at.unwrap().to_string(), "2026-08-18");
    assert_eq!(page.mentions[1].valid_at.to_string(), "2026-06-30");
    assert_eq!(page.leftovers, []);
}

#[test]
fn an_empty_table_says_nothing() {
    let page = read(KIND, "eurostat/empty.json");
    assert_eq!((page.mentions.len(), page.leftovers.len()), (0, 0));
}

#[test]
fn lists_nulls_and_a_missing_index_are_read() {
    let page = read(KIND, "eurostat/array.json");
    let found: Vec<_> =
        indicators(&page).iter().map(|i| (i.country.clone(), i.period.clone(), i.sector.clone())).collect();
    assert_eq!(found, [("FR".to_owned(), "2026-01".to_owned(), String::new())]);
    assert_eq!(leftover_paths(&page), ["$.value[2]"]);
}

#[test]
fn the_table_form_says_the_same() {
    let page = read(KIND, "eurostat/table.csv");
    let figure = indicators(&page)[0];
    assert_eq!((figure.series.as_str(), figure.sector.as_str(), figure.value), ("production", "C25", 93.1));
    assert_eq!(page.mentions[0].published_at.unwrap().to_string(), "2026-09-17");
}

#[test]
fn errors_come_in_two_shapes_and_lateness_in_a_third() {
    for body in
        [r#"{"error":{"status":"400","id":"100","label":"no"}}"#, r#"{"error":[{"status":404,"id":150,"label":"no"}]}"#]
    {
        assert!(matches!(read_bytes(KIND, body.as_bytes()), Err(Misread::Refused(_))));
    }
    let late = br#"{"warning":{"status":413,"label":"ASYNCHRONOUS_RESPONSE"}}"#;
    assert!(matches!(reader(KIND).read(&Answer { status: 413, ..recorded(late) }), Err(Misread::NotNow(_))));
    assert!(matches!(read_bytes(KIND, late), Err(Misread::NotNow(_))));
    assert!(matches!(read_bytes(KIND, b"<html><body>busy</body></html>"), Err(Misread::Unreadable(_))));
}

#[test]
fn each_table_of_the_options_is_asked_for() {
    let options = r#"datasets = [{ code = "sts_rb_q", filters = { geo = ["IT", "FR"], nace_r2 = "F" } }]"#;
    let plan = reader_with(KIND, options.parse().unwrap()).plan(&[], &Cursor::default());
    let query = plan[0].url.query().unwrap();
    assert!(plan[0].url.path().ends_with("/sts_rb_q"));
    assert!(query.contains("geo=IT&geo=FR") && query.contains("lastTimePeriod=24"), "{query}");
}

#[test]
fn a_dimension_of_size_nought_is_no_figure_however_its_categories_are_written() {
    let body = br#"{"class":"dataset","id":["geo","time"],"size":[0,1],"value":{},"dimension":{
        "geo":{"category":{"index":{"IT":0}}},"time":{"category":{"index":{"2026-Q1":0}}}}}"#;
    let page = super::read_bytes("eurostat", body).unwrap();
    assert!(page.mentions.is_empty() && page.leftovers.is_empty(), "{:?}", page.leftovers);
}

#[test]
fn a_cell_without_a_mark_is_no_leftover() {
    let body =
        br#"{"class":"dataset","id":["geo","time"],"size":[1,2],"value":[101.5,99],"status":["","p"],"dimension":{
        "geo":{"category":{"index":["IT"]}},"time":{"category":{"index":["2026-Q1","2026-Q2"]}}}}"#;
    let page = super::read_bytes("eurostat", body).unwrap();
    assert_eq!(indicators(&page).iter().map(|i| i.flag.as_str()).collect::<Vec<_>>(), ["", "p"]);
    assert!(page.leftovers.is_empty(), "{:?}", page.leftovers);
}
