//! Who a ledger's creditor is: whom the configuration names, else who issued the invoices that are in it already.

use std::collections::BTreeSet;

use crate::{
    domain::{Creditor, PortfolioId},
    intake::{fattura, fattura::Refused},
    store::{ClientFilter, Result, Store},
};

/// Clients whose ledgers are looked into for an electronic invoice.
const MAX_CLIENTS: usize = 200;
/// Documents that are read to learn who issues.
const MAX_DOCUMENTS: usize = 20;
/// The endings of files that may be an electronic invoice.
const ENDINGS: [&str; 2] = [".xml", ".p7m"];

/// Whose claims the invoices of a portfolio are: VAT numbers with their country in front; none where nothing says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Issuers(BTreeSet<String>);

impl Issuers {
    pub(super) async fn of(
        store: &Store,
        portfolio: Option<PortfolioId>,
        configured: Option<&Creditor>,
    ) -> Result<Self> {
        if let Some(number) = configured.and_then(Creditor::tax_number) {
            return Ok(Self(BTreeSet::from([number])));
        }
        let Some(portfolio) = portfolio else { return Ok(Self::default()) };
        let filter = ClientFilter { portfolios: vec![portfolio], ..ClientFilter::default() };
        let mut batches = BTreeSet::new();
        for client in store.facts().clients(&filter, None, MAX_CLIENTS).await? {
            batches.extend(store.facts().ledger(client.id).await?.iter().map(|row| row.line.batch));
        }
        let batches: Vec<_> = batches.into_iter().collect();
        let files = store.facts().batches_by_id(&batches).await?.into_iter().flatten();
        let is_one = |name: &str| ENDINGS.iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
        let files: Vec<_> = files.filter(|file| is_one(&file.name)).take(MAX_DOCUMENTS).collect();
        let archive = store.archive().clone();
        let read = crate::intake::blocking(move || {
            let mut numbers = BTreeSet::new();
            for file in files {
                let seller = archive.get(&file.sha256)?.and_then(|xml| fattura::seller_of(&xml));
                numbers.extend(seller.map(|(seller, _)| seller.number).filter(|number| !number.is_empty()));
            }
            Ok::<_, crate::store::Error>(numbers)
        });
        Ok(Self(read.await?))
    }

    /// Whether anything says who the creditor is.
    pub(super) fn are_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// Why a document of this seller is no claim of the portfolio's; none where it is one, or nothing says whose it should be.
    pub(super) fn refuse(&self, (number, words): (&str, &str), line: u64, document: &str) -> Option<Refused> {
        if number.is_empty() || !self.are_known() || self.0.contains(number) {
            return None;
        }
        let ours = self.0.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let reason = format!(
            "is issued by {words}, and this portfolio is what {ours} is owed: an invoice that was received is a debt and no claim; \
             another creditor's invoices belong in a portfolio of their own"
        );
        let column = "CedentePrestatore".to_owned();
        let (value, number) = (number.to_owned(), document.to_owned());
        Some(Refused { line, column, value, code: super::OTHER_SELLER, reason, number })
    }
}
