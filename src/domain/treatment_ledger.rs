//! The ledger as treatment sees it: what was owed, since when, and when it was paid.

use super::{Currency, InvoiceKey, LegalState, Money};

/// An invoice or credit note as of a day, in the client's main currency. Days count from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receivable {
    /// Which.
    pub invoice: InvoiceKey,
    /// A credit note: what is open of it is taken off what is overdue.
    pub is_credit: bool,
    /// The day it was issued.
    pub issued: i32,
    /// The day payment was due.
    pub due: i32,
    /// The day after which it was late, by what was known of it at the time: a due date that is moved into the past today
    /// makes nothing that was done before a step about this invoice.
    pub late_from: i32,
    /// What it is for, minor units.
    pub amount_minor: i64,
    /// What is not paid, nor given up, minor units.
    pub open_minor: i64,
    /// What of it was given up.
    pub given_up: Option<GivenUp>,
    /// The day of the last payment.
    pub paid: Option<i32>,
    /// The ledger says that the client disputes it, or that it was right: its lateness says nothing of the client's means.
    pub disputed: bool,
}

/// A claim, or a part of one, that was written off or assigned: nobody asks for it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenUp {
    /// The day, counted from 1970-01-01.
    pub on: i32,
    /// How much of what is not paid, minor units; above zero.
    pub minor: i64,
}

/// Money that arrived on an invoice, in the client's main currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// On which.
    pub invoice: InvoiceKey,
    /// The day it arrived, counted from 1970-01-01.
    pub on: i32,
    /// How much, minor units; above zero.
    pub minor: i64,
}

/// Days on which the client disputes an invoice, as the ledger tells. Days count from 1970-01-01, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisputedDays {
    /// Which invoice.
    pub invoice: InvoiceKey,
    /// The day on which it began; where the ledger names none, the one on which it was first said.
    pub first: i32,
    /// The day on which it ended or was no longer said, or the day asked about.
    pub last: i32,
    /// About how much, minor units; none means all that is open.
    pub minor: Option<i64>,
    /// What became of it.
    pub state: DisputeState,
}

/// What became of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeState {
    /// It goes on.
    Open,
    /// The client was right: what it disputed is not owed.
    Upheld,
    /// Everything is owed again.
    Over,
}

/// Everything that a client was invoiced, as of a day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Receivables {
    /// The currency that most of it is in; what is in another one is only in `elsewhere`.
    pub currency: Option<Currency>,
    /// What is open in each other currency, credit notes taken off: no sum counts it, and nobody may overlook it.
    pub elsewhere: Vec<Money>,
    /// In order of invoice key.
    pub items: Vec<Receivable>,
    /// What arrived on the invoices, each payment with its own day; what was taken off credit notes is not here.
    pub payments: Vec<Payment>,
    /// The disputes that the ledger tells of: the clock stood still then, also after the dispute.
    pub disputes: Vec<DisputedDays>,
    /// The last day on which it bought, by any revision of any invoice: a date that is moved makes nobody a stranger.
    pub last_bought: Option<i32>,
}

/// What the law says of a debtor, and since when. Days count from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Legal {
    /// The state that binds most.
    pub state: LegalState,
    /// The day on which both it was so and it was known.
    pub known: i32,
    /// The day on which it began, as the source says: what was done before belongs to another procedure.
    pub opened: i32,
}

/// Days on which a state of law was in force, and known. Days count from 1970-01-01, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegalDays {
    /// The state.
    pub state: LegalState,
    /// The first day on which both it was so and it was known.
    pub first: i32,
    /// The day on which it ended, or the day asked about.
    pub last: i32,
}
