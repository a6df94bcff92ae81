//! Oracle: the service's documented codes and shapes.

use vedetta::{
    collect::{Answer, Method, Misread, Watched},
    domain::{ClientId, Country, Fact, Identifier, Prospect, VatAnswer},
};

use super::{TAX, dorivale, first_request, fixture, read, read_bytes, reader, recorded};

const KIND: &str = "vies";

fn said(body: &str) -> VatAnswer {
    let page = read_bytes(KIND, body.as_bytes()).unwrap_or_else(|e| panic!("{body}: {e}"));
    let Fact::VatCheck(said) = page.mentions[0].fact else { panic!("no answer in {page:?}") };
    said
}

#[test]
fn an_envelope_of_trouble_with_http_200_is_no_answer() {
    for code in
        ["MS_UNAVAILABLE", "TIMEOUT", "MS_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ_TIME", "INVALID_INPUT"]
    {
        let body = format!(r#"{{"actionSucceed": false, "errorWrappers": [{{"error": "{code}"}}]}}"#);
        assert_eq!(said(&body), VatAnswer::NoAnswer, "{code}");
        let with_400 = reader(KIND).read(&Answer { status: 400, ..recorded(body.as_bytes()) }).unwrap();
        assert_eq!(with_400.mentions[0].fact, Fact::VatCheck(VatAnswer::NoAnswer));
    }
    let unseen = read_bytes(KIND, br#"{"actionSucceed": false, "errorWrappers": [{"error": "NEW_CODE"}]}"#).unwrap();
    assert_eq!(unseen.leftovers.len(), 1);
}

#[test]
fn valid_false_beside_a_code_of_trouble_is_no_answer() {
    assert_eq!(
        said(r#"{"isValid": false, "userError": "MS_MAX_CONCURRENT_REQ", "vatNumber": "1"}"#),
        VatAnswer::NoAnswer
    );
    assert_eq!(said(r#"{"valid": null, "userError": "MS_UNAVAILABLE"}"#), VatAnswer::NoAnswer);
    assert_eq!(said(r#"{"isValid": false, "userError": "INVALID"}"#), VatAnswer::Invalid);
}

#[test]
fn a_live_italian_company_that_never_enrolled_is_invalid_and_no_more_than_that() {
    let page = read(KIND, "vies/not_enrolled.json");
    assert_eq!((page.mentions.len(), page.leftovers.len()), (1, 0));
    assert_eq!(page.mentions[0].fact, Fact::VatCheck(VatAnswer::Invalid));
    assert_eq!(page.mentions[0].subject.identifiers, [Identifier::tax(Country::IT, TAX).unwrap()]);
    assert_eq!(page.mentions[0].valid_at.to_string(), "2026-11-20");
}

#[test]
fn names_and_addresses_of_answers_are_not_kept() {
    for name in ["vies/plain.json", "vies/not_enrolled.json"] {
        let page = read(KIND, name);
        let shown = format!("{page:?}");
        assert!(!shown.contains("DORIVALE") && !shown.contains("ROMA") && !shown.contains("---"), "{shown}");
        assert_eq!(page.leftovers, []);
    }
}

#[test]
fn greece_is_asked_as_el_and_what_is_not_in_the_union_is_not_asked() {
    let request = first_request(KIND, &dorivale());
    assert_eq!(request.method, Method::PostJson(format!(r#"{{"countryCode":"IT","vatNumber":"{TAX}"}}"#)));
    assert_eq!(request.whom, [dorivale().client]);
    let client = |country: &str, number: &str| {
        let identifiers = vec![Identifier::tax(country.parse().unwrap(), number).unwrap()];
        Watched { client: ClientId::new(1), who: Prospect { identifiers, ..Prospect::default() } }
    };
    let Method::PostJson(greek) = first_request(KIND, &client("GR", "EL094259216")).method else {
        panic!("not a POST")
    };
    assert_eq!(greek, r#"{"countryCode":"EL","vatNumber":"094259216"}"#);
    let Method::PostJson(ulster) = first_request(KIND, &client("XI", "123456789")).method else { panic!("not a POST") };
    assert!(ulster.contains("\"XI\""));
    let others = [client("CH", "CHE123456789"), client("GB", "123456789"), client("IT", "RCCMNL83S18D969H")];
    assert_eq!(reader(KIND).plan(&others, &Default::default()), []);
}

#[test]
fn a_blocked_address_is_refused_and_a_busy_server_is_not_now() {
    let blocked = br#"{"actionSucceed": false, "errorWrappers": [{"error": "IP_BLOCKED"}]}"#;
    assert!(matches!(read_bytes(KIND, blocked), Err(Misread::Refused(_))));
    let busy = reader(KIND).read(&Answer { status: 503, ..recorded(b"<html>busy</html>") });
    assert!(matches!(busy, Err(Misread::NotNow(_))));
    let status =
        br#"{"vow": {"available": true}, "countries": [{"countryCode": "AT", "availability": "Unavailable"}]}"#;
    assert_eq!(read_bytes(KIND, status).unwrap().mentions, []);
    assert!(!fixture("vies/plain.json").is_empty());
}

#[test]
fn another_number_is_no_answer_and_neither_are_two_words_against_each_other() {
    let request = first_request(KIND, &dorivale());
    let answered = |number: &str| {
        let body = format!(r#"{{"countryCode": "IT", "vatNumber": "{number}", "valid": true}}"#);
        reader(KIND).read(&Answer { request: request.clone(), ..recorded(body.as_bytes()) })
    };
    assert!(answered(TAX).is_ok());
    assert!(matches!(answered("00743110157"), Err(Misread::Quarantined(_))));
    assert_eq!(said(r#"{"valid": true, "userError": "INVALID"}"#), VatAnswer::NoAnswer);
}
