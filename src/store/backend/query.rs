//! A question in SQL with its values, and the rows that answer it, whichever database is asked.
//!
//! # Why
//!
//! *Why our own types?* The SQL of this room is one text for every database, and so is what is bound to it and how a row is
//! read. A library's types belong to one database each, and its types for "any" know neither bytes that are borrowed nor
//! a NULL that has a type.

use std::{borrow::Cow, str::FromStr};

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, PgExecutor, Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteExecutor,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::store::Result;

/// What may be bound. Each kind carries its own NULL: a database that plans by types must know the type of what is absent.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) enum Value {
    Int(Option<i64>),
    Float(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Int,
    Float,
    Text,
    Bytes,
}

impl Kind {
    pub(in crate::store) const fn as_str(self) -> &'static str {
        match self {
            Self::Int => "bigint",
            Self::Float => "double precision",
            Self::Text => "text",
            Self::Bytes => "blob",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    /// Reads the type of a column as either database spells it.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "bigint" | "integer" => Ok(Self::Int),
            "double precision" => Ok(Self::Float),
            "text" => Ok(Self::Text),
            "blob" | "bytea" => Ok(Self::Bytes),
            other => Err(format!("there is no kind of column {other:?}")),
        }
    }
}

/// A statement and its values, in the order of `$1`, `$2`, ….
#[derive(Debug, Clone)]
pub(in crate::store) struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// A row of an answer; read through [`Cells`](crate::store::rows::Cells).
#[derive(Debug)]
pub(in crate::store) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Query {
    /// `sql` is written in this room: never a text from outside.
    pub(in crate::store) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(super) fn into_values(self) -> impl Iterator<Item = Value> {
        self.values.into_iter()
    }

    pub(super) fn for_sqlite(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        self.values.into_iter().fold(sqlx::query(text(self.sql)), |query, value| match value {
            Value::Int(int) => query.bind(int),
            Value::Float(float) => query.bind(float),
            Value::Text(text) => query.bind(text),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    }

    pub(super) fn for_postgres(self) -> sqlx::query::Query<'static, Postgres, PgArguments> {
        self.values.into_iter().fold(sqlx::query(text(self.sql)), |query, value| match value {
            Value::Int(int) => query.bind(int),
            Value::Float(float) => query.bind(float),
            Value::Text(text) => query.bind(text.map(without_zeros)),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    }

    pub(super) fn each_of_sqlite<'c>(self, on: impl SqliteExecutor<'c> + 'c) -> BoxStream<'c, Result<Row>> {
        self.for_sqlite().fetch(on).map_ok(Row::Sqlite).err_into().boxed()
    }

    pub(super) fn each_of_postgres<'c>(self, on: impl PgExecutor<'c> + 'c) -> BoxStream<'c, Result<Row>> {
        self.for_postgres().fetch(on).map_ok(Row::Postgres).err_into().boxed()
    }

    pub(super) async fn all_of_sqlite(self, on: impl SqliteExecutor<'_>) -> Result<Vec<Row>> {
        Ok(self.for_sqlite().fetch_all(on).await?.into_iter().map(Row::Sqlite).collect())
    }

    pub(super) async fn all_of_postgres(self, on: impl PgExecutor<'_>) -> Result<Vec<Row>> {
        Ok(self.for_postgres().fetch_all(on).await?.into_iter().map(Row::Postgres).collect())
    }

    pub(super) async fn one_of_sqlite(self, on: impl SqliteExecutor<'_>) -> Result<Option<Row>> {
        Ok(self.for_sqlite().fetch_optional(on).await?.map(Row::Sqlite))
    }

    pub(super) async fn one_of_postgres(self, on: impl PgExecutor<'_>) -> Result<Option<Row>> {
        Ok(self.for_postgres().fetch_optional(on).await?.map(Row::Postgres))
    }
}

fn text(sql: Cow<'static, str>) -> SqlStr {
    match sql {
        Cow::Borrowed(sql) => sql.into_sql_str(),
        Cow::Owned(sql) => AssertSqlSafe(sql).into_sql_str(),
    }
}

/// PostgreSQL keeps no zero character in a text; one that came with a file becomes the sign for what cannot be read, in what
/// is written and in what is looked for.
pub(super) fn without_zeros(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// `Value` of a type and of its option.
macro_rules! value_of {
    ($($kind:ident: $($from:ty),+;)+) => { $($(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$kind(Some(value.into()))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$kind(value.map(Into::into))
            }
        }
    )+)+ };
}

value_of! {
    Int: i64, bool;
    Float: f64;
    Text: &str, String;
    Bytes: &[u8], Vec<u8>;
}
