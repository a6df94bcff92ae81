//! Procedures of the Italian registers and courts, classified by their words first: the register's list of codes is not
//! public, and codes of courts and of chambers differ. Oracles: the Codice della crisi (D.Lgs. 14/2019) for the words, the
//! ministerial codes of the sales portal and those seen in answers of the register for the codes.

use crate::domain::{Fact, Mention, Procedure, Status, StatusChange};

/// Whether an entry begins a procedure, or is itself its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect::sources) enum Turn {
    /// It is opened.
    Opens,
    /// It comes to its end.
    Closes,
    /// It is taken back.
    Revokes,
}

/// Some entries are the end of a procedure, and named so.
pub(in crate::collect::sources) fn turn_of(words: &str) -> Turn {
    let words = words.trim().to_lowercase();
    let starts = |any: &[&str]| any.iter().any(|word| words.starts_with(word));
    if starts(&["revoca", "annullamento", "rigetto", "inammissibil"]) {
        Turn::Revokes
    } else if starts(&["chiusura", "cessazione", "estinzione"]) {
        Turn::Closes
    } else {
        Turn::Opens
    }
}

/// A register may list the end of a procedure apart from its opening: the newest opening of the same kind that has no end
/// yet has ended with it, and both are one procedure.
pub(in crate::collect::sources) fn end_what_they_close(mentions: &mut [Mention]) {
    for place in 0..mentions.len() {
        let Some(end) = mentions.get(place).and_then(change_of).filter(|change| change.opened_on.is_none()) else {
            continue;
        };
        let (Some(day), end) = (end.closed_on.or(end.revoked_on), end.clone()) else { continue };
        let is_ended = |change: &&mut StatusChange| {
            change.status == end.status && change.closed_on.or(change.revoked_on).is_none()
        };
        let openings = mentions.iter_mut().filter_map(change_of_mut).filter(is_ended);
        let dated = openings.filter(|change| change.opened_on.is_some_and(|on| on <= day));
        let Some(opening) = dated.max_by_key(|change| change.opened_on) else { continue };
        (opening.closed_on, opening.revoked_on) = (end.closed_on, end.revoked_on);
        let opened_on = opening.opened_on;
        if let Some(change) = mentions.get_mut(place).and_then(change_of_mut) {
            change.opened_on = opened_on;
        }
    }
}

fn change_of(mention: &Mention) -> Option<&StatusChange> {
    if let Fact::CompanyStatus(change) = &mention.fact { Some(change) } else { None }
}

fn change_of_mut(mention: &mut Mention) -> Option<&mut StatusChange> {
    if let Fact::CompanyStatus(change) = &mut mention.fact { Some(change) } else { None }
}

/// What a procedure means for whoever is owed money, first by its words and then by its code; and the procedure in the
/// register's own code and words. Where a code comes without words, the words are those it is known by.
pub(in crate::collect::sources) fn procedure_of(words: &str, code: &str) -> (Option<Status>, Procedure) {
    let known = by_code(code);
    let status = by_wording(words).or(known.map(|(status, _)| status));
    let words = match (words.trim(), known) {
        ("", Some((_, known))) => known.to_owned(),
        (words, _) => words.to_owned(),
    };
    (status, Procedure { code: code.trim().to_owned(), words })
}

fn by_wording(words: &str) -> Option<Status> {
    let words = words.trim().to_lowercase();
    if GOES_ON.iter().any(|word| words.starts_with(word)) {
        return Some(Status::Active);
    }
    let status = BY_WORDS.iter().find(|(part, _)| words.contains(part)).map(|(_, status)| *status);
    let is_petition = PETITIONS.iter().any(|word| words.starts_with(word));
    if is_petition && status == Some(Status::InsolventLiquidation) { Some(Status::ActiveWarning) } else { status }
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
    ("stato d'insolvenza", Status::InsolventLiquidation),
    ("dichiarazione di insolvenza", Status::InsolventLiquidation),
    ("falliment", Status::InsolventLiquidation),
    ("amministrazione straordinaria", Status::Restructuring),
    ("composizione negoziata", Status::ActiveWarning),
    ("misure cautelari", Status::ActiveWarning),
    ("misure protettive", Status::ActiveWarning),
    ("procedimento unitario", Status::ActiveWarning),
    ("concordato", Status::Restructuring),
    ("convenzione di moratoria", Status::Restructuring),
    ("piano attestato", Status::ActiveWarning),
    ("piano di ristrutturazione", Status::Restructuring),
    ("piano del consumatore", Status::Restructuring),
    ("ristrutturazione dei debiti", Status::Restructuring),
    ("ristrutturazione debiti", Status::Restructuring),
    ("accord", Status::Restructuring),
    ("amministrazione controllata", Status::Restructuring),
    ("sovraindebitamento", Status::Restructuring),
    ("esecuzione", Status::ActiveWarning),
    ("cancellazione", Status::Ceased),
    ("cancellata", Status::Ceased),
    ("scioglimento", Status::VoluntaryLiquidation),
    ("liquidazione volontaria", Status::VoluntaryLiquidation),
    ("liquidazione", Status::VoluntaryLiquidation),
];

