//! BODACC as Opendatasoft serves it: the present interface and the one before, JSON inside texts, and the ways in which its
//! texts are broken.

use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{
    Company, Web, french,
    french::{Announced, Notice},
    iso, json as answer_of, pairs, values,
};
use crate::domain::day_of_number;

/// The interface goes no further into a list.
const MAX_REACH: usize = 10_000;
/// One filed account in so many is broken JSON.
const BROKEN: u64 = 23;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/bodacc/api/explore/v2.1/catalog/datasets/annonces-commerciales/records", get(records))
        .route("/bodacc/api/records/1.0/search/", get(old_records))
}

/// The SIREN in `registre="552032534"`, or in `registre:552032534` of the interface before.
fn siren_in(filter: &str) -> Option<String> {
    let after = filter.split_once("registre=\"").or_else(|| filter.split_once("registre:"))?.1;
    let siren: String = after.chars().take_while(char::is_ascii_digit).collect();
    (!siren.is_empty()).then_some(siren)
}

/// The last day that is asked for.
fn until_in(filter: &str) -> Option<i32> {
    let day = filter.split_once("dateparution<=date'")?.1.get(..10)?;
    day.parse().ok().map(crate::domain::day_number)
}

fn refuse(message: &str) -> Response {
    answer_of(StatusCode::BAD_REQUEST, json!({"message": message, "error_code": "ODSQLError"}))
}

async fn records(State(web): State<Web>, RawQuery(query): RawQuery) -> Response {
    let pairs = pairs(query.as_deref());
    let number = |name: &str, default: usize| match values(&pairs, name).first() {
        None => Some(default),
        Some(text) => text.parse().ok(),
    };
    let (Some(limit), Some(offset)) = (number("limit", 10), number("offset", 0)) else {
        return refuse("limit and offset must be numbers");
    };
    if limit > 100 || offset + limit > MAX_REACH {
        return refuse("Invalid value for limit or offset: limit + offset must be at most 10000");
    }
    let filter = values(&pairs, "where").first().copied().unwrap_or_default();
    let Some(siren) = siren_in(filter) else { return refuse("ODSQL query is malformed") };
    let all = fields(&web, &siren, until_in(filter), false);
    let page: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
    answer_of(StatusCode::OK, json!({"total_count": all.len(), "results": page}))
}

async fn old_records(State(web): State<Web>, RawQuery(query): RawQuery) -> Response {
    let pairs = pairs(query.as_deref());
    let question = values(&pairs, "q").first().copied().unwrap_or_default();
    let all = siren_in(question).map(|siren| fields(&web, &siren, None, true)).unwrap_or_default();
    let records: Vec<Value> = all
        .iter()
        .map(|fields| {
            let stamp = format!("{}T05:05:00Z", fields["dateparution"].as_str().unwrap_or_default());
            let id = super::hex_mark(fields["id"].to_string().as_bytes(), 40);
            json!({"datasetid": "annonces-commerciales", "recordid": id, "fields": fields, "record_timestamp": stamp})
        })
        .collect();
    let parameters =
        json!({"dataset": ["annonces-commerciales"], "q": question, "rows": 10, "start": 0, "format": "json"});
    answer_of(StatusCode::OK, json!({"nhits": records.len(), "parameters": parameters, "records": records}))
}

/// What can be read about a company, newest first.
fn fields(web: &Web, siren: &str, until: Option<i32>, is_old: bool) -> Vec<Value> {
    let Some(company) = web.company(siren) else { return Vec::new() };
    let until = until.map_or(web.today(), |until| until.min(web.today()));
    list(company, web.opening(), until, is_old)
}

/// The announcements about one company that can be read on a day.
pub(super) fn list(company: &Company, opening: i32, day: i32, is_old: bool) -> Vec<Value> {
    french::told(company, opening, day).iter().map(|a| announcement(company, opening, a, is_old)).collect()
}

/// Letter, issue and number, which together are the id.
fn named(company: &Company, announced: &Announced) -> (&'static str, String, u64) {
    let letter = match announced.notice {
        Notice::Accounts => "C",
        Notice::StruckOff => "B",
        _ => "A",
    };
    let date = day_of_number(announced.told_on);
    let issue = format!("{}{:04}", date.year(), date.day_of_year());
    (letter, issue, 100 + company.identity.fingerprint() % 9_000 + announced.place)
}

fn announcement(company: &Company, opening: i32, announced: &Announced, is_old: bool) -> Value {
    let who = &company.identity;
    let siren = who.registry.as_deref().unwrap_or_default();
    let (letter, issue, number) = named(company, announced);
    let (family, family_words) = match announced.notice {
        Notice::Accounts => ("dpc", "Dépôts des comptes"),
        Notice::StruckOff => ("radiation", "Radiations"),
        Notice::Sale => ("vente", "Ventes et cessions"),
        _ => ("collective", "Procédures collectives"),
    };
    let (kind, kind_words) = match announced.notice {
        Notice::Rectification => ("annulation", "Annulation"),
        _ => ("annonce", "Avis initial"),
    };
    let id = format!("{letter}{issue}{number}");
    let mut numbers = vec![french::spaced(siren), siren.to_owned()];
    if announced.notice == Notice::Sale {
        // The buyer stands beside the seller.
        numbers.extend(["999 000 003".to_owned(), "999000003".to_owned()]);
    }
    let registre = if is_old { json!(numbers.join(",")) } else { json!(numbers) };
    json!({
        "id": id,
        "publicationavis": letter,
        "publicationavis_facette": format!("Bodacc {letter}"),
        "parution": issue,
        "dateparution": iso(announced.told_on),
        "numeroannonce": number,
        "typeavis": kind,
        "typeavis_lib": kind_words,
        "familleavis": family,
        "familleavis_lib": family_words,
        "numerodepartement": who.town.post.get(..2).unwrap_or_default(),
        "departement_nom_officiel": who.town.region,
        "region_code": 84,
        "region_nom_officiel": "Auvergne-Rhône-Alpes",
        "tribunal": format!("TRIBUNAL DE COMMERCE DE {}", who.town.name.to_uppercase()),
        "commercant": who.name.to_uppercase(),
        "ville": who.town.name,
        "registre": registre,
        "cp": who.postal_code,
        "listepersonnes": persons(company, announced),
        "jugement": judgment(company, announced),
        "depot": deposit(company, announced),
        "radiationaurcs": struck_off(announced),
        "parutionavisprecedent": precedent(company, opening, announced),
        "divers": null,
        "acte": null,
        "modificationsgenerales": null,
        "listeetablissements": null,
        "listeprecedentexploitant": null,
        "listeprecedentproprietaire": null,
        "ispdf_unitaire": "oui",
        "pdf_parution_subfolder": 1,
        "url_complete": format!("https://www.bodacc.example/annonce/{id}"),
    })
}

