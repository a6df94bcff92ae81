//! No bytes make a reader panic, and none make it wait.

use proptest::prelude::*;

use super::{fixture, read_bytes};

const FIXTURES: [(&str, &str); 18] = [
    ("companies-house", "companies_house/profile_overdue.json"),
    ("companies-house", "companies_house/insolvency_two_cases.json"),
    ("companies-house-stream", "companies_house/stream_charge.json"),
    ("gleif", "gleif/insolvent.json"),
    ("openapi-it", "openapi_it/detail_full.json"),
    ("openapi-it", "openapi_it/pending.json"),
    ("eurostat", "eurostat/bankruptcies.json"),
    ("eurostat", "eurostat/table.csv"),
    ("press", "rss/italian.xml"),
    ("press", "rss/atom.xml"),
    ("press", "rss/rdf.xml"),
    ("protests-html", "protests_html/rows.html"),
    ("companies-house-stream", "companies_house/stream.ndjson"),
    ("companies-house-bulk", "companies_house/bulk_rows.csv"),
    ("edgar", "edgar/submissions.json"),
    ("gazette", "gazette/two.json"),
    ("gazette", "gazette/feed.atom.xml"),
    ("gazette", "gazette/notice.jsonld.json"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        for kind in vedetta::collect::sources::KINDS {
            drop(read_bytes(kind, &body));
        }
    }

    #[test]
    fn damaged_answers_never_panic(which in 0..FIXTURES.len(), cut in 0.0..1.0f64, at in 0.0..1.0f64, byte in any::<u8>()) {
        let (kind, name) = FIXTURES[which];
        let whole = fixture(name);
        let place = |share: f64| (whole.len() as f64 * share) as usize;
        drop(read_bytes(kind, &whole[..place(cut)]));
        let mut mutated = whole.clone();
        mutated[place(at)] = byte;
        drop(read_bytes(kind, &mutated));
    }

    #[test]
    fn values_of_another_type_never_panic(which in prop::sample::select(vec![0usize, 1, 2, 3, 4, 5, 6, 14, 15, 17]), other in prop::sample::select(vec!["null", "1e999", "[]", "{}", "true", "\"\"", "[[1]]"])) {
        let (kind, name) = FIXTURES[which];
        let text = String::from_utf8(fixture(name)).unwrap();
        for (i, _) in text.match_indices(':') {
            let (head, tail) = text.split_at(i + 1);
            let end = tail.find([',', '}']).unwrap_or(tail.len());
            drop(read_bytes(kind, format!("{head}{other}{}", tail.split_at(end).1).as_bytes()));
        }
    }
}
