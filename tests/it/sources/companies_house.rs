//! Oracle: the Swagger files and `constants.yml` of Companies House, and the traps met in recorded answers.

use vedetta::{
    collect::{Answer, Cursor, Misread, Request, Watched},
    domain::{ClientId, Country, Fact, Identifier, Prospect, Status},
};

use super::{british, fixture, leftover_paths, of_kind, read, read_bytes, reader, recorded, statuses};

const KIND: &str = "companies-house";

fn answered(step: &'static str, status: u16, body: &str) -> Answer {
    let plain = recorded(body.as_bytes());
    let request = Request { about: Some(british("07654321")), step, ..plain.request.clone() };
    Answer { request, status, ..plain }
}

#[test]
fn overdue_accounts_are_a_warning_and_a_filing() {
    let page = read(KIND, "companies_house/profile_overdue.json");
    assert_eq!(statuses(&page)[0].status, Status::ActiveWarning);
    let filings: Vec<bool> = page
        .mentions
        .iter()
        .filter_map(|m| if let Fact::Filing(filing) = &m.fact { Some(filing.overdue) } else { None })
        .collect();
    assert_eq!(filings, [true, false]);
    assert_eq!(page.mentions[0].subject.sector.map(|s| s.to_string()).as_deref(), Some("43.32.0"));
    assert_eq!(of_kind(&page, "identity").len(), 3);
    assert_eq!(page.leftovers, []);
}

#[test]
fn an_ended_administration_and_an_open_liquidation_are_two_procedures() {
    let page = read(KIND, "companies_house/insolvency_two_cases.json");
    let found: Vec<_> = statuses(&page).iter().map(|c| (c.status, c.closed_on.is_some())).collect();
    assert_eq!(found, [(Status::Restructuring, true), (Status::InsolventLiquidation, false)]);
    assert!(!format!("{page:?}").contains("Somebody Private"), "practitioners are natural persons");
}

#[test]
fn a_members_voluntary_liquidation_is_solvent() {
    let page = read(KIND, "companies_house/insolvency_solvent.json");
    assert_eq!(statuses(&page)[0].status, Status::VoluntaryLiquidation);
    assert_eq!(page.mentions.len(), 1);
}

#[test]
fn a_profile_in_liquidation_leaves_the_word_to_the_cases_that_are_asked_for() {
    let body = String::from_utf8(fixture("companies_house/profile_overdue.json")).unwrap();
    let body =
        body.replace("\"active\"", "\"liquidation\"").replace("\"links\":{", "\"links\":{\"insolvency\":\"/x\",");
    assert_eq!(statuses(&read_bytes(KIND, body.as_bytes()).unwrap())[0].status, Status::InsolventLiquidation);
    assert_eq!(statuses(&reader(KIND).read(&answered("profile", 200, &body)).unwrap()).len(), 0);
}

#[test]
fn no_insolvency_resource_is_a_clean_bill() {
    let page = reader(KIND).read(&answered("insolvency", 404, "")).unwrap();
    assert_eq!(page.mentions[0].fact, Fact::Clean { what: "insolvency".to_owned() });
    assert_eq!(page.mentions[0].subject, british("07654321"));
}

#[test]
fn an_unknown_number_is_unknown_and_not_ceased() {
    let page = reader(KIND).read(&answered("profile", 404, "")).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::Unknown);
}

#[test]
fn a_bad_key_is_refused_and_a_full_window_is_not_now() {
    assert!(matches!(reader(KIND).read(&answered("profile", 401, "")), Err(Misread::Refused(_))));
    assert!(matches!(reader(KIND).read(&answered("profile", 429, "")), Err(Misread::NotNow(_))));
}

#[test]
fn a_word_nobody_knows_is_a_leftover_and_the_status_unknown() {
    let body = String::from_utf8(fixture("companies_house/profile_overdue.json")).unwrap();
    let body = body.replace("\"active\"", "\"hibernating\"").replace("\"can_file\"", "\"brand_new\"");
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::Unknown);
    assert_eq!(leftover_paths(&page), ["$.company_status", "$.brand_new"]);
}

#[test]
fn the_stream_wraps_the_same_resources() {
    let page = read(KIND, "companies_house/stream_charge.json");
    let Fact::PrejudicialAct(act) = &page.mentions[0].fact else { panic!("not a charge: {page:?}") };
    assert!(!act.cancelled);
    assert_eq!(page.mentions[0].subject, british("SC123456"));
    assert_eq!(page.mentions[0].published_at.unwrap().to_string(), "2026-05-10");
    assert_eq!(page.leftovers, []);
}

