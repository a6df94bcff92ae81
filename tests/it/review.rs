//! `vedetta review`: the queue of uncertain links, and two codes of one company, from the command line.

use std::{path::Path, process::Command};

use serde_json::Value;
use vedetta::{
    clock::Clock,
    domain::{Certainty, Evidence, Fact, Sha256, Signal, SignalId, SourceId},
    store::{Review, Store},
};

fn vedetta(data: &Path, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.arg("--data").arg(data).args(arguments).args(["--json", "--quiet"]);
    let ran = command.envs(crate::stores::environment(data)).output().unwrap();
    let json = serde_json::from_slice(&ran.stdout).unwrap_or_default();
    (ran.status.code(), json, String::from_utf8_lossy(&ran.stderr).into_owned())
}

/// A folder with clients, and a record of a register that may be about the first of them.
async fn house(folder: &Path) -> i64 {
    let clients = folder.join("clients.csv");
    std::fs::write(&clients, "client,name,country\nC-1,Officina Roverella,IT\nC-2,Roverella Srl,IT\n").unwrap();
    let imported = vedetta(folder, &["import", "clients", clients.to_str().unwrap()]);
    assert_eq!(imported.0, Some(0), "{}", imported.2);
    let url = crate::stores::address(&folder.join("vedetta.db"));
    let store = Store::open(&url, &folder.join("archive")).await.unwrap();
    let (portfolio, _) = store.facts().portfolios().await.unwrap()[0];
    let client = store.facts().client(portfolio, &"C-1".parse().unwrap()).await.unwrap().unwrap().id;
    let source: SourceId = "register".parse().unwrap();
    let known_at = Clock::manual("2026-11-20T08:00:00Z".parse().unwrap()).now();
    let signal = Signal {
        id: SignalId::of(&source, "r-1", ""),
        source,
        valid_at: jiff::civil::date(2026, 11, 3),
        known_at,
        is_official: true,
        fact: Fact::Clean { what: "protests".into() },
        url: None,
        evidence: Evidence { url: "https://register.example".into(), seen_at: known_at, sha256: Sha256::of(b"r-1") },
    };
    let review = Review {
        id: 0,
        client,
        portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: "name: …".into(),
        signal,
        own_id: "r-1".into(),
        subject_name: "OFF. ROVERELLA".into(),
        fingerprint: Some(Sha256::of(b"roverella")),
        decision: None,
    };
    store.facts().put_review(&review, known_at).await.unwrap();
    let id = store.facts().reviews(&[portfolio], 0, 9).await.unwrap()[0].id;
    store.close().await;
    id
}

#[tokio::test]
async fn a_review_is_listed_decided_and_decided_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let id = house(data).await.to_string();
    let listed = vedetta(data, &["review", "list"]).1;
    let first = &listed["reviews"][0];
    assert_eq!((first["id"].to_string(), first["client"].as_str()), (id.clone(), Some("C-1")), "{listed}");
    for other in [["--client", "C-2"], ["--portfolio", "south"]] {
        assert_eq!(vedetta(data, &[&["review", "list"][..], &other].concat()).1["reviews"], serde_json::json!([]));
    }

    let decide = |what: &str, more: &[&str]| vedetta(data, &[&["review", "decide", &id, what], more].concat());
    assert_eq!(decide("perhaps", &["--by", "anna"]).0, Some(2));
    let (code, _, why) = decide("same", &["--by", "anna", "--client", "C-2"]);
    assert_eq!(code, Some(1));
    assert!(why.contains("C-1"), "{why}");
    let (code, _, why) = decide("same", &["--portfolio", "south"]);
    assert_eq!((code, why.contains("south")), (Some(1), true), "{why}");
    let (code, decided, why) = decide("same", &["--by", "anna", "--client", "C-1"]);
    assert_eq!((code, decided["decision"].as_str()), (Some(0), Some("same")), "{why}");
    assert_eq!((decided["by"].as_str(), decided["client"].as_str()), (Some("anna"), Some("C-1")));
    assert_eq!(vedetta(data, &["review", "list"]).1["reviews"], serde_json::json!([]));
    assert_eq!(decide("not-same", &[]).1["by"], "cli");
    assert_eq!(vedetta(data, &["review", "decide", "99", "same", "--by", "anna"]).0, Some(1));
}

#[tokio::test]
async fn two_codes_are_merged_and_the_merger_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    house(data).await;
    let (code, merged, why) = vedetta(data, &["review", "merge", "C-1", "--into", "C-2", "--by", "anna"]);
    assert_eq!((code, merged["into"].as_str(), merged["by"].as_str()), (Some(0), Some("C-2"), Some("anna")), "{why}");
    let rating = vedetta(data, &["rating", "C-1"]).1;
    assert_eq!((rating["client"].as_str(), rating["merged_into"].as_str()), (Some("C-1"), Some("C-2")));
    let explained = vedetta(data, &["explain", "C-1"]).1;
    assert_eq!(explained["merged_into"], "C-2");
    let exported = vedetta(data, &["export", "ratings", "--format", "json"]).1;
    let codes: Vec<&str> =
        exported["ratings"].as_array().unwrap().iter().map(|r| r["client"].as_str().unwrap()).collect();
    assert_eq!(codes, ["C-2"]);
    let merge = |client, into| vedetta(data, &["review", "merge", client, "--into", into]);
    for (client, into, says) in [
        ("C-1", "C-2", "ask for C-2"),
        ("C-2", "C-1", "C-1 is merged into C-2"),
        ("C-2", "C-2", "another client"),
        ("C-2", "C-9", "no such client in the same portfolio"),
    ] {
        let (code, _, why) = merge(client, into);
        assert_eq!((code, why.contains(says)), (Some(1), true), "{client} into {into}: {why}");
    }
    let (code, ended, why) = vedetta(data, &["review", "unmerge", "C-1", "--portfolio", "default"]);
    assert_eq!((code, ended["by"].as_str(), ended["in_force"].as_bool()), (Some(0), Some("cli"), Some(false)), "{why}");
    assert_eq!(vedetta(data, &["rating", "C-1"]).1.get("merged_into"), None);
    let kept = vedetta(data, &["review", "mergers", "C-2"]).1;
    assert_eq!((&kept["mergers"][0]["decided_by"], &kept["mergers"][0]["ended_by"]), (&"anna".into(), &"cli".into()));
    let (code, _, why) = vedetta(data, &["review", "unmerge", "C-1"]);
    assert_eq!((code, why.contains("no such merger in force")), (Some(1), true), "{why}");
}

#[tokio::test]
async fn a_signal_is_split_off_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let review = house(data).await.to_string();
    assert_eq!(vedetta(data, &["review", "decide", &review, "same"]).0, Some(0));
    let signal = signal_name();
    let (code, split, why) = vedetta(data, &["review", "split", "C-1", &signal, "--to", "C-2"]);
    assert_eq!(
        (code, split["signals"][0].as_str(), split["to"].as_str()),
        (Some(0), Some(signal.as_str()), Some("C-2")),
        "{why}"
    );
    let again = vedetta(data, &["review", "split", "C-1", &signal]);
    assert_eq!((again.0, again.2.contains("must all be signals of this client")), (Some(1), true), "{}", again.2);
    let back = split["reviews"][0].to_string();
    assert_eq!(vedetta(data, &["review", "decide", &back, "same"]).1["client"], "C-1");
    assert_eq!(vedetta(data, &["review", "split", "C-1", &signal]).0, Some(0));
}

fn signal_name() -> String {
    SignalId::of(&"register".parse::<SourceId>().unwrap(), "r-1", "").to_string()
}
