//! The first half page: who, how much, since when, what was done, and what stops or presses.

use std::collections::BTreeMap;

use super::Teller;
use crate::{
    domain::{Basis, Fact, LegalState, Status, say_money},
    paper::Block,
    treat::{LegalClock, phase_name},
};

pub(super) fn blocks(teller: &Teller<'_>) -> Vec<Block> {
    let facts = vec![
        (teller.text("Creditore", "Creditor"), creditor(teller)),
        (teller.text("Debitore", "Debtor"), who(teller)),
        (teller.text("Quanto", "How much"), how_much(teller)),
        (teller.text("Da quando", "Since when"), since_when(teller)),
        (teller.text("Che cosa è stato fatto", "What was done"), what_was_done(teller)),
        (teller.text("A che punto siamo", "Where it stands"), where_it_stands(teller)),
        (teller.text("Che cosa preme", "What presses"), what_presses(teller)),
        (teller.text("Che cosa ferma", "What stops"), what_stops(teller)),
    ];
    vec![Block::Facts(facts), Block::Notice(teller.notice())]
}

/// Who claims; where nobody said, the name that its ledger has here.
fn creditor(teller: &Teller<'_>) -> String {
    let Some(creditor) = &teller.gathered.creditor else {
        let unnamed = teller.say(
            "nome del portafoglio: il creditore non è indicato in [creditors] della configurazione",
            "the portfolio's name: the creditor is not named in [creditors] of the configuration",
        );
        return format!("{} ({unnamed})", teller.gathered.portfolio);
    };
    let number = creditor.tax_number().map(|number| format!("{} {number}", teller.say("partita IVA", "VAT number")));
    let parts = [Some(creditor.name().to_owned()), number, creditor.address().map(str::to_owned)];
    let named = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    match teller.gathered.is_creditor_of_today {
        true => format!("{named} ({})", teller.say("come configurato oggi", "as of today")),
        false => named,
    }
}

fn who(teller: &Teller<'_>) -> String {
    let gathered = teller.gathered;
    let who = &gathered.client.facts.who;
    let number = who.identifiers.iter().map(|identifier| format!("{identifier}")).collect::<Vec<_>>().join(", ");
    let mut parts = vec![who.name.clone()];
    parts.extend(Some(number).filter(|number| !number.is_empty()));
    parts.extend(who.city.clone());
    parts.push(format!("{} {}", teller.say("codice cliente", "client code"), gathered.client.code));
    if gathered.asked != gathered.client.code {
        parts.push(format!("{} {}", teller.say("richiesto come", "asked for as"), gathered.asked));
    }
    parts.join(", ")
}

fn how_much(teller: &Teller<'_>) -> String {
    let language = teller.language;
    let of = |totals: &crate::desk::LedgerTotals| {
        let money = |decimal: &str| language.money(decimal, &totals.currency);
        let mut parts = vec![format!(
            "{} {} {} {}",
            teller.say("scaduti", "overdue"),
            money(&totals.overdue),
            teller.say("su aperti", "of open"),
            money(&totals.open)
        )];
        let mut add = |what: &str, decimal: &str, currency: &str| {
            if decimal.bytes().any(|b| matches!(b, b'1'..=b'9')) {
                parts.push(format!("{what} {}", language.money(decimal, currency)));
            }
        };
        add(teller.say("contestati", "disputed"), &totals.disputed, &totals.currency);
        add(teller.say("note di credito da usare", "credit notes to use"), &totals.credits, &totals.currency);
        add(teller.say("interessi di mora", "default interest"), &totals.interest, &totals.currency);
        add(teller.say("importi forfettari", "lump sums"), &totals.lump_sums_eur, "EUR");
        parts.join("; ")
    };
    let all: Vec<String> = teller.gathered.totals.iter().map(of).collect();
    if all.is_empty() { teller.text("nessuna fattura", "no invoice") } else { all.join(". ") }
}

fn since_when(teller: &Teller<'_>) -> String {
    let late = teller.gathered.lines.iter().filter(|line| line.state == "overdue");
    let n = late.clone().count();
    let Some(oldest) = late.min_by_key(|line| line.due_on) else {
        return teller.text("nulla è scaduto", "nothing is overdue");
    };
    let (due, days) = (teller.language.day(oldest.due_on), oldest.days_late);
    if teller.language.is_italian() {
        format!("dal {due}, {days} giorni: scadenza della più vecchia di {n} fatture scadute ({})", oldest.invoice)
    } else {
        format!("since {due}, {days} days: when the oldest of {n} overdue invoices fell due ({})", oldest.invoice)
    }
}

