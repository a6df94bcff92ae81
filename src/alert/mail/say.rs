//! What happened, in a sentence of the reader's language.

use super::letter::{Entry, Tongue};
use crate::{
    alert::conditions::rating_step,
    domain::{Event, EventBody, Glossary, Probability, RatingChange, say_line},
};

/// An event as a letter tells it. `name`: what the client is called, when it has a name here.
pub(super) fn entry(event: &Event, name: Option<&str>, glossary: &Glossary, tongue: Tongue) -> Entry {
    let code = event.client.as_ref().map_or("", |(_, code)| code.as_str());
    let who = name.map_or_else(|| code.to_owned(), |name| format!("{name} ({code})"));
    let Some(change) = rating_step(event) else {
        return Entry { title: other(&event.body, &who, tongue), ..Entry::default() };
    };
    let has_drop = change.notches() < 0;
    let reason = |line| format!("{} ({:+})", say_line(glossary, line, tongue.is_italian()), line.points);
    Entry {
        title: format!("{who}: {}", step(change, tongue)),
        facts: facts(event, change, tongue),
        reasons: change.reasons.iter().map(reason).collect(),
        has_drop,
    }
}

/// `B3 → C1, 2 notches worse`.
pub(super) fn step(change: &RatingChange, tongue: Tongue) -> String {
    let to = change.to.as_str();
    let Some(from) = change.from else {
        return format!("{} {to}", tongue.pick("first rated", "prima classe"));
    };
    let notches = change.notches();
    let n = notches.unsigned_abs();
    let unit = match n {
        1 => tongue.pick("notch", "classe"),
        _ => tongue.pick("notches", "classi"),
    };
    let way = match notches {
        0 => return format!("{} → {to}", from.as_str()),
        ..0 => tongue.pick("worse", "in meno"),
        1.. => tongue.pick("better", "in più"),
    };
    format!("{} → {to}, {n} {unit} {way}", from.as_str())
}

fn facts(event: &Event, change: &RatingChange, tongue: Tongue) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some((_, portfolio)) = &event.portfolio {
        facts.push(format!("{}: {}", tongue.pick("portfolio", "portafoglio"), portfolio.as_str()));
    }
    let exposure = amount(change.exposure_minor, tongue);
    facts.push(format!("{}: {exposure}", tongue.pick("exposure", "esposizione")));
    if let Some(pd) = change.pd_to {
        let before = change.pd_from.map(|pd| format!("{} → ", per_cent(pd, tongue))).unwrap_or_default();
        let label = tongue.pick("probability of default", "probabilità di insolvenza");
        facts.push(format!("{label}: {before}{}", per_cent(pd, tongue)));
    }
    if let Some(phase) = &change.treatment {
        facts.push(format!("{}: {}", tongue.pick("treatment", "trattamento"), treatment(phase, tongue)));
    }
    facts
}

/// A phase of treatment in words; one that has no Italian name here keeps its own.
fn treatment(phase: &str, tongue: Tongue) -> String {
    let italian = match phase {
        "monitoring" => "monitoraggio",
        "reminder" => "sollecito bonario",
        "courtesy_call" => "telefonata",
        "formal_notice" => "messa in mora",
        "extrajudicial_recovery" => "recupero stragiudiziale",
        "judicial_recovery" => "recupero giudiziale",
        "claim_filing" => "insinuazione al passivo",
        "write_off" => "stralcio",
        other => other,
    };
    if tongue.is_italian() { italian.to_owned() } else { phase.replace('_', " ") }
}