/// Not distress, whatever else is in the words: the company goes on elsewhere, or in another.
const GOES_ON: &[&str] = &["trasferimento", "fusione", "scissione", "incorporazione", "trasformazione"];

/// Codes of the courts (*rito*) and of the chambers, with the words each is known by.
const BY_CODE: &[(&str, Status, &str)] = &[
    ("LG", Status::InsolventLiquidation, "liquidazione giudiziale"),
    ("LC", Status::InsolventLiquidation, "liquidazione controllata"),
    ("LCA", Status::InsolventLiquidation, "liquidazione coatta amministrativa"),
    ("LCAM", Status::InsolventLiquidation, "liquidazione coatta amministrativa"),
    ("FALL", Status::InsolventLiquidation, "fallimento"),
    ("NFAL", Status::InsolventLiquidation, "fallimento (nuovo rito)"),
    ("LDPD", Status::InsolventLiquidation, "liquidazione del patrimonio"),
    ("SI", Status::InsolventLiquidation, "stato di insolvenza"),
    ("AM", Status::Restructuring, "amministrazione straordinaria grandi imprese"),
    ("ASP", Status::Restructuring, "amministrazione straordinaria"),
    ("CP", Status::Restructuring, "concordato preventivo"),
    ("COPR", Status::Restructuring, "concordato preventivo"),
    ("NUCP", Status::Restructuring, "concordato preventivo"),
    ("CSCI", Status::Restructuring, "concordato semplificato"),
    ("CM", Status::Restructuring, "concordato minore"),
    ("PRO", Status::Restructuring, "piano di ristrutturazione soggetto a omologazione"),
    ("RD", Status::Restructuring, "ristrutturazione dei debiti"),
    ("ADCC", Status::Restructuring, "accordo di composizione della crisi"),
    ("PDCC", Status::Restructuring, "piano del consumatore"),
    ("PU", Status::ActiveWarning, "procedimento unitario"),
    ("WZ", Status::ActiveWarning, "misure cautelari e protettive"),
    ("SL", Status::VoluntaryLiquidation, "scioglimento e liquidazione"),
    ("LIQUVOLGIU", Status::VoluntaryLiquidation, "liquidazione volontaria giudiziale"),
    // Somebody enforces a claim: a warning, not a procedure of all creditors.
    ("ESIM", Status::ActiveWarning, "esecuzione immobiliare"),
    ("EI80", Status::ActiveWarning, "esecuzione immobiliare"),
    ("EICA", Status::ActiveWarning, "esecuzione immobiliare"),
    ("ESMO", Status::ActiveWarning, "esecuzione mobiliare"),
    ("EV80", Status::ActiveWarning, "esecuzione mobiliare"),
    ("EMCA", Status::ActiveWarning, "esecuzione mobiliare"),
    ("ESECESATTIMM", Status::ActiveWarning, "esecuzione esattoriale immobiliare"),
    // Known, and no word on the company's health: a quarrel before a court, a judge's leave.
    ("CONTCIV", Status::Unknown, "contenzioso civile"),
    ("VOLGIU", Status::Unknown, "volontaria giurisdizione"),
];

fn by_code(code: &str) -> Option<(Status, &'static str)> {
    let code = code.trim().to_uppercase();
    let known = BY_CODE.iter().find(|(known, ..)| *known == code).map(|(_, status, words)| (*status, *words));
    // Petitions of the unitary procedure: PU01 … PU11.
    let number = code.strip_prefix("PU").filter(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_digit()));
    known.or(number.map(|_| (Status::ActiveWarning, "procedimento unitario")))
}
