//! Somebody who can write the database changes the log behind the program's back, in every way there is.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use vedetta::store::{Attested, AuditFault, Inspection, Seal, Store, Witness};

use super::{
    doses::{figures, g28_edits, g28_rows},
    program::{answer, ran, vedetta},
};
use crate::world::start;

struct Log {
    store: Store,
    seal: Seal,
    folder: TempDir,
}

impl Log {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = crate::stores::address(&folder.path().join("vedetta.db"));
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        let seal = Seal::open(&folder.path().join("audit"), None, &[]).unwrap();
        Self { store, seal, folder }
    }

    /// Writes `n` more rows.
    async fn write(&self, n: i64) {
        let from = self.store.audit().rows(0, usize::MAX).await.unwrap().len() as i64;
        for row in from + 1..=from + n {
            let at = at(row);
            let details = json!({ "n": row }).to_string();
            self.store.audit().note(at, "key_1", "override.began", &format!("C-{row}"), &details).await.unwrap();
        }
    }

    async fn sealed(&self) {
        assert!(self.store.audit().seal(&self.seal, start()).await.unwrap().is_some());
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("vedetta.db")
    }

    /// What somebody with the keys of the database does.
    fn tamper(&self, sql: String) {
        // A test's few statements may live as long as it does.
        crate::stores::ask(&self.file(), String::leak(sql));
    }

    async fn inspect(&self) -> Inspection {
        self.store.audit().inspect_sealed(self.seal.witness()).await.unwrap().found
    }

    async fn first(&self) -> AuditFault {
        self.inspect().await.faults.into_iter().next().expect("nothing was found")
    }
}

fn at(row: i64) -> Timestamp {
    start() + SignedDuration::from_secs(row)
}

/// The chain by its description, another way than the product's: over the hash before it, the number, the instant in
/// milliseconds, and each text behind its length.
fn hash(before: &[u8], row: i64, at: Timestamp, texts: [&str; 4]) -> Vec<u8> {
    let mut sha = Sha256::new();
    sha.update(before);
    sha.update(row.to_be_bytes());
    sha.update(at.as_millisecond().to_be_bytes());
    for text in texts {
        sha.update((text.len() as u64).to_be_bytes());
        sha.update(text);
    }
    sha.finalize().to_vec()
}

#[tokio::test]
async fn g28_every_edit_removal_swap_and_insertion_is_found_and_the_first_bad_row_is_named() {
    let log = Log::new().await;
    log.write(g28_rows()).await;
    log.sealed().await;
    assert_eq!(log.inspect().await, Inspection { rows: g28_rows(), faults: Vec::new() });
    let mut rng = StdRng::seed_from_u64(28);
    for n in 0..g28_edits() {
        let row = rng.random_range(2..g28_rows() - 1);
        let next = row + 1;
        let own = |row: i64| format!("details = '{}' where id = {row}", json!({ "n": row }));
        let (done, undone): (Vec<String>, Vec<String>) = match n % 5 {
            0 => (
                vec![format!("update audit set details = '{{}}' where id = {row}")],
                vec![format!("update audit set {}", own(row))],
            ),
            1 => (
                vec![format!("update audit set at = at + 1 where id = {row}")],
                vec![format!("update audit set at = at - 1 where id = {row}")],
            ),
            2 => (
                vec![
                    format!("create table kept as select * from audit where id = {row}"),
                    format!("delete from audit where id = {row}"),
                ],
                vec!["insert into audit select * from kept".to_owned(), "drop table kept".to_owned()],
            ),
            3 => {
                let swap = |one: i64, other: i64| {
                    format!("update audit set details = '{}' where id = {one}", json!({ "n": other }))
                };
                (vec![swap(row, next), swap(next, row)], vec![swap(row, row), swap(next, next)])
            }
            _ => (
                vec![
                    format!("update audit set id = -id where id >= {row}"),
                    "update audit set id = 1 - id where id < 0".to_owned(),
                    format!(
                        "insert into audit (id, at, who, what, object, details, hash)
                         select {row}, at, who, what, object, details, hash from audit where id = 1"
                    ),
                ],
                vec![
                    format!("delete from audit where id = {row}"),
                    format!("update audit set id = -id where id > {row}"),
                    "update audit set id = -id - 1 where id < 0".to_owned(),
                ],
            ),
        };
        done.into_iter().for_each(|sql| log.tamper(sql));
        let found = log.first().await;
        assert_eq!(found.row, row, "{n}: {}", found.why);
        assert_eq!(found.why.contains("missing"), n % 5 == 2, "{}", found.why);
        assert!(log.store.audit().verify().await.is_err());
        undone.into_iter().for_each(|sql| log.tamper(sql));
        assert_eq!(log.inspect().await.faults, [], "{n}: undone");
    }
    let began = Instant::now();
    log.inspect().await;
    let (n_rows, n_edits) = (g28_rows(), g28_edits());
    let per_second = n_rows as f64 / began.elapsed().as_secs_f64();
    figures(&format!("{n_rows} rows, {n_edits} edits, all found and named; verified at {per_second:.0} rows/s"));
}

