//! A transaction of either database, to read one state of it or to write.

use futures::{FutureExt, StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{Postgres, Sqlite, Transaction};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Query, Row,
    copy::{WORTH_A_STREAM, copy},
    patience::Patience,
};
use crate::store::{Error, Result, rows::Cells};

/// Rows in one statement; above this a longer statement is no faster, and shorter ones fill the remainder.
const STATEMENT_ROWS: [usize; 3] = [200, 20, 1];

/// An open transaction. Dropped, it is rolled back.
#[derive(Debug)]
pub(in crate::store) enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres {
        tx: Transaction<'static, Postgres>,
        /// A statement failed: the server undoes everything and says nothing of it to whoever commits.
        has_failed: bool,
        patience: Patience,
        /// The turn to write, which ends with it; none for whoever only reads.
        _turn: Option<OwnedSemaphorePermit>,
    },
}

impl Conn {
    pub(in crate::store) async fn all(&mut self, query: Query) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(tx) => query.all_of_sqlite(&mut **tx).await,
            Self::Postgres { tx, has_failed, patience, .. } => {
                noted(patience.wait(query.all_of_postgres(&mut **tx).boxed()).await, has_failed)
            }
        }
    }

    pub(in crate::store) async fn one(&mut self, query: Query) -> Result<Option<Row>> {
        match self {
            Self::Sqlite(tx) => query.one_of_sqlite(&mut **tx).await,
            Self::Postgres { tx, has_failed, patience, .. } => {
                noted(patience.wait(query.one_of_postgres(&mut **tx).boxed()).await, has_failed)
            }
        }
    }

    /// Answers how many rows were changed.
    pub(in crate::store) async fn execute(&mut self, query: Query) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => query.for_sqlite().execute(&mut **tx).await?.rows_affected(),
            Self::Postgres { tx, has_failed, patience, .. } => {
                let done = patience.wait(async { Ok(query.for_postgres().execute(&mut **tx).await?) }.boxed()).await;
                noted(done, has_failed)?.rows_affected()
            }
        })
    }

    /// Writes many rows: `head VALUES … tail`, or as one stream where the database has that and there is no tail to decide
    /// what becomes of a row that is there already.
    pub(super) async fn put_all<T: Sync>(
        &mut self,
        (head, n_columns, tail): (&str, usize, &str),
        rows: &[T],
        bind: impl Fn(Query, &T) -> Query + Send + Sync,
    ) -> Result<()> {
        match self {
            Self::Postgres { tx, has_failed, patience, .. } if tail.is_empty() && rows.len() >= WORTH_A_STREAM => {
                noted(patience.wait(copy(tx, head, rows, bind).boxed()).await, has_failed)
            }
            _ => bulk(self, (head, n_columns, tail), rows, bind).await.map(drop),
        }
    }

    /// Empties these tables. A server would keep a note of every row that it deletes until the end, for each reference to it;
    /// tables that are emptied together it empties without looking at their rows.
    pub(in crate::store) async fn empty(&mut self, tables: &[String]) -> Result<()> {
        let statements = match self {
            Self::Sqlite(_) => tables.iter().map(|table| format!("delete from {table}")).collect(),
            Self::Postgres { .. } => vec![format!("truncate {}", tables.join(", "))],
        };
        for sql in statements {
            self.execute(Query::new(sql)).await?;
        }
        Ok(())
    }

    /// The tables that have a column of that name.
    pub(in crate::store) async fn tables_with(&mut self, column: &'static str) -> Result<Vec<String>> {
        let sql = match self {
            Self::Sqlite(_) => {
                "select m.name from sqlite_master m join pragma_table_info(m.name) c
                 where m.type = 'table' and c.name = $1 order by m.name"
            }
            // What a partition holds is asked of the whole.
            Self::Postgres { .. } => {
                "select cast(t.relname as text) from pg_class t join pg_attribute c on c.attrelid = t.oid
                 where t.relkind in ('r', 'p') and not t.relispartition and t.relnamespace = current_schema()::regnamespace
                    and c.attname = $1 order by t.relname"
            }
        };
        let rows = self.all(Query::new(sql).bind(column)).await?;
        rows.iter().map(|row| Cells::of("schema", row).string(0)).collect()
    }

    /// Every row of a long answer, one at a time.
    pub(in crate::store) fn each(&mut self, query: Query) -> BoxStream<'_, Result<Row>> {
        match self {
            Self::Sqlite(tx) => query.each_of_sqlite(&mut **tx),
            Self::Postgres { tx, has_failed, .. } => {
                query.each_of_postgres(&mut **tx).inspect_err(|_| *has_failed = true).boxed()
            }
        }
    }

    /// Table, column and type of all content of ours, table by table in the order of the columns.
    pub(in crate::store) async fn columns(&mut self) -> Result<Vec<Row>> {
        let sql = match self {
            Self::Sqlite(_) => {
                "select m.name, c.name, lower(c.type) from sqlite_master m join pragma_table_info(m.name) c
                 where m.type = 'table' and m.name <> '_sqlx_migrations' and m.name not like 'sqlite%'
                 order by m.name, c.cid"
            }
            Self::Postgres { .. } => {
                "select cast(t.relname as text), cast(c.attname as text), format_type(c.atttypid, null)
                 from pg_class t join pg_attribute c on c.attrelid = t.oid and c.attnum > 0 and not c.attisdropped
                 where t.relkind in ('r', 'p') and not t.relispartition and t.relname <> '_sqlx_migrations'
                    and t.relnamespace = current_schema()::regnamespace
                 order by t.relname, c.attnum"
            }
        };
        self.all(Query::new(sql)).await
    }

    /// This transaction is of the long kind: it reads or writes everything, and what its rows refer to may come later in it.
    pub(in crate::store) async fn take_time(&mut self) -> Result<()> {
        let statements: &[&'static str] = match self {
            Self::Sqlite(_) => &["pragma defer_foreign_keys = on"],
            Self::Postgres { .. } => &[
                "set local statement_timeout = 0",
                "set local idle_in_transaction_session_timeout = 0",
                "set constraints all deferred",
            ],
        };
        for statement in statements {
            self.execute(Query::new(*statement)).await?;
        }
        Ok(())
    }

    /// Tells a server's planner how much there is by now; it would find out by itself, a minute after everybody has begun to ask.
    pub(in crate::store) async fn take_stock(&mut self) -> Result<()> {
        let Self::Postgres { .. } = self else { return Ok(()) };
        self.execute(Query::new("analyze")).await?;
        Ok(())
    }

    /// Rows were written with the numbers that the database gives out itself: it goes on behind the last of them.
    pub(in crate::store) async fn count_on(&mut self) -> Result<()> {
        let Self::Postgres { .. } = self else { return Ok(()) };
        let counted = "select cast(t.relname as text), cast(c.attname as text) from pg_class t
             join pg_attribute c on c.attrelid = t.oid and c.attidentity <> ''
             where t.relnamespace = current_schema()::regnamespace";
        for row in self.all(Query::new(counted)).await? {
            let cells = Cells::of("schema", &row);
            let (table, column) = (cells.text(0)?, cells.text(1)?);
            let sql = format!(
                "select setval(pg_get_serial_sequence('\"{table}\"', '{column}'), coalesce(max(\"{column}\"), 1),
                    max(\"{column}\") is not null) from \"{table}\""
            );
            self.all(Query::new(sql)).await?;
        }
        Ok(())
    }

    /// Keeps what was written; an error when a statement failed on the way, for then there is nothing to keep.
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres { tx, has_failed: true, .. } => {
                tx.rollback().await?;
                let why = "a statement of the transaction failed, and it was committed all the same".to_owned();
                return Err(Error::Damaged { what: "transaction", why });
            }
            Self::Postgres { tx, patience, .. } => patience.wait(async { Ok(tx.commit().await?) }.boxed()).await?,
        }
        Ok(())
    }

    pub(in crate::store) async fn roll_back(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres { tx, patience, .. } => patience.wait(async { Ok(tx.rollback().await?) }.boxed()).await?,
        }
        Ok(())
    }
}

