//! Payments that name their invoice, from a table: each is booked on it, on its own day.

use jiff::civil::Date;

use super::{
    Outcome,
    check::{Dialect, Refusal, limited, missing, optional, refuse, required, too_long_or},
    input::PaymentInput,
    notes::open,
    read::{Origin, Source},
    settle::TOLD_DAYS,
    write::{Writer, unknown_client},
};
use crate::{
    domain::{ClientCode, EntryKind, InvoiceKey, LedgerLine, Money, Sha256, WordError, day_number},
    store::{LedgerRow, Payment, PaymentKind, PaymentPart, PaymentState, Result, Settlement},
};

/// Longest invoice number, in characters.
const MAX_INVOICE: usize = 100;
/// Longest name of a payment, and longest reference, in characters.
const MAX_WORD: usize = 140;

/// A payment row that is right in itself.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentDraft {
    /// The creditor's code of the client.
    pub client: ClientCode,
    /// The number of the invoice that was paid.
    pub invoice: String,
    /// The day it arrived.
    pub paid_on: Date,
    /// How much.
    pub amount: Money,
    /// The creditor's own name of the payment; two payments of one day and amount need one.
    pub payment: Option<String>,
    /// What the payer wrote.
    pub reference: Option<String>,
}

impl Dialect {
    /// Checks a payment row.
    pub fn payment(&self, row: &PaymentInput) -> Result<PaymentDraft, Refusal> {
        let client = required("client", &row.client)?;
        let client: ClientCode = client.parse().map_err(|e: WordError| too_long_or("client", &client, &e))?;
        let invoice = limited("invoice", required("invoice", &row.invoice)?, MAX_INVOICE)?;
        let paid_on = self.date("paid_on", &row.paid_on)?.ok_or_else(|| missing("paid_on"))?;
        let stated = self.currency("currency", &row.currency)?;
        let amount = self.money("amount", &row.amount, stated)?.ok_or_else(|| missing("amount"))?;
        if amount.minor() <= 0 {
            return Err(refuse("amount", row.get("amount"), "not_positive", "must be above zero"));
        }
        let payment = optional("payment", &row.payment, MAX_WORD)?;
        let reference = optional("reference", &row.reference, MAX_WORD)?;
        Ok(PaymentDraft { client, invoice, paid_on, amount, payment, reference })
    }
}

impl Writer<'_> {
    /// Books payments on their invoices; those without an invoice, or of more than is open, are refused in the file's terms.
    pub(super) async fn payments(
        &self,
        drafts: Vec<(Origin, PaymentDraft)>,
        source: &Source,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let total = drafts.len() as u64;
        let mut planned = Planned::new();
        for (done, (origin, draft)) in (1..).zip(&drafts) {
            match self.pay(draft, &mut planned).await? {
                Ok(true) => outcome.changed += 1,
                Ok(false) => outcome.unchanged += 1,
                Err(refusal) => outcome.rejects.push(source.reject(*origin, refusal)),
            }
            (self.progress)(done, total);
        }
        Ok(())
    }

    /// Books a payment; whether it was new.
    async fn pay(&self, draft: &PaymentDraft, planned: &mut Planned) -> Result<Result<bool, Refusal>> {
        let id = self.ids(std::slice::from_ref(&draft.client)).await?.pop().flatten();
        let (Some(portfolio), Some(client)) = (self.portfolio, id) else {
            return Ok(Err(unknown_client(&draft.client)));
        };
        let PaymentDraft { invoice, paid_on, amount, payment, reference, .. } = draft;
        let name = payment.as_ref().map_or_else(|| format!("{invoice} {paid_on} {amount}"), |name| format!("= {name}"));
        let own_id = Sha256::of(format!("payment {} {name}", draft.client).as_bytes());
        if let Some(known) = self.store.facts().payment_named(portfolio, own_id).await? {
            return Ok(same_as(draft, client, &known).map_or(Ok(false), Err));
        }
        let rows = self.store.facts().revisions(client).await?;
        let key = InvoiceKey::of(invoice);
        let stored: Vec<&LedgerRow> = rows.iter().filter(|row| row.line.invoice == key).collect();
        let Some(newest) = stored.last().filter(|row| row.line.kind != EntryKind::Withdrawn) else {
            let reason = "the client has no invoice of this number in the ledger";
            return Ok(Err(refuse("invoice", invoice, "unknown_invoice", reason)));
        };
        let in_plan = planned.get(&(client, key)).copied().unwrap_or(0);
        let settled =
            self.store.facts().settlements(&[(client, key)]).await?.remove(&(client, key)).unwrap_or_default();
        if let Some(refusal) = told_by_bank(draft, &settled).or_else(|| contradiction(draft, &newest.line, in_plan)) {
            return Ok(Err(refusal));
        }
        let booked = Payment {
            id: 0,
            portfolio,
            own_id,
            kind: PaymentKind::File,
            state: PaymentState::Booked,
            arrived_on: *paid_on,
            amount: *amount,
            payer: None,
            account: None,
            is_own_account: false,
            reference: reference.clone().unwrap_or_default(),
            known_at: self.knowing().of(*paid_on),
            batch: self.batch,
            parts: vec![PaymentPart { client, invoice: key, minor: amount.minor() }],
            candidates: Vec::new(),
            undone: Vec::new(),
        };
        match self.dry_run {
            true => {
                *planned.entry((client, key)).or_default() += amount.minor();
                Ok(Ok(true))
            }
            false => Ok(Ok(self.book(vec![booked]).await?.n_known == 0)),
        }
    }
}

