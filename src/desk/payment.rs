//! Payments: what a request brings, which of them wait for a person, and what the person says.

use std::io::Cursor;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BodyFormat, Caller, Desk, Error, ImportView, Result, Slice, client::decimal};
use crate::{
    domain::{ClientCode, ClientId, EntryKind, InvoiceKey, Money},
    intake::{self, Content, Options},
    store::{Entry, Payment, PaymentCandidate, PaymentDecision, PaymentKind, PaymentPart, PaymentState},
};

/// Candidates that are named for the rest of a payment.
const MAX_CANDIDATES: usize = 10;

/// Whether somebody must say what a payment, or what is left of it, is for.
fn waits(payment: &Payment) -> bool {
    matches!(payment.state, PaymentState::Review | PaymentState::PartlyBooked)
}

/// What of a payment is booked on nothing, minor units.
fn left_of(payment: &Payment) -> i64 {
    payment.amount.minor() - payment.parts.iter().map(|part| part.minor).sum::<i64>()
}

/// A payment that arrived.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PaymentView {
    /// Its number.
    pub id: i64,
    /// `booked`, `partly_booked` (what is left waits for a person), `review`, `dismissed`, `returned` (the bank took it back, or it
    /// is the entry that took one back).
    pub state: String,
    /// `bank` or `file`.
    pub told_by: String,
    /// The day it arrived.
    #[schema(value_type = String, format = Date)]
    pub arrived_on: Date,
    /// A decimal number in `currency`; below zero when the bank took it back.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// The payer, as the bank writes the name.
    pub payer: Option<String>,
    /// The payer's account.
    pub account: Option<String>,
    /// What the payer wrote.
    pub reference: String,
    /// What waits for somebody to say what it is for, a decimal number in `currency`.
    pub unassigned: String,
    /// What it was booked on.
    pub parts: Vec<PaymentPartView>,
    /// What it may be for, while it waits.
    pub candidates: Vec<PaymentCandidateView>,
    /// What it was booked on until somebody took that back.
    pub undone: Vec<UndoneView>,
}

/// What a payment takes off an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PaymentPartView {
    /// The creditor's code of the client.
    pub client: String,
    /// The invoice's number.
    pub invoice: String,
    /// A decimal number in the payment's currency.
    pub amount: String,
}

/// What a payment may be for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PaymentCandidateView {
    /// The creditor's code of the client.
    pub client: String,
    /// The invoice's number.
    pub invoice: String,
    /// Why it may be.
    pub because: String,
}

/// What a payment was booked on, and from when until when that was believed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct UndoneView {
    /// The creditor's code of the client.
    pub client: String,
    /// The invoice's number.
    pub invoice: String,
    /// A decimal number in the payment's currency.
    pub amount: String,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    pub booked_at: Timestamp,
    /// When that was taken back.
    #[schema(value_type = String, format = DateTime)]
    pub undone_at: Timestamp,
    /// By whom.
    pub undone_by: String,
}

/// What a person says of a payment that waits.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentInput {
    /// The invoices that it is for, beside those that it is booked on; none means that it, or what is left of it, is for none of
    /// the ledger, and is dismissed. What they leave of it goes on waiting.
    pub parts: Vec<PaymentPartInput>,
}

/// An invoice that a payment is for.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentPartInput {
    /// The creditor's code of the client.
    pub client: String,
    /// The invoice's number.
    pub invoice: String,
    /// How much of it, a decimal number; what is open, as far as the payment goes, when left out.
    #[serde(default)]
    pub amount: Option<String>,
}

