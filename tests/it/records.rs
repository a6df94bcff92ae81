//! `resolve --from FILE`: every row is answered, in its order, and a doubtful one is never linked.

use std::{path::Path, process::Command};

fn vedetta(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.arg("--data").arg(data).args(arguments).envs(crate::stores::environment(data));
    let ran = command.output().unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn a_file_of_records_is_answered_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let clients = "client,name,country,city,tax_id\n\
        K1,Orsatelli Brandolini S.p.A.,IT,Milano,\n\
        K2,Meccanica Valdossa S.r.l.,IT,Brescia,00743110157\n";
    let records = "id,name,country,city,address,tax_id,sector\n\
        a,ORSATELLI BRANDOLINI SPA,IT,Milano,Via Roma 1,,\n\
        b,Qualunque,IT,,,00743110157,\n\
        c,Orsatelli Brandolini S.r.l.,IT,Milano,,,\n\
        d,Panificio Quattroventi,IT,,,,\n\
        e,Orsatelli Brandolini S.p.A.,IT,Milano,,00743110158,\n\
        f,Orsatelli Brandolini S.p.A.,Italia,Milano,,,\n\
        g,,,,,,\n";
    let data = folder.path().join("data");
    assert_eq!(vedetta(&data, &["import", "clients", &file("clients.csv", clients), "--quiet"]).0, Some(0));
    let answers = folder.path().join("answers.csv");
    let asked = ["resolve", "--from", &file("records.csv", records), "-o", answers.to_str().unwrap(), "--quiet"];
    assert_eq!(vedetta(&data, &asked).0, Some(0));
    let answers = std::fs::read_to_string(answers).unwrap();
    let rows: Vec<Vec<&str>> = answers.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["id", "client", "certainty", "decision"]);
    let said: Vec<(&str, &str, &str)> = rows[1..].iter().map(|row| (row[0], row[1], row[3])).collect();
    assert_eq!(
        said,
        [
            ("a", "K1", "link"),
            ("b", "K2", "link"),
            ("c", "K1", "review"),
            ("d", "", "none"),
            ("e", "K1", "review"),
            ("f", "K1", "review"),
            ("g", "", "none"),
        ]
    );
    assert_eq!(vedetta(&data, &["resolve", "--from", &file("other.csv", "name,city\nX,Y\n")]).0, Some(2));
    assert_eq!(vedetta(&data, &["resolve", "--from", "x.csv", "--name", "X"]).0, Some(2));
    assert_eq!(vedetta(&data, &["resolve"]).0, Some(2));
}

#[test]
fn a_map_that_is_none_is_a_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, map) = (folder.path().join("ledger.csv"), folder.path().join("map.toml"));
    std::fs::write(&ledger, "client,invoice,issued_on,amount\nK1,F1,2026-01-02,5\n").unwrap();
    std::fs::write(&map, "[file]\ncolour = \"red\"\n").unwrap();
    let arguments = ["import", "invoices", ledger.to_str().unwrap(), "--map", map.to_str().unwrap()];
    assert_eq!(vedetta(&folder.path().join("data"), &arguments).0, Some(2));
}
