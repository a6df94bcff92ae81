//! Payments onto invoices: what follows of the ledger, and what is done when two book at once.

use super::{
    revise::{MAX_TRIES, overtaken},
    write::Writer,
};
use crate::store::{Basis, LedgerRow, Payment, PaymentCandidate, PaymentState, Result};

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

impl Writer<'_> {
    /// Books payments, no two of them on one invoice, with the revisions that follow. When something else was booked on their
    /// invoices meanwhile, what follows is worked out anew; a payment of more than is then open waits for a person. Answers how
    /// many do.
    pub(super) async fn book(&self, payments: &mut [Payment]) -> Result<u64> {
        let mut n_waiting = 0;
        for _ in 0..MAX_TRIES {
            let mut all = Booked::default();
            for payment in payments.iter_mut() {
                let booked = self.rows_booked(payment).await?;
                if booked.is_too_much {
                    self.leave_to_a_person(payment).await?;
                    n_waiting += 1;
                } else {
                    all.add(booked);
                }
            }
            if self.store.facts().put_payments(payments, &all.rows, &all.basis).await? {
                return Ok(n_waiting);
            }
        }
        Err(overtaken())
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
