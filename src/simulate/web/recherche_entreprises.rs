//! The open search over the French registers.

use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{Company, Web, french, iso, json as answer_of, pairs, values};

/// One company in so many has no open establishment.
const ASLEEP: u64 = 41;
/// One in so many asked not to be shown.
const HIDDEN: u64 = 67;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/recherche-entreprises/search", get(search))
}

async fn search(State(web): State<Web>, RawQuery(query): RawQuery) -> Response {
    let pairs = pairs(query.as_deref());
    let question = values(&pairs, "q").first().copied().unwrap_or_default();
    if question.len() < 3 {
        return answer_of(
            StatusCode::BAD_REQUEST,
            json!({"erreur": "3 caractères minimum pour les termes de la requête"}),
        );
    }
    let company = web.company(question).filter(|company| company.identity.land.code() == "FR");
    answer_of(StatusCode::OK, page(company, web.opening(), web.today()))
}

/// The answer about one company, or about a number that nobody has.
pub(super) fn page(company: Option<&Company>, opening: i32, day: i32) -> Value {
    let results: Vec<Value> = company.map(|company| result(company, opening, day)).into_iter().collect();
    let n = results.len();
    json!({"results": results, "total_results": n, "page": 1, "per_page": 1, "total_pages": n})
}

fn result(company: &Company, opening: i32, day: i32) -> Value {
    let who = &company.identity;
    let siren = who.registry.as_deref().unwrap_or_default();
    let mark = who.fingerprint();
    let ended = french::struck_off_on(company, opening, day);
    let is_hidden = mark.is_multiple_of(HIDDEN);
    let n_open = if ended.is_some() || mark.is_multiple_of(ASLEEP) { 0 } else { 1 + mark % 4 };
    let role = if ended.is_some() { "Liquidateur" } else { "Président de SAS" };
    let name = if is_hidden { Value::Null } else { json!(who.name.to_uppercase()) };
    let address = format!("{} {} {}", who.street, who.postal_code, who.town.name).to_uppercase();
    let activity = format!("{}Z", who.nace);
    json!({
        "siren": siren,
        "nom_complet": name,
        "nom_raison_sociale": name,
        "sigle": null,
        "nombre_etablissements": n_open + 1,
        "nombre_etablissements_ouverts": n_open,
        "siege": {
            "siret": format!("{siren}00014"),
            "etat_administratif": if ended.is_some() { "F" } else { "A" },
            "adresse": if is_hidden { Value::Null } else { json!(address) },
            "code_postal": who.postal_code,
            "libelle_commune": who.town.name.to_uppercase(),
            "date_fermeture": ended.map(iso),
            "statut_diffusion_etablissement": if is_hidden { "P" } else { "O" },
        },
        "activite_principale": activity,
        "activite_principale_naf25": null,
        "section_activite_principale": "C",
        "categorie_entreprise": "PME",
        "nature_juridique": "5710",
        "etat_administratif": if ended.is_some() { "C" } else { "A" },
        "date_creation": iso(8_000 + i32::try_from(mark % 8_000).unwrap_or(0)),
        "date_fermeture": ended.map(iso),
        "date_mise_a_jour": format!("{}T09:14:18", iso(day)),
        "dirigeants": [{
            "nom": "MARTEL", "prenoms": "ODILE", "annee_de_naissance": "1971", "date_de_naissance": "1971-03",
            "qualite": role, "nationalite": null, "type_dirigeant": "personne physique",
        }],
        "immatriculation": {"date_immatriculation": iso(8_100), "date_radiation": ended.map(iso), "capital_social": 1000},
        "finances": {"2024": {"ca": 100 * (mark % 90_000), "resultat_net": mark % 90_000}},
        "complements": {"est_ess": false, "est_bio": false},
        "tranche_effectif_salarie": "12",
        "statut_diffusion": if is_hidden { "P" } else { "O" },
        "matching_etablissements": [],
    })
}
