//! The tables of a store and their columns, asked of the database itself: a table that is added is never forgotten.

use crate::store::{
    Result,
    backend::{Conn, Kind, Query},
    rows::Cells,
};

/// A table, its columns in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<(String, Kind)>,
}

impl Table {
    /// Asks for every row. The names come from a schema of ours.
    pub(super) fn select(&self) -> String {
        format!("select {} from {}", self.names(), quoted(&self.name))
    }

    /// The columns, separated by commas.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        names.join(", ")
    }
}

/// A name as SQL takes it, whatever else the word may mean.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The newest migration that this transaction sees.
pub(super) async fn version(conn: &mut Conn) -> Result<i64> {
    let row = conn.one(Query::new("select max(version) from _sqlx_migrations")).await?;
    Ok(row.map_or(Ok(None), |row| Cells::of("schema", &row).maybe_int(0))?.unwrap_or(0))
}

/// Every table with content of ours, by name.
pub(super) async fn tables(conn: &mut Conn) -> Result<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    for row in conn.columns().await? {
        let cells = Cells::of("schema", &row);
        let (table, column) = (cells.string(0)?, (cells.string(1)?, cells.word::<Kind>(2)?));
        match tables.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns.push(column),
            None => tables.push(Table { name: table, columns: vec![column] }),
        }
    }
    Ok(tables)
}
