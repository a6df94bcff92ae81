//! `train`, `evaluate` and `score` from outside: what they write, and that it agrees.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::made_up;

const N_ROWS: usize = 600;

/// Runs the program in a folder and gives the one JSON object that it prints.
fn answer(folder: &Path, arguments: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    let output = command.current_dir(folder).args(arguments.split_whitespace()).arg("--json").output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(folder: &Path, arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    let output = command.current_dir(folder).args(arguments.split_whitespace()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("table.csv"), made_up(N_ROWS)).unwrap();
    let folds: String = (0..N_ROWS).map(|row| format!("{row},{}\n", row / 2 % 3)).collect();
    std::fs::write(folder.path().join("folds.csv"), format!("row,r0\n{folds}")).unwrap();
    folder
}

const TRAIN: &str = "train --data table.csv --target bad --group id --folds folds.csv --algorithm scorecard";

#[test]
fn training_twice_writes_the_same_bytes_and_names_what_was_left_out() {
    let desk = desk();
    let report = answer(desk.path(), &format!("{TRAIN} -o one/card"));
    answer(desk.path(), &format!("{TRAIN} -o two/card"));
    for file in ["model.json", "card.md", "golden.csv", "oof.csv"] {
        let [one, two] =
            ["one", "two"].map(|run| std::fs::read(desk.path().join(run).join("card").join(file)).unwrap());
        assert_eq!(one, two, "{file}");
    }
    assert_eq!(rows(&desk.path().join("one/card/oof.csv")).len(), N_ROWS);
    assert!(report["auc"].as_f64().is_some_and(|auc| auc > 0.7), "{report}");
    assert!(report["dropped"].as_array().unwrap().iter().any(|d| d["column"] == "town"), "{report}");
    let card = std::fs::read_to_string(desk.path().join("one/card/card.md")).unwrap();
    assert!(card.contains("- town: every cell is the same."), "{card}");
}

#[test]
fn scores_are_those_of_the_golden_vectors_and_their_contributions_add_up() {
    let desk = desk();
    for algorithm in ["scorecard", "boosted"] {
        let model = format!("models/{algorithm}");
        answer(
            desk.path(),
            &TRAIN.replace("scorecard", algorithm).replace("table.csv", &format!("table.csv -o {model}")),
        );
        answer(
            desk.path(),
            &format!("score --model {algorithm} --data {model}/golden.csv -o s.csv --contributions c.csv --reasons 2"),
        );
        let (golden, scores) = (rows(&desk.path().join(&model).join("golden.csv")), rows(&desk.path().join("s.csv")));
        assert_eq!(golden.len(), scores.len());
        assert!(golden.iter().zip(&scores).all(|(g, s)| g.last() == Some(&s[2])), "{golden:?} {scores:?}");
        for row in rows(&desk.path().join("c.csv")) {
            let cells: Vec<f64> = row.iter().skip(1).map(|c| c.parse().unwrap()).collect();
            let (last, parts) = cells.split_last().unwrap();
            assert!((parts.iter().sum::<f64>() - last).abs() < 1e-9, "{row:?}");
        }
    }
}

fn knot(step: &Value) -> (f64, f64) {
    (step["raw"].as_f64().unwrap(), step["points"].as_f64().unwrap())
}

/// Straight between the steps, and level beyond them.
fn between(steps: &[(f64, f64)], raw: f64) -> f64 {
    let after = steps.partition_point(|(at, _)| *at <= raw);
    match (after.checked_sub(1).map(|before| steps[before]), steps.get(after)) {
        (Some(low), Some(high)) => low.1 + (high.1 - low.1) * (raw - low.0) / (high.0 - low.0),
        (Some(only), None) => only.1,
        (None, first) => first.unwrap().1,
    }
}

#[test]
fn the_card_leads_from_the_sum_of_points_to_the_points_that_are_told() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    answer(desk.path(), "score --model card --data table.csv -o s.csv --contributions c.csv");
    let model: Value =
        serde_json::from_slice(&std::fs::read(desk.path().join("models/card/model.json")).unwrap()).unwrap();
    let card = std::fs::read_to_string(desk.path().join("models/card/card.md")).unwrap();
    let steps: Vec<(f64, f64)> = model["steps"].as_array().into_iter().flatten().map(knot).collect();
    let line =
        card.split_once("is calibrated: ").and_then(|(_, said)| said.split_once(", and rounded")).map(|(said, _)| {
            let (slope, intercept) = said.split_once(" times it, plus ").unwrap();
            (slope.parse::<f64>().unwrap(), intercept.parse::<f64>().unwrap())
        });
    assert!(line.is_some() || card.contains(&format!("is calibrated by the {} steps", steps.len())), "{card}");
    let calibrated = |sum: f64| line.map_or_else(|| between(&steps, sum), |(slope, intercept)| intercept + slope * sum);
    // A sum of log-odds, of which the scale has ln 2 for 50 points.
    let n_inputs = model["inputs"].as_array().unwrap().len();
    for (told, shares) in rows(&desk.path().join("s.csv")).iter().zip(rows(&desk.path().join("c.csv"))) {
        let of_sum: f64 = shares[1..2 + n_inputs].iter().map(|cell| cell.parse::<f64>().unwrap()).sum();
        let sum = (600.0 + 50.0 * (-of_sum - 19f64.ln()) / 2f64.ln()).round();
        let points = calibrated(sum).clamp(1.0, 1000.0);
        assert!((points - told[2].parse::<f64>().unwrap()).abs() < 0.51, "{points} {told:?}");
    }
    assert!(card.contains("Grades by PD: A1 to 0."), "{card}");
}

