//! The two ways in which the future gets into a table, and how each is caught.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rayon::prelude::*;

use crate::{
    domain::{AsOf, Dossier, FeatureVector, LedgerLine, MILLIS_PER_DAY, SectorContext, day_number},
    train::{Error, History, metrics},
};

/// A feature alone that ranks the outcomes of a day better than this was written after them. The best honest one on a
/// ledger that is known for its regularity reaches 0.94.
const TOO_GOOD: f64 = 0.985;
/// Fewer bad rows than these on a day prove nothing.
const ENOUGH_BAD: usize = 15;

/// The dossier without disputes that nobody can date. A ledger imported as history marks an invoice as disputed since the
/// day it was issued, because its file gives the quarrel no day: on an invoice that was not paid yet the mark may be the
/// future, and is taken off. Where the books were kept day by day the clock is true, and the mark stays.
pub fn without_undated_disputes(dossier: &Dossier, as_of: AsOf) -> Dossier {
    let is_backfilled =
        |line: &LedgerLine| line.known_at.as_millisecond() == i64::from(day_number(line.issued_on)) * MILLIS_PER_DAY;
    let is_settled = |line: &LedgerLine| line.paid_on.is_some_and(|on| on <= as_of.valid_at);
    let mut dossier = dossier.clone();
    for line in dossier.ledger.iter_mut().filter(|line| line.disputed && is_backfilled(line) && !is_settled(line)) {
        line.disputed = false;
    }
    dossier
}

/// The dossier as it stood: whatever was learned, or became so, after `as_of` is not in it.
pub fn known_only(dossier: &Dossier, as_of: AsOf) -> Dossier {
    let mut ledger: Vec<LedgerLine> = Vec::with_capacity(dossier.ledger.len());
    for revisions in dossier.ledger.chunk_by(|a, b| a.invoice == b.invoice) {
        let mut paid = None;
        for line in revisions.iter().filter(|l| l.known_at <= as_of.known_at && l.issued_on <= as_of.valid_at) {
            let is_known = line.paid_on.is_some_and(|on| on <= as_of.valid_at)
                && line.paid_known_at.is_none_or(|at| at <= as_of.known_at);
            // Of a payment that lies ahead the books then knew the instalment before it, or nothing; a payment that was
            // taken back was taken back.
            if is_known || line.paid_on.is_none() {
                paid = line.paid_on.map(|on| (on, line.paid_minor, line.paid_known_at));
            }
            let (paid_on, paid_minor, paid_known_at) =
                paid.map_or((None, 0, None), |(on, minor, at)| (Some(on), minor, at));
            ledger.push(LedgerLine { paid_on, paid_minor, paid_known_at, ..*line });
        }
    }
    let known = |s: &&crate::domain::KnownSignal| s.known_at <= as_of.known_at && s.valid_at <= as_of.valid_at;
    Dossier {
        versions: dossier.versions.iter().filter(|v| v.known_at <= as_of.known_at).cloned().collect(),
        ledger,
        signals: dossier.signals.iter().filter(known).cloned().collect(),
    }
}

/// The same for what is known of markets.
pub fn known_markets(context: &SectorContext, as_of: AsOf) -> SectorContext {
    let known = |s: &&crate::domain::SectorSignal| s.known_at <= as_of.known_at && s.valid_at <= as_of.valid_at;
    SectorContext { signals: context.signals.iter().filter(known).cloned().collect() }
}

/// Compares what a day saw of the whole dossier with what it sees of the dossier as it stood. A difference is a feature
/// that looked ahead, and is named.
pub fn compare(names: &[&str], seen: &FeatureVector, known: &FeatureVector, day: Date) -> Result<(), Error> {
    let ahead = (0..seen.len()).find(|place| seen.get(*place) != known.get(*place));
    let Some(place) = ahead else { return Ok(()) };
    let name = names.get(place).copied().unwrap_or("a feature");
    let shown = |value: Option<f64>| value.map_or_else(|| "missing".to_owned(), |v| v.to_string());
    Err(Error::Leak(format!(
        "{name} knows the future: for {day} it is {}, from what was known that day it is {}",
        shown(seen.get(place)),
        shown(known.get(place))
    )))
}

/// Refuses a table in which one feature alone tells the outcomes of a day apart almost perfectly: either its facts were
/// written down later than their clocks say, or the label was made from it.
pub fn refuse_too_good(history: &History) -> Result<(), Error> {
    let mut by_day: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
    for (row, day) in history.days.iter().enumerate() {
        by_day.entry(*day).or_default().push(row);
    }
    let columns = history.table.names.par_iter().zip(&history.table.columns);
    let found = columns.find_map_first(|(name, column)| {
        by_day.iter().find_map(|(day, rows)| {
            let bad: Vec<bool> = rows.iter().map(|row| history.table.bad[*row]).collect();
            let n_bad = bad.iter().filter(|b| **b).count();
            let is_enough = n_bad >= ENOUGH_BAD && rows.len() - n_bad >= ENOUGH_BAD;
            let values: Vec<f64> = if is_enough { rows.iter().map(|row| column[*row]).collect() } else { return None };
            let auc = telling(&values, &bad);
            (auc > TOO_GOOD).then(|| (name.clone(), *day, auc))
        })
    });
    match found {
        None => Ok(()),
        Some((name, day, auc)) => Err(Error::Leak(format!(
            "{name} alone ranks the outcomes of {day} with an AUC of {auc:.3}: what it rests on was written down after the \
             event, or the label was made from it. Leave it out with --exclude {name}, or give its facts their true days"
        ))),
    }
}

/// The better of both directions, a missing value counting as lowest or as highest.
fn telling(values: &[f64], bad: &[bool]) -> f64 {
    let with = |missing: f64| values.iter().map(|v| if v.is_nan() { missing } else { *v }).collect::<Vec<f64>>();
    let aucs = [f64::MIN, f64::MAX].map(|missing| metrics::auc(&with(missing), bad));
    aucs.into_iter().map(|auc| auc.max(1.0 - auc)).fold(0.5, f64::max)
}
