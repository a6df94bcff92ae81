//! Electronic invoices into drafts of ledger rows: whose client each is for, and what it is called.

mod book;
mod sellers;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use self::{book::Book, sellers::Issuer};
use super::{
    Error, Options, Reject,
    check::InvoiceDraft,
    fattura::{self, Document, Package, Refused, Seller, Unreadable},
    read::{Origin, Reading, Rows},
};
use crate::{
    domain::{BatchId, ClientCode, PortfolioId},
    store::{BatchRow, Result, Store},
};

/// The code of a document that somebody else than the creditor issued.
const OTHER_SELLER: &str = "other_seller";
/// Sellers that are named where there should be one.
const MAX_NAMED: usize = 5;

/// What a file of the package gave: where it was kept, its documents and refusals.
struct File {
    name: String,
    batch: BatchId,
    documents: Vec<Result<Vec<Document>, Refused>>,
}

/// Every document of a package, each file kept as evidence before anything rests on it. A single file that cannot be read is
/// an error; one among many is a reject.
pub(super) async fn read(
    store: &Store,
    portfolio: Option<PortfolioId>,
    package: Package,
    options: &Options,
    now: Timestamp,
) -> Result<Reading, Error> {
    let mut book = Book::of(store, portfolio).await?;
    let issuer = Issuer::of(options.creditor.as_ref());
    let mut reading = Reading { header: vec!["file".to_owned(), "number".to_owned()], ..Reading::default() };
    let (mut sellers, mut rows, mut seen) = (BTreeMap::<String, String>::new(), Vec::new(), HashMap::new());
    let (n_files, mut package) = (package.len(), Some(package));
    for place in 0..n_files {
        let terms_days = options.terms_days;
        let mut taken = package.take().ok_or_else(|| Error::Map("the package is in use".to_owned()))?;
        let (back, name, read) = super::blocking(move || {
            let (name, bytes) = taken.file(place);
            let xml = bytes.and_then(|bytes| fattura::xml(&name, &bytes));
            let read = xml.and_then(|xml| fattura::documents(&xml, terms_days).map(|found| (xml, found)));
            Ok::<_, Error>((taken, name, read))
        })
        .await?;
        package = Some(back);
        match read {
            Err(Unreadable { line, code, reason }) if n_files == 1 => {
                return Err(Error::File { file: name, why: format!("line {line}: {reason} ({code})") });
            }
            Err(unreadable) => reading.rejects.push(of_file(name, unreadable)),
            Ok((xml, (documents, seller))) => {
                let issued = seller.map(|Seller { words, number, .. }| (words, number));
                let documents = of_issuer(documents, issued.as_ref(), &issuer);
                if documents
                    .iter()
                    .any(|document| !document.as_ref().is_err_and(|refused| refused.code == OTHER_SELLER))
                {
                    sellers.extend(issued);
                }
                let batch = kept(store, &name, xml, options.dry_run, now).await?;
                let file = File { name, batch, documents };
                take(&mut reading, &mut rows, (&mut book, &mut seen), file).await?;
            }
        }
    }
    // Only now every document has its name in the ledger, whichever stood first.
    for (_, draft) in &mut rows {
        book.resolve(draft);
    }
    one_seller(&sellers)?;
    if !sellers.is_empty() && !issuer.is_known() {
        let how = "name it in [creditors] of the configuration, and invoices that it received are refused";
        reading.notes.push(format!("whether that is the creditor is not checked, for nothing says who is: {how}"));
    }
    reading.notes.extend(sellers.into_keys().map(|words| format!("issued by: {words}")));
    if n_files > 1 {
        reading.notes.push(format!("files: {n_files}"));
    }
    reading.rows = Rows::Invoices(rows);
    Ok(reading)
}

/// Documents that somebody else than the creditor issued are no claims of its.
fn of_issuer(
    documents: Vec<Result<Vec<Document>, Refused>>,
    issued: Option<&(String, String)>,
    issuer: &Issuer,
) -> Vec<Result<Vec<Document>, Refused>> {
    let Some((words, number)) = issued else { return documents };
    let of = |body: Result<Vec<Document>, Refused>| {
        let document = body.as_ref().ok().and_then(|lines| lines.first());
        let refused =
            document.and_then(|first| issuer.refuse((number.as_str(), words.as_str()), first.line, &first.number));
        refused.map_or(body, Err)
    };
    documents.into_iter().map(of).collect()
}

/// A ledger is what one creditor is owed. Among invoices of several sellers are some that the creditor received, or another
/// creditor's, and each would be booked as a claim. `sellers`: what is said of each, and its number.
fn one_seller(sellers: &BTreeMap<String, String>) -> Result<(), Error> {
    let numbers: BTreeSet<&str> = sellers.values().map(String::as_str).collect();
    if numbers.len() <= 1 {
        return Ok(());
    }
    let named: Vec<&str> = sellers.keys().take(MAX_NAMED).map(String::as_str).collect();
    let why = format!(
        "are issued by {} sellers, {}: a portfolio is what one of them is owed; import the invoices that it issued",
        numbers.len(),
        named.join(", ")
    );
    Err(Error::File { file: "these invoices".to_owned(), why })
}

async fn kept(store: &Store, name: &str, xml: Vec<u8>, dry_run: bool, now: Timestamp) -> Result<BatchId, Error> {
    if dry_run {
        return Ok(BatchId::new(0));
    }
    let archive = store.archive().clone();
    let sha256 = super::blocking(move || archive.put(&xml)).await?;
    Ok(store.facts().batch(&BatchRow { name: name.to_owned(), seen_at: now, sha256 }).await?)
}

/// The documents of a file among the rows, those that cannot be among the rejects.
async fn take(
    reading: &mut Reading,
    rows: &mut Vec<(Origin, InvoiceDraft)>,
    (book, seen): (&mut Book<'_>, &mut HashMap<(ClientCode, String), usize>),
    file: File,
) -> Result<(), Error> {
    let start = reading.source.files.len();
    reading.source.files.push((file.name.clone(), file.batch));
    for documents in file.documents {
        let documents = match documents {
            Ok(documents) => documents,
            Err(refused) => {
                reading.rejects.push(of_document(&file.name, refused));
                continue;
            }
        };
        for document in documents {
            let line = document.line;
            let draft = match book.draft(document).await? {
                Ok(draft) => draft,
                Err(refused) => {
                    reading.rejects.push(of_document(&file.name, refused));
                    continue;
                }
            };
            let key = (draft.client.clone(), draft.number.clone());
            match seen.get(&key).map(|place: &usize| &rows[*place].1) {
                None => {
                    seen.insert(key, rows.len());
                    rows.push((Origin { line, start }, draft));
                }
                Some(first) if *first == draft => reading.n_repeated += 1,
                Some(_) => {
                    let number = draft.number.clone();
                    let reason =
                        "another file has a document of this number, kind and year with other content".to_owned();
                    let (column, value) = ("Numero".to_owned(), number.clone());
                    let refused = Refused { line, column, value, code: "duplicate", reason, number };
                    reading.rejects.push(of_document(&file.name, refused));
                }
            }
        }
    }
    Ok(())
}

fn of_file(file: String, unreadable: Unreadable) -> Reject {
    let Unreadable { line, code, reason } = unreadable;
    let row = vec![file.clone(), String::new()];
    Reject { file, line, column: String::new(), value: String::new(), code, reason, row }
}

fn of_document(file: &str, refused: Refused) -> Reject {
    let Refused { line, column, value, code, reason, number } = refused;
    Reject { file: file.to_owned(), line, column, value, code, reason, row: vec![file.to_owned(), number] }
}
