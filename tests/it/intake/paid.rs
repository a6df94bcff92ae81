use jiff::civil::date;
use vedetta::intake::{Content, Options};

use super::{
    house::{House, at, codes, counts, creating, now},
    options,
};

const LEDGER: &str =
    "client,invoice,issued_on,due_on,amount\nC1,F1,2026-03-01,2026-04-01,100.00\nC1,F2,2026-03-01,2026-04-01,50.00\n";

fn payments() -> Options {
    options(Content::Payments, None)
}

#[tokio::test]
async fn several_payments_of_one_invoice_each_have_their_day_and_are_known_since_they_were_told() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-05-01T08:00:00Z").await;
    let first = "client,invoice,paid_on,amount,payment\nC1,F1,2026-04-20,30.00,P2\n";
    let second = "client,invoice,paid_on,amount,payment\nC1,F1,2026-04-10,20.00,P1\nC1,F1,2026-04-20,30.00,P2\nC1,F1,2026-05-05,50,P3\n";
    assert_eq!(counts(&house.pay(first, &payments()).await.0), [1, 1, 0, 0, 0]);
    assert_eq!(counts(&house.pay(second, &payments()).await.0), [3, 2, 1, 0, 0]);
    let expected = [(date(2026, 4, 10), 2_000), (date(2026, 4, 20), 3_000), (date(2026, 5, 5), 5_000)];
    assert_eq!(house.paid("C1", "F1").await, expected);
    assert_eq!(counts(&house.pay(second, &payments()).await.0), [3, 0, 3, 0, 0]);
    let again = house.ledger_file(LEDGER, "2026-11-21T08:00:00Z").await;
    assert_eq!(counts(&again), [2, 0, 2, 0, 0], "a ledger that knows of no payment takes none back");
    assert_eq!(house.paid("C1", "F1").await, expected);
    let told = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount\nC1,F1,2026-03-01,2026-04-01,100.00,2026-05-05,100.00\n";
    assert_eq!(counts(&house.ledger_file(told, "2026-11-21T09:00:00Z").await), [1, 0, 1, 0, 0], "it is the same money");
}

#[tokio::test]
async fn a_payment_without_an_invoice_or_of_more_than_is_open_is_refused_and_the_others_land() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-05-01T08:00:00Z").await;
    let file = "client,invoice,paid_on,amount,currency\nC1,F9,2026-04-10,20,\nC9,F1,2026-04-10,20,\nC1,F2,2026-04-10,50.01,\n\
        C1,F2,2026-04-10,50.00,USD\nC1,F2,2026-04-10,20.00,\nC1,F2,2026-04-11,30.01,\nC1,F2,soon,1,\n";
    let dry = Options { dry_run: true, ..payments() };
    let (plan, (outcome, _)) = (house.pay(file, &dry).await.0, house.pay(file, &payments()).await);
    let expected = [
        (2, "invoice", "unknown_invoice"),
        (3, "client", "unknown_client"),
        (4, "amount", "more_than_open"),
        (5, "currency", "bad_currency"),
        (7, "amount", "more_than_open"),
        (8, "paid_on", "bad_date"),
    ];
    assert_eq!((codes(&outcome), codes(&plan)), (expected.to_vec(), expected.to_vec()));
    assert_eq!(house.paid("C1", "F2").await, [(date(2026, 4, 10), 2_000)]);
}

#[tokio::test]
async fn a_note_takes_away_from_its_invoice_and_never_more_than_that() {
    let house = House::new().await;
    let file = "client,invoice,issued_on,due_on,amount,kind,refers_to\nC1,N1,2026-03-20,,40.00,credit_note,F1\n\
        C1,F1,2026-03-01,2026-04-01,100.00,invoice,\nC1,N2,2026-03-20,,100.01,credit_note,F1\nC1,N3,2026-03-20,,5,credit_note,F7\n\
        C1,F3,2026-03-01,,5,invoice,F1\n";
    let outcome = house.ledger_file(file, "2026-05-01T08:00:00Z").await;
    let refused = [(4, "amount", "more_than_invoice"), (6, "refers_to", "not_a_credit_note")];
    assert_eq!(codes(&outcome), refused);
    assert!(outcome.notes.iter().any(|note| note.contains("N3") && note.contains("F7")), "{:?}", outcome.notes);
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 3, 20), 4_000)]);
    assert_eq!(house.paid("C1", "N1").await, [(date(2026, 3, 20), 4_000)], "used up");
    assert_eq!(house.paid("C1", "N3").await, [], "stays a credit");
    assert_eq!(counts(&house.ledger_file(file, "2026-05-02T08:00:00Z").await), [3, 0, 3, 2, 0]);
}

