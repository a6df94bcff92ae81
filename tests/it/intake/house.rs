//! A store of one's own, and the ledger that lies in it.

use jiff::{
    Timestamp,
    civil::{Date, date},
};
use vedetta::{
    domain::{AsOf, Client, Instalment, LedgerLine, instalments},
    extract::View,
    intake::{Content, Matched, Options, Outcome, import, import_payments},
    store::{LedgerRow, Payment, PaymentState, Store},
};

use super::options;

/// A store in a folder that goes away.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) folder: tempfile::TempDir,
}

/// An instant.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The instant at which most of these tests import.
pub(crate) fn now() -> Timestamp {
    at("2026-11-20T08:00:00Z")
}

/// What a test says of counts: accepted, changed, unchanged, rejected, created.
pub(crate) fn counts(outcome: &Outcome) -> [u64; 5] {
    [outcome.accepted, outcome.changed, outcome.unchanged, outcome.rejected, outcome.created_clients]
}

/// Where each refused row stood, and why.
pub(crate) fn codes(outcome: &Outcome) -> Vec<(u64, &str, &str)> {
    outcome.rejects.iter().map(|r| (r.line, r.column.as_str(), r.code)).collect()
}

/// How most of these tests import invoices.
pub(crate) fn creating() -> Options {
    Options { create_clients: true, ..options(Content::Invoices, None) }
}

impl House {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("vedetta.db").display());
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        Self { store, folder }
    }

    pub(crate) async fn import(&self, name: &str, bytes: impl AsRef<[u8]>, options: &Options) -> Outcome {
        import(&self.store, name, bytes.as_ref(), options, now(), &|_, _| {}).await.unwrap()
    }

    pub(crate) async fn refusal(&self, name: &str, bytes: impl AsRef<[u8]>, options: &Options) -> String {
        import(&self.store, name, bytes.as_ref(), options, now(), &|_, _| {}).await.unwrap_err().to_string()
    }

    /// Imports a table of invoices at an instant.
    pub(crate) async fn ledger_file(&self, csv: &str, instant: &str) -> Outcome {
        import(&self.store, "ledger.csv", csv.as_bytes(), &creating(), at(instant), &|_, _| {}).await.unwrap()
    }

    /// Imports payments: a table or a bank's file.
    pub(crate) async fn pay(&self, file: impl Into<Vec<u8>>, options: &Options) -> (Outcome, Option<Matched>) {
        let file = std::io::Cursor::new(file.into());
        import_payments(&self.store, "payments", file, options, now(), &|_, _| {}).await.unwrap()
    }

    /// What a client owes by what was known at an instant of 20 November 2026, minor units, in how many invoices, and when it
    /// last bought.
    pub(crate) async fn owed(&self, code: &str, known_at: &str) -> (i64, usize, Option<i32>) {
        let as_of = AsOf { valid_at: date(2026, 11, 20), known_at: at(known_at) };
        let dossier = self.store.dossiers().of(self.client(code).await.id, as_of.known_at).await.unwrap();
        let markets = self.store.dossiers().sector_context().await.unwrap();
        let found = View::new(&dossier, &markets, as_of).receivables();
        (found.items.iter().map(|item| item.open_minor).sum(), found.items.len(), found.last_bought)
    }

    pub(crate) async fn client(&self, code: &str) -> Client {
        let portfolio = self.store.facts().portfolio(&"acme".parse().unwrap()).await.unwrap();
        self.store.facts().client(portfolio, &code.parse().unwrap()).await.unwrap().unwrap()
    }

    /// The newest revision of each of a client's invoices, by number.
    pub(crate) async fn rows(&self, code: &str) -> Vec<LedgerRow> {
        let mut rows = self.store.facts().ledger(self.client(code).await.id).await.unwrap();
        rows.sort_by(|a, b| a.number.cmp(&b.number));
        rows
    }

    /// What was paid on an invoice, as it is known now.
    pub(crate) async fn paid(&self, code: &str, number: &str) -> Vec<(Date, i64)> {
        let rows = self.store.facts().revisions(self.client(code).await.id).await.unwrap();
        let lines: Vec<LedgerLine> = rows.iter().filter(|r| r.number == number).map(|r| r.line).collect();
        let of = |part: Instalment| (part.on, part.minor);
        instalments(&lines, Timestamp::MAX).into_iter().map(of).collect()
    }

    /// Payments that wait for a person.
    pub(crate) async fn waiting(&self) -> Vec<Payment> {
        let all: Vec<_> = self.store.facts().portfolios().await.unwrap().into_iter().map(|(id, _)| id).collect();
        self.store.facts().payments(&all, Some(PaymentState::Review), 0, 1_000_000).await.unwrap()
    }
}
