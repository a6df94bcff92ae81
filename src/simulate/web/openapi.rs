use std::sync::PoisonError;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Company, Web, has_credentials, hex_mark, iso, json as answer};
use crate::{
    domain::{Country, Identifier},
    simulate::{
        identity::fingerprint,
        records::{Procedure, Protest, Seizure},
    },
};

/// One search in so many is still pending the first time its state is asked for.
const PENDING_ONCE: u64 = 7;
/// One answer in so many is not ready the first time it is fetched.
const NOT_READY_ONCE: u64 = 9;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/openapi/IT-negativita", post(ask))
        .route("/openapi/IT-richiesta/{id}", get(state))
        .route("/openapi/IT-negativita/{id}/dettaglio", get(get_detail))
}

fn envelope(data: Value) -> Value {
    json!({"data": data, "success": true, "message": "", "error": null})
}

fn refuse(status: StatusCode, message: &str, code: u32) -> Response {
    answer(status, json!({"success": false, "message": message, "error": code, "data": null}))
}

fn unauthorised(headers: &HeaderMap) -> Option<Response> {
    let is_known = has_credentials(headers, "Bearer");
    (!is_known).then(|| refuse(StatusCode::UNAUTHORIZED, "Invalid token", 113))
}

async fn ask(State(web): State<Web>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = unauthorised(&headers) {
        return refusal;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(tax) = body["cf_piva"].as_str() else {
        return refuse(StatusCode::PRECONDITION_REQUIRED, "cf_piva required", 411);
    };
    let Ok(tax) = Identifier::tax(Country::IT, tax) else {
        return refuse(StatusCode::NOT_ACCEPTABLE, "cf_piva not valid", 412);
    };
    let id = hex_mark(tax.text().as_bytes(), 24);
    let request = request_state(&id, tax.text(), web.today(), false);
    web.world.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tax.text().to_owned());
    answer(StatusCode::OK, envelope(request))
}

/// What the service says of a request, whether done or waiting.
fn request_state(id: &str, tax: &str, day: i32, is_done: bool) -> Value {
    let at = |done: bool| if done { json!(format!("{} 06:00:00", iso(day))) } else { Value::Null };
    json!({
        "cf_piva": tax,
        "tipo": ["negativita"],
        "callback": null,
        "status": if is_done { "COMPLETED" } else { "PENDING" },
        "esito": if is_done { json!({"codice": 200, "info": "OK"}) } else { Value::Null },
        "timestamp": i64::from(day) * 86_400 + 21_600,
        "date_request": at(true),
        "date_completion": at(is_done),
        "owner": "demo@creditor.example",
        "id": id,
        "soggetto": null,
        "logo_pdf": null,
        "title_pdf": null,
        "text_pdf": null,
    })
}

/// The tax code behind an id that was given out.
fn asked(web: &Web, id: &str) -> Option<String> {
    web.world.asked.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
}

fn unknown(id: &str) -> Response {
    refuse(StatusCode::NOT_FOUND, &format!("no request matches this id: {id}"), 510)
}

async fn state(State(web): State<Web>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(refusal) = unauthorised(&headers) {
        return refusal;
    }
    match asked(&web, &id) {
        Some(tax) => {
            let is_early = fingerprint(&id).is_multiple_of(PENDING_ONCE) && web.is_first_time(&format!("pending {id}"));
            answer(StatusCode::OK, envelope(request_state(&id, &tax, web.today(), !is_early)))
        }
        None => unknown(&id),
    }
}

async fn get_detail(State(web): State<Web>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(refusal) = unauthorised(&headers) {
        return refusal;
    }
    let Some(tax) = asked(&web, &id) else { return unknown(&id) };
    if fingerprint(&id).is_multiple_of(NOT_READY_ONCE) && web.is_first_time(&id) {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "the request is still in PENDING status", 512);
    }
    answer(StatusCode::OK, detail(web.company(&tax), web.today()))
}

/// The detail of one company, or of a code that no company has: three lists, each null when there is nothing.
pub(super) fn detail(company: Option<&Company>, day: i32) -> Value {
    let Some(company) = company.filter(|company| company.identity.land.code() == "IT") else {
        return envelope(json!({
            "presenzaPregiudizievoli": false, "pregiudizievoli": null,
            "presenzaProcedure": false, "procedure": null,
            "presenzaProtesti": false, "protesti": null,
        }));
    };
    let records = &company.records;
    let seizures: Vec<Value> =
        records.seizures.iter().filter(|s| s.told_on <= day).map(|s| seizure(company, s)).collect();
    let told = records.procedures.iter().enumerate().filter(|(_, p)| p.told_on <= day);
    let mut procedures: Vec<Value> = told.map(|(place, p)| procedure(company, place, p, day)).collect();
    procedures.reverse();
    let standing = |p: &&Protest| p.told_on <= day && p.cancelled.is_none_or(|on| on > day);
    let titles: Vec<Value> = records.protests.iter().filter(standing).map(|p| title(company, p, day)).collect();
    let protests = if titles.is_empty() { Vec::new() } else { vec![debtor(company, titles)] };
    let or_null = |list: Vec<Value>| if list.is_empty() { Value::Null } else { Value::Array(list) };
    envelope(json!({
        "presenzaPregiudizievoli": !seizures.is_empty(),
        "pregiudizievoli": or_null(seizures),
        "presenzaProcedure": !procedures.is_empty(),
        "procedure": or_null(procedures),
        "presenzaProtesti": !protests.is_empty(),
        "protesti": or_null(protests),
    }))
}

