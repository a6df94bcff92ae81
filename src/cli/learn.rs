//! What learns: `train`.

use std::path::Path;

use anyhow::Context;

use super::{Ended, Usage, args, out::Out};
use crate::{
    domain::{Scale, Sha256},
    score::Artefact,
    train::{self, Algorithm, Roles, Table, TrainOptions, TrainReport, card, sample},
};

pub(super) fn train(asked: &args::Train, scale: Scale, out: &Out) -> anyhow::Result<Ended> {
    let name = name_of(&asked.output)?;
    let exclude: Vec<&str> = asked.exclude.iter().map(String::as_str).collect();
    // clap lets neither be absent where the store is not read.
    let (file, target) = (asked.data.as_deref().unwrap_or(Path::new("")), asked.target.as_deref().unwrap_or_default());
    let roles = Roles { target, exclude: &exclude, group: asked.group.as_deref(), time: asked.time.as_deref() };
    let data = file.display().to_string();
    let table = Table::read_with(&read(file)?, &roles).with_context(|| data.clone())?;
    let algorithm = match asked.algorithm {
        None | Some(args::Algorithm::Scorecard) => Algorithm::Scorecard,
        Some(args::Algorithm::Boosted) => Algorithm::Boosted,
    };
    let options = TrainOptions { scale: Some(scale.clone()), ..options(asked, &table)? };
    let (model, report) = train::train(&table, target, algorithm, &options).with_context(|| data)?;
    let model = Artefact { name: name.clone(), ..model };
    let card = card::card(&model, &report, table.times.as_ref(), &scale);
    write_model(asked, &table, &scale, (&model, &report, &card)).with_context(|| asked.output.display().to_string())?;
    for left_out in &report.dropped {
        out.hint(&format!("left out {}: {}", left_out.column, left_out.why));
    }
    for note in &report.notes {
        out.hint(&format!("note {}: {}", note.column, note.why));
    }
    if report.auc <= 0.5 {
        out.hint("the model ranks rows that it had not seen no better than chance: it is for nothing");
    }
    out.answer(&serde_json::to_value(&report)?, || card.clone())?;
    Ok(Ended::Done)
}

fn options(asked: &args::Train, table: &Table) -> anyhow::Result<TrainOptions> {
    let folds = match &asked.folds {
        Some(path) => {
            Some(train::read_folds(&read(path)?, table.n_rows()).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let monotone = match &asked.monotone {
        Some(path) => {
            let text = String::from_utf8(read(path)?).with_context(|| path.display().to_string())?;
            train::read_directions(&text).with_context(|| path.display().to_string())?
        }
        None => Default::default(),
    };
    if asked.base_rate.is_some_and(|rate| !(rate > 0.0 && rate < 1.0)) {
        return Err(Usage("--base-rate: must be a share above 0 and below 1".to_owned()).into());
    }
    if asked.special.iter().any(|v| !v.is_finite()) {
        return Err(
            Usage("--special: must be numbers; missing cells have points of their own anyhow".to_owned()).into()
        );
    }
    if !asked.special.is_empty() && asked.algorithm == Some(args::Algorithm::Boosted) {
        return Err(Usage(
            "--special: only a scorecard has points for single values; for trees leave those cells empty, for a missing cell goes \
             its own way at every question, or add a column that says which state the row is in"
                .to_owned(),
        )
        .into());
    }
    // There is one zero, and a value given twice is one.
    let mut special: Vec<f64> = asked.special.iter().map(|v| v + 0.0).collect();
    special.sort_by(f64::total_cmp);
    special.dedup();
    Ok(TrainOptions { monotone, folds, seed: asked.seed, special, base_rate: asked.base_rate, scale: None })
}

/// `model.json`, `card.md`, `golden.csv`, `training.json`, their `SHA256SUMS`, and the out-of-fold predictions where folds were given.
fn write_model(
    asked: &args::Train,
    table: &Table,
    scale: &Scale,
    (model, report, card): (&Artefact, &TrainReport, &str),
) -> anyhow::Result<()> {
    let mut files = vec![
        ("model.json", card::model_json(model)?),
        ("card.md", card.as_bytes().to_vec()),
        ("golden.csv", card::golden(table, model, scale)?),
        ("training.json", sample::training_json(table, model, scale)?),
    ];
    if asked.folds.is_some() {
        files.push(("oof.csv", card::out_of_fold(report)?));
    } else if asked.output.join("oof.csv").exists() {
        // They were another model's.
        std::fs::remove_file(asked.output.join("oof.csv"))?;
    }
    write_folder(&asked.output, &files)
}

/// Writes the files of a model, and `SHA256SUMS` over all of them, by which `model check` knows them again.
pub(super) fn write_folder(folder: &Path, files: &[(&str, Vec<u8>)]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut sums = String::new();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes)?;
        sums += &format!("{}  {name}\n", Sha256::of(bytes));
    }
    std::fs::write(folder.join("SHA256SUMS"), sums)?;
    Ok(())
}

/// The folder's last part is the model's name.
pub(super) fn name_of(folder: &Path) -> anyhow::Result<String> {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !name.is_empty() && name.chars().all(is_plain) {
        true => Ok(name),
        false => Err(Usage(format!("-o {}: the name of a model is of a-z, 0-9, -, _ and .", folder.display())).into()),
    }
}

pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
