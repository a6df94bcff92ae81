//! What judges and uses a model: `evaluate`, `score`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use rayon::prelude::*;
use serde_json::json;

use super::{
    Ended, Usage, args,
    learn::read,
    out::{self, Out},
};
use crate::{
    domain::{Points, Scale},
    extract::Catalogue,
    score::{Artefact, Scored, TableScorer, Training},
    train::{
        self, Columns, Evaluation, Outcomes, Parts, Shift, Times,
        report::{self, OWN_ROWS, Page},
    },
};

/// Where models stand when only a name is given.
const MODELS: &str = "models";

/// Rows that one core scores at a time: enough to be worth handing over, few enough to share out evenly.
const ROWS_OF_A_PIECE: usize = 8_192;

pub(super) fn evaluate(asked: &args::Evaluate, scale: Scale, out: &Out) -> anyhow::Result<Ended> {
    let data = asked.data.display().to_string();
    let scorer = scorer(&asked.model, scale)?;
    let asked_for = [Some(&asked.target), asked.segment.as_ref(), asked.time.as_ref(), asked.group.as_ref()];
    let texts: Vec<&str> = asked_for.into_iter().flatten().map(String::as_str).collect();
    // A column may be asked for twice (the year as segment and as time), but is read once.
    let unique: Vec<&str> = texts.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let columns = Columns::read(&read(&asked.data)?, scorer.model(), &unique).with_context(|| data.clone())?;
    let text = |name: &Option<String>| {
        let place = unique.iter().position(|u| Some(*u) == name.as_deref());
        place.map(|p| columns.texts[p].as_slice())
    };
    let target = text(&Some(asked.target.clone())).unwrap_or_default();
    let bad = train::labels(&asked.target, target).with_context(|| data.clone())?;
    let scored = raw(&scorer, &columns).into_iter().map(|raw| scorer.scored(raw)).collect();
    let outcomes = Outcomes { scored, bad };
    let times = asked.time.as_ref().zip(text(&asked.time)).map(|(column, cells)| Times::read(column, cells));
    let times = times.transpose().with_context(|| data.clone())?;
    let parts = Parts { segment: text(&asked.segment), time: times.as_ref(), group: text(&asked.group) };
    let evaluation = train::evaluate(&outcomes, &parts, asked.seed).with_context(|| data.clone())?;
    let mut json = serde_json::to_value(&evaluation)?;
    let shift = training(&asked.model)?.map(|t| Shift::of(&t, scorer.model(), &outcomes, &columns.inputs));
    if let (Some(shift), Some(json)) = (&shift, json.as_object_mut()) {
        json.extend(serde_json::to_value(shift)?.as_object().cloned().unwrap_or_default());
    }
    if shift.as_ref().is_some_and(|shift| shift.is_sample) {
        json["note"] = OWN_ROWS.into();
        out.hint(OWN_ROWS);
    }
    if let Some(path) = &asked.output {
        out::write(Some(path), &serde_json::to_vec_pretty(&json)?)?;
    }
    if let Some(path) = &asked.html {
        let model = scorer.model();
        let inputs = &columns.inputs;
        let shift = shift.as_ref();
        let page = Page { model, data: &data, evaluation: &evaluation, outcomes: &outcomes, inputs, shift };
        out::write(Some(path), report::html(&page).as_bytes())?;
    }
    if let Some(why) = &evaluation.interval_note {
        out.hint(why);
    }
    hint_odd(&columns, out);
    if let Some((column, why)) = times.as_ref().and_then(Times::note) {
        out.hint(&format!("note {column}: {why}"));
    }
    out.answer(&json, || in_lines(&evaluation, shift.as_ref()))?;
    Ok(Ended::Done)
}

/// How the rows that a model learned from were spread; none where `training.json` is not beside it.
fn training(model: &Path) -> anyhow::Result<Option<Training>> {
    let file = folder_of(model).join("training.json");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(None) };
    Ok(Some(Training::parse(&text).with_context(|| file.display().to_string())?))
}