#[test]
fn only_british_numbers_are_asked_for() {
    let with = |identifier| Watched {
        client: ClientId::new(1),
        who: Prospect { identifiers: vec![identifier], ..Prospect::default() },
    };
    let watched = [
        with(Identifier::registry(Country::GB, "7654321").unwrap()),
        with(Identifier::registry(Country::FR, "552032534").unwrap()),
    ];
    let plan = reader(KIND).plan(&watched, &Cursor::default());
    let urls: Vec<&str> = plan.iter().map(|r| r.url.as_str()).collect();
    assert_eq!(urls, ["https://source.example/api/company/07654321"], "what nobody is registered under has no cases");
    assert!(plan.iter().all(|r| r.credential.is_some() && r.whom == [ClientId::new(1)]));
}

#[test]
fn a_company_in_a_procedure_is_never_clean_whatever_its_flag_says() {
    let profile = |status: &str| {
        format!(r#"{{"company_number":"07654321","company_status":"{status}","has_insolvency_history":false}}"#)
    };
    let n_clean = |status: &str| of_kind(&read_bytes(KIND, profile(status).as_bytes()).unwrap(), "clean").len();
    assert_eq!(n_clean("active"), 1);
    for status in ["liquidation", "administration", "receivership", "voluntary-arrangement", "something-new"] {
        assert_eq!(n_clean(status), 0, "{status}");
    }
}

#[test]
fn a_solvent_liquidation_begins_with_the_resolution_and_not_with_the_declaration_before_it() {
    let body = br#"{"cases":[{"number":"1","type":"members-voluntary-liquidation","dates":[
        {"type":"declaration-solvent-on","date":"2026-03-02"},{"type":"wound-up-on","date":"2026-03-09"}]}]}"#;
    let opened_on = statuses(&read_bytes(KIND, body).unwrap())[0].opened_on;
    assert_eq!(opened_on.map(|day| day.to_string()).as_deref(), Some("2026-03-09"));
}

#[test]
fn the_profile_leads_to_the_lists_there_are() {
    let body = String::from_utf8(fixture("companies_house/profile_overdue.json")).unwrap();
    let asked = |body: &str| {
        let next = reader(KIND).read(&answered("profile", 200, body)).unwrap().next;
        next.iter().map(|r| (r.step, r.url.path().to_owned())).collect::<Vec<_>>()
    };
    let lists = [
        ("insolvency", "/company/07654321/insolvency".to_owned()),
        ("filing-history", "/company/07654321/filing-history".to_owned()),
        ("officers", "/company/07654321/officers".to_owned()),
        ("charges", "/company/07654321/charges".to_owned()),
    ];
    let paths = |found: Vec<(&'static str, String)>| -> Vec<(&'static str, String)> {
        found.into_iter().map(|(step, path)| (step, path.replace("/api", ""))).collect()
    };
    assert_eq!(paths(asked(&body)), lists[..3]);
    assert_eq!(paths(asked(&body.replace("\"has_charges\":false", "\"has_charges\":true"))), lists);
    assert_eq!(read_bytes(KIND, body.as_bytes()).unwrap().next, []);
}

#[test]
fn a_list_is_followed_page_by_page_until_its_total() {
    let item = r#"{"charge_code":"076543210001","charge_number":1,"status":"fully-satisfied","created_on":"2019-05-05",
        "classification":{"type":"charge-description","description":"A registered charge"},"satisfied_on":"2024-01-02"}"#;
    let page = |start: u64| {
        let body = format!(
            r#"{{"etag":"e","total_count":3,"unfiltered_count":3,"satisfied_count":1,"items":[{item},{item}],"start_index":{start}}}"#
        );
        reader(KIND).read(&answered("charges", 200, &body)).unwrap()
    };
    assert!(page(0).next[0].url.query().unwrap().contains("start_index=2"));
    assert_eq!(page(2).next, []);
    let Fact::PrejudicialAct(act) = &page(0).mentions[0].fact else { panic!("not a charge") };
    assert!(act.cancelled, "a satisfied charge no longer counts");
}

#[test]
fn no_charges_resource_is_a_clean_bill_and_no_filings_are_nothing() {
    let page = reader(KIND).read(&answered("charges", 404, "")).unwrap();
    assert_eq!(page.mentions[0].fact, Fact::Clean { what: "charges".to_owned() });
    assert_eq!(reader(KIND).read(&answered("filing-history", 404, "")).unwrap().mentions, []);
}

#[test]
fn a_registered_office_that_post_does_not_reach_is_a_warning() {
    let body = String::from_utf8(fixture("companies_house/profile_overdue.json"))
        .unwrap()
        .replace("\"overdue\":true", "\"overdue\":false");
    assert_eq!(statuses(&read_bytes(KIND, body.as_bytes()).unwrap())[0].status, Status::Active);
    for member in ["undeliverable_registered_office_address", "registered_office_is_in_dispute"] {
        let body = body.replace(&format!("\"{member}\":false"), &format!("\"{member}\":true"));
        assert_eq!(statuses(&read_bytes(KIND, body.as_bytes()).unwrap())[0].status, Status::ActiveWarning, "{member}");
    }
}

