//! What stands in a model's folder beside the figures a machine needs: the card, golden vectors, predictions.

use std::fmt::Write;

use super::{Dropped, Error, RidgeTried, Table, Times, TrainReport, columns, weights::MAX_ROWS_FOR_RIDGE};
use crate::{
    domain::{Grade, Probability, Scale},
    score::{Artefact, Input, TableScorer},
};

/// Rows of the table that `golden.csv` keeps with their points.
const N_GOLDEN: usize = 20;

/// Columns that the card of a boosted model lists: those that the trees ask most.
const N_ASKED: usize = 20;

/// What a model is for.
const FOR: &str = "For ranking and pricing the risk of rows like these: same columns, same meaning, same kind of firm. Not for others: a \
                   row unlike those it learned from is none of its business.";
/// What one is for that ranks no better than chance.
const FOR_NOTHING: &str = "**For nothing: it ranks rows that it had not seen no better than chance.** Where directions were given, look \
                           whether they are the right way round; else the columns do not tell the target.";

/// The text of `model.json`: a line for each key, so that two versions can be compared, but trees kept short.
pub fn model_json(model: &Artefact) -> Result<Vec<u8>, Error> {
    let text = match model.forest {
        Some(_) => serde_json::to_vec(model),
        None => serde_json::to_vec_pretty(model),
    };
    text.map_err(|e| Error::Table(e.to_string()))
}