impl Desk {
    /// Takes the payments of a request: a bank's message, or a table.
    pub async fn put_payments(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        format: BodyFormat,
        bytes: Vec<u8>,
    ) -> Result<ImportView> {
        let (_, portfolio) = self.target(caller, portfolio).await?;
        let options = Options {
            content: Content::Payments,
            portfolio,
            map: None,
            backfill: false,
            create_clients: false,
            dry_run: false,
            terms_days: self.terms_days,
            creditor: None,
        };
        self.importing(caller, "payments.import", &options.portfolio, &bytes).await?;
        let name = if format == BodyFormat::Xml { "payments.xml" } else { "payments.csv" };
        let file = Cursor::new(bytes);
        let done = intake::import_payments(&self.store, name, file, &options, self.clock.now(), &|_, _| {}).await;
        let (outcome, _) = done.map_err(|failure| match failure {
            intake::Error::File { why, .. } => Error::invalid("", why),
            other => other.into(),
        })?;
        let view = ImportView::from(outcome);
        self.touched.notify_one();
        Ok(view)
    }

    /// Payments in a state, in the order in which they were learned, after one.
    pub async fn payments(
        &self,
        caller: &Caller,
        (portfolio, state): (Option<&str>, Option<&str>),
        after: i64,
        limit: usize,
    ) -> Result<Slice<PaymentView>> {
        let state = match state {
            None | Some("review") => Some(PaymentState::Review),
            Some("booked") => Some(PaymentState::Booked),
            Some("dismissed") => Some(PaymentState::Dismissed),
            Some("returned") => Some(PaymentState::Returned),
            Some("all") => None,
            Some(_) => return Err(Error::invalid("/state", "must be review, booked, dismissed, returned or all")),
        };
        let portfolios: Vec<_> =
            self.portfolios_named(caller, portfolio).await?.into_iter().map(|(id, _)| id).collect();
        let mut found = self.store.facts().payments(&portfolios, state, after, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|payment| payment.id);
        let mut items = Vec::with_capacity(found.len());
        for payment in &found {
            items.push(self.payment_view(payment).await?);
        }
        Ok(Slice { items, next })
    }

    async fn payment_view(&self, payment: &Payment) -> Result<PaymentView> {
        let money = |minor| decimal(Money::from_minor(minor, payment.amount.currency()));
        let (mut parts, mut candidates, mut undone) = (Vec::new(), Vec::new(), Vec::new());
        for part in &payment.parts {
            let (client, invoice) = (self.code_of(part.client).await?, self.invoice_of(part).await?);
            parts.push(PaymentPartView { client, invoice, amount: money(part.minor) });
        }
        for before in &payment.undone {
            undone.push(UndoneView {
                client: self.code_of(before.part.client).await?,
                invoice: self.invoice_of(&before.part).await?,
                amount: money(before.part.minor),
                booked_at: before.booked_at,
                undone_at: before.undone_at,
                undone_by: before.undone_by.clone(),
            });
        }
        for candidate in &payment.candidates {
            candidates.push(PaymentCandidateView {
                client: self.code_of(candidate.client).await?,
                invoice: candidate.invoice.clone(),
                because: candidate.because.clone(),
            });
        }
        Ok(PaymentView {
            id: payment.id,
            state: payment.state.as_str().to_owned(),
            told_by: payment.kind.as_str().to_owned(),
            arrived_on: payment.arrived_on,
            amount: decimal(payment.amount),
            currency: payment.amount.currency().to_string(),
            unassigned: money(if waits(payment) { left_of(payment) } else { 0 }),
            payer: payment.payer.clone(),
            account: payment.account.clone(),
            reference: payment.reference.clone(),
            parts,
            candidates,
            undone,
        })
    }

    /// The number of the invoice of a part; empty where it is not in the ledger any more.
    async fn invoice_of(&self, part: &PaymentPart) -> Result<String> {
        let rows = self.store.facts().ledger(part.client).await?;
        let row = rows.into_iter().find(|row| row.line.invoice == part.invoice);
        Ok(row.map(|row| row.number).unwrap_or_default())
    }

    async fn code_of(&self, client: ClientId) -> Result<String> {
        let found = self.store.facts().client_by_id(client).await?;
        Ok(found.map(|client| client.code.to_string()).unwrap_or_default())
    }

    /// A payment that waits, or was decided about.
    pub async fn payment(&self, caller: &Caller, id: i64) -> Result<PaymentView> {
        self.payment_view(&self.seen_payment(caller, id).await?).await
    }

