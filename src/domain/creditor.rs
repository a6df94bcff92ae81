use super::{Identifier, WordError};

/// Longest name or address of a creditor, in characters.
const MAX_CHARS: usize = 300;

/// Who is owed: the company whose ledger a portfolio is. One without a name names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creditor {
    name: String,
    tax_number: Option<Identifier>,
    address: Option<String>,
}

impl Creditor {
    /// Its name, its VAT number, and its street, postcode and town; an address of blanks is none.
    pub fn new(name: &str, tax_number: Option<Identifier>, address: &str) -> Result<Self, WordError> {
        let (name, address) = (name.trim(), address.trim());
        if name.is_empty() {
            return Err(WordError::new("name of a creditor", name, "must not be empty"));
        }
        for (what, text) in [("name of a creditor", name), ("address of a creditor", address)] {
            if text.chars().count() > MAX_CHARS || text.chars().any(char::is_control) {
                return Err(WordError::new(what, text, "must have at most 300 characters on one line"));
            }
        }
        let address = Some(address.to_owned()).filter(|address| !address.is_empty());
        Ok(Self { name: name.to_owned(), tax_number, address })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its VAT number with the country's prefix, as a document names it.
    pub fn tax_number(&self) -> Option<String> {
        let number = self.tax_number.as_ref()?;
        let country = number.country().map(|country| country.to_string()).unwrap_or_default();
        // Greek numbers begin with the name of the country in its own language.
        let prefix = if country == "GR" { "EL" } else { &country };
        Some(format!("{prefix}{number}"))
    }

    /// Street, postcode, town.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}
