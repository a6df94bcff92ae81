//! The chambers' services: the register of protests, the search for companies and the extract, as XML. The extract is in
//! windows-1252; a repeated element comes once or many times; an error comes with HTTP 200.

use std::fmt::Write as _;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use encoding_rs::WINDOWS_1252;

use super::{
    Company, Web, feeds::escape, has_credentials, openapi::refusal_words, pairs, protests::italian_date, values,
};
use crate::{
    domain::day_of_number,
    simulate::records::{Procedure, Protest},
};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/infocamere/protesti/ricerca/codicefiscale", get(search))
        .route("/infocamere/protesti/visura", get(detail))
        .route("/infocamere/registroimprese/imprese/ricerca/partitaiva", get(companies))
        .route("/infocamere/registroimprese/output/impresa/blocchi/nrea/xml", get(get_extract))
}

/// An answer in the charset that its declaration names.
fn xml(text: &str, charset: &str) -> Response {
    let declared = format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>\n{text}");
    let body = WINDOWS_1252.encode(&declared).0.into_owned();
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

fn refused(headers: &HeaderMap) -> Option<Response> {
    let is_known = has_credentials(headers, "Basic");
    (!is_known).then(|| (StatusCode::UNAUTHORIZED, "Unauthorized").into_response())
}

fn parameter(query: Option<&str>, name: &str) -> String {
    values(&pairs(query), name).first().map(|text| text.trim().to_uppercase()).unwrap_or_default()
}

fn italian<'a>(web: &'a Web, number: &str) -> Option<&'a Company> {
    web.company(number).filter(|company| company.identity.land.code() == "IT")
}

/// `20260719`.
fn joined(day: i32) -> String {
    let date = day_of_number(day);
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn reply(n_found: usize, day: i32, inside: &str) -> String {
    format!(
        "<Risposta>\n<Testata><Riepilogo><RichiestaInput>ricerca</RichiestaInput><FormatoDocumentoAllegato>XML\
         </FormatoDocumentoAllegato><NumeroPosizioni>{n_found}</NumeroPosizioni><IdRichiesta>1</IdRichiesta>\
         <DtEstrazione>{}</DtEstrazione><OraEstrazione>060000</OraEstrazione></Riepilogo>\
         <RecordAccount>DEMO</RecordAccount></Testata>\n{inside}</Risposta>\n",
        joined(day)
    )
}

/// The protests of a company that stand on a day.
fn standing(company: &Company, day: i32) -> Vec<&Protest> {
    let stands = |p: &&Protest| p.told_on <= day && p.cancelled.is_none_or(|on| on > day);
    company.records.protests.iter().filter(stands).collect()
}

async fn search(State(web): State<Web>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&headers) {
        return refusal;
    }
    let tax = parameter(query.as_deref(), "codiceFiscale");
    if tax.is_empty() {
        let error = "<Risposta><Testata><Messaggio><CodiceErrore>0101</CodiceErrore><DescrizioneErrore>CODICE FISCALE \
                     OBBLIGATORIO</DescrizioneErrore><GravitaErrore>E</GravitaErrore></Messaggio></Testata></Risposta>";
        return xml(error, "ISO-8859-1");
    }
    let found = italian(&web, &tax).filter(|company| !standing(company, web.today()).is_empty());
    xml(&search_page(found, web.today()), "ISO-8859-1")
}

fn search_page(found: Option<&Company>, day: i32) -> String {
    let list = found.map(|company| format!("<ListaAnagrafiche>{}</ListaAnagrafiche>\n", debtor(company)));
    reply(usize::from(found.is_some()), day, list.as_deref().unwrap_or("<ListaAnagrafiche/>\n"))
}

/// The key of a debtor in the register.
fn key(company: &Company) -> String {
    format!("{:09}", company.identity.fingerprint() % 1_000_000_000)
}

fn debtor(company: &Company) -> String {
    let who = &company.identity;
    format!(
        "<AnagraficaNominativo><ProgressivoAnagrafica>1</ProgressivoAnagrafica><KAnagrafica>{}</KAnagrafica>\
         <Fonte>RP</Fonte><Nominativo>{}</Nominativo><CodFisc>{}</CodFisc><SglPrvRes>{region}</SglPrvRes>\
         <DescPrvRes>{region}</DescPrvRes><CodComRes>{}</CodComRes><DescComRes>{}</DescComRes>\
         <IndirizzoRes>{}</IndirizzoRes></AnagraficaNominativo>",
        key(company),
        escape(&who.name.to_uppercase()),
        who.tax.as_deref().unwrap_or_default(),
        who.town.cadastre,
        escape(&who.town.name.to_uppercase()),
        escape(&who.street.to_uppercase()),
        region = who.town.region,
    )
}

