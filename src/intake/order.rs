//! How to import, and what came of it.

use crate::domain::{Creditor, PortfolioName};

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

impl Content {
    /// What it is called on the wire: `clients`, `invoices`, `payments`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Invoices => "invoices",
            Self::Payments => "payments",
        }
    }
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
    /// Whose book it is, where the configuration says so: what somebody else issued is no claim of its.
    pub creditor: Option<Creditor>,
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
    /// The number by which it can be taken back; none when it changed nothing.
    pub import: Option<i64>,
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
