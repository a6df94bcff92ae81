//! What a database says went wrong, as what a caller can do about it.

use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

use crate::store::Error;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let damaged = |why: String| Self::Damaged { what: "database", why };
        match &error {
            sqlx::Error::Database(e) if e.is_unique_violation() => Self::Conflict(e.message().to_owned()),
            sqlx::Error::Database(e) if is_damage(e.as_ref()) => damaged(e.message().to_owned()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => {
                damaged(error.to_string())
            }
            _ => Self::Unavailable(error),
        }
    }
}

/// Whether it will be no better the next time: what is there, or what was to be written, is not what this program and this
/// schema know. Everything else (busy, full, read-only, shutting down, gone) may pass.
fn is_damage(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        // https://www.postgresql.org/docs/15/errcodes-appendix.html: a privilege may be granted yet; of the internal errors only
        // a corrupted page or index stays, others come of a table that is written anew meanwhile.
        if code == "42501" {
            return false;
        }
        // Classes: cardinality, data exception, integrity constraint, syntax error or access rule.
        return ["21", "22", "23", "42", "XX001", "XX002"].iter().any(|class| code.starts_with(class));
    }
    // The low byte is SQLite's primary result code (https://www.sqlite.org/rescode.html).
    const CORRUPT: i32 = 11;
    const CONSTRAINT: i32 = 19;
    const NOT_A_DATABASE: i32 = 26;
    let primary = code.parse::<i32>().unwrap_or_default() & 0xff;
    [CORRUPT, CONSTRAINT, NOT_A_DATABASE].contains(&primary)
}
