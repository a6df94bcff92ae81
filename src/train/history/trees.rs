use crate::{
    domain::Scale,
    extract::{Catalogue, More},
    score::Artefact,
    train::{Algorithm, Dropped, Error, Table, TrainOptions, binning::Direction, card, judge, prior::Settled, sample},
};

use super::{
    Definition, History, Split, Trained,
    judge::{later_rows, training_rows},
    report::Scored,
};

/// Rows of `golden.csv`: every input at the same part of its own values, from the lowest to the highest.
const N_GOLDEN: usize = 21;

/// What the market does is one number for all clients of a trade on a day, and so is the wave of defaults that follows:
/// trees would learn the wave by its number, and fold by fold be rewarded for it.
const SHARED: &str = "all clients of a trade share it on a day, and with it what became of the trade";

/// Grows boosted trees on the rows, and judges them on clients that they had not seen. No question may turn against what an
/// expert says of a feature (`More` of the catalogue); features of the market are left out.
pub fn grow(
    history: &History,
    expert: &Artefact,
    scale: &Scale,
    definition: &Definition,
    split: Split,
    name: &str,
) -> Result<Trained, Error> {
    let rows = training_rows(history, split)?;
    let table = clients_own(history, &rows);
    let monotone = directions(&table);
    let options = TrainOptions { monotone, seed: split.seed, scale: Some(scale.clone()), ..TrainOptions::default() };
    let (grown, of_table) = judge::train(&table, "default", Algorithm::History, &options)?;
    let model = Artefact {
        name: name.to_owned(),
        kind: "catalogue".to_owned(),
        catalogue: Some(Catalogue::get().hash().to_string()),
        definition_of_default: definition.sentence(),
        horizon_months: definition.horizon_months(),
        target: None,
        ..grown
    };
    let mut scores = vec![0.0; rows.len()];
    of_table.oof.iter().for_each(|(row, _, _, pd)| scores[*row] = (pd / (1.0 - pd)).ln());
    let unseen = Scored { history, rows: rows.clone(), scores }.settled(Settled::AS_FITTED);
    let expert_auc = |rows: &[usize]| Scored::by(history, rows.to_vec(), expert, scale).auc();
    let later = Scored::by(history, later_rows(history, split), &model, scale);
    let has_later = !later.rows.is_empty();
    let excluded =
        history.table.left_out.iter().map(|(column, why)| Dropped { column: column.clone(), why: why.clone() });
    let report = unseen.report(&unseen, &[of_table.auc], scale)?;
    let report = super::HistoryReport {
        algorithm: "boosted",
        auc_sd: of_table.auc_sd,
        calibration_slope: of_table.raw_slope,
        auc_expert: expert_auc(&rows),
        later: has_later.then(|| later.later_report(expert_auc(&later.rows))),
        grades: if has_later { later.grades(scale) } else { report.grades },
        dropped: excluded.chain(of_table.dropped).collect(),
        ..report
    };
    let training = sample::training_json(&table, &model, scale)?;
    let golden = card::golden(&quantiles(&table), &model, scale)?;
    Ok(Trained { model, report, training, golden, rows: unseen.rows, unseen: unseen.scores })
}

/// The training rows, with the features that are a client's own.
fn clients_own(history: &History, rows: &[usize]) -> Table {
    let of_rows = |column: &Vec<f64>| rows.iter().map(|row| column[*row]).collect::<Vec<f64>>();
    let all = history.table.names.iter().zip(&history.table.columns);
    let shared = Catalogue::get().shared();
    let (left_out, kept): (Vec<_>, Vec<_>) = all.partition(|(name, _)| shared.contains(&name.as_str()));
    Table {
        names: kept.iter().map(|(name, _)| (*name).clone()).collect(),
        columns: kept.iter().map(|(_, column)| of_rows(column)).collect(),
        bad: rows.iter().map(|row| history.table.bad[*row]).collect(),
        groups: Some(rows.iter().map(|row| history.client(*row).to_owned()).collect()),
        left_out: left_out.iter().map(|(name, _)| ((*name).clone(), SHARED.to_owned())).collect(),
        ..Table::default()
    }
}

fn directions(table: &Table) -> std::collections::BTreeMap<String, Direction> {
    let direction = |more: More| match more {
        More::Worse => Some(Direction::Up),
        More::Better => Some(Direction::Down),
        More::Either => None,
    };
    let of = |f: &crate::extract::Feature| Some((f.words.name.to_owned(), direction(f.more)?));
    let is_there = |f: &&crate::extract::Feature| table.names.iter().any(|name| name == f.words.name);
    Catalogue::get().features().iter().filter(is_there).filter_map(of).collect()
}

/// Rows that are nobody's: each column at evenly spaced parts of its own values.
fn quantiles(table: &Table) -> Table {
    let column = |values: &Vec<f64>| {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part: usize| sorted.get(part * sorted.len().saturating_sub(1) / (N_GOLDEN - 1));
        (0..N_GOLDEN).map(|part| at(part).copied().unwrap_or(f64::NAN)).collect()
    };
    Table {
        names: table.names.clone(),
        columns: table.columns.iter().map(column).collect(),
        bad: vec![false; N_GOLDEN],
        ..Table::default()
    }
}