/// Why a row does not say what the payment of its name is known as: it would be swallowed, and the ledger stay as it was.
fn same_as(draft: &PaymentDraft, client: crate::domain::ClientId, known: &Payment) -> Option<Refusal> {
    let invoice = InvoiceKey::of(&draft.invoice);
    let is_on_it = known.parts.iter().all(|part| part.client == client && part.invoice == invoice);
    if known.amount == draft.amount && known.arrived_on == draft.paid_on && is_on_it {
        return None;
    }
    let elsewhere = if is_on_it { "" } else { ", for another invoice" };
    let reason = format!(
        "a payment of this name is known: {} on {}{elsewhere}; what is corrected needs a name of its own, and the ledger's row \
         says what has been paid",
        known.amount, known.arrived_on
    );
    Some(refuse("payment", draft.payment.as_deref().unwrap_or_default(), "conflict", &reason))
}

/// What a dry run would have booked on each invoice.
type Planned = std::collections::HashMap<(crate::domain::ClientId, InvoiceKey), i64>;

/// Why a payment is no new money: the bank told of the same amount on the invoice, on a day near it.
fn told_by_bank(draft: &PaymentDraft, settled: &[Settlement]) -> Option<Refusal> {
    let is_near = |on: Date| (day_number(on) - day_number(draft.paid_on)).abs() <= TOLD_DAYS;
    let is_it = |s: &&Settlement| s.kind == PaymentKind::Bank && s.minor == draft.amount.minor() && is_near(s.on);
    let told = settled.iter().find(is_it)?;
    let reason = format!("the bank told of {} on {} for this invoice: it is the same money", draft.amount, told.on);
    Some(refuse("amount", &draft.amount.to_string(), "duplicate", &reason))
}

/// Why a payment cannot be of that invoice.
fn contradiction(draft: &PaymentDraft, line: &LedgerLine, planned: i64) -> Option<Refusal> {
    let amount = draft.amount;
    if amount.currency() != line.amount.currency() {
        let reason = format!("the invoice is in {}", line.amount.currency());
        return Some(refuse("currency", &amount.to_string(), "bad_currency", &reason));
    }
    let left = open(line) - planned;
    if amount.minor() > left {
        let reason = format!(
            "{} is open; what is paid beyond it is no payment of this invoice",
            Money::from_minor(left, amount.currency())
        );
        return Some(refuse("amount", &amount.to_string(), "more_than_open", &reason));
    }
    None
}
