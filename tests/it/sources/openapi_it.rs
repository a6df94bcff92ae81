//! Oracle: the provider's OpenAPI file, and the answers recorded from it.

use vedetta::{
    collect::{Answer, Cursor, Method, Misread, Request, Watched},
    domain::{ClientId, Country, Fact, Identifier, Instrument, Prospect, ProtestState, Status},
};

use super::{TAX, fixture, leftover_paths, of_kind, read, read_bytes, reader, recorded, statuses};

const KIND: &str = "openapi-it";

#[test]
fn a_procedure_is_open_only_while_neither_closed_nor_revoked() {
    let page = read(KIND, "openapi_it/detail_full.json");
    let of_register: Vec<_> = statuses(&page).into_iter().filter(|c| c.opened_on.is_some()).collect();
    assert_eq!(of_register.len(), 2);
    assert_eq!((of_register[0].status, of_register[0].revoked_on), (Status::Restructuring, None));
    assert_eq!(of_register[0].procedure.as_ref().unwrap().code, "AM");
    assert_eq!(of_register[1].status, Status::ActiveWarning);
    assert!(of_register[1].revoked_on.is_some());
}

#[test]
fn presence_true_with_a_null_list_is_could_not_check() {
    let page = read(KIND, "openapi_it/detail_full.json");
    let unchecked = statuses(&page).into_iter().filter(|c| c.status == Status::CouldNotCheck).count();
    assert_eq!((unchecked, of_kind(&page, "clean").len()), (1, 0));
}

#[test]
fn presence_false_is_clean_for_each_question() {
    let page = read(KIND, "openapi_it/clean.json");
    let what: Vec<_> = page.mentions.iter().map(|m| m.fact.clone()).collect();
    let clean = |what: &str| Fact::Clean { what: what.to_owned() };
    assert_eq!(what, [clean("protests"), clean("procedures"), clean("prejudicial_acts")]);
}

#[test]
fn masked_dates_and_unknown_states_are_leftovers_and_the_protest_stands() {
    let page = read(KIND, "openapi_it/detail_full.json");
    let protests: Vec<_> = page
        .mentions
        .iter()
        .filter_map(|m| if let Fact::Protest(protest) = &m.fact { Some((m, protest)) } else { None })
        .collect();
    let (first, bill) = protests[0];
    assert_eq!((bill.instrument, bill.state), (Instrument::Bill, ProtestState::Standing));
    assert_eq!(bill.amount.unwrap().to_string(), "18000.50 EUR");
    assert_eq!(bill.reason_code.as_deref(), Some("CM2"));
    assert_eq!(first.subject.identifiers, [Identifier::tax(Country::IT, TAX).unwrap()]);
    let (second, cheque) = protests[1];
    assert_eq!((cheque.instrument, cheque.raised_on), (Instrument::Cheque, None));
    assert_eq!(second.valid_at.to_string(), "2026-11-21");
    let paths = leftover_paths(&page);
    assert_eq!(paths, ["$.data.protesti[0].effetti[1].data_levata", "$.data.protesti[0].effetti[1].stato_effetto"]);
}

#[test]
fn one_protest_instead_of_a_list_is_a_list_of_one() {
    let body = r#"{"data":{"presenzaProtesti":true,"protesti":{"identificativo_protesto":1,"codice_fiscale":"RCCMNL83S18D969H",
        "effetti":{"data_levata":"2026-01-02","importo":10,"tipo_effetto":"CAMBIALE","stato_effetto":"NORMALE"}}},"success":true}"#;
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert!(page.mentions[0].subject.is_person, "a 16-character code is a natural person's");
    assert_eq!(page.mentions.len(), 1);
}

