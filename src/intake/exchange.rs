//! Electronic invoices into drafts of ledger rows: whose client each is for, and what it is called.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{
    Error, Options, Reject,
    check::InvoiceDraft,
    fattura::{self, Buyer, Document, Package, Refused, Unreadable, same_number},
    read::{Origin, Reading, Rows},
};
use crate::{
    domain::{BatchId, ClientCode, ClientId, Country, EntryKind, PortfolioId},
    store::{BatchRow, ClientFilter, LedgerRow, Result, Store},
};

/// Clients read at a time.
const PAGE: usize = 1_000;

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
    let mut reading = Reading { header: vec!["file".to_owned(), "number".to_owned()], ..Reading::default() };
    let (mut sellers, mut rows, mut seen) = (HashSet::new(), Vec::new(), HashMap::new());
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
            Err(unreadable) if n_files == 1 => return Err(Error::File { file: name, why: unreadable.reason }),
            Err(unreadable) => reading.rejects.push(of_file(name, unreadable)),
            Ok((xml, (documents, seller))) => {
                sellers.extend(seller);
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
    let mut sellers: Vec<String> = sellers.into_iter().collect();
    sellers.sort();
    reading.notes.extend(sellers.into_iter().map(|seller| format!("issued by: {seller}")));
    if n_files > 1 {
        reading.notes.push(format!("files: {n_files}"));
    }
    reading.rows = Rows::Invoices(rows);
    Ok(reading)
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

/// What the ledger calls a document, which kind it is, and of which year.
type Name = (String, EntryKind, i16);

/// The clients of a portfolio by their numbers, and what their ledgers call their documents.
struct Book<'a> {
    store: &'a Store,
    by_number: HashMap<(Country, String), Vec<(ClientCode, ClientId)>>,
    /// Of each client that was found to be another one: that one.
    survivors: HashMap<ClientId, (ClientCode, ClientId)>,
    /// By client and the number on the document: what the ledger calls it, which kind it is, and of which year.
    names: HashMap<(ClientCode, String), Vec<Name>>,
    known: HashSet<ClientCode>,
    /// The years of the invoices that notes name, by client and the note's name.
    years: HashMap<(ClientCode, String), i16>,
}

impl<'a> Book<'a> {
    async fn of(store: &'a Store, portfolio: Option<PortfolioId>) -> Result<Self> {
        let mergers = store.facts().mergers(jiff::Timestamp::MAX).await?;
        let mut book = Self {
            store,
            by_number: HashMap::new(),
            survivors: mergers.into_iter().map(|m| (m.client, (m.survivor_code, m.survivor))).collect(),
            names: HashMap::new(),
            known: HashSet::new(),
            years: HashMap::new(),
        };
        let filter = ClientFilter { portfolios: portfolio.into_iter().collect(), ..ClientFilter::default() };
        let mut after = None;
        loop {
            let clients = store.facts().clients(&filter, after, PAGE).await?;
            let Some(last) = clients.last() else { return Ok(book) };
            after = Some(last.id);
            for client in clients {
                let mut numbers: Vec<(Country, &str)> =
                    client.facts.who.identifiers.iter().filter_map(same_number).collect();
                numbers.sort_unstable();
                numbers.dedup();
                for (country, number) in numbers {
                    let clients = book.by_number.entry((country, number.to_owned())).or_default();
                    clients.push((client.code.clone(), client.id));
                }
            }
        }
    }

    /// A document as a draft of its client's ledger.
    async fn draft(&mut self, document: Document) -> Result<Result<InvoiceDraft, Refused>> {
        let client = match self.client(&document) {
            Ok(client) => client,
            Err(refused) => return Ok(Err(refused)),
        };
        let code = client.as_ref().map_or_else(|| document.buyer.code.clone(), |(code, _)| code.clone());
        if let Some((code, id)) = client.filter(|(code, _)| !self.known.contains(code)) {
            for row in self.store.facts().ledger(id).await? {
                self.learn(&code, &row);
            }
            self.known.insert(code);
        }
        let number = self.name(&code, &document);
        let Document { buyer: Buyer { facts, .. }, kind, issued_on, due_on, amount, mut claim, refers_to, .. } =
            document;
        if let Some((invoice, on)) = refers_to {
            claim.get_or_insert_default().refers_to = Some(invoice);
            if let Some(on) = on {
                self.years.insert((code.clone(), number.clone()), on.year());
            }
        }
        Ok(Ok(InvoiceDraft {
            client: code,
            number,
            credit_type: None,
            kind,
            issued_on,
            due_on,
            amount,
            disputed: false,
            paid_on: None,
            paid_minor: 0,
            claim,
            new_client: Some(Box::new(facts)),
        }))
    }

