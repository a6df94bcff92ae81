use jiff::{SignedDuration, civil::date};
use sqlx::{ConnectOptions, query_scalar, sqlite::SqliteConnectOptions};
use vedetta::{
    domain::{EntryKind, day_number},
    intake::{Content, Left, Options, Outcome, Unsaid, Why, undo_import},
    store::{Entry, LedgerRow, PaymentState},
};

use super::{
    house::{House, at, counts, creating, now},
    options,
};

const HEAD: &str = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount\n";

fn file(rows: &[&str]) -> String {
    format!("{HEAD}{}\n", rows.join("\n"))
}

impl House {
    /// Takes a file back an hour after the last import of these tests.
    async fn undo(&self, outcome: &Outcome, instant: &str) -> Option<Unsaid> {
        let import = self.store.facts().import(outcome.import.unwrap()).await.unwrap().unwrap();
        let note = Entry { who: "test", what: "import.undone", object: "1", details: "null" };
        undo_import(&self.store, &import, &note, at(instant)).await.unwrap()
    }

    /// What the newest revision known by an instant says of an invoice; none when nothing is said of it.
    async fn known(&self, number: &str, known_at: &str) -> Option<LedgerRow> {
        let rows = self.store.facts().revisions(self.client("C1").await.id).await.unwrap();
        let known = rows.into_iter().rfind(|row| row.number == number && row.line.known_at <= at(known_at));
        known.filter(|row| row.line.kind != EntryKind::Withdrawn)
    }

    async fn numbers(&self, code: &str) -> Vec<String> {
        self.rows(code).await.into_iter().map(|row| row.number).collect()
    }
}

fn unsaid(restored: u64, withdrawn: u64) -> Unsaid {
    Unsaid { restored, withdrawn, left: Vec::new() }
}

#[tokio::test]
async fn a_file_taken_back_leaves_what_was_before_it_and_what_was_believed_until_then() {
    let house = House::new().await;
    let first = file(&["C1,F1,2026-03-01,2026-04-01,100.00,2026-04-20,30.00", "C1,F2,2026-03-01,2026-04-01,50.00,,"]);
    house.ledger_file(&first, "2026-11-19T08:00:00Z").await;
    let wrong = file(&[
        "C1,F1,2026-03-01,2026-04-01,100.00,2026-05-05,100.00",
        "C1,F2,2026-03-01,2026-06-01,500.00,,",
        "C1,F3,2026-03-01,2026-04-01,70.00,2026-04-02,70.00",
    ]);
    let outcome = house.ledger_file(&wrong, "2026-11-20T08:00:00Z").await;
    assert_eq!(house.undo(&outcome, "2026-11-20T09:00:00Z").await, Some(unsaid(2, 1)));

    assert_eq!(house.numbers("C1").await, ["F1", "F2"], "what was new with it is no longer there");
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 4, 20), 3_000)]);
    let f2 = house.known("F2", "2026-11-20T09:00:00Z").await.unwrap();
    assert_eq!((f2.line.amount.minor(), f2.line.due_on), (5_000, date(2026, 4, 1)));
    for (number, then) in [("F1", 10_000), ("F2", 50_000), ("F3", 7_000)] {
        let believed = house.known(number, "2026-11-20T08:30:00Z").await.unwrap();
        assert_eq!(believed.line.amount.minor(), then, "{number}: a question about that time is answered as before");
    }
    assert!(
        house.known("F3", "2026-11-19T12:00:00Z").await.is_none()
            && house.known("F3", "2026-11-20T10:00:00Z").await.is_none()
    );
    assert_eq!(house.undo(&outcome, "2026-11-20T10:00:00Z").await, None, "and not a second time");

    // The same file again is new again, and so is its undo.
    let again = house.ledger_file(&wrong, "2026-11-20T11:00:00Z").await;
    assert_eq!(counts(&again), [3, 3, 0, 0, 0]);
    assert_eq!(house.numbers("C1").await, ["F1", "F2", "F3"]);
    assert_eq!(house.paid("C1", "F3").await, [(date(2026, 4, 2), 7_000)]);
    assert_eq!(house.undo(&again, "2026-11-20T11:00:00Z").await, Some(unsaid(2, 1)), "in the very instant, too");
    assert_eq!(house.numbers("C1").await, ["F1", "F2"]);
    assert_eq!(
        house.ledger_file(&first, "2026-11-20T12:00:00Z").await.import,
        None,
        "what changes nothing has no number"
    );
}

