use vedetta::{
    alert::{When, matches},
    domain::{Event, EventBody, Grade, Nace},
};

use super::{noon, step};

fn when(json: &str) -> When {
    serde_json::from_str(json).expect("conditions as written on the wire")
}

fn fall(from: Grade, to: Grade) -> Event {
    step(noon(), Some(from), to)
}

#[test]
fn notches_or_grade_and_everything_else() {
    use Grade::{A1, A2, B1, B3, C1, C2, D, NotDetermined};
    let table = [
        ("{}", fall(B1, B3), true),
        ("{}", fall(B3, B1), false),
        (r#"{"direction":"up"}"#, fall(B3, B1), true),
        (r#"{"direction":"both"}"#, fall(B3, B1), true),
        (r#"{"notches_at_least":2}"#, fall(B1, B3), true),
        (r#"{"notches_at_least":3}"#, fall(B1, B3), false),
        (r#"{"notches_at_least":3,"grade_at_or_below":"B3"}"#, fall(B1, B3), true),
        (r#"{"grade_at_or_below":"C1"}"#, fall(A1, B3), false),
        (r#"{"grade_at_or_below":"C1"}"#, fall(B3, C1), true),
        (r#"{"grade_at_or_below":"C1"}"#, fall(C1, D), true),
        (r#"{"grade_at_or_below":"C1","direction":"up"}"#, fall(D, C2), true),
        (r#"{"exposure_at_least":20000}"#, fall(B1, B3), true),
        (r#"{"exposure_at_least":20000.01}"#, fall(B1, B3), false),
        (r#"{"clients":["C-7","C-8"]}"#, fall(B1, B3), true),
        (r#"{"clients":["C-8"]}"#, fall(B1, B3), false),
        (r#"{"sectors":["25"]}"#, fall(B1, B3), true),
        (r#"{"sectors":["C"]}"#, fall(B1, B3), true),
        (r#"{"sectors":["B-E"]}"#, fall(B1, B3), true),
        (r#"{"sectors":["F","47.1"]}"#, fall(B1, B3), false),
        (r#"{"types":["rating.overridden"]}"#, fall(B1, B3), false),
        (r#"{"notches_at_least":1,"clients":["C-8"],"grade_at_or_below":"A1"}"#, fall(A2, B3), false),
        (r#"{"grade_at_or_below":"A1"}"#, fall(B1, NotDetermined), false),
    ];
    let metal: Nace = "25.62".parse().unwrap();
    for (written, event, expected) in table {
        assert_eq!(matches(&when(written), &event, Some(metal)), expected, "{written} {event:?}");
    }
}

#[test]
fn a_client_of_unknown_sector_is_in_no_sector() {
    assert!(!matches(&when(r#"{"sectors":["C"]}"#), &fall(Grade::B1, Grade::B3), None));
}

#[test]
fn a_first_rating_is_no_drop_but_both_may_hear_of_a_bad_one() {
    for from in [None, Some(Grade::NotDetermined)] {
        let first = step(noon(), from, Grade::C3);
        assert!(!matches(&when(r#"{"grade_at_or_below":"C1"}"#), &first, None));
        assert!(!matches(&when(r#"{"notches_at_least":1,"direction":"both"}"#), &first, None));
        assert!(matches(&when(r#"{"grade_at_or_below":"C1","direction":"both"}"#), &first, None));
    }
}

#[test]
fn an_event_that_is_no_rating_passes_the_conditions_about_ratings() {
    let body = EventBody::SourceStale { source: "gleif".to_owned(), error: "silent".to_owned() };
    let stale = Event { portfolio: None, client: None, body, ..fall(Grade::B1, Grade::B3) };
    let asked = r#"{"types":["source.stale"],"notches_at_least":3,"exposure_at_least":1e9}"#;
    assert!(matches(&when(asked), &stale, None));
    assert!(!matches(&when(r#"{"types":["source.stale"],"clients":["C-7"]}"#), &stale, None));
    assert!(!matches(&When::default(), &stale, None));
}

#[test]
fn a_condition_that_cannot_be_is_refused_by_the_name_of_its_field() {
    let table = [
        (r#"{"grade_at_or_below":"E1"}"#, "grade_at_or_below"),
        (r#"{"grade_at_or_below":"ND"}"#, "grade_at_or_below"),
        (r#"{"notches_at_least":0}"#, "notches_at_least"),
        (r#"{"notches_at_least":10}"#, "notches_at_least"),
        (r#"{"direction":"sideways"}"#, "direction"),
        (r#"{"exposure_at_least":-1}"#, "exposure_at_least"),
        (r#"{"sectors":["25","metal"]}"#, "sectors"),
        (r#"{"sectors":["E-B"]}"#, "sectors"),
        (r#"{"clients":[" "]}"#, "clients"),
        (r#"{"types":["rating.exploded"]}"#, "types"),
    ];
    for (written, field) in table {
        let error = when(written).parse().unwrap_err();
        assert_eq!(error.field, field, "{written}");
        assert!(error.to_string().starts_with(&format!("when.{field}: ")), "{error}");
    }
    assert!(serde_json::from_str::<When>(r#"{"notches":1}"#).is_err(), "an unknown field is a typing error");
}
