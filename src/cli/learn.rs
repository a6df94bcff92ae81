//! What learns: `train`.

use std::{fmt::Write, path::Path, time::Instant};

use anyhow::Context;
use serde_json::json;

use super::{Ended, args, out::Out};
use crate::train::{self, Table, TableModel, TrainOptions, TrainReport};

/// Rows of the table that `golden.csv` keeps with their points.
const N_GOLDEN: usize = 20;

pub(super) fn train(asked: &args::Train, out: &Out) -> anyhow::Result<Ended> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let exclude: Vec<&str> = asked.exclude.iter().map(String::as_str).collect();
    // clap lets neither be absent where the store is not read.
    let (data, target) = (asked.data.as_deref().unwrap_or(Path::new("")), asked.target.as_deref().unwrap_or_default());
    let table = Table::read(&read(data)?, target, &exclude, None)?;
    let folds = match &asked.folds {
        Some(path) => Some(train::read_folds(&read(path)?, table.n_rows())?),
        None => None,
    };
    let has_folds = folds.is_some();
    let start = Instant::now();
    let (model, report) = train::scorecard(&table, target, &TrainOptions { folds, ..TrainOptions::default() })?;
    let seconds = start.elapsed().as_secs_f64();
    write_model(&asked.output, &table, &model, &report, has_folds)
        .with_context(|| asked.output.display().to_string())?;
    let mut json = serde_json::to_value(&report)?;
    json["fit_seconds"] = json!((seconds * 1000.0).round() / 1000.0);
    out.answer(&json, || card(&asked.output, target, &model, &report))?;
    Ok(Ended::Done)
}

/// `model.json`, `card.md`, `golden.csv`, and the out-of-fold predictions where folds were given.
fn write_model(
    folder: &Path,
    table: &Table,
    model: &TableModel,
    report: &TrainReport,
    has_folds: bool,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("model.json"), serde_json::to_vec_pretty(model)?)?;
    std::fs::write(folder.join("card.md"), card(folder, &model.target, model, report))?;
    std::fs::write(folder.join("golden.csv"), golden(table, model)?)?;
    if has_folds {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(["row", "repeat", "fold", "pd"])?;
        for (row, repeat, fold, pd) in &report.oof {
            csv.write_record([row.to_string(), repeat.to_string(), fold.to_string(), format!("{pd:.9}")])?;
        }
        std::fs::write(folder.join("oof.csv"), csv.into_inner()?)?;
    }
    Ok(())
}

fn golden(table: &Table, model: &TableModel) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(table.names.iter().map(String::as_str).chain(["points"]))?;
    for row in 0..table.n_rows().min(N_GOLDEN) {
        let cell = |place: usize| Some(table.columns[place][row]).filter(|v| !v.is_nan());
        let value = |name: &str| table.names.iter().position(|n| n == name).and_then(cell);
        let (_, points) = model.score(value);
        let cells = (0..table.names.len()).map(|place| cell(place).map(|v| v.to_string()).unwrap_or_default());
        csv.write_record(cells.chain([points.to_string()]))?;
    }
    Ok(csv.into_inner()?)
}

/// What a person should know before trusting the model.
fn card(folder: &Path, target: &str, model: &TableModel, report: &TrainReport) -> String {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut text = format!(
        "# {name}\n\nA scorecard of {} columns for `{target}`: {} rows, {} of them bad.\n\n\
         Out of fold: AUC {:.3} (± {:.3}), Gini {:.3}, KS {:.3}, Brier {:.4}, log-loss {:.4}, calibration slope {:.2}.\n\n\
         It knows only tables with these columns; a row unlike those it learned from is none of its business.\n\n\
         | column | information value | points |\n|---|---|---|\n",
        model.columns.len(),
        report.n,
        report.bad,
        report.auc,
        report.auc_sd,
        report.gini,
        report.ks,
        report.brier,
        report.log_loss,
        report.calibration_slope
    );
    for c in &model.columns {
        let points: Vec<String> = c.points.iter().map(ToString::to_string).collect();
        writeln!(text, "| {} | {:.2} | {}; missing {} |", c.name, c.information, points.join(", "), c.missing).ok();
    }
    for dropped in &report.dropped {
        writeln!(text, "\nLeft out {}: {}.", dropped.column, dropped.why).ok();
    }
    text + "\nInternal score, not a credit rating under Regulation (EC) No 1060/2009.\n"
}
