use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn run(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.current_dir(folder).args(arguments.split_whitespace()).env_remove("RUST_LOG");
    let data = if arguments.starts_with("--data elsewhere") { "elsewhere" } else { "vedetta-data" };
    command.envs(crate::stores::environment(&folder.join(data))).output().unwrap()
}

/// The one JSON object of a command that ends with this code.
fn json(folder: &Path, arguments: &str, code: i32) -> Value {
    let output = run(folder, &format!("{arguments} --json --quiet"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments}: {e}: {said}"))
}

/// A folder with a made-up portfolio in its store, and settings that rate it with an expert's small scorecard.
fn house() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("expert")).unwrap();
    std::fs::write(at.join("expert/model.json"), super::expert_json()).unwrap();
    std::fs::write(at.join("expert.toml"), "[score]\nmodel = \"expert\"\n").unwrap();
    json(at, "simulate --clients 80 --seed 5 --out world", 0);
    json(at, "import clients world/clients.csv --backfill", 0);
    json(at, "import invoices world/invoices.csv --backfill", 0);
    folder
}

#[test]
fn a_store_trains_a_model_that_rates_its_clients() {
    let folder = house();
    let at = folder.path();
    quarters(at);
    let train =
        "--config expert.toml train --from-store --algorithm scorecard --labels quarters.csv --rows rows.csv -o own-1";
    let report = json(at, train, 0);
    for key in ["auc", "auc_sd", "gini", "ks", "brier", "log_loss", "calibration_slope", "fit_seconds", "auc_best"] {
        assert!(report[key].is_f64(), "{key} in {report}");
    }
    assert!(report["n"].as_u64().unwrap() > 200 && report["bad"].as_u64().unwrap() > 3, "{report}");
    assert!(report["moved"].as_array().is_some_and(|m| !m.is_empty()) && report["dropped"].is_array());
    assert!(report["auc_best"].as_f64() > report["auc_expert"].as_f64(), "{report}");
    let card = std::fs::read_to_string(at.join("own-1/card.md")).unwrap();
    assert!(card.contains("quarters.csv") && card.contains("How far the evidence moved it"), "{card}");
    assert!(at.join("own-1/golden.csv").exists());
    let rows = std::fs::read_to_string(at.join("rows.csv")).unwrap();
    assert!(rows.starts_with("client,as_of,label,days_beyond_terms_90d,"), "{rows}");
    assert_eq!(rows.lines().count(), report["n"].as_u64().unwrap() as usize + 1);

    let first = std::fs::read(at.join("own-1/model.json")).unwrap();
    json(at, train, 0);
    assert_eq!(std::fs::read(at.join("own-1/model.json")).unwrap(), first, "the same data give the same bytes");

    std::fs::write(at.join("own.toml"), "[score]\nmodel = \"own-1\"\n").unwrap();
    let again = run(at, "--config own.toml train --from-store --labels world/labels.csv -o own-2");
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.code() == Some(2) && said.contains("twice") && !at.join("own-2").exists(), "{said}");

    let checked = json(at, "model check own-1", 0);
    assert!(checked["checks"][0]["text"].as_str().unwrap().ends_with("as SHA256SUMS says"), "{checked}");
    std::fs::rename(at.join("own-1/SHA256SUMS"), at.join("sums")).unwrap();
    let unsigned = json(at, "model promote own-1", 1);
    assert!(unsigned["promoted"] == false && unsigned["checks"][0]["ok"] == false, "{unsigned}");
    std::fs::rename(at.join("sums"), at.join("own-1/SHA256SUMS")).unwrap();
    let promoted = json(at, "model promote own-1", 0);
    assert!(promoted["portfolio"]["clients"] == 80 && promoted["promoted"] == true, "{promoted}");
    let night = json(at, "night --valid-at 2026-11-02", 0);
    assert_eq!((night["scanned"].as_u64(), night["failed"].as_u64()), (Some(80), Some(0)), "{night}");
    let rated = json(at, "export ratings", 0);
    let models = rated["ratings"].as_array().unwrap().iter().map(|r| r["model"].as_str().unwrap());
    assert!(models.into_iter().all(|model| model.starts_with("own-1@")), "{rated}");
    let drift = json(at, "model watch", 0)["drift"].clone();
    assert!(drift["reference"] == "training" && drift["psi"].is_f64(), "{drift}");
}

