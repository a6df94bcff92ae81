//! A treatment in words: why this, why not more, and the text that goes out.

use jiff::civil::Date;

use super::Policy;
use crate::domain::{Basis, Hold, LegalState, Phase, Tone, Treatment, say_money};

/// Blanks that say what comes next.
const OF_NEXT: [&str; 2] = ["{next_date}", "{next_phase}"];

/// What a text may need beyond the treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<'a> {
    /// The client's name.
    pub name: &'a str,
    /// The creditor's code for it.
    pub client: &'a str,
    /// Numbers of the overdue invoices, put together.
    pub invoices: &'a str,
}

/// The text of the policy for what is to be done, with the blanks filled in; none when the phase has none, or nothing is to be
/// done that needs words.
pub fn text(treatment: &Treatment, policy: &Policy, words: &Words<'_>, italian: bool) -> Option<String> {
    if super::is_done_at_the_desk(treatment.action) || treatment.action == crate::domain::Action::RemindBeforeDue {
        return None;
    }
    let step = policy.step(treatment.phase)?;
    let texts = match &step.white_gloves {
        Some(gloves) if treatment.tone == Tone::WhiteGloves => gloves,
        _ => &step.text,
    };
    let template = if italian { &texts.it } else { &texts.en };
    let template = with_what_follows(template, policy.is_followed(treatment));
    let days_given = policy.days_given(treatment);
    (!template.is_empty()).then(|| filled(&template, (treatment, days_given), words, italian))
}

/// A template without the brackets in it: what stands between them is said where a step follows that the debtor hears of, and
/// left out where none does. Brackets that hold no blank of the next step are letters like others.
fn with_what_follows(template: &str, is_followed: bool) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inside, behind)) = after.split_once(']') else { break };
        text.push_str(before);
        match (OF_NEXT.iter().any(|blank| inside.contains(blank)), is_followed) {
            (true, true) => text.push_str(inside),
            (true, false) => {}
            (false, _) => text.extend(["[", inside, "]"]),
        }
        rest = behind;
    }
    text + rest
}

/// A day as it is written: `31/12/2026` in Italian, `2026-12-31` in English.
fn written(on: Date, italian: bool) -> String {
    if italian { on.strftime("%d/%m/%Y").to_string() } else { on.to_string() }
}

fn filled(template: &str, (treatment, days_given): (&Treatment, i32), words: &Words<'_>, italian: bool) -> String {
    let dash = || "–".to_owned();
    let day = |on: Date| written(on, italian);
    let next = treatment.next;
    let mut text = String::with_capacity(template.len() + 64);
    let mut pieces = template.split('{');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (word, rest) = piece.split_once('}').unwrap_or((piece, ""));
        text.push_str(&match word {
            "name" => words.name.to_owned(),
            "client" => words.client.to_owned(),
            "overdue" => say_money(treatment.asked(), italian),
            "owed" => say_money(treatment.owed, italian),
            "days_given" => days_given.to_string(),
            "days" => treatment.oldest_overdue_days.to_string(),
            "invoices" => words.invoices.to_owned(),
            "due_date" => treatment.due_on.map_or_else(dash, day),
            "next_date" => next.map_or_else(dash, |(_, on)| day(on)),
            "next_phase" => next.map_or_else(dash, |(phase, _)| phase_name(phase, italian).to_owned()),
            "owner" => treatment.owner.clone(),
            other => format!("{{{other}}}"),
        });
        // A name that ends with a point, as S.r.l. does, needs no second one.
        text.push_str(rest.strip_prefix('.').filter(|_| text.ends_with('.')).unwrap_or(rest));
    }
    text
}

