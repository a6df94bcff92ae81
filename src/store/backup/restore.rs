//! A backup read back into a store.

use std::path::Path;

use super::{
    Contents, damaged,
    file::{Frame, Frames, rows_of, verify},
    schema::{self, Table, quoted},
};
use crate::store::{
    Error, Result, Store,
    backend::{Query, Row, Value, Write},
    rows::Cells,
};

/// The newest migration that fills columns or tables from rows that are there. The rows of a backup of an earlier schema would
/// stay without what it fills.
const FILLED: i64 = 7;

/// Where every store has rows, however new it is.
const NEVER_EMPTY: [&str; 2] = ["counter", "setting"];

impl Store {
    /// Makes the store what the backup says, all of it or nothing. A store that has content is a conflict unless `force`
    /// says that it may be lost. Documents are added to the archive; those that no fact rests on go with their term.
    pub async fn restore(&self, path: &Path, force: bool) -> Result<Contents> {
        let contents = verify(path)?;
        let mut write = self.write().await?;
        write.conn().take_time().await?;
        let (ours, version) = (schema::tables(write.conn()).await?, schema::version(write.conn()).await?);
        if !force {
            write.refuse_content(&ours).await?;
        }
        let revoked =
            write.all(Query::new("select id, revoked_at from access_key where revoked_at is not null")).await?;
        // A counter that is younger than the backup stays where this store has it.
        let emptied: Vec<String> = ours.iter().filter(|t| t.name != "counter").map(|t| quoted(&t.name)).collect();
        write.conn().empty(&emptied).await?;
        let mut frames = Frames::open(path)?;
        let mut table = None;
        loop {
            match frames.next()? {
                Frame::Schema(written) => check_schema(written, version)?,
                Frame::Table(next) => table = Some(known(next, &ours)?),
                Frame::Rows(piece) => {
                    let table = table.as_ref().ok_or_else(|| damaged("rows without a table"))?;
                    write.put_rows(table, &rows_of(table, &piece).map_err(damaged)?).await?;
                }
                Frame::Document(bytes) => drop(self.archive().put(&bytes)?),
                Frame::End(_) => break,
            }
        }
        write.conn().count_on().await?;
        write.begin_epoch().await?;
        write.keep_revoked(&revoked).await?;
        write.conn().take_stock().await?;
        write.commit().await?;
        self.learn_anew();
        self.announce(self.outbox().last_seq().await?);
        Ok(contents)
    }
}

/// Whether what was written at one schema can be read into another, by their newest migrations.
fn check_schema(written: i64, ours: i64) -> Result<()> {
    if written > ours {
        let why =
            format!("it was written at schema {written}, and this store is at {ours}: restore it with a later version");
        return Err(damaged(why));
    }
    if written < FILLED {
        let why = format!(
            "it was written at schema {written}, before {FILLED}: restore it with the version that wrote it, then migrate"
        );
        return Err(damaged(why));
    }
    Ok(())
}

/// The table as it was written, when all of it has a place here; columns that came later have their defaults.
fn known(table: Table, ours: &[Table]) -> Result<Table> {
    let here = ours.iter().find(|here| here.name == table.name);
    let has = |column| here.is_some_and(|here| here.columns.contains(column));
    match table.columns.iter().find(|column| !has(column)) {
        None => Ok(table),
        Some((column, _)) => Err(damaged(format!(
            "it has a column {column:?} of {:?} that this program does not know: a later version wrote it",
            table.name
        ))),
    }
}

impl Write<'_> {
    /// A key that was revoked after the backup was taken opens nothing again.
    async fn keep_revoked(&mut self, revoked: &[Row]) -> Result<()> {
        let sql = "update access_key set revoked_at = coalesce(revoked_at, $1) where id = $2";
        for row in revoked {
            let cells = Cells::of("access_key", row);
            self.execute(Query::new(sql).bind(cells.int(1)?).bind(cells.string(0)?)).await?;
        }
        Ok(())
    }

    /// What is here now is another history than what was published: the numbers of events after the backup are given out
    /// again. A stream of another epoch is filled anew from the outbox instead of being gone on with.
    async fn begin_epoch(&mut self) -> Result<()> {
        // A store that has none yet makes one when it is asked for.
        let sql = "update setting set value = $1 where name = 'epoch'";
        self.execute(Query::new(sql).bind(format!("{:032x}", rand::random::<u128>()))).await.map(drop)
    }

    async fn refuse_content(&mut self, tables: &[Table]) -> Result<()> {
        for table in tables.iter().filter(|table| !NEVER_EMPTY.contains(&table.name.as_str())) {
            let any = Query::new(format!("select 1 from {} limit 1", quoted(&table.name)));
            if self.one(any).await?.is_some() {
                return Err(Error::Conflict(format!("content of the store (table {})", table.name)));
            }
        }
        Ok(())
    }

    async fn put_rows(&mut self, table: &Table, rows: &[Vec<Value>]) -> Result<()> {
        let head = format!("insert into {} ({})", quoted(&table.name), table.names());
        let tail =
            if table.name == "counter" { " on conflict (name) do update set value = excluded.value" } else { "" };
        let bind = |query: Query, row: &Vec<Value>| row.iter().cloned().fold(query, Query::bind);
        self.put_all((&head, table.columns.len(), tail), rows, bind).await
    }
}
