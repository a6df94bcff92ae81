//! Statistics and headings.

use jiff::civil::Date;
use vedetta::{
    domain::{Area, Fact, Heading, Indicator, Nace, SectorContext, SectorSignal, SignalId, in_rev_2},
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
    assert_eq!(read("13.20"), (Some(-28.0), Some(0.5), 2), "the newest figure, and that of the year before");
    assert_eq!(read("25.62"), (Some(1.0), Some(0.5), 2));
    assert_eq!(read("47.11").0, None);
}

#[test]
fn headings_with_ranges_and_exceptions_cover_what_they_say() {
    let covers = |heading: &str, nace: &str| heading.parse::<Heading>().unwrap().covers(nace.parse::<Nace>().unwrap());
    assert!(covers("C10-C12", "11.07") && !covers("C10-C12", "13"));
    assert!(covers("B-S_X_O_S94", "96.02") && !covers("B-S_X_O_S94", "94.11") && !covers("B-S_X_O_S94", "84"));
    assert!(covers("B-E", "25") && covers("13", "13.20") && !covers("C25", "C"));
}

/// A monthly index of one's own country: `figures` from `first` (counted in months from year 0) on.
fn months(unit: &str, area: &str, first: i32, figures: &[f64]) -> Vec<SectorSignal> {
    let one = |(n, figure): (usize, &f64)| {
        let month = first + n as i32;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let period = format!("{year}-{month:02}");
        let mut signal =
            indicator("production", "C25", area.parse().ok().map(|_: vedetta::domain::Country| area), &period, *figure);
        let Fact::Indicator(i) = &mut signal.fact else { panic!("an indicator") };
        (i.unit, i.country) = (unit.into(), area.into());
        signal.valid_at = Date::new(year as i16, month as i8, 1).unwrap().last_of_month();
        let own_id = format!("{unit}{area}{period}");
        signal.id = SignalId::of(&signal.source, &own_id, &figure.to_string());
        signal
    };
    figures.iter().enumerate().map(one).collect()
}

fn feature(signals: &[SectorSignal], name: &str) -> Option<f64> {
    let context = SectorContext { signals: signals.to_vec() };
    let value = View::new(&of_sector("25.62"), &context, today()).features().get(Catalogue::get().place(name).unwrap());
    value.map(|v| (v * 1000.0).round() / 1000.0)
}

/// April 2026, the newest month in these tests, counted from year 0.
const APRIL: i32 = 2026 * 12 + 3;

#[test]
fn a_rebased_index_is_linked_where_both_bases_measured_the_same_months() {
    // Two years at 200 on the old base; the new one begins a quarter before the end of the old and says half.
    let old = months("I15", "IT", APRIL - 35, &[200.0; 30]);
    let new = months("I21", "IT", APRIL - 8, &[100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 90.0]);
    let both = [old, new.clone()].concat();
    assert_eq!(feature(&both, "sector_activity_yoy"), Some(-0.1));
    assert_eq!(feature(&both, "sector_activity_level"), Some(-0.1));
    assert_eq!(feature(&new, "sector_activity_yoy"), None, "without the old base there is no year before");
    let apart = [months("I15", "IT", APRIL - 35, &[200.0; 20]), new].concat();
    assert_eq!(feature(&apart, "sector_activity_yoy"), None, "bases that never met are not mixed");
}

#[test]
fn a_break_in_a_series_is_not_looked_across() {
    let mut broken = months("I21", "IT", APRIL - 24, &[100.0; 25]);
    let Fact::Indicator(i) = &mut broken[20].fact else { panic!("an indicator") };
    i.flag = "b".into();
    assert_eq!(feature(&broken, "sector_activity_yoy"), None);
}

#[test]
fn a_provisional_figure_counts_until_its_revision_is_known() {
    let mut signals = months("I21", "IT", APRIL - 12, &[100.0; 13]);
    let newest = signals.last_mut().unwrap();
    let Fact::Indicator(i) = &mut newest.fact else { panic!("an indicator") };
    (i.flag, i.value) = ("p".into(), 80.0);
    assert_eq!(feature(&signals, "sector_activity_yoy"), Some(-0.2));
    let mut revised = months("I21", "IT", APRIL, &[95.0]);
    revised[0].known_at = instant(10);
    assert_eq!(feature(&[signals, revised].concat(), "sector_activity_yoy"), Some(-0.05));
}

