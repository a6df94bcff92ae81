//! Prejudicial acts: mortgages, seizures, judicial claims on real estate.

use super::negativity::Detail;
use crate::{
    collect::sources::{italy::subject_of, record::Record},
    domain::{Currency, Fact, Mention, PrejudicialAct, Subject},
};

/// One act. Its parties and its buildings are not for us: the parties are often natural persons.
pub(super) fn mentions(detail: &Detail, mut row: Record) -> Vec<Mention> {
    let summary = row.record("sunto_pregiudizievole");
    let parties = row.records("contro");
    let is_of_somebody = !parties.is_empty();
    let against = parties.into_iter().find_map(company_of);
    // An act against a person, found by the company in whose favour it is: that company is the creditor.
    if is_of_somebody && against.is_none() && detail.about.as_ref().is_some_and(|about| !about.is_person) {
        row.ignore_rest();
        if let Some(mut summary) = summary {
            summary.ignore_rest();
        }
        return Vec::new();
    }
    let subject = against.unwrap_or_else(|| detail.subject(&mut row));
    row.forget(&["favore"]);
    row.ignore(&[
        "immobili",
        "codice_comune_conservatoria",
        "codice_comune_istat_conservatoria",
        "comune_conservatoria",
        "provincia_conservatoria",
        "solo_sunto_disponibile",
        "codice_ministeriale",
    ]);
    let names = ["conservatoria", "numero_generale", "numero_particolare"].map(|m| row.text(m).unwrap_or_default());
    let ministry = row.text("codice_ministeriale_pregiudizievole");
    let act = row.text("pregiudizievole").or_else(|| row.text("codice_pregiudizievole")).or(ministry);
    row.ignore(&["codice_pregiudizievole"]);
    let currency = |row: &mut Record, member| {
        row.word(member, |text| text.parse::<Currency>().ok()).unwrap_or(Mention::DEFAULT_CURRENCY)
    };
    let of_capital = currency(&mut row, "codice_valuta_importo_capitale");
    let of_entry = currency(&mut row, "codice_valuta_importo_iscritto");
    let capital = row.money("importo_capitale", of_capital);
    let entered = row.money("importo_iscritto", of_entry);
    let mut registered_on = row.day("data_registrazione");
    let mut cancelled = row.flag("cancellata");
    let mut total = None;
    if let Some(mut summary) = summary {
        summary.forget(&["codice_fiscale"]);
        summary.ignore(&[
            "numero_iscrizioni_pregiudizievoli",
            "numero_pregiudizievoli",
            "numero_pregiudizievoli_cancellate",
            "numero_trascrizioni_pregiudizievoli",
            "data_cancellazione_totale",
        ]);
        registered_on = registered_on.or(summary.day("data_ultima_pregiudizievole"));
        cancelled = cancelled.or(summary.flag("cancellata"));
        total = summary.money("importo_complessivo", Currency::EUR);
    }
    let fact = Fact::PrejudicialAct(PrejudicialAct {
        act: act.unwrap_or_else(|| "pregiudizievole".to_owned()),
        amount: capital.or(entered).or(total),
        registered_on,
        cancelled: cancelled.unwrap_or(false),
    });
    let day = registered_on.map_or_else(String::new, |day| day.to_string());
    vec![detail.mention(format!("act/{}/{day}", names.join("/")), subject, fact, registered_on)]
}

/// The party an act is against, when it is a company; natural persons are forgotten.
fn company_of(mut party: Record) -> Option<Subject> {
    let is_person = party.flag("persona_fisica") == Some(true);
    let (tax, name) = (party.text("codice_fiscale"), party.text("denominazione"));
    party.ignore_rest();
    if is_person { None } else { subject_of(&tax?, name.as_deref()) }
}
