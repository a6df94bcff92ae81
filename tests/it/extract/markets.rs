//! Statistics and headings.

use vedetta::{
    domain::{Fact, Heading, Indicator, Nace, SectorContext, SectorSignal, SignalId},
    extract::{Catalogue, Markets, View},
};

use super::{day, instant, of_sector, today};

fn indicator(series: &str, sector: &str, country: Option<&str>, period: &str, figure: f64) -> SectorSignal {
    let source = "eurostat".parse().unwrap();
    let fact = Fact::Indicator(Indicator {
        series: series.into(),
        sector: sector.into(),
        country: country.unwrap_or("EU27_2020").into(),
        period: period.into(),
        value: figure,
        unit: "I21".into(),
        flag: String::new(),
    });
    SectorSignal {
        id: SignalId::of(&source, &format!("{series}{sector}{period}{country:?}"), &figure.to_string()),
        source,
        valid_at: day(40),
        known_at: instant(30),
        is_official: true,
        country: country.map(|c| c.parse().unwrap()),
        sector: sector.into(),
        fact,
    }
}

#[test]
fn a_market_is_read_from_the_narrowest_heading_of_ones_own_country() {
    let context = SectorContext {
        signals: vec![
            indicator("production", "C", Some("IT"), "2025-04", 100.0),
            indicator("production", "C", Some("IT"), "2026-04", 101.0),
            indicator("production", "C13", Some("IT"), "2025-04", 100.0),
            indicator("production", "C13", Some("IT"), "2026-04", 72.0),
            indicator("production", "C13", Some("FR"), "2026-04", 300.0),
            indicator("bankruptcies", "B-E", None, "2025-Q1", 50.0),
            indicator("bankruptcies", "B-E", None, "2026-Q1", 75.0),
        ],
    };
    let place = |name| Catalogue::get().place(name).unwrap();
    let read = |sector| {
        let dossier = of_sector(sector);
        let markets = Markets::new(&context, today());
        let features = View::among(&dossier, &markets).features();
        let evidence = View::among(&dossier, &markets).evidence(place("sector_bankruptcies_yoy")).len();
        assert_eq!(View::new(&dossier, &context, today()).features(), features, "alone or among others");
        let yoy = features.get(place("sector_activity_yoy")).map(|v| (v * 100.0).round());
        (yoy, features.get(place("sector_bankruptcies_yoy")), evidence)
    };
    assert_eq!(read("13.20"), (Some(-28.0), Some(0.5), 6));
    assert_eq!(read("25.62"), (Some(1.0), Some(0.5), 4));
    assert_eq!(read("47.11").0, None);
}

#[test]
fn headings_with_ranges_and_exceptions_cover_what_they_say() {
    let covers = |heading: &str, nace: &str| heading.parse::<Heading>().unwrap().covers(nace.parse::<Nace>().unwrap());
    assert!(covers("C10-C12", "11.07") && !covers("C10-C12", "13"));
    assert!(covers("B-S_X_O_S94", "96.02") && !covers("B-S_X_O_S94", "94.11") && !covers("B-S_X_O_S94", "84"));
    assert!(covers("B-E", "25") && covers("13", "13.20") && !covers("C25", "C"));
}
