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
mod binding;
mod booking;
mod check;
mod claim;
mod decode;
mod element;
mod exchange;
mod fattura;
mod headings;
mod input;
mod inputs;
mod map;
mod notes;
mod order;
mod paid;
mod read;
mod records;
mod revise;
mod settle;
mod undo;
pub mod workbook;
mod write;

use std::{
    io::{self, BufRead, Read},
    path::Path,
    sync::Arc,
};

use jiff::{Timestamp, civil::Date};

pub use bank::Matched;
pub use check::{ClientDraft, Dialect, InvoiceDraft, Refusal};
pub use headings::{Heading, Headings, columns, headings};
pub use input::{Cell, ClientInput, InvoiceInput, PaymentInput};
pub use inputs::{put_client_inputs, put_invoice_inputs};
pub use map::Map;
pub use order::{Content, LEGAL_TERMS_DAYS, Options, Outcome, Reject, rejected_csv};
pub use paid::PaymentDraft;
pub use read::{MAX_FILE, Origin, Reading, Rows, read};
pub use undo::{Left, Unsaid, Why, undo_import};

use crate::{
    domain::{BatchId, Creditor, PortfolioId, Sha256},
    store::{BatchRow, Entry, NewImport, Payment, PaymentDecision, PaymentState, Store, bringing},
};
use fattura::Package;
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

/// How far into a file that is called a workbook, and is none, one looks for what is no text.
const TEXT_HEAD_BYTES: usize = 4_096;

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
        return import_package(store, (name, package), options, now, progress).await;
    }
    let bytes: Arc<[u8]> = bytes.into();
    let (reading, kept) = {
        let (name, options) = (name.to_owned(), options.clone());
        blocking(move || read_any(&name, bytes, &options)).await?
    };
    let portfolio = portfolio_of(store, options).await?;
    let batch = if options.dry_run { BatchId::new(0) } else { archive(store, name, kept, now).await? };
    let writer = writer(store, (portfolio, batch), options, now, progress);
    let done = numbered(&writer, (name, options.content), async { Ok((write(&writer, reading).await?, ())) }).await?;
    Ok(done.0)
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
    let name = folder.file_name().map_or(file, |name| name.to_string_lossy().into_owned());
    import_package(store, (&name, package), options, now, progress).await
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
    let mut banking = writer(store, (portfolio, BatchId::new(0)), options, now, progress);
    let outer = writer(store, (portfolio, BatchId::new(0)), options, now, progress);
    let (outcome, matched) =
        numbered(&outer, (name, Content::Payments), bank::import(&mut banking, name, file)).await?;
    Ok((outcome, Some(matched)))
}

/// Books a payment that waits, or what is left of one, on invoices that a person names, or dismisses it when there are none;
/// `note` is for the audit log.
pub async fn decide_payment(
    store: &Store,
    payment: &Payment,
    note: &Entry<'_>,
    now: Timestamp,
) -> Result<PaymentDecision, Error> {
    let booked = writer_of(store, payment, now).rows_booked(payment).await?;
    if booked.is_too_much {
        let known = store.facts().payment(payment.id).await?;
        let waits = known.is_some_and(|known| matches!(known.state, PaymentState::Review | PaymentState::PartlyBooked));
        return Ok(if waits { PaymentDecision::Overtaken } else { PaymentDecision::Late });
    }
    Ok(store.facts().decide_payment(payment, (&booked.rows, &booked.basis), note, now).await?)
}

/// Takes the booking of a payment back, which waits again with its `candidates`; `payment.parts` is what it is booked on, and
/// `note` is for the audit log.
pub async fn undo_payment(
    store: &Store,
    payment: &Payment,
    note: &Entry<'_>,
    now: Timestamp,
) -> Result<PaymentDecision, Error> {
    let undone = writer_of(store, payment, now).rows_undone(payment).await?;
    let waiting = Payment { state: PaymentState::Review, ..payment.clone() };
    Ok(store.facts().undo_payment((&waiting, None), (&undone.rows, &undone.basis), note, now).await?)
}

/// Who writes what a person says of a payment.
fn writer_of<'a>(store: &'a Store, payment: &Payment, now: Timestamp) -> Writer<'a> {
    Writer {
        store,
        portfolio: Some(payment.portfolio),
        batch: payment.batch,
        now,
        backfill: false,
        create_clients: false,
        dry_run: false,
        progress: &|_, _| {},
    }
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
    (name, package): (&str, Package),
    options: &Options,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let portfolio = portfolio_of(store, options).await?;
    let reading = exchange::read(store, portfolio, package, options, now).await?;
    let writer = writer(store, (portfolio, BatchId::new(0)), options, now, progress);
    let done = numbered(&writer, (name, options.content), async { Ok((write(&writer, reading).await?, ())) }).await?;
    Ok(done.0)
}

/// Does the work of an import under a number of its own, so that it can be taken back; a dry run has none, and one that
/// changed nothing keeps none.
async fn numbered<T>(
    writer: &Writer<'_>,
    (name, content): (&str, Content),
    work: impl Future<Output = Result<(Outcome, T), Error>>,
) -> Result<(Outcome, T), Error> {
    let Some(portfolio) = writer.portfolio.filter(|_| !writer.dry_run) else { return work.await };
    let facts = writer.store.facts();
    let import = facts.begin_import(&NewImport { portfolio, kind: content.word(), name, at: writer.now }).await?;
    let done = bringing(import, work).await;
    let ended = facts.end_import(import, done.as_ref().map_or(0, |(outcome, _)| outcome.accepted)).await;
    let (mut outcome, rest) = done?;
    outcome.import = ended?.then_some(import);
    Ok((outcome, rest))
}

/// A table's rows, and what of it is kept as evidence: its bytes, and of a workbook the rows that were read.
fn read_any(name: &str, bytes: Arc<[u8]>, options: &Options) -> Result<(Reading, Arc<[u8]>), Error> {
    if !workbook::is_one(&bytes) {
        let is_old = bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
        // Text has no such bytes; what is text is read as such, whatever it is called.
        let is_text = bytes.iter().take(TEXT_HEAD_BYTES).all(|byte| *byte >= b'\t');
        if name.to_ascii_lowercase().ends_with(".xlsx") && !is_text && !is_old {
            let why = "is called .xlsx and is no workbook: it does not begin as one; save it again, or send it as CSV";
            return Err(Error::File { file: name.to_owned(), why: why.to_owned() });
        }
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

/// The creditor that an electronic invoice names as its seller, and the day of the invoice.
pub fn seller_of(xml: &[u8]) -> Option<(Creditor, Date)> {
    let (seller, on) = fattura::seller_of(xml)?;
    Some((seller.creditor?, on))
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