    async fn seen_payment(&self, caller: &Caller, id: i64) -> Result<Payment> {
        let payment = self.store.facts().payment(id).await?;
        payment.filter(|payment| caller.reach.sees(payment.portfolio)).ok_or(Error::NotFound("payment"))
    }

    /// Books a payment that waits on invoices, or dismisses it; noted in the audit log.
    pub async fn decide_payment(&self, caller: &Caller, id: i64, input: &PaymentInput) -> Result<PaymentView> {
        let mut payment = self.seen_payment(caller, id).await?;
        if payment.amount.minor() < 0 && !input.parts.is_empty() {
            let why = "the bank took this money back: undo the payment that it was, then dismiss both";
            return Err(Error::invalid("/parts", why));
        }
        if !waits(&payment) {
            return Err(Error::Busy("the payment does not wait for a decision any more"));
        }
        let before = std::mem::take(&mut payment.parts);
        let booked: i64 = before.iter().map(|part| part.minor).sum();
        let mut left = payment.amount.minor() - booked;
        for (place, part) in input.parts.iter().enumerate() {
            let part = self.part(&payment, part, left, place).await?;
            let is_it = |other: &PaymentPart| (other.client, other.invoice) == (part.client, part.invoice);
            if payment.parts.iter().any(is_it) {
                return Err(Error::invalid(format!("/parts/{place}/invoice"), "is named twice; add its amounts up"));
            }
            if before.iter().any(is_it) {
                let why = "has a part of this payment already: take the booking back to change how much";
                return Err(Error::invalid(format!("/parts/{place}/invoice"), why));
            }
            left -= part.minor;
            payment.parts.push(part);
        }
        payment.state = match payment.parts.is_empty() {
            true if before.is_empty() => PaymentState::Dismissed,
            false if left > 0 => PaymentState::PartlyBooked,
            _ => PaymentState::Booked,
        };
        payment.candidates = match payment.state {
            PaymentState::PartlyBooked => self.candidates_for_rest(&payment, &before).await?,
            _ => Vec::new(),
        };
        let all = [before.as_slice(), payment.parts.as_slice()].concat();
        let view = self.payment_view(&Payment { parts: all, ..payment.clone() }).await?;
        let invoices: Vec<_> = view.parts.iter().map(|p| serde_json::json!([p.client, p.invoice, p.amount])).collect();
        let details = serde_json::json!({"state": view.state, "invoices": invoices}).to_string();
        let object = id.to_string();
        let note = Entry { who: &caller.name, what: "payment.decided", object: &object, details: &details };
        match intake::decide_payment(&self.store, &payment, &note, self.clock.now()).await? {
            PaymentDecision::Taken => {
                self.touched.notify_one();
                Ok(view)
            }
            PaymentDecision::Late => Err(Error::Busy("the payment does not wait for a decision any more")),
            PaymentDecision::Overtaken => {
                Err(Error::Busy("something else was booked on one of these invoices meanwhile: look at them again"))
            }
        }
    }

    /// Takes the booking of a payment back: it waits again, and its invoices are as open as if it had never been booked, known
    /// from now on; noted in the audit log.
    pub async fn undo_payment(&self, caller: &Caller, id: i64) -> Result<PaymentView> {
        let payment = self.store.facts().payment(id).await?.filter(|payment| caller.reach.sees(payment.portfolio));
        // What a credit note takes off an invoice is no payment, and is taken back by the next file about the note.
        let payment = payment.filter(|payment| payment.kind != PaymentKind::Note);
        let mut payment = payment.ok_or(Error::NotFound("payment"))?;
        if !matches!(payment.state, PaymentState::Booked | PaymentState::PartlyBooked) {
            return Err(Error::Busy("the payment is not booked"));
        }
        let mut invoices = Vec::with_capacity(payment.parts.len());
        payment.candidates.clear();
        for part in &payment.parts {
            let (client, invoice) = (self.code_of(part.client).await?, self.invoice_of(part).await?);
            let because = "was booked on it, and taken back".to_owned();
            payment.candidates.push(PaymentCandidate { client: part.client, invoice: invoice.clone(), because });
            let amount = decimal(Money::from_minor(part.minor, payment.amount.currency()));
            invoices.push(serde_json::json!([client, invoice, amount]));
        }
        let (details, object) = (serde_json::json!({"invoices": invoices}).to_string(), id.to_string());
        let note = Entry { who: &caller.name, what: "payment.undone", object: &object, details: &details };
        match intake::undo_payment(&self.store, &payment, &note, self.clock.now()).await? {
            PaymentDecision::Taken => {
                self.touched.notify_one();
                let now = self.store.facts().payment(id).await?.ok_or(Error::NotFound("payment"))?;
                self.payment_view(&now).await
            }
            PaymentDecision::Late => Err(Error::Busy("the payment is not booked any more")),
            PaymentDecision::Overtaken => {
                Err(Error::Busy("something else was booked on one of these invoices meanwhile: look at them again"))
            }
        }
    }

