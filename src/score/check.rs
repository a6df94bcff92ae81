//! Whether a model does what it was made to do: its golden vectors, and that nothing bad is ever worth points.
//!
//! # Why
//!
//! *Why are invariants looked for on vectors and, elsewhere, on dossiers?* A vector can be bent feature by feature, to
//! every edge of every bin, and needs no portfolio. A dossier shows what delay does to all features at once, which is what a
//! client does. A model must stand both.

use super::{Artefact, Engine, Error, TableScorer};
use crate::domain::{FeatureVector, Points, Scale};

/// Raw points that a table model is tried at: further than any sum of its bins goes.
const RAW: std::ops::Range<Points> = -2_000..4_000;

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

/// What a table model can be asked without a table: its golden vectors, and that more points never mean a worse PD.
/// `golden`: the text of its `golden.csv`, columns and words as they stand in a table, and `points`.
pub fn check_table_model(model: &Artefact, golden: Option<&str>, scale: &Scale) -> Vec<Finding> {
    const CHECK: &str = "golden";
    let scorer = TableScorer::new(model.clone(), scale.clone());
    let golden = match golden.map(|text| golden_rows(&scorer, text)) {
        None => Finding::failed(CHECK, "there is no golden.csv beside model.json"),
        Some(Err(refused)) => Finding::failed(CHECK, refused.to_string()),
        Some(Ok(rows)) if rows.is_empty() => Finding::failed(CHECK, "golden.csv has no row"),
        Some(Ok(rows)) => {
            let given = |row: &[f64]| scorer.score(&row.chunks(1).collect::<Vec<_>>()).first().map(|s| s.points);
            let wrong = rows.iter().position(|(row, points)| given(row) != Some(*points));
            match wrong.map(|at| (at, &rows[at])) {
                None => Finding::passed(CHECK, format!("{} rows give their points", rows.len())),
                Some((at, (row, points))) => {
                    let given = given(row).unwrap_or_default();
                    Finding::failed(CHECK, format!("row {} gives {given} points, not {points}", at + 1))
                }
            }
        }
    };
    vec![golden, order(&scorer)]
}

/// Rows of a `golden.csv` as a table model reads them, and the points that each must give.
fn golden_rows(scorer: &TableScorer, text: &str) -> Result<Vec<(Vec<f64>, Points)>, Error> {
    let bad = |why: String| Error::artefact("golden.csv", why);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
    let place = |name: &str| {
        let found = header.iter().position(|h| h == name);
        found.ok_or_else(|| bad(format!("column {name}: is not there")))
    };
    // The last one: a table may have a column of that name, which stands before it as the inputs do.
    let points_at = header.iter().collect::<Vec<_>>().iter().rposition(|h| *h == "points");
    let points_at = points_at.ok_or_else(|| bad("column points: is not there".into()))?;
    let places = scorer.names().into_iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let value = |(input, at): (usize, &usize)| match scorer.model().inputs[input].groups.is_empty() {
            true => cell(*at).parse::<f64>().unwrap_or(f64::NAN),
            false => scorer.code(input, cell(*at)),
        };
        let points = cell(points_at).parse().map_err(|_| bad(format!("points {:?}: no number", cell(points_at))))?;
        rows.push((places.iter().enumerate().map(value).collect(), points));
    }
    Ok(rows)
}

/// Whether PDs keep the order of raw points, one by one over all that a model can give.
fn order(scorer: &TableScorer) -> Finding {
    const CHECK: &str = "order";
    let pds: Vec<f64> = RAW.map(|raw| scorer.scored(f64::from(raw)).pd.get()).collect();
    match pds.windows(2).zip(RAW).find(|(pair, _)| pair[1] > pair[0]) {
        None => Finding::passed(CHECK, "more points never mean a worse PD"),
        Some((_, raw)) => Finding::failed(CHECK, format!("raw points {} have a worse PD than {raw}", raw + 1)),
    }
}

/// Whether more delay is ever worth points: each vector is bent, one of `delays` at a time, from less delay to more.
pub fn never_rewards(engine: &Engine, vectors: &[FeatureVector], names: &[&str], delays: &[&str]) -> Finding {
    const CHECK: &str = "more_delay_never_improves";
    let nothing = FeatureVector::new(engine.catalogue(), &vec![None; names.len()]);
    let bases = vectors.iter().cloned().chain(nothing.ok());
    let mut n_bent = 0;
    for base in bases {
        for feature in delays {
            let Some(place) = names.iter().position(|n| n == feature) else { continue };
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
    let asked = engine.artefact().forest.iter().flat_map(|forest| forest.asked(engine.inputs(), feature));
    let own = own.filter_map(|bin| bin.upto).chain(asked).flat_map(|upto| [upto, upto + upto.abs().max(1.0) * 1e-9]);
    let mut all: Vec<f64> = own.chain(TRIED).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}
