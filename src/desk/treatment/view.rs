//! The shapes in which treatment is told: a promise to outsiders.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    desk::{EvidenceView, client::decimal},
    domain::{Money, Outcome},
};

/// What to do about a client, in a line of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TreatmentLine {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// The days to come on which money is promised, by the promise or the plan that stands.
    pub awaited: Vec<AwaitedView>,
    /// Whom to call, as the creditor says; null when it says nothing.
    pub phone: Option<String>,
    /// Whose client it is.
    pub portfolio: String,
    /// `A1` to `C3`, `D` or `ND`.
    pub grade: String,
    /// `monitoring`, `reminder`, `courtesy_call`, `formal_notice`, `extrajudicial_recovery`, `judicial_recovery`,
    /// `claim_filing` or `write_off`.
    pub phase: String,
    /// What is to be done: `watch`, `send_reminder`, `call`, `send_notice`, `wait`, `await_promise`…; `none` when nothing is
    /// owed.
    pub action: String,
    /// `desk`, `email`, `phone`, `letter`, `certified_mail`, `in_person`, `agency` or `lawyer`.
    pub channel: String,
    /// `friendly`, `white_gloves`, `firm` or `formal`.
    pub tone: String,
    /// By whom, in the policy's words.
    pub owner: String,
    /// By when, never in the past; null only when nothing is owed.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// The day on which it should have been done, when that is past.
    #[schema(value_type = Option<String>, format = Date)]
    pub late_since: Option<Date>,
    /// What comes next and when, if nothing is paid.
    pub next: Option<NextView>,
    /// Everything that is owed, a decimal number in `currency`.
    pub exposure: String,
    /// What is overdue and not disputed, credit notes taken off.
    pub overdue: String,
    /// ISO 4217.
    pub currency: String,
    /// What is open in other currencies, as `1000.00 USD`: it is in no sum, and a person must look at it.
    pub other_currencies: Vec<String>,
    /// Days since the oldest of it fell due.
    pub oldest_overdue_days: i32,
    /// The same without the days on which the clock stood still.
    pub clock_days: i32,
    /// Numbers of the overdue invoices, of all that are open where the law has a phase of its own; at most five.
    pub invoices: Vec<String>,
    /// The words that go out, or the brief for whoever calls; null when the phase has none.
    pub text: Option<String>,
    /// The same in Italian.
    pub text_it: Option<String>,
    /// The language to use with this client: `it` in Italy, else `en`.
    pub language: String,
    /// The policy's track: how the client goes through the phases.
    pub track: String,
    /// Why, as a word for programs.
    pub basis: String,
    /// Why.
    pub why: String,
    /// The same in Italian.
    pub why_it: String,
    /// Why nothing harder.
    pub why_not_more: String,
    /// The same in Italian.
    pub why_not_more_it: String,
}

/// A phase to come.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NextView {
    /// Which.
    pub phase: String,
    /// On that day at the earliest.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
}

/// What to do about a client, with everything behind it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TreatmentView {
    /// The treatment.
    #[serde(flatten)]
    pub line: TreatmentLine,
    /// The client whose treatment this is, where the one asked for is merged into it; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Is waiting worth more than acting? Null when nothing is overdue.
    pub wait_or_act: Option<WaitOrActView>,
    /// Cannot pay, or will not pay?
    pub motive: MotiveView,
    /// Days that the law sets.
    pub legal_clocks: Vec<LegalClockView>,
    /// What was done and heard, newest first, at most fifty.
    pub actions: Vec<ActionView>,
    /// The policy that says so.
    pub policy: String,
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The instant of knowledge.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// What this is not.
    pub notice: String,
}

/// What acting is worth against one more step of waiting.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WaitOrActView {
    /// `act` when acting on the day asked about is worth more, else `wait`; `none` where the law bars pressure.
    pub advice: String,
    /// The day on which to act: inside the time that the policy allows.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// By how much acting now is worth more than waiting a step, in the ledger's currency; negative: waiting is.
    pub gain: f64,
    /// The probability that it is paid within a step when nobody does anything.
    pub pays_alone: f64,
    /// The same after the action; an assumption multiplies the rate of payment by `effect`.
    pub pays_asked: f64,
    /// Paid invoices of the client's own behind `pays_alone`.
    pub invoices: usize,
    /// What it is about: overdue and not disputed, in the ledger's currency.
    pub amount: f64,
    /// The probability of default that was counted with.
    pub pd: f64,
    /// Share of what is overdue that is lost on average when it is not paid; 1 when limitation is near. `gain` is
    /// (`pays_asked` - `pays_alone`) x `amount` x `loss_share` - `cost` - `relationship`.
    pub loss_share: f64,
    /// What the action costs.
    pub cost: f64,
    /// What it costs in the relationship, on average.
    pub relationship: f64,
    /// Days of a step.
    pub step_days: i32,
    /// By how much the action is assumed to multiply the rate of payment.
    pub effect: f64,
    /// Whether limitation is near: then waiting loses the claim.
    pub urgent: bool,
    /// The policy's assumptions behind it.
    pub assumptions: AssumptionsView,
    /// As a sentence.
    pub text: String,
}

