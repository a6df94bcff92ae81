//! Oracle: the rules and the records of the directory of French companies.

use serde_json::{Value, json};
use vedetta::{
    collect::{Answer, Misread, Request},
    domain::{Country, Fact, Identifier, Status},
};

use super::{
    SIREN, first_request, fixture, forges, leftover_paths, of_kind, read, read_bytes, reader, recorded, statuses,
};

const KIND: &str = "bodacc";

/// One announcement of a court, with this judgment.
fn with_judgment(judgment: &Value) -> String {
    let record = json!({
        "id": "A20260180121", "publicationavis": "A", "dateparution": "2026-09-15", "typeavis": "annonce",
        "familleavis": "collective", "registre": [SIREN], "jugement": judgment,
    });
    json!({"total_count": 1, "results": [record]}).to_string()
}

fn judged(nature: &str, complement: &str) -> (Option<vedetta::domain::StatusChange>, Vec<String>) {
    let judgment =
        json!({"famille": "Jugement", "nature": nature, "date": "2026-09-01", "complementJugement": complement});
    let page = read_bytes(KIND, with_judgment(&json!(judgment.to_string())).as_bytes()).unwrap();
    let paths = leftover_paths(&page).into_iter().map(str::to_owned).collect();
    (statuses(&page).first().map(|change| (*change).clone()), paths)
}

#[test]
fn json_inside_texts_is_read_with_its_days_in_words_and_its_broken_accents() {
    let page = read(KIND, "bodacc/life.json");
    let told = statuses(&page);
    assert_eq!(
        (told[0].status, told[0].opened_on.unwrap().to_string().as_str()),
        (Status::InsolventLiquidation, "2026-09-01")
    );
    assert_eq!(
        (told[1].status, told[1].opened_on.unwrap().to_string().as_str()),
        (Status::Restructuring, "2026-04-28")
    );
    let words = &told[1].procedure.as_ref().unwrap().words;
    assert!(words.ends_with("procédure de redressement judiciaire"), "{words}");
    assert_eq!(of_kind(&page, "filing").len(), 1, "accounts were filed");
    assert_eq!(page.mentions[0].subject.identifiers, [Identifier::registry(Country::FR, SIREN).unwrap()]);
    assert_eq!(page.mentions[0].published_at.unwrap().to_string(), "2026-09-15");
    assert_eq!(page.leftovers, []);
}

#[test]
fn a_judgment_in_broken_json_is_a_leftover_and_not_good_news() {
    let page =
        read_bytes(KIND, with_judgment(&json!("{\"famille\": \"Jugement d'ouverture\", \"nature\": ")).as_bytes())
            .unwrap();
    assert_eq!(leftover_paths(&page), ["$.results[0].jugement"]);
    assert_eq!(statuses(&page)[0].status, Status::CouldNotCheck);
    assert!(of_kind(&page, "clean").is_empty());
}

#[test]
fn both_parties_of_a_sale_are_named_and_neither_is_in_trouble() {
    let page = read(KIND, "bodacc/sale.json");
    assert!(statuses(&page).is_empty());
    let parties: Vec<&str> = page.mentions.iter().map(|m| m.subject.identifiers[0].text()).collect();
    assert_eq!(parties, ["996543211", SIREN]);
    assert_eq!(page.mentions[0].subject.name, "REPRISES DU MIDI");
}

#[test]
fn an_annulled_announcement_says_nothing_and_what_was_kept_of_it_is_void() {
    let page = read(KIND, "bodacc/annulled.json");
    let told = statuses(&page);
    assert_eq!(told.len(), 1, "{page:?}");
    assert!(told[0].is_void());
    assert_eq!(told[0].revoked_on.unwrap().to_string(), "2026-05-28");
    // The record that is void is the one that was read when it was printed.
    let whole: Value = serde_json::from_slice(&fixture("bodacc/annulled.json")).unwrap();
    let before = json!({"total_count": 1, "results": [whole["results"][1]]});
    let wrong = read_bytes(KIND, before.to_string().as_bytes()).unwrap();
    assert_eq!(statuses(&wrong)[0].status, Status::InsolventLiquidation);
    assert_eq!(wrong.mentions[0].own_id, page.mentions[0].own_id);
}

#[test]
fn a_rectified_announcement_is_replaced_by_what_the_rectification_says() {
    let body =
        String::from_utf8(fixture("bodacc/annulled.json")).unwrap().replace("\"annulation\"", "\"rectificatif\"");
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    let told = statuses(&page);
    assert!(told[0].is_void());
    assert_eq!((told[1].status, told.len()), (Status::InsolventLiquidation, 2));
    assert_ne!(page.mentions[0].own_id, page.mentions[1].own_id);
}