/// The figures and the grades, as a person reads them.
fn in_lines(e: &Evaluation, shift: Option<&Shift>) -> String {
    let mut figures = out::table(&["", "", "95 %"]);
    for (name, f) in [
        ("AUC", e.auc),
        ("Gini", e.gini),
        ("KS", e.ks),
        ("Brier", e.brier),
        ("log-loss", e.log_loss),
        ("calibration slope", e.calibration_slope),
        ("calibration intercept", e.calibration_intercept),
        ("Hosmer-Lemeshow p", e.hosmer_lemeshow_p),
    ] {
        let span = f.low.zip(f.high).map_or("–".to_owned(), |(low, high)| format!("{low:.4} to {high:.4}"));
        figures.add_row([name.to_owned(), format!("{:.4}", f.value), span]);
    }
    let mut grades = out::table(&["grade", "rows", "bad", "PD", "light"]);
    for g in &e.grades {
        let pd = format!("{:.2} %", 100.0 * g.pd);
        grades.add_row([g.grade.clone(), g.n.to_string(), g.bad.to_string(), pd, g.light.to_owned()]);
    }
    let psi = shift.and_then(|shift| Some((shift.psi?, shift.psi_light.unwrap_or("too few rows to tell"))));
    let moved = psi.map(|(psi, light)| format!("\n\nPSI against the training sample {psi:.3} ({light})"));
    format!("{} rows, {} of them bad\n\n{figures}\n\n{grades}{}", e.n, e.bad, moved.unwrap_or_default())
}

pub(super) fn score(asked: &args::Score, scale: Scale, out: &Out) -> anyhow::Result<Ended> {
    let scorer = scorer(&asked.model, scale)?;
    let columns =
        Columns::read(&read(&asked.data)?, scorer.model(), &[]).with_context(|| asked.data.display().to_string())?;
    let n_rows = columns.n_rows();
    for output in [&asked.output, &asked.contributions].into_iter().flatten() {
        must_be_another_file(output, &asked.data)?;
    }
    let raw = raw(&scorer, &columns);
    let n_capped = raw.iter().filter(|raw| scorer.is_capped(**raw)).count();
    if n_capped > 0 {
        out.hint(&format!(
            "{n_capped} of {n_rows} rows lie beyond an end of the scale and have its 1 or 1000 points: among them there is no order"
        ));
    }
    let text = scores(&scorer, &raw, asked.reasons.map(|n| (n, &columns)));
    if let Some(path) = &asked.contributions {
        out::write(Some(path), &contributions(&scorer, &columns)?)?;
    }
    hint_odd(&columns, out);
    match (&asked.output, out.json) {
        (None, false) => out::write(None, text.as_bytes())?,
        (output, _) => {
            if let Some(path) = output {
                out::write(Some(path), text.as_bytes())?;
            }
            let json = json!({"rows": n_rows, "unknown_cells": columns.odd, "rejects": columns.unread});
            out.answer(&json, || format!("{n_rows} rows scored"))?;
        }
    }
    if columns.unread.is_empty() {
        return Ok(Ended::Done);
    }
    // Every row has its score, but not from all that stands in it: whoever acts on the row must hear of that.
    if !out.json {
        columns.unread.iter().for_each(|cell| {
            out.hint(&format!("line {}, {}: {:?} {}", cell.line, cell.column, cell.value, cell.reason))
        });
    }
    Ok(Ended::Partly)
}

/// Refuses to write over the table that was read.
fn must_be_another_file(output: &Path, data: &Path) -> anyhow::Result<()> {
    let is_same =
        std::fs::canonicalize(output).is_ok_and(|output| std::fs::canonicalize(data).is_ok_and(|d| d == output));
    match is_same {
        true => Err(Usage(format!("{} is the table itself: name another file to write", output.display())).into()),
        false => Ok(()),
    }
}

