//! Whether an invoice is disputed, after what its file says and what persons recorded: one answer for the ledger that people read
//! and for the rating.

use jiff::civil::Date;

use super::{Dispute, DisputeOutcome, EntryKind, Instalment, InvoiceKey, LedgerLine, Outcome, OutcomeKind};

/// An invoice of which it is asked whether it is disputed, as it stood on a day.
#[derive(Debug, Clone, Copy)]
pub struct Questioned<'a> {
    /// Its key among those of everybody who is merged into the client.
    pub key: InvoiceKey,
    /// Its newest revision.
    pub line: &'a LedgerLine,
    /// The dispute that this revision tells of.
    pub file: Option<Dispute>,
    /// What had been paid on it.
    pub payments: &'a [Instalment],
}

/// What stands of an invoice's disputes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disputed {
    /// The newest dispute; a mark without a day has none.
    pub dispute: Option<Dispute>,
    /// Disputed, or found not to be owed, in the greater part.
    pub is_disputed: bool,
}

impl Questioned<'_> {
    /// What stands when a day is over; `told`: what was recorded by then.
    pub fn after(&self, told: &[Outcome], day: Date) -> Disputed {
        let ended = |on: Date| self.last_word(told, on);
        let file = self.file.filter(|dispute| dispute.on <= day);
        let file = file.map(|dispute| match ended(dispute.on).filter(|_| dispute.is_open(day)) {
            Some(end) => Dispute { closed_on: Some(end.on), outcome: Some(verdict(end)), ..dispute },
            None => dispute,
        });
        let recorded = told.iter().filter(|o| o.kind == OutcomeKind::Dispute && self.is_meant(o));
        let recorded = recorded.max_by_key(|o| (o.on, o.known_at)).map(|begun| {
            let end = end_of_dispute(begun, told);
            let minor = begun.amount.map(|amount| amount.minor());
            Dispute { on: begun.on, minor, closed_on: end.map(|end| end.on), outcome: end.map(verdict) }
        });
        let is_newer =
            |new: &Dispute| file.is_none_or(|file| (new.is_open(day), new.on) >= (file.is_open(day), file.on));
        let dispute = recorded.filter(is_newer).or(file);
        let is_marked = self.line.disputed && self.file.is_none();
        let is_disputed = match dispute {
            Some(dispute) => counts(&dispute, self.line.amount.minor(), day),
            None => is_marked && ended(self.line.issued_on).is_none_or(|end| end.accepted == Some(true)),
        };
        Disputed { dispute, is_disputed }
    }

    /// The first end of a dispute of it that was recorded for a day or later.
    fn last_word<'o>(&self, told: &'o [Outcome], since: Date) -> Option<&'o Outcome> {
        let ends = told.iter().filter(|o| o.kind == OutcomeKind::DisputeSettled && o.on >= since);
        ends.filter(|end| end.may_be_about(self.key)).min_by_key(|end| (end.on, end.known_at))
    }

    /// Whether a recorded dispute is about it: it names it, or it was open on its day.
    fn is_meant(&self, dispute: &Outcome) -> bool {
        let was_open = || {
            let paid: i64 = self.payments.iter().filter(|part| part.on < dispute.on).map(|part| part.minor).sum();
            self.line.issued_on <= dispute.on && paid < self.line.amount.minor()
        };
        self.line.kind == EntryKind::Invoice && dispute.named().map_or_else(was_open, |named| named == self.key)
    }
}

/// What was told first of how a recorded dispute ended: who names no invoice ends the disputes of all.
pub fn end_of_dispute<'a>(begun: &Outcome, told: &'a [Outcome]) -> Option<&'a Outcome> {
    let ends = told.iter().filter(|o| o.kind == OutcomeKind::DisputeSettled);
    let ends = ends.filter(|end| end.on >= begun.on && end.known_at >= begun.known_at);
    let its = ends.filter(|end| end.named().is_none() || end.named() == begun.named());
    its.min_by_key(|end| (end.on, end.known_at))
}

/// Whether a dispute takes the invoice out of what is late: of so much of it, and going on or won.
fn counts(dispute: &Dispute, amount: i64, day: Date) -> bool {
    dispute.is_about_most(amount) && (dispute.is_open(day) || dispute.outcome == Some(DisputeOutcome::Upheld))
}

fn verdict(end: &Outcome) -> DisputeOutcome {
    if end.accepted == Some(true) { DisputeOutcome::Upheld } else { DisputeOutcome::Rejected }
}
