//! GDELT as it really answers: sentences in a 200, `{}`, missing buckets, a full list.

use jiff::{civil::date, tz::TimeZone};
use url::Url;
use vedetta::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched},
    domain::{About, ClientId, Fact, Indicator, NewsEvent, NewsItem, Prospect},
};

use super::{read_bytes, reader_with, recorded};

const KIND: &str = "gdelt";

fn gdelt() -> Box<dyn Source> {
    let options = r#"
        timespan = "1d"
        queries = ["theme:ECON_BANKRUPTCY sourcecountry:italy"]
        tones = [{ query = "theme:STRIKE sourcecountry:italy", country = "IT", sector = "C" }]
    "#;
    reader_with(KIND, options.parse().expect("valid options"))
}

fn watched(names: &[&str]) -> Vec<Watched> {
    let who = |name: &&str| Prospect { name: (*name).to_owned(), ..Prospect::default() };
    names.iter().zip(1..).map(|(name, n)| Watched { client: client(n), who: who(name) }).collect()
}

fn client(n: i64) -> ClientId {
    ClientId::new(n)
}

fn asked(request: Request, body: &str) -> Result<Page, Misread> {
    gdelt().read(&Answer { request, ..recorded(body.as_bytes()) })
}

fn question(step: &str) -> Request {
    let names = ["Officine Tarvello"];
    gdelt().plan(&watched(&names), &Cursor::default()).into_iter().find(|r| r.step == step).expect("it is planned")
}

fn query_of(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

fn articles(n: usize) -> String {
    let article = |i: usize| {
        format!(
            r#"{{"url":"https://x.example/{i}","url_mobile":"","title":"Notizia numero {i}","seendate":"20261120T071500Z","socialimage":"","domain":"x.example","language":"Italian","sourcecountry":"Italy"}}"#
        )
    };
    format!(r#"{{"articles":[{}]}}"#, (0..n).map(article).collect::<Vec<_>>().join(","))
}

fn figures(page: &Page) -> Vec<&Indicator> {
    page.mentions.iter().filter_map(|m| if let Fact::Indicator(i) = &m.fact { Some(i) } else { None }).collect()
}

fn news(page: &Page) -> Vec<&NewsItem> {
    page.mentions.iter().filter_map(|m| if let Fact::News(item) = &m.fact { Some(item) } else { None }).collect()
}

#[test]
fn a_sentence_in_a_200_is_a_refusal_and_not_an_empty_list() {
    for sentence in
        ["Your query was too short or too long.", "Timespan is too short.", "The specified phrase is too short."]
    {
        let refused = read_bytes(KIND, sentence.as_bytes()).unwrap_err();
        assert_eq!(refused, Misread::Refused(format!("the source says: {sentence}")));
    }
}

#[test]
fn the_429_text_means_later_whatever_its_status() {
    let text = b"Please limit requests to one every 5 seconds or contact us.\n";
    assert!(matches!(read_bytes(KIND, text), Err(Misread::NotNow(_))));
    assert!(matches!(gdelt().read(&Answer { status: 429, ..recorded(text) }), Err(Misread::NotNow(_))));
}

#[test]
fn an_empty_object_is_trouble_for_a_theme_and_nothing_for_a_name() {
    assert!(matches!(asked(question("themed"), "{}"), Err(Misread::Quarantined(_))));
    assert!(matches!(asked(question("tone"), "{}"), Err(Misread::Quarantined(_))));
    assert!(matches!(read_bytes(KIND, b"{}"), Err(Misread::Quarantined(_))));
    assert_eq!(asked(question("named"), "{}").unwrap().mentions, []);
}

#[test]
fn an_empty_body_and_html_are_unreadable() {
    for body in ["", "  \n", "<!DOCTYPE html><html><body>502</body></html>", "{\"articles\": [{\"url\""] {
        assert!(matches!(read_bytes(KIND, body.as_bytes()), Err(Misread::Unreadable(_))), "{body:?}");
    }
}

#[test]
fn a_full_list_of_250_is_truncated_and_its_time_is_asked_in_halves() {
    let page = asked(question("themed"), &articles(250)).unwrap();
    assert_eq!((page.mentions.len(), page.next.len()), (250, 2));
    let times: Vec<_> = page
        .next
        .iter()
        .map(|r| (query_of(&r.url, "startdatetime").unwrap(), query_of(&r.url, "enddatetime").unwrap()))
        .collect();
    let time = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(times, [time("20261120000000", "20261120120000"), time("20261120120000", "20261121000000")]);
    assert!(page.next.iter().all(|r| query_of(&r.url, "timespan").is_none()), "both, or none");
    // An hour that is still full cannot be cut any more: that is said.
    let mut last = page.next[0].clone();
    last.url.query_pairs_mut().clear().extend_pairs([
        ("query", "x"),
        ("startdatetime", "20261120110000"),
        ("enddatetime", "20261120114500"),
    ]);
    let page = asked(last, &articles(250)).unwrap();
    assert_eq!(page.next, []);
    assert_eq!(page.leftovers[0].path, "$.articles");
    assert_eq!(asked(question("themed"), &articles(249)).unwrap().next, []);
}

#[test]
fn tokenised_titles_are_joined_up_and_judged() {
    let body = r#"{"articles":[{"url":"https://x.example/a","url_mobile":"","title":"Acciaierie Tarvello , depositata la domanda di concordato preventivo","seendate":"20261120T071500Z","socialimage":"","domain":"x.example","language":"Italian","sourcecountry":"Italy"},
        {"url":"https://y.example/b","url_mobile":"","title":"Acciaierie Tarvello ,  depositata la domanda di concordato preventivo","seendate":"20261120T081500Z","socialimage":"","domain":"y.example","language":"Italian","sourcecountry":"Italy"}]}"#;
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    let items = news(&page);
    assert_eq!(items.len(), 1, "one agency story under two addresses");
    assert_eq!(items[0].title, "Acciaierie Tarvello, depositata la domanda di concordato preventivo");
    assert_eq!((items[0].event, items[0].about), (NewsEvent::Restructuring, About::Client));
    assert_eq!((items[0].language.as_str(), page.mentions[0].valid_at), ("it", date(2026, 11, 20)));
    assert_eq!(page.leftovers, []);
}

