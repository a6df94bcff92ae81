//! What could be done about a dossier: invoices to pay, facts to undo, and what that would cost.

use std::collections::BTreeMap;

use super::{
    Step,
    change::{Bent, YEAR},
};
use crate::domain::{
    AsOf, Certainty, Dossier, EntryKind, Fact, InvoiceKey, KnownSignal, LedgerLine, Money, ProtestState, day_number,
};

/// Protests and acts older than this are in no register.
const REGISTER_DAYS: i32 = 5 * YEAR;

/// An invoice that is open past its due date: its newest revision, and what is missing.
pub(super) struct Overdue {
    pub(super) line: LedgerLine,
    open_minor: i64,
}

/// A fact that could be undone.
#[derive(Clone)]
pub(super) struct Other {
    pub(super) signal: KnownSignal,
    pub(super) step: Step,
}

/// Everything that could be done about a dossier.
pub(super) struct Levers {
    /// Oldest first, in the currency of most of the ledger.
    pub(super) overdue: Vec<Overdue>,
    others: Vec<Other>,
    yearly: f64,
    has_ledger: bool,
    pub(super) has_protests: bool,
    has_news: bool,
}

impl Levers {
    pub(super) fn of(dossier: &Dossier, as_of: AsOf, max_others: usize) -> Self {
        let today = day_number(as_of.valid_at);
        let lines = present_lines(dossier, as_of);
        let invoices = || lines.iter().filter(|(line, _)| line.kind == EntryKind::Invoice);
        let mut overdue: Vec<Overdue> = invoices()
            .filter(|(line, open)| !line.disputed && *open > 0 && day_number(line.due_on) < today)
            .map(|(line, open)| Overdue { line: *line, open_minor: *open })
            .collect();
        overdue.sort_by_key(|o| (o.line.due_on, o.line.invoice));
        let currency = overdue.last().map(|o| o.line.amount.currency());
        overdue.retain(|o| Some(o.line.amount.currency()) == currency);
        let of_year = invoices().filter(|(line, _)| today - day_number(line.issued_on) < YEAR);
        let signals = || {
            let told = |s: &&KnownSignal| s.known_at <= as_of.known_at && s.valid_at <= as_of.valid_at;
            dossier.signals.iter().filter(told).filter(|s| s.certainty >= Certainty::MOVES_A_RATING)
        };
        let has = |wanted: fn(&Fact) -> bool| signals().any(|s| wanted(&s.fact));
        Self {
            overdue,
            others: others(&signals().collect::<Vec<_>>(), today, max_others),
            yearly: of_year.map(|(line, _)| line.amount.major()).sum(),
            has_ledger: invoices().next().is_some(),
            has_protests: has(|fact| matches!(fact, Fact::Protest(_))),
            has_news: has(|fact| matches!(fact, Fact::News(_))),
        }
    }

    pub(super) fn n_overdue(&self) -> usize {
        self.overdue.len()
    }

    pub(super) fn n_others(&self) -> usize {
        self.others.len()
    }

    /// What was bought in the last year, major units.
    pub(super) fn yearly(&self) -> f64 {
        self.yearly
    }

    pub(super) fn chosen(&self, mask: u32) -> impl Iterator<Item = &Other> {
        self.others.iter().enumerate().filter(move |(place, _)| mask & (1 << place) != 0).map(|(_, other)| other)
    }

    /// Money that these steps take, major units.
    pub(super) fn price(&self, n_paid: usize, mask: u32) -> f64 {
        let paid = self.overdue.iter().take(n_paid).map(|o| Money::from_minor(o.open_minor, o.line.amount.currency()));
        let others = self.chosen(mask).filter_map(|other| other.step.amount());
        paid.chain(others).map(Money::major).sum()
    }

    pub(super) fn steps(&self, n_paid: usize, mask: u32, bent: &Bent) -> Vec<Step> {
        let mut steps = Vec::new();
        if let (Some(first), Some(last)) = (self.overdue.first(), self.overdue.get(n_paid.wrapping_sub(1))) {
            let open_minor = self.overdue.iter().take(n_paid).map(|o| o.open_minor).sum();
            steps.push(Step::PayOverdue {
                amount: Money::from_minor(open_minor, first.line.amount.currency()),
                n_invoices: n_paid,
                since: first.line.due_on,
                due_by: (n_paid < self.n_overdue()).then_some(last.line.due_on),
            });
        }
        steps.extend(self.chosen(mask).map(|other| bent.step_of(other)));
        if bent.months > 0 {
            steps.push(Step::Wait {
                months: bent.months,
                no_protest: self.has_protests,
                no_news: self.has_news,
                on_time: self.has_ledger,
            });
        }
        steps
    }
}

/// Protests that stand, acts, and documents that are overdue at a register; the newest first.
fn others(signals: &[&KnownSignal], today: i32, max: usize) -> Vec<Other> {
    let mut found: BTreeMap<String, Other> = BTreeMap::new();
    for signal in signals {
        let (key, step) = match &signal.fact {
            Fact::Protest(p) => {
                let raised_on = p.raised_on.unwrap_or(signal.valid_at);
                let key = format!("protest {raised_on} {}", p.instrument);
                let is_cancelled = p.state == ProtestState::Cancelled;
                (key, (!is_cancelled).then_some(Step::CancelProtest { amount: p.amount, raised_on }))
            }
            Fact::PrejudicialAct(a) => {
                let registered = a.registered_on.unwrap_or(signal.valid_at);
                let key = format!("act {registered} {} {:?}", a.act, a.amount);
                (key, (!a.cancelled).then(|| Step::StrikeOut { act: a.act.clone(), amount: a.amount }))
            }
            Fact::Filing(f) if f.tells_of_lateness() => {
                let key = format!("filing {} {} {}", signal.source, f.form, f.category);
                (key, f.overdue.then(|| Step::File { what: f.category.clone() }))
            }
            _ => continue,
        };
        // Signals come by when they were known: the newest word is the last.
        match step.filter(|_| today - day_number(signal.valid_at) < REGISTER_DAYS) {
            Some(step) => found.insert(key, Other { signal: (*signal).clone(), step }),
            None => found.remove(&key),
        };
    }
    let mut found: Vec<Other> = found.into_values().collect();
    found.sort_by_key(|other| (std::cmp::Reverse(other.signal.valid_at), other.signal.id));
    found.truncate(max);
    found
}

/// Of each invoice the newest revision known, and what is open on it.
pub(super) fn present_lines(dossier: &Dossier, as_of: AsOf) -> Vec<(LedgerLine, i64)> {
    let mut newest: BTreeMap<InvoiceKey, (LedgerLine, i64)> = BTreeMap::new();
    for line in dossier.ledger.iter().filter(|l| l.known_at <= as_of.known_at && l.issued_on <= as_of.valid_at) {
        let is_paid = line.paid_on.is_some_and(|on| on <= as_of.valid_at)
            && line.paid_known_at.is_none_or(|at| at <= as_of.known_at);
        let paid = if is_paid { line.paid_minor } else { 0 };
        let known = newest.entry(line.invoice).or_insert((*line, paid));
        if line.known_at >= known.0.known_at {
            *known = (*line, paid.max(known.1));
        }
    }
    newest.into_values().map(|(line, paid)| (line, line.amount.minor() - paid)).collect()
}
