use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::InterestView;

/// An invoice or credit note as it stands today.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LedgerLineView {
    /// The code that it came under, where that is a client merged into the one asked for; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The document's number.
    pub invoice: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// The day on the document.
    #[schema(value_type = String, format = Date)]
    pub issued_on: Date,
    /// The day payment was due.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// A decimal number in `currency`.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// The day the last payment arrived.
    #[schema(value_type = Option<String>, format = Date)]
    pub paid_on: Option<Date>,
    /// What was paid in all, a decimal number in `currency`.
    pub paid_amount: String,
    /// What is not paid; of a credit note, what has not been used.
    pub open: String,
    /// `open`, `overdue`, `paid`, `disputed`, `written_off`, `assigned`.
    pub state: String,
    /// Days beyond the due day: of what is open, else of the last payment; 0 within terms.
    pub days_late: i32,
    /// Each payment, in the order of their days.
    pub payments: Vec<PaidView>,
    /// Type of credit in the creditor's own words.
    pub credit_type: Option<String>,
    /// The client disputes it.
    pub disputed: bool,
    /// The last dispute about it; absent when there was none with its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute: Option<DisputeView>,
    /// The last promise to pay it; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise: Option<PromiseView>,
    /// The plan that it is part of; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanView>,
    /// That it was given up; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_off: Option<WriteOffView>,
    /// What the client is asked to pay under; absent where it is the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of a credit note: the invoice that it takes away from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<String>,
    /// Default interest and the lump sum, where something is late.
    pub interest: Vec<InterestView>,
    /// When this revision was learned.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
}

/// A payment on an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PaidView {
    /// The day it arrived.
    #[schema(value_type = String, format = Date)]
    pub paid_on: Date,
    /// A decimal number in the invoice's currency.
    pub amount: String,
    /// `bank`, `file`, `credit_note`, or `ledger` where the ledger's own row told of it.
    pub told_by: String,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DisputeView {
    /// Since when.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
    /// About how much; null means all of it.
    pub amount: Option<String>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = Date)]
    pub closed_on: Option<Date>,
    /// `upheld`, `rejected`, `withdrawn`, `settled`.
    pub outcome: Option<String>,
}

/// A promise to pay.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PromiseView {
    /// The day by which.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// How much; null means all of it.
    pub amount: Option<String>,
    /// `pending`, `kept`, `broken`.
    pub state: String,
}

/// A plan of instalments.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlanView {
    /// The creditor's name of it.
    pub name: String,
    /// The day agreed for this invoice.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
}

/// A claim that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WriteOffView {
    /// When.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// How much; null means what was open.
    pub amount: Option<String>,
}

/// What is open by age.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AgeingView {
    /// From so many days beyond the due day; null for what is not late.
    pub from_days: Option<i32>,
    /// Up to so many; null for the oldest.
    pub to_days: Option<i32>,
    /// A decimal number in the currency of the totals.
    pub amount: String,
    /// How many invoices.
    pub invoices: u32,
}

/// The sums of a ledger in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LedgerTotals {
    /// ISO 4217.
    pub currency: String,
    /// What is open on invoices that are not written off.
    pub open: String,
    /// What credit notes still take off.
    pub credits: String,
    /// What is open beyond its due day, disputed invoices left out.
    pub overdue: String,
    /// What is open on disputed invoices.
    pub disputed: String,
    /// What was given up.
    pub written_off: String,
    /// What is open by age, disputed invoices left out.
    pub ageing: Vec<AgeingView>,
    /// Default interest that nobody has waived.
    pub interest: String,
    /// Lump sums that nobody has waived, in EUR.
    pub lump_sums_eur: String,
}

/// A page of a client's ledger, with the sums of all of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LedgerPage {
    /// Lines, newest first.
    pub items: Vec<LedgerLineView>,
    /// The cursor of the rest; null at the end.
    pub next: Option<String>,
    /// The day that all of it is about.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// The sums by currency.
    pub totals: Vec<LedgerTotals>,
    /// 0 to 100: 80 within terms, 70 at 15 days beyond, 50 at 30, 40 at 60, 30 at 90, 20 at 120; null without payments to judge by.
    pub payment_index: Option<f64>,
    /// The last half year whose rate of default interest is known; later days count at its rate.
    #[schema(value_type = String, format = Date)]
    pub interest_rate_from: Date,
}