#[tokio::test]
async fn g28_a_log_that_was_cut_or_computed_anew_is_not_the_one_that_was_signed() {
    let log = Log::new().await;
    log.write(20).await;
    log.sealed().await;
    log.write(20).await;
    log.sealed().await;
    // Somebody who knows the method writes row 25 and makes every later hash fit.
    let rows = log.store.audit().rows(0, 100).await.unwrap();
    let mut before = Vec::new();
    for row in &rows {
        let details = if row.id == 25 { "{}" } else { row.details.as_str() };
        before = hash(&before, row.id, row.at, [&row.who, &row.what, &row.object, details]);
        if row.id >= 25 {
            let bytes = match crate::stores::server() {
                None => format!("x'{}'", hex::encode(&before)),
                Some(_) => format!("decode('{}', 'hex')", hex::encode(&before)),
            };
            log.tamper(format!("update audit set details = '{details}', hash = {bytes} where id = {}", row.id));
        }
    }
    assert_eq!(log.store.audit().inspect().await.unwrap().faults, [], "the chain itself is whole");
    let found = log.first().await;
    assert_eq!(found.row, 40);
    assert!(found.why.contains("since row 20"), "{}", found.why);
    log.tamper("delete from audit where id > 30".to_owned());
    let found = log.first().await;
    assert!(found.row == 40 && found.why.contains("missing"), "{found:?}");
}

#[tokio::test]
async fn g28_a_checkpoint_that_another_key_signed_or_that_was_edited_is_a_fault_and_a_key_of_before_is_believed() {
    let log = Log::new().await;
    log.write(5).await;
    log.sealed().await;
    let folder = log.folder.path().join("audit");
    let elsewhere = Seal::open(&log.folder.path().join("other"), None, &[]).unwrap();
    assert_ne!(elsewhere.public_key(), log.seal.public_key());
    let stranger = Seal::open(&folder, Some(&"11".repeat(32)), &[]).unwrap();
    let found = log.store.audit().inspect_sealed(stranger.witness()).await.unwrap().found;
    assert!(found.faults[0].why.contains("no key we trust"), "{found:?}");
    let heir = Seal::open(&folder, Some(&"11".repeat(32)), &[log.seal.public_key()]).unwrap();
    let attested = Attested { found: Inspection { rows: 5, faults: vec![] }, n_checkpoints: 1, until: 5 };
    assert_eq!(log.store.audit().inspect_sealed(heir.witness()).await.unwrap(), attested);
    let path = folder.join("checkpoints.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"row\":5", "\"row\":4")).unwrap();
    assert_eq!(log.first().await.row, 4);
    assert!(Seal::open(&folder, Some("not a key"), &[]).is_err());
}

#[test]
fn g28_the_program_verifies_names_the_row_and_ends_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let data: &Path = &folder.path().join("data");
    for _ in 0..3 {
        answer(data, &["keys", "create", "--scope", "read"], 0);
    }
    let sealed = answer(data, &["audit", "seal"], 0);
    let whole = answer(data, &["audit", "verify"], 0);
    assert_eq!((&whole["ok"], &whole["rows"], &whole["signed_until"]), (&json!(true), &json!(3), &json!(3)));
    assert_eq!(whole["public_key"], sealed["public_key"]);
    let listed = answer(data, &["audit", "list", "--after", "1"], 0);
    assert_eq!((listed["rows"].as_array().unwrap().len(), &listed["rows"][0]["what"]), (2, &json!("key.created")));
    crate::stores::ask(&data.join("vedetta.db"), "update audit set who = 'nobody' where id = 2");
    let broken = answer(data, &["audit", "verify"], 1);
    assert_eq!((&broken["ok"], &broken["faults"][0]["row"]), (&json!(false), &json!(2)));
    let said = ran(vedetta(data).args(["audit", "verify"]), 1);
    assert!(String::from_utf8_lossy(&said.stdout).contains("row 2 was changed"));
    let check = answer(data, &["doctor"], 1);
    let log = check["checks"].as_array().unwrap().iter().find(|c| c["check"] == "audit log").unwrap().clone();
    assert_eq!((&log["state"], log["text"].as_str().unwrap().contains("row 2")), (&json!("fail"), true));
}