/// The text of `golden.csv`: inputs as they stand in the table, evenly drawn, and, last, the points they must give.
pub fn golden(table: &Table, model: &Artefact, scale: &Scale) -> Result<Vec<u8>, Error> {
    let step = (table.n_rows() / N_GOLDEN).max(1);
    let rows: Vec<usize> = (0..table.n_rows()).step_by(step).take(N_GOLDEN).collect();
    let scorer = TableScorer::new(model.clone(), scale.clone());
    let inputs = columns::of_table(table, model, Some(&rows))?;
    let scored = scorer.score(&inputs.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(scorer.names().into_iter().chain(["points"]))?;
    for (row, scored) in rows.iter().zip(scored) {
        let cells = model.inputs.iter().map(|input| cell(table, input, *row));
        csv.write_record(cells.chain([scored.points.to_string()]))?;
    }
    csv.into_inner().map_err(|e| Error::Table(e.to_string()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a code is a small whole number")]
fn cell(table: &Table, input: &Input, row: usize) -> String {
    let place = table.names.iter().position(|n| *n == input.feature);
    match (place.map_or(f64::NAN, |p| table.columns[p][row]), table.words.get(&input.feature)) {
        (value, _) if value.is_nan() => String::new(),
        (code, Some(words)) => words.get(code as usize).cloned().unwrap_or_default(),
        (value, None) => value.to_string(),
    }
}

/// The text of `oof.csv`: `row,repeat,fold,pd`.
pub fn out_of_fold(report: &TrainReport) -> Result<Vec<u8>, Error> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["row", "repeat", "fold", "pd"])?;
    for (row, repeat, fold, pd) in &report.oof {
        csv.write_record([row.to_string(), repeat.to_string(), fold.to_string(), format!("{pd:.9}")])?;
    }
    csv.into_inner().map_err(|e| Error::Table(e.to_string()))
}

/// The text of `card.md`: what a person should know before trusting the model. `times`: when the rows were so.
pub fn card(model: &Artefact, report: &TrainReport, times: Option<&Times>, scale: &Scale) -> String {
    let mut text = head(model, report, times);
    from_points(&mut text, model, scale);
    match model.forest {
        Some(_) => asked(&mut text, model),
        None => points(&mut text, model),
    }
    listed(&mut text, "What to know of columns that stayed", &report.notes);
    listed(&mut text, "Left out", &report.dropped);
    text + "\nInternal score, not a credit rating under Regulation (EC) No 1060/2009.\n"
}

fn head(model: &Artefact, report: &TrainReport, times: Option<&Times>) -> String {
    let kind = if model.forest.is_some() { "Boosted trees" } else { "A scorecard" };
    let target = model.target.as_deref().unwrap_or("the definition of default");
    let span = times.and_then(Times::span);
    let span = span.map_or_else(String::new, |(first, last)| format!(", from {first} to {last}"));
    let ridge = report.ridge.map(|ridge| pull(ridge, &report.ridges)).unwrap_or_default();
    let moved = report.base_rate.map(|rate| {
        let sample = report.bad as f64 / report.n as f64;
        format!(" After that the PDs were moved from a share of {sample:.4} bad rows, the table's, to {rate}.")
    });
    let moved = moved.unwrap_or_default();
    let late = report.out_of_time.as_ref().map(|late| {
        format!(
            " The {} rows from {} on, {} of them bad, judged by models of earlier rows alone: AUC {:.3}.",
            late.n, late.from, late.bad, late.auc
        )
    });
    let late = late.unwrap_or_default();
    let purpose = if report.auc > 0.5 { FOR } else { FOR_NOTHING };
    format!(
        "# {name}\n\n{kind} of {n_inputs} columns for `{target}`: {n} rows{span}, {bad} of them bad.\n\n\
         Each row judged by a model that had not seen it: AUC {auc:.3} (± {sd:.3} between folds), Gini {gini:.3}, KS {ks:.3}, \
         Brier {brier:.4}, log-loss {loss:.4}, calibration slope {slope:.2} ({raw:.2} before calibration, which is \
         {calibration}).{late}{ridge}{moved}\n\n\
         {purpose}\n",
        name = model.name,
        n_inputs = model.inputs.len(),
        n = report.n,
        bad = report.bad,
        auc = report.auc,
        sd = report.auc_sd,
        gini = report.gini,
        ks = report.ks,
        brier = report.brier,
        loss = report.log_loss,
        slope = report.calibration_slope,
        raw = report.raw_slope,
        calibration = report.calibration,
    )
}

/// How strongly the weights were held back, and why so.
fn pull(ridge: f64, tried: &[RidgeTried]) -> String {
    if tried.is_empty() {
        return format!(
            " Weights pulled towards zero by {ridge}: no part of the rows could be held out to choose the pull."
        );
    }
    let tried: Vec<String> = tried.iter().map(|t| format!("{} ({:.4})", t.ridge, t.log_loss)).collect();
    format!(
        " Weights pulled towards zero by {ridge}, chosen by cross-validation: the mean log-loss of the rows (at most \
         {MAX_ROWS_FOR_RIDGE} of them), when each of five parts is held out once, for each pull is {}.",
        tried.join(", ")
    )
}

/// From the sum of points to a PD and a grade, so that both can be found on paper.
fn from_points(text: &mut String, model: &Artefact, scale: &Scale) {
    let of_points = |points: f64| {
        let pd = Probability::from_log_odds(scale.log_odds(points));
        format!("{points} are a PD of {:.3} %", 100.0 * pd.get())
    };
    let examples = [500.0, 600.0, 700.0].map(of_points).join(", ");
    let calibration = model.calibration;
    let sum = if model.forest.is_some() { "What the trees say, in points," } else { "The sum of the points below" };
    let how = match model.steps.as_slice() {
        [] if calibration.slope == 1.0 && calibration.intercept == 0.0 => "stands as it is".to_owned(),
        [] => format!("is calibrated: {:.6} times it, plus {:.4}", calibration.slope, calibration.intercept),
        steps => format!("is calibrated by the {} steps of `model.json`, straight between them", steps.len()),
    };
    let ends = if model.forest.is_some() {
        "the PD goes on beyond them"
    } else {
        "whoever is beyond an end gets the end's PD"
    };
    write!(
        text,
        "\n{sum} {how}, and rounded. More points are better: {examples}. Points end at 1 and 1000; {ends}.\n",
    )
    .ok();
    let bounds = Grade::PERFORMING.iter().filter_map(|grade| Some((grade, scale.upper_bound(*grade)?)));
    let bounds: Vec<String> = bounds.map(|(grade, bound)| format!("{grade} to {:.3} %", 100.0 * bound)).collect();
    writeln!(text, "Grades by PD: {}.", bounds.join(", ")).ok();
}

fn points(text: &mut String, model: &Artefact) {
    let mut inputs: Vec<&Input> = model.inputs.iter().collect();
    inputs.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    write!(
        text,
        "\nEvery sum starts at {} points.\n\n| column | information value | points |\n|---|---|---|\n",
        model.base
    )
    .ok();
    for input in inputs {
        let ranges = input.bins.iter().map(|b| match b.upto {
            Some(upto) => format!("to {upto}: {}", b.points),
            None => format!("above: {}", b.points),
        });
        let groups = input.groups.iter().map(|g| format!("{}: {}", g.words.join(" / "), g.points));
        let special = input.special.iter().map(|s| format!("is {}: {}", s.value, s.points));
        let all: Vec<String> =
            ranges.chain(groups).chain(special).chain([format!("missing: {}", input.missing)]).collect();
        writeln!(text, "| {} | {:.2} | {} |", input.feature, input.weight, all.join("; ")).ok();
    }
}

pub(super) fn asked(text: &mut String, model: &Artefact) {
    let mut inputs: Vec<&Input> = model.inputs.iter().collect();
    inputs.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    text.push_str("\nWhat the trees ask most:\n\n| column | share of what was gained |\n|---|---|\n");
    for input in inputs.iter().take(N_ASKED) {
        writeln!(text, "| {} | {:.1} % |", input.feature, 100.0 * input.weight).ok();
    }
}

fn listed(text: &mut String, title: &str, columns: &[Dropped]) {
    if !columns.is_empty() {
        writeln!(text, "\n## {title}\n").ok();
    }
    for column in columns {
        writeln!(text, "- {}: {}.", column.column, column.why).ok();
    }
}
