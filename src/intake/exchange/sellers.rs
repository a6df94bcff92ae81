//! Who a ledger's creditor is, where the configuration says so.

use crate::{domain::Creditor, intake::fattura::Refused};

/// Whose claims the invoices of a portfolio are: a VAT number with its country in front; none where nothing says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Issuer(Option<String>);

impl Issuer {
    pub(super) fn of(configured: Option<&Creditor>) -> Self {
        Self(configured.and_then(Creditor::tax_number))
    }

    /// Whether anything says who the creditor is.
    pub(super) fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Why a document of this seller is no claim of the portfolio's; none where it is one, or nothing says whose it should be.
    pub(super) fn refuse(&self, (number, words): (&str, &str), line: u64, document: &str) -> Option<Refused> {
        let ours = self.0.as_deref().filter(|ours| !number.is_empty() && *ours != number)?;
        let reason = format!(
            "is issued by {words}, and this portfolio is what {ours} is owed: an invoice that was received is a debt and no claim; \
             another creditor's invoices belong in a portfolio of their own"
        );
        let column = "CedentePrestatore".to_owned();
        let (value, number) = (number.to_owned(), document.to_owned());
        Some(Refused { line, column, value, code: super::OTHER_SELLER, reason, number })
    }
}
