//! The words: checksums, spellings, and what must come back as it went in.

use jiff::civil::date;
use proptest::prelude::*;
use vedetta::domain::{
    Country, Currency, Grade, Identifier, IdentifierKind, Money, Nace, Probability, Scale, day_number, day_of_number,
};

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

#[test]
fn a_wrong_check_digit_is_refused_and_a_right_one_is_not() {
    let it = |text: &str| Identifier::tax(Country::IT, text);
    assert_eq!(it("IT 0074 311-0157").unwrap().text(), "00743110157");
    assert!(it("00743110158").unwrap_err().to_string().contains("check digit"));
    assert!(it("00000000000").is_err() && it("0074311015").is_err() && it("0074311015A").is_err());
    let person = it("rccmnl83s18d969h").unwrap();
    assert!(person.is_natural_person() && !it("00743110157").unwrap().is_natural_person());
    assert!(it("RCCMNL83S18D969J").is_err());

    let fr = |text: &str| Identifier::registry(Country::FR, text).map(|i| i.text().to_owned());
    assert_eq!(fr("732 829 320").unwrap(), "732829320");
    assert!(fr("732829321").is_err());
    assert_eq!(fr("732 829 320 00074").unwrap(), "732829320", "a SIRET names the establishment of a SIREN");
    assert!(fr("73282932000075").is_err());
    assert_eq!(Identifier::tax(Country::FR, "FR44732829320").unwrap().text(), "44732829320");
    assert!(Identifier::tax(Country::FR, "FR45732829320").is_err());

    assert_eq!(Identifier::lei("5493001KJTIIGC8Y1R12").unwrap().kind(), IdentifierKind::Lei);
    assert!(Identifier::lei("5493001KJTIIGC8Y1R13").is_err());
}

#[test]
fn a_british_number_is_padded_behind_its_prefix() {
    let gb = |text: &str| Identifier::registry(Country::GB, text).map(|i| i.text().to_owned());
    assert_eq!(gb("1234567").unwrap(), "01234567");
    assert_eq!(gb("sc 1234").unwrap(), "SC001234");
    assert_eq!(gb("OC301234").unwrap(), "OC301234");
    assert!(gb("123456789").is_err() && gb("").is_err());
}

#[test]
fn a_country_is_one_of_the_list_and_the_unions_spellings_are_known() {
    assert_eq!(country("uk"), Country::GB);
    assert_eq!(country("EL"), country("GR"));
    assert!("ZZ".parse::<Country>().is_err() && "ITA".parse::<Country>().is_err() && "39".parse::<Country>().is_err());
}

#[test]
fn all_spellings_of_an_activity_are_one() {
    let nace = |text: &str| text.parse::<Nace>().unwrap();
    for spelling in ["25.62", "2562", "C25.62", "C 25.62", "NACE 25.62", "ateco 25.62"] {
        assert_eq!(nace(spelling), nace("25.62"), "{spelling}");
    }
    assert_eq!(nace("1.11").to_string(), "01.11");
    assert_eq!(nace("256200").to_string(), "25.62.00");
    assert_eq!((nace("62.01").section(), nace("c").section()), ('J', 'C'));
    assert!(nace("25.62").is_within("C25") && nace("25.62").is_within("B-E") && !nace("25.62").is_within("F"));
    for wrong in ["", "00.1", "V", "25,62", "CC", "12345678"] {
        assert!(wrong.parse::<Nace>().is_err(), "{wrong}");
    }
}

#[test]
fn an_amount_has_one_sign_and_no_more_decimals_than_its_currency() {
    let eur = |text: &str| Money::parse(text, Currency::EUR).map(Money::minor);
    assert_eq!(eur("1234.5").unwrap(), 123_450);
    assert_eq!((eur("-.5").unwrap(), eur("+3").unwrap(), eur("12.3400").unwrap()), (-50, 300, 1234));
    for wrong in ["--5", "++5", "-+5", "", ".", "1,5", "1e5", "1.234", "99999999999999999999"] {
        assert!(eur(wrong).is_err(), "{wrong}");
    }
    assert!(Money::parse("1.5", "JPY".parse().unwrap()).is_err());
}

