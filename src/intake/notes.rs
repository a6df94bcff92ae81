//! Credit notes that name their invoice: what they take away is off the invoice, and off the note.

use std::collections::{HashMap, VecDeque};

use super::{
    booking::Booked,
    check::{InvoiceDraft, Refusal},
    revise::{MAX_TRIES, overtaken},
    settle::{self, Knowing},
    write::Writer,
};
use crate::{
    domain::{ClientCode, ClientId, EntryKind, InvoiceKey, LedgerLine, Money, Sha256},
    store::{Basis, LedgerRow, Payment, PaymentKind, PaymentPart, PaymentState, Result, Settlement},
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

/// The amounts of the invoices among these drafts; of one that is paid in instalments what they are together, too.
pub(super) fn amounts<'a>(drafts: impl Iterator<Item = &'a InvoiceDraft>) -> Amounts {
    let invoices = drafts.filter(|draft| draft.kind == EntryKind::Invoice);
    let each: Amounts = invoices.map(|draft| ((draft.client.clone(), draft.number.clone()), draft.amount)).collect();
    let mut all = each.clone();
    for ((client, number), amount) in each {
        if let Some((whole, _)) =
            number.rsplit_once(" (").filter(|(whole, _)| number.strip_prefix(whole).is_some_and(is_place))
        {
            let whole = all.entry((client, whole.to_owned()));
            whole.and_modify(|sum| *sum = sum.plus(amount).unwrap_or(*sum)).or_insert(amount);
        }
    }
    all
}