#[test]
fn stray_signs_in_a_title_do_not_spoil_the_list() {
    let body = "{\"articles\":[{\"url\":\"https://x.example/a\",\"title\":\"Wexcombe Textiles\\' suppliers\u{1} unpaid\",\"seendate\":\"20261120T071500Z\"}]}";
    assert_eq!(news(&read_bytes(KIND, body.as_bytes()).unwrap())[0].event, NewsEvent::PaymentTrouble);
}

#[test]
fn a_market_in_a_paper_of_an_unknown_country_is_no_market_of_ours() {
    let of = |country: &str| {
        let body = format!(
            r#"{{"articles":[{{"url":"https://x.example/a","title":"Construction insolvencies hit record high","seendate":"20261120T071500Z","language":"English","sourcecountry":"{country}"}}]}}"#
        );
        let page = read_bytes(KIND, body.as_bytes()).unwrap();
        let subject = &page.mentions[0].subject;
        (subject.sector.map(|s| s.to_string()), subject.country.map(|c| c.code().to_owned()))
    };
    assert_eq!(of("United Kingdom"), (Some("F".to_owned()), Some("GB".to_owned())));
    assert_eq!(of("Nigeria"), (None, None));
}

#[test]
fn missing_buckets_are_not_zero_and_a_cut_month_is_left_out() {
    let body = r#"{"query_details":{"title":"x","date_resolution":"day"},"timeline":[{"series":"Average Tone","data":[
        {"date":"20260921T000000Z","value":-9.0},
        {"date":"20261001T000000Z","value":-2.0},{"date":"20261030T000000Z","value":-4.0},
        {"date":"20261102T000000Z","value":-1.5}]}]}"#;
    let page = asked(question("tone"), body).unwrap();
    let months: Vec<_> = figures(&page).iter().map(|i| (i.period.clone(), i.value, i.flag.clone())).collect();
    let month = |period: &str, value, flag: &str| (period.to_owned(), value, flag.to_owned());
    assert_eq!(months, [month("2026-10", -3.0, ""), month("2026-11", -1.5, "p")]);
    let first = figures(&page)[0];
    assert_eq!((first.series.as_str(), first.country.as_str(), first.sector.as_str()), ("news_tone", "IT", "C"));
    assert_eq!(page.mentions[0].valid_at, date(2026, 10, 30));
}

#[test]
fn clients_are_asked_about_by_quoted_name_five_to_a_question() {
    let names = [
        "Officine Tarvello S.r.l.",
        "Rossi",
        "Meccanica Valdossa SpA",
        "A & B",
        "Lanificio Bressani",
        "Grenfold Steel Ltd",
        "Cartiere Olmeda",
        "Vetrerie Salgari",
        "Mobili Ronchese",
    ];
    let requests = gdelt().plan(&watched(&names), &Cursor::default());
    let named: Vec<_> = requests.iter().filter(|r| r.step == "named").collect();
    let queries: Vec<_> = named.iter().map(|r| query_of(&r.url, "query").unwrap()).collect();
    let five = r#"("Officine Tarvello" OR "Meccanica Valdossa" OR "Lanificio Bressani" OR "Grenfold Steel" OR "Cartiere Olmeda")"#;
    assert_eq!(
        queries,
        [five, r#"("Vetrerie Salgari" OR "Mobili Ronchese")"#],
        "one word or few letters are found everywhere"
    );
    let spans: Vec<_> = requests.iter().map(|r| query_of(&r.url, "timespan").unwrap()).collect();
    assert_eq!(spans, ["1d", "3m", "2w", "2w"], "clients take turns, and are asked about further back");
    let few = reader_with(KIND, "names = 1".parse().unwrap()).plan(&watched(&names), &Cursor::default());
    assert_eq!(few.iter().map(|r| r.whom.len()).collect::<Vec<_>>(), [1]);
    assert_eq!(named[0].whom, [client(1), client(3), client(5), client(6), client(7)]);
    assert!(requests.iter().filter(|r| r.step != "named").all(|r| r.whom.is_empty()));
}

#[test]
fn the_day_of_an_article_never_lies_ahead() {
    let body = articles(1).replace("20261120", "20490101");
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(page.mentions[0].valid_at, super::seen_at().to_zoned(TimeZone::UTC).date());
}