#[tokio::test]
async fn the_dossier_of_before_and_after_has_the_file_and_has_it_not() {
    let house = House::new().await;
    house.ledger_file(&file(&["C1,F1,2026-03-01,2026-04-01,100.00,,"]), "2026-11-19T08:00:00Z").await;
    let outcome = house.ledger_file(&file(&["C1,F2,2026-10-01,2026-10-02,900.00,,"]), "2026-11-20T08:00:00Z").await;
    house.undo(&outcome, "2026-11-20T09:00:00Z").await.unwrap();
    let bought = |day| Some(day_number(day));
    assert_eq!(house.owed("C1", "2026-11-20T08:30:00Z").await, (100_000, 2, bought(date(2026, 10, 1))));
    assert_eq!(house.owed("C1", "2026-11-20T09:30:00Z").await, (10_000, 1, bought(date(2026, 3, 1))));
}

#[tokio::test]
async fn what_a_later_file_has_changed_is_left_and_told_unless_that_is_taken_back_first() {
    let house = House::new().await;
    let rows = ["C1,F1,2026-03-01,2026-04-01,100.00,,", "C1,F2,2026-03-01,2026-04-01,50.00,,"];
    let first = house.ledger_file(&file(&rows), "2026-11-20T08:00:00Z").await;
    let paid = file(&["C1,F1,2026-03-01,2026-04-01,100.00,2026-04-20,100.00"]);
    let second = house.ledger_file(&paid, "2026-11-20T09:00:00Z").await;
    let client = Some(house.client("C1").await.id);
    let kept = Left { why: Why::Kept, client, invoice: None, payment: None };
    let changed = Left { why: Why::ChangedSince, client, invoice: Some("F1".to_owned()), payment: None };

    let undone = house.undo(&first, "2026-11-20T10:00:00Z").await;
    assert_eq!(undone, Some(Unsaid { left: vec![changed, kept.clone()], ..unsaid(0, 1) }));
    assert_eq!(house.numbers("C1").await, ["F1"]);
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 4, 20), 10_000)]);

    let house = House::new().await;
    let (first, client) = (house.ledger_file(&file(&rows), "2026-11-20T08:00:00Z").await, house.client("C1").await.id);
    let later = house.ledger_file(&paid, "2026-11-20T09:00:00Z").await;
    assert_eq!((first.import, later.import), (Some(1), second.import));
    assert_eq!(house.undo(&later, "2026-11-20T10:00:00Z").await, Some(unsaid(1, 0)));
    let kept = Left { client: Some(client), ..kept };
    let undone = house.undo(&first, "2026-11-20T11:00:00Z").await;
    assert_eq!(undone, Some(Unsaid { left: vec![kept], ..unsaid(0, 2) }), "the later one first, then this one whole");
    assert_eq!(house.numbers("C1").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_of_clients_taken_back_describes_them_as_before_and_leaves_those_that_were_new() {
    let house = House::new().await;
    let clients = options(Content::Clients, None);
    house.import("clients.csv", "client,name,credit_limit\nC1,Alfa,100\nC2,Beta,\n", &clients).await;
    let wrong = "client,name,credit_limit\nC1,Omega,900\nC2,Beta,700\nC3,Gamma,\n";
    let outcome = house.import("clients.csv", wrong, &clients).await;
    house.import("clients.csv", "client,name,credit_limit\nC2,Beta,800\n", &clients).await;
    let after = now() + SignedDuration::from_hours(1);
    let undone = house.undo(&outcome, &after.to_string()).await.unwrap();
    let left = |why, client| Left { why, client: Some(client), invoice: None, payment: None };
    let expected = [left(Why::ChangedSince, house.client("C2").await.id), left(Why::Kept, house.client("C3").await.id)];
    assert_eq!((undone.restored, undone.withdrawn, undone.left.as_slice()), (1, 0, &expected[..]));
    let alfa = house.client("C1").await;
    assert_eq!((alfa.facts.who.name.as_str(), alfa.facts.credit_limit.unwrap().minor()), ("Alfa", 10_000));
    assert_eq!(house.client("C2").await.facts.credit_limit.unwrap().minor(), 80_000);
    let believed = house.store.facts().client_known(alfa.id, now()).await.unwrap().unwrap();
    assert_eq!(believed.facts.who.name, "Omega", "as it was known until then");
}

#[tokio::test]
async fn payments_taken_back_leave_their_invoices_open_and_can_be_brought_again() {
    let house = House::new().await;
    let ledger = file(&["C1,F1,2026-03-01,2026-04-01,100.00,,", "C1,F2,2026-03-01,2026-04-01,50.00,,"]);
    house.ledger_file(&ledger, "2026-05-01T08:00:00Z").await;
    let payments = options(Content::Payments, None);
    let told = "client,invoice,paid_on,amount\nC1,F1,2026-04-20,30.00\nC1,F2,2026-04-20,50.00\n";
    let outcome = house.pay(told, &payments).await.0;
    assert_eq!(house.undo(&outcome, "2026-11-20T09:00:00Z").await, Some(unsaid(2, 2)));
    assert_eq!((house.paid("C1", "F1").await, house.paid("C1", "F2").await), (vec![], vec![]));
    let facts = house.store.facts();
    let all: Vec<_> = facts.portfolios().await.unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(facts.payments(&all, None, 0, 9).await.unwrap(), [], "nobody is shown them");
    assert_eq!(house.known("F1", "2026-11-20T08:30:00Z").await.unwrap().line.paid_minor, 3_000);

    let again = house.pay(told, &payments).await.0;
    assert_eq!(counts(&again), [2, 2, 0, 0, 0]);
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 4, 20), 3_000)]);
    let booked = facts.payments(&all, Some(PaymentState::Booked), 0, 9).await.unwrap();
    assert_eq!((booked.len(), booked[0].undone.len()), (2, 1), "and what was believed of them stays");
    // Another payment on one of the invoices since: it stays, and so does what the file booked there.
    house.pay("client,invoice,paid_on,amount\nC1,F1,2026-05-20,10.00\n", &payments).await;
    let undone = house.undo(&again, "2026-11-20T10:00:00Z").await.unwrap();
    assert_eq!((undone.restored, undone.withdrawn, undone.left.len()), (1, 1, 2), "{:?}", undone.left);
    assert_eq!(house.paid("C1", "F1").await.iter().map(|(_, minor)| minor).sum::<i64>(), 4_000);
}