/// What the stored invoice of that number is for, or its instalments together.
pub(super) fn stored_amount(rows: &[LedgerRow], number: &str) -> Option<Money> {
    let named = rows.iter().filter(|row| is_named(&[*row], number));
    named.map(|row| row.line.amount).reduce(|sum, amount| sum.plus(amount).unwrap_or(sum))
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
    /// Sets notes off against their invoices, as far as those are open, the instalment that falls due first before the others.
    /// What is left of a note stays a credit. A note that was set off before, or whose invoice is not there, changes nothing;
    /// answers those that were set off, and those without an invoice.
    pub(super) async fn set_off(&self, notes: &[Note]) -> Result<(Vec<Note>, Vec<Note>)> {
        let (Some(portfolio), false) = (self.portfolio, self.dry_run) else { return Ok((Vec::new(), Vec::new())) };
        let (mut set_off, mut alone) = (Vec::new(), Vec::new());
        let (mut waiting, mut n_again) = (notes.iter().collect::<VecDeque<_>>(), 0);
        while let Some(note) = waiting.pop_front() {
            let own_id = Sha256::of(format!("note {} {}", note.client.get(), note.number).as_bytes());
            if !self.store.facts().payments_known(portfolio, &[own_id]).await?.is_empty() {
                continue;
            }
            let stored = self.store.facts().revisions(note.client).await?;
            let mut ledger: Vec<Vec<&LedgerRow>> = Vec::new();
            for row in &stored {
                match ledger.last_mut().filter(|rows| rows[0].line.invoice == row.line.invoice) {
                    Some(rows) => rows.push(row),
                    None => ledger.push(vec![row]),
                }
            }
            let own = ledger.iter().find(|rows| rows[0].line.invoice == InvoiceKey::of(&note.number));
            let mut invoices: Vec<&Vec<&LedgerRow>> =
                ledger.iter().filter(|rows| is_named(rows, &note.refers_to)).collect();
            invoices.sort_by_key(|rows| rows.last().map(|row| row.line.due_on));
            let Some((own, own_newest)) = own.and_then(|own| Some((own, own.last()?))).filter(|_| !invoices.is_empty())
            else {
                alone.push(note.clone());
                continue;
            };
            let parts = parts(note, &own_newest.line, &invoices);
            let minor = parts.iter().map(|part| part.minor).sum();
            if minor <= 0 {
                continue;
            }
            let of_note = PaymentPart { client: note.client, invoice: own_newest.line.invoice, minor };
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
                parts: parts.into_iter().chain([of_note]).collect(),
                candidates: Vec::new(),
                undone: Vec::new(),
            };
            let mut booked = Booked::default();
            for stored in invoices.into_iter().chain([own]) {
                booked.add(self.booked_on(stored, &payment, note.client).await?);
            }
            if !self.store.facts().put_payments(&[payment], &booked.rows, &booked.basis).await? {
                // Something else was booked on them meanwhile: the note is looked at again, after the others.
                if n_again == MAX_TRIES {
                    return Err(overtaken());
                }
                n_again += 1;
                waiting.push_back(note);
                continue;
            }
            set_off.push(note.clone());
        }
        Ok((set_off, alone))
    }

    /// The rows that say that a payment was booked on an invoice, of which these revisions are stored.
    pub(super) async fn booked_on(&self, stored: &[&LedgerRow], payment: &Payment, client: ClientId) -> Result<Booked> {
        let Some(newest) = stored.last() else { return Ok(Booked::default()) };
        let key = newest.line.invoice;
        let booked = self.store.facts().settlements(&[(client, key)]).await?;
        let booked = booked.get(&(client, key)).map_or(&[][..], Vec::as_slice);
        let own = payment.parts.iter().find(|part| (part.client, part.invoice) == (client, key));
        let Some(own) = own else { return Ok(Booked::default()) };
        let basis = Basis { client, invoice: key, n_revisions: Some(stored.len()), n_booked: booked.len() };
        let more = Settlement { payment: i64::MAX, kind: payment.kind, on: payment.arrived_on, minor: own.minor };
        let lines: Vec<LedgerLine> = stored.iter().map(|row| row.line).collect();
        let payments = settle::with_one_more(&lines, booked, more);
        // Money that a file told of is not open, and what the bank tells of is the same.
        let told = settle::unaccounted(&lines, booked).map_or(0, |told| told.minor);
        let is_too_much = own.minor > open(&newest.line) + told;
        let knowing = Knowing { now: self.now, backfill: self.backfill };
        // What is new was read where the payment was.
        let (known_at, batch) = (knowing.of(payment.arrived_on).max(newest.line.known_at), payment.batch);
        let line = LedgerLine { known_at, batch, ..newest.line };
        let revisions = settle::revisions(&line, &lines, &payments, knowing);
        let rows = revisions.into_iter().map(|line| LedgerRow { line, ..(*newest).clone() });
        Ok(Booked { rows: rows.collect(), basis: vec![basis], is_too_much })
    }
}

/// Whether revisions are of the invoice of that number, or of one of its instalments.
fn is_named(revisions: &[&LedgerRow], number: &str) -> bool {
    let is_instalment = |own: &str| own.strip_prefix(number).is_some_and(is_place);
    let newest = revisions.last().filter(|row| row.line.kind == EntryKind::Invoice);
    newest.is_some_and(|row| row.number == number || is_instalment(&row.number))
}

/// Whether text is a place among instalments, as ` (1/2)`.
fn is_place(text: &str) -> bool {
    let inside =
        text.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')')).and_then(|inside| inside.split_once('/'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    inside.is_some_and(|(place, of)| is_number(place) && is_number(of))
}

/// What a note takes off each of its invoices, as long as both are open.
fn parts(note: &Note, own: &LedgerLine, invoices: &[&Vec<&LedgerRow>]) -> Vec<PaymentPart> {
    let mut left = open(own);
    let mut parts = Vec::new();
    for newest in invoices.iter().filter_map(|rows| rows.last()) {
        let minor = open(&newest.line).min(left);
        if minor > 0 && newest.line.amount.currency() == note.amount.currency() {
            left -= minor;
            parts.push(PaymentPart { client: note.client, invoice: newest.line.invoice, minor });
        }
    }
    parts
}

/// What is not paid, minor units.
pub(super) fn open(line: &LedgerLine) -> i64 {
    line.amount.minor() - line.paid_minor.min(line.amount.minor())
}