#[test]
fn the_records_of_the_old_interface_say_the_same() {
    let page = read(KIND, "bodacc/old_shape.json");
    assert_eq!(statuses(&page)[0].status, Status::Ceased);
    assert_eq!(page.mentions.len(), 1);
    assert_eq!(page.mentions[0].valid_at.to_string(), "2026-07-20");
    assert_eq!(page.leftovers, []);
}

#[test]
fn lines_and_tables_of_an_export_are_read_too() {
    let whole: Value = serde_json::from_slice(&fixture("bodacc/life.json")).unwrap();
    let records = whole["results"].as_array().unwrap();
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    assert_eq!(statuses(&read_bytes(KIND, lines.join("\n").as_bytes()).unwrap()).len(), 2);
    assert_eq!(statuses(&read_bytes(KIND, Value::Array(records.clone()).to_string().as_bytes()).unwrap()).len(), 2);
    let table = format!(
        "id;dateparution;familleavis;typeavis;registre;jugement\nA20260180121;2026-09-15;collective;annonce;{SIREN};\
         \"{{\"\"nature\"\": \"\"Jugement d'ouverture de liquidation judiciaire\"\", \"\"date\"\": \"\"2026-09-01\"\"}}\"\n"
    );
    let page = read_bytes(KIND, table.as_bytes()).unwrap();
    assert_eq!((statuses(&page)[0].status, page.leftovers.len()), (Status::InsolventLiquidation, 0));
}

#[test]
fn the_first_rule_that_fits_decides() {
    let opens = |nature, complement| {
        let change = judged(nature, complement).0.unwrap();
        assert!(change.opened_on.is_some() && change.closed_on.is_none(), "{nature}");
        change.procedure.unwrap().code
    };
    assert_eq!(
        opens("Jugement de conversion en liquidation judiciaire de la procédure de sauvegarde", ""),
        "liquidation_judiciaire"
    );
    assert_eq!(
        opens("Jugement prononçant la résolution du plan de sauvegarde et le redressement judiciaire", ""),
        "redressement_judiciaire"
    );
    assert_eq!(opens("Jugement d'ouverture d'une procédure de sauvegarde accélérée", ""), "sauvegarde");
    assert_eq!(
        opens("Autre jugement prononçant", "… la liquidation judiciaire simplifiée …"),
        "liquidation_judiciaire"
    );
    assert_eq!(opens("Autre jugement d'ouverture", "Ouverture d'une sauvegarde"), "sauvegarde");
}

#[test]
fn a_closure_ends_what_was_open_and_a_notice_changes_nothing() {
    for nature in ["Jugement de clôture pour insuffisance d'actif", "Jugement de clôture pour extinction du passif"] {
        let change = judged(nature, "").0.unwrap();
        assert_eq!((change.status, change.opened_on), (Status::InsolventLiquidation, None));
        assert!(change.closed_on.is_some());
    }
    let plan = judged("Jugement de plan de redressement", "avec continuation de l’activité").0.unwrap();
    assert_eq!((plan.status, plan.closed_on.is_some()), (Status::Restructuring, true));
    for nature in [
        "Dépôt de l'état des créances",
        "Jugement de désignation des organes de la procédure",
        "Autre jugement prononçant",
    ] {
        assert_eq!(judged(nature, ""), (None, Vec::new()), "{nature}");
    }
    let overturned = judged("Arrêt de la cour d'appel infirmant une décision soumise à publicité", "").0.unwrap();
    assert!(overturned.revoked_on.is_some());
}

#[test]
fn an_unseen_nature_is_read_by_the_words_it_holds_and_a_really_unseen_one_is_a_leftover() {
    let conversion = judged("Jugement de conversion en redressement judiciaire", "");
    assert_eq!((conversion.0.unwrap().status, conversion.1), (Status::Restructuring, Vec::<String>::new()));
    let unseen = judged("Jugement relatif à la procédure de dissolution anticipée", "");
    assert_eq!(unseen.0.unwrap().status, Status::Unknown);
    assert_eq!(unseen.1, ["$.results[0].jugement.nature"]);
    let dull = judged("Jugement d'interdiction de gérer", "dans le cadre de la liquidation judiciaire");
    assert_eq!((dull.0.unwrap().status, dull.1.len()), (Status::Unknown, 1));
}

#[test]
fn what_lies_ten_years_back_is_forgotten() {
    let old = with_judgment(&json!(
        "{\"nature\": \"Jugement d'ouverture de liquidation judiciaire\", \"date\": \"2009-12-10\"}"
    ));
    let old = old.replace("2026-09-15", "2009-12-20");
    assert_eq!(read_bytes(KIND, old.as_bytes()).unwrap().mentions, []);
}

