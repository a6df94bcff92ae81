use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{Timestamp, civil::date};
use vedetta::{
    domain::{ClientCode, PortfolioName},
    intake::{self, ClientInput, Content, InvoiceInput, Options, import},
    store::Store,
};

use super::options;

const CLIENTS: &str = "client,name,country\nC1,Meccanica Valdossa S.r.l.,IT\nC2,Orsatelli & Figli S.n.c.,IT\n";
const LEDGER: &str = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount\n\
    C1,F1,2026-01-10,2026-02-10,100.00,2026-02-20,\n\
    C1,F2,2026-03-10,2026-04-10,50.00,,20.00\n\
    C9,F1,2026-03-11,2026-04-11,70.00,,\n";

struct House {
    store: Store,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = crate::stores::address(&folder.path().join("vedetta.db"));
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        Self { store, _folder: folder }
    }

    async fn import(&self, file: &str, options: &Options, now: &str) -> intake::Outcome {
        import(&self.store, "file.csv", file.as_bytes(), options, at(now), &|_, _| {}).await.unwrap()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn counts(outcome: &intake::Outcome) -> [u64; 5] {
    [outcome.accepted, outcome.changed, outcome.unchanged, outcome.rejected, outcome.created_clients]
}

#[tokio::test]
async fn importing_twice_changes_nothing_even_on_another_day() {
    let house = House::new().await;
    let clients = options(Content::Clients, None);
    assert_eq!(counts(&house.import(CLIENTS, &clients, "2026-05-01T08:00:00Z").await), [2, 2, 0, 0, 2]);
    assert_eq!(counts(&house.import(CLIENTS, &clients, "2026-05-02T08:00:00Z").await), [2, 0, 2, 0, 0]);
    let ledger = options(Content::Invoices, None);
    let first = house.import(LEDGER, &ledger, "2026-05-02T09:00:00Z").await;
    assert_eq!(counts(&first), [2, 2, 0, 1, 0]);
    assert_eq!((first.rejects[0].line, first.rejects[0].code), (4, "unknown_client"));
    assert_eq!(first.rejects[0].row[0], "C9");
    let again = house.import(LEDGER, &ledger, "2026-05-09T09:00:00Z").await;
    assert_eq!(counts(&again), [2, 0, 2, 1, 0], "the day assumed for the part payment stays");
    let paid = LEDGER.replace("50.00,,20.00", "50.00,2026-05-08,");
    assert_eq!(counts(&house.import(&paid, &ledger, "2026-05-09T10:00:00Z").await), [2, 1, 1, 1, 0]);
}

#[tokio::test]
async fn a_dry_run_says_what_the_import_will_do_and_writes_nothing() {
    let house = House::new().await;
    let real = Options { create_clients: true, ..options(Content::Invoices, None) };
    let dry = Options { dry_run: true, ..real.clone() };
    let now = "2026-05-02T09:00:00Z";
    let plan = counts(&house.import(LEDGER, &dry, now).await);
    assert_eq!(house.store.facts().portfolios().await.unwrap(), []);
    assert_eq!(house.store.facts().n_clients().await.unwrap(), 0);
    assert_eq!(plan, counts(&house.import(LEDGER, &real, now).await));
    assert_eq!(counts(&house.import(LEDGER, &dry, now).await), [3, 0, 3, 0, 0]);
}

#[tokio::test]
async fn in_a_backfill_each_fact_is_known_on_the_day_it_happened() {
    let house = House::new().await;
    let backfill = Options { backfill: true, create_clients: true, ..options(Content::Invoices, None) };
    house.import(LEDGER, &backfill, "2026-05-02T09:00:00Z").await;
    let portfolio = house.store.facts().portfolio(&"acme".parse::<PortfolioName>().unwrap()).await.unwrap();
    let code: ClientCode = "C1".parse().unwrap();
    let client = house.store.facts().client(portfolio, &code).await.unwrap().unwrap();
    assert_eq!(client.known_at, at("2026-01-10T00:00:00Z"));
    let ledger = house.store.facts().ledger(client.id).await.unwrap();
    let line = |number: &str| ledger.iter().find(|r| r.number == number).unwrap().line;
    assert_eq!(line("F1").known_at, at("2026-01-10T00:00:00Z"));
    assert_eq!(line("F1").paid_known_at, Some(at("2026-02-20T00:00:00Z")));
    assert_eq!((line("F2").paid_on, line("F2").paid_minor), (Some(date(2026, 5, 2)), 2_000));
    assert_eq!(line("F2").paid_known_at, Some(at("2026-05-02T09:00:00Z")));
}

#[tokio::test]
async fn in_a_backfill_what_has_no_day_of_its_own_is_known_since_the_import() {
    let house = House::new().await;
    let file = "client,name,country,since,active,credit_limit\nC1,Valdossa S.r.l.,IT,2024-03-01,false,5000\n";
    let backfill = Options { backfill: true, ..options(Content::Clients, None) };
    let now = "2026-05-02T09:00:00Z";
    assert_eq!(counts(&house.import(file, &backfill, now).await), [1, 1, 0, 0, 1]);
    assert_eq!(counts(&house.import(file, &backfill, now).await), [1, 0, 1, 0, 0], "the same file says nothing new");
    let portfolio = house.store.facts().portfolio(&"acme".parse::<PortfolioName>().unwrap()).await.unwrap();
    let client = house.store.facts().client(portfolio, &"C1".parse::<ClientCode>().unwrap()).await.unwrap().unwrap();
    let dossier = house.store.dossiers().of(client.id, jiff::Timestamp::MAX).await.unwrap();
    let told: Vec<_> = dossier.versions.iter().map(|v| (v.known_at, v.is_active, v.credit_limit.is_some())).collect();
    assert_eq!(told, [(at("2024-03-01T00:00:00Z"), None, false), (at(now), Some(false), true)]);
    assert!(dossier.versions.iter().all(|v| v.country.is_some()), "who it is was so from its first day");
}

#[tokio::test]
async fn the_bytes_that_were_read_are_kept_as_evidence() {
    let house = House::new().await;
    let done = AtomicU64::new(0);
    let options = options(Content::Clients, None);
    let progress = |rows, _| done.store(rows, Ordering::Relaxed);
    import(&house.store, "clients.csv", CLIENTS.as_bytes(), &options, at("2026-05-01T08:00:00Z"), &progress)
        .await
        .unwrap();
    assert_eq!(done.load(Ordering::Relaxed), 2);
    let name = vedetta::domain::Sha256::of(CLIENTS.as_bytes());
    assert_eq!(house.store.archive().get(&name).unwrap().unwrap(), CLIENTS.as_bytes());
}

#[tokio::test]
async fn items_of_a_request_are_checked_as_rows_of_a_file_are() {
    let house = House::new().await;
    let portfolio = house.store.facts().portfolio(&"acme".parse().unwrap()).await.unwrap();
    let body = br#"[{"client":"C1","name":"Valdossa","credit_limit":1000.5},{"client":"C2"}]"#;
    let inputs: Vec<ClientInput> = serde_json::from_slice(body).unwrap();
    let now = at("2026-05-01T08:00:00Z");
    let outcome = intake::put_client_inputs(&house.store, portfolio, "/v1/clients", &inputs, body, now).await.unwrap();
    assert_eq!(counts(&outcome), [1, 1, 0, 1, 1]);
    assert_eq!((outcome.rejects[0].line, outcome.rejects[0].code), (2, "missing"));
    let body = br#"[{"client":"C1","invoice":"F1","issued_on":"2026-01-01","amount":12.34},{"client":"C7","invoice":"F1","issued_on":"2026-01-01","amount":"5"}]"#;
    let inputs: Vec<InvoiceInput> = serde_json::from_slice(body).unwrap();
    let outcome =
        intake::put_invoice_inputs(&house.store, portfolio, "/v1/invoices", &inputs, body, now).await.unwrap();
    assert_eq!(counts(&outcome), [1, 1, 0, 1, 0]);
    assert!(serde_json::from_slice::<Vec<ClientInput>>(br#"[{"klient":"C1"}]"#).is_err());
}

#[tokio::test]
async fn a_row_whose_year_is_most_likely_mistyped_is_named() {
    let house = House::new().await;
    let ledger = "client,invoice,issued_on,due_on,amount,paid_on\nC1,F1,2036-08-01,2036-09-01,100.00,\n\
        C1,F2,2026-04-01,2026-05-01,100.00,2036-05-01\nC1,F3,2026-05-20,2026-06-20,100.00,\n";
    let creating = Options { create_clients: true, ..options(Content::Invoices, None) };
    let outcome = house.import(ledger, &creating, "2026-05-01T08:00:00Z").await;
    let told: Vec<&str> = outcome.notes.iter().map(String::as_str).filter(|note| note.contains("far ahead")).collect();
    assert_eq!(
        told,
        [
            "line 2: invoice F1 is issued on 2036-08-01, far ahead: nothing counts of it until that day",
            "line 3: invoice F2 is said to be paid on 2036-05-01, far ahead: until then it is open"
        ]
    );
}