/// Passes an answer on and remembers when it is none.
fn noted<T>(answer: Result<T>, has_failed: &mut bool) -> Result<T> {
    *has_failed |= answer.is_err();
    answer
}

/// Runs `head VALUES (…), (…) tail` for all rows, in as few statements as may be, and gathers what they return.
pub(in crate::store) async fn bulk<T>(
    conn: &mut Conn,
    (head, n_columns, tail): (&str, usize, &str),
    mut rows: &[T],
    bind: impl Fn(Query, &T) -> Query,
) -> Result<Vec<Row>> {
    let mut answers = Vec::new();
    for n_rows in STATEMENT_ROWS {
        if rows.len() < n_rows {
            continue;
        }
        let sql = format!("{head} values {}{tail}", places(n_rows, n_columns));
        while rows.len() >= n_rows {
            let (now, later) = rows.split_at(n_rows);
            rows = later;
            answers.extend(conn.all(now.iter().fold(Query::new(sql.clone()), &bind)).await?);
        }
    }
    Ok(answers)
}

/// `($1,$2),($3,$4)`: numbered places for rows of columns.
fn places(n_rows: usize, n_columns: usize) -> String {
    let row = |n: usize| {
        let columns: Vec<String> = (1..=n_columns).map(|column| format!("${}", n * n_columns + column)).collect();
        format!("({})", columns.join(","))
    };
    let rows: Vec<String> = (0..n_rows).map(row).collect();
    rows.join(",")
}
