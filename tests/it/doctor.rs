//! `vedetta doctor`: what it looks at, and what it says of a house that is not well.

use std::{net::TcpListener, path::Path, process::Command};

use serde_json::{Value, json};
use vedetta::store::{SourceState, Store};

fn doctor(data: &Path, settings: &[(&str, &str)]) -> (Option<i32>, Value) {
    let sources = data.with_extension("sources.toml");
    std::fs::File::create(&sources).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.arg("--data").arg(data).args(["doctor", "--json"]).env("VEDETTA__FILES__SOURCES", sources);
    command.envs(crate::stores::environment(data)).envs(settings.iter().copied());
    let ran = command.output().unwrap();
    (ran.status.code(), serde_json::from_slice(&ran.stdout).unwrap_or_default())
}

fn state(answer: &Value, check: &str) -> String {
    let checks = answer["checks"].as_array().unwrap();
    let found = checks.iter().find(|found| found["check"] == check);
    found.unwrap_or_else(|| panic!("{check} is not in {answer}"))["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_house_is_well_and_at_least_twenty_things_were_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (code, answer) = doctor(&folder.path().join("data"), &[("VEDETTA__SERVE__BIND", "127.0.0.1:0")]);
    // The suite's own server gives up safety for speed, and the doctor says so.
    let is_safe = crate::stores::server().is_none();
    assert_eq!((code, &answer["ok"]), (Some(i32::from(!is_safe)), &json!(is_safe)), "{answer}");
    let checks = answer["checks"].as_array().unwrap();
    assert!(checks.len() >= 20, "{}", checks.len());
    for check in checks {
        let has = |field: &str| check[field].as_str().is_some_and(|text| !text.is_empty());
        assert!(has("check") && has("text") && has("mend") == (check["state"] != "ok"), "{check}");
    }
    let mut names: Vec<&str> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for check in ["backup", "clients", "keys", "night"] {
        assert_eq!(state(&answer, check), "warn", "{check}: there is none yet");
    }
    let durable: &[&str] = if is_safe { &["journal mode", "synchronous", "pages"] } else { &["server_version_num"] };
    for check in durable {
        assert_eq!(state(&answer, check), "ok", "{check}");
    }
    if !is_safe {
        assert_eq!([state(&answer, "fsync"), state(&answer, "full_page_writes")], ["fail", "fail"]);
    }
}

#[tokio::test]
async fn a_source_that_is_not_asked_any_more_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = Store::open(&crate::stores::address(&data.join("vedetta.db")), &data.join("archive")).await.unwrap();
    let silent = SourceState { is_stale: true, ..SourceState::default() };
    store.sources().set_state("bodacc", &silent, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    drop(store);
    let (_, answer) = doctor(&data, &[("VEDETTA__SERVE__BIND", "127.0.0.1:0")]);
    assert_eq!(state(&answer, "sources"), "ok", "{answer}");
}

#[test]
fn what_is_away_is_named_with_what_to_do_and_the_rest_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    // A port that nobody listens on: it was free a moment ago, and stays ours while we hold it without listening.
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    drop(held);
    let redis = format!("redis://127.0.0.1:{port}/0");
    let settings = [
        ("VEDETTA__QUEUE__URL", redis.as_str()),
        ("VEDETTA__MAIL__HOST", "127.0.0.1"),
        ("VEDETTA__MAIL__PORT", "1"),
        ("VEDETTA__MAIL__ENCRYPTION", "none"),
        ("VEDETTA__MAIL__FROM", "Vedetta <vedetta@example.com>"),
        ("VEDETTA__MAIL__PUBLIC_URL", "https://vedetta.example.com"),
        ("VEDETTA__ALERT__ALLOW_PRIVATE", "true"),
    ];
    let (code, answer) = doctor(&folder.path().join("data"), &settings);
    assert_eq!((code, &answer["ok"]), (Some(1), &json!(false)));
    assert_eq!([state(&answer, "redis"), state(&answer, "mail")], ["fail", "fail"]);
    assert_eq!([state(&answer, "private addresses"), state(&answer, "audit log")], ["warn", "ok"]);
}

#[test]
fn without_its_store_a_house_is_still_looked_at_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let store = [("VEDETTA__STORE__URL", "postgres://nobody:hidden-word@127.0.0.1:1/none")];
    let (code, answer) = doctor(&folder.path().join("data"), &store);
    assert_eq!((code, state(&answer, "store").as_str()), (Some(1), "fail"));
    assert!(!answer.to_string().contains("hidden-word"), "{answer}");
    assert_eq!([state(&answer, "data folder"), state(&answer, "dns")], ["ok", "ok"]);
}

#[test]
fn a_backup_that_was_made_is_known_and_so_is_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.arg("--data").arg(&data).args(arguments).envs(crate::stores::environment(&data));
        assert_eq!(command.output().unwrap().status.code(), Some(0), "{arguments:?}");
    };
    run(&["keys", "create", "--scope", "read"]);
    run(&["backup", folder.path().join("monday.backup").to_str().unwrap()]);
    let (_, answer) = doctor(&data, &[]);
    assert_eq!([state(&answer, "backup"), state(&answer, "keys"), state(&answer, "audit seal")], ["ok", "ok", "ok"]);
}

/// A house in a folder, with a client and a document that its import rests on.
async fn stocked(data: &Path) -> Store {
    let store = Store::open(&crate::stores::address(&data.join("vedetta.db")), &data.join("archive")).await.unwrap();
    drop(store);
    let rows = data.with_extension("csv");
    std::fs::write(&rows, "client,name,country\nC-1,Filanda Orsera,IT\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.arg("--data").arg(data).args(["import", "clients"]).arg(&rows).envs(crate::stores::environment(data));
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    Store::open(&crate::stores::address(&data.join("vedetta.db")), &data.join("archive")).await.unwrap()
}

#[tokio::test]
async fn a_process_whose_archive_is_a_folder_of_its_own_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(stocked(&data).await);
    let (_, answer) = doctor(&data, &[("VEDETTA__SERVE__BIND", "127.0.0.1:0")]);
    assert_eq!(state(&answer, "documents"), "ok", "{answer}");
    // What a process on another machine sees that has the database and not the disk.
    std::fs::rename(data.join("archive"), folder.path().join("of-another-machine")).unwrap();
    let (code, answer) = doctor(&data, &[("VEDETTA__SERVE__BIND", "127.0.0.1:0")]);
    assert_eq!((code, state(&answer, "documents").as_str()), (Some(1), "fail"), "{answer}");
    assert!(answer.to_string().contains("1 of the newest 1"), "{answer}");
}

#[tokio::test]
async fn a_clock_that_is_behind_anything_that_was_recorded_is_told_of() {
    for what in ["run", "action in the audit log"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = stocked(&data).await;
        let (_, answer) = doctor(&data, &[("VEDETTA__SERVE__BIND", "127.0.0.1:0")]);
        assert_eq!(state(&answer, "clock order"), "ok", "{answer}");
        let later = "2126-01-01T00:00:00Z".parse().unwrap();
        if what == "run" {
            store.runs().start("night", jiff::civil::date(2126, 1, 1), later).await.unwrap();
        } else {
            store.audit().note(later, "cli", "override.began", "C-1", "{}").await.unwrap();
        }
        drop(store);
        let (_, answer) = doctor(&data, &[("VEDETTA__SERVE__BIND", "127.0.0.1:0")]);
        assert_eq!(state(&answer, "clock order"), "warn", "{answer}");
        assert!(answer.to_string().contains(&format!("the newest {what} is")), "{answer}");
    }
}