fn what_was_done(teller: &Teller<'_>) -> String {
    let mut kinds: BTreeMap<String, (usize, jiff::civil::Date)> = BTreeMap::new();
    for outcome in &teller.gathered.outcomes {
        let known = kinds.entry(outcome.kind.to_string()).or_insert((0, outcome.on));
        *known = (known.0 + 1, known.1.max(outcome.on));
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (_, last))| std::cmp::Reverse(*last));
    let told = kinds.into_iter().map(|(kind, (n, last))| {
        let (kind, last) = (teller.language.word(&kind), teller.language.day(last));
        if n == 1 { format!("{kind} ({last})") } else { format!("{kind} × {n} ({last})") }
    });
    let told = told.collect::<Vec<_>>().join("; ");
    if told.is_empty() { teller.text("nulla è registrato", "nothing is recorded") } else { told }
}

fn where_it_stands(teller: &Teller<'_>) -> String {
    let treatment = &teller.gathered.examined.treatment;
    let italian = teller.language.is_italian();
    let line = &teller.gathered.treatment.line;
    let why = if italian { &line.why_it } else { &line.why };
    // These pages write every amount in one way.
    let why = why.replace(&say_money(treatment.overdue, italian), &teller.money(treatment.overdue));
    let phase = phase_name(treatment.phase, italian);
    let due = match treatment.due_on {
        Some(due) => format!(" ({} {})", teller.say("entro il", "by"), teller.language.day(due)),
        None => String::new(),
    };
    format!("{phase}{due}: {why}")
}

fn what_presses(teller: &Teller<'_>) -> String {
    let language = teller.language;
    let of = |clock: &LegalClock| match clock {
        LegalClock::Limitation(on) => Some(format!(
            "{} {}",
            teller.say("prescrizione del credito più vecchio il", "oldest claim lost by limitation on"),
            language.day(*on)
        )),
        LegalClock::ClaimBy(on) => Some(format!(
            "{} {}",
            teller.say("insinuazione al passivo entro il", "claim to be filed by"),
            language.day(*on)
        )),
        LegalClock::InterestSince(on) => {
            Some(format!("{} {}", teller.say("interessi di mora dal", "default interest since"), language.day(*on)))
        }
        LegalClock::ProtectedSince(_) => None,
    };
    let told: Vec<String> = teller.gathered.examined.clocks.iter().filter_map(of).collect();
    if told.is_empty() { teller.text("nessun termine noto", "no known date") } else { told.join("; ") }
}

fn what_stops(teller: &Teller<'_>) -> String {
    let gathered = teller.gathered;
    let mut told = Vec::new();
    let state = gathered.examined.legal.state;
    if state != LegalState::Free {
        told.push(procedure(teller).unwrap_or_else(|| teller.language.word(state.as_str())));
    }
    let protected = gathered.examined.clocks.iter().find_map(|clock| match clock {
        LegalClock::ProtectedSince(on) => Some(*on),
        _ => None,
    });
    if let Some(on) = protected {
        let since =
            teller.say("misure protettive, esecuzione preclusa dal", "protective measures, enforcement barred since");
        told.push(format!("{since} {}", teller.language.day(on)));
    }
    if let Basis::Held(hold) = gathered.examined.treatment.basis
        && protected.is_none()
    {
        told.push(teller.language.word(hold.as_str()).to_lowercase());
    }
    let disputed = gathered.lines.iter().filter(|line| line.state == "disputed").count();
    match disputed {
        0 => {}
        1 => told.push(teller.text("una fattura contestata", "one disputed invoice")),
        n => told.push(format!("{n} {}", teller.say("fatture contestate", "disputed invoices"))),
    }
    if told.is_empty() { teller.text("nulla di noto", "nothing known") } else { told.join("; ") }
}

/// The open procedure in its register's words, with the day on which it was opened.
fn procedure(teller: &Teller<'_>) -> Option<String> {
    let gathered = teller.gathered;
    let open = gathered.signals.iter().rev().find_map(|link| match &link.signal.fact {
        Fact::CompanyStatus(change)
            if change.is_open_on(gathered.as_of.valid_at)
                && !matches!(change.status, Status::Active | Status::Unknown | Status::CouldNotCheck) =>
        {
            Some((change, link.signal.valid_at))
        }
        _ => None,
    });
    let (change, valid_at) = open?;
    let words = change.procedure.as_ref().map(|procedure| procedure.words.clone()).filter(|words| !words.is_empty());
    let words = words.unwrap_or_else(|| teller.language.word(change.status.as_str()));
    let since = teller.language.day(change.opened_on.unwrap_or(valid_at));
    Some(format!("{words} ({} {since})", teller.say("dal", "since")))
}
