//! Oracle: the interface's own description.

use vedetta::{
    collect::{Answer, Misread},
    domain::Status,
};

use super::{SIREN, first_request, fixture, forges, of_kind, read, read_bytes, reader, recorded, statuses};

const KIND: &str = "recherche-entreprises";

/// The active company with one thing changed.
fn changed(from: &str, to: &str) -> vedetta::collect::Page {
    let body = String::from_utf8(fixture("recherche_entreprises/active.json")).unwrap();
    assert!(body.contains(from), "{from}");
    read_bytes(KIND, body.replace(from, to).as_bytes()).unwrap()
}

#[test]
fn a_company_is_active_by_its_letter_and_nothing_is_kept_of_its_officers() {
    let page = read(KIND, "recherche_entreprises/active.json");
    assert_eq!(statuses(&page)[0].status, Status::Active);
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), SIREN);
    assert_eq!(page.mentions[0].subject.sector.unwrap().to_string(), "25.50");
    assert_eq!((of_kind(&page, "identity").len(), page.leftovers.len()), (2, 0));
    assert!(!format!("{page:?}").contains("MARTEL"));
}

#[test]
fn a_ceased_company_with_a_liquidator_is_ceased() {
    let page = read(KIND, "recherche_entreprises/ceased.json");
    let told = statuses(&page);
    assert_eq!((told.len(), told[0].status), (1, Status::Ceased));
    assert_eq!(page.mentions[0].valid_at.to_string(), "2026-03-31");
    assert!(told[0].procedure.as_ref().unwrap().words.contains("liquidateur"));
}

#[test]
fn a_liquidator_in_a_living_company_winds_it_up() {
    let page = changed("Président de SAS", "Liquidateur");
    assert_eq!(statuses(&page)[0].status, Status::VoluntaryLiquidation);
}

#[test]
fn an_active_company_without_an_open_establishment_is_asleep() {
    let page = changed("\"nombre_etablissements_ouverts\": 1", "\"nombre_etablissements_ouverts\": 0");
    assert_eq!(statuses(&page)[0].status, Status::Dormant);
}

#[test]
fn who_asked_not_to_be_shown_is_unknown() {
    let page = changed("\"statut_diffusion\": \"O\"", "\"statut_diffusion\": \"P\"");
    assert_eq!(statuses(&page)[0].status, Status::Unknown);
    assert!(of_kind(&page, "identity").is_empty());
}

#[test]
fn an_unknown_letter_is_a_leftover() {
    let page = changed("\"etat_administratif\": \"A\"", "\"etat_administratif\": \"Z\"");
    assert_eq!((statuses(&page)[0].status, page.leftovers.len()), (Status::Unknown, 1));
}

#[test]
fn empty_results_are_unknown_and_never_clean() {
    let request = first_request(KIND, &forges());
    assert_eq!(request.url.query(), Some(format!("q={SIREN}&page=1&per_page=1").as_str()));
    assert_eq!(request.whom, [forges().client]);
    let empty = br#"{"results": [], "total_results": 0, "page": 1, "per_page": 1, "total_pages": 0}"#;
    let page = reader(KIND).read(&Answer { request, ..recorded(empty) }).unwrap();
    assert_eq!(statuses(&page)[0].status, Status::Unknown);
    assert_eq!(page.mentions[0].subject.identifiers[0].text(), SIREN);
}

#[test]
fn too_many_requests_is_not_now() {
    let busy = reader(KIND).read(&Answer { status: 429, ..recorded(b"{}") });
    assert!(matches!(busy, Err(Misread::NotNow(_))));
    let wrong = reader(KIND).read(&Answer { status: 400, ..recorded(br#"{"erreur": "3 caracteres minimum"}"#) });
    assert!(matches!(wrong, Err(Misread::Refused(_))));
}
