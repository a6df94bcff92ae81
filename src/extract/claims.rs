//! What the ledger itself tells of a claim: disputes, promises, instalments, write-offs.
//!
//! # Why
//!
//! *Why does a promise that a file tells of become an [`Outcome`]?* So that it is waited for, kept and broken by the rules for
//! what a person records. It is about its own invoice only, and no payment of another one keeps it.
//!
//! *Why does what a person records of a dispute count here, too?* A disputed invoice is not a late one, whoever says so: the rating
//! would fall by an invoice that nobody asks for.
//!
//! *Why does every revision count, and not the newest alone?* A file says how things stand; what was promised before, and put
//! off, is in the revisions that it replaced.

use super::{View, ledger::Visible, receivables::day_of};
use crate::domain::{
    AsOf, Claim, DisputeOutcome, DisputeState, DisputedDays, Dossier, EntryKind, GivenUp, LedgerLine, LineClaim, Money,
    Outcome, OutcomeId, OutcomeKind, Promise, Questioned, day_number, day_of_number,
};

/// Who tells of what stands in the ledger.
const TELLER: &str = "ledger";

/// What a revision says was agreed: a promise, or the day of an invoice in a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Agreed {
    kind: OutcomeKind,
    promise: Promise,
}

impl Agreed {
    /// Instalments stand in the place of a promise; a plan without a day for its invoice says nothing to wait for.
    fn of(claim: Option<&Claim>) -> Option<Self> {
        let planned = claim?.plan.as_ref().and_then(|plan| plan.due_on);
        let planned = planned.map(|due_on| (OutcomeKind::Plan, Promise { due_on, minor: None }));
        let (kind, promise) = planned.or_else(|| Some((OutcomeKind::Promise, claim?.promise?)))?;
        Some(Self { kind, promise })
    }

    /// As an outcome that was first told by the last of these revisions of an invoice.
    fn told(&self, revisions: &[LedgerLine]) -> Option<Outcome> {
        let (line, before) = revisions.split_last()?;
        let due_on = self.promise.due_on;
        let on = day_of(line.known_at).min(day_number(due_on)).max(day_number(line.issued_on));
        // What had come before is not what was promised: all that comes on the invoice counts towards both.
        let came = before.last().map_or(0, |line| line.paid_minor);
        let sum = |minor: i64| Money::from_minor((came + minor).min(line.amount.minor()), line.amount.currency());
        let is_plan = self.kind == OutcomeKind::Plan;
        let name = [TELLER, &line.invoice.get().to_string(), &line.known_at.to_string(), &due_on.to_string()];
        Some(Outcome {
            id: OutcomeId::of(&name),
            kind: self.kind,
            on: day_of_number(on),
            known_at: line.known_at,
            author: TELLER.to_owned(),
            result: None,
            amount: self.promise.minor.map(sum),
            due_on: (!is_plan).then_some(due_on),
            invoice: None,
            invoice_key: Some(line.invoice),
            accepted: None,
            instalments: if is_plan { vec![(due_on, line.amount)] } else { Vec::new() },
            note: None,
            about: vec![line.invoice],
            was_due: None,
        })
    }
}

/// What a revision says beyond amount and payment.
fn claim_of<'a>(dossier: &'a Dossier, line: &LedgerLine) -> Option<&'a Claim> {
    let key = (line.invoice, line.known_at, line.batch);
    let place = dossier.claims.binary_search_by_key(&key, LineClaim::key).ok()?;
    Some(&dossier.claims[place].claim)
}

/// Which invoices are disputed, or found not to be owed, after what their rows say and what persons recorded.
pub(super) struct Disputes<'a> {
    dossier: &'a Dossier,
    as_of: AsOf,
    /// What persons had recorded of disputes.
    told: Vec<Outcome>,
}

impl<'a> Disputes<'a> {
    pub(super) fn of(dossier: &'a Dossier, as_of: AsOf) -> Self {
        let is_told = |told: &&Outcome| told.known_at <= as_of.known_at && told.on <= as_of.valid_at;
        Self { dossier, as_of, told: dossier.disputes.iter().filter(is_told).cloned().collect() }
    }

    /// Whether an invoice is; of most nobody has recorded anything, and their rows say it.
    pub(super) fn has(&self, seen: &Visible<'_>) -> bool {
        let line = seen.line;
        if !self.told.iter().any(|told| told.may_be_about(line.invoice)) {
            return line.disputed;
        }
        let file = claim_of(self.dossier, line).and_then(|claim| claim.dispute);
        let asked = Questioned { key: line.invoice, line, file, payments: seen.payments() };
        asked.after(&self.told, self.as_of.valid_at).is_disputed
    }
}

