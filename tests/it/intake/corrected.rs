//! What is said last of an invoice counts, whatever the clock says.

use vedetta::intake::{Options, import};

use super::house::{House, at, creating};

const HEAD: &str = "client,invoice,issued_on,due_on,amount\n";

impl House {
    /// What C1 owes in one invoice by what was known at an instant.
    async fn open(&self, known_at: &str) -> i64 {
        self.owed("C1", known_at).await.0
    }
}

#[tokio::test]
async fn a_correction_counts_though_the_clock_was_set_back_between_the_two() {
    let house = House::new().await;
    house.ledger_file(&format!("{HEAD}C1,F1,2026-03-01,2026-04-01,500.00\n"), "2026-11-20T10:00:00Z").await;
    house.ledger_file(&format!("{HEAD}C1,F1,2026-03-01,2026-04-01,70.00\n"), "2026-11-20T09:00:00Z").await;
    assert_eq!(house.open("2026-11-20T10:30:00Z").await, 7_000);
    assert_eq!(house.rows("C1").await[0].line.amount.minor(), 7_000);
    house.ledger_file(&format!("{HEAD}C1,F1,2026-03-01,2026-04-01,80.00\n"), "2026-11-20T11:00:00Z").await;
    assert_eq!((house.open("2026-11-20T10:30:00Z").await, house.open("2026-11-20T11:00:00Z").await), (7_000, 8_000));
}

#[tokio::test]
async fn a_backfill_corrects_what_was_imported_before_it_and_nobody_knew_it_before_that() {
    let house = House::new().await;
    house.ledger_file(&format!("{HEAD}C1,F1,2026-03-01,2026-04-01,500.00\n"), "2026-11-20T08:00:00Z").await;
    let backfill = Options { backfill: true, ..creating() };
    let file = format!("{HEAD}C1,F1,2026-03-01,2026-04-01,70.00\nC1,F2,2026-03-02,2026-04-01,30.00\n");
    let now = at("2026-11-20T09:00:00Z");
    import(&house.store, "ledger.csv", file.as_bytes(), &backfill, now, &|_, _| {}).await.unwrap();
    assert_eq!(house.open("2026-11-20T09:30:00Z").await, 10_000);
    assert_eq!(house.open("2026-11-20T07:00:00Z").await, 3_000, "what is new with it was known on its day");
}