    /// The client that has the buyer's number.
    fn client(&self, document: &Document) -> Result<Option<(ClientCode, ClientId)>, Refused> {
        let numbers = document.buyer.facts.who.identifiers.iter().filter_map(same_number);
        let found = numbers.filter_map(|(country, number)| self.by_number.get(&(country, number.to_owned())));
        let mut clients: Vec<&(ClientCode, ClientId)> = found.flatten().collect();
        clients.sort();
        clients.dedup();
        if clients.len() > 1 {
            // Two codes of one company are no doubt about whose it is: what comes now is the one's that is rated.
            clients = clients.into_iter().map(|client| self.survivors.get(&client.1).unwrap_or(client)).collect();
            clients.sort();
            clients.dedup();
        }
        match clients.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((*one).clone())),
            several => {
                let codes: Vec<&str> = several.iter().map(|(code, _)| code.as_str()).collect();
                Err(Refused {
                    line: document.line,
                    column: "CessionarioCommittente".to_owned(),
                    value: document.buyer.code.to_string(),
                    code: "ambiguous_client",
                    reason: format!(
                        "the clients {} have this number: merge them, or say whose it is",
                        codes.join(", ")
                    ),
                    number: document.number.clone(),
                })
            }
        }
    }

    /// Puts what the ledger calls the invoice that a note names in place of the number on the document: of the year that the
    /// note says, else of the note's own, else the only one.
    fn resolve(&self, draft: &mut InvoiceDraft) {
        let year = self.years.get(&(draft.client.clone(), draft.number.clone())).copied();
        let issued_in = draft.issued_on.year();
        let Some(invoice) = draft.claim.as_deref_mut().and_then(|claim| claim.refers_to.as_mut()) else { return };
        let names = self.names.get(&(draft.client.clone(), invoice.clone())).map_or(&[][..], Vec::as_slice);
        let mut invoices: Vec<&Name> = names.iter().filter(|(_, kind, _)| *kind == EntryKind::Invoice).collect();
        invoices.sort_unstable_by_key(|(name, _, year)| (name.clone(), *year));
        invoices.dedup();
        let of_year = |year: i16| match invoices.iter().filter(|(.., of)| *of == year).collect::<Vec<_>>().as_slice() {
            [one] => Some(one.0.clone()),
            several => several.iter().find(|(name, ..)| name == invoice).map(|one| one.0.clone()),
        };
        let only = || match invoices.as_slice() {
            [one] => Some(one.0.clone()),
            _ => None,
        };
        let found = match year {
            Some(year) => of_year(year),
            None => of_year(issued_in).or_else(only),
        };
        match found {
            Some(name) => *invoice = name,
            // The invoice of that year is not here; one of another year must not be taken for it.
            None if !invoices.is_empty() => *invoice = format!("{invoice}/{}", year.unwrap_or(issued_in)),
            None => {}
        }
    }

    fn learn(&mut self, code: &ClientCode, row: &LedgerRow) {
        let whole = row.number.split_once(" (").map_or(row.number.as_str(), |(number, _)| number);
        let year = row.line.issued_on.year();
        let bare = whole.strip_suffix(&format!("/{year}")).unwrap_or(whole);
        for number in [whole, bare] {
            let names = self.names.entry((code.clone(), number.to_owned())).or_default();
            names.push((whole.to_owned(), row.line.kind, year));
        }
    }

    /// What the ledger calls a document: its number, where no other one of the client has it; else with its year, and a note
    /// with its kind.
    fn name(&mut self, code: &ClientCode, document: &Document) -> String {
        let year = document.issued_on.year();
        let names = self.names.entry((code.clone(), document.number.clone())).or_default();
        let is_exact = |name: &String| *name == document.number;
        let is_own = |(_, kind, of): &&Name| (*kind, *of) == (document.kind, year);
        // A name with the year is only given where the number itself is another's; else it is the number of another document.
        let is_taken = names.iter().any(|named| is_exact(&named.0) && !is_own(&named));
        let mut own = names.iter().filter(is_own).map(|(name, ..)| name);
        let own = own.clone().find(|name| is_exact(name)).or_else(|| own.next().filter(|_| is_taken)).cloned();
        let is_free = |name: &String| !names.iter().any(|(taken, ..)| taken == name);
        let with_year = format!("{}/{year}", document.number);
        let choices = [document.number.clone(), with_year.clone(), format!("{with_year} NC")];
        let name = own.or_else(|| choices.iter().find(|name| is_free(name)).cloned()).unwrap_or(with_year);
        names.push((name.clone(), document.kind, year));
        match document.instalment {
            Some((place, of)) => format!("{name} ({place}/{of})"),
            None => name,
        }
    }
}
