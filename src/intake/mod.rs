//! Files and API bodies in; clients and ledger entries out.
//!
//! Reading ([`read()`]) is pure: bytes and options in, good rows and rejects out. Writing is thin: it finds the clients,
//! gives each fact its two clocks, and hands rows to the store in transactions of some thousand. The bytes themselves are
//! archived first, so that every ledger line can be traced to what was read.
//!
//! # Why
//!
//! *Why are rows refused one by one, and not the file?* A ledger of a hundred thousand lines always has a few that are
//! broken; refusing all of them for one leaves a lookout blind. Every row is accounted for: accepted and rejected add up to
//! the rows of the file, and `FILE.rejected.csv` holds the others as they came.
//!
//! *What makes a row unusable?* Whatever would make it say something false: a wrong check digit in a tax number (it would
//! tie the client to another company's record), an amount that is not above zero, a day that is none, the same invoice twice
//! with different content. An invoice that falls due before it was issued, or was paid before, is odd but happens
//! (prepayment), and is taken. The same row twice, word for word, is one row and counts as unchanged.
//!
//! *Why is a map's column that is not there an error?* Because a slip in the name of the payment column would make every
//! client look like one who never pays. A map that serves several exports lists alternatives, and then absence is only noted.

mod amount;
mod check;
mod decode;
mod input;
mod map;
mod read;
mod records;
mod write;

use std::sync::Arc;

use jiff::Timestamp;

pub use check::{ClientDraft, Dialect, InvoiceDraft, Refusal};
pub use input::{Cell, ClientInput, InvoiceInput};
pub use map::Map;
pub use read::{MAX_FILE, Origin, Reading, Rows, read};

use crate::{
    domain::{BatchId, PortfolioId, PortfolioName, Sha256},
    store::{BatchRow, Store},
};
use read::Source;
use write::Writer;

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The column map is wrong.
    #[error("map: {0}")]
    Map(String),
    /// The file as a whole is wrong (no header, a required column is missing, too large).
    #[error("{file}: {why}")]
    File {
        /// Its name.
        file: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// `import clients`.
    Clients,
    /// `import invoices`.
    Invoices,
}

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the file holds.
    pub content: Content,
    /// Whose book it goes to.
    pub portfolio: PortfolioName,
    /// The map's TOML, when there is one.
    pub map: Option<String>,
    /// Each fact counts as known on the day it happened.
    pub backfill: bool,
    /// An unknown code creates the client.
    pub create_clients: bool,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Line in the file, from 1 (the header is 1); in a request, the place of the item, from 1.
    pub line: u64,
    /// The file's own column name; empty when the row as a whole is wrong.
    pub column: String,
    /// As it came.
    pub value: String,
    /// Stable: `missing`, `bad_date`, `bad_amount`, `unknown_client`…
    pub code: &'static str,
    /// A sentence.
    pub reason: String,
    /// The row as it came, for `FILE.rejected.csv`.
    pub row: Vec<String>,
}

/// What an import did, or would do. Accepted and rejected add up to the rows read.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Rows taken: new, changed or unchanged.
    pub accepted: u64,
    /// New, or different from what was known.
    pub changed: u64,
    /// Said before.
    pub unchanged: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Clients that were not there before.
    pub created_clients: u64,
    /// All of them, by line.
    pub rejects: Vec<Reject>,
    /// What was detected about the file (delimiter, encoding, decimal), and the columns ignored.
    pub notes: Vec<String>,
    /// The header, for `FILE.rejected.csv`.
    pub header: Vec<String>,
}

/// Reads a file (or a request's body) and writes what is good; `name` is the file's name for messages and evidence.
/// `progress` is told how many rows are written, of how many. A dry run gives the same outcome and writes nothing.
pub async fn import(
    store: &Store,
    name: &str,
    bytes: &[u8],
    options: &Options,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let bytes: Arc<[u8]> = bytes.into();
    let reading = {
        let (name, bytes, options) = (name.to_owned(), Arc::clone(&bytes), options.clone());
        blocking(move || read(&name, &bytes, &options)).await?
    };
    let (portfolio, batch) = if options.dry_run {
        let all = store.facts().portfolios().await?;
        (all.into_iter().find(|(_, n)| *n == options.portfolio).map(|(id, _)| id), BatchId::new(0))
    } else {
        let batch = archive(store, name, bytes, now).await?;
        (Some(store.facts().portfolio(&options.portfolio).await?), batch)
    };
    let writer = Writer {
        store,
        portfolio,
        batch,
        now,
        backfill: options.backfill,
        create_clients: options.create_clients,
        dry_run: options.dry_run,
        progress,
    };
    write(&writer, reading).await
}

