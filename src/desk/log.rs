//! The log of who did what, for whoever manages the house.

use jiff::Timestamp;

use super::{Caller, Desk, Error, Reach, Result, Slice};
use crate::store::AuditRow;

/// Which rows of the log to give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogAsk {
    /// Of this person or key.
    pub who: Option<String>,
    /// Of actions whose name begins so, as `person` or `key.revoked`.
    pub what: Option<String>,
    /// Older than this row.
    pub before: Option<i64>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// From 1, without gaps.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// A person's name, a key's id, `cli` or `vedetta`.
    pub who: String,
    /// `override.began` and so on.
    pub what: String,
    /// On what; empty when it was erased.
    pub object: String,
    /// As JSON text; empty when it was erased, or when there is nothing to say.
    pub details: String,
    /// Its texts were erased with the person that they named.
    pub is_erased: bool,
}

impl From<AuditRow> for LogLine {
    fn from(row: AuditRow) -> Self {
        let details = if row.details == "null" { String::new() } else { row.details };
        Self {
            id: row.id,
            at: row.at,
            who: row.who,
            what: row.what,
            object: row.object,
            details,
            is_erased: row.is_erased,
        }
    }
}

fn must_see_everything(caller: &Caller) -> Result<()> {
    match caller.reach {
        Reach::Everything => Ok(()),
        Reach::Portfolios(_) => {
            Err(Error::Forbidden("the log is about every portfolio: it is read by who sees them all"))
        }
    }
}

impl Desk {
    /// Rows of the log, newest first.
    pub async fn log(&self, caller: &Caller, ask: &LogAsk, limit: usize) -> Result<Slice<LogLine>> {
        must_see_everything(caller)?;
        let before = ask.before.unwrap_or(i64::MAX);
        let asked = (ask.who.as_deref(), ask.what.as_deref());
        let mut rows = self.store.audit().newest(before, asked, limit + 1).await?;
        let is_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| is_more).map(|row| row.id);
        Ok(Slice { items: rows.into_iter().map(LogLine::from).collect(), next })
    }

    /// Everybody who is named in the log, by name.
    pub async fn named_in_log(&self, caller: &Caller) -> Result<Vec<String>> {
        must_see_everything(caller)?;
        Ok(self.store.audit().whose().await?)
    }
}