/// The parties, as JSON inside a text: one is an object, two are a list.
fn persons(company: &Company, announced: &Announced) -> Value {
    let who = &company.identity;
    let siren = who.registry.as_deref().unwrap_or_default();
    let person = json!({
        "typePersonne": "pm",
        "denomination": who.name.to_uppercase(),
        "formeJuridique": "Société par actions simplifiée",
        "numeroImmatriculation": {
            "numeroIdentification": french::spaced(siren), "codeRCS": "RCS", "nomGreffeImmat": who.town.name,
        },
        "adresseSiegeSocial": {"nomVoie": who.street, "codePostal": who.postal_code, "ville": who.town.name, "pays": "france"},
    });
    let buyer = json!({
        "typePersonne": "pm",
        "denomination": "REPRISES DU MIDI",
        "numeroImmatriculation": {"numeroIdentification": "999 000 003", "codeRCS": "RCS", "nomGreffeImmat": "Lyon"},
    });
    let list = if announced.notice == Notice::Sale { json!([person, buyer]) } else { person };
    json!(json!({ "personne": list }).to_string())
}

/// A judgment, as JSON inside a text. Its day is written in words for some, and its accents are broken for others.
fn judgment(company: &Company, announced: &Announced) -> Value {
    let mark = company.identity.fingerprint();
    let (family, nature, complement) = match announced.notice {
        Notice::Liquidation | Notice::Rectification => (
            "Jugement d'ouverture",
            "Jugement d'ouverture de liquidation judiciaire",
            "Jugement prononçant la liquidation judiciaire",
        ),
        Notice::Redressement => (
            "Jugement d'ouverture",
            "Jugement d'ouverture d'une procédure de redressement judiciaire",
            "Ouverture du redressement judiciaire",
        ),
        Notice::Sauvegarde => {
            ("Jugement d'ouverture", "Jugement d'ouverture d'une procédure de sauvegarde", "Ouverture de la sauvegarde")
        }
        Notice::Conversion => ("Jugement prononçant", "Jugement de conversion en redressement judiciaire", ""),
        Notice::Closure => (
            "Jugement de clôture",
            "Jugement de clôture pour insuffisance d'actif",
            "Clôture de la liquidation judiciaire",
        ),
        Notice::StruckOff | Notice::Accounts | Notice::Sale => return Value::Null,
    };
    let day = match mark % 3 {
        0 => french_day(announced.decided_on),
        1 => {
            let date = day_of_number(announced.decided_on);
            format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
        }
        _ => iso(announced.decided_on),
    };
    let text = json!({
        "type": "initial", "famille": family, "nature": nature, "date": day, "complementJugement": complement,
    });
    let text = text.to_string();
    // UTF-8 read once as Latin letters, and written again.
    json!(if mark % 5 == 1 { text.bytes().map(char::from).collect() } else { text })
}

/// `1er janvier 2020`, with blanks that do not break.
fn french_day(day: i32) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let date = day_of_number(day);
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    let number = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{number}\u{a0}{}\u{a0}{}", MONTHS[month], date.year())
}

fn deposit(company: &Company, announced: &Announced) -> Value {
    if announced.notice != Notice::Accounts {
        return Value::Null;
    }
    let text =
        json!({"dateCloture": iso(announced.decided_on - 150), "typeDepot": "Comptes annuels et rapports"}).to_string();
    let is_broken = (company.identity.fingerprint() + announced.place).is_multiple_of(BROKEN);
    json!(if is_broken { text.trim_end_matches('}').to_owned() } else { text })
}

fn struck_off(announced: &Announced) -> Value {
    let is_end = announced.notice == Notice::StruckOff;
    if is_end {
        json!(json!({"radiationPM": {"dateCessationActivitePM": iso(announced.decided_on)}}).to_string())
    } else {
        Value::Null
    }
}

/// Which announcement this one takes back.
fn precedent(company: &Company, opening: i32, announced: &Announced) -> Value {
    let before = french::announcements(company, opening);
    let wrong = before.iter().find(|a| a.notice == Notice::Liquidation && a.told_on < announced.told_on);
    match wrong.filter(|_| announced.notice == Notice::Rectification) {
        Some(wrong) => {
            let (letter, issue, number) = named(company, wrong);
            let text = json!({
                "nomPublication": format!("BODACC {letter}"), "numeroParution": issue, "numeroAnnonce": number,
                "dateParution": iso(wrong.told_on),
            });
            json!(text.to_string())
        }
        None => Value::Null,
    }
}