#[tokio::test]
async fn a_credit_note_taken_back_gives_its_invoice_back_what_it_took_off() {
    let house = House::new().await;
    house.ledger_file(&file(&["C1,F1,2026-03-01,2026-04-01,100.00,,"]), "2026-05-01T08:00:00Z").await;
    let notes = "client,invoice,issued_on,due_on,amount,kind,refers_to\nC1,N1,2026-03-20,,40.00,credit_note,F1\n";
    let outcome = house.ledger_file(notes, "2026-11-20T08:00:00Z").await;
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 3, 20), 4_000)]);
    assert_eq!(house.undo(&outcome, "2026-11-20T09:00:00Z").await, Some(unsaid(1, 1)));
    assert_eq!((house.paid("C1", "F1").await, house.numbers("C1").await), (vec![], vec!["F1".to_owned()]));
    house.ledger_file(notes, "2026-11-20T10:00:00Z").await;
    assert_eq!(house.paid("C1", "F1").await, [(date(2026, 3, 20), 4_000)], "and takes it off again");
}

#[tokio::test]
async fn a_backfill_can_be_taken_back_and_is_noted_in_the_log_with_it() {
    let house = House::new().await;
    let backfill = Options { backfill: true, ..creating() };
    let outcome =
        house.import("ledger.csv", file(&["C1,F1,2026-03-01,2026-04-01,100.00,2026-05-05,100.00"]), &backfill).await;
    house.undo(&outcome, "2026-11-20T09:00:00Z").await.unwrap();
    assert_eq!(house.numbers("C1").await, Vec::<String>::new());
    assert!(
        house.known("F1", "2026-04-01T00:00:00Z").await.is_some(),
        "it counts as known since its day until it is taken back"
    );
    let log = house.store.audit().rows(0, 9).await.unwrap();
    assert_eq!(log.last().unwrap().what, "import.undone");
    let portfolio = house.client("C1").await.portfolio;
    let imports = house.store.facts().imports(&[portfolio], i64::MAX, 9).await.unwrap();
    assert!(imports[0].undone.is_some() && !imports[0].can_be_undone(at("2026-11-20T09:00:00Z")));
    let right = file(&["C1,F1,2026-03-01,2026-04-01,120.00,2026-05-05,20.00"]);
    house.import("right.csv", right, &backfill).await;
    let known = house.known("F1", "2026-11-20T10:00:00Z").await.unwrap();
    assert_eq!(known.line.amount.minor(), 12_000);
    assert!(known.line.known_at >= at("2026-11-20T09:00:00Z"), "what is brought again counts since it was taken back");
}