#[tokio::test]
async fn g28_what_was_cut_off_behind_the_last_seal_shows_by_the_head_that_is_noted_in_between() {
    let log = Log::new().await;
    log.write(5).await;
    log.sealed().await;
    log.write(5).await;
    let head = log.store.audit().note_head(&log.seal, start()).await.unwrap().unwrap();
    assert_eq!((head.row, head.kind.as_str()), (10, "head"));
    assert!(log.store.audit().note_head(&log.seal, start()).await.unwrap().is_none(), "it is noted already");
    let attested = log.store.audit().inspect_sealed(log.seal.witness()).await.unwrap();
    assert_eq!(attested, Attested { found: Inspection { rows: 10, faults: vec![] }, n_checkpoints: 2, until: 10 });
    log.tamper("delete from audit where id > 8".to_owned());
    let found = log.first().await;
    assert!(found.row == 10 && found.why.contains("missing"), "{found:?}");
    // A restore makes the log another one, and its head is noted with it.
    log.store.audit().seal_restored(&log.seal, start()).await.unwrap();
    assert_eq!(log.inspect().await, Inspection { rows: 8, faults: vec![] });
}

#[tokio::test]
async fn g28_checkpoints_that_were_kept_elsewhere_find_a_log_that_was_cut_with_its_own() {
    let log = Log::new().await;
    log.write(5).await;
    log.sealed().await;
    log.write(5).await;
    log.sealed().await;
    let folder = log.folder.path().join("audit");
    let (list, kept) = (folder.join("checkpoints.ndjson"), log.folder.path().join("kept.ndjson"));
    std::fs::copy(&list, &kept).unwrap();
    let text = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, format!("{}\n", text.lines().next().unwrap())).unwrap();
    log.tamper("delete from audit where id > 5".to_owned());
    assert_eq!(log.inspect().await.faults, [], "nothing here knows of more");
    let witness = || Witness::find(&folder, None, &[]).unwrap().unwrap();
    let found = log.store.audit().inspect_sealed(&witness().with_copies(&kept).unwrap()).await.unwrap().found;
    assert!(found.faults[0].row == 10 && found.faults[0].why.contains("missing"), "{found:?}");
    assert!(witness().with_copies(&log.folder.path().join("nowhere")).is_err());
}

#[test]
fn g28_who_checks_without_the_key_is_told_so_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let data: &Path = &folder.path().join("data");
    for _ in 0..3 {
        answer(data, &["keys", "create", "--scope", "read"], 0);
    }
    let sealed = answer(data, &["audit", "seal"], 0);
    let audit = data.join("audit");
    std::fs::rename(&audit, folder.path().join("elsewhere")).unwrap();
    crate::stores::ask(&data.join("vedetta.db"), "delete from audit where id > 1");
    let said = answer(data, &["audit", "verify"], 1);
    assert_eq!((&said["ok"], &said["public_key"], &said["rows"]), (&json!(false), &json!(null), &json!(1)));
    assert!(said["why"].as_str().unwrap().contains("there is no key"), "{said}");
    answer(data, &["doctor"], i32::from(crate::stores::server().is_some()));
    assert!(!audit.exists(), "neither made one");
    // The public key alone is enough to check with, where the checkpoints are.
    let kept = folder.path().join("elsewhere/checkpoints.ndjson");
    let key = sealed["public_key"].as_str().unwrap();
    let mut command = vedetta(data);
    command.env("VEDETTA__AUDIT__TRUSTED", format!("[\"{key}\"]"));
    let said = ran(command.args(["audit", "verify", "--checkpoints"]).arg(&kept), 1);
    assert!(String::from_utf8_lossy(&said.stdout).contains("row 3 is missing"), "{said:?}");
}
