//! A file that somebody has at hand: its columns, what would become of it, and then its import.

use std::{collections::BTreeMap, io::Cursor};

use toml::{Table, Value};

use super::{Caller, DEFAULT_PORTFOLIO, Desk, Error, ImportView, Reach, Result};
use crate::{
    domain::PortfolioName,
    intake::{self, Content, Headings, Options},
};

/// What a file says of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// Who the clients are.
    Clients,
    /// The ledger: a table, or electronic invoices.
    Invoices,
    /// What arrived: a table, or a bank's message.
    Payments,
}

impl From<ImportKind> for Content {
    fn from(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Clients => Self::Clients,
            ImportKind::Invoices => Self::Invoices,
            ImportKind::Payments => Self::Payments,
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct ImportOrder {
    /// What it says of.
    pub kind: ImportKind,
    /// Its name, for messages and evidence.
    pub file: String,
    /// Whose book it goes to, when said.
    pub portfolio: Option<String>,
    /// Our columns and what they are called in the file, all that are to be read; empty for a file that is no table.
    pub columns: BTreeMap<String, String>,
    /// An unknown code makes a client.
    pub create_clients: bool,
    /// Each fact counts as known on the day it happened.
    pub backfill: bool,
}

/// A column of ours, and what it seems to be called in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnView {
    /// Our name.
    pub ours: &'static str,
    /// The file's; none when nothing there looks like it.
    pub theirs: Option<String>,
    /// Whether a file without it cannot be read.
    pub is_required: bool,
}

/// The columns of a table, and its first rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsView {
    /// As they stand in the file.
    pub header: Vec<String>,
    /// Ours, those that are required first.
    pub columns: Vec<ColumnView>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
}

impl From<Headings> for ColumnsView {
    fn from(headings: Headings) -> Self {
        let column =
            |one: intake::Heading| ColumnView { ours: one.ours, theirs: one.theirs, is_required: one.is_required };
        Self {
            header: headings.header,
            columns: headings.columns.into_iter().map(column).collect(),
            rows: headings.rows,
        }
    }
}

/// What became of a file, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportAnswer {
    /// Row by row.
    pub view: ImportView,
    /// Every refused row as it came, and why: a CSV file.
    pub rejected: Vec<u8>,
    /// Of a bank's message: payments booked, and payments that wait for a person.
    pub matched: Option<(u64, u64)>,
}

/// Words of their files for ours, as programs of Italy write them; what is ours already is understood without.
const WORDS: &str = r#"
[words]
disputed = { true = ["Sì", "Si", "S", "Yes", "Y", "X"], false = ["No", "N", ""] }
active = { true = ["Sì", "Si", "S", "Yes", "Y"], false = ["No", "N"] }
kind = { invoice = ["Fattura", "FT", ""], credit_note = ["Nota di credito", "Nota credito", "NC"] }
country = { IT = ["Italia"], DE = ["Germania"], FR = ["Francia"], GB = ["Regno Unito"], ES = ["Spagna"], AT = ["Austria"], CH = ["Svizzera"] }
"#;

/// The map that says which column is which. A column of ours that was not chosen may be called nothing: a file's own column
/// of that name is left alone, too.
fn map_of(columns: &BTreeMap<String, String>, all: &[&str]) -> String {
    let name = |ours: &&str| match columns.get(*ours) {
        Some(theirs) => ((*ours).to_owned(), Value::String(theirs.clone())),
        None => ((*ours).to_owned(), Value::Array(Vec::new())),
    };
    let chosen: Table = all.iter().map(name).collect();
    let map = Table::from_iter([("columns".to_owned(), Value::Table(chosen))]);
    format!("{map}\n{WORDS}")
}

impl Desk {
    /// The columns of a file; none when it is no table.
    pub async fn columns_of(&self, kind: ImportKind, file: &str, bytes: &[u8]) -> Result<Option<ColumnsView>> {
        let found = intake::headings(file, bytes, kind.into()).await.map_err(mendable)?;
        Ok(found.map(ColumnsView::from))
    }

