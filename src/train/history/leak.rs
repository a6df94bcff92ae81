//! The two ways in which the future gets into a table, and how each is caught.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rayon::prelude::*;

use crate::{
    domain::{AsOf, Dossier, FeatureVector, LedgerLine, MILLIS_PER_DAY, SectorContext, day_number},
    train::{Error, History, metrics},
};

/// A feature alone that ranks the outcomes of a day better than this was written after them. The best honest one on a
/// ledger that is known for its regularity reaches 0.94.
const TOO_GOOD: f64 = 0.985;
/// Fewer bad rows, or good ones, than these on a day prove nothing; nor do fewer clients in all.
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
    let recorded = |told: &&crate::domain::Outcome| told.known_at <= as_of.known_at && told.on <= as_of.valid_at;
    Dossier {
        versions: dossier.versions.iter().filter(|v| v.known_at <= as_of.known_at).cloned().collect(),
        ledger,
        signals: dossier.signals.iter().filter(known).cloned().collect(),
        claims: dossier.claims.iter().filter(|told| told.known_at <= as_of.known_at).cloned().collect(),
        disputes: dossier.disputes.iter().filter(recorded).cloned().collect(),
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
/// written down later than their clocks say, or the label was made from it. Books too small for a day to prove anything are
/// looked at as a whole: every bad row beside the good ones of its own day.
pub fn refuse_too_good(history: &History) -> Result<(), Error> {
    let mut by_day: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
    for (row, day) in history.days.iter().enumerate() {
        by_day.entry(*day).or_default().push(row);
    }
    let days: Vec<Pairs> = by_day.into_iter().map(|(day, rows)| Pairs::of(history, day, rows)).collect();
    let is_enough = has_enough_clients(history, &days);
    let columns = history.table.names.par_iter().zip(&history.table.columns);
    let found = columns.find_map_first(|(name, column)| {
        let (mut in_order, mut n_pairs) = ([0.0; 2], 0.0);
        for pairs in days.iter().filter(|pairs| is_enough || pairs.is_enough()) {
            let shares = pairs.in_order(column);
            if pairs.is_enough() && telling(shares) > TOO_GOOD {
                return Some((name, format!("of {}", pairs.day), telling(shares)));
            }
            in_order.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share * pairs.n());
            n_pairs += pairs.n();
        }
        let auc = telling(in_order.map(|sum| sum / n_pairs));
        (is_enough && auc > TOO_GOOD).then(|| (name, "of each day".to_owned(), auc))
    });
    match found {
        None => Ok(()),
        Some((name, when, auc)) => Err(Error::Leak(format!(
            "{name} alone ranks the outcomes {when} with an AUC of {auc:.3}: what it rests on was written down after the \
             event, or the label was made from it. Leave it out with --exclude {name}, or give its facts their true days"
        ))),
    }
}

/// The rows of a day, of which each bad one is compared with each good one.
struct Pairs {
    day: Date,
    rows: Vec<usize>,
    bad: Vec<bool>,
    n_bad: usize,
}

impl Pairs {
    fn of(history: &History, day: Date, rows: Vec<usize>) -> Self {
        let bad: Vec<bool> = rows.iter().map(|row| history.table.bad[*row]).collect();
        let n_bad = bad.iter().filter(|bad| **bad).count();
        Self { day, rows, bad, n_bad }
    }

    fn n(&self) -> f64 {
        (self.n_bad * (self.rows.len() - self.n_bad)) as f64
    }

    /// Whether the day proves something by itself.
    fn is_enough(&self) -> bool {
        self.n_bad >= ENOUGH_BAD && self.rows.len() - self.n_bad >= ENOUGH_BAD
    }

    /// The share of pairs that a feature has in order, a missing value counting as lowest or as highest; without pairs nought.
    fn in_order(&self, column: &[f64]) -> [f64; 2] {
        if self.n() == 0.0 {
            return [0.0; 2];
        }
        let with = |missing: f64| {
            let value = |row: &usize| if column[*row].is_nan() { missing } else { column[*row] };
            metrics::auc(&self.rows.iter().map(value).collect::<Vec<f64>>(), &self.bad)
        };
        [f64::MIN, f64::MAX].map(with)
    }
}

/// Whether all days together prove something: by clients, for a client that waits for one default on twelve days is one
/// witness, and whatever it alone has would foretell it.
fn has_enough_clients(history: &History, days: &[Pairs]) -> bool {
    let rows = || days.iter().filter(|pairs| pairs.n() > 0.0).flat_map(|pairs| pairs.rows.iter().zip(&pairs.bad));
    [true, false].into_iter().all(|wanted| {
        let clients: BTreeSet<&str> =
            rows().filter(|(_, bad)| **bad == wanted).map(|(row, _)| history.client(*row)).collect();
        clients.len() >= ENOUGH_BAD
    })
}

/// The better of both directions, wherever missing values stand.
fn telling(in_order: [f64; 2]) -> f64 {
    in_order.into_iter().map(|auc| auc.max(1.0 - auc)).fold(0.5, f64::max)
}
