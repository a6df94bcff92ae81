//! Which model rates: `model list`, `check`, `promote`, `shadow`, `watch`.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table},
    stress::shift_text,
};
use crate::{
    config::{self, BUILT_IN_CARD, BUILT_IN_FILES, BUILT_IN_MODEL, Config, Flags},
    desk::{CalibrationView, FindingView, GradeCalibrationView, ModelView, OverridesView, Promotion, WatchView},
    domain::Sha256,
    pipeline::Candidate,
    store::{ModelFiles, Role},
};

#[derive(Debug, Subcommand)]
pub(super) enum Asked {
    /// The models of ./models, the one that ships, and those that have or had a seat
    List,
    /// Whether a model may rate: hash, catalogue, golden vectors, and what none may break, on every client
    Check {
        /// A folder, a name in ./models, or the model that is built in [default: the one that rates]
        model: Option<String>,
        /// A model that foresees something else than a default within twelve months may rate, too
        #[arg(long)]
        other_definition: bool,
    },
    /// Let another model rate from now on; first shows what the portfolio would do, and refuses when a check fails
    Promote {
        /// A folder, a name in ./models, or the model that is built in
        #[arg(required_unless_present = "back")]
        model: Option<String>,
        /// Show everything and change nothing
        #[arg(long, conflicts_with = "back")]
        dry_run: bool,
        /// A model that foresees something else than a default within twelve months may rate, too
        #[arg(long, conflicts_with = "back")]
        other_definition: bool,
        /// Do not ask; without a terminal nobody is asked
        #[arg(long, conflicts_with = "back")]
        yes: bool,
        /// Take the last promotion back: the model of before rates again
        #[arg(long, conflicts_with = "model")]
        back: bool,
    },
    /// How the model that rates is doing: drift, calibration, analysts' decisions, the challenger
    Watch,
    /// Let a model rate beside the other every night, unseen
    Shadow {
        /// A folder, a name in ./models, or the model that is built in
        #[arg(required_unless_present = "end")]
        model: Option<String>,
        /// No model rates in shadow any more
        #[arg(long, conflicts_with = "model")]
        end: bool,
    },
}

/// Where models lie, beside where the command is given.
const MODELS: &str = "models";

pub(super) async fn model(flags: &Flags, what: Asked, out: &Out) -> anyhow::Result<Ended> {
    let (house, config) = Opened::from_config(config::load(flags)?).await?;
    match what {
        Asked::List => list(&house, &config, out).await,
        Asked::Check { model, other_definition } => {
            let candidate = match model {
                Some(model) => read(&model)?,
                None => champion(&house, &config).await?,
            };
            check(&house, &allowing(candidate, other_definition), out).await
        }
        Asked::Promote { model: Some(model), dry_run, other_definition, yes, .. } => {
            let candidate = allowing(read(&model)?, other_definition);
            match dry_run {
                true => rehearse(&house, &candidate, out).await,
                false => promote(&house, &candidate, yes, out).await,
            }
        }
        Asked::Promote { .. } => {
            let now = desk(&house).promote_back(&caller()).await?;
            out.answer(&json!({"champion": now.model, "back": true}), || {
                format!("{} rates again; the next night rates everybody with it", now.model)
            })?;
            Ok(Ended::Done)
        }
        Asked::Watch => watch(&house, out).await,
        Asked::Shadow { model, .. } => shadow(&house, model.as_deref(), out).await,
    }
}

async fn list(house: &Opened, config: &Config, out: &Out) -> anyhow::Result<Ended> {
    let seated = desk(house).models().await?;
    let mut rows: Vec<Value> = Vec::new();
    for folder in folders() {
        let body = std::fs::read_to_string(folder.join("model.json"))?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        rows.push(row(&seated, &name, &body, Some(&folder)));
    }
    // What ships needs no folder here, and whoever was promoted instead, it may rate again.
    for files in [configured(config)?.files, built_in().files] {
        let own = row(&seated, &files.name, &files.body, None);
        if !rows.iter().any(|row| row["model"] == own["model"]) {
            rows.push(own);
        }
    }
    for seat in &seated {
        if !rows.iter().any(|row| row["model"] == seat.model.as_str()) {
            let name = seat.model.split('@').next().unwrap_or_default();
            rows.push(json!({"model": seat.model, "name": name, "kind": "catalogue", "folder": null,
                "built_in": false, "role": seat.role, "since": seat.since}));
        }
    }
    let of_role = |role: Role| seated.iter().find(|s| s.role.as_deref() == Some(role.as_str())).map(|s| &s.model);
    let json = json!({"models": rows, "champion": of_role(Role::Champion), "challenger": of_role(Role::Challenger)});
    out.answer(&json, || {
        let mut text = table(&["model", "kind", "role", "since", "folder"]);
        let word = |row: &Value, key: &str| match (key, row[key].as_str()) {
            (_, Some(word)) => word.to_owned(),
            ("folder", None) if row["built_in"] == true => "built in".to_owned(),
            _ => "–".to_owned(),
        };
        for row in &rows {
            text.add_row(["model", "kind", "role", "since", "folder"].map(|key| word(row, key)));
        }
        text.to_string()
    })?;
    Ok(Ended::Done)
}