async fn detail(State(web): State<Web>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&headers) {
        return refusal;
    }
    let wanted = parameter(query.as_deref(), "kAnagrafica");
    let mut companies = web.every_company().filter(|company| company.identity.land.code() == "IT");
    match companies.find(|company| key(company) == wanted) {
        Some(company) => xml(&detail_page(company, web.today()), "ISO-8859-1"),
        None => (StatusCode::NOT_FOUND, "Not Found").into_response(),
    }
}

/// The papers of one debtor.
pub(super) fn detail_page(company: &Company, day: i32) -> String {
    let mut inside = format!("<VisuraEffetto>\n{}\n", debtor(company));
    for protest in standing(company, day) {
        inside.push_str(&paper(company, protest, day));
    }
    inside.push_str("</VisuraEffetto>\n");
    reply(1, day, &inside)
}

fn paper(company: &Company, protest: &Protest, day: i32) -> String {
    let town = company.identity.town;
    let (kind, letter) = if protest.is_cheque { ("ASSEGNO", "A") } else { ("CAMBIALE", "C") };
    let is_annotated = protest.annotated.is_some_and(|on| on <= day);
    let (state, state_letter) = if is_annotated { ("ANNOTATO", "A") } else { ("NORMALE", "N") };
    format!(
        "<RegistroProtesti><DatiRegistroProtesti><CciaaPubblicazione>{region}</CciaaPubblicazione>\
         <DtIscrRegistro>{}</DtIscrRegistro></DatiRegistroProtesti><InformazioniEffetto><DtLevata>{}</DtLevata>\
         <SglPrvLevata>{region}</SglPrvLevata><DescPrvLevata>{region}</DescPrvLevata><CodComLevata>{}</CodComLevata>\
         <DescComLevata>{}</DescComLevata><DtScadenzaEffetto>{}</DtScadenzaEffetto><CodTipoEffetto>{letter}\
         </CodTipoEffetto><DescTipoEffetto>{kind}</DescTipoEffetto><ImportoValutaLevata>{}</ImportoValutaLevata>\
         <CodValutaLevata>EUR</CodValutaLevata><DescValutaLevata>EURO</DescValutaLevata><CodMancatoPagRepr>{letter}{}\
         </CodMancatoPagRepr><DescMancatoPagRepr>{}</DescMancatoPagRepr><CodStatoEffetto>{state_letter}\
         </CodStatoEffetto><DescStatoEffetto>{state}</DescStatoEffetto><NRepertorio>{}</NRepertorio>\
         </InformazioniEffetto></RegistroProtesti>\n",
        joined(protest.told_on),
        joined(protest.raised),
        town.cadastre,
        town.name.to_uppercase(),
        joined(protest.due),
        protest.cents / 100,
        protest.code,
        escape(refusal_words(protest.code)),
        protest.serial % 100_000,
        region = town.region,
    )
}

/// The number in the register of the chamber.
fn rea(company: &Company) -> u64 {
    100_000 + company.identity.fingerprint() % 800_000
}

async fn companies(State(web): State<Web>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&headers) {
        return refusal;
    }
    let found = italian(&web, &parameter(query.as_deref(), "partitaIva"));
    let list = found.map(|company| {
        let who = &company.identity;
        let tax = who.tax.as_deref().unwrap_or_default();
        format!(
            "<ListaImpreseRI><Impresa><ProgressivoImpresa>1</ProgressivoImpresa><AnagraficaImpresa><Cciaa>{}</Cciaa>\
             <NRea>{}</NRea><Denominazione>{}</Denominazione><CodFisc>{tax}</CodFisc><PIva>{tax}</PIva>\
             <StatoAttivita>A</StatoAttivita><DescStatoAttivita>ATTIVA</DescStatoAttivita>\
             <StatoAttivitaReg>A</StatoAttivitaReg><DescStatoAttivitaReg>ATTIVA</DescStatoAttivitaReg>\
             </AnagraficaImpresa></Impresa></ListaImpreseRI>\n",
            who.town.region,
            rea(company),
            escape(&who.name.to_uppercase()),
        )
    });
    let n_found = usize::from(list.is_some());
    xml(&reply(n_found, web.today(), list.as_deref().unwrap_or("")), "ISO-8859-1")
}