/// The labels of every third month, which are quicker to learn.
fn quarters(folder: &Path) -> std::path::PathBuf {
    let labels = std::fs::read_to_string(folder.join("world/labels.csv")).unwrap();
    let days = ["as_of", "2025-11-02", "2026-02-02", "2026-05-02", "2026-08-02", "2026-11-02"];
    let kept = labels.lines().filter(|line| days.iter().any(|day| line.contains(day)));
    let path = folder.join("quarters.csv");
    std::fs::write(&path, kept.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    path
}

#[test]
fn trees_are_trained_beside_the_scorecard_and_rate_clients_with_points_that_add_up() {
    let folder = house();
    let at = folder.path();
    let asked = "--config expert.toml train --from-store --label-days 30 --from 2025-11-01 --until 2026-03-01";
    let report = json(at, &format!("{asked} -o better"), 0);
    let (ahead, se) = (report["rival"]["trees_ahead"].as_f64().unwrap(), report["rival"]["se"].as_f64().unwrap());
    assert_eq!(report["algorithm"] == "boosted", ahead > 2.0 * se, "{report}");

    let report = json(at, &format!("{asked} --algorithm boosted -o trees"), 0);
    assert!(report["algorithm"] == "boosted" && report["rival"].is_null(), "{report}");
    assert!(report["dropped"].to_string().contains("sector_activity_yoy"), "what a trade shares is left out: {report}");
    let checked = json(at, "model check trees --other-definition", 0);
    assert!(checked["checks"].as_array().unwrap().iter().all(|check| check["ok"] != false), "{checked}");
    json(at, "model promote trees --other-definition --yes", 0);
    json(at, "night --valid-at 2026-11-02", 0);
    let rated = json(at, "export ratings", 0);
    let rated = rated["ratings"].as_array().unwrap().iter().filter(|rating| rating["points"].is_i64());
    let mut n = 0;
    for rating in rated {
        let shown = json(at, &format!("explain {}", rating["client"].as_str().unwrap()), 0);
        let lines = shown["level"].as_array().unwrap();
        let sum: i64 = lines.iter().map(|line| line["points"].as_i64().unwrap()).sum();
        assert_eq!(Some(sum), rating["points"].as_i64(), "{shown}");
        n += 1;
        if n == 5 {
            break;
        }
    }
    assert_eq!(n, 5);
}

#[test]
fn the_ledger_alone_tells_who_pays_late_and_what_is_not_known_yet_is_left_out() {
    let folder = house();
    let at = folder.path();
    let train = "--config expert.toml train --from-store --algorithm scorecard --label-days 30 --from 2025-10-01 --judge-from 2026-05-01 -o late-1";
    let report = json(at, train, 0);
    assert_eq!(report["days"], serde_json::json!(["2025-10-01", "2025-12-01"]), "their outcomes are known by May");
    assert_eq!(report["later"]["days"], serde_json::json!(["2026-05-01", "2026-07-01"]), "the books end in November");
    assert!(report["left_out"].to_string().contains("books end before the outcome is certain"), "{report}");
    let model = std::fs::read_to_string(at.join("late-1/model.json")).unwrap();
    assert!(model.contains("paid more than 30 days late") && model.contains("\"horizon_months\": 3"), "{model}");
}

#[test]
fn what_cannot_be_trained_says_why() {
    let folder = house();
    let at = folder.path();
    std::fs::write(at.join("bare.csv"), "client,as_of\nC-0001,2026-01-01\n").unwrap();
    std::fs::write(at.join("days.csv"), "client,as_of,label\nC-0001,01/02/2026,1\n").unwrap();
    std::fs::write(at.join("one.csv"), "client,as_of,label\nC-0001,2026-01-01,0\nC-0002,2026-01-01,0\n").unwrap();
    let table = [
        ("train --from-store --labels bare.csv -o m", 2, "--label-days"),
        ("train --from-store --labels days.csv -o m", 1, "line 2"),
        ("train --from-store --labels one.csv -o m", 1, "good and bad"),
        ("train --from-store --labels absent.csv -o m", 1, "absent.csv"),
        ("train --from-store --labels world/labels.csv --label-days 30 -o m", 2, "leave one of them out"),
        ("train --from-store --labels world/labels.csv --exclude moon -o m", 1, "moon"),
        ("train --from-store --until 2026-03-01 --judge-from 2026-02-01 -o m", 2, "--judge-from"),
        ("train --from-store --data world/labels.csv --target label -o m", 2, "cannot be used with"),
        ("train --labels world/labels.csv -o m", 2, "--from-store"),
        ("--data elsewhere train --from-store -o m", 1, "no invoices"),
    ];
    for (arguments, code, part) in table {
        let output = run(at, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        assert!(said.contains(part) && !said.contains("panicked"), "{arguments}: {said:?} does not say {part}");
    }
    assert!(!at.join("m").exists(), "a model that was not trained leaves no folder");
    let labels = std::fs::read_to_string(quarters(at)).unwrap();
    std::fs::write(at.join("more.csv"), labels + "NOBODY,2026-02-02,1,\n").unwrap();
    let report =
        json(at, "--config expert.toml train --from-store --algorithm scorecard --labels more.csv -o own-2", 3);
    assert_eq!(report["unknown_clients"], serde_json::json!(["NOBODY"]));
}