/// A model of the list, whose text is at hand.
fn row(seated: &[ModelView], name: &str, body: &str, folder: Option<&Path>) -> Value {
    let hash: String = Sha256::of(body.as_bytes()).to_string().chars().take(12).collect();
    let model = format!("{name}@{hash}");
    let kind = serde_json::from_str::<Value>(body).ok().and_then(|body| body["kind"].as_str().map(str::to_owned));
    let seat = seated.iter().find(|seat| seat.model == model);
    json!({"model": model, "name": name, "kind": kind, "folder": folder, "built_in": body == BUILT_IN_FILES.0,
        "role": seat.and_then(|s| s.role.clone()), "since": seat.and_then(|s| s.since)})
}

/// The folders of ./models that hold a model, by name.
fn folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(MODELS) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|folder| folder.join("model.json").is_file());
    found.sort();
    found
}

/// The same, allowed to foresee something else where that was asked for.
fn allowing(candidate: Candidate, other_definition: bool) -> Candidate {
    Candidate { allows_other_definition: other_definition || candidate.allows_other_definition, ..candidate }
}

async fn check(house: &Opened, candidate: &Candidate, out: &Out) -> anyhow::Result<Ended> {
    let findings = desk(house).check_model(candidate).await?;
    let is_ok = findings.iter().all(|finding| finding.ok);
    let files = &candidate.files;
    let json = json!({"model": files.name, "hash": files.hash().to_string(), "ok": is_ok, "checks": findings});
    out.answer(&json, || {
        let verdict = if is_ok { "passes every check" } else { "fails" };
        format!("{}\n{} {verdict}", findings_text(&findings), files.name)
    })?;
    Ok(if is_ok { Ended::Done } else { Ended::Refused })
}

fn findings_text(findings: &[FindingView]) -> String {
    let mut rows = table(&["", "check", ""]);
    for finding in findings {
        rows.add_row([if finding.ok { "ok" } else { "FAIL" }, &finding.check, &finding.text]);
    }
    rows.to_string()
}

async fn rehearse(house: &Opened, candidate: &Candidate, out: &Out) -> anyhow::Result<Ended> {
    let shown = desk(house).promote(&caller(), candidate, |_| false).await?;
    let Promotion { model, from, .. } = &shown;
    out.answer(&serde_json::to_value(&shown)?, || match shown.ok {
        true => format!("{}\n{model} could rate in place of {from}; nothing was changed", promotion_text(&shown)),
        false => refusal_text(&shown),
    })?;
    Ok(if shown.ok { Ended::Done } else { Ended::Refused })
}

async fn promote(house: &Opened, candidate: &Candidate, is_agreed: bool, out: &Out) -> anyhow::Result<Ended> {
    let is_asked = !is_agreed && !out.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let agree = |shown: &Promotion| {
        let Promotion { model, from, .. } = shown;
        let is_shown = out.json || out.answer(&Value::Null, || promotion_text(shown)).is_ok();
        is_shown && (!is_asked || says_yes(&format!("Let {model} rate in place of {from}? [y/N] ")))
    };
    let done = desk(house).promote(&caller(), candidate, agree).await?;
    let Promotion { model, from, back, .. } = &done;
    out.answer(&serde_json::to_value(&done)?, || match (done.promoted, done.ok) {
        (true, _) => format!(
            "{model} rates from now on, in place of {from}; the next night rates everybody with it.\nBack with: {back}"
        ),
        (false, true) => format!("nothing was changed: {from} goes on"),
        (false, false) => refusal_text(&done),
    })?;
    Ok(if done.promoted { Ended::Done } else { Ended::Refused })
}