fn other(body: &EventBody, who: &str, tongue: Tongue) -> String {
    match body {
        EventBody::RatingChanged(change) | EventBody::RatingOverridden(change) => step(change, tongue),
        EventBody::TreatmentChanged(change) => {
            let phase = treatment(change.to.0.as_str(), tongue);
            let due = change.due_on.map(|on| on.to_string()).unwrap_or_default();
            match tongue {
                Tongue::English => format!("{who}: {phase} ({}), by {due}", change.to.1.as_str().replace('_', " ")),
                Tongue::Italian => format!("{who}: {phase}, entro il {due}"),
            }
        }
        EventBody::SignalWithdrawn { rule } => match tongue {
            Tongue::English => format!("A fact about {who} no longer counts ({rule})"),
            Tongue::Italian => format!("Un fatto su {who} non conta più ({rule})"),
        },
        EventBody::ReviewNeeded { review } => match tongue {
            Tongue::English => format!("A record may be about {who}: somebody should look (review {review})"),
            Tongue::Italian => format!("Una notizia potrebbe riguardare {who}: va verificata (verifica {review})"),
        },
        EventBody::SourceStale { source, error } => match tongue {
            Tongue::English => format!("The source {source} has gone silent: {error}"),
            Tongue::Italian => format!("La fonte {source} non risponde più: {error}"),
        },
        EventBody::SourceRecovered { source } => match tongue {
            Tongue::English => format!("The source {source} answers again"),
            Tongue::Italian => format!("La fonte {source} risponde di nuovo"),
        },
        EventBody::NightCompleted { scanned, moved_up, moved_down, failed, .. } => match tongue {
            Tongue::English => {
                format!("The night is done: {scanned} rated, {moved_up} better, {moved_down} worse, {failed} failed")
            }
            Tongue::Italian => format!(
                "La notte è finita: {scanned} valutati, {moved_up} migliorati, {moved_down} peggiorati, {failed} falliti"
            ),
        },
        EventBody::ModelDrifted { model, psi, .. } => match tongue {
            Tongue::English => {
                format!("The clients have drifted from those {model} learned from: stability index {psi:.2}")
            }
            Tongue::Italian => {
                let psi = format!("{psi:.2}").replace('.', ",");
                format!("I clienti si sono allontanati da quelli su cui {model} ha imparato: indice di stabilità {psi}")
            }
        },
        EventBody::ModelMiscalibrated { model, .. } => match tongue {
            Tongue::English => format!("More clients went into default than the probabilities of {model} allow"),
            Tongue::Italian => {
                format!("Sono andati in default più clienti di quanti le probabilità di {model} ammettano")
            }
        },
        EventBody::OverridesJudged { board, .. } => match tongue {
            Tongue::English => format!("Analysts' decisions: {} right, {} wrong", board.right, board.wrong),
            Tongue::Italian => format!("Decisioni degli analisti: {} giuste, {} sbagliate", board.right, board.wrong),
        },
        EventBody::SubscriptionDisabled { subscription, reason } => match tongue {
            Tongue::English => format!("The subscription {subscription} was switched off: {reason}"),
            Tongue::Italian => format!("L'abbonamento {subscription} è stato disattivato: {reason}"),
        },
        EventBody::InPart(body) => in_part(body, tongue),
        EventBody::Unread { kind, .. } => match tongue {
            Tongue::English => format!("An event about {who} that cannot be read ({kind})"),
            Tongue::Italian => format!("Un evento su {who} che non si può leggere ({kind})"),
        },
    }
}

/// What is about every portfolio, to who sees one of several.
fn in_part(body: &EventBody, tongue: Tongue) -> String {
    match body {
        EventBody::ModelDrifted { model, .. } => match tongue {
            Tongue::English => format!("The clients have drifted from those {model} learned from"),
            Tongue::Italian => format!("I clienti si sono allontanati da quelli su cui {model} ha imparato"),
        },
        EventBody::ModelMiscalibrated { .. } => other(body, "", tongue),
        EventBody::OverridesJudged { .. } => tongue
            .pick("Analysts' decisions have been judged", "Le decisioni degli analisti sono state giudicate")
            .to_owned(),
        _ => tongue.pick("The night is done", "La notte è finita").to_owned(),
    }
}

/// Minor units as an amount: `18 000.00`, in Italian `18.000,00`. The event does not carry the currency of the ledger.
fn amount(minor: i64, tongue: Tongue) -> String {
    let digits = (minor / 100).unsigned_abs().to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push_str(tongue.pick("\u{a0}", "."));
        }
        grouped.push(digit);
    }
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{grouped}{}{:02}", tongue.pick(".", ","), (minor % 100).unsigned_abs())
}

fn per_cent(pd: Probability, tongue: Tongue) -> String {
    let text = format!("{:.1} %", pd.get() * 100.0);
    if tongue.is_italian() { text.replace('.', ",") } else { text }
}
