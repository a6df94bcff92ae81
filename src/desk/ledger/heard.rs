//! What persons recorded about an invoice, beside what the ledger's own rows say: disputes and their ends, write-offs and
//! assignments. The ledger that people read and the treatment rest on the same facts.

use jiff::civil::Date;

use super::Line;
use crate::domain::{Dispute, Disputed, EntryKind, InvoiceKey, Outcome, OutcomeKind, Questioned, WriteOff};

/// What stands of an invoice after everything that was told by its day.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard {
    /// The newest dispute; a mark without a day has none.
    pub(super) dispute: Option<Dispute>,
    /// Disputed, or found not to be owed, in the greater part.
    pub(super) is_disputed: bool,
    /// What was given up.
    pub(super) given_up: Option<WriteOff>,
    /// It was assigned: somebody else asks for it.
    pub(super) is_assigned: bool,
}

impl Heard {
    /// Of a line whose key among those of everybody who is merged into the client is `key`; `told`: what was recorded by the day.
    pub(super) fn of(line: &Line, key: InvoiceKey, told: &[Outcome], day: Date) -> Self {
        let claim = line.row.claim.as_deref();
        let file = claim.and_then(|claim| claim.dispute);
        let Disputed { dispute, is_disputed } =
            Questioned { key, line: &line.row.line, file, payments: &line.payments }.after(told, day);
        let ends = told.iter().filter(|o| matches!(o.kind, OutcomeKind::WrittenOff | OutcomeKind::Assigned));
        let end = ends.filter(|o| is_given_up(line, key, o)).min_by_key(|o| (o.on, o.known_at, o.id));
        let file = claim.and_then(|claim| claim.written_off).filter(|written_off| written_off.on <= day);
        Self {
            dispute,
            is_disputed,
            given_up: end.map(|end| WriteOff { on: end.on, minor: None }).or(file),
            is_assigned: end.is_some_and(|end| end.kind == OutcomeKind::Assigned),
        }
    }
}

/// Whether what was given up was this line: something of it was open on that day.
fn is_given_up(line: &Line, key: InvoiceKey, end: &Outcome) -> bool {
    let is_named = match end.named() {
        Some(named) => named == key,
        None if end.about.is_empty() => line.row.line.due_on < end.on,
        None => end.about.contains(&key),
    };
    let was_open = || line.paid_until(|on| on <= end.on) < line.row.line.amount.minor();
    is_named && line.row.line.kind == EntryKind::Invoice && was_open()
}
