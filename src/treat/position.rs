use crate::domain::{Country, Grade, Legal, LegalDays, Outcome, Receivables};

/// Where a client stands on a day, as far as treatment is concerned: its ledger, its rating, what the law says, and what was
/// done about it. Nothing else may change its phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Position<'a> {
    /// Its grade.
    pub grade: Grade,
    /// The grade before, when it is known.
    pub before: Option<Grade>,
    /// Probability of default within twelve months; none for `ND`.
    pub pd: Option<f64>,
    /// What it was invoiced, as of the day.
    pub receivables: Receivables,
    /// Whether it still buys, when the creditor says so.
    pub said_active: Option<bool>,
    /// What it buys in a year, whole units.
    pub yearly_value: Option<f64>,
    /// Where it is established.
    pub country: Option<Country>,
    /// The kinds of credit of what is open, in the creditor's words; only looked up when the policy asks.
    pub credit_types: &'a [String],
    /// What the law says.
    pub legal: Legal,
    /// When it said what, until the day: the clock of a step that is barred stands still for so long.
    pub legal_days: Vec<LegalDays>,
    /// What was done and heard, as far as it was known, in any order.
    pub outcomes: &'a [Outcome],
}

impl Position<'_> {
    /// Whether it still buys: the creditor says so, or it was invoiced in the last `active_days`.
    pub(super) fn is_active(&self, today: i32, active_days: i32) -> bool {
        let bought = || self.receivables.last_bought.is_some_and(|day| today - day <= active_days);
        self.said_active.unwrap_or_else(bought)
    }
}