#[tokio::test]
async fn a_dispute_with_its_days_is_known_when_it_was_and_what_is_contradictory_is_refused() {
    let house = House::new().await;
    let head = "client,invoice,issued_on,due_on,amount,disputed_on,disputed_amount,dispute_closed_on,dispute_outcome";
    let file = format!(
        "{head}\nC1,F1,2026-03-01,2026-04-01,100,2026-04-10,,2026-05-10,rejected\nC1,F2,2026-03-01,2026-04-01,100,2026-04-10,80,,\n\
         C1,F3,2026-03-01,,100,2026-04-10,10,,\nC1,F4,2026-03-01,,100,,10,,\nC1,F5,2026-03-01,,100,2026-04-10,,2026-04-01,\n\
         C1,F6,2026-03-01,,100,2026-04-10,101,,\nC1,F7,2026-03-01,,100,2026-04-10,,2026-05-01,won\n"
    );
    let backfill = Options { backfill: true, ..creating() };
    for expected in [[3, 3, 0, 4, 1], [3, 0, 3, 4, 0]] {
        let outcome = house.import("l.csv", &file, &backfill).await;
        assert_eq!(counts(&outcome), expected);
        let refused = [
            (5, "disputed_on", "missing"),
            (6, "dispute_closed_on", "bad_date"),
            (7, "disputed_amount", "more_than_invoice"),
            (8, "dispute_outcome", "bad_word"),
        ];
        assert_eq!(codes(&outcome), refused);
    }
    let client = house.client("C1").await.id;
    let dossier = house.store.dossiers().of(client, now()).await.unwrap();
    let disputed = |number: &str, instant: &str| {
        let key = vedetta::domain::InvoiceKey::of(number);
        let mut known = dossier.ledger.iter().filter(|l| l.invoice == key && l.known_at <= at(instant));
        known.next_back().unwrap().disputed
    };
    let days = ["2026-04-09T12:00:00Z", "2026-04-11T12:00:00Z", "2026-05-11T12:00:00Z"];
    assert_eq!(days.map(|day| disputed("F1", day)), [false, true, false]);
    assert_eq!(days.map(|day| disputed("F2", day)), [false, true, true]);
    assert_eq!(days.map(|day| disputed("F3", day)), [false; 3], "a tenth of it leaves it owed");
}

#[tokio::test]
async fn what_a_client_was_right_to_dispute_is_not_late() {
    let head = "client,invoice,issued_on,due_on,amount,disputed_on,dispute_closed_on,dispute_outcome";
    for backfill in [false, true] {
        let house = House::new().await;
        let of = |outcome: &str| format!("C1,{outcome},2026-03-01,2026-04-01,100,2026-04-10,2026-05-10,{outcome}");
        let file = format!("{head}\n{}\n{}\n", of("rejected"), of("upheld"));
        house.import("l.csv", &file, &Options { backfill, ..creating() }).await;
        let disputed: Vec<bool> = house.rows("C1").await.iter().map(|row| row.line.disputed).collect();
        assert_eq!(disputed, [false, true]);
    }
}

#[tokio::test]
async fn a_payment_that_says_something_else_than_before_is_refused_and_not_swallowed() {
    let house = House::new().await;
    house.ledger_file(LEDGER, "2026-05-01T08:00:00Z").await;
    let row = |invoice: &str, on: &str, amount: &str| {
        format!("client,invoice,paid_on,amount,payment\nC1,{invoice},{on},{amount},P1\n")
    };
    house.pay(row("F1", "2026-04-20", "30.00").as_str(), &payments()).await;
    for (invoice, on, amount) in
        [("F1", "2026-04-20", "31.00"), ("F1", "2026-04-21", "30.00"), ("F2", "2026-04-20", "30.00")]
    {
        let outcome = house.pay(row(invoice, on, amount).as_str(), &payments()).await.0;
        assert_eq!(codes(&outcome), [(2, "payment", "conflict")], "{invoice} {on} {amount}");
    }
    assert_eq!(counts(&house.pay(row("F1", "2026-04-20", "30").as_str(), &payments()).await.0), [1, 0, 1, 0, 0]);
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 4, 20), 3_000)]);
}

#[tokio::test]
async fn a_row_that_tells_of_more_paid_than_its_invoice_comes_to_is_taken_with_a_word() {
    let house = House::new().await;
    let ledger = "client,invoice,issued_on,amount,paid_on,paid_amount\nC1,F1,2026-08-01,100.00,2026-09-20,146.20\n\
        C1,F2,2026-08-01,100.00,2026-09-20,100.00\n";
    let dry = Options { dry_run: true, ..creating() };
    let plan = house.import("ledger.csv", ledger, &dry).await;
    let outcome = house.import("ledger.csv", ledger, &creating()).await;
    assert_eq!((counts(&outcome), &plan.notes), ([2, 2, 0, 0, 1], &outcome.notes));
    let told: Vec<&String> = outcome.notes.iter().filter(|note| note.contains("said to be paid")).collect();
    let words = "line 2: 146.20 EUR is said to be paid of invoice F1, which comes to 100.00 EUR: it counts as paid, and the 46.20 EUR \
         beyond it as nothing";
    assert_eq!(told, [words]);
    let many: String = (0..30).map(|n| format!("C1,M{n},2026-08-01,100.00,2026-09-20,146.20\n")).collect();
    let outcome = house
        .import("many.csv", format!("client,invoice,issued_on,amount,paid_on,paid_amount\n{many}"), &creating())
        .await;
    assert!(
        outcome.notes.contains(&"10 more rows tell of more paid than their invoice comes to".to_owned()),
        "{:?}",
        outcome.notes
    );
}
