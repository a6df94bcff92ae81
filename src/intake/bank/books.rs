use std::collections::HashMap;

use jiff::civil::Date;

use super::{
    entry::Entry,
    matching::{Book, Company, Found, Open},
};
use crate::{
    domain::{ClientId, EntryKind, Instalment, InvoiceKey, LedgerLine, PortfolioId},
    intake::{notes::open, settle},
    store::{ClientFilter, LedgerRow, PaymentKind, PaymentPart, Result, Settlement, Store},
};

/// Clients read at a time.
const PAGE: usize = 1_000;

/// The ledger of a portfolio, as payments are matched with it.
pub(super) struct Books {
    book: Book,
    /// Whose each invoice of the book is, and its key, by its place.
    invoices: Vec<(ClientId, InvoiceKey)>,
    companies: HashMap<ClientId, Company>,
}

impl Books {
    /// Everything that may be paid, and whoever may pay it.
    pub(super) async fn of(store: &Store, portfolio: Option<PortfolioId>) -> Result<Self> {
        let mut books = Self { book: Book::default(), invoices: Vec::new(), companies: HashMap::new() };
        let Some(portfolio) = portfolio else { return Ok(books) };
        let mergers = store.facts().mergers(jiff::Timestamp::MAX).await?;
        let survivors: HashMap<ClientId, ClientId> = mergers.iter().map(|m| (m.client, m.survivor)).collect();
        let filter = ClientFilter { portfolios: vec![portfolio], ..ClientFilter::default() };
        let mut after = None;
        loop {
            let clients = store.facts().clients(&filter, after, PAGE).await?;
            let Some(last) = clients.last() else { break };
            after = Some(last.id);
            for client in clients {
                let company = survivors.get(&client.id).unwrap_or(&client.id).get();
                books.companies.insert(client.id, company);
                books.book.name(&client.facts.who.name, company);
                books.add_ledger(store, client.id, company).await?;
            }
        }
        for (account, client) in store.facts().payers(portfolio).await? {
            if let Some(company) = books.companies.get(&client) {
                books.book.account(&account, *company);
            }
        }
        Ok(books)
    }

    async fn add_ledger(&mut self, store: &Store, client: ClientId, company: Company) -> Result<()> {
        for (key, open) in opens(store, client, company).await? {
            self.book.add(open);
            self.invoices.push((client, key));
        }
        Ok(())
    }

    /// Reads the invoices of a client anew: what was booked on them was taken back.
    pub(super) async fn read_anew(&mut self, store: &Store, client: ClientId) -> Result<()> {
        let Some(company) = self.companies.get(&client).copied() else { return Ok(()) };
        let mut anew: HashMap<InvoiceKey, Open> = opens(store, client, company).await?.into_iter().collect();
        let places = self.invoices.iter().zip(&mut self.book.invoices).filter(|((whose, _), _)| *whose == client);
        for ((_, key), open) in places {
            if let Some(read) = anew.remove(key) {
                *open = read;
            }
        }
        Ok(())
    }

    /// Which invoices a payment is for.
    pub(super) fn find(&self, entry: &Entry) -> Found {
        self.book.find(entry)
    }

    /// The invoices that an entry names.
    pub(super) fn named(&self, entry: &Entry) -> Vec<(ClientId, InvoiceKey)> {
        self.book.names(entry).into_iter().map(|place| self.invoices[place]).collect()
    }

    /// An invoice's number.
    pub(super) fn number(&self, (client, key): (ClientId, InvoiceKey)) -> Option<String> {
        let place = self.invoices.iter().position(|own| *own == (client, key))?;
        Some(self.book.invoices.get(place)?.number.clone())
    }
    /// Takes a payment that arrived on a day off the invoices it is for, and learns that its account is their client's.
    pub(super) fn take(&mut self, parts: &[(usize, i64)], on: Date, account: Option<&str>) -> Vec<PaymentPart> {
        let mut taken = Vec::new();
        for (place, minor) in parts {
            self.book.take(*place, Instalment { on, minor: *minor });
            let (client, invoice) = self.invoices[*place];
            taken.push(PaymentPart { client, invoice, minor: *minor });
        }
        let company = parts.first().map(|(place, _)| self.book.invoices[*place].company);
        if let (Some(account), Some(company)) = (account, company) {
            self.book.account(account, company);
        }
        taken
    }

    /// Whose an invoice is, and its number.
    pub(super) fn whose(&self, place: usize) -> (ClientId, String) {
        (self.invoices[place].0, self.book.invoices[place].number.clone())
    }
}

/// A client's invoices, as payments are matched with them.
async fn opens(store: &Store, client: ClientId, company: Company) -> Result<Vec<(InvoiceKey, Open)>> {
    let mut all = Vec::new();
    let booked = store.facts().settlements_of(client).await?;
    let rows = store.facts().revisions(client).await?;
    for revisions in rows.chunk_by(|a, b| a.line.invoice == b.line.invoice) {
        let Some(row) = revisions.last().filter(|row| row.line.kind == EntryKind::Invoice) else { continue };
        let key = row.line.invoice;
        let lines: Vec<LedgerLine> = revisions.iter().map(|row| row.line).collect();
        // What a file says came is matched too: the bank tells when, and whose account it was.
        let settled = booked.get(&(client, key)).map_or(&[][..], Vec::as_slice);
        let told = settle::unaccounted(&lines, settled);
        let (due, told_on, told) = match open(&row.line) {
            0 => told.map_or((0, None, None), |told| (told.minor, Some(told.on), None)),
            open => (open, None, told),
        };
        let is_money = |s: &&Settlement| s.kind != PaymentKind::Note;
        let open = Open {
            company,
            number: on_document(row),
            reference: row.claim.as_deref().and_then(|claim| claim.reference.clone()),
            amount: row.line.amount.minor(),
            due,
            told_on,
            told,
            booked: settled.iter().filter(is_money).map(|s| Instalment { on: s.on, minor: s.minor }).collect(),
            currency: row.line.amount.currency(),
        };
        all.push((key, open));
    }
    Ok(all)
}

/// The number that stands on the document: without the place among instalments, which only the ledger knows.
fn on_document(row: &LedgerRow) -> String {
    let number = row.number.as_str();
    let bare = number.rsplit_once(" (").filter(|(_, place)| place.ends_with(')') && place.contains('/'));
    bare.map_or(number, |(number, _)| number).to_owned()
}