/// Writes clients that came in a request's body; `request` is that body, kept as evidence, and `name` its path.
pub async fn put_client_inputs(
    store: &Store,
    portfolio: PortfolioId,
    name: &str,
    inputs: &[ClientInput],
    request: &[u8],
    now: Timestamp,
) -> Result<Outcome, Error> {
    let (rows, rejects) = checked(inputs, |input| Dialect::default().client(input));
    put(store, portfolio, name, Reading { rows: Rows::Clients(rows), rejects, ..Reading::default() }, request, now)
        .await
}

/// Writes invoices that came in a request's body; their clients must be known.
pub async fn put_invoice_inputs(
    store: &Store,
    portfolio: PortfolioId,
    name: &str,
    inputs: &[InvoiceInput],
    request: &[u8],
    now: Timestamp,
) -> Result<Outcome, Error> {
    let (rows, rejects) = checked(inputs, |input| Dialect::default().invoice(input, false));
    put(store, portfolio, name, Reading { rows: Rows::Invoices(rows), rejects, ..Reading::default() }, request, now)
        .await
}

/// The rejects as a CSV file: the row as it came, then `line,column,code,reason`. Short rows are filled up to the header.
pub fn rejected_csv(outcome: &Outcome) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let extra = ["line", "column", "code", "reason"].map(str::to_owned);
    let header: Vec<String> = outcome.header.iter().cloned().chain(extra).collect();
    let rows = outcome.rejects.iter().map(|reject| {
        let mut row = reject.row.clone();
        row.resize(row.len().max(outcome.header.len()), String::new());
        row.extend([reject.line.to_string(), reject.column.clone(), reject.code.to_owned(), reject.reason.clone()]);
        row
    });
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(&row).expect("a growing vector takes every record");
    }
    writer.into_inner().expect("a growing vector can be flushed")
}

async fn put(
    store: &Store,
    portfolio: PortfolioId,
    name: &str,
    reading: Reading,
    request: &[u8],
    now: Timestamp,
) -> Result<Outcome, Error> {
    let batch = archive(store, name, request.into(), now).await?;
    let writer = Writer {
        store,
        portfolio: Some(portfolio),
        batch,
        now,
        backfill: false,
        create_clients: false,
        dry_run: false,
        progress: &|_, _| {},
    };
    write(&writer, reading).await
}

fn checked<I, D>(inputs: &[I], check: impl Fn(&I) -> Result<D, Refusal>) -> (Vec<(Origin, D)>, Vec<Reject>) {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for (line, input) in (1..).zip(inputs) {
        let origin = Origin { line, start: 0 };
        match check(input) {
            Ok(draft) => rows.push((origin, draft)),
            Err(refusal) => rejects.push(Source::default().reject(origin, refusal)),
        }
    }
    (rows, rejects)
}

async fn write(writer: &Writer<'_>, reading: Reading) -> Result<Outcome, Error> {
    let Reading { rows, rejects, notes, header, n_repeated, source } = reading;
    let mut outcome = Outcome { rejects, notes, header, unchanged: n_repeated, ..Outcome::default() };
    match rows {
        Rows::Clients(rows) => writer.clients(rows, &mut outcome).await?,
        Rows::Invoices(rows) => writer.invoices(rows, &source, &mut outcome).await?,
    }
    outcome.rejects.sort_by_key(|r| r.line);
    outcome.rejected = outcome.rejects.len() as u64;
    outcome.accepted = outcome.changed + outcome.unchanged;
    Ok(outcome)
}

/// Keeps the bytes and notes them as evidence, before anything is written that rests on them.
async fn archive(store: &Store, name: &str, bytes: Arc<[u8]>, now: Timestamp) -> Result<BatchId, Error> {
    let archive = store.archive().clone();
    let sha256: Sha256 = blocking(move || archive.put(&bytes)).await?;
    Ok(store.facts().batch(&BatchRow { name: name.to_owned(), seen_at: now, sha256 }).await?)
}

/// Runs what takes long on a thread that may wait.
async fn blocking<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(gone) => match gone.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down and has dropped the work: so will this future be.
            Err(_) => std::future::pending().await,
        },
    }
}
