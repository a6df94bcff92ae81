//! Oracle: the JSON-stat 2.0 specification and Eurostat's user guides.

use vedetta::{
    collect::{Answer, Cursor, Misread},
    domain::{Fact, Indicator},
};

use super::{fixture, leftover_paths, read, read_bytes, reader, reader_with, recorded};

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

#[test]
fn errors_are_read_as_an_array_an_object_a_number_or_a_text_and_none_is_an_empty_table() {
    for error in
        [r#"[{"status":400,"id":100,"label":"no"}]"#, r#"{"status":"400","id":"100","label":"no"}"#, "404", "\"no\""]
    {
        let body = format!(r#"{{"error":{error}}}"#);
        assert!(matches!(read_bytes(KIND, body.as_bytes()), Err(Misread::Refused(_))), "{error}");
    }
    let page = read(KIND, "eurostat/empty.json");
    assert!(page.mentions.is_empty(), "an empty 200 is neither good news nor bad");
}

#[test]
fn an_answer_that_is_being_written_to_a_file_is_asked_for_later() {
    for body in [fixture("eurostat/footer.xml"), br#"{"error":[{"status":413,"id":1,"label":"too large"}]}"#.to_vec()] {
        assert!(matches!(read_bytes(KIND, &body), Err(Misread::NotNow(_))));
    }
}

#[test]
fn a_web_page_and_a_description_of_structures_hold_no_figures_and_say_so() {
    let page = read_bytes(KIND, b"<!DOCTYPE html><html><body>busy</body></html>");
    assert!(matches!(page, Err(Misread::Unreadable(_))));
    let structure = read_bytes(KIND, &fixture("istat/structure.xml"));
    assert!(matches!(&structure, Err(Misread::Quarantined(why)) if why.contains("Codelists")), "{structure:?}");
    let refused = read_bytes(KIND, b"<S:Fault xmlns:S=\"s\"><faultstring>INVALID_QUERY</faultstring></S:Fault>");
    assert!(matches!(&refused, Err(Misread::Refused(why)) if why.contains("INVALID_QUERY")), "{refused:?}");
}

#[test]
fn a_table_of_tabs_is_read_with_its_marks_and_its_holes() {
    let page = read(KIND, "eurostat/table.tsv");
    let found: Vec<_> =
        indicators(&page).iter().map(|i| (i.country.as_str(), i.period.as_str(), i.value, i.flag.as_str())).collect();
    assert_eq!(found, [("IT", "2026-07", 93.1, ""), ("IT", "2026-08", 92.4, "p")]);
    assert_eq!(leftover_paths(&page), ["line 4"]);
}

#[test]
fn raw_and_adjusted_figures_of_one_month_are_two_series_and_both_are_told() {
    let page = read(KIND, "eurostat/two_adjustments.csv");
    let found: Vec<_> = indicators(&page).iter().map(|i| (i.series.as_str(), i.value)).collect();
    assert_eq!(found, [("VOL_SLS.NSA", 103.8), ("NETTUR.SCA", 110.2), ("turnover", 98.6)]);
}

#[test]
fn a_survey_of_sentiment_is_about_the_sectors_it_covers() {
    let page = read(KIND, "eurostat/sentiment.json");
    let found: Vec<_> =
        indicators(&page).iter().map(|i| (i.series.as_str(), i.sector.as_str(), i.unit.as_str(), i.value)).collect();
    assert_eq!(found[1], ("sentiment", "A-U", "I", 96.4));
    assert_eq!(found[3], ("sentiment", "C", "BAL", -9.9));
}

fn with_feed() -> Box<dyn vedetta::collect::Source> {
    let options = r#"updates = "https://source.example/updates.rss"
        datasets = [{ code = "sts_rb_q" }, { code = "STS_INPR_M" }, { code = "sts_copr_m" }]"#;
    reader_with(KIND, options.parse().unwrap())
}

/// The codes that are asked for after the feed was read.
fn asked_after(feed: &[u8], since: Option<&str>) -> (Vec<String>, Option<Cursor>) {
    let source = with_feed();
    let cursor = since.map_or_else(Cursor::default, |at| Cursor(format!("\"{at}\"")));
    let mut plan = source.plan(&[], &cursor);
    assert_eq!(plan.len(), 1, "the feed first, and nothing beside it");
    let page = source.read(&Answer { request: plan.remove(0), ..recorded(feed) }).unwrap();
    let code = |url: &url::Url| url.path().rsplit('/').next().unwrap_or_default().to_owned();
    (page.next.iter().map(|next| code(&next.url)).collect(), page.cursor)
}

#[test]
fn only_what_the_feed_says_has_changed_is_asked_for() {
    let feed = fixture("eurostat/updates.xml");
    let (asked, cursor) = asked_after(&feed, Some("2026-11-18T10:00:00Z"));
    assert_eq!(asked, ["STS_INPR_M"]);
    assert_eq!(cursor, Some(Cursor("\"2026-11-20T22:00:00Z\"".to_owned())));
    assert_eq!(asked_after(&feed, Some("2026-11-16T10:00:00Z")).0, ["sts_rb_q", "STS_INPR_M"]);
    assert_eq!(asked_after(&feed, Some("2026-11-20T22:00:00Z")).0, [""; 0]);
}

#[test]
fn whoever_missed_the_feed_for_a_week_or_cannot_read_it_asks_for_everything() {
    let feed = fixture("eurostat/updates.xml");
    assert_eq!(asked_after(&feed, None).0.len(), 3);
    assert_eq!(asked_after(&feed, Some("2026-11-01T10:00:00Z")).0.len(), 3);
    let (asked, cursor) = asked_after(b"<html>busy</html>", Some("2026-11-18T10:00:00Z"));
    assert_eq!((asked.len(), cursor), (3, None), "and goes on from where it was");
}

#[test]
fn a_table_with_a_key_is_asked_for_as_sdmx_csv() {
    let options = r#"sdmx = "https://source.example/sdmx/2.1/data"
        datasets = [{ code = "sts_inpr_m", key = "M.PRD.C25.SCA.I21.IT" }]"#;
    let plan = reader_with(KIND, options.parse().unwrap()).plan(&[], &Cursor::default());
    let url = plan[0].url.as_str();
    assert!(url.contains("/sdmx/2.1/data/STS_INPR_M/M.PRD.C25.SCA.I21.IT?format=SDMX-CSV"), "{url}");
}
