//! What persons recorded about an invoice, beside what the ledger's own rows say: disputes and their ends, write-offs and
//! assignments. The ledger that people read and the treatment rest on the same facts.

use jiff::civil::Date;

use super::Line;
use crate::{
    domain::{Dispute, DisputeOutcome, EntryKind, InvoiceKey, Outcome, OutcomeKind, WriteOff},
    treat,
};

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
        let (row, claim) = (&line.row.line, line.row.claim.as_deref());
        let file = claim.and_then(|claim| claim.dispute).filter(|dispute| dispute.on <= day);
        let ended = |on: Date| last_word(told, key, on);
        let file = file.map(|dispute| match ended(dispute.on).filter(|_| dispute.is_open(day)) {
            Some(end) => Dispute { closed_on: Some(end.on), outcome: Some(verdict(end)), ..dispute },
            None => dispute,
        });
        let recorded = told.iter().filter(|o| o.kind == OutcomeKind::Dispute && is_about(line, key, o));
        let recorded = recorded.max_by_key(|o| (o.on, o.known_at)).map(|begun| {
            let end = treat::end_of(begun, told);
            let minor = begun.amount.map(|amount| amount.minor());
            Dispute { on: begun.on, minor, closed_on: end.map(|end| end.on), outcome: end.map(verdict) }
        });
        let is_newer =
            |new: &Dispute| file.is_none_or(|file| (new.is_open(day), new.on) >= (file.is_open(day), file.on));
        let dispute = recorded.filter(is_newer).or(file);
        let is_marked = row.disputed && claim.is_none_or(|claim| claim.dispute.is_none());
        let is_disputed = match dispute {
            Some(dispute) => counts(&dispute, row.amount.minor(), day),
            None => is_marked && ended(row.issued_on).is_none_or(|end| end.accepted == Some(true)),
        };
        let ends = told.iter().filter(|o| matches!(o.kind, OutcomeKind::WrittenOff | OutcomeKind::Assigned));
        let end = ends.filter(|o| is_given_up(line, key, o)).max_by_key(|o| (o.on, o.known_at));
        let file = claim.and_then(|claim| claim.written_off);
        Self {
            dispute,
            is_disputed,
            given_up: end.map(|end| WriteOff { on: end.on, minor: None }).or(file),
            is_assigned: end.is_some_and(|end| end.kind == OutcomeKind::Assigned),
        }
    }
}

/// Whether a dispute takes the invoice out of what is late: of so much of it, and going on or won.
fn counts(dispute: &Dispute, amount: i64, day: Date) -> bool {
    dispute.is_about_most(amount) && (dispute.is_open(day) || dispute.outcome == Some(DisputeOutcome::Upheld))
}

fn verdict(end: &Outcome) -> DisputeOutcome {
    if end.accepted == Some(true) { DisputeOutcome::Upheld } else { DisputeOutcome::Rejected }
}

/// The first end of a dispute of the invoice that was recorded for a day or later.
fn last_word(told: &[Outcome], key: InvoiceKey, since: Date) -> Option<&Outcome> {
    let ends = told.iter().filter(|o| o.kind == OutcomeKind::DisputeSettled && o.on >= since);
    ends.filter(|end| named(end).is_none_or(|named| named == key)).min_by_key(|end| (end.on, end.known_at))
}

fn named(outcome: &Outcome) -> Option<InvoiceKey> {
    outcome.invoice_key.or_else(|| outcome.invoice.as_deref().map(InvoiceKey::of))
}

/// Whether a dispute is about a line: it names it, or it was open on its day.
fn is_about(line: &Line, key: InvoiceKey, dispute: &Outcome) -> bool {
    let was_open = || {
        let paid = line.paid_until(|on| on < dispute.on);
        line.row.line.issued_on <= dispute.on && paid < line.row.line.amount.minor()
    };
    line.row.line.kind == EntryKind::Invoice && named(dispute).map_or_else(was_open, |named| named == key)
}

/// Whether what was given up was this line.
fn is_given_up(line: &Line, key: InvoiceKey, end: &Outcome) -> bool {
    let is_named = match named(end) {
        Some(named) => named == key,
        None if end.about.is_empty() => line.row.line.due_on < end.on,
        None => end.about.contains(&key),
    };
    is_named && line.row.line.kind == EntryKind::Invoice
}