/// Raw points of every row; the rows are shared out among the cores, because trees take their time.
fn raw(scorer: &TableScorer, columns: &Columns) -> Vec<f64> {
    let n_rows = columns.n_rows();
    let piece = |from: usize| {
        let rows = from..(from + ROWS_OF_A_PIECE).min(n_rows);
        scorer.raw(&columns.inputs.iter().map(|c| &c[rows.clone()]).collect::<Vec<_>>())
    };
    (0..n_rows).into_par_iter().step_by(ROWS_OF_A_PIECE).flat_map_iter(piece).collect()
}

/// `row,pd,points,grade`, and reason codes where so many are asked for. A scorecard has as many answers as points, so that each
/// is written out once.
fn scores(scorer: &TableScorer, raw: &[f64], with_reasons: Option<(usize, &Columns)>) -> String {
    let line = |s: &Scored| format!(",{:.9},{},{}", s.pd.get(), s.points, s.grade);
    let is_whole = scorer.model().forest.is_none();
    let mut known: BTreeMap<Points, String> = BTreeMap::new();
    let mut text = String::with_capacity(raw.len() * 32);
    text.push_str(if with_reasons.is_some() { "row,pd,points,grade,reasons\n" } else { "row,pd,points,grade\n" });
    for (row, raw) in raw.iter().enumerate() {
        write!(text, "{row}").ok();
        #[expect(clippy::cast_possible_truncation, reason = "sums of whole points")]
        match is_whole {
            true => text.push_str(known.entry(*raw as Points).or_insert_with(|| line(&scorer.scored(*raw)))),
            false => text.push_str(&line(&scorer.scored(*raw))),
        }
        if let Some((n, columns)) = with_reasons {
            reasons(&mut text, scorer, &columns.row(row), n);
        }
        text.push('\n');
    }
    text
}

/// `,"debt -31; town -4"`.
fn reasons(text: &mut String, scorer: &TableScorer, row: &[f64], n: usize) {
    let lines =
        scorer.reasons(row, n).into_iter().map(|(name, points)| format!("{} {points}", name.replace('"', "\"\"")));
    write!(text, ",\"{}\"", lines.collect::<Vec<_>>().join("; ")).ok();
}

/// What the file of contributions calls its own columns, before the inputs and after them.
const OWN_COLUMNS: ([&str; 2], [&str; 4]) = (["row", "base"], ["calibration", "rounding", "cap", "log_odds"]);

/// `row,base`, the inputs, `calibration,rounding,cap,log_odds`: each cell in log-odds of bad, to the last digit; the last is that of
/// the PD.
fn contributions(scorer: &TableScorer, columns: &Columns) -> anyhow::Result<Vec<u8>> {
    let (before, after) = OWN_COLUMNS;
    if let Some(name) = scorer.names().into_iter().find(|name| before.contains(name) || after.contains(name)) {
        return Err(Usage(format!(
            "--contributions: the model looks at a column {name:?}, and the file has one of its own by that name; rename it in \
             the table and train again, or use --reasons"
        ))
        .into());
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(before.into_iter().chain(scorer.names()).chain(after))?;
    for row in 0..columns.n_rows() {
        let values = columns.row(row);
        let lines = scorer.contributions(&values).into_iter().map(|line| line.log_odds);
        let cells = lines.chain([scorer.log_odds(&values)]).map(|log_odds| log_odds.to_string());
        csv.write_record([row.to_string()].into_iter().chain(cells))?;
    }
    Ok(csv.into_inner()?)
}

fn hint_odd(columns: &Columns, out: &Out) {
    for (column, n) in &columns.odd {
        out.hint(&format!("{n} cells of {column} hold nothing that the model knows; they count as missing"));
    }
}

/// The model of a folder, or of a name in `models/`.
fn scorer(model: &Path, scale: Scale) -> anyhow::Result<TableScorer> {
    let file = folder_of(model).join("model.json").display().to_string();
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let artefact = Artefact::parse(&file, &text)?;
    artefact.check_catalogue(Catalogue::get().hash()).map_err(|why| anyhow::anyhow!("{file}: {why}"))?;
    Ok(TableScorer::new(artefact, scale))
}

fn folder_of(model: &Path) -> PathBuf {
    if model.join("model.json").is_file() { model.to_owned() } else { PathBuf::from(MODELS).join(model) }
}
