use jiff::{Span, Timestamp, civil::Date};

use crate::{
    domain::{AsOf, Certainty, Dossier, EntryKind, Fact, LedgerLine, SectorContext, day_number, day_of_number},
    extract::{Catalogue, View},
};

/// More days past due than these are a default (EBA/GL/2016/07, paragraph 16).
const DEFAULT_DAYS: i32 = 90;
/// What is past due counts above this amount, in whole units of the ledger's currency, and this share of what is owed
/// (Delegated Regulation (EU) 2018/171, retail side).
const MATERIAL: (i64, f64) = (100, 0.01);
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
            Self::Default => format!(
                "an amount above {} and {:.0} % of exposure more than {DEFAULT_DAYS} days past due, or an insolvency procedure opened",
                MATERIAL.0,
                MATERIAL.1 * 100.0
            ),
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
        let from = day_number(day);
        match self {
            Self::LateBy(days) => pays_late(&dossier.ledger, from, i32::from(*days)),
            Self::Default => defaults(dossier, from, day_number(self.matures_on(day))),
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

fn defaults(dossier: &Dossier, from: i32, to: i32) -> Option<bool> {
    let is_bad_on = |day: i32| is_past_due(&dossier.ledger, day) || is_insolvent(dossier, day);
    if is_bad_on(from) {
        return None;
    }
    // It can only go bad on a day on which an invoice passes the mark, or a register speaks.
    let passes = last_words(&dossier.ledger).filter(is_invoice).map(|line| day_number(line.due_on) + DEFAULT_DAYS + 1);
    let spoken = dossier.signals.iter().filter(|s| matches!(s.fact, Fact::CompanyStatus(_)));
    let mut days: Vec<i32> = passes.chain(spoken.map(|s| day_number(s.valid_at))).collect();
    days.retain(|day| (from + 1..=to).contains(day));
    days.sort_unstable();
    days.dedup();
    Some(days.into_iter().any(is_bad_on))
}

/// Whether something material is more than 90 days past due on a day; disputed invoices are not late.
fn is_past_due(lines: &[LedgerLine], day: i32) -> bool {
    let (mut past_due, mut owed, mut unit) = (0, 0, 100);
    for revisions in lines.chunk_by(|a, b| a.invoice == b.invoice) {
        let Some(line) = revisions.last().filter(|l| day_number(l.issued_on) <= day) else { continue };
        unit = 10i64.pow(line.amount.currency().minor_digits());
        let open = line.amount.minor() - paid_by(revisions, day);
        if line.kind == EntryKind::CreditNote {
            owed -= open;
            continue;
        }
        owed += open;
        if !line.disputed && day - day_number(line.due_on) > DEFAULT_DAYS {
            past_due += open;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of what is owed needs seven digits, not nineteen")]
    let is_share = past_due as f64 > MATERIAL.1 * owed.max(0) as f64;
    past_due > MATERIAL.0 * unit && is_share
}

/// What had been paid when a day was over, minor units: an instalment may have been told before the last payment.
fn paid_by(revisions: &[LedgerLine], day: i32) -> i64 {
    let paid = revisions.iter().rev().find(|l| l.paid_on.is_some_and(|on| day_number(on) <= day));
    paid.map_or(0, |l| l.paid_minor.min(l.amount.minor()))
}

fn is_insolvent(dossier: &Dossier, day: i32) -> bool {
    let tells = |s: &crate::domain::KnownSignal| {
        matches!(s.fact, Fact::CompanyStatus(_)) && s.certainty >= Certainty::MOVES_A_RATING
    };
    if !dossier.signals.iter().any(tells) {
        return false;
    }
    let markets = SectorContext::default();
    let as_of = AsOf { valid_at: day_of_number(day), known_at: Timestamp::MAX };
    let features = View::new(dossier, &markets, as_of).features();
    let place = Catalogue::get().place("insolvent_procedure_open");
    place.and_then(|place| features.get(place)).is_some_and(|open| open > 0.0)
}

/// The newest revision of each line.
fn last_words(lines: &[LedgerLine]) -> impl Iterator<Item = &LedgerLine> {
    lines.chunk_by(|a, b| a.invoice == b.invoice).filter_map(<[LedgerLine]>::last)
}

fn is_invoice(line: &&LedgerLine) -> bool {
    line.kind == EntryKind::Invoice
}
