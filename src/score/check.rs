//! Whether a model does what it was made to do: its golden vectors, and that nothing bad is ever worth points.
//!
//! # Why
//!
//! *Why are invariants looked for on vectors and, elsewhere, on dossiers?* A vector can be bent feature by feature, to
//! every edge of every bin, and needs no portfolio. A dossier shows what delay does to all features at once, which is what a
//! client does. A model must stand both.

use super::{Engine, Error};
use crate::domain::{FeatureVector, Points};

/// Features that grow when payments come later. A model that gives any of them more points for more delay is refused.
const DELAYS: [&str; 12] = [
    "days_beyond_terms_90d",
    "days_beyond_terms_180d",
    "days_beyond_terms_365d",
    "days_late_recent",
    "payment_timing_365d",
    "late_share_365d",
    "late_over_30_share_365d",
    "late_over_60_share_365d",
    "late_over_90_share_365d",
    "worst_delay_365d",
    "oldest_overdue_days",
    "overdue_share",
];

/// Values at which a delay is tried: shares up to 1, days up to a year; every published mark and the days around it.
const TRIED: [f64; 23] = [
    -30.0, -10.0, 0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0,
    120.0, 180.0, 365.0,
];

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which: `hash`, `catalogue`, `definition`, `golden`, `more_delay_never_improves`, `open_liquidation_is_D`.
    pub check: &'static str,
    /// Whether the model may rate as far as this goes.
    pub is_ok: bool,
    /// What was looked at, or what is wrong and where.
    pub text: String,
}

impl Finding {
    /// A check that was passed; `text` says what was looked at.
    pub fn passed(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, is_ok: true, text: text.into() }
    }

    /// A check that was not.
    pub fn failed(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, is_ok: false, text: text.into() }
    }
}

/// A row of `golden.csv`: its name, its vector, the points it must give.
type Golden = (String, FeatureVector, Points);

/// Whether every row of a `golden.csv` gives its points; the vectors are answered, too, for [`never_rewards`]. `names`:
/// the catalogue's. Columns that are no feature (`case`) only name the row; `points` must be there.
pub fn golden_vectors(engine: &Engine, text: &str, names: &[&str]) -> (Finding, Vec<FeatureVector>) {
    const CHECK: &str = "golden";
    let rows = match golden(engine, text, names) {
        Ok(rows) if rows.is_empty() => return (Finding::failed(CHECK, "golden.csv has no row"), Vec::new()),
        Ok(rows) => rows,
        Err(refused) => return (Finding::failed(CHECK, refused.to_string()), Vec::new()),
    };
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(_, vector, points)| engine.points(vector) != *points)
        .map(|(case, vector, points)| format!("{case:?} gives {} points, not {points}", engine.points(vector)))
        .collect();
    let finding = match wrong.first() {
        None => Finding::passed(CHECK, format!("{} vectors give their points", rows.len())),
        Some(first) => Finding::failed(CHECK, format!("{} of {} vectors: {first}", wrong.len(), rows.len())),
    };
    (finding, rows.into_iter().map(|(_, vector, _)| vector).collect())
}

fn golden(engine: &Engine, text: &str, names: &[&str]) -> Result<Vec<Golden>, Error> {
    let bad = |why: String| Error::artefact("golden.csv", why);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
    let points_at = header.iter().position(|h| h == "points");
    let points_at = points_at.ok_or_else(|| bad("column points: is not there".into()))?;
    let places: Vec<Option<usize>> = header.iter().map(|h| names.iter().position(|n| *n == h)).collect();
    let unknown = engine.inputs().iter().find(|input| !header.iter().any(|h| h == input.feature));
    if let Some(input) = unknown {
        return Err(bad(format!("column {}: the model looks at it, and it is not there", input.feature)));
    }
    let mut rows = Vec::new();
    for (line, row) in reader.records().enumerate() {
        let row = row.map_err(|e| bad(e.to_string()))?;
        let at = |column: &str, cell: &str| bad(format!("row {}, column {column}: {cell:?} is no number", line + 1));
        let mut values = vec![None; names.len()];
        for (cell, (column, place)) in row.iter().zip(header.iter().zip(&places)) {
            if let Some(place) = place.filter(|_| !cell.is_empty()) {
                values[place] = Some(cell.parse::<f64>().map_err(|_| at(column, cell))?);
            }
        }
        let points = row.get(points_at).unwrap_or_default();
        let points = points.parse().map_err(|_| at("points", points))?;
        let vector = FeatureVector::new(engine.catalogue(), &values).map_err(|e| bad(e.to_string()))?;
        rows.push((row.get(0).unwrap_or_default().to_owned(), vector, points));
    }
    Ok(rows)
}

/// Whether more delay is ever worth points: each vector is bent, one feature of payment at a time, from less delay to more.
pub fn never_rewards(engine: &Engine, vectors: &[FeatureVector], names: &[&str]) -> Finding {
    const CHECK: &str = "more_delay_never_improves";
    let nothing = FeatureVector::new(engine.catalogue(), &vec![None; names.len()]);
    let bases = vectors.iter().cloned().chain(nothing.ok());
    let mut n_bent = 0;
    for base in bases {
        for feature in DELAYS {
            let Some(place) = names.iter().position(|n| *n == feature) else { continue };
            let steps = edges(engine, feature);
            let points: Vec<Points> =
                steps.iter().map(|value| engine.points(&base.with_value(place, *value))).collect();
            n_bent += points.len();
            let rise = points.windows(2).position(|pair| pair[1] > pair[0]);
            if let Some(at) = rise {
                let text = format!(
                    "{feature} from {} to {} raises the points from {} to {}",
                    steps[at],
                    steps[at + 1],
                    points[at],
                    points[at + 1]
                );
                return Finding::failed(CHECK, text);
            }
        }
    }
    Finding::passed(CHECK, format!("{n_bent} bent vectors"))
}

/// Rising values of a feature: the usual ones, and one on either side of each of the model's own bounds.
fn edges(engine: &Engine, feature: &str) -> Vec<f64> {
    let own = engine.inputs().iter().filter(|input| input.feature == feature).flat_map(|input| &input.bins);
    let own = own.filter_map(|bin| bin.upto).flat_map(|upto| [upto, upto + upto.abs().max(1.0) * 1e-9]);
    let mut all: Vec<f64> = own.chain(TRIED).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}