proptest! {
    #[test]
    fn an_amount_comes_back_as_it_was_shown(minor in any::<i64>(), code in "EUR|JPY|KWD") {
        let currency: Currency = code.parse().unwrap();
        let money = Money::from_minor(minor, currency);
        let shown = money.to_string();
        prop_assert_eq!(Money::parse(shown.trim_end_matches(code.as_str()), currency).unwrap(), money);
    }

    #[test]
    fn day_numbers_are_those_of_the_calendar(year in 1i16..9999, month in 1i8..=12, day in 1i8..=28) {
        let day = date(year, month, day);
        let oracle = day.since(date(1970, 1, 1)).unwrap().get_days();
        prop_assert_eq!(day_number(day), oracle);
        prop_assert_eq!(day_of_number(oracle), day);
    }

    #[test]
    fn an_activity_comes_back_as_it_was_shown(digits in "[0-9]{2,6}") {
        if let Ok(nace) = digits.parse::<Nace>() {
            prop_assert_eq!(nace.to_string().parse::<Nace>().unwrap(), nace);
        }
    }
}

fn scale() -> Scale {
    Scale::new(&[0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 1.0], 600.0, 19.0, 50.0, 0.1).unwrap()
}

#[test]
fn a_scale_gives_grades_points_and_back() {
    let scale = scale();
    let p = |p: f64| Probability::new(p).unwrap();
    assert_eq!(scale.points(p(0.05)), 600, "600 points are odds of 19 to 1");
    assert_eq!(scale.points(p(1.0 / 39.0)), 650, "50 more double the odds");
    assert_eq!((scale.grade(p(0.001)), scale.grade(p(0.0011)), scale.grade(p(1.0))), (Grade::A1, Grade::A2, Grade::C3));
    for grade in Grade::PERFORMING {
        assert_eq!(scale.grade(scale.typical_pd(*grade)), *grade);
    }
}

#[test]
fn a_grade_changes_only_when_the_boundary_is_crossed_by_the_margin() {
    let scale = scale();
    let grade = |pd: f64, last| scale.grade_with_memory(Probability::new(pd).unwrap(), last);
    assert_eq!(grade(0.0205, None), Grade::B3);
    assert_eq!(grade(0.0205, Some(Grade::B2)), Grade::B2, "just above the boundary: it stays");
    assert_eq!(grade(0.0225, Some(Grade::B2)), Grade::B3);
    assert_eq!(grade(0.0195, Some(Grade::B3)), Grade::B3, "just below: it stays, too");
    assert_eq!(grade(0.0175, Some(Grade::B3)), Grade::B2);
    assert_eq!(grade(0.0205, Some(Grade::D)), Grade::B3, "default has no memory");
}

#[test]
fn notches_count_down_and_nothing_is_counted_to_or_from_nowhere() {
    assert_eq!(Grade::B2.notches_to(Grade::C1), -2);
    assert_eq!(Grade::D.notches_to(Grade::C3), 1);
    assert_eq!(Grade::NotDetermined.notches_to(Grade::D), 0);
    assert!(Grade::C1.is_at_or_below(Grade::C1) && Grade::D.is_at_or_below(Grade::C1));
    assert!(!Grade::B3.is_at_or_below(Grade::C1) && !Grade::NotDetermined.is_at_or_below(Grade::C1));
}

#[test]
fn what_was_done_has_the_same_name_for_ever() {
    use vedetta::domain::{Outcome, OutcomeId, OutcomeKind};
    let outcome = Outcome {
        id: OutcomeId::new([0; 16]),
        kind: OutcomeKind::Promise,
        on: date(2026, 11, 20),
        known_at: jiff::Timestamp::UNIX_EPOCH,
        author: "key".to_owned(),
        result: None,
        amount: Some(vedetta::domain::Money::from_minor(500_000, vedetta::domain::Currency::EUR)),
        due_on: Some(date(2026, 12, 1)),
        invoice: None,
        invoice_key: None,
        accepted: None,
        instalments: Vec::new(),
        note: Some("by phone".to_owned()),
        about: vec![vedetta::domain::InvoiceKey::of("F-1")],
        was_due: Some(vedetta::domain::Phase::FormalNotice),
    };
    let fields = ["promise", "2026-11-20", "-", "+5000.00 EUR", "+2026-12-01", "-", "-", "", "+by phone"];
    assert_eq!(outcome.said(), fields, "who told it, when, and about what is no part of what was said");
    let parts: Vec<&str> = fields.to_vec();
    assert_eq!(OutcomeId::of(&parts).to_string(), "act_086b0b9b8168c03e80241d93eb127618");
}

#[test]
fn one_of_what_is_counted_is_said_as_one() {
    let words = vedetta::domain::FeatureWords {
        name: "protest_count_12m",
        unit: "count",
        meaning: "",
        phrase_en: "{} protests in 12 months",
        phrase_it: "{} protesti in 12 mesi",
    };
    assert_eq!(words.say(Some(1.0), false), "1 protest in 12 months");
    assert_eq!(words.say(Some(1.0), true), "1 protesto in 12 mesi");
    assert_eq!(words.say(Some(2.0), false), "2 protests in 12 months");
}
