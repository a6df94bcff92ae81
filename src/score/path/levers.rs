//! What could be done about a dossier: invoices to pay, facts to undo, and what that would cost.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    Step,
    change::{Bent, YEAR},
};
use crate::domain::{
    AsOf, Certainty, Currency, Dossier, EntryKind, Fact, InvoiceKey, KnownSignal, LedgerLine, Money, ProtestState,
    day_number,
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
        let currency = main_currency(&lines);
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
    let mut found: Vec<(Paper, Other)> = Vec::new();
    for signal in signals {
        let mut paper = Paper::default();
        let (key, step) = match &signal.fact {
            Fact::Protest(p) => {
                let raised_on = p.raised_on.unwrap_or(signal.valid_at);
                (paper.amount, paper.due_on) = (p.amount, p.due_on);
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
        paper.key = key;
        // Signals come by when they were known: the newest word is the last.
        found.retain(|(earlier, _)| !earlier.is_same(&paper));
        if let Some(step) = step.filter(|_| today - day_number(signal.valid_at) < REGISTER_DAYS) {
            found.push((paper, Other { signal: (*signal).clone(), step }));
        }
    }
    let mut found: Vec<Other> = found.into_iter().map(|(_, other)| other).collect();
    found.sort_by_key(|other| (std::cmp::Reverse(other.signal.valid_at), other.signal.id));
    found.truncate(max);
    found
}

/// By what a signal is known to speak of the same thing as an earlier one.
#[derive(Default)]
struct Paper {
    key: String,
    amount: Option<Money>,
    due_on: Option<Date>,
}

impl Paper {
    /// The same key, and no word against it in amount or due date: two bills of one day are two.
    fn is_same(&self, other: &Self) -> bool {
        fn agree<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        self.key == other.key && agree(self.amount, other.amount) && agree(self.due_on, other.due_on)
    }
}

/// The currency that most lines are in, which is the one that features count; of two equally common ones the first by code.
fn main_currency(lines: &[(LedgerLine, i64)]) -> Option<Currency> {
    let mut counts: BTreeMap<Currency, usize> = BTreeMap::new();
    lines.iter().for_each(|(line, _)| *counts.entry(line.amount.currency()).or_default() += 1);
    counts.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a))).map(|(currency, _)| currency)
}

/// Of each invoice the newest revision known, and what is open on it: a payment that lies ahead leaves an earlier instalment
/// standing, one that was taken back is none.
pub(super) fn present_lines(dossier: &Dossier, as_of: AsOf) -> Vec<(LedgerLine, i64)> {
    let mut newest: BTreeMap<InvoiceKey, (LedgerLine, i64)> = BTreeMap::new();
    for line in dossier.ledger.iter().filter(|l| l.known_at <= as_of.known_at && l.issued_on <= as_of.valid_at) {
        let is_paid = line.paid_on.is_some_and(|on| on <= as_of.valid_at)
            && line.paid_known_at.is_none_or(|at| at <= as_of.known_at);
        let paid = if is_paid { line.paid_minor.min(line.amount.minor()) } else { 0 };
        let known = newest.entry(line.invoice).or_insert((*line, paid));
        if line.known_at >= known.0.known_at {
            *known = (*line, if is_paid || line.paid_on.is_none() { paid } else { known.1 });
        }
    }
    newest.retain(|_, (line, _)| line.kind != EntryKind::Withdrawn);
    newest.into_values().map(|(line, paid)| (line, line.amount.minor() - paid)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Other, others};
    use crate::domain::{Certainty, Fact, Instrument, KnownSignal, Money, Protest, ProtestState, SignalId, SourceId};

    const TODAY: i32 = 20_000;

    fn protest(id: &str, minor: Option<i64>, state: ProtestState) -> KnownSignal {
        let source: SourceId = "register".parse().unwrap();
        let amount = minor.map(|minor| Money::from_minor(minor, crate::domain::Currency::EUR));
        let valid_at = crate::domain::day_of_number(TODAY - 30);
        let protest = Protest {
            instrument: Instrument::Bill,
            amount,
            raised_on: Some(valid_at),
            due_on: None,
            reason_code: None,
            state,
        };
        KnownSignal {
            id: SignalId::of(&source, id, ""),
            source,
            valid_at,
            known_at: jiff::Timestamp::UNIX_EPOCH,
            is_official: true,
            certainty: Certainty::CERTAIN,
            fact: Fact::Protest(protest),
        }
    }

    fn left(signals: &[KnownSignal]) -> usize {
        let found: Vec<Other> = others(&signals.iter().collect::<Vec<_>>(), TODAY, 9);
        found.len()
    }

    #[test]
    fn two_bills_of_one_day_are_two_and_a_cancellation_takes_its_own() {
        let standing = |id, minor| protest(id, Some(minor), ProtestState::Standing);
        let two = [standing("a", 50_000), standing("b", 90_000)];
        assert_eq!(left(&two), 2);
        let [a, b] = two;
        assert_eq!(left(&[a.clone(), a.clone()]), 1, "told twice it is one");
        assert_eq!(left(&[a.clone(), b.clone(), protest("c", Some(90_000), ProtestState::Cancelled)]), 1);
        assert_eq!(left(&[a, protest("d", None, ProtestState::Cancelled)]), 0, "no word against it in the amount");
    }
}