#[test]
fn directors_who_leave_together_are_counted_and_never_named() {
    let officer = |role: &str, left: &str| {
        format!(
            r#"{{"name":"PRIVATE, Somebody","officer_role":"{role}","appointed_on":"2020-01-01","resigned_on":"{left}",
            "date_of_birth":{{"month":1,"year":1970}},"nationality":"British","occupation":"Nobody","links":{{"officer":{{}}}}}}"#
        )
    };
    let read = |left: [&str; 3]| {
        let items: Vec<String> = left.iter().map(|day| officer("director", day)).collect();
        let body = format!(
            r#"{{"active_count":1,"resigned_count":3,"total_results":5,"start_index":0,"items_per_page":100,"kind":"officer-list","items":[{},{},{{"name":"PRIVATE, Other","officer_role":"secretary"}}]}}"#,
            items.join(","),
            officer("director", "2009-01-01")
        );
        reader(KIND).read(&answered("officers", 200, &body)).unwrap()
    };
    let page = read(["2026-09-01", "2026-09-01", "2026-11-02"]);
    assert_eq!(of_kind(&page, "filing").len(), 4, "three resignations, and their coming together");
    assert!(!format!("{page:?}").contains("PRIVATE") && page.leftovers.is_empty());
    assert_eq!(of_kind(&read(["2024-03-01", "2025-06-01", "2026-11-02"]), "filing").len(), 3);
}

#[test]
fn the_accounting_reference_date_may_be_texts_or_numbers() {
    let texts = String::from_utf8(fixture("companies_house/profile_overdue.json")).unwrap();
    let numbers = texts.replace("{\"day\":\"31\",\"month\":\"12\"}", "{\"day\":31,\"month\":12}");
    assert_ne!(texts, numbers);
    let (texts, numbers) = (read_bytes(KIND, texts.as_bytes()).unwrap(), read_bytes(KIND, numbers.as_bytes()).unwrap());
    assert_eq!((texts.mentions, numbers.leftovers), (numbers.mentions, Vec::new()));
}

#[test]
fn the_status_of_an_insolvency_is_a_list_or_a_word() {
    for status in ["[\"in-administration\"]", "\"in-administration\""] {
        let page = read_bytes(KIND, format!(r#"{{"etag":"e","status":{status}}}"#).as_bytes()).unwrap();
        assert_eq!(statuses(&page)[0].status, Status::Restructuring);
        assert_eq!(page.leftovers, []);
    }
}

#[test]
fn every_kind_of_case_has_a_state_and_one_that_nobody_knows_is_left_over() {
    let read = |kind: &str| {
        let body = format!(r#"{{"cases":[{{"number":"1","type":"{kind}","dates":[]}}],"status":["liquidation"]}}"#);
        read_bytes(KIND, body.as_bytes()).unwrap()
    };
    for kind in [
        "compulsory-liquidation",
        "in-administration",
        "creditors-voluntary-liquidation",
        "foreign-insolvency",
        "administrative-receiver",
        "scottish-administrative-receiver",
        "administration-order",
        "corporate-voluntary-arrangement",
        "receiver-manager",
        "receivership",
        "corporate-voluntary-arrangement-moratorium",
        "order-of-court-restructuring-plan",
        "moratorium",
        "liquidation-moratorium-commencement-of-moratorium",
        "liquidation-moratorium-replacement-or-additonal-monitor-following-court-order",
    ] {
        let page = read(kind);
        assert!(matches!(statuses(&page)[0].status, Status::InsolventLiquidation | Status::Restructuring), "{kind}");
        assert_eq!(page.leftovers, [], "{kind}");
    }
    assert_eq!(leftover_paths(&read("sleeping-liquidation")), ["$.cases[0].type"]);
}

#[test]
fn only_a_list_without_an_entry_is_clean() {
    let clean = |step, body: &str| of_kind(&reader(KIND).read(&answered(step, 200, body)).unwrap(), "clean").len();
    assert_eq!(clean("insolvency", r#"{"etag":"e","cases":[],"status":[]}"#), 1);
    assert_eq!(clean("insolvency", r#"{"etag":"e","cases":"none","status":[]}"#), 0);
    assert_eq!(clean("insolvency", r#"{"etag":"e","status":[]}"#), 0);
    let charges = |rest: &str| clean("charges", &format!(r#"{{"etag":"e","unfiltered_count":0,{rest}}}"#));
    assert_eq!(charges(r#""total_count":0,"items":[]"#), 1);
    assert_eq!(charges(r#""total_count":5,"items":[]"#), 0);
    assert_eq!(charges(r#""total_count":0,"items":null"#), 0);
}

#[test]
fn a_case_that_knows_only_its_end_is_no_news_of_today() {
    let body = br#"{"cases":[{"number":"1","type":"in-administration","dates":[
        {"type":"administration-ended-on","date":"2019-03-09"}]}]}"#;
    assert_eq!(read_bytes(KIND, body).unwrap().mentions[0].valid_at.to_string(), "2019-03-09");
}
