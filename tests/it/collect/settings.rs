//! `sources.toml`, right and wrong.

use vedetta::{
    collect::{Configured, DEFAULT_SOURCES, Secrets, Settings, read_sources},
    domain::Country,
};

const GOOD: &str = "kind = \"press\"\nevery = \"30m\"\nstale_after = \"1d\"\n";

#[test]
fn the_sources_that_ship_are_understood() {
    let sources = read_sources(DEFAULT_SOURCES, "sources.toml").unwrap();
    let ids: Vec<_> = sources.iter().map(|s| s.id.as_str()).collect();
    for id in ["companies-house", "eurostat", "gleif", "openapi-it", "press", "press-uk", "protests-html"] {
        assert!(ids.contains(&id), "{id} is missing from {ids:?}");
    }
    let house = sources.iter().find(|s| s.id.as_str() == "companies-house").unwrap();
    assert_eq!((house.manners.requests, house.manners.per.as_secs(), house.manners.obeys_robots), (600, 300, false));
    assert_eq!(house.options.country, Some(Country::GB));
    for pages in sources.iter().filter(|s| s.kind == "press" || s.kind == "protests-html") {
        assert!(pages.manners.obeys_robots && pages.manners.min_interval.as_secs() >= 1, "{}", pages.id);
    }
    assert!(sources.iter().all(|s| s.options.base_url.scheme() == "https"));
}

#[test]
fn a_mistake_is_named_by_file_table_and_key() {
    let table = |body: &str| format!("[press-x]\n{body}");
    let base = "base_url = \"https://example.com/\"\n";
    let cases = [
        (table(&format!("{GOOD}{base}paec = 1")), "paec"),
        (table(&format!("{GOOD}{base}pace = {{ requests = 1 }}")), "per_seconds"),
        (table(&format!("{GOOD}{base}pace = {{ requests = 0, per_seconds = 1 }}")), "pace"),
        (table(&format!("{GOOD}{base}robots = \"no\"")), "robots"),
        (table(&format!("{GOOD}{base}min_interval = \"soon\"")), "500ms, 30s, 15m, 6h or 7d"),
        (table(&format!("{GOOD}{base}country = \"Italia\"")), "country"),
        (table(&format!("{GOOD}base_url = \"ftp://example.com/\"")), "base_url"),
        (table(GOOD), "base_url"),
        (table(&format!("{base}kind = \"press\"\nevery = \"2d\"\nstale_after = \"1d\"")), "stale_after"),
        (table(&format!("{GOOD}{base}keep = \"10m\"")), "keep"),
        (format!("[Press]\n{GOOD}{base}"), "a-z"),
        ("press-x = 1".to_owned(), "table"),
    ];
    for (text, expected) in cases {
        let said = read_sources(&text, "my.toml").unwrap_err().to_string();
        assert!(said.starts_with("my.toml: ["), "{said}");
        assert!(said.contains(expected), "{said:?} does not say {expected:?}");
    }
}

#[test]
fn a_secret_is_found_by_either_spelling_and_an_empty_one_is_none() {
    let secrets = Secrets::new([("COMPANIES_HOUSE".to_owned(), "k".into()), ("openapi-it".to_owned(), " ".into())]);
    assert!(secrets.has("companies-house") && !secrets.has("openapi-it"));
    assert_eq!(Secrets::variable("openapi-it"), "VEDETTA_SECRET_OPENAPI_IT");
    assert!(!format!("{secrets:?}").contains("\"k\""));
}

#[test]
fn a_kind_that_nobody_reads_is_a_mistake_of_the_file() {
    let text = format!("[x]\n{}base_url = \"https://example.com/\"", GOOD.replace("press", "crystal-ball"));
    let settings = read_sources(&text, "sources.toml").unwrap().remove(0);
    let said = Configured::new(settings, &Secrets::default()).err().unwrap().to_string();
    assert!(said.contains("[x]") && said.contains("crystal-ball"), "{said}");
}

#[test]
fn settings_that_could_never_work_are_refused_at_once() {
    let wrong = [
        Settings { contact: "bot\nX-Evil: 1".to_owned(), ..Settings::default() },
        Settings { timeout_s: 0, ..Settings::default() },
        Settings { max_sources_at_once: 0, ..Settings::default() },
    ];
    assert!(Settings::default().check().is_ok());
    assert!(wrong.iter().all(|settings| settings.check().is_err()));
    assert!(toml::from_str::<Settings>("contcat = 'x'").is_err());
}

#[test]
fn how_long_evidence_is_kept_is_the_operators_to_say() {
    let keep = |line: &str| {
        let text = format!("[x]\n{GOOD}base_url = \"https://example.com/\"\n{line}");
        read_sources(&text, "my.toml").unwrap().remove(0).keep
    };
    assert_eq!(keep("keep = \"400d\"").map(|keep| keep.as_hours()), Some(400 * 24));
    assert_eq!(keep(""), None);
}
