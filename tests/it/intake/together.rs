//! Two who book at once, and what is known when.

use jiff::civil::date;
use vedetta::{
    domain::InvoiceKey,
    intake::{Content, Options, undo_payment},
    store::{Basis, Entry, PaymentState},
};

use super::{
    bank::{entry, free, message, options_of_bank},
    house::{House, at, counts, creating, now},
    options,
};

const LEDGER: &str = "client,invoice,issued_on,due_on,amount\nC1,F1,2026-08-01,2026-09-01,1000.00\n";

/// A table with one payment.
fn table(name: &str, day: &str, amount: &str) -> String {
    format!("client,invoice,paid_on,amount,payment\nC1,F1,{day},{amount},{name}\n")
}

fn payments() -> Options {
    options(Content::Payments, None)
}

#[tokio::test]
async fn two_payments_that_are_booked_at_once_both_count() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-09-02T08:00:00Z").await;
    let (first, second) = (table("P1", "2026-09-10", "400.00"), table("P2", "2026-09-20", "300.00"));
    let paying = payments();
    let (first, second) = tokio::join!(house.pay(first, &paying), house.pay(second, &paying));
    assert_eq!((counts(&first.0), counts(&second.0)), ([1, 1, 0, 0, 0], [1, 1, 0, 0, 0]));
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 9, 10), 40_000), (date(2026, 9, 20), 30_000)]);
}

#[tokio::test]
async fn one_payment_that_is_told_twice_at_once_counts_once() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-09-02T08:00:00Z").await;
    let (told, paying) = (table("P1", "2026-09-10", "300.00"), payments());
    tokio::join!(house.pay(told.clone(), &paying), house.pay(told.clone(), &paying), house.pay(told, &paying));
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 9, 10), 30_000)]);
}

#[tokio::test]
async fn a_ledger_that_is_read_while_a_payment_is_booked_takes_nothing_of_it_back() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-09-02T08:00:00Z").await;
    let told = LEDGER.replace("1000.00", "1200.00");
    let (paying, reading) = (payments(), creating());
    let (paid, read) = tokio::join!(
        house.pay(table("P1", "2026-09-10", "400.00"), &paying),
        house.import("ledger.csv", told, &reading),
    );
    assert_eq!((counts(&paid.0), counts(&read)), ([1, 1, 0, 0, 0], [1, 1, 0, 0, 0]));
    let row = &house.rows("C1").await[0];
    assert_eq!((row.line.amount.minor(), row.line.paid_minor), (120_000, 40_000));
}

#[tokio::test]
async fn what_was_worked_out_from_something_that_is_no_longer_so_is_not_written() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-09-02T08:00:00Z").await;
    let rows = house.rows("C1").await;
    let key = InvoiceKey::of("F1");
    let basis = Basis { client: rows[0].client, invoice: key, n_revisions: Some(1), n_booked: 0 };
    house.pay(table("P1", "2026-09-10", "400.00"), &payments()).await;
    let facts = house.store.facts();
    assert_eq!(facts.put_ledger_if(&rows, &[basis]).await.unwrap(), None);
    assert!(!facts.put_payments(&[], &rows, &[basis]).await.unwrap());
    assert_eq!(house.rows("C1").await[0].line.paid_minor, 40_000);
    let now = Basis { n_revisions: Some(2), n_booked: 1, ..basis };
    assert!(facts.put_payments(&[], &[], &[now]).await.unwrap());
}

#[tokio::test]
async fn of_two_who_book_more_than_is_open_one_is_left_to_a_person_and_nothing_is_cut() {
    let house = House::new().await;
    let named = LEDGER.replace("F1", "2026/0101");
    house.ledger_file(&named, "2026-09-02T08:00:00Z").await;
    let clients = "client,name,country\nC1,Meccanica Valdossa S.r.l.,IT\n";
    house.import("clients.csv", clients, &options(Content::Clients, None)).await;
    let text = free("2026/0101");
    let bank = message("camt.053.001.02", &entry("B1", "1000.00", "Meccanica Valdossa", "IT01A", "", &text));
    let told = table("P1", "2026-09-01", "900.00").replace("F1", "2026/0101");
    let (of_bank, paying) = (options_of_bank(), payments());
    let (table, _) = tokio::join!(house.pay(told, &paying), house.pay(bank, &of_bank));
    let portfolio = house.store.facts().portfolios().await.unwrap().pop().unwrap().0;
    let booked = house.store.facts().payments(&[portfolio], Some(PaymentState::Booked), 0, 10).await.unwrap();
    let paid = house.rows("C1").await[0].line.paid_minor;
    assert_eq!(booked.iter().flat_map(|payment| &payment.parts).map(|part| part.minor).sum::<i64>(), paid);
    assert_eq!(booked.len(), 1, "whoever came first");
    assert_eq!(house.waiting().await.len() as u64 + table.0.rejected, 1, "the other one waits, or was refused");
}

#[tokio::test]
async fn a_dispute_of_an_invoice_with_booked_payments_is_known_when_it_was() {
    let house = House::new().await;
    let backfill = Options { backfill: true, ..creating() };
    house.import("l.csv", LEDGER, &backfill).await;
    let paid = Options { backfill: true, ..payments() };
    house.pay(table("P1", "2026-09-20", "100.00"), &paid).await;
    let head = "client,invoice,issued_on,due_on,amount,disputed_on,dispute_closed_on,dispute_outcome";
    let told = format!("{head}\nC1,F1,2026-08-01,2026-09-01,1000.00,2026-10-05,2026-11-02,rejected\n");
    house.import("l.csv", &told, &backfill).await;
    let dossier = house.store.dossiers().of(house.client("C1").await.id, now()).await.unwrap();
    let disputed = |instant: &str| {
        let mut known = dossier.ledger.iter().filter(|line| line.known_at <= at(instant));
        known.next_back().unwrap().disputed
    };
    assert!(!disputed("2026-09-21T12:00:00Z"), "nobody knew of it when the payment came");
    assert!(!disputed("2026-11-03T12:00:00Z"), "it was over then");
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 9, 20), 10_000)]);
}

#[tokio::test]
async fn what_a_file_said_is_paid_stays_paid_when_a_payment_read_after_it_in_a_backfill_is_taken_back() {
    let house = House::new().await;
    let backfill = Options { backfill: true, ..creating() };
    let told = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount\nC1,F1,2026-08-01,2026-09-01,1000.00,2026-09-09,400.00\n";
    house.import("l.csv", told, &backfill).await;
    // The bank's money is the money that the file had told of, and counts as known the day before.
    house.pay(table("P1", "2026-09-08", "400.00"), &Options { backfill: true, ..payments() }).await;
    let facts = house.store.facts();
    let portfolio = facts.portfolios().await.unwrap().pop().unwrap().0;
    let booked = facts.payments(&[portfolio], Some(PaymentState::Booked), 0, 10).await.unwrap();
    let note = Entry { who: "cli", what: "payment.undone", object: "1", details: "{}" };
    undo_payment(&house.store, &booked[0], &note, now()).await.unwrap();
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 9, 9), 40_000)]);
}

#[tokio::test]
async fn a_payment_rests_on_the_file_that_told_of_it() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-09-02T08:00:00Z").await;
    let invoice = house.rows("C1").await[0].line.batch;
    house.pay(table("P1", "2026-09-10", "400.00"), &payments()).await;
    let paid = house.rows("C1").await[0].line.batch;
    assert_ne!(paid, invoice);
    let batches = house.store.facts().batches_by_id(&[paid]).await.unwrap();
    assert_eq!(batches[0].as_ref().unwrap().name, "payments");
}