    /// What the rest of a payment may be for: what the whole of it might have been, and what the clients that it is booked on owe
    /// beside, the oldest first.
    async fn candidates_for_rest(&self, payment: &Payment, before: &[PaymentPart]) -> Result<Vec<PaymentCandidate>> {
        let parts = || before.iter().chain(&payment.parts);
        let is_booked = |client: ClientId, invoice: &str| {
            parts().any(|part| (part.client, part.invoice) == (client, InvoiceKey::of(invoice)))
        };
        let mut found = payment.candidates.clone();
        found.retain(|candidate| !is_booked(candidate.client, &candidate.invoice));
        let clients: std::collections::BTreeSet<ClientId> = parts().map(|part| part.client).collect();
        for client in clients {
            let mut rows = self.store.facts().ledger(client).await?;
            rows.retain(|row| {
                row.line.kind == EntryKind::Invoice
                    && row.line.paid_minor < row.line.amount.minor()
                    && row.line.amount.currency() == payment.amount.currency()
                    && !is_booked(client, &row.number)
            });
            rows.sort_by_key(|row| (row.line.due_on, row.line.invoice));
            for row in rows {
                if found.len() >= MAX_CANDIDATES {
                    break;
                }
                if found.iter().all(|known| (known.client, &known.invoice) != (client, &row.number)) {
                    let because = "open, and not named".to_owned();
                    found.push(PaymentCandidate { client, invoice: row.number, because });
                }
            }
        }
        Ok(found)
    }

    /// A part that a person names, checked against the ledger.
    async fn part(&self, payment: &Payment, part: &PaymentPartInput, left: i64, place: usize) -> Result<PaymentPart> {
        let at = |field: &str| format!("/parts/{place}/{field}");
        let code: ClientCode = part.client.parse().map_err(|e| Error::invalid(at("client"), e))?;
        let client = self.store.facts().client(payment.portfolio, &code).await?;
        let client = client.ok_or_else(|| Error::invalid(at("client"), "no client of the portfolio has this code"))?.id;
        let key = InvoiceKey::of(&part.invoice);
        let rows = self.store.facts().ledger(client).await?;
        let row = rows.iter().find(|row| row.line.invoice == key && row.line.kind == EntryKind::Invoice);
        let row = row.ok_or_else(|| Error::invalid(at("invoice"), "the client has no invoice of this number"))?;
        let currency = payment.amount.currency();
        if row.line.amount.currency() != currency {
            return Err(Error::invalid(at("invoice"), format!("is not in {currency}")));
        }
        let open = row.line.amount.minor() - row.line.paid_minor.min(row.line.amount.minor());
        let most = open.min(left);
        let minor = match &part.amount {
            None => most,
            Some(text) => Money::parse(text, currency).map_err(|e| Error::invalid(at("amount"), e))?.minor(),
        };
        if minor <= 0 || minor > most {
            let most = Money::from_minor(most, currency);
            return Err(Error::invalid(at("amount"), format!("must be above zero and at most {most}")));
        }
        Ok(PaymentPart { client, invoice: key, minor })
    }
}