#[test]
fn a_market_that_falls_as_it_fell_is_no_surprise_and_one_that_stood_still_is() {
    let trend: Vec<f64> = (0..49).map(|n| 100.0 * 0.99_f64.powi(n)).collect();
    let falling = months("I21", "IT", APRIL - 48, &trend);
    assert_eq!(feature(&falling, "sector_activity_surprise"), Some(0.0));
    assert!(feature(&falling, "sector_activity_yoy").unwrap() < -0.1);
    let mut still = [100.0; 49];
    still[48] = 80.0;
    assert_eq!(feature(&months("I21", "IT", APRIL - 48, &still), "sector_activity_surprise"), Some(-0.2));
    assert_eq!(feature(&months("I21", "IT", APRIL - 12, &[100.0; 13]), "sector_activity_surprise"), None);
}

#[test]
fn the_euro_area_of_twenty_and_that_of_twenty_one_are_two_series() {
    let frozen = months("I21", "EA20", APRIL - 16, &[100.0; 13]);
    let living = months(
        "I21",
        "EA21",
        APRIL - 12,
        &[100.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 90.0],
    );
    assert_eq!(feature(&[frozen, living.clone()].concat(), "sector_activity_yoy"), Some(-0.1));
    let own = months("I21", "IT", APRIL - 12, &[100.0; 13]);
    assert_eq!(feature(&[living.clone(), own].concat(), "sector_activity_yoy"), Some(0.0), "one's own country first");
    let region = months("I21", "ITC4", APRIL - 12, &[10.0; 13]);
    assert_eq!(feature(&region, "sector_activity_yoy"), None, "a region speaks for nobody else");
}

#[test]
fn an_area_holds_for_its_members_alone() {
    let holds = |area: &str, country: &str| Area::of(area).is_some_and(|a| a.holds(country.parse().unwrap()));
    assert!(holds("EU27_2020", "IT") && holds("EU27_2020", "SE") && !holds("EU27_2020", "GB"));
    assert!(holds("EA21", "BG") && !holds("EA20", "BG") && holds("EA20", "IT") && !holds("EA21", "SE"));
    assert!(Area::of("ITC4").is_none() && Area::of("IT").is_none() && Area::of("EUROPE").is_none());
}

#[test]
fn a_figure_that_is_overdue_for_months_says_nothing_any_more() {
    let mut old = months("I21", "IT", APRIL - 12, &[100.0; 13]);
    old.iter_mut().for_each(|signal| signal.valid_at = day(200));
    assert_eq!(feature(&old, "sector_activity_yoy"), None);
}

#[test]
fn two_offices_that_publish_the_same_heading_are_not_mixed() {
    let mut istat = months("I21", "IT", APRIL - 12, &[100.0; 13]);
    istat.iter_mut().for_each(|signal| signal.source = "istat".parse().unwrap());
    // The other office is a month further, and has another season in it.
    let further = months(
        "I21",
        "IT",
        APRIL - 11,
        &[50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 40.0],
    );
    assert_eq!(feature(&[istat, further].concat(), "sector_activity_yoy"), Some(-0.2));
}

#[test]
fn headings_and_codes_of_the_later_edition_find_their_place_in_the_earlier_one() {
    let covers = |heading: &str, nace: &str| heading.parse::<Heading>().unwrap().covers(nace.parse::<Nace>().unwrap());
    // J was 58 to 63 and is two sections now; everything behind it moved by a letter.
    assert_eq!((in_rev_2("J"), in_rev_2("K"), in_rev_2("L")), ("58-60".into(), "61-63".into(), "64-66".into()));
    assert_eq!((in_rev_2("C"), in_rev_2("B-E"), in_rev_2("K62")), ("C".into(), "B-E".into(), "62".into()));
    assert!(covers(&in_rev_2("K"), "62.10") && !covers(&in_rev_2("K"), "64.19") && covers("J", "62.10"));
    // The repair of motor vehicles moved from 45.2 to 95.3; the sale of cars is retail now.
    assert!(covers("G45", "95.31") && covers("95", "95.31") && covers("G", "95.31"));
    assert!(!covers("G45", "95.10") && !covers("95", "45.20") && covers("G47", "47.81"));
}
