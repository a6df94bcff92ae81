//! From outside: payments that wait, booked and taken back by the real binary.

use serde_json::{Value, json};

use crate::{
    intake::bank::{entry, free, message},
    promises::program::{answer, ran, vedetta},
};

#[test]
fn a_booking_is_taken_back_by_its_number_and_waits_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let ledger =
        "client,invoice,issued_on,due_on,amount,name\nC1,F1,2026-08-01,2026-09-01,500.00,Meccanica Valdossa S.r.l.\n";
    answer(&data, &["import", "invoices", &file("ledger.csv", ledger), "--create-clients"], 0);
    let paid = entry("B1", "500.00", "MECCANICA VALDOSSA", "IT01A", "", &free("saldo F1"));
    let statement = file("statement.xml", &message("camt.053.001.02", &paid));
    assert_eq!(answer(&data, &["import", "payments", &statement], 0)["booked"], 1);
    let listed = |state: &str| -> Vec<Value> {
        answer(&data, &["payments", "list", "--state", state], 0)["payments"].as_array().unwrap().clone()
    };
    let number = listed("booked")[0]["id"].to_string();
    let undone = answer(&data, &["payments", "undo", &number], 0);
    assert_eq!((&undone["state"], &undone["undone"][0]["invoice"]), (&json!("review"), &json!("F1")), "{undone}");
    assert_eq!((listed("booked").len(), listed("review").len()), (0, 1));
    assert_eq!(answer(&data, &["ledger", "C1"], 0)["items"][0]["open"], "500.00");
    let again = ran(vedetta(&data).args(["payments", "undo", &number]), 1);
    assert!(!again.stderr.is_empty(), "what is not booked cannot be taken back");
    answer(&data, &["payments", "assign", &number, "--client", "C1", "--invoice", "F1"], 0);
    assert_eq!((listed("booked").len(), listed("review").len()), (1, 0));
}