#[test]
fn a_search_is_bought_waited_for_and_read() {
    let who = Prospect {
        name: "Acciai Dorivale".to_owned(),
        identifiers: vec![Identifier::tax(Country::IT, TAX).unwrap()],
        ..Prospect::default()
    };
    let source = reader(KIND);
    let request = source.plan(&[Watched { client: ClientId::new(1), who }], &Cursor::default()).remove(0);
    assert_eq!(request.method, Method::PostJson(format!(r#"{{"cf_piva":"{TAX}"}}"#)));
    let pending = fixture("openapi_it/pending.json");
    let state = source.read(&Answer { request, ..recorded(&pending) }).unwrap().next.remove(0);
    assert!(state.url.path().ends_with("/IT-richiesta/65a"));
    assert!(matches!(source.read(&Answer { request: state.clone(), ..recorded(&pending) }), Err(Misread::NotNow(_))));
    let completed = String::from_utf8(pending).unwrap().replace("PENDING", "COMPLETED");
    let detail = source.read(&Answer { request: state, ..recorded(completed.as_bytes()) }).unwrap().next.remove(0);
    assert!(detail.url.path().ends_with("/IT-negativita/65a/dettaglio"));
    let page = source.read(&Answer { request: detail, ..recorded(&fixture("openapi_it/clean.json")) }).unwrap();
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), TAX);
}

#[test]
fn no_credit_is_refused_and_not_ready_is_not_now() {
    let at = |status| reader(KIND).read(&Answer { status, ..recorded(b"{}") });
    assert!(matches!(at(402), Err(Misread::Refused(_))));
    assert!(matches!(at(406), Err(Misread::Refused(_))));
    assert!(matches!(at(422), Err(Misread::NotNow(_))));
    let spoken = br#"{"success":false,"message":"the request is still in PENDING status","error":512,"data":null}"#;
    assert!(matches!(read_bytes(KIND, spoken), Err(Misread::NotNow(_))));
}

#[test]
fn a_request_carries_its_subject_to_the_answer() {
    let plain = recorded(&fixture("openapi_it/clean.json"));
    let about = super::british("07654321");
    let request = Request { about: Some(about.clone()), ..plain.request.clone() };
    let page = reader(KIND).read(&Answer { request, ..plain }).unwrap();
    assert!(page.mentions.iter().all(|m| m.subject == about));
}

/// One procedure of these words, as the register lists it.
fn procedure(words: &str) -> vedetta::domain::StatusChange {
    let body = serde_json::json!({"success": true, "data": {"presenzaProcedure": true, "procedure": [{
        "codice_fiscale": TAX, "denominazione": "Prova S.r.l.", "identificativo_procedura": 1,
        "descrizione_procedura": words, "data_provvedimento": "2026-05-04",
    }]}});
    let page = read_bytes(KIND, body.to_string().as_bytes()).unwrap();
    assert_eq!(page.leftovers, [], "{words}");
    statuses(&page)[0].clone()
}

#[test]
fn what_is_only_asked_for_is_a_warning_and_not_yet_an_insolvency() {
    for words in ["ISTANZA DI FALLIMENTO", "RICORSO PER LIQUIDAZIONE GIUDIZIALE"] {
        assert_eq!(procedure(words).status, Status::ActiveWarning, "{words}");
    }
    assert_eq!(procedure("DOMANDA DI CONCORDATO PREVENTIVO").status, Status::Restructuring);
    assert_eq!(procedure("CONCORDATO SEMPLIFICATO PER LA LIQUIDAZIONE DEL PATRIMONIO").status, Status::Restructuring);
    assert_eq!(procedure("LIQUIDAZIONE DEL PATRIMONIO").status, Status::InsolventLiquidation);
}

#[test]
fn an_entry_that_is_the_end_of_a_procedure_does_not_open_it() {
    assert!(procedure("REVOCA DEL FALLIMENTO").revoked_on.is_some());
    assert!(procedure("CHIUSURA DELLA LIQUIDAZIONE GIUDIZIALE").closed_on.is_some());
    assert!(procedure("LIQUIDAZIONE GIUDIZIALE").closed_on.is_none());
}

#[test]
fn an_error_in_the_envelope_says_what_its_code_means() {
    let told = |code: u16| {
        let body = format!(r#"{{"data":null,"success":false,"message":"no","error":{code}}}"#);
        read_bytes(KIND, body.as_bytes()).unwrap_err()
    };
    assert!(told(402).to_string().contains("recharge"));
    assert!(matches!(told(422), Misread::NotNow(_)) && matches!(told(406), Misread::Refused(_)));
}

#[test]
fn a_procedure_revoked_and_never_closed_is_not_open_and_an_empty_court_is_no_court() {
    let body = serde_json::json!({"success": true, "data": {"presenzaProcedure": true, "procedure": [{
        "codice_fiscale": TAX, "identificativo_procedura": 1, "codice_procedura": "WZ", "tribunale": "",
        "descrizione_procedura": "MISURE CAUTELARI E PROTETTIVE", "data_provvedimento": "2024-02-17",
        "data_chiusura": null, "data_revoca": "2024-02-29",
    }]}});
    let page = read_bytes(KIND, body.to_string().as_bytes()).unwrap();
    let change = statuses(&page)[0].clone();
    assert!(!change.is_open_on(jiff::civil::date(2024, 3, 1)) && change.closed_on.is_none());
    assert_eq!(page.leftovers, []);
}

/// A company of the company service in this state of activity.
fn in_state(word: &str) -> vedetta::collect::Page {
    let body = serde_json::json!({"success": true, "data": [{
        "taxCode": TAX, "companyName": "Acciai Dorivale", "activityStatus": word,
    }]});
    read_bytes(KIND, body.to_string().as_bytes()).unwrap()
}

#[test]
fn every_state_of_activity_is_known_and_another_is_a_leftover() {
    for (word, status) in [
        ("ATTIVA", Status::Active),
        ("SOSPESA", Status::ActiveWarning),
        ("INATTIVA", Status::Dormant),
        ("CESSATA", Status::Ceased),
        ("S", Status::Dormant),
        ("IF", Status::VoluntaryLiquidation),
        ("IS", Status::InsolventLiquidation),
        ("CF", Status::Ceased),
        ("CS", Status::Ceased),
        ("STATUS UNKNOWN", Status::Unknown),
        ("IN LIQUIDATION", Status::VoluntaryLiquidation),
        ("BANKRUPTCY", Status::InsolventLiquidation),
        ("ACTIVE (INSOLVENCY PROCEEDINGS)", Status::InsolventLiquidation),
        ("ACTIVE (RESCUE PLAN)", Status::Restructuring),
        ("DISSOLVED (MERGER OR TAKE-OVER)", Status::Ceased),
        ("in concordato preventivo e in liquidazione", Status::Restructuring),
        ("in fallimento", Status::InsolventLiquidation),
    ] {
        let page = in_state(word);
        assert_eq!((statuses(&page)[0].status, page.leftovers.len()), (status, 0), "{word}");
    }
    let unseen = in_state("TRASCENDENTE");
    assert_eq!((statuses(&unseen)[0].status, unseen.leftovers.len()), (Status::Unknown, 1));
}

#[test]
fn the_full_extract_has_its_numbers_and_its_state_in_members_of_their_own() {
    let body = serde_json::json!({"success": true, "data": {
        "companyDetails": {"taxCode": TAX, "vatCode": TAX, "companyName": "ACCIAI DORIVALE SPA", "cciaa": "BS", "reaCode": "654321"},
        "companyStatus": {"activityStatus": {"code": "IS", "description": "In closure (negative)"}},
        "address": {"streetName": "VIA ROMA, 1", "zipCode": "25100", "town": "BRESCIA", "province": {"code": "BS"},
            "country": {"code": "IT"}},
        "managers": [{"name": "ADA", "surname": "ROSSI"}], "atecoClassification": {"ateco": {"code": "2410"}},
    }});
    let page = read_bytes(KIND, body.to_string().as_bytes()).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::InsolventLiquidation);
    assert_eq!(page.mentions[0].subject.city.as_deref(), Some("BRESCIA"));
    assert_eq!(page.leftovers, []);
    assert!(!format!("{page:?}").contains("ROSSI"));
}

#[test]
fn a_foreign_company_of_the_same_service_keeps_its_own_country() {
    let body = r#"{"success":true,"data":[{"companyName":"Harrowby Foods Limited","companyNumber":"07654321","vatCode":"GB226312538",
        "address":{"registeredOffice":{"town":"Leeds","country":"GB"}},"activityStatus":"ACTIVE (DEFAULT OF PAYMENT)"}]}"#;
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::ActiveWarning);
    assert_eq!(page.mentions[0].subject.country, Some(Country::GB));
    assert!(page.mentions[0].subject.identifiers.contains(&Identifier::registry(Country::GB, "07654321").unwrap()));
}