#[tokio::test]
async fn to_the_version_before_what_was_taken_back_is_nothing_that_it_does_not_know() {
    let house = House::new().await;
    house.ledger_file(&file(&["C1,F1,2026-03-01,2026-04-01,100.00,,"]), "2026-05-01T08:00:00Z").await;
    let told = "client,invoice,paid_on,amount\nC1,F1,2026-04-20,30.00\n";
    let outcome = house.pay(told, &options(Content::Payments, None)).await.0;
    house.undo(&outcome, "2026-11-20T09:00:00Z").await.unwrap();
    let mut file =
        SqliteConnectOptions::new().filename(house.folder.path().join("vedetta.db")).connect().await.unwrap();
    let states: Vec<String> = query_scalar("select state from payment").fetch_all(&mut file).await.unwrap();
    assert_eq!(states, ["dismissed"]);
}

#[tokio::test]
async fn what_a_file_wrote_is_forgotten_after_a_day_and_the_file_stays_in_the_list() {
    let house = House::new().await;
    let outcome = house.ledger_file(&file(&["C1,F1,2026-03-01,2026-04-01,100.00,,"]), "2026-11-20T08:00:00Z").await;
    let facts = house.store.facts();
    let is_noted = async || facts.import(outcome.import.unwrap()).await.unwrap().unwrap().is_noted;
    facts.forget_imports(at("2026-11-21T07:59:59Z")).await.unwrap();
    assert!(is_noted().await);
    facts.forget_imports(at("2026-11-21T08:00:00Z")).await.unwrap();
    assert!(!is_noted().await);
}

#[tokio::test]
async fn an_erased_person_is_in_no_files_name_and_in_nothing_that_a_file_wrote() {
    let house = House::new().await;
    let clients = options(Content::Clients, None);
    let table = "client,name\nC1,Officina Roverella\nC2,Beta\n";
    house.import("Officina Roverella e Beta.csv", table, &clients).await;
    let ledger = file(&["C1,F1,2026-03-01,2026-04-01,100.00,,", "C2,F2,2026-03-01,2026-04-01,50.00,,"]);
    let outcome = house.ledger_file(&ledger, "2026-11-20T08:00:00Z").await;
    let (person, portfolio) = (house.client("C1").await.id, house.client("C1").await.portfolio);
    let note = Entry { who: "anna", what: "client.erased", object: "", details: "{}" };
    let facts = house.store.facts();
    facts.erase(person, note, at("2026-11-20T09:00:00Z")).await.unwrap().unwrap();
    let names: Vec<_> = facts.imports(&[portfolio], i64::MAX, 9).await.unwrap().into_iter().map(|i| i.name).collect();
    assert_eq!(names, ["ledger.csv", "erased 1"]);
    for import in 1..=2 {
        let brought = facts.brought(import).await.unwrap();
        let clients = brought.clients.iter().map(|(client, _)| *client);
        let all: Vec<_> = clients.chain(brought.invoices.iter().map(|(client, ..)| *client)).collect();
        assert_eq!(all, [house.client("C2").await.id]);
    }
    assert_eq!(house.undo(&outcome, "2026-11-20T10:00:00Z").await, Some(unsaid(0, 1)));
}