/// The answer of whoever sits at the terminal.
fn says_yes(question: &str) -> bool {
    eprint!("{question}");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn promotion_text(shown: &Promotion) -> String {
    let shift = shown.portfolio.as_ref().map(shift_text).unwrap_or_default();
    format!("{}\n{shift}", findings_text(&shown.checks))
}

fn refusal_text(refused: &Promotion) -> String {
    let Promotion { model, from, .. } = refused;
    format!("{}\nrefused: {model} may not rate; {from} goes on", promotion_text(refused))
}

async fn shadow(house: &Opened, model: Option<&str>, out: &Out) -> anyhow::Result<Ended> {
    let candidate = model.map(read).transpose()?;
    let files = candidate.as_ref().map(|candidate| &candidate.files);
    desk(house).shadow(&caller(), files).await?;
    let name = files.map(|files| files.name.clone());
    out.answer(&json!({ "challenger": name }), || match &name {
        Some(name) => format!("{name} rates beside the champion from the next night on, unseen"),
        None => "no model rates in shadow".to_owned(),
    })?;
    Ok(Ended::Done)
}

async fn watch(house: &Opened, out: &Out) -> anyhow::Result<Ended> {
    let view = desk(house).watch(&caller()).await?;
    out.answer(&serde_json::to_value(&view)?, || watch_text(&view))?;
    Ok(Ended::Done)
}

fn watch_text(view: &WatchView) -> String {
    let index = |index: Option<f64>| index.map_or_else(|| "–".to_owned(), |index| format!("{index:.3}"));
    let mut text = format!("{}\n", view.model);
    if let Some(drift) = &view.drift {
        let light = if drift.light.is_empty() { "too few clients to tell" } else { drift.light.as_str() };
        text += &format!("drift against {}: PSI {} ({light})\n", drift.reference, index(drift.psi));
        for feature in drift.features.iter().filter(|feature| !["", "green"].contains(&feature.light.as_str())) {
            text += &format!("  {} {} ({})\n", feature.feature, index(feature.csi), feature.light);
        }
    }
    if let Some(found) = &view.calibration {
        let CalibrationView { days, clients, expected, observed, light, .. } = found;
        text += &format!("defaults in {days} days: {observed} of {clients}, {expected:.1} expected ({light})\n");
        for grade in found.grades.iter().filter(|grade| grade.light != "green") {
            let GradeCalibrationView { grade, clients, expected, observed, light } = grade;
            text += &format!("  {grade} {observed} of {clients}, {expected:.1} expected ({light})\n");
        }
    }
    if let Some(OverridesView { made, right, wrong, open, light, .. }) = &view.overrides {
        text += &format!("analysts: {made} decisions, {right} right, {wrong} wrong, {open} open ({light})\n");
    }
    if view.drift.is_none() {
        text += "no night has been rated by it yet\n";
    }
    if let Some(shadow) = &view.shadow {
        text += &format!("in shadow: {}\n{}\n", shadow.challenger, shift_text(&shadow.shift));
    }
    text + &view.notice
}

/// The model that rates: what the store keeps of the one promoted, or the configured one.
async fn champion(house: &Opened, config: &Config) -> anyhow::Result<Candidate> {
    let models = house.store.models();
    match models.seated(Role::Champion).await?.and_then(|seat| seat.model) {
        Some(hash) => Ok(Candidate { files: models.files(hash).await?, sums: None, allows_other_definition: true }),
        None => configured(config),
    }
}

/// The model that rates while none is promoted.
fn configured(config: &Config) -> anyhow::Result<Candidate> {
    if config.model == BUILT_IN_MODEL { Ok(built_in()) } else { read(&config.model) }
}

/// A folder, a name in ./models, or the model that is built in.
fn read(model: &str) -> anyhow::Result<Candidate> {
    let folder = [PathBuf::from(model), Path::new(MODELS).join(model)];
    let Some(folder) = folder.into_iter().find(|folder| folder.join("model.json").is_file()) else {
        return match model {
            BUILT_IN_MODEL => Ok(built_in()),
            _ => Err(Usage(format!(
                "there is no model {model:?}: neither {model}/model.json nor {MODELS}/{model}/model.json"
            ))
            .into()),
        };
    };
    let text = |name: &str| {
        let file = folder.join(name);
        match std::fs::read_to_string(&file) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some).with_context(|| file.display().to_string()),
        }
    };
    let name = std::path::absolute(&folder)?.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let body = text("model.json")?.unwrap_or_default();
    let files = ModelFiles {
        name,
        body,
        golden: text("golden.csv")?,
        training: text("training.json")?,
        card: text("card.md")?,
        evaluation: text("evaluation.json")?,
    };
    Ok(Candidate { files, sums: Some(text("SHA256SUMS")?.unwrap_or_default()), allows_other_definition: false })
}

fn built_in() -> Candidate {
    let (body, golden, sums) = BUILT_IN_FILES;
    let files = ModelFiles {
        name: BUILT_IN_MODEL.to_owned(),
        body: body.to_owned(),
        golden: Some(golden.to_owned()),
        training: None,
        card: Some(BUILT_IN_CARD.to_owned()),
        evaluation: None,
    };
    Candidate { files, sums: Some(sums.to_owned()), allows_other_definition: false }
}