#[test]
fn a_person_s_code_in_a_company_field_is_a_person_of_whom_no_address_is_kept() {
    let body = r#"{"success":true,"data":[{"taxCode":"RCCMNL83S18D969H","companyName":"RICCI DI RICCI MANUEL","activityStatus":"ATTIVA",
        "address":{"registeredOffice":{"streetName":"VIA ROMA 1","town":"GENOVA"}}}]}"#;
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert!(page.mentions[0].subject.is_person);
    assert!(of_kind(&page, "identity").is_empty());
}

#[test]
fn companies_are_bought_only_where_the_operator_says_so() {
    let options: toml::Table = "companies = \"https://company.example/\"".parse().unwrap();
    let watched = super::dorivale();
    let asked = super::reader_with(KIND, options).plan(std::slice::from_ref(&watched), &Cursor::default());
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].url.as_str(), format!("https://company.example/IT-start/{TAX}"));
    assert!(asked.iter().all(|request| request.whom == [watched.client]));
    assert_eq!(reader(KIND).plan(&[watched], &Cursor::default()).len(), 1);
}

#[test]
fn a_row_that_closes_ends_the_procedure_that_another_row_opened() {
    let row = |id: u8, words: &str, on: &str| {
        serde_json::json!({"codice_fiscale": TAX, "identificativo_procedura": id, "descrizione_procedura": words,
            "data_provvedimento": on})
    };
    let rows = [
        row(1, "LIQUIDAZIONE GIUDIZIALE", "2020-02-03"),
        row(2, "CHIUSURA DELLA LIQUIDAZIONE GIUDIZIALE", "2023-05-01"),
    ];
    let body = serde_json::json!({"success": true, "data": {"presenzaProcedure": true, "procedure": rows}});
    let page = read_bytes(KIND, body.to_string().as_bytes()).unwrap();
    for change in statuses(&page) {
        assert_eq!(change.opened_on, Some(jiff::civil::date(2020, 2, 3)));
        assert_eq!(change.closed_on, Some(jiff::civil::date(2023, 5, 1)));
    }
}

#[test]
fn an_act_against_a_person_is_not_told_of_the_creditor_who_was_asked_about() {
    let body = serde_json::json!({"success": true, "data": {"presenzaPregiudizievoli": true, "pregiudizievoli": [{
        "contro": [{"persona_fisica": true, "codice_fiscale": "RCCMNL83S18D969H"}],
        "favore": [{"codice_fiscale": TAX}], "pregiudizievole": "IPOTECA GIUDIZIALE",
    }]}});
    let request = Request { about: super::first_request(KIND, &super::dorivale()).about, ..recorded(b"").request };
    let page = reader(KIND).read(&Answer { request, ..recorded(body.to_string().as_bytes()) }).unwrap();
    assert_eq!((statuses(&page)[0].status, page.mentions.len()), (Status::CouldNotCheck, 1));
}