async fn get_extract(State(web): State<Web>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refusal) = refused(&headers) {
        return refusal;
    }
    let (chamber, number) = (parameter(query.as_deref(), "cciaa"), parameter(query.as_deref(), "nRea"));
    let mut companies = web.every_company().filter(|company| company.identity.land.code() == "IT");
    let is_wanted = |c: &&Company| c.identity.town.region == chamber && rea(c).to_string() == number;
    match companies.find(is_wanted) {
        Some(company) => xml(&extract(company, web.today()), "windows-1252"),
        None => (StatusCode::NOT_FOUND, "Not Found").into_response(),
    }
}

/// The extract of one company, as of a day. The register says "attiva" while a procedure is open.
pub(super) fn extract(company: &Company, day: i32) -> String {
    let who = &company.identity;
    let tax = who.tax.as_deref().unwrap_or_default();
    let told: Vec<&Procedure> = company.records.procedures.iter().filter(|p| p.told_on <= day).collect();
    let mut kinds = String::new();
    let mut entries = String::new();
    for procedure in &told {
        let reached = |on: Option<i32>| on.filter(|on| *on <= day);
        if reached(procedure.closed).or(reached(procedure.revoked)).is_none() {
            let kind = format!(
                "<tipo-procedura-concorsuale c-tipo=\"{}\">{}</tipo-procedura-concorsuale>",
                procedure.code, procedure.words
            );
            kinds.push_str(&kind);
        }
        entries.push_str(&entry(procedure, reached(procedure.closed), reached(procedure.revoked)));
    }
    let kinds = if kinds.is_empty() {
        kinds
    } else {
        format!("<tipi-procedure-concorsuali>{kinds}</tipi-procedure-concorsuali>")
    };
    let presence = if told.is_empty() { "N" } else { "S" };
    format!(
        "<blocchi-impresa>\n<dati-identificativi c-fonte=\"RI\" fonte=\"Registro Imprese\" tipo-soggetto=\"I\" \
         denominazione=\"{}\" c-fiscale=\"{tax}\" partita-iva=\"{tax}\" cciaa=\"{}\" n-rea=\"{}\" \
         dt-iscrizione-ri=\"29/11/1999\">\n<stato-attivita c=\"A\">ATTIVA</stato-attivita>\n{kinds}\
         <forma-giuridica c=\"SR\">SOCIETA' A RESPONSABILITA' LIMITATA</forma-giuridica>\n\
         <indirizzo-localizzazione cap=\"{}\" comune=\"{}\" provincia=\"{}\" via=\"{}\"/>\n</dati-identificativi>\n\
         <info-attivita><attivita-prevalente>Attività manifatturiera, lavorazioni conto terzi</attivita-prevalente>\
         <classificazioni-ateco c-codifica=\"20072025\"><classificazione-ateco c-attivita=\"{}\" c-importanza=\"P\"/>\
         </classificazioni-ateco></info-attivita>\n<procedure-concorsuali f-presenza-info=\"{presence}\">{entries}\
         </procedure-concorsuali>\n<cancellazione-trasferimento/>\n</blocchi-impresa>\n",
        escape(&who.name.to_uppercase()),
        who.town.region,
        rea(company),
        who.postal_code,
        who.town.name.to_uppercase(),
        who.town.region,
        escape(&who.street.to_uppercase()),
        who.nace,
    )
}

fn entry(procedure: &Procedure, closed: Option<i32>, revoked: Option<i32>) -> String {
    let mut entry = format!(
        "<procedura-concorsuale c-tipo=\"{}\" tipo=\"{}\" dt-iscrizione-procedura=\"{}\" dt-provvedimento=\"{}\"",
        procedure.code,
        procedure.words,
        italian_date(procedure.told_on),
        italian_date(procedure.opened),
    );
    for (name, on) in [("dt-chiusura", closed), ("dt-revoca", revoked)] {
        if let Some(on) = on {
            let written = write!(entry, " {name}=\"{}\"", italian_date(on));
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    entry.push_str("/>");
    entry
}
