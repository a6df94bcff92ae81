//! The shapes in which limits and orders are told: a promise to outsiders.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::{AmountInput, amount::cents};

/// How much credit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LimitView {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// The grade.
    pub grade: String,
    /// ISO 4217; every amount is in it.
    pub currency: String,
    /// What the client is worth at three appetites; null when its risk is not determined.
    pub suggested: Option<AppetitesView>,
    /// What its risk alone would bear.
    pub bears: Option<AppetitesView>,
    /// What it owes on average while it buys as it does.
    pub need: f64,
    /// What it buys in a year.
    pub volume: f64,
    /// Days from invoice to payment.
    pub days_to_payment: f64,
    /// What the creditor's file says; null when nothing.
    pub granted: Option<f64>,
    /// What somebody granted here, which stands above the file until it ends.
    pub temporary: Option<GrantView>,
    /// Limits of the file or granted here that are in another currency than the ledger, as `1000.00 USD`: they bind nothing.
    pub other_currency_limits: Vec<String>,
    /// The group it is in, and what that leaves; of several, through codes merged into it, the one that leaves least.
    pub group: Option<GroupView>,
    /// The limit in force: the temporary, else the granted, else the balanced one that is suggested; never more than its group
    /// leaves. Null when there is none.
    pub in_force: Option<f64>,
    /// What it owes.
    pub exposure: f64,
    /// What it owes in other currencies, as `1000.00 USD`, which no limit counts.
    pub other_currencies: Vec<String>,
    /// What is left; negative when it owes more.
    pub available: Option<f64>,
    /// What this is not.
    pub notice: String,
}

/// An amount at three appetites.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct AppetitesView {
    /// Prudent.
    pub prudent: f64,
    /// Balanced.
    pub balanced: f64,
    /// Bold.
    pub bold: f64,
}

impl From<[f64; 3]> for AppetitesView {
    fn from([prudent, balanced, bold]: [f64; 3]) -> Self {
        Self { prudent: cents(prudent), balanced: cents(balanced), bold: cents(bold) }
    }
}

/// A limit that somebody granted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GrantView {
    /// How much.
    pub amount: f64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub granted_at: Timestamp,
    /// Until when; null until another one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Clients that stand together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GroupView {
    /// Its name.
    pub group: String,
    /// What all of them may owe together.
    pub limit: f64,
    /// ISO 4217.
    pub currency: String,
    /// What they owe in it, as of now; each company once, whatever codes it is known by.
    pub exposure: f64,
    /// Those of them that owe in another currency, which is not in it.
    pub other_currencies: Vec<String>,
    /// Their codes.
    pub clients: Vec<String>,
}

/// A limit to grant.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// How much.
    pub amount: AmountInput,
    /// ISO 4217; the ledger's currency when left out, and no other where there is a ledger.
    #[serde(default)]
    pub currency: Option<String>,
    /// Until when, at most 366 days ahead; until another one when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// Clients to put together.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupInput {
    /// Codes of all of them, at most 500; an empty list ends the group.
    #[schema(max_items = 500)]
    pub clients: Vec<String>,
    /// What they may owe together.
    pub limit: AmountInput,
    /// ISO 4217; EUR when left out. The ledgers of all clients must be in it.
    #[serde(default)]
    pub currency: Option<String>,
    /// Whether clients that are in another group leave it for this one; refused when left out.
    #[serde(default)]
    pub from_other_groups: bool,
}

/// A client that joins others under one limit.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinInput {
    /// The group's name, 1 to 100 characters; made when there is none of that name.
    pub group: String,
    /// What all of it may owe together; a group that is there keeps its own when left out.
    pub limit: Option<AmountInput>,
    /// Whether the client leaves another group for this one; refused when not.
    pub from_another_group: bool,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseInput {
    /// What it is worth.
    pub amount: AmountInput,
    /// ISO 4217; the ledger's currency when left out. An order in another one is referred.
    #[serde(default)]
    pub currency: Option<String>,
}

/// Whether an order may leave.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReleaseView {
    /// The creditor's own code.
    pub client: String,
    /// `release`, `refer` (somebody looks first) or `hold`.
    pub decision: String,
    /// Why, the hardest first.
    pub reasons: Vec<GroundView>,
    /// What is ordered.
    pub amount: f64,
    /// ISO 4217 of `amount`.
    pub amount_currency: String,
    /// ISO 4217 of the ledger: of `exposure`, `limit` and `available`.
    pub currency: String,
    /// What is owed before the order.
    pub exposure: f64,
    /// The limit in force.
    pub limit: Option<f64>,
    /// What is left of it before the order.
    pub available: Option<f64>,
    /// The grade.
    pub grade: String,
    /// The phase of treatment.
    pub phase: String,
    /// The policy that says so.
    pub policy: String,
    /// What this is not.
    pub notice: String,
}

/// A reason for what happens to an order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GroundView {
    /// What it alone would make of the order.
    pub decision: String,
    /// A word for programs.
    pub code: String,
    /// As a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}
