//! What happened, in the order of days, and what was said and done.

use jiff::civil::Date;

use super::{Teller, row, words};
use crate::{
    domain::{Fact, Outcome, OutcomeKind, ProtestState},
    paper::{Block, Table},
};

/// Lines of the chronology that are printed, the newest.
const MAX_LINES: usize = 1_000;
/// Actions that are printed, the newest.
const MAX_ACTIONS: usize = 500;

/// Something that happened.
struct Line {
    on: Date,
    what: String,
    told_by: String,
}

pub(super) fn chronology(teller: &Teller<'_>, cut: &mut Vec<String>) -> Vec<Block> {
    let mut lines = Vec::new();
    ledger(teller, &mut lines);
    lines.extend(teller.gathered.outcomes.iter().map(|outcome| done(teller, outcome)));
    lines.extend(teller.gathered.examined.broken.iter().map(|(on, pledge)| broken(teller, *on, pledge)));
    lines.extend(teller.gathered.signals.iter().filter_map(|link| said(teller, link)));
    lines.extend(teller.gathered.steps.iter().map(|step| graded(teller, step)));
    lines.retain(|line| line.on <= teller.gathered.as_of.valid_at);
    lines.sort_by(|a, b| (a.on, &a.what).cmp(&(b.on, &b.what)));
    let all = lines.len();
    let shown = &lines[all.saturating_sub(MAX_LINES)..];
    if all > MAX_LINES {
        cut.push(if teller.language.is_italian() {
            format!("La cronologia riporta gli ultimi {MAX_LINES} eventi su {all}; tutti sono nelle tabelle allegate.")
        } else {
            format!("The chronology has the last {MAX_LINES} of {all} events; all are in the tables beside it.")
        });
    }
    if shown.is_empty() {
        return vec![Block::Text(teller.text("Nessun evento.", "Nothing happened."))];
    }
    let rows =
        shown.iter().map(|line| row(vec![teller.language.day(line.on), line.what.clone(), line.told_by.clone()]));
    let columns = vec![
        words(teller.say("Giorno", "Day"), 1.3),
        words(teller.say("Evento", "Event"), 6.7),
        words(teller.say("Fonte", "Source"), 2.0),
    ];
    vec![Block::Table(Table { columns, rows: rows.collect() })]
}

/// Of the ledger: what fell due and was not paid in time, payments that were late, disputes, what was given up.
fn ledger(teller: &Teller<'_>, lines: &mut Vec<Line>) {
    let language = teller.language;
    for line in teller.gathered.lines.iter().filter(|line| line.kind == "invoice") {
        let money = |decimal: &str| language.money(decimal, &line.currency);
        let mut add = |on: Date, what: String| lines.push(Line { on, what, told_by: language.word("ledger") });
        let number = &line.invoice;
        if line.days_late > 0 || line.state == "disputed" {
            let text = teller.say("Scade e non è pagata la fattura", "Falls due and is not paid: invoice");
            add(line.due_on, format!("{text} {number}, {}", money(&line.amount)));
        }
        for paid in line.payments.iter().filter(|paid| paid.paid_on > line.due_on) {
            let text = teller.say("Pagamento in ritardo sulla fattura", "Late payment on invoice");
            add(paid.paid_on, format!("{text} {number}: {}", money(&paid.amount)));
        }
        if let Some(dispute) = &line.dispute {
            let amount = dispute.amount.as_deref().map(|amount| format!(": {}", money(amount))).unwrap_or_default();
            let text = teller.say("Contestata la fattura", "Disputed: invoice");
            add(dispute.since, format!("{text} {number}{amount}"));
            if let Some(closed) = dispute.closed_on {
                let outcome = dispute.outcome.as_deref().map(|outcome| language.word(outcome)).unwrap_or_default();
                let text = teller.say("Chiusa la contestazione sulla fattura", "Dispute ended on invoice");
                add(closed, format!("{text} {number} {outcome}"));
            }
        }
        if let Some(promise) = line.promise.as_ref().filter(|promise| promise.state == "broken") {
            let text =
                teller.say("Promessa di pagamento non mantenuta sulla fattura", "Promise to pay broken: invoice");
            let amount = promise.amount.as_deref().map(|amount| format!(", {}", money(amount))).unwrap_or_default();
            let until = format!("{} {}", teller.say("entro il", "by"), language.day(promise.due_on));
            let waited = teller.say("attesa fino a quel giorno", "waited for until then");
            add(day_after(promise.due_on), format!("{text} {number}{amount}, {until}, {waited}"));
        }
        if let Some((name, due_on)) = line.plan.as_ref().and_then(|plan| Some((&plan.name, plan.due_on?))) {
            let is_kept = line.state == "paid" && line.payments.iter().all(|paid| paid.paid_on <= due_on);
            let text = teller.say("Rata non pagata del piano", "Instalment not paid of the plan");
            let (of, until) = (teller.say("fattura", "invoice"), teller.say("entro il", "by"));
            let waited = teller.say("attesa fino a quel giorno", "waited for until then");
            if !is_kept {
                add(
                    day_after(due_on),
                    format!("{text} {name}: {of} {number}, {until} {}, {waited}", language.day(due_on)),
                );
            }
        }
        if let Some(given_up) = &line.written_off {
            add(given_up.on, format!("{} {number}", teller.say("Stralciata la fattura", "Written off: invoice")));
        }
    }
}

