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
//! *Why does a payment add a revision, and not change a sum?* A revision says what had been paid in all, and when the last of
//! it came: the payments are the differences, each with its own day and its own instant of knowledge, and whoever rates reads
//! one kind of line. Which bank entry or credit note a payment was, is kept beside, so that a file that knows of fewer
//! payments takes none of them back (`settle`).
//!
//! *Why is a map's column that is not there an error?* Because a slip in the name of the payment column would make every
//! client look like one who never pays. A map that serves several exports lists alternatives, and then absence is only noted.

mod amount;
mod bank;
mod check;
mod claim;
mod decode;
mod element;
mod exchange;
mod fattura;
mod headings;
mod input;
mod map;
mod notes;
mod paid;
mod read;
mod records;
mod revise;
mod settle;
pub mod workbook;
mod write;

use std::{
    io::{self, BufRead, Read},
    path::Path,
    sync::Arc,
};

use jiff::Timestamp;

pub use bank::Matched;
pub use check::{ClientDraft, Dialect, InvoiceDraft, Refusal};
pub use headings::{Heading, Headings, columns, headings};
pub use input::{Cell, ClientInput, InvoiceInput, PaymentInput};
pub use map::Map;
pub use paid::PaymentDraft;
pub use read::{MAX_FILE, Origin, Reading, Rows, read};

use crate::{
    domain::{BatchId, PortfolioId, PortfolioName, Sha256},
    store::{BatchRow, Payment, Store},
};
use fattura::Package;
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
    /// `import payments`, as a table.
    Payments,
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
    /// Days after its issue that an electronic invoice falls due on, when it names no day.
    pub terms_days: u16,
}

/// The terms where nothing else was agreed (D.Lgs. 231/2002, art. 4), days.
pub const LEGAL_TERMS_DAYS: u16 = 30;

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Which file, where many came at once; else empty.
    pub file: String,
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
    if let Some(package) = package_of(name, bytes, options).await? {
        return import_package(store, package, options, now, progress).await;
    }
    let bytes: Arc<[u8]> = bytes.into();
    let (reading, kept) = {
        let (name, options) = (name.to_owned(), options.clone());
        blocking(move || read_any(&name, bytes, &options)).await?
    };
    let portfolio = portfolio_of(store, options).await?;
    let batch = if options.dry_run { BatchId::new(0) } else { archive(store, name, kept, now).await? };
    let writer = writer(store, (portfolio, batch), options, now, progress);
    write(&writer, reading).await
}

/// Reads every electronic invoice of a folder and writes what is good, as [`import`] does of a file.
pub async fn import_folder(
    store: &Store,
    folder: &Path,
    options: &Options,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let file = folder.display().to_string();
    if options.content != Content::Invoices {
        return Err(Error::File { file, why: "is a folder; only invoices come in folders".to_owned() });
    }
    let path = folder.to_owned();
    let package =
        blocking(move || Package::folder(&path)).await.map_err(|why| Error::File { file: file.clone(), why })?;
    if package.len() == 0 {
        return Err(Error::File { file, why: "holds no electronic invoice (.xml or .p7m)".to_owned() });
    }
    import_package(store, package, options, now, progress).await
}