/// A phase in words.
pub fn phase_name(phase: Phase, italian: bool) -> &'static str {
    match (phase, italian) {
        (Phase::Monitoring, false) => "monitoring",
        (Phase::Monitoring, true) => "monitoraggio",
        (Phase::Reminder, false) => "reminder",
        (Phase::Reminder, true) => "sollecito",
        (Phase::CourtesyCall, false) => "courtesy call",
        (Phase::CourtesyCall, true) => "telefonata di cortesia",
        (Phase::FormalNotice, false) => "formal notice",
        (Phase::FormalNotice, true) => "messa in mora",
        (Phase::ExtrajudicialRecovery, false) => "extrajudicial recovery",
        (Phase::ExtrajudicialRecovery, true) => "recupero stragiudiziale",
        (Phase::JudicialRecovery, false) => "judicial recovery",
        (Phase::JudicialRecovery, true) => "recupero giudiziale",
        (Phase::ClaimFiling, false) => "claim filing",
        (Phase::ClaimFiling, true) => "insinuazione al passivo",
        (Phase::WriteOff, false) => "assignment or write-off",
        (Phase::WriteOff, true) => "cessione o passaggio a perdita",
    }
}

/// Why the client is treated so; and what it owes that no sum here counts.
pub fn why(treatment: &Treatment, policy: &Policy, italian: bool) -> String {
    let mut reason = reason(treatment, policy, italian);
    if let Some((promised, until)) =
        treatment.promised.filter(|_| !matches!(treatment.basis, Basis::Held(_) | Basis::Law(_)))
    {
        let (promised, until) = (say_money(promised, italian), written(until, italian));
        reason += &match italian {
            false => format!("; {promised} of it is promised by {until} and not asked for until then"),
            true => format!("; di questi {promised} sono promessi entro il {until} e fino ad allora non si chiedono"),
        };
    }
    if treatment.elsewhere.is_empty() {
        return reason;
    }
    let each: Vec<String> = treatment.elsewhere.iter().map(|money| say_money(*money, italian)).collect();
    let each = each.join(", ");
    match italian {
        false => format!("{reason}; {each} is open in another currency and counted nowhere here: a person must look"),
        true => format!("{reason}; in altra valuta restano aperti {each}, qui non contati: deve guardarci una persona"),
    }
}

fn reason(treatment: &Treatment, policy: &Policy, italian: bool) -> String {
    let days = treatment.oldest_overdue_days;
    let (overdue, track) = (say_money(treatment.overdue, italian), policy.track_words(&treatment.track, italian));
    let pick = |en: String, it: String| if italian { it } else { en };
    let day = |on: Date| written(on, italian);
    let age = || {
        pick(
            format!("{overdue} overdue for {days} days, track {track}"),
            format!("{overdue} scaduti da {days} giorni, percorso {track}"),
        )
    };
    match treatment.basis {
        Basis::NothingOwed => pick("nothing is owed".into(), "non deve nulla".into()),
        Basis::WithinTerms => pick("what is owed is within terms".into(), "quanto dovuto non è ancora scaduto".into()),
        Basis::AboutToFallDue { usually_late_days } => pick(
            format!("an invoice is about to fall due, and the client pays {usually_late_days} days late as a rule"),
            format!(
                "una fattura sta per scadere, e il cliente paga di solito con {usually_late_days} giorni di ritardo"
            ),
        ),
        Basis::WithinTolerance => pick(
            format!("overdue {overdue} is within the tolerance"),
            format!("lo scaduto di {overdue} è in tolleranza"),
        ),
        Basis::TooEarly => pick(format!("{}: too early to ask", age()), format!("{}: è presto per chiedere", age())),
        Basis::Due => age(),
        Basis::Given { on } => pick(
            format!("{}; the step of {} is given its time", age(), day(on)),
            format!("{}; al passo del {} si lascia il suo tempo", age(), day(on)),
        ),
        Basis::NotReached { n_tries } => pick(
            format!("{}; nobody answered ({n_tries})", age()),
            format!("{}; nessuno ha risposto ({n_tries})", age()),
        ),
        Basis::BrokenPromise { on } => pick(
            format!("{}; a promise was broken on {}, which leads one step further at once", age(), day(on)),
            format!("{}; promessa non mantenuta il {}: si passa subito al passo successivo", age(), day(on)),
        ),
        Basis::Exhausted { on } => pick(
            format!("{}; the last step was taken on {}", age(), day(on)),
            format!("{}; l'ultimo passo è del {}", age(), day(on)),
        ),
        Basis::Held(hold @ (Hold::Promise | Hold::Plan)) => match treatment.promised {
            Some((promised, until)) => {
                let (promised, until) = (say_money(promised, italian), day(until));
                let how_much = pick(
                    format!("{promised} of {overdue} overdue by {until}"),
                    format!("{promised} di {overdue} scaduti entro il {until}"),
                );
                format!("{}: {how_much}", held(hold, italian))
            }
            None => held(hold, italian).to_owned(),
        },
        Basis::Held(hold) => held(hold, italian).to_owned(),
        Basis::Law(state) => law(state, italian).to_owned(),
    }
}