#[test]
fn a_table_is_not_written_over_by_its_scores() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    for output in ["-o table.csv", "-o s.csv --contributions ./table.csv"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        let asked = format!("score --model card --data table.csv {output}");
        let output = command.current_dir(desk.path()).args(asked.split_whitespace()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("is the table itself"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(desk.path().join("table.csv")).unwrap(), made_up(N_ROWS));
}

#[test]
fn cells_that_cannot_be_read_are_listed_and_their_rows_are_scored_as_if_they_were_empty() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    std::fs::write(desk.path().join("new.csv"), "debt,audit,noise\n0.2,0.1,0\n\nn/d,0.1,0\n,0.1,0\nNA,,0\n0.3,inf,0\n")
        .unwrap();
    let score = |table: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.current_dir(desk.path()).args(["score", "--model", "card", "--data", table, "-o", "s.csv", "--json"]);
        let output = command.output().unwrap();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, said) = score("new.csv");
    assert_eq!((code, &said["rows"]), (Some(3), &5.into()), "{said}");
    let cells: Vec<(u64, &str, &str)> = said["rejects"].as_array().unwrap().iter().map(cell).collect();
    assert_eq!(cells, [(4, "debt", "n/d"), (7, "audit", "inf")], "{said}");
    let scores = rows(&desk.path().join("s.csv"));
    assert_eq!(scores[1][1..], scores[2][1..], "an unreadable cell counts as an empty one");
    std::fs::write(desk.path().join("clean.csv"), "debt,audit,noise\n0.2,0.1,0\n,?,0\nNA,0.3,-\n").unwrap();
    assert_eq!(score("clean.csv").0, Some(0), "what is said to be missing can be read");
}

fn cell(reject: &Value) -> (u64, &str, &str) {
    (reject["line"].as_u64().unwrap(), reject["column"].as_str().unwrap(), reject["value"].as_str().unwrap())
}

