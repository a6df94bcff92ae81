use jiff::civil::Date;
use rayon::prelude::*;

use super::{Definition, Label, leak};
use crate::{
    domain::{AsOf, ClientId, Dossier, FeatureVector, SectorContext, day_number},
    extract::{Catalogue, Markets, View},
    train::Error,
};

/// A client on a day: what was known of it then, and what became of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The day.
    pub day: Date,
    /// From when its outcome is known.
    pub matures_on: Date,
    /// As of the end of the day.
    pub features: FeatureVector,
    /// What became of it.
    pub bad: bool,
    /// The best probability possible, where a made-up economy told it.
    pub best: Option<f64>,
}

/// What a page of dossiers gave.
#[derive(Debug, Default)]
pub struct PageRows {
    /// Rows of clients in the page's order, each with its days in order.
    pub rows: Vec<(ClientId, Row)>,
    /// Days on which too little was known of a client for any rating.
    pub n_unknown: usize,
    /// Days on which the question did not arise: nothing that could be late, or in default already.
    pub n_not_at_risk: usize,
}

/// A day on which rows are made, with the markets as they were known then.
#[derive(Debug)]
pub struct Snapshot {
    as_of: AsOf,
    known: SectorContext,
}

impl Snapshot {
    /// Reads the markets for the end of a day (UTC).
    pub fn new(day: Date, context: &SectorContext) -> Self {
        let as_of = AsOf::end_of(day);
        Self { as_of, known: leak::known_markets(context, as_of) }
    }

    /// The day.
    pub fn day(&self) -> Date {
        self.as_of.valid_at
    }
}

/// Makes the rows of a page of dossiers, on all cores. `labels` gives what is asked of a client, in order of days; a label
/// without an outcome takes it from the ledger. Every row is made twice, from the whole dossier and from the dossier as
/// it stood that day; a feature that differs knows the future, and is an error.
pub fn rows<'l>(
    dossiers: &[(ClientId, Dossier)],
    context: &SectorContext,
    snapshots: &[Snapshot],
    definition: &Definition,
    labels: impl Fn(ClientId) -> &'l [Label] + Sync,
) -> Result<PageRows, Error> {
    let all: Vec<Markets<'_>> = snapshots.iter().map(|s| Markets::new(context, s.as_of)).collect();
    let known: Vec<Markets<'_>> = snapshots.iter().map(|s| Markets::new(&s.known, s.as_of)).collect();
    let of_client = |(client, dossier): &(ClientId, Dossier)| {
        let mut found = PageRows::default();
        for label in labels(*client) {
            let Ok(place) = snapshots.binary_search_by_key(&label.day, Snapshot::day) else { continue };
            let Some(bad) = label.bad.or_else(|| definition.outcome(dossier, label.day)) else {
                found.n_not_at_risk += 1;
                continue;
            };
            let datable = leak::without_undated_disputes(dossier, snapshots[place].as_of);
            let view = View::among(&datable, &all[place]);
            if !view.is_known_enough() {
                found.n_unknown += 1;
                continue;
            }
            let features = view.features();
            let as_it_stood = leak::known_only(&datable, snapshots[place].as_of);
            let seen_then = View::among(&as_it_stood, &known[place]).features();
            leak::compare(&Catalogue::get().names(), &features, &seen_then, label.day)?;
            let matures_on = definition.matures_on(label.day);
            found.rows.push((*client, Row { day: label.day, matures_on, features, bad, best: label.best }));
        }
        Ok(found)
    };
    let pages: Result<Vec<PageRows>, Error> = dossiers.par_iter().map(of_client).collect();
    let mut sum = PageRows::default();
    for page in pages? {
        sum.rows.extend(page.rows);
        sum.n_unknown += page.n_unknown;
        sum.n_not_at_risk += page.n_not_at_risk;
    }
    Ok(sum)
}

/// The first and the last day that the ledgers tell of: of an invoice, or of a payment.
pub fn span(dossiers: &[(ClientId, Dossier)]) -> Option<(Date, Date)> {
    let lines = || dossiers.iter().flat_map(|(_, dossier)| &dossier.ledger);
    let first = lines().map(|line| line.issued_on).min()?;
    let last = lines().flat_map(|line| [Some(line.issued_on), line.paid_on]).flatten().max()?;
    Some((first, last))
}

/// How many rows of one client stand for the same stretch of future as each of these days, itself included: those less
/// than half a horizon away. Twelve months told twelve times are one fact, not twelve.
pub(super) fn overlap(days: &[Date], horizon_days: i32) -> Vec<f64> {
    let near = |a: Date, b: Date| 2 * (day_number(a) - day_number(b)).abs() < horizon_days;
    let count = |day: &Date| days.iter().filter(|other| near(*day, **other)).count();
    days.iter().map(|day| f64::from(u32::try_from(count(day)).unwrap_or(u32::MAX))).collect()
}
