use super::{
    check::{Dialect, Refusal, limited, optional, refuse},
    input::InvoiceInput,
};
use crate::domain::{Claim, Dispute, DisputeOutcome, EntryKind, Money, Plan, Promise, WordError, WriteOff};

/// Longest payment reference, in characters: what a remittance holds (ISO 20022, `Max140Text`).
const MAX_REFERENCE: usize = 140;
/// Longest invoice number that a credit note may name, in characters.
const MAX_INVOICE: usize = 100;
/// Longest name of a plan, in characters.
const MAX_PLAN: usize = 60;

/// What a row says of an invoice beyond amount and payment, and whether it is disputed by that.
pub(super) struct Claimed {
    pub(super) claim: Option<Box<Claim>>,
    /// None when no dispute is told of with its day.
    pub(super) disputed: Option<bool>,
}

impl Dialect {
    /// Checks the columns from `reference` to `written_off_amount`.
    pub(super) fn claim(&self, row: &InvoiceInput, kind: EntryKind, amount: Money) -> Result<Claimed, Refusal> {
        let refers_to = optional("refers_to", &row.refers_to, MAX_INVOICE)?;
        if let Some(text) = refers_to.as_deref().filter(|_| kind == EntryKind::Invoice) {
            return Err(refuse(
                "refers_to",
                text,
                "not_a_credit_note",
                "only a credit note takes away from an invoice",
            ));
        }
        let dispute = self.dispute(row, amount)?;
        let claim = Claim {
            reference: optional("reference", &row.reference, MAX_REFERENCE)?,
            refers_to,
            dispute,
            promise: self.promise(row, amount)?,
            plan: self.plan(row)?,
            written_off: self.write_off(row, amount)?,
        };
        let disputed = dispute.map(|d| d.owed_since().is_none() && d.is_about_most(amount.minor()));
        Ok(Claimed { claim: (!claim.is_empty()).then(|| Box::new(claim)), disputed })
    }

    fn dispute(&self, row: &InvoiceInput, amount: Money) -> Result<Option<Dispute>, Refusal> {
        let on = self.date("disputed_on", &row.disputed_on)?;
        let minor = self.part("disputed_amount", row, amount)?;
        let closed_on = self.date("dispute_closed_on", &row.dispute_closed_on)?;
        let outcome = self.outcome(row)?;
        let Some(on) = on else {
            return match minor.is_some() || closed_on.is_some() || outcome.is_some() {
                true => Err(refuse("disputed_on", "", "missing", "a dispute needs the day on which it began")),
                false => Ok(None),
            };
        };
        match closed_on {
            Some(closed) if closed < on => {
                let reason = "a dispute ends on the day it began, or later";
                Err(refuse("dispute_closed_on", row.get("dispute_closed_on"), "bad_date", reason))
            }
            None if outcome.is_some() => {
                Err(refuse("dispute_closed_on", "", "missing", "a dispute with an outcome needs the day it ended"))
            }
            closed_on => Ok(Some(Dispute { on, minor, closed_on, outcome })),
        }
    }

    fn outcome(&self, row: &InvoiceInput) -> Result<Option<DisputeOutcome>, Refusal> {
        let Some(word) = self.word("dispute_outcome", &row.dispute_outcome)? else { return Ok(None) };
        let parsed = word.to_lowercase().parse();
        parsed.map(Some).map_err(|e: WordError| refuse("dispute_outcome", &word, "bad_word", e.why))
    }

    fn promise(&self, row: &InvoiceInput, amount: Money) -> Result<Option<Promise>, Refusal> {
        let minor = self.part("promised_amount", row, amount)?;
        match (self.date("promised_on", &row.promised_on)?, minor) {
            (Some(due_on), minor) => Ok(Some(Promise { due_on, minor })),
            (None, Some(_)) => Err(refuse("promised_on", "", "missing", "a promise needs the day by which it is paid")),
            (None, None) => Ok(None),
        }
    }

    fn plan(&self, row: &InvoiceInput) -> Result<Option<Plan>, Refusal> {
        let name = optional("plan", &row.plan, MAX_PLAN)?;
        match (name, self.date("plan_due_on", &row.plan_due_on)?) {
            (Some(name), due_on) => Ok(Some(Plan { name: limited("plan", name, MAX_PLAN)?, due_on })),
            (None, Some(_)) => Err(refuse("plan", "", "missing", "a day of a plan needs the plan's name")),
            (None, None) => Ok(None),
        }
    }

    fn write_off(&self, row: &InvoiceInput, amount: Money) -> Result<Option<WriteOff>, Refusal> {
        let minor = self.part("written_off_amount", row, amount)?;
        match (self.date("written_off_on", &row.written_off_on)?, minor) {
            (Some(on), minor) => Ok(Some(WriteOff { on, minor })),
            (None, Some(_)) => Err(refuse("written_off_on", "", "missing", "a write-off needs its day")),
            (None, None) => Ok(None),
        }
    }

    /// A part of the invoice's amount, minor units: above zero and at most all of it; zero says nothing.
    fn part(&self, column: &'static str, row: &InvoiceInput, amount: Money) -> Result<Option<i64>, Refusal> {
        let cell = match column {
            "disputed_amount" => &row.disputed_amount,
            "promised_amount" => &row.promised_amount,
            _ => &row.written_off_amount,
        };
        let Some(part) = self.not_negative(column, cell, Some(amount.currency()))? else { return Ok(None) };
        if part.minor() > amount.minor() {
            let reason = format!("is more than the invoice's {amount}");
            return Err(refuse(column, row.get(column), "more_than_invoice", &reason));
        }
        Ok(Some(part.minor()).filter(|minor| *minor > 0))
    }
}