fn held(hold: Hold, italian: bool) -> &'static str {
    match (hold, italian) {
        (Hold::Dispute, false) => "what is overdue is disputed: the clock stands still until it is settled",
        (Hold::Dispute, true) => "lo scaduto è contestato: il tempo è fermo finché non si chiarisce",
        (Hold::Promise, false) => "payment is promised: the clock stands still until that day",
        (Hold::Promise, true) => "il pagamento è promesso: il tempo è fermo fino a quel giorno",
        (Hold::Plan, false) => "instalments are agreed: the clock stands still as long as they come",
        (Hold::Plan, true) => "è concordato un piano: il tempo è fermo finché le rate arrivano",
        (Hold::Protection, false) => "a procedure protects the debtor: no pressure beyond this phase",
        (Hold::Protection, true) => "una procedura protegge il debitore: nessuna pressione oltre questa fase",
    }
}

fn law(state: LegalState, italian: bool) -> &'static str {
    match (state, italian) {
        (LegalState::Ceased, false) => "the company has ceased: assign the claim or write it off",
        (LegalState::Ceased, true) => "l'impresa è cessata: cedere il credito o passarlo a perdita",
        (LegalState::Insolvent, false) => {
            "an insolvency procedure is open: no pressure, file the claim by the court's date"
        }
        (LegalState::Insolvent, true) => {
            "è aperta una procedura concorsuale: nessuna pressione, depositare la domanda entro la data del tribunale"
        }
        (_, false) => "the law has a phase of its own for this",
        (_, true) => "la legge prevede per questo una fase propria",
    }
}

/// Why nothing harder is done.
pub fn why_not_more(treatment: &Treatment, italian: bool) -> String {
    let pick = |en: String, it: String| if italian { it } else { en };
    let day = |on: Date| written(on, italian);
    match (treatment.basis, treatment.next) {
        (Basis::Law(_), _) => {
            pick("the law leaves nothing harder to do".into(), "la legge non lascia altro da fare".into())
        }
        (_, Some((phase, on))) => pick(
            format!(
                "{} comes on {} at the earliest: each step is given its time, and none is skipped",
                phase_name(phase, false),
                day(on)
            ),
            format!(
                "{} non prima del {}: ogni passo ha il suo tempo, e nessuno si salta",
                phase_name(phase, true),
                day(on)
            ),
        ),
        (Basis::Held(_), None) => pick("nothing harder while this lasts".into(), "nulla di più finché dura".into()),
        (Basis::NothingOwed | Basis::WithinTerms | Basis::WithinTolerance | Basis::AboutToFallDue { .. }, None) => {
            pick("there is nothing to ask for yet".into(), "non c'è ancora nulla da chiedere".into())
        }
        (_, None) => pick(
            "no further step is worth its cost for this amount".into(),
            "per questo importo nessun altro passo vale il suo costo".into(),
        ),
    }
}
