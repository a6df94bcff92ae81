use jiff::{Span, Timestamp, civil::Date};

use crate::{
    domain::{Dossier, EntryKind, LedgerLine, day_number, day_of_number},
    extract::{DEFINITION_OF_DEFAULT, went_bad},
};

/// Within how many months a default counts.
const DEFAULT_MONTHS: u32 = 12;
/// Days in which the invoices fall due whose payment is foreseen, where lateness itself is the question.
const LATENESS_DAYS: i32 = 90;

/// What counts as having gone bad after a day, and within which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// More than 100 and more than 1 % of what is owed is more than 90 days past due, or an insolvent procedure opens,
    /// within 12 months. A write-off counts when its ledger leaves the invoice open: there is no other mark of one.
    Default,
    /// An invoice that falls due in the next 90 days is paid, or stays open, more than so many days late.
    LateBy(u16),
    /// What a file of labels says, within 12 months; the text names the file.
    Told(String),
}

impl Definition {
    /// In a sentence, for the artefact and the card.
    pub fn sentence(&self) -> String {
        match self {
            Self::Default => DEFINITION_OF_DEFAULT.to_owned(),
            Self::LateBy(days) => {
                format!("an invoice that falls due in the next {LATENESS_DAYS} days is paid more than {days} days late")
            }
            Self::Told(file) => format!("as labelled in {file}"),
        }
    }

    /// Within how many months.
    pub fn horizon_months(&self) -> u32 {
        if matches!(self, Self::LateBy(_)) { 3 } else { DEFAULT_MONTHS }
    }

    /// Whether the ledger must tell the outcome; else a file does.
    pub fn needs_ledger(&self) -> bool {
        !matches!(self, Self::Told(_))
    }

    /// The last day on which anything may happen that decides the outcome of a row of `day`: earlier nobody knows it.
    pub fn matures_on(&self, day: Date) -> Date {
        match self {
            Self::LateBy(days) => day_of_number(day_number(day) + LATENESS_DAYS + i32::from(*days)),
            Self::Default | Self::Told(_) => {
                day.checked_add(Span::new().months(i64::from(DEFAULT_MONTHS))).unwrap_or(Date::MAX)
            }
        }
    }

    /// Whether the client went bad after `day`, by all that is known now; none when the question does not arise: it is in
    /// default already, or owes nothing that could be late.
    pub fn outcome(&self, dossier: &Dossier, day: Date) -> Option<bool> {
        match self {
            Self::LateBy(days) => pays_late(&dossier.ledger, day_number(day), i32::from(*days)),
            Self::Default => went_bad(dossier, day, self.matures_on(day), Timestamp::MAX),
            Self::Told(_) => None,
        }
    }
}

fn pays_late(lines: &[LedgerLine], from: i32, days: i32) -> Option<bool> {
    let falls_due = |line: &&LedgerLine| (from + 1..=from + LATENESS_DAYS).contains(&day_number(line.due_on));
    let due: Vec<&LedgerLine> = last_words(lines).filter(is_invoice).filter(falls_due).collect();
    let is_late = |line: &&LedgerLine| line.paid_on.is_none_or(|on| day_number(on) - day_number(line.due_on) > days);
    (!due.is_empty()).then(|| due.iter().any(is_late))
}

/// The newest revision of each line.
fn last_words(lines: &[LedgerLine]) -> impl Iterator<Item = &LedgerLine> {
    lines.chunk_by(|a, b| a.invoice == b.invoice).filter_map(<[LedgerLine]>::last)
}

fn is_invoice(line: &&LedgerLine) -> bool {
    line.kind == EntryKind::Invoice
}
