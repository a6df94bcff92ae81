//! Credit notes that name their invoice: what they take away is off the invoice, and off the note.

use std::collections::HashMap;

use super::{
    check::{InvoiceDraft, Refusal},
    settle::{self, Knowing},
    write::Writer,
};
use crate::{
    domain::{ClientCode, ClientId, EntryKind, InvoiceKey, LedgerLine, Money, Sha256},
    store::{LedgerRow, Payment, PaymentKind, PaymentPart, PaymentState, Result, Settlement},
};

/// A note of this file, and the invoice that it names.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) client: ClientId,
    pub(super) number: String,
    pub(super) refers_to: String,
    pub(super) amount: Money,
}

/// The amounts of a file's invoices: a note may stand before the invoice that it takes away from.
pub(super) type Amounts = HashMap<(ClientCode, String), Money>;

/// The amounts of the invoices among these drafts.
pub(super) fn amounts<'a>(drafts: impl Iterator<Item = &'a InvoiceDraft>) -> Amounts {
    let invoices = drafts.filter(|draft| draft.kind == EntryKind::Invoice);
    invoices.map(|draft| ((draft.client.clone(), draft.number.clone()), draft.amount)).collect()
}

/// The invoice that a draft takes away from.
pub(super) fn invoice_of(draft: &InvoiceDraft) -> Option<&str> {
    draft.claim.as_deref().filter(|_| draft.kind == EntryKind::CreditNote)?.refers_to.as_deref()
}

/// Why a note cannot be: it takes away more than its invoice is for, or in another currency.
pub(super) fn contradiction(note: Money, invoice: Money, number: &str) -> Option<Refusal> {
    let refuse = |column, code, reason| Some(Refusal { column, value: note.to_string(), code, reason });
    if note.currency() != invoice.currency() {
        let reason = format!("invoice {number} is in {}", invoice.currency());
        return refuse("currency", "bad_currency", reason);
    }
    if note.minor() > invoice.minor() {
        let reason = format!("invoice {number} is only for {invoice}; a note takes away at most all of it");
        return refuse("amount", "more_than_invoice", reason);
    }
    None
}

impl Writer<'_> {
    /// Sets notes off against their invoices, as far as those are open. What is left of a note stays a credit. A note that
    /// was set off before, or whose invoice is not there, changes nothing; answers the latter.
    pub(super) async fn set_off(&self, notes: &[Note]) -> Result<Vec<Note>> {
        let (Some(portfolio), false) = (self.portfolio, self.dry_run) else { return Ok(Vec::new()) };
        let mut alone = Vec::new();
        for note in notes {
            let own_id = Sha256::of(format!("note {} {}", note.client.get(), note.number).as_bytes());
            if !self.store.facts().payments_known(portfolio, &[own_id]).await?.is_empty() {
                continue;
            }
            let keys = [InvoiceKey::of(&note.refers_to), InvoiceKey::of(&note.number)];
            let stored = self.store.facts().revisions(note.client).await?;
            let of = |key: InvoiceKey| stored.iter().filter(|row| row.line.invoice == key).collect::<Vec<_>>();
            let (invoice, own) = (of(keys[0]), of(keys[1]));
            let (Some(newest), Some(own_newest)) = (invoice.last(), own.last()) else {
                alone.push(note.clone());
                continue;
            };
            let minor = open(&newest.line).min(open(&own_newest.line));
            if minor <= 0 || newest.line.amount.currency() != note.amount.currency() {
                continue;
            }
            let part = |invoice: InvoiceKey| PaymentPart { client: note.client, invoice, minor };
            let payment = Payment {
                id: 0,
                portfolio,
                own_id,
                kind: PaymentKind::Note,
                state: PaymentState::Booked,
                arrived_on: own_newest.line.issued_on,
                amount: Money::from_minor(minor, note.amount.currency()),
                payer: None,
                account: None,
                is_own_account: false,
                reference: note.number.clone(),
                known_at: own_newest.line.known_at,
                batch: own_newest.line.batch,
                parts: keys.map(part).to_vec(),
                candidates: Vec::new(),
            };
            let mut rows = Vec::new();
            for stored in [&invoice, &own] {
                rows.extend(self.booked_on(stored, &payment, note.client).await?);
            }
            self.store.facts().put_payments(&[payment], &rows).await?;
        }
        Ok(alone)
    }

    /// The rows that say that a payment was booked on an invoice, of which these revisions are stored.
    pub(super) async fn booked_on(
        &self,
        stored: &[&LedgerRow],
        payment: &Payment,
        client: ClientId,
    ) -> Result<Vec<LedgerRow>> {
        let Some(newest) = stored.last() else { return Ok(Vec::new()) };
        let key = newest.line.invoice;
        let booked = self.store.facts().settlements(&[(client, key)]).await?;
        let booked = booked.get(&(client, key)).map_or(&[][..], Vec::as_slice);
        let own = payment.parts.iter().find(|part| (part.client, part.invoice) == (client, key));
        let Some(own) = own else { return Ok(Vec::new()) };
        let more = Settlement { payment: i64::MAX, kind: payment.kind, on: payment.arrived_on, minor: own.minor };
        let lines: Vec<LedgerLine> = stored.iter().map(|row| row.line).collect();
        let payments = settle::with_one_more(&lines, booked, more);
        let knowing = Knowing { now: self.now, backfill: self.backfill };
        let line = LedgerLine { known_at: knowing.of(payment.arrived_on).max(newest.line.known_at), ..newest.line };
        let revisions = settle::revisions(&line, &lines, &payments, knowing);
        Ok(revisions.into_iter().map(|line| LedgerRow { line, ..(*newest).clone() }).collect())
    }
}

/// What is not paid, minor units.
pub(super) fn open(line: &LedgerLine) -> i64 {
    line.amount.minor() - line.paid_minor.min(line.amount.minor())
}
