//! The real binary from outside: exit codes, what goes to which stream, and messages that teach.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

const CLIENTS: &str = "client,name,country\nA,Alfa S.r.l.,IT\nB,,IT\nA,Alfa due,IT\n";
const INVOICES: &str = "client,invoice,issued_on,due_on,amount\nA,1,2026-02-30,2026-03-01,10\nA,2,2026-01-01,2026-02-01,10\n\
                        Z,3,2026-01-01,2026-02-01,10\nA,4,2026-01-01,2026-02-01,ten\n";

/// A folder with nothing in it, and the program run in it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.current_dir(self.0.path()).args(arguments.split_whitespace()).stdin(Stdio::null());
        command.env_remove("RUST_LOG").envs(crate::stores::environment(&self.0.path().join("vedetta-data")));
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The one JSON object on standard output of a command that ends with this code.
    fn json(&self, arguments: &str, code: i32) -> Value {
        let output = self.run(&format!("{arguments} --json"));
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", words(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments}: {e}: {}", words(&output.stdout)))
    }
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_cannot_be_done_says_why_on_standard_error_with_its_exit_code() {
    let desk = Desk::new();
    desk.file("clients.csv", CLIENTS);
    desk.file("empty.csv", "");
    desk.file("book.xlsx", b"PK\x03\x04rest");
    desk.file("noise.csv", [0x1b, b'[', b'2', b'J', 0, 1, 2, 3, b'\n', 4]);
    desk.file("broken.toml", "[columns\n");
    desk.file("strange.toml", "[columns]\ncolour = \"x\"\n");
    desk.file("settings.toml", "colour = 1\n");
    desk.file("clock.toml", "[serve]\ntime_zone = \"Europe/Atlantis\"\n");
    desk.file("nameless.toml", "[creditors]\nnorth = { name = \" \", tax_number = \"IT01234560785\" }\n");
    desk.file("mistyped.toml", "[creditors.north]\nname = \"Forniture Esempio\"\ntax_number = \"IT01234560786\"\n");
    desk.file("long.toml", format!("[creditors]\n{} = {{ name = \"Forniture Esempio\" }}\n", "n".repeat(61)));
    std::fs::create_dir(desk.0.path().join("folder")).unwrap();
    let table = [
        ("import clients absent.csv", 1, "absent.csv"),
        ("import clients folder", 1, "folder"),
        ("import clients empty.csv", 1, "header"),
        ("import clients book.xlsx", 1, "XLSX"),
        ("import clients noise.csv", 1, "noise.csv"),
        ("import clients clients.csv --map absent.toml", 2, "absent.toml"),
        ("import clients clients.csv --map broken.toml", 2, "broken.toml"),
        ("import clients clients.csv --map strange.toml", 2, "columns.colour"),
        ("rating NOBODY", 1, "NOBODY"),
        ("explain NOBODY", 1, "NOBODY"),
        ("rating A --valid-at garbage", 2, "--valid-at"),
        ("rating A --known-at garbage", 2, "--known-at"),
        ("night --valid-at 2026-02-30", 2, "--valid-at"),
        ("collect nosuch", 2, "there is no source nosuch"),
        ("collect --try nosuch", 2, "there is no source nosuch"),
        ("collect gleif --try gleif", 2, "cannot be used with"),
        ("collect --plan --try gleif", 2, "cannot be used with"),
        ("resolve --name Alfa --tax-id 123", 2, "--country"),
        ("resolve --name Alfa --country Italy", 2, "two letters"),
        ("keys revoke nosuch", 1, "no such key"),
        ("replay --valid-at 2026-01-01 -o absent/out.csv", 1, "absent/out.csv"),
        ("--config absent.toml config check", 2, "absent.toml"),
        ("--config settings.toml config check", 2, "colour"),
        ("--config clock.toml config check", 2, "serve.time_zone"),
        ("--config nameless.toml config check", 2, "nameless.toml: creditors.north.name: "),
        ("--config mistyped.toml config check", 2, "mistyped.toml: creditors.north.tax_number: "),
        ("--config long.toml config check", 2, "long.toml: creditors.nnnnn"),
        ("--store mysql://x doctor", 2, "store.url"),
        ("--queue nonsense config check", 2, "queue"),
        ("run --bind nonsense", 2, "serve.bind"),
        ("night --data clients.csv", 1, "clients.csv"),
        ("nosuch", 2, "nosuch"),
    ];
    for (arguments, code, part) in table {
        let output = desk.run(arguments);
        let said = words(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        assert!(said.contains(part), "{arguments}: {said:?} does not say {part}");
        assert!(!said.contains("panicked") && !said.contains('\u{1b}'), "{arguments}: {said:?}");
        let is_doctor = arguments.contains("doctor");
        assert!(is_doctor || output.stdout.is_empty(), "{arguments}: {}", words(&output.stdout));
    }
}

#[test]
fn rejected_rows_leave_exit_code_3_and_are_all_written_beside_the_file() {
    let desk = Desk::new();
    desk.file("clients.csv", CLIENTS);
    desk.file("invoices.csv", INVOICES);
    let plan = desk.json("import clients clients.csv --dry-run", 3);
    assert!(!desk.0.path().join("clients.csv.rejected.csv").exists(), "a dry run writes nothing");
    let first = desk.json("import clients clients.csv", 3);
    assert_eq!(first, plan);
    assert_eq!((&first["accepted"], &first["rejected"], &first["created_clients"]), (&1.into(), &2.into(), &1.into()));
    let again = desk.json("import clients clients.csv", 3);
    assert_eq!((&again["changed"], &again["unchanged"]), (&0.into(), &1.into()));
    let ledger = desk.json("import invoices invoices.csv", 3);
    assert_eq!((&ledger["accepted"], &ledger["rejected"]), (&1.into(), &3.into()));
    let rejected = std::fs::read_to_string(desk.0.path().join("invoices.csv.rejected.csv")).unwrap();
    assert_eq!(rejected.lines().count(), 4, "{rejected}");
    assert!(rejected.starts_with("client,invoice,issued_on,due_on,amount,line,column,code,reason\n"), "{rejected}");
}

#[test]
fn a_file_is_listed_and_taken_back_by_its_number_once() {
    let desk = Desk::new();
    desk.file("clients.csv", "client,name,country\nA,Alfa S.r.l.,IT\n");
    desk.file("ledger.csv", "client,invoice,issued_on,due_on,amount\nA,1,2026-01-01,2026-02-01,10\n");
    desk.json("import clients clients.csv", 0);
    let told = desk.run("import invoices ledger.csv");
    assert!(words(&told.stderr).contains("vedetta import undo 2"), "{}", words(&told.stderr));
    let listed = desk.json("import list", 0)["imports"].clone();
    assert_eq!((&listed[0]["file"], &listed[1]["file"]), (&"ledger.csv".into(), &"clients.csv".into()));
    assert!(words(&desk.run("import list").stdout).contains("until"));
    let undone = desk.json("import undo 2", 0);
    assert_eq!((&undone["withdrawn"], &undone["kept"]), (&1.into(), &0.into()), "{undone}");
    let ledger = desk.json("ledger A", 0);
    assert_eq!(ledger["items"], serde_json::json!([]), "{ledger}");
    let twice = desk.run("import undo 2");
    assert_eq!(twice.status.code(), Some(1));
    assert!(words(&twice.stderr).contains("undone before"), "{}", words(&twice.stderr));
    let kept = desk.json("import undo 1", 0);
    assert_eq!((&kept["kept"], &kept["left"][0]["client"]), (&1.into(), &"A".into()), "a client that was new stays");
}

#[test]
fn with_json_standard_output_is_one_object_and_quiet_says_nothing_beside() {
    let desk = Desk::new();
    desk.file("clients.csv", "client,name,country\nA,Alfa S.r.l.,IT\n");
    desk.json("import clients clients.csv", 0);
    for arguments in [
        "night",
        "rating A",
        "explain A",
        "export ratings",
        "export changes",
        "replay --valid-at 2026-11-20",
        "replay --valid-at 2026-11-20 -o out.csv",
        "keys create --scope read",
        "keys list",
        "doctor",
        "config print",
        "config check",
        "resolve --name Alfa",
        "collect gleif --plan",
        "model list",
        "model check",
        "model check baseline-1",
        "model promote baseline-1 --dry-run",
        "model watch",
        "stress --sector 14 --shock -0.28",
        "path A --to B2",
    ] {
        let output = desk.run(&format!("{arguments} --json --quiet"));
        let object: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert!(object.is_object(), "{arguments}: {} {}", words(&output.stdout), words(&output.stderr));
        assert_eq!(words(&output.stderr), "", "{arguments}");
    }
    let table = std::fs::read_to_string(desk.0.path().join("out.csv")).unwrap();
    assert!(table.starts_with("client,name,grade,pd,points,coverage,valid_at,known_at,model,client_seq\n"), "{table}");
    assert!(table.contains("A,Alfa S.r.l.,ND,,,0.0,2026-11-20"), "{table}");
    assert!(words(&desk.run("completions bash").stdout).contains("vedetta"));
}

#[test]
fn a_damaged_store_is_named_as_one() {
    let desk = Desk::new();
    std::fs::create_dir(desk.0.path().join("vedetta-data")).unwrap();
    desk.file("vedetta-data/vedetta.db", [0x5a; 20_000]);
    let file = "--store sqlite:vedetta-data/vedetta.db";
    for arguments in ["rating A", "night", "run --bind 127.0.0.1:0"] {
        let output = desk.run(&format!("{arguments} {file}"));
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let said = words(&output.stderr);
        assert!(said.contains("damaged") && said.contains("vedetta.db"), "{arguments}: {said}");
    }
    assert_eq!(desk.json(&format!("doctor {file}"), 1)["ok"], false);
}

#[test]
fn a_running_house_says_where_it_listens_and_ends_when_asked() {
    let desk = Desk::new();
    for command in ["run", "serve"] {
        let mut house = desk.command(&format!("{command} --bind 127.0.0.1:0")).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(house.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert!(said.contains("listens at http://127.0.0.1:"), "{said}");
        let end = Command::new("kill").args(["-TERM", &house.id().to_string()]).status().unwrap();
        assert!(end.success());
        assert_eq!(house.wait().unwrap().code(), Some(0), "{command}");
    }
}

fn without<'a>(report: &'a Value, keys: &[&str]) -> Vec<(&'a String, &'a Value)> {
    report.as_object().unwrap().iter().filter(|(key, _)| !keys.contains(&key.as_str())).collect()
}

#[test]
fn the_demo_shows_the_whole_job_and_one_seed_gives_one_world() {
    let (one, other) = (Desk::new(), Desk::new());
    let arguments = "demo --once --clients 40 --seed 11 --data d";
    let report = one.json(arguments, 0);
    assert_eq!(report["clients"], 40);
    assert!(report["rated"].as_u64().unwrap() > 30, "{report}");
    assert!(report["changes"].as_u64().unwrap() >= 40 && report["alerts_delivered"].is_u64(), "{report}");
    let sources = report["sources"].as_array().unwrap();
    assert!(sources.len() >= 6, "{sources:?}");
    for source in sources {
        for key in ["requests", "signals", "leftovers", "failed"] {
            assert!(source["id"].is_string() && source[key].is_u64(), "{source}");
        }
        assert_eq!(source["failed"], 0, "{source}");
    }
    for key in ["scanned", "moved_up", "moved_down"] {
        assert!(report["night"][key].is_u64(), "{report}");
    }
    assert!(report["address"].as_str().unwrap().starts_with("http://") && report["key"].is_string());

    let twin = other.json(arguments, 0);
    let ratings = |desk: &Desk| words(&desk.run("export ratings --data d").stdout);
    assert_eq!(ratings(&one), ratings(&other));
    assert_eq!(without(&report, &["address", "key", "night"]), without(&twin, &["address", "key", "night"]));

    let on = one.json(arguments, 0);
    assert_eq!((&on["clients"], &on["grades"]), (&report["clients"], &report["grades"]));
    assert_eq!(on["alerts_delivered"], report["alerts_delivered"], "those that were delivered are delivered");
    assert_eq!(on["sources"].as_array().unwrap().len(), sources.len());
    assert!(one.0.path().join("d/demo.json").exists());
}
