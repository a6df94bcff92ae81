//! Protested papers of one debtor.

use super::negativity::Detail;
use crate::{
    collect::sources::{
        italy::{instrument_of, protest_state_of},
        record::Record,
    },
    domain::{Currency, Fact, Instrument, Mention, Protest, ProtestState, Subject},
};

/// A protest row: the debtor, and the papers (*effetti*) it did not pay.
pub(super) fn mentions(detail: &Detail, mut row: Record) -> Vec<Mention> {
    let subject = detail.subject(&mut row);
    let id = row.text("identificativo_protesto").unwrap_or_default();
    // Birth data and residence belong to natural persons.
    row.forget(&[
        "data_nascita",
        "provincia_nascita",
        "luogo_nascita",
        "codice_comune_nascita",
        "codice_istat_comune_nascita",
        "stato_nascita",
        "codice_stato_nascita",
        "indirizzo_residenza",
    ]);
    row.records("effetti").into_iter().map(|paper| protest(detail, &subject, &id, paper)).collect()
}

fn protest(detail: &Detail, subject: &Subject, id: &str, mut paper: Record) -> Mention {
    let raised_on = paper.day("data_levata");
    let written = paper.peek("importo").map(ToString::to_string);
    let amount = paper.money("importo", Currency::EUR).filter(|amount| amount.minor() >= 0);
    if let (None, Some(below)) = (amount, written.filter(|text| text.contains('-'))) {
        paper.leave("importo", &below);
    }
    let protest = Protest {
        instrument: instrument(&mut paper),
        amount,
        raised_on,
        due_on: paper.day("data_scadenza"),
        reason_code: paper.text("codice_motivo_rifiuto_pagamento"),
        state: state(&mut paper),
    };
    let registered_on = paper.day("data_iscrizione").filter(|day| *day <= detail.seen);
    paper.ignore(&[
        "cciaa",
        "provincia_levata",
        "comune_levata",
        "codice_comune_levata",
        "codice_istat_comune_levata",
        "tipo_scadenza",
        "codice_tipo_scadenza",
        "motivo_rifiuto_pagamento",
        "informazione_legata_effetto",
        "codice_informazione_legata_effetto",
        "informazione",
    ]);
    // A protest's number covers several papers, which have none of their own: what they are tells them apart, not their
    // place in the list, which moves when one is cancelled.
    let key = [protest.raised_on, protest.due_on].map(|day| day.map_or_else(String::new, |day| day.to_string()));
    let sum = amount.map_or_else(String::new, |amount| amount.to_string());
    let own_id = format!("protest/{id}/{}/{sum}", key.join("/"));
    let mut mention = detail.mention(own_id, subject.clone(), Fact::Protest(protest), raised_on);
    mention.published_at = registered_on;
    mention
}

fn instrument(paper: &mut Record) -> Instrument {
    let words = paper.text("tipo_effetto").unwrap_or_default();
    let code = paper.text("codice_tipo_effetto").unwrap_or_default();
    match instrument_of(&words).or_else(|| instrument_of(&code)) {
        Some(instrument) => instrument,
        None => {
            let name = if words.is_empty() { "codice_tipo_effetto" } else { "tipo_effetto" };
            let shown = if words.is_empty() { &code } else { &words };
            if !shown.is_empty() {
                paper.leave(name, shown);
            }
            Instrument::Other
        }
    }
}

/// A state nobody knows stands, and is a leftover: a protest is in the register until the register says otherwise.
fn state(paper: &mut Record) -> ProtestState {
    let words = paper.text("stato_effetto");
    let code = paper.text("codice_stato_effetto");
    let known = words.as_deref().and_then(protest_state_of).or_else(|| code.as_deref().and_then(protest_state_of));
    if let (None, Some(words)) = (known, words.or(code)) {
        paper.leave("stato_effetto", &words);
    }
    known.unwrap_or(ProtestState::Standing)
}
