//! Procedures in the Italian company register, as the service lists them.

use super::negativity::Detail;
use crate::{
    collect::sources::{
        italy::{Turn, procedure_of, turn_of},
        record::Record,
    },
    domain::{Fact, Mention, Status, StatusChange},
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
    let (status, procedure) = procedure_of(&words, &code);
    if status.is_none() {
        row.leave("descrizione_procedura", &format!("{code} {words}"));
    }
    // The day of an entry that is itself an end is the day on which the procedure ended.
    let turn = turn_of(&words);
    let (decided, filed) = (row.day("data_provvedimento"), row.day("data_caricamento"));
    let decided = decided.or(filed);
    let opened_on = decided.filter(|_| turn == Turn::Opens);
    let change = StatusChange {
        status: status.unwrap_or(Status::Unknown),
        procedure: Some(procedure),
        opened_on,
        closed_on: row.day("data_chiusura").or(decided.filter(|_| turn == Turn::Closes)),
        revoked_on: row.day("data_revoca").or(decided.filter(|_| turn == Turn::Revokes)),
    };
    // An entry that knows only its end was so until then, and is no news of today.
    let valid_from = decided.or(change.closed_on).or(change.revoked_on);
    let own_id = format!("procedure/{}", id.unwrap_or_else(|| format!("{rea}/{rank}")));
    let mut mention = detail.mention(own_id, subject, Fact::CompanyStatus(change), valid_from);
    mention.published_at = filed.filter(|day| *day <= detail.seen);
    vec![mention]
}
