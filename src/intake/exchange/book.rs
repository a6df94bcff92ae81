//! Whose a document is, and what the ledger calls it.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    domain::{ClientCode, ClientId, Country, EntryKind, Identifier, IdentifierKind, PortfolioId},
    intake::{
        check::InvoiceDraft,
        fattura::{Buyer, Document, Refused, same_number},
    },
    store::{ClientFilter, LedgerRow, Result, Store},
};

/// Clients read at a time.
const PAGE: usize = 1_000;

/// What the ledger calls a document, which kind it is, and of which year.
type Name = (String, EntryKind, i16);

/// The clients of a portfolio by their numbers, and what their ledgers call their documents.
pub(super) struct Book<'a> {
    store: &'a Store,
    by_number: HashMap<(Country, String), Vec<(ClientCode, ClientId)>>,
    /// The tax numbers of each client: members of a group share a VAT number, and have a tax code each.
    taxes: HashMap<ClientId, BTreeSet<(Country, String)>>,
    /// Of each client that was found to be another one: that one.
    survivors: HashMap<ClientId, (ClientCode, ClientId)>,
    /// By client and the number on the document: what the ledger calls it, which kind it is, and of which year.
    names: HashMap<(ClientCode, String), Vec<Name>>,
    known: HashSet<ClientCode>,
    /// The years of the invoices that notes name, by client and the note's name.
    years: HashMap<(ClientCode, String), i16>,
}

impl<'a> Book<'a> {
    pub(super) async fn of(store: &'a Store, portfolio: Option<PortfolioId>) -> Result<Self> {
        let mergers = store.facts().mergers(Timestamp::MAX).await?;
        let mut book = Self {
            store,
            by_number: HashMap::new(),
            taxes: HashMap::new(),
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
                let taxes = taxes_of(&client.facts.who.identifiers);
                book.taxes.insert(client.id, taxes);
                for (country, number) in numbers {
                    let clients = book.by_number.entry((country, number.to_owned())).or_default();
                    clients.push((client.code.clone(), client.id));
                }
            }
        }
    }

    /// A document as a draft of its client's ledger.
    pub(super) async fn draft(&mut self, document: Document) -> Result<Result<InvoiceDraft, Refused>> {
        let client = match self.client(&document) {
            Ok(client) => client,
            Err(refused) => return Ok(Err(refused)),
        };
        let code = client.as_ref().map_or_else(|| self.new_code(&document.buyer), |(code, _)| code.clone());
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

    /// The code of a buyer that is no client yet: its number; where that is of another member of a group, its tax code.
    fn new_code(&self, buyer: &Buyer) -> ClientCode {
        let numbers = || buyer.facts.who.identifiers.iter().filter_map(same_number);
        let is_shared = |(country, number): (Country, &str)| self.by_number.contains_key(&(country, number.to_owned()));
        let own = numbers().find(|number| !is_shared(*number)).filter(|_| numbers().any(is_shared));
        let code = own.and_then(|(country, number)| format!("{country}{number}").parse().ok());
        code.unwrap_or_else(|| buyer.code.clone())
    }

    /// The client that has the buyer's number.
    fn client(&self, document: &Document) -> Result<Option<(ClientCode, ClientId)>, Refused> {
        let numbers = document.buyer.facts.who.identifiers.iter().filter_map(same_number);
        let found = numbers.filter_map(|(country, number)| self.by_number.get(&(country, number.to_owned())));
        let mut clients: Vec<&(ClientCode, ClientId)> = found.flatten().collect();
        clients.sort();
        clients.dedup();
        // Members of a VAT group share its number, and their tax codes tell them apart: where each side has one that the other
        // has not, they are two.
        let own = taxes_of(&document.buyer.facts.who.identifiers);
        let is_other = |taxes: &BTreeSet<_>| !own.is_subset(taxes) && !taxes.is_subset(&own);
        clients.retain(|(_, id)| !self.taxes.get(id).is_some_and(is_other));
        // Who has all of the buyer's numbers is surer than who has one of them.
        let has_all = |client: &&(ClientCode, ClientId)| self.taxes.get(&client.1).is_some_and(|t| own.is_subset(t));
        if clients.iter().any(&has_all) {
            clients.retain(|client| has_all(client));
        }
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
    pub(super) fn resolve(&self, draft: &mut InvoiceDraft) {
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

/// The numbers of these by which the tax office knows somebody.
fn taxes_of(identifiers: &[Identifier]) -> BTreeSet<(Country, String)> {
    let taxes = identifiers.iter().filter(|number| number.kind() == IdentifierKind::Tax).filter_map(same_number);
    taxes.map(|(country, number)| (country, number.to_owned())).collect()
}