/// What the policy assumes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AssumptionsView {
    /// Of what is open when a client defaults, the share that is lost.
    pub lgd: f64,
    /// The probability of default of a client whose grade is not determined.
    pub unknown_pd: f64,
    /// What money costs, a year.
    pub capital_rate: f64,
    /// How late an unknown client pays on average, days.
    pub prior_delay_days: f64,
    /// As how many invoices of its own that counts.
    pub prior_invoices: f64,
    /// What is not paid after a step waits so many days more.
    pub further_delay_days: f64,
    /// Earned on what an active client buys.
    pub margin: f64,
    /// How many years of that winning another client costs.
    pub replacement_years: f64,
    /// Claims of this age are lost, years.
    pub limitation_years: i32,
    /// From so many days before, that counts.
    pub limitation_warning_days: i32,
}

/// Cannot pay, or will not pay?
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MotiveView {
    /// `cannot_pay`, `will_not_pay`, `momentary` or `unclear`.
    pub verdict: String,
    /// How much speaks for *cannot*, 0 to 1.
    pub cannot: f64,
    /// How much speaks for *will not*, 0 to 1.
    pub will_not: f64,
    /// Whether the client pays within terms, or nearly, as a rule.
    pub regular: bool,
    /// What speaks for either.
    pub signs: Vec<SignView>,
}

/// A sign that speaks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SignView {
    /// A feature, or `broken_promises`.
    pub feature: String,
    /// Its value.
    pub value: f64,
    /// Weight for *cannot*.
    pub cannot: f64,
    /// Weight for *will not*.
    pub will_not: f64,
    /// As a sentence.
    pub text: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceView>,
}

/// A day that the law sets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LegalClockView {
    /// `limitation`, `interest_since`, `claim_by` or `protected_since`.
    pub kind: String,
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// As a sentence.
    pub text: String,
}

/// Something that was done or heard.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActionView {
    /// Its name; the same for the same content.
    pub id: String,
    /// What kind of thing.
    pub kind: String,
    /// The day it happened.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Who recorded it.
    pub author: String,
    /// How a call or visit ended: `reached`, `no_answer`, `refused`.
    pub result: Option<String>,
    /// A decimal number in `currency`.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Until when something was promised.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// The invoice it is about.
    pub invoice: Option<String>,
    /// Whether the client was right.
    pub accepted: Option<bool>,
    /// What was agreed.
    pub instalments: Vec<InstalmentView>,
    /// In somebody's own words.
    pub note: Option<String>,
    /// The phase that it was time for when it was recorded, not taken yet: nothing softer leads back from it.
    pub was_due: Option<String>,
}

/// An instalment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InstalmentView {
    /// When.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// How much, a decimal number.
    pub amount: String,
}

impl From<&Outcome> for ActionView {
    fn from(outcome: &Outcome) -> Self {
        let instalment = |(on, amount): &(Date, Money)| InstalmentView { due_on: *on, amount: decimal(*amount) };
        Self {
            id: outcome.id.to_string(),
            kind: outcome.kind.to_string(),
            on: outcome.on,
            known_at: outcome.known_at,
            author: outcome.author.clone(),
            result: outcome.result.map(|result| result.to_string()),
            amount: outcome.amount.map(decimal),
            currency: outcome.amount.map(|amount| amount.currency().to_string()),
            due_on: outcome.due_on,
            invoice: outcome.invoice.clone(),
            was_due: outcome.was_due.map(|phase| phase.to_string()),
            accepted: outcome.accepted,
            instalments: outcome.instalments.iter().map(instalment).collect(),
            note: outcome.note.clone(),
        }
    }
}

/// Money that is promised for a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AwaitedView {
    /// Which day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// How much, a decimal number in the currency of the line; null where the promise names no sum.
    pub amount: Option<String>,
}
