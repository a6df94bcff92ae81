//! The state of activity of a company, in the words of the registers and of those who resell them.

use super::procedures::procedure_of;
use crate::domain::Status;

/// Whole words, upper case; with them those of foreign registers, as the resellers translate them.
const STATES: &[(&str, Status)] = &[
    ("ATTIVA", Status::Active),
    ("REGISTRATA", Status::Active),
    ("IN_ISCRIZIONE", Status::Active),
    ("IN ISCRIZIONE", Status::Active),
    ("INATTIVA", Status::Dormant),
    ("SOSPESA", Status::ActiveWarning),
    ("CESSATA", Status::Ceased),
    ("CANCELLATA", Status::Ceased),
    ("ACTIVE", Status::Active),
    ("ACTIVE (DORMANT)", Status::Dormant),
    ("ACTIVE (DEFAULT OF PAYMENT)", Status::ActiveWarning),
    ("ACTIVE (ADMINISTRATIVELY NON-COMPLIANT)", Status::ActiveWarning),
    ("ADMINISTRATIVELY SUSPENDED", Status::ActiveWarning),
    ("ACTIVE (REORGANIZATION)", Status::Restructuring),
    ("ACTIVE (RESCUE PLAN)", Status::Restructuring),
    ("ACTIVE (INSOLVENCY PROCEEDINGS)", Status::InsolventLiquidation),
    ("BANKRUPTCY", Status::InsolventLiquidation),
    // Beside it stand words of their own for bankruptcy, so this one alone is no word of insolvency.
    ("IN LIQUIDATION", Status::VoluntaryLiquidation),
    ("INACTIVE (NO PRECISION)", Status::Dormant),
    ("INACTIVE", Status::Dormant),
    ("STATUS UNKNOWN", Status::Unknown),
    ("DISSOLVED", Status::Ceased),
    ("DISSOLVED (LIQUIDATION)", Status::Ceased),
    ("DISSOLVED (MERGER OR TAKE-OVER)", Status::Ceased),
    ("DISSOLVED (DEMERGER)", Status::Ceased),
    ("DISSOLVED (BANKRUPTCY)", Status::Ceased),
];

/// What a state of activity means; states that name a procedure (*in concordato preventivo*) are read as one.
pub(in crate::collect::sources) fn state_of(words: &str) -> Option<Status> {
    let upper = words.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    let whole = STATES.iter().find(|(state, _)| *state == upper).map(|(_, status)| *status);
    whole.or_else(|| {
        let named = upper.strip_prefix("IN ")?;
        procedure_of(named, "").0.filter(|status| *status != Status::Active)
    })
}
