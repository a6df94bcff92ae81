use jiff::civil::Date;

use super::{Money, WordError, vocabulary::code_enum};

code_enum! {
    /// The phases from management to recovery, in the order in which they are reached.
    Phase, "phase", {
        /// Nothing due, or within terms.
        Monitoring = "monitoring",
        /// A friendly reminder.
        Reminder = "reminder",
        /// Mediation by phone.
        CourtesyCall = "courtesy_call",
        /// Formal notice, which puts in default and stops limitation.
        FormalNotice = "formal_notice",
        /// Agency, plan, visit.
        ExtrajudicialRecovery = "extrajudicial_recovery",
        /// Injunction, enforcement.
        JudicialRecovery = "judicial_recovery",
        /// In an insolvency procedure: no pressure, file the claim.
        ClaimFiling = "claim_filing",
        /// The company is gone: assignment without recourse, or write-off.
        WriteOff = "write_off",
    }
}

/// What to do about a client, and why this and not more.
#[derive(Debug, Clone, PartialEq)]
pub struct Treatment {
    /// Where the client stands.
    pub phase: Phase,
    /// What is overdue.
    pub overdue: Money,
    /// Days since the oldest overdue invoice fell due.
    pub oldest_overdue_days: i32,
    /// By when to act; none while monitoring.
    pub due_on: Option<Date>,
    /// What comes next and when, if nothing is paid.
    pub next: Option<(Phase, Date)>,
    /// Why this and not more, in a sentence.
    pub why: String,
}