#[test]
fn conciliation_is_a_warning_and_professional_recovery_a_procedure() {
    let told = |family: &str, nature: &str| {
        let judgment = json!({"famille": "x", "nature": nature, "date": "2026-09-01"}).to_string();
        let body = with_judgment(&json!(judgment)).replace("\"collective\"", &format!("\"{family}\""));
        statuses(&read_bytes(KIND, body.as_bytes()).unwrap())[0].clone()
    };
    assert_eq!(told("conciliation", "Jugement d'homologation de l'accord").status, Status::ActiveWarning);
    assert_eq!(told("retablissement_professionnel", "Jugement d'ouverture").status, Status::Restructuring);
    assert!(told("retablissement_professionnel", "Jugement prononçant la clôture").closed_on.is_some());
}

#[test]
fn a_natural_person_is_told_as_one() {
    let persons = json!({"personne": {"typePersonne": "pp", "nom": "MARTEL", "prenom": "Odile", "nationalite": "Française",
        "inscriptionRM": {"numeroIdentificationRM": "991 234 568 RM 69", "codeRM": "RM"}}});
    let judgment = json!("{\"nature\": \"Jugement d'ouverture de liquidation judiciaire\", \"date\": \"2026-09-01\"}");
    let mut body: Value = serde_json::from_str(&with_judgment(&judgment)).unwrap();
    body["results"][0]["listepersonnes"] = json!(persons.to_string());
    let page = read_bytes(KIND, body.to_string().as_bytes()).unwrap();
    assert!(page.mentions[0].subject.is_person);
    assert_eq!((page.mentions.len(), page.leftovers.len()), (1, 0));
}

#[test]
fn only_a_question_about_one_company_that_was_answered_whole_is_clean() {
    let request = first_request(KIND, &forges());
    assert_eq!(request.whom, [forges().client]);
    assert!(request.url.query().unwrap().contains("registre%3D%22991234568%22"), "{}", request.url);
    let ask =
        |body: &str| reader(KIND).read(&Answer { request: request.clone(), ..recorded(body.as_bytes()) }).unwrap();
    let page = ask(r#"{"total_count": 0, "results": []}"#);
    assert_eq!(page.mentions[0].fact, Fact::Clean { what: "procedures".to_owned() });
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), SIREN);
    let cut = ask(&String::from_utf8(fixture("bodacc/sale.json"))
        .unwrap()
        .replace("\"total_count\": 1", "\"total_count\": 300"));
    assert!(of_kind(&cut, "clean").is_empty(), "there are more pages");
    assert!(cut.next[0].url.query().unwrap().ends_with("offset=1"));
}

#[test]
fn past_ten_thousand_the_list_goes_on_by_date() {
    let first = first_request(KIND, &forges());
    let mut url = first.url.clone();
    let query = url.query().unwrap().replace("offset=0", "offset=9950");
    url.set_query(Some(&query));
    let body =
        String::from_utf8(fixture("bodacc/sale.json")).unwrap().replace("\"total_count\": 1", "\"total_count\": 12000");
    let page = reader(KIND).read(&Answer { request: Request { url, ..first }, ..recorded(body.as_bytes()) }).unwrap();
    let next = page.next[0].url.query().unwrap();
    assert!(next.contains("dateparution%3C%3Ddate%272026-03-12%27") && next.ends_with("offset=0"), "{next}");
    let refused = br#"{"message": "Invalid value for offset", "error_code": "InvalidRESTParameterError"}"#;
    assert!(matches!(reader(KIND).read(&Answer { status: 400, ..recorded(refused) }), Err(Misread::Refused(_))));
    assert!(matches!(read_bytes(KIND, refused), Err(Misread::Refused(_))));
}

#[test]
fn a_sale_of_the_business_leaves_the_procedure_open_and_a_closing_put_off_is_none() {
    let sale = judged("Jugement arrêtant un plan de cession", "dans la liquidation judiciaire");
    assert!(sale.0.is_none() && sale.1.is_empty());
    for nature in ["Jugement prorogeant le délai de clôture", "Jugement rejetant la demande de clôture"] {
        assert!(judged(nature, "").0.unwrap().closed_on.is_none(), "{nature}");
    }
    let again = judged("Jugement de réouverture après clôture de la procédure", "").0.unwrap();
    assert_eq!((again.status, again.closed_on), (Status::InsolventLiquidation, None));
}

#[test]
fn a_family_nobody_knows_and_a_list_without_a_count_are_not_clean() {
    let request = first_request(KIND, &forges());
    let ask = |body: &str| reader(KIND).read(&Answer { request: request.clone(), ..recorded(body.as_bytes()) });
    let odd = String::from_utf8(fixture("bodacc/sale.json")).unwrap().replace("\"vente\"", "\"mandat\"");
    assert!(of_kind(&ask(&odd).unwrap(), "clean").is_empty());
    for empty in ["[]", r#"{"results": []}"#, r#"{"total_count": 3, "results": []}"#] {
        assert!(matches!(ask(empty), Err(Misread::Quarantined(_))), "{empty}");
    }
}