#[test]
fn a_model_is_trained_for_the_master_scale_of_the_house_and_read_by_it() {
    let desk = desk();
    let scale = vedetta::score::BUILT_IN_SCALE.replace("at_anchor = 600", "at_anchor = 800").replace("= 50", "= 30");
    std::fs::write(desk.path().join("scale.toml"), scale).unwrap();
    std::fs::write(desk.path().join("own.toml"), "[files]\nscale = \"scale.toml\"\n").unwrap();
    let report = answer(desk.path(), &format!("--config own.toml {TRAIN} -o models/card"));
    let went_bad = report["bad"].as_f64().unwrap() / report["n"].as_f64().unwrap();
    let foretold = |config: &str| {
        answer(desk.path(), &format!("{config} score --model card --data table.csv -o s.csv"));
        let pds = rows(&desk.path().join("s.csv")).into_iter().map(|row| row[1].parse::<f64>().unwrap());
        pds.sum::<f64>() / N_ROWS as f64
    };
    let (own, built_in) = (foretold("--config own.toml"), foretold(""));
    assert!((own - went_bad).abs() < 0.03, "{own} {went_bad}");
    assert!((built_in - went_bad).abs() > 0.05, "points of one scale are other PDs on another: {built_in}");
    let figures = answer(desk.path(), "--config own.toml evaluate --model card --data table.csv --target bad");
    assert!(figures["note"].is_string(), "it knows its own rows again: {figures}");
    let checked = answer(desk.path(), "--config own.toml model check models/card");
    assert!(checked["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{checked}");
}

#[test]
fn special_values_for_trees_are_a_wrong_usage_that_says_what_to_do() {
    let desk = desk();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    let asked = "train --data table.csv --target bad --algorithm boosted --special 999 -o models/none";
    let output = command.current_dir(desk.path()).args(asked.split_whitespace()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("leave those cells empty"), "{said}");
    assert!(!desk.path().join("models/none").exists());
}

#[test]
fn a_table_may_have_columns_that_are_called_as_the_answers_are() {
    let desk = desk();
    let renamed = made_up(N_ROWS).replace("debt", "points").replace("audit", "base");
    std::fs::write(desk.path().join("table.csv"), renamed).unwrap();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    let checked = answer(desk.path(), "model check models/card");
    assert!(checked["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{checked}");
    answer(desk.path(), "score --model card --data table.csv -o s.csv --reasons 2");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    let asked = "score --model card --data table.csv -o s.csv --contributions c.csv";
    let output = command.current_dir(desk.path()).args(asked.split_whitespace()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("\"base\"") && said.contains("rename it"), "{said}");
}

#[test]
fn an_evaluation_writes_figures_with_intervals_and_a_page() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    let figures = answer(
        desk.path(),
        "evaluate --model card --data table.csv --target bad --segment town -o report.json --html report.html",
    );
    let written: Value = serde_json::from_slice(&std::fs::read(desk.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(figures, written);
    for name in ["auc", "gini", "ks", "brier", "log_loss", "calibration_slope", "hosmer_lemeshow_p"] {
        let [low, value, high] = ["low", "value", "high"].map(|end| figures[name][end].as_f64().unwrap());
        assert!(low <= value && value <= high, "{name}: {figures}");
    }
    let page = std::fs::read_to_string(desk.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("Terni"));
}

#[test]
fn who_judges_a_model_by_the_rows_it_learned_from_is_told() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    let judge = "evaluate --model card --target bad --html report.html --data";
    let page = || std::fs::read_to_string(desk.path().join("report.html")).unwrap();
    let own = answer(desk.path(), &format!("{judge} table.csv"));
    assert!(own["note"].as_str().unwrap().contains("learned from") && page().contains("learned from"), "{own}");
    let table = std::fs::read_to_string(desk.path().join("table.csv")).unwrap();
    let half: String = table.lines().take(N_ROWS / 2).map(|line| format!("{line}\n")).collect();
    std::fs::write(desk.path().join("half.csv"), half).unwrap();
    let other = answer(desk.path(), &format!("{judge} half.csv"));
    assert!(other["note"].is_null() && !page().contains("learned from"), "{other}");
}

#[test]
fn an_evaluation_says_how_far_its_rows_are_from_those_of_the_training() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    let judged = |table: &str| {
        let asked = format!("evaluate --model card --data {table} --target bad --html report.html");
        (answer(desk.path(), &asked), std::fs::read_to_string(desk.path().join("report.html")).unwrap())
    };
    let (own, page) = judged("table.csv");
    assert!(own["psi"].as_f64().unwrap() < 1e-3 && own["psi_light"] == "green", "{own}");
    assert!(page.contains("Against the training sample"));
    // Whoever owes most stays, twice.
    let table = std::fs::read_to_string(desk.path().join("table.csv")).unwrap();
    let (head, rows) = table.split_once('\n').unwrap();
    let owes = |line: &&str| line.split(',').nth(1).unwrap().parse::<f64>().unwrap() > 0.5;
    let debtors: String = rows.lines().filter(owes).map(|line| format!("{line}\n{line}\n")).collect();
    std::fs::write(desk.path().join("debtors.csv"), format!("{head}\n{debtors}")).unwrap();
    let (other, page) = judged("debtors.csv");
    assert!(other["psi"].as_f64().unwrap() > 0.25 && other["psi_light"] == "red", "{other}");
    assert_eq!((&other["csi"][0]["feature"], &other["csi"][0]["light"]), (&"debt".into(), &"red".into()), "{other}");
    assert!(page.contains("l-red\"></i>red</td></tr>"), "{page}");
    // A handful of rows has an index, and no light.
    let few: String = table.lines().take(60).map(|line| format!("{line}\n")).collect();
    std::fs::write(desk.path().join("few.csv"), few).unwrap();
    let (few, _) = judged("few.csv");
    assert!(few["psi"].is_f64() && few["psi_light"].is_null(), "{few}");
    std::fs::remove_file(desk.path().join("models/card/training.json")).unwrap();
    assert!(judged("table.csv").0.get("psi").is_none());
}

#[test]
fn columns_that_are_no_inputs_are_in_the_card_and_the_target_is_never_one_of_them() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} --exclude noise -o models/card"));
    let card = std::fs::read_to_string(desk.path().join("models/card/card.md")).unwrap();
    assert!(card.contains("- noise: excluded as asked.") && card.contains("- id: says which rows belong"), "{card}");
    for twice in ["--exclude bad", "--time bad"] {
        let refused = refusal(desk.path(), &format!("{TRAIN} {twice} -o models/none"));
        assert!(refused.contains("\"bad\" is the target"), "{refused}");
    }
}

#[test]
fn a_table_without_a_column_of_the_model_and_a_model_of_another_catalogue_are_refused() {
    let desk = desk();
    answer(desk.path(), &format!("{TRAIN} -o models/card"));
    std::fs::write(desk.path().join("other.csv"), "audit,noise\n1,2\n").unwrap();
    let absent = refusal(desk.path(), "score --model card --data other.csv");
    assert!(absent.contains("no column \"debt\""), "{absent}");
    let model = std::fs::read_to_string(desk.path().join("models/card/model.json")).unwrap();
    let foreign = model.replace("\"kind\": \"table\"", "\"kind\": \"catalogue\"");
    std::fs::write(desk.path().join("models/card/model.json"), foreign).unwrap();
    let refused = refusal(desk.path(), "score --model card --data table.csv");
    assert!(refused.contains("key catalogue") && refused.contains("train it anew"), "{refused}");
}
