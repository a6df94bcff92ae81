//! No bytes make a reader panic, and none make it wait.

use proptest::prelude::*;

use super::{fixture, read_bytes};

const FIXTURES: &[(&str, &str)] = &[
    ("companies-house", "companies_house/profile_overdue.json"),
    ("bodacc", "bodacc/life.json"),
    ("bodacc", "bodacc/annulled.json"),
    ("gazzetta-ufficiale", "gazzetta_ufficiale/serie_generale.xml"),
    ("infocamere", "infocamere/extract.xml"),
    ("infocamere", "infocamere/papers.xml"),
    ("recherche-entreprises", "recherche_entreprises/active.json"),
    ("vies", "vies/plain.json"),
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
    ("eurostat", "eurostat/table.tsv"),
    ("gleif", "gleif/changes.json"),
    ("gleif-golden-copy", "gleif/golden.csv"),
    ("gleif-golden-copy", "gleif/publishes.json"),
    ("istat", "istat/production.csv"),
    ("istat", "istat/production.json"),
    ("istat", "istat/turnover.xml"),
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
    fn values_of_another_type_never_panic(which in 0..FIXTURES.len(), other in prop::sample::select(vec!["null", "1e999", "[]", "{}", "true", "\"\"", "[[1]]"])) {
        let (kind, name) = FIXTURES[which];
        let text = String::from_utf8_lossy(&fixture(name)).into_owned();
        for (i, _) in text.match_indices(':') {
            let (head, tail) = text.split_at(i + 1);
            let end = tail.find([',', '}']).unwrap_or(tail.len());
            drop(read_bytes(kind, format!("{head}{other}{}", tail.split_at(end).1).as_bytes()));
        }
    }
}
