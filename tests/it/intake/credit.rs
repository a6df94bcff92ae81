//! Electronic credit notes: which invoice each comes off.

use vedetta::domain::EntryKind;

use super::{
    house::{House, codes, counts, creating},
    invoice_xml::{Written, file, instalment},
};

const CODE: &str = "IT00743110157";

fn invoice(number: &str, date: &str) -> Written {
    Written { number: number.to_owned(), date: date.to_owned(), ..Written::default() }
}

/// A note of the autumn of 2026 over 122 EUR that names an invoice.
fn note(number: &str, invoice: &str, day: &str) -> Written {
    let day = if day.is_empty() { String::new() } else { format!("<Data>{day}</Data>") };
    Written {
        kind: "TD04",
        amounts: ("100.00".to_owned(), "22.00".to_owned()),
        linked: format!("<DatiFattureCollegate><IdDocumento>{invoice}</IdDocumento>{day}</DatiFattureCollegate>"),
        ..self::invoice(number, "2026-10-01")
    }
}

/// What is taken off each line of the ledger.
async fn taken_off(house: &House) -> Vec<(String, i64)> {
    let rows = house.rows(CODE).await;
    rows.into_iter().filter(|row| row.line.paid_minor > 0).map(|row| (row.number, row.line.paid_minor)).collect()
}

fn off(parts: &[(&str, i64)]) -> Vec<(String, i64)> {
    parts.iter().map(|(number, minor)| ((*number).to_owned(), *minor)).collect()
}

#[tokio::test]
async fn a_note_means_the_invoice_of_the_year_that_it_says_or_of_its_own() {
    for (day, expected) in [("", "1/2026"), ("2026-02-01", "1/2026"), ("2025-02-01", "1")] {
        let house = House::new().await;
        let note = note("N1", "1", day);
        house.import("a.xml", file(&[invoice("1", "2025-02-01"), invoice("1", "2026-02-01"), note]), &creating()).await;
        assert_eq!(taken_off(&house).await, off(&[(expected, 12_200), ("N1", 12_200)]), "{day:?}");
    }
    let house = House::new().await;
    house.import("a.xml", file(&[invoice("1", "2025-02-01"), note("N1", "1", "2026-02-01")]), &creating()).await;
    assert_eq!(taken_off(&house).await, [], "the invoice of that year is not here");
}

#[tokio::test]
async fn a_note_comes_off_the_instalments_in_the_order_of_their_days() {
    let house = House::new().await;
    let payment = format!(
        "<DatiPagamento><CondizioniPagamento>TP01</CondizioniPagamento>{}{}</DatiPagamento>",
        instalment("100.00", "2026-10-10"),
        instalment("1120.00", "2026-11-10")
    );
    let invoice = Written { payment, ..Written::default() };
    house.import("a.xml", file(&[invoice, note("N1", "12/2026", "")]), &creating()).await;
    let expected = [("12/2026 (1/2)", 10_000), ("12/2026 (2/2)", 2_200), ("N1", 12_200)];
    assert_eq!(taken_off(&house).await, off(&expected));
}

#[tokio::test]
async fn a_note_of_more_than_all_instalments_together_is_refused() {
    let payment = format!(
        "<DatiPagamento><CondizioniPagamento>TP01</CondizioniPagamento>{}{}</DatiPagamento>",
        instalment("100.00", "2026-10-10"),
        instalment("1120.00", "2026-11-10")
    );
    let invoice = Written { payment, ..Written::default() };
    let larger = Written { amounts: ("2000.00".to_owned(), "0.00".to_owned()), ..note("N1", "12/2026", "") };
    let together = House::new().await;
    let both = together.import("a.xml", file(&[invoice.clone(), larger.clone()]), &creating()).await;
    let apart = House::new().await;
    apart.import("a.xml", file(&[invoice]), &creating()).await;
    let later = apart.import("b.xml", larger.file(), &creating()).await;
    for (house, outcome) in [(together, both), (apart, later)] {
        assert!(matches!(codes(&outcome)[..], [(_, "amount", "more_than_invoice")]), "{:?}", codes(&outcome));
        assert_eq!(taken_off(&house).await, []);
    }
}

#[tokio::test]
async fn a_note_that_bears_the_number_of_its_invoice_comes_off_the_invoice() {
    let house = House::new().await;
    let both = file(&[note("5", "5", ""), invoice("5", "2026-09-01")]);
    for expected in [[2, 2, 0, 0, 1], [2, 0, 2, 0, 0]] {
        assert_eq!(counts(&house.import("a.xml", &both, &creating()).await), expected);
        assert_eq!(taken_off(&house).await, off(&[("5", 12_200), ("5/2026", 12_200)]));
    }
}

#[tokio::test]
async fn a_note_that_names_a_note_takes_nothing_off_it() {
    let house = House::new().await;
    house.import("a.xml", file(&[note("N1", "X", ""), note("N2", "N1", "")]), &creating()).await;
    assert_eq!(taken_off(&house).await, []);
}

#[tokio::test]
async fn a_note_that_comes_off_at_last_is_a_change() {
    let house = House::new().await;
    let note = note("N1", "12/2026", "").file();
    house.import("n.xml", &note, &creating()).await;
    house.import("a.xml", Written::default().file(), &creating()).await;
    assert_eq!(counts(&house.import("n.xml", &note, &creating()).await), [1, 1, 0, 0, 0]);
    assert_eq!(taken_off(&house).await, off(&[("12/2026", 12_200), ("N1", 12_200)]));
    assert_eq!(counts(&house.import("n.xml", &note, &creating()).await), [1, 0, 1, 0, 0]);
}

#[tokio::test]
async fn a_number_that_another_one_begins_with_is_a_document_of_its_own() {
    let house = House::new().await;
    house.import("a.xml", Written::default().file(), &creating()).await;
    house.import("b.xml", invoice("12", "2026-09-11").file(), &creating()).await;
    let rows = house.rows(CODE).await;
    assert_eq!(rows.iter().map(|row| row.number.as_str()).collect::<Vec<_>>(), ["12", "12/2026"]);
    assert!(rows.iter().all(|row| row.line.kind == EntryKind::Invoice));
}