/// What is good until the end of its day is broken on the next.
fn day_after(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// What was promised and did not come, on the day after which nobody waited any more: the ledger tells, and no person had to.
fn broken(teller: &Teller<'_>, on: Date, pledge: &Outcome) -> Line {
    let kind = if pledge.kind == OutcomeKind::Plan { OutcomeKind::PlanBroken } else { OutcomeKind::PromiseBroken };
    let given = format!("{} {}", teller.say("data il", "given on"), teller.language.day(pledge.on));
    let what = headline(teller, &Outcome { kind, ..pledge.clone() });
    // What a person was told is waited for some days longer than what the ledger says: each line says until when.
    let last = teller.language.day(on.yesterday().unwrap_or(on));
    let waited = format!("{} {last}", teller.say("attesa fino al", "waited for until"));
    Line { on, what: format!("{what}, {given}, {waited}"), told_by: teller.language.word("ledger") }
}

fn done(teller: &Teller<'_>, outcome: &Outcome) -> Line {
    Line { on: outcome.on, what: headline(teller, outcome), told_by: outcome.author.clone() }
}

/// A kind with what belongs to it: how a call ended, what was promised.
fn headline(teller: &Teller<'_>, outcome: &Outcome) -> String {
    let language = teller.language;
    let mut text = language.word(outcome.kind.as_str());
    if let Some(result) = outcome.result {
        text += &format!(" ({})", language.word(result.as_str()));
    }
    if let Some(amount) = outcome.amount {
        text += &format!(", {}", teller.money(amount));
    }
    if let Some(due) = outcome.due_on {
        text += &format!(", {} {}", teller.say("entro il", "by"), language.day(due));
    }
    if let Some(invoice) = &outcome.invoice {
        text += &format!(", {} {invoice}", teller.say("fattura", "invoice"));
    }
    match outcome.accepted {
        Some(true) => text += teller.say(", ragione al cliente", ", the client was right"),
        Some(false) => text += teller.say(", torto al cliente", ", the client was wrong"),
        None => {}
    }
    text
}

/// What an open source says; filings, figures and names have their own tables.
fn said(teller: &Teller<'_>, link: &crate::store::LinkedSignal) -> Option<Line> {
    let signal = &link.signal;
    let language = teller.language;
    let kind = language.word(signal.fact.kind());
    let what = match &signal.fact {
        Fact::CompanyStatus(change) => {
            let words = change.procedure.as_ref().map(|procedure| procedure.words.as_str()).filter(|w| !w.is_empty());
            let status = language.word(change.status.as_str());
            words.map_or_else(|| format!("{kind}: {status}"), |words| format!("{kind}: {status} – {words}"))
        }
        Fact::Protest(protest) => {
            let amount = protest.amount.map(|amount| format!(" {}", teller.money(amount))).unwrap_or_default();
            let state = match protest.state {
                ProtestState::Standing => String::new(),
                other => format!(" ({})", language.word(other.as_str())),
            };
            format!("{kind}: {}{amount}{state}", language.word(protest.instrument.as_str()))
        }
        Fact::PrejudicialAct(act) => {
            let amount = act.amount.map(|amount| format!(" {}", teller.money(amount))).unwrap_or_default();
            let gone = if act.cancelled { teller.say(" (cancellato)", " (cancelled)") } else { "" };
            format!("{kind}: {}{amount}{gone}", act.act)
        }
        Fact::News(news) => format!("{kind}: {}", news.title),
        Fact::VatCheck(answer) => format!("{kind}: {}", language.word(answer.as_str())),
        Fact::Filing(filing) if filing.overdue => {
            format!("{kind}: {} {}", filing.form, teller.say("in ritardo", "overdue"))
        }
        Fact::Filing(_) | Fact::Identity(_) | Fact::Indicator(_) | Fact::Clean { .. } => return None,
    };
    Some(Line { on: signal.valid_at, what, told_by: signal.source.to_string() })
}

fn graded(teller: &Teller<'_>, step: &crate::store::RecordedRating) -> Line {
    let (score, grade) = (teller.say("Punteggio interno", "Internal score"), step.rating.grade);
    let cause = teller.language.word(step.cause.as_str());
    let what = match step.change.from {
        Some(from) => format!("{score}: {from} › {grade} ({cause})"),
        None => format!("{score}: {grade} ({cause})"),
    };
    Line { on: step.rating.as_of.valid_at, what, told_by: "Vedetta".to_owned() }
}

pub(super) fn correspondence(teller: &Teller<'_>, cut: &mut Vec<String>) -> Vec<Block> {
    let outcomes = &teller.gathered.outcomes;
    if outcomes.is_empty() {
        return vec![Block::Text(teller.text("Nessuna azione è registrata.", "No action is recorded."))];
    }
    let shown = &outcomes[outcomes.len().saturating_sub(MAX_ACTIONS)..];
    if outcomes.len() > MAX_ACTIONS {
        let all = outcomes.len();
        cut.push(if teller.language.is_italian() {
            format!("Sono stampate le ultime {MAX_ACTIONS} azioni su {all}; tutte sono in actions.csv.")
        } else {
            format!("The last {MAX_ACTIONS} of {all} actions are printed; all are in actions.csv.")
        });
    }
    let mut blocks = vec![Block::Note(teller.text(
        "Ogni azione come fu riferita, con le parole di chi la registrò; il canale è quello proprio dell'azione, dove non è detto altro.",
        "Each action as it was told, in the words of whoever recorded it; the channel is the action's own where nothing else is said.",
    ))];
    blocks.extend(shown.iter().map(|outcome| entry(teller, outcome)));
    blocks
}

fn entry(teller: &Teller<'_>, outcome: &Outcome) -> Block {
    let language = teller.language;
    let head = format!("{}  ·  {}", language.day(outcome.on), headline(teller, outcome));
    let mut lines = vec![format!(
        "{}: {}  ·  {}: {}  ·  {} {}  ·  {}",
        teller.say("canale", "channel"),
        channel(teller, outcome.kind),
        teller.say("riferita da", "told by"),
        outcome.author,
        teller.say("registrata il", "recorded on"),
        language.instant(outcome.known_at),
        outcome.id
    )];
    if !outcome.instalments.is_empty() {
        let parts =
            outcome.instalments.iter().map(|(on, amount)| format!("{} {}", language.day(*on), teller.money(*amount)));
        lines.push(format!("{}: {}", teller.say("rate", "instalments"), parts.collect::<Vec<_>>().join("; ")));
    }
    lines.extend(outcome.note.as_ref().map(|note| format!("«{note}»")));
    Block::Entry(head, lines)
}

/// Which way a thing of that kind goes.
fn channel(teller: &Teller<'_>, kind: OutcomeKind) -> &'static str {
    use OutcomeKind as K;
    match kind {
        K::Call => teller.say("telefono", "telephone"),
        K::Visit => teller.say("di persona", "in person"),
        K::HandedToAgency => teller.say("agenzia", "agency"),
        K::CourtFiled | K::ClaimFiled => teller.say("tribunale", "court"),
        _ => teller.say("non registrato", "not recorded"),
    }
}