    /// What would become of a file. Writes nothing, and opens no portfolio.
    pub async fn plan_import(&self, caller: &Caller, order: &ImportOrder, bytes: &[u8]) -> Result<ImportAnswer> {
        let portfolio = self.aimed_at(caller, order.portfolio.as_deref()).await?;
        self.brought(order, portfolio, bytes, true).await
    }

    /// Takes a file, row by row. Taking it twice changes nothing.
    pub async fn import_file(&self, caller: &Caller, order: &ImportOrder, bytes: &[u8]) -> Result<ImportAnswer> {
        let (_, portfolio) = self.target(caller, order.portfolio.as_deref()).await?;
        let what = match order.kind {
            ImportKind::Clients => "clients.import",
            ImportKind::Invoices => "invoices.import",
            ImportKind::Payments => "payments.import",
        };
        self.importing(caller, what, &portfolio, bytes).await?;
        let answer = self.brought(order, portfolio, bytes, false).await?;
        self.touched.notify_one();
        Ok(answer)
    }

    /// The portfolio that a file would go to.
    async fn aimed_at(&self, caller: &Caller, named: Option<&str>) -> Result<PortfolioName> {
        if caller.reach == Reach::Everything {
            let name = named.unwrap_or(DEFAULT_PORTFOLIO);
            return name.parse().map_err(|e: crate::domain::WordError| Error::invalid("/portfolio", e));
        }
        let mut visible = self.portfolios(caller, named).await?;
        match (visible.pop(), visible.is_empty()) {
            (Some((_, only)), true) => Ok(only),
            (Some(_), false) => Err(Error::WhichPortfolio),
            (None, _) => Err(Error::NotFound("portfolio")),
        }
    }

    async fn brought(
        &self,
        order: &ImportOrder,
        portfolio: PortfolioName,
        bytes: &[u8],
        dry_run: bool,
    ) -> Result<ImportAnswer> {
        let content = Content::from(order.kind);
        let map = (!order.columns.is_empty()).then(|| map_of(&order.columns, intake::columns(content)));
        let options = Options {
            content,
            creditor: self.creditors.get(&portfolio).cloned(),
            portfolio,
            map,
            backfill: order.backfill,
            create_clients: order.create_clients,
            dry_run,
            terms_days: self.terms_days,
        };
        let now = self.clock.now();
        let (outcome, matched) = if order.kind == ImportKind::Payments {
            let file = Cursor::new(bytes.to_vec());
            intake::import_payments(&self.store, &order.file, file, &options, now, &|_, _| {}).await
        } else {
            let imported = intake::import(&self.store, &order.file, bytes, &options, now, &|_, _| {}).await;
            imported.map(|outcome| (outcome, None))
        }
        .map_err(mendable)?;
        let rejected = intake::rejected_csv(&outcome);
        let matched = matched.map(|matched| (matched.booked, matched.review));
        Ok(ImportAnswer { view: ImportView::from(outcome), rejected, matched })
    }
}

/// What is wrong with a file, or with what was said of its columns, can be mended by whoever brought it.
fn mendable(failure: intake::Error) -> Error {
    match failure {
        intake::Error::File { why, .. } => Error::invalid("/file", why),
        intake::Error::Map(why) => Error::invalid("/columns", why),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::map_of;

    #[test]
    fn a_column_that_was_not_chosen_is_called_nothing() {
        let columns = [("client".to_owned(), "Cod. \"A\"".to_owned())].into();
        let map: toml::Table = map_of(&columns, &["client", "name"]).parse().unwrap();
        assert_eq!(map["columns"]["client"].as_str(), Some("Cod. \"A\""));
        assert!(map["columns"]["name"].as_array().unwrap().is_empty());
    }
}
