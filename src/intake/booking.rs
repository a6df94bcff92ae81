//! Payments onto invoices, and off them again: what follows of the ledger, and what is done when two book at once.

use super::{
    revise::{MAX_TRIES, overtaken},
    settle::{self, Knowing},
    write::Writer,
};
use crate::{
    domain::LedgerLine,
    store::{Basis, Entry, LedgerRow, Payment, PaymentCandidate, PaymentDecision, PaymentPart, PaymentState, Result},
};

/// What follows of the ledger when something is booked.
#[derive(Debug, Default)]
pub(super) struct Booked {
    pub(super) rows: Vec<LedgerRow>,
    /// What the rows were worked out from.
    pub(super) basis: Vec<Basis>,
    /// More than is open: the rows would cut it to that.
    pub(super) is_too_much: bool,
}

impl Booked {
    pub(super) fn add(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.basis.extend(other.basis);
        self.is_too_much |= other.is_too_much;
    }
}

/// What became of payments that were not booked after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Booking {
    /// They wait for a person.
    pub(super) n_waiting: u64,
    /// Somebody else told of them meanwhile.
    pub(super) n_known: u64,
}

impl Writer<'_> {
    /// Books payments, no two of them on one invoice, with the revisions that follow. When something else was booked on their
    /// invoices meanwhile, what follows is worked out anew; a payment of more than is then open waits for a person, and one that
    /// somebody else has told of meanwhile is left as it is.
    pub(super) async fn book(&self, mut payments: Vec<Payment>) -> Result<Booking> {
        let (n_given, mut n_waiting) = (payments.len(), 0);
        for _ in 0..MAX_TRIES {
            self.leave_known(&mut payments).await?;
            let mut all = Booked::default();
            for payment in payments.iter_mut().filter(|payment| payment.state == PaymentState::Booked) {
                let booked = self.rows_booked(payment).await?;
                if booked.is_too_much {
                    self.leave_to_a_person(payment).await?;
                    n_waiting += 1;
                } else {
                    all.add(booked);
                }
            }
            if self.store.facts().put_payments(&payments, &all.rows, &all.basis).await? {
                return Ok(Booking { n_waiting, n_known: (n_given - payments.len()) as u64 });
            }
        }
        Err(overtaken())
    }

    /// Takes out the payments that are known by now.
    async fn leave_known(&self, payments: &mut Vec<Payment>) -> Result<()> {
        let Some(portfolio) = payments.first().map(|payment| payment.portfolio) else { return Ok(()) };
        let names: Vec<_> = payments.iter().map(|payment| payment.own_id).collect();
        let known = self.store.facts().payments_known(portfolio, &names).await?;
        payments.retain(|payment| !known.contains(&payment.own_id));
        Ok(())
    }

    /// The revisions of its invoices that follow from a payment.
    pub(super) async fn rows_booked(&self, payment: &Payment) -> Result<Booked> {
        let mut all = Booked::default();
        for part in &payment.parts {
            let stored = self.store.facts().revisions(part.client).await?;
            let own: Vec<&LedgerRow> = stored.iter().filter(|row| row.line.invoice == part.invoice).collect();
            all.add(self.booked_on(&own, payment, part.client).await?);
        }
        Ok(all)
    }

    /// The revisions of its invoices that follow when the booking of a payment is taken back, all known now.
    pub(super) async fn rows_undone(&self, payment: &Payment) -> Result<Booked> {
        let mut all = Booked::default();
        for part in &payment.parts {
            let stored = self.store.facts().revisions(part.client).await?;
            let own: Vec<&LedgerRow> = stored.iter().filter(|row| row.line.invoice == part.invoice).collect();
            all.add(self.undone_on(&own, payment, part).await?);
        }
        Ok(all)
    }

    /// The bank takes a booked payment back by an entry of its own: both are returned, and its invoices are open again, known
    /// from now on. False, and nothing is written, when it is not booked any more.
    pub(super) async fn take_back(&self, payment: &Payment, by: &Payment) -> Result<bool> {
        let returned = Payment { state: PaymentState::Returned, ..payment.clone() };
        let object = payment.id.to_string();
        let note = Entry { who: "bank", what: "payment.returned", object: &object, details: "null" };
        for _ in 0..MAX_TRIES {
            let undone = self.rows_undone(payment).await?;
            let what_follows = (undone.rows.as_slice(), undone.basis.as_slice());
            match self.store.facts().undo_payment((&returned, Some(by)), what_follows, &note, self.now).await? {
                PaymentDecision::Taken => return Ok(true),
                PaymentDecision::Late => return Ok(false),
                PaymentDecision::Overtaken => {}
            }
        }
        Err(overtaken())
    }

    async fn undone_on(&self, stored: &[&LedgerRow], payment: &Payment, part: &PaymentPart) -> Result<Booked> {
        let Some(newest) = stored.last() else { return Ok(Booked::default()) };
        let invoice = (part.client, part.invoice);
        let booked = self.store.facts().settlements(&[invoice]).await?.remove(&invoice).unwrap_or_default();
        let ids: Vec<i64> = booked.iter().map(|settlement| settlement.payment).collect();
        let booked_at = self.store.facts().booked_at(&ids).await?;
        let at = |id: i64| booked_at.get(&id).copied().unwrap_or(payment.known_at);
        let own_at = at(payment.id);
        let others = booked.iter().copied().filter(|settlement| settlement.payment != payment.id);
        let (before, since): (Vec<_>, Vec<_>) = others.partition(|settlement| at(settlement.payment) < own_at);
        let lines: Vec<LedgerLine> = stored.iter().map(|row| row.line).collect();
        // In a backfill it counts as known on the day it came, and what was in the books when it was booked may count as known
        // later: there it is the revisions before the file's own.
        let first_of_file = lines.iter().position(|line| line.batch == payment.batch);
        let n_known = match first_of_file {
            Some(n) if own_at == payment.known_at => n,
            _ => lines.partition_point(|line| line.known_at < own_at),
        };
        let known = lines.get(..n_known).unwrap_or_default();
        let told = settle::unaccounted(known, &before);
        let payments = settle::with_one_less(&lines, &booked, payment.id, (told, &since));
        let line = LedgerLine { known_at: self.now.max(newest.line.known_at), ..newest.line };
        let knowing = Knowing { now: self.now, backfill: false };
        let revisions = settle::revisions(&line, &lines, &payments, knowing).into_iter();
        let basis = Basis {
            client: part.client,
            invoice: part.invoice,
            n_revisions: Some(stored.len()),
            n_booked: booked.len(),
        };
        let rows = revisions.map(|line| LedgerRow { line, ..(*newest).clone() }).collect();
        Ok(Booked { rows, basis: vec![basis], is_too_much: false })
    }

    /// Puts a payment before a person, with the invoices that it named.
    async fn leave_to_a_person(&self, payment: &mut Payment) -> Result<()> {
        for part in std::mem::take(&mut payment.parts) {
            let rows = self.store.facts().ledger(part.client).await?;
            let invoice = rows.into_iter().find(|row| row.line.invoice == part.invoice).map(|row| row.number);
            let because = "named, and something else was booked on it meanwhile".to_owned();
            let candidate = PaymentCandidate { client: part.client, invoice: invoice.unwrap_or_default(), because };
            payment.candidates.push(candidate);
        }
        payment.state = PaymentState::Review;
        payment.is_own_account = false;
        Ok(())
    }
}