/// Reads what arrived, a bank's file or a table of payments, and books what is certain. A bank's file is read as it comes, however
/// large; a table is held in memory, and its outcome says nothing of matches.
pub async fn import_payments(
    store: &Store,
    name: &str,
    mut file: impl BufRead + Send + 'static,
    options: &Options,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(Outcome, Option<Matched>), Error> {
    let unreadable = |e: io::Error| Error::File { file: name.to_owned(), why: e.to_string() };
    if !bank::is_one(file.fill_buf().map_err(unreadable)?) {
        let mut bytes = Vec::new();
        file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        let options = Options { content: Content::Payments, ..options.clone() };
        return Ok((import(store, name, &bytes, &options, now, progress).await?, None));
    }
    let portfolio = portfolio_of(store, options).await?;
    let mut writer = writer(store, (portfolio, BatchId::new(0)), options, now, progress);
    let (outcome, matched) = bank::import(&mut writer, name, file).await?;
    Ok((outcome, Some(matched)))
}

/// Books a payment that waits on invoices that a person names, or dismisses it when there are none. False when it does not
/// wait any more.
pub async fn decide_payment(store: &Store, payment: &Payment, who: &str, now: Timestamp) -> Result<bool, Error> {
    let writer = Writer {
        store,
        portfolio: Some(payment.portfolio),
        batch: payment.batch,
        now,
        backfill: false,
        create_clients: false,
        dry_run: false,
        progress: &|_, _| {},
    };
    let rows = writer.rows_booked(payment).await?;
    Ok(store.facts().decide_payment(payment, &rows, who, now).await?)
}

/// The electronic invoices that a file is, or holds; none when it is a table.
async fn package_of(name: &str, bytes: &[u8], options: &Options) -> Result<Option<Package>, Error> {
    if options.content != Content::Invoices {
        return Ok(None);
    }
    if fattura::is_one(name, bytes) {
        return Ok(Some(Package::One(name.to_owned(), bytes.to_vec())));
    }
    if !workbook::is_one(bytes) || !fattura::is_zip_of_invoices(bytes) {
        return Ok(None);
    }
    let bytes = bytes.to_vec();
    let zip = blocking(move || Package::zip(bytes)).await;
    zip.map(Some).map_err(|why| Error::File { file: name.to_owned(), why })
}

async fn import_package(
    store: &Store,
    package: Package,
    options: &Options,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let portfolio = portfolio_of(store, options).await?;
    let reading = exchange::read(store, portfolio, package, options, now).await?;
    let writer = writer(store, (portfolio, BatchId::new(0)), options, now, progress);
    write(&writer, reading).await
}

/// A table's rows, and what of it is kept as evidence: its bytes, and of a workbook the rows that were read.
fn read_any(name: &str, bytes: Arc<[u8]>, options: &Options) -> Result<(Reading, Arc<[u8]>), Error> {
    if !workbook::is_one(&bytes) {
        return Ok((read(name, &bytes, options)?, bytes));
    }
    let map = options.map.as_deref().map_or_else(|| Ok(Map::default()), |toml| Map::parse(toml, options.content))?;
    let sheet = workbook::rows(&bytes, map.sheet.as_deref());
    let sheet = sheet.map_err(|why| Error::File { file: name.to_owned(), why })?;
    let kept = sheet.csv.as_slice().into();
    Ok((read::read_sheet(name, sheet, options, map)?, kept))
}

/// The portfolio that rows go to; a dry run makes none.
async fn portfolio_of(store: &Store, options: &Options) -> Result<Option<PortfolioId>, Error> {
    if !options.dry_run {
        return Ok(Some(store.facts().portfolio(&options.portfolio).await?));
    }
    let all = store.facts().portfolios().await?;
    Ok(all.into_iter().find(|(_, name)| *name == options.portfolio).map(|(id, _)| id))
}

fn writer<'a>(
    store: &'a Store,
    (portfolio, batch): (Option<PortfolioId>, BatchId),
    options: &Options,
    now: Timestamp,
    progress: &'a (dyn Fn(u64, u64) + Sync),
) -> Writer<'a> {
    Writer {
        store,
        portfolio,
        batch,
        now,
        backfill: options.backfill,
        create_clients: options.create_clients,
        dry_run: options.dry_run,
        progress,
    }
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
        Rows::Payments(rows) => writer.payments(rows, &source, &mut outcome).await?,
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

/// How many documents an electronic invoice gives, plain or signed, or why none. Stores nothing.
pub fn try_invoice(name: &str, bytes: &[u8]) -> Result<usize, String> {
    let sentence = |unreadable: fattura::Unreadable| format!("line {}: {}", unreadable.line, unreadable.reason);
    let xml = fattura::xml(name, bytes).map_err(sentence)?;
    let (documents, _) = fattura::documents(&xml, LEGAL_TERMS_DAYS).map_err(sentence)?;
    Ok(documents.len())
}

/// How many entries a bank's message gives, and how many of it are refused; or why it is none. Stores nothing.
pub fn try_statement(bytes: &[u8]) -> Result<(usize, usize), String> {
    bank::try_statement(bytes)
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
