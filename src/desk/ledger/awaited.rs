//! What the ledger itself tells of and somebody still waits for: a promise, a plan, the end of a dispute.

use jiff::{Timestamp, civil::Date};

use super::Line;
use crate::{
    domain::{InvoiceKey, Outcome, OutcomeKind},
    store::LedgerRow,
};

/// Since when the ledger tells of each thing as it does now; none where it does not. What was said to have ended before is
/// another one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    promise: Option<Timestamp>,
    plan: Option<Timestamp>,
    dispute: Option<Timestamp>,
}

impl Told {
    /// Of the revisions of an invoice, the newest last.
    pub(super) fn of(revisions: &[LedgerRow]) -> Self {
        let Some(newest) = revisions.last() else { return Self::default() };
        let claim = newest.claim.as_deref();
        let since = |is_told: bool, is_same: &dyn Fn(&LedgerRow) -> bool| {
            let first = revisions.iter().rev().take_while(|row| is_same(row)).last();
            first.filter(|_| is_told).map(|row| row.line.known_at)
        };
        let (promise, plan) = (claim.and_then(|c| c.promise), claim.and_then(|c| c.plan.as_ref()));
        let dispute = claim.and_then(|c| c.dispute);
        let is_disputed = dispute.map_or(newest.line.disputed, |dispute| dispute.closed_on.is_none());
        Self {
            promise: since(promise.is_some(), &|row| row.claim.as_deref().and_then(|c| c.promise) == promise),
            plan: since(plan.is_some(), &|row| row.claim.as_deref().and_then(|c| c.plan.as_ref()) == plan),
            dispute: since(is_disputed, &|row| {
                row.claim.as_deref().and_then(|c| c.dispute) == dispute && row.line.disputed == newest.line.disputed
            }),
        }
    }
}

impl Line {
    /// Whether an outcome tells how something ended that this invoice was waited for on its day, and that none of `ends` tells
    /// of, whatever day it names. `key` is the invoice's among those of everybody who is merged into the client.
    pub(in crate::desk) fn awaits(&self, key: InvoiceKey, outcome: &Outcome, ends: &[&Outcome]) -> bool {
        use OutcomeKind as K;
        let on = outcome.on;
        let things = [
            (self.told.promise.filter(|_| !self.has_kept_promise(on)), [K::PromiseKept, K::PromiseBroken]),
            (self.told.plan, [K::PromiseKept, K::PlanBroken]),
            (self.told.dispute.filter(|_| self.is_disputed_on(on)), [K::DisputeSettled; 2]),
        ];
        let is_named = |outcome: &Outcome| {
            let named = outcome.named();
            named.is_none_or(|named| named == key)
        };
        let is_open = |(since, kinds): &(Option<Timestamp>, [K; 2])| {
            let Some(since) = *since else { return false };
            let is_end = |end: &Outcome| {
                let is_of_it = end.known_at >= since && end.on >= self.row.line.issued_on;
                kinds.contains(&end.kind) && is_of_it && is_named(end)
            };
            kinds.contains(&outcome.kind) && !ends.iter().any(|end| is_end(end))
        };
        is_named(outcome) && self.was_owed(on) && things.iter().any(is_open)
    }

    /// The day until which the ledger waits for what such an outcome says was broken; none where it names no day.
    pub(in crate::desk) fn awaited_until(&self, kind: OutcomeKind) -> Option<Date> {
        let claim = self.row.claim.as_deref()?;
        match kind {
            OutcomeKind::PromiseBroken => claim.promise.map(|promise| promise.due_on),
            OutcomeKind::PlanBroken => claim.plan.as_ref().and_then(|plan| plan.due_on),
            _ => None,
        }
    }

    /// Whether something of it was owed when a day began: what comes on that day may be what one tells of.
    fn was_owed(&self, day: Date) -> bool {
        let paid = self.paid_until(|on| on < day);
        let left = self.row.line.amount.minor() - paid;
        let given_up = self.heard.given_up.filter(|given_up| given_up.on < day);
        let given_up = given_up.map_or(0, |given_up| given_up.minor.unwrap_or(i64::MAX));
        !self.is_note() && self.row.line.issued_on <= day && left > given_up
    }

    /// Whether a promise had been kept when a day began.
    fn has_kept_promise(&self, day: Date) -> bool {
        let promise = self.row.claim.as_deref().and_then(|claim| claim.promise);
        promise.is_some_and(|promise| self.is_kept(&promise, self.paid_until(|on| on <= promise.due_on && on < day)))
    }

    fn is_disputed_on(&self, day: Date) -> bool {
        let dispute = self.row.claim.as_deref().and_then(|claim| claim.dispute);
        dispute.is_none_or(|dispute| dispute.is_open(day))
    }
}
