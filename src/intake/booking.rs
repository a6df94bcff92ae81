//! Payments onto invoices: what follows of the ledger, and what is done when two book at once.

use super::{
    notes::open,
    revise::{MAX_TRIES, overtaken},
    write::Writer,
};
use crate::{
    domain::EntryKind,
    store::{Basis, LedgerRow, Payment, PaymentCandidate, PaymentState, Result},
};

impl Writer<'_> {
    /// Books payments, no two of them on one invoice, with the revisions that follow. When something else was booked on their
    /// invoices meanwhile, what follows is worked out anew, and a payment of more than is then open waits for a person; answers
    /// how many do.
    pub(super) async fn book(&self, payments: &mut [Payment]) -> Result<u64> {
        let mut n_waiting = 0;
        for _ in 0..MAX_TRIES {
            let (mut rows, mut basis) = (Vec::new(), Vec::new());
            for payment in payments.iter() {
                let (booked, read) = self.rows_booked(payment).await?;
                rows.extend(booked);
                basis.extend(read);
            }
            if self.store.facts().put_payments(payments, &rows, &basis).await? {
                return Ok(n_waiting);
            }
            for payment in payments.iter_mut() {
                n_waiting += u64::from(self.is_left_to_a_person(payment).await?);
            }
        }
        Err(overtaken())
    }

    /// The revisions of its invoices that follow from a payment, and what they were worked out from.
    pub(super) async fn rows_booked(&self, payment: &Payment) -> Result<(Vec<LedgerRow>, Vec<Basis>)> {
        let (mut rows, mut basis) = (Vec::new(), Vec::new());
        for part in &payment.parts {
            let stored = self.store.facts().revisions(part.client).await?;
            let own: Vec<&LedgerRow> = stored.iter().filter(|row| row.line.invoice == part.invoice).collect();
            let (booked, read) = self.booked_on(&own, payment, part.client).await?;
            rows.extend(booked);
            basis.extend(read);
        }
        Ok((rows, basis))
    }

    /// Puts a payment before a person when one of its parts is more than is open now; whether it is.
    async fn is_left_to_a_person(&self, payment: &mut Payment) -> Result<bool> {
        let mut candidates = Vec::new();
        let mut is_too_much = false;
        for part in &payment.parts {
            let rows = self.store.facts().ledger(part.client).await?;
            let is_it = |row: &&LedgerRow| row.line.invoice == part.invoice && row.line.kind == EntryKind::Invoice;
            let Some(row) = rows.iter().find(is_it) else { continue };
            is_too_much |= part.minor > open(&row.line);
            let because = "named, and something else was booked on it meanwhile".to_owned();
            candidates.push(PaymentCandidate { client: part.client, invoice: row.number.clone(), because });
        }
        if is_too_much {
            payment.state = PaymentState::Review;
            payment.is_own_account = false;
            payment.parts.clear();
            payment.candidates = candidates;
        }
        Ok(is_too_much)
    }
}
