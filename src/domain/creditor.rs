/// Who is owed: the company whose ledger a portfolio is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Creditor {
    /// Its name.
    pub name: String,
    /// Its VAT number, as it writes it.
    pub tax_number: Option<String>,
    /// Street, postcode, town.
    pub address: Option<String>,
}