fn debtor(company: &Company, titles: Vec<Value>) -> Value {
    let who = &company.identity;
    json!({
        "identificativo_protesto": company.records.protests.first().map(|p| p.serial),
        "denominazione": who.name.to_uppercase(),
        "codice_fiscale": who.tax,
        "data_nascita": null,
        "provincia_nascita": null,
        "luogo_nascita": null,
        "codice_comune_nascita": null,
        "codice_istat_comune_nascita": null,
        "stato_nascita": null,
        "codice_stato_nascita": null,
        "indirizzo_residenza": {
            "denominazione": who.street.to_uppercase(),
            "cap": who.postal_code,
            "codice_comune": who.town.cadastre,
            "codice_comune_istat": null,
            "comune": who.town.name.to_uppercase(),
            "frazione": null,
            "provincia": who.town.region,
            "altre_indicazioni": null,
            "codice_stato_estero": null,
            "stato_estero": null,
        },
        "effetti": titles,
    })
}

fn title(company: &Company, protest: &Protest, day: i32) -> Value {
    let town = company.identity.town;
    let is_annotated = protest.annotated.is_some_and(|on| on <= day);
    let (kind, letter) = if protest.is_cheque { ("ASSEGNO", "A") } else { ("CAMBIALE", "C") };
    json!({
        "cciaa": town.region,
        "data_iscrizione": iso(protest.told_on),
        "data_levata": iso(protest.raised),
        "provincia_levata": town.region,
        "comune_levata": town.name.to_uppercase(),
        "codice_comune_levata": town.cadastre,
        "codice_istat_comune_levata": null,
        "data_scadenza": iso(protest.due),
        "tipo_scadenza": null,
        "codice_tipo_scadenza": null,
        "tipo_effetto": kind,
        "codice_tipo_effetto": letter,
        "importo": protest.cents / 100,
        "motivo_rifiuto_pagamento": refusal_words(protest.code),
        "codice_motivo_rifiuto_pagamento": format!("{letter}{}", protest.code),
        "stato_effetto": if is_annotated { "ANNOTATO" } else { "NORMALE" },
        "codice_stato_effetto": if is_annotated { "A" } else { "N" },
        "informazione_legata_effetto": null,
        "codice_informazione_legata_effetto": null,
        "informazione": null,
    })
}

/// Circular MICA 3512/C, in short.
pub(super) fn refusal_words(code: &str) -> &'static str {
    match code {
        "C1" => "Il debitore e' sottoposto a procedura concorsuale",
        "M1" => "Il domiciliatario non paga per mancanza di istruzioni",
        "M2" => "Il domiciliatario non paga per mancanza di fondi",
        "B1" => "L'emittente prendera' accordi",
        "G2" => "Il debitore si e' trasferito",
        "H1" => "Il debitore e' sconosciuto all'indirizzo",
        "A1" => "Respinge per contestazioni",
        "D2" => "Il debitore afferma di avere gia' pagato",
        "E1" => "Firma falsa",
        "E3" => "Titolo irregolare",
        "F1" => "Truffa: presentata denuncia",
        _ => "Altri motivi",
    }
}

fn procedure(company: &Company, place: usize, procedure: &Procedure, day: i32) -> Value {
    let who = &company.identity;
    let reached = |on: Option<i32>| on.filter(|on| *on <= day).map(iso);
    let (form_code, form_words) = match who.form {
        "S.p.A." => ("SP", "SOCIETA' PER AZIONI"),
        "S.r.l." => ("SR", "SOCIETA' A RESPONSABILITA' LIMITATA"),
        "S.n.c." => ("SN", "SOCIETA' IN NOME COLLETTIVO"),
        "S.a.s." => ("AS", "SOCIETA' IN ACCOMANDITA SEMPLICE"),
        _ => ("DI", "IMPRESA INDIVIDUALE"),
    };
    json!({
        "identificativo_procedura": (3_900_000 + who.fingerprint() % 90_000 + place as u64).to_string(),
        "cciaa": who.town.region,
        "numero_rea": (100_000 + who.fingerprint() % 800_000).to_string(),
        "progressivo_procedura": place + 1,
        "domanda_ammissione_concordato": procedure.code == "CP",
        "accordo_ristrutturazione_debiti": false,
        "codice_procedura": procedure.code,
        "descrizione_procedura": procedure.words,
        "codice_natura_giuridica": form_code,
        "natura_giuridica": form_words,
        "data_provvedimento": iso(procedure.opened),
        "data_chiusura": reached(procedure.closed),
        "data_revoca": reached(procedure.revoked),
        "data_esecuzione": null,
        "data_omologa": null,
        "data_caricamento": iso(procedure.told_on),
        "denominazione": who.name.to_uppercase(),
        "codice_fiscale": who.tax,
        "codice_comune_tribunale": null,
        // Empty for some and null for others, as in the wild.
        "tribunale": if place.is_multiple_of(2) { json!("") } else { Value::Null },
        "provincia_tribunale": null,
        "riferimento_sentenza": "",
        "commento": null,
    })
}

fn seizure(company: &Company, seizure: &Seizure) -> Value {
    json!({
        "pregiudizievole": seizure.words,
        "codice_ministeriale": null,
        "importo_capitale": seizure.cents / 100,
        "importo_iscritto": seizure.cents / 100 * 3 / 2,
        "conservatoria": company.identity.town.name.to_uppercase(),
        "data_registrazione": iso(seizure.registered),
        "contro": [{"denominazione": company.identity.name.to_uppercase(), "codice_fiscale": company.identity.tax}],
        "favore": null,
        "immobili": null,
        "cancellata": false,
    })
}
