//! Procedures in the Italian company register, classified by their words first: the register's list of codes is not
//! public, and codes of courts and of chambers differ.

use super::negativity::Detail;
use crate::{
    collect::sources::record::Record,
    domain::{Fact, Mention, Procedure, Status, StatusChange},
};

/// One procedure. It is open only while neither closed nor revoked.
pub(super) fn mentions(detail: &Detail, mut row: Record) -> Vec<Mention> {
    let subject = detail.subject(&mut row);
    let code = row.text("codice_procedura").unwrap_or_default();
    let words = row.text("descrizione_procedura").unwrap_or_default();
    let id = row.text("identificativo_procedura");
    let rank = row.text("progressivo_procedura").unwrap_or_default();
    let rea = [row.text("cciaa").unwrap_or_default(), row.text("numero_rea").unwrap_or_default()].join("-");
    row.ignore(&[
        "domanda_ammissione_concordato",
        "accordo_ristrutturazione_debiti",
        "codice_natura_giuridica",
        "natura_giuridica",
        "data_esecuzione",
        "data_omologa",
        "codice_comune_tribunale",
        "tribunale",
        "provincia_tribunale",
        "riferimento_sentenza",
        "commento",
        "indirizzo",
    ]);
    row.forget(&["persone_coinvolte"]);
    let status = status_of(&words, &code);
    if status.is_none() {
        row.leave("descrizione_procedura", &format!("{code} {words}"));
    }
    // Some entries are the end of a procedure, and named so: their own day is the day on which it ended.
    let starts = |word: &str| words.to_lowercase().starts_with(word);
    let (is_revocation, is_closure) = (starts("revoca"), starts("chiusura") || starts("cessazione"));
    let (decided, filed) = (row.day("data_provvedimento"), row.day("data_caricamento"));
    let opened_on = decided.or(filed);
    let change = StatusChange {
        status: status.unwrap_or(Status::Unknown),
        procedure: Some(Procedure { code, words }),
        opened_on,
        closed_on: row.day("data_chiusura").or(opened_on.filter(|_| is_closure)),
        revoked_on: row.day("data_revoca").or(opened_on.filter(|_| is_revocation)),
    };
    let own_id = format!("procedure/{}", id.unwrap_or_else(|| format!("{rea}/{rank}")));
    let mut mention = detail.mention(own_id, subject, Fact::CompanyStatus(change), opened_on);
    mention.published_at = filed.filter(|day| *day <= detail.seen);
    vec![mention]
}

/// What a procedure means for whoever is owed money: first by its words, then by its code.
pub(super) fn status_of(words: &str, code: &str) -> Option<Status> {
    let words = words.to_lowercase();
    let is_petition = PETITIONS.iter().any(|word| words.starts_with(word));
    let petition =
        (is_petition && by_words(&words) == Some(Status::InsolventLiquidation)).then_some(Status::ActiveWarning);
    petition.or_else(|| by_words(&words)).or_else(|| by_code(&code.to_uppercase()))
}

/// Asked for, not opened: whoever asks for a company's insolvency has not got it yet.
const PETITIONS: &[&str] = &["istanza", "ricorso", "domanda", "richiesta"];

/// In this order, because longer names hold shorter ones (*concordato … in liquidazione giudiziale*).
const BY_WORDS: &[(&str, Status)] = &[
    ("concordato semplificato", Status::Restructuring),
    ("liquidazione giudiziale", Status::InsolventLiquidation),
    ("liquidazione coatta", Status::InsolventLiquidation),
    ("liquidazione controllata", Status::InsolventLiquidation),
    ("liquidazione del patrimonio", Status::InsolventLiquidation),
    ("stato di insolvenza", Status::InsolventLiquidation),
    ("dichiarazione di insolvenza", Status::InsolventLiquidation),
    ("falliment", Status::InsolventLiquidation),
    ("amministrazione straordinaria", Status::Restructuring),
    ("composizione negoziata", Status::ActiveWarning),
    ("misure cautelari", Status::ActiveWarning),
    ("misure protettive", Status::ActiveWarning),
    ("procedimento unitario", Status::ActiveWarning),
    ("concordato", Status::Restructuring),
    ("accord", Status::Restructuring),
    ("convenzione di moratoria", Status::Restructuring),
    ("piano attestato", Status::ActiveWarning),
    ("piano di ristrutturazione", Status::Restructuring),
    ("ristrutturazione dei debiti", Status::Restructuring),
    ("amministrazione controllata", Status::Restructuring),
    ("sovraindebitamento", Status::Restructuring),
    ("cancellazione", Status::Ceased),
    ("scioglimento", Status::VoluntaryLiquidation),
    ("liquidazione volontaria", Status::VoluntaryLiquidation),
    ("liquidazione", Status::VoluntaryLiquidation),
];

fn by_words(words: &str) -> Option<Status> {
    BY_WORDS.iter().find(|(part, _)| words.contains(part)).map(|(_, status)| *status)
}

fn by_code(code: &str) -> Option<Status> {
    Some(match code {
        "LG" | "FALL" | "NFAL" | "LCA" | "LCAM" | "LC" | "LDPD" | "SI" => Status::InsolventLiquidation,
        "CP" | "COPR" | "NUCP" | "CSCI" | "CM" | "PRO" | "RD" | "ADCC" | "PDCC" | "AM" | "ASP" => Status::Restructuring,
        "PU" | "WZ" => Status::ActiveWarning,
        // Petitions of the unitary procedure: PU01 … PU11.
        petition if petition.starts_with("PU") && petition.len() == 4 => Status::ActiveWarning,
        "SL" | "LIQUVOLGIU" => Status::VoluntaryLiquidation,
        _ => return None,
    })
}
