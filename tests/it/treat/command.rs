//! From outside: `treatments`, `export treatments` and `policy`, by the real binary.

use std::process::{Command, Output, Stdio};

use jiff::{ToSpan, tz::TimeZone};
use serde_json::Value;
use tempfile::TempDir;
use vedetta::clock::Clock;

/// A folder of one's own, with a store that holds a ledger of 2013.
struct Desk(TempDir);

const LEDGER: &str = "client,invoice,issued_on,due_on,amount,paid_on\n\
    A,1,2013-01-10,2013-02-10,1000.00,2013-03-20\n\
    A,2,2013-05-10,2013-06-10,2000.00,2013-06-12\n\
    B,3,2013-02-01,2013-03-01,800.00,2013-03-01\n\
    B,4,2013-09-01,2013-10-01,4000.00,\n\
    =C,5,2013-11-01,2013-12-20,700.00,\n";

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.file("ledger.csv", LEDGER);
        desk.file("policy.toml", include_str!("../../../config/policy.toml"));
        assert_eq!(desk.run("import invoices ledger.csv --create-clients --backfill").status.code(), Some(0));
        desk
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.current_dir(self.0.path()).args(arguments.split_whitespace()).stdin(Stdio::null());
        command.env_remove("RUST_LOG").output().unwrap()
    }

    fn json(&self, arguments: &str, code: i32) -> Value {
        let output = self.run(&format!("{arguments} --json"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn treatments_are_printed_for_every_open_position_without_a_night() {
    let desk = Desk::new();
    let all = desk.json("treatments --valid-at 2013-12-31", 0);
    let lines = all["treatments"].as_array().unwrap();
    let clients: Vec<&str> = lines.iter().map(|line| line["client"].as_str().unwrap()).collect();
    assert_eq!(clients.len(), 2, "{all}");
    assert!(clients.contains(&"B") && clients.contains(&"=C"));
    for line in lines {
        assert!(
            line["due_on"].is_string() && line["action"] != "none" && line["why"].as_str().unwrap().len() > 5,
            "{line}"
        );
    }
    let due = desk.json("treatments --valid-at 2013-12-31 --due 2013-12-31", 0);
    assert!(due["treatments"].as_array().unwrap().iter().all(|line| line["due_on"] == "2013-12-31"), "{due}");
    let text = String::from_utf8(desk.run("treatments --valid-at 2013-12-31").stdout).unwrap();
    assert!(text.contains("2 positions") && text.contains("overdue for 91 days"), "{text}");
    let csv = String::from_utf8(desk.run("export treatments").stdout).unwrap();
    assert!(csv.starts_with("client,name,portfolio,grade,phase,action") && csv.contains("'=C"), "{csv}");
    let calls = String::from_utf8(desk.run("export treatments --dialler").stdout).unwrap();
    assert!(calls.starts_with("client,name,language,due_on"), "{calls}");
}

#[test]
fn a_policy_is_checked_with_file_line_and_key() {
    let desk = Desk::new();
    let good = desk.json("policy check policy.toml", 0);
    assert_eq!((good["ok"].as_bool(), good["version"].as_str()), (Some(true), Some("2026-4")));
    assert_eq!(good["warnings"], serde_json::json!([]));
    let text = include_str!("../../../config/policy.toml");
    desk.file("same.toml", &text.replacen("pre_due_days = 3", "pre_due_days = 4", 1));
    let same = desk.json("policy check same.toml", 0);
    assert!(same["warnings"][0].as_str().unwrap().contains("version of its own"), "{same}");
    desk.file("typo.toml", &text.replacen("active = false }", "moon = true }", 1));
    let typo = String::from_utf8(desk.run("policy check typo.toml").stderr).unwrap();
    assert!(typo.contains("1 problem") && !typo.contains("1 problems"), "{typo}");
    desk.file("strange.toml", &text.replacen("feature = \"filings_overdue\"", "feature = \"moon_phase\"", 1));
    let strange = desk.json("policy check strange.toml", 2);
    assert_eq!(strange["problems"][0]["key"], "sign.moon_phase", "{strange}");
    desk.file("circle.toml", &text.replacen("next = \"write_off\"", "next = \"reminder\"", 1));
    for command in ["policy check", "policy dry-run", "policy backtest"] {
        let output = desk.run(&format!("{command} circle.toml"));
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let line = text.lines().position(|line| line == "next = \"write_off\"").unwrap() + 1;
        assert!(said.contains(&format!("circle.toml: line {line}, phase.judicial_recovery.next")), "{said}");
    }
    desk.file("settings.toml", "[files]\npolicy = \"circle.toml\"\n");
    let refused = desk.run("treatments --config settings.toml");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("circle.toml: policy: line"));
}

#[test]
fn a_back_test_says_what_it_leaves_out_as_disputed() {
    let desk = Desk::new();
    let disputed = "client,invoice,issued_on,due_on,amount,disputed\nA,6,2013-03-01,2013-04-01,450.00,true\n";
    desk.file("disputed.csv", disputed);
    assert_eq!(desk.run("import invoices disputed.csv --backfill").status.code(), Some(0));
    let view = desk.json("policy backtest policy.toml --year 2013 --html report.html", 0);
    assert_eq!((view["late_invoices"].as_u64(), view["disputed_invoices"].as_u64()), (Some(4), Some(1)), "{view}");
    assert_eq!(view["disputed_amount"].as_f64(), Some(450.0));
    let text = String::from_utf8(desk.run("policy backtest policy.toml --year 2013").stdout).unwrap();
    assert!(text.contains("left out as disputed: 1 invoice of 450.00 EUR"), "{text}");
    let page = std::fs::read_to_string(desk.0.path().join("report.html")).unwrap();
    assert!(page.contains("Left out as disputed: 1 invoice of 450.00 EUR"));
}

#[test]
fn a_back_test_prints_figures_with_intervals_and_writes_a_page_that_needs_nothing_else() {
    let desk = Desk::new();
    let view = desk.json("policy backtest policy.toml --year 2013 --html report.html", 0);
    assert_eq!(
        (view["from"].as_str(), view["clients"].as_u64(), view["late_invoices"].as_u64()),
        (Some("2013-01-01"), Some(3), Some(4))
    );
    for side in ["draft", "present"] {
        for figure in ["actions", "days_gained", "cash_earlier", "clients_annoyed", "cost"] {
            assert!(view[side][figure]["low"].is_number() && view[side][figure]["high"].is_number(), "{figure}");
        }
    }
    assert!(view["draft"]["actions"]["value"].as_f64().unwrap() >= 5.0, "{view}");
    assert_eq!(view["draft"], view["present"], "it is the policy in force");
    let page = std::fs::read_to_string(desk.0.path().join("report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("cannot be known") && !page.contains("<script"));
    for said in ["What would have been done", "For whom", "With what effect", "formal notice", "Jan", "Dec"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("courtesy_call") && page.contains("<td>cost of the actions</td><td>EUR</td>"));
    assert!(page.find("<svg") < page.find("<table"), "a picture comes before the table of its figures");
    assert_eq!((view["currency"].as_str(), view["other_currencies"].as_u64()), (Some("EUR"), Some(0)));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing from elsewhere");
    let dry = desk.json("policy dry-run policy.toml --html dry.html", 0);
    assert_eq!((dry["positions"].as_u64(), dry["moved"].as_u64()), (Some(2), Some(0)), "{dry}");
    assert!(std::fs::read_to_string(desk.0.path().join("dry.html")).unwrap().contains("Tasks by person"));
    let of_nobody = desk.run("policy dry-run policy.toml --portfolio nowhere");
    assert_ne!(of_nobody.status.code(), Some(0), "an unknown portfolio is no empty one");
    assert_eq!(desk.run("policy backtest policy.toml --from 2013-05-01 --to 2013-01-01").status.code(), Some(2));
}

#[test]
fn a_dialler_gets_the_telephone_that_was_told_last_in_digits() {
    let desk = Desk::new();
    let policy = include_str!("../../../config/policy.toml").replace("action = \"send_reminder\"", "action = \"call\"");
    desk.file("policy.toml", &policy);
    desk.file("settings.toml", "[files]\npolicy = \"policy.toml\"\n");
    let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
    let (issued, due) = (today - 50.days(), today - 20.days());
    desk.file("late.csv", &format!("client,invoice,issued_on,due_on,amount\nN,LATE,{issued},{due},900.00\n"));
    desk.json("import invoices late.csv --create-clients --backfill", 0);
    let calls = |phone: &str| {
        desk.file("clients.csv", &format!("client,name,phone\nN,Ditta N,{phone}\n"));
        desk.json("import clients clients.csv", 0);
        let calls = desk.run("export treatments --dialler --config settings.toml").stdout;
        String::from_utf8(calls).unwrap()
    };
    for (told, dialled) in [
        ("+39 (02) 123-45.67", ",0039021234567"),
        ("02 7654321", ",027654321"),
        ("+44 (0)20 79460958", ",00442079460958"),
        ("0211111 / 0222222", ",0211111"),
        ("", ","),
    ] {
        let calls = calls(told);
        let is_his = |line: &str| line.starts_with("N,Ditta N,") && line.ends_with(dialled);
        assert!(calls.lines().any(is_his), "{told}: {calls}");
    }
    for (told, left_out) in
        [("0211111 / 0222222", "the first: 0211111"), ("+44 (0)20 7946 0958", ""), ("ask Anna", "digits")]
    {
        desk.file("taken.csv", &format!("client,name,phone\nN,Ditta N,{told}\n"));
        let taken = desk.json("import clients taken.csv", 0);
        assert_eq!((&taken["accepted"], &taken["rejects"]), (&1.into(), &serde_json::json!([])), "{told}: {taken}");
        let notes = taken["notes"].to_string();
        assert_eq!(notes.contains("line 2: of the telephone number"), !left_out.is_empty(), "{notes}");
        assert!(notes.contains(left_out), "{notes}");
    }
}

#[test]
fn a_mistyped_portfolio_or_owner_is_wrong_usage_and_no_empty_list() {
    let desk = Desk::new();
    for arguments in [
        "treatments --portfolio defualt",
        "treatments --owner credit_ofice",
        "export treatments --portfolio defualt",
        "payments list --portfolio defualt",
        "ledger A --portfolio defualt",
    ] {
        let output = desk.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {said}");
        assert!(said.contains("there is no such"), "{arguments}: {said}");
    }
}

#[test]
fn a_back_test_of_a_year_without_a_late_invoice_says_so_and_what_annoyed_means() {
    let desk = Desk::new();
    let text = String::from_utf8(desk.run("policy backtest policy.toml --year 2011").stdout).unwrap();
    assert!(text.contains("nothing was late in these days"), "{text}");
    let text = String::from_utf8(desk.run("policy backtest policy.toml --year 2013").stdout).unwrap();
    assert!(!text.contains("nothing was late in these days") && text.contains("annoyed: by an action"), "{text}");
}
