//! Steps as sentences, in English and Italian: what a credit manager can write into a letter.

use super::{Step, Way};
use crate::domain::{Money, say_day, say_money};

/// The whole way: `pay the 14 200 EUR overdue since 2 March 2026; no new protest for 6 months`.
pub fn say_way(way: &Way, italian: bool) -> String {
    way.steps.iter().map(|step| say_step(step, italian)).collect::<Vec<_>>().join("; ")
}

/// One step.
pub fn say_step(step: &Step, italian: bool) -> String {
    if italian { in_italian(step) } else { in_english(step) }
}

fn in_english(step: &Step) -> String {
    let of = |amount: &Option<Money>| amount.map_or_else(String::new, |a| format!(" of {}", say_money(a, false)));
    match step {
        Step::PayOverdue { amount, since, due_by: None, .. } => {
            format!("pay the {} overdue since {}", say_money(*amount, false), say_day(*since, false))
        }
        Step::PayOverdue { amount, n_invoices: 1, since, .. } => {
            format!("pay the {} due on {}", say_money(*amount, false), say_day(*since, false))
        }
        Step::PayOverdue { amount, n_invoices, since, due_by: Some(by) } => format!(
            "pay the {n_invoices} oldest overdue invoices, due from {} to {}: {}",
            say_day(*since, false),
            say_day(*by, false),
            say_money(*amount, false)
        ),
        Step::CancelProtest { amount, raised_on } => format!(
            "pay the bill{} protested on {} and have the protest cancelled",
            of(amount),
            say_day(*raised_on, false)
        ),
        Step::Rehabilitate { amount, raised_on } => format!(
            "pay the paper{} protested on {} and have the protest deleted by rehabilitation",
            of(amount),
            say_day(*raised_on, false)
        ),
        Step::StrikeOut { act, amount } => format!("settle the act \"{act}\"{} and have it struck out", of(amount)),
        Step::File { what } => format!("file what is overdue at the register: {what}"),
        Step::Wait { months, no_protest, no_news, on_time } => {
            let mut terms = Vec::new();
            terms.extend(no_protest.then_some("no new protest"));
            terms.extend(no_news.then_some("no new bad news"));
            terms.extend(on_time.then_some("every invoice paid by its due date"));
            let months = if *months == 1 { "1 month".to_owned() } else { format!("{months} months") };
            format!("{} for {months}", joined(&terms, "and", "nothing new"))
        }
    }
}

fn in_italian(step: &Step) -> String {
    let of = |amount: &Option<Money>| amount.map_or_else(String::new, |a| format!(" di {}", say_money(a, true)));
    match step {
        Step::PayOverdue { amount, since, due_by: None, .. } => {
            format!("pagare lo scaduto di {}, il più vecchio del {}", say_money(*amount, true), say_day(*since, true))
        }
        Step::PayOverdue { amount, n_invoices: 1, since, .. } => {
            format!("pagare {} in scadenza il {}", say_money(*amount, true), say_day(*since, true))
        }
        Step::PayOverdue { amount, n_invoices, since, due_by: Some(by) } => format!(
            "pagare le {n_invoices} fatture scadute più vecchie, con scadenza dal {} al {}: {}",
            say_day(*since, true),
            say_day(*by, true),
            say_money(*amount, true)
        ),
        Step::CancelProtest { amount, raised_on } => format!(
            "pagare la cambiale{} protestata il {} e chiedere la cancellazione del protesto",
            of(amount),
            say_day(*raised_on, true)
        ),
        Step::Rehabilitate { amount, raised_on } => format!(
            "pagare il titolo{} protestato il {} e ottenere la riabilitazione",
            of(amount),
            say_day(*raised_on, true)
        ),
        Step::StrikeOut { act, amount } => {
            format!("estinguere l'atto \"{act}\"{} e ottenerne la cancellazione", of(amount))
        }
        Step::File { what } => format!("depositare al registro quanto è in ritardo: {what}"),
        Step::Wait { months, no_protest, no_news, on_time } => {
            let mut terms = Vec::new();
            terms.extend(no_protest.then_some("nessun nuovo protesto"));
            terms.extend(no_news.then_some("nessuna nuova cattiva notizia"));
            terms.extend(on_time.then_some("ogni fattura pagata entro la scadenza"));
            let months = if *months == 1 { "1 mese".to_owned() } else { format!("{months} mesi") };
            format!("{} per {months}", joined(&terms, "e", "nessuna novità"))
        }
    }
}

/// `a, b and c`.
fn joined(terms: &[&str], and: &str, otherwise: &str) -> String {
    match terms {
        [] => otherwise.to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}