impl View<'_> {
    /// What a revision says beyond amount and payment.
    fn claim_of(&self, line: &LedgerLine) -> Option<&Claim> {
        claim_of(self.dossier, line)
    }

    /// The revisions of each invoice in the main currency that are known, since the last time that all of it was unsaid.
    fn known_revisions(&self) -> impl Iterator<Item = &[LedgerLine]> {
        let invoices = self.lines.chunk_by(|a, b| a.invoice == b.invoice).map(|revisions| self.said(revisions));
        invoices.filter(|said| said.last().is_some_and(|line| Some(line.amount.currency()) == self.currency))
    }

    /// Every dispute that the ledger tells of, or told of.
    pub(super) fn disputed_days(&self) -> Vec<DisputedDays> {
        self.known_revisions().flat_map(|said| self.disputes_of(said)).filter(|told| told.first <= self.today).collect()
    }

    fn disputes_of(&self, said: &[LedgerLine]) -> Vec<DisputedDays> {
        let mut found: Vec<DisputedDays> = Vec::new();
        // The day from which the last of them counts, as the ledger names it; it is none where it has only the mark.
        let mut going_on: Option<Option<i32>> = None;
        for line in said {
            let told = self.claim_of(line).and_then(|claim| claim.dispute);
            let since = told.map(|dispute| day_number(dispute.on));
            let on = day_of(line.known_at);
            let is_told = told.is_some() || line.disputed;
            if going_on.is_some_and(|known| !is_told || known != since) {
                if let Some(last) = found.last_mut().filter(|last| last.state == DisputeState::Open) {
                    (last.last, last.state) = (on.min(self.today), DisputeState::Over);
                }
                going_on = None;
            }
            if !is_told {
                continue;
            }
            let closed = told.and_then(|dispute| dispute.closed_on).map(day_number).filter(|day| *day <= self.today);
            let was_right = told.is_some_and(|dispute| dispute.outcome == Some(DisputeOutcome::Upheld));
            let state = match closed {
                None => DisputeState::Open,
                Some(_) if was_right => DisputeState::Upheld,
                Some(_) => DisputeState::Over,
            };
            let known = if going_on.is_some() { found.pop() } else { None };
            let first = since.or(known.map(|known| known.first)).unwrap_or(on);
            let minor = told.and_then(|dispute| dispute.minor);
            found.push(DisputedDays { invoice: line.invoice, first, last: closed.unwrap_or(self.today), minor, state });
            going_on = Some(since);
        }
        found
    }

    /// What of an invoice the newest revision says was given up by the day, of what is not paid.
    pub(super) fn given_up(&self, line: &LedgerLine, open_minor: i64) -> Option<GivenUp> {
        let told = self.claim_of(line)?.written_off?;
        let on = day_number(told.on);
        let minor = told.minor.unwrap_or(i64::MAX).min(open_minor);
        (on <= self.today && minor > 0).then_some(GivenUp { on, minor })
    }

    /// Promises and instalments that the ledger tells of, in the order of invoices; one that was taken back before its day is
    /// none.
    pub fn agreed(&self) -> Vec<Outcome> {
        if self.dossier.claims.is_empty() {
            return Vec::new();
        }
        let invoices =
            self.known_revisions().filter(|said| said.last().is_some_and(|line| line.kind == EntryKind::Invoice));
        invoices.flat_map(|said| self.agreed_of(said)).collect()
    }

    fn agreed_of(&self, said: &[LedgerLine]) -> Vec<Outcome> {
        let agreed: Vec<Option<Agreed>> = said.iter().map(|line| Agreed::of(self.claim_of(line))).collect();
        let is_new = |place: usize| place == 0 || agreed[place - 1] != agreed[place];
        let first = (0..said.len()).filter(|place| is_new(*place));
        let told = first.filter_map(|place| {
            let one = agreed[place]?;
            let next = (place + 1..said.len()).find(|next| agreed[*next] != agreed[place]);
            let is_taken_back = next.is_some_and(|next| {
                agreed[next].is_none() && day_of(said[next].known_at) <= day_number(one.promise.due_on)
            });
            if is_taken_back { None } else { one.told(&said[..=place]) }
        });
        told.collect()
    }

    /// The revisions of an invoice that are known, since the last time that all of it was unsaid.
    pub(super) fn said<'l>(&self, revisions: &'l [LedgerLine]) -> &'l [LedgerLine] {
        let known = &revisions[..revisions.partition_point(|line| line.known_at <= self.as_of.known_at)];
        let unsaid = known.iter().rposition(|line| line.kind == EntryKind::Withdrawn);
        unsaid.map_or(known, |place| &known[place + 1..])
    }
}
