//! Who did what and when: append-only, each row with the hash of the one before, and the whole sealed now and then.
//!
//! # Why
//!
//! *Why a chain and a seal?* The chain tells which row was changed, taken out or put in. Whoever can write the database can
//! also compute a whole new chain, though; therefore its head is signed now and then with a key that is not in the database,
//! into a file that is not in it either ([`Seal`]). What was sealed cannot be made anew; what came after the last seal can,
//! by somebody who knows how, until the next one; that something is missing at the end shows a minute after it was written.
//!
//! *Why is a note part of the transaction that it is about?* What was done without a note, because the process ended between
//! the two, would never be noted; and a note of what was not done would accuse somebody. See [`mod@noting`].
//!
//! *Why Ed25519 and not an HMAC?* Who checks the log need not be able to sign it: an auditor gets the public key, and what
//! is checked with it proves something about us, too.

mod inspect;
mod noting;
mod seal;

use jiff::Timestamp;

use super::{
    Error, Result, Store,
    backend::{Query, Row, Write, json_list},
    rows::{Cells, millis},
};
use crate::domain::Sha256;

pub use inspect::{AuditFault, Inspection};
pub use noting::{Note, noting};
pub use seal::{Attested, Checkpoint, Seal, SealError, Witness};

/// Who did what: append-only, each row with the hash of the one before.
#[derive(Debug)]
pub struct Audit<'a>(pub(super) &'a Store);

/// An action, for the log.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Who did it.
    pub who: &'a str,
    /// What was done.
    pub what: &'a str,
    /// On what.
    pub object: &'a str,
    /// As JSON text.
    pub details: &'a str,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1, without gaps.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// A key's id, `cli`, `vedetta`.
    pub who: String,
    /// `override.began`.
    pub what: String,
    /// On what; empty when it was erased.
    pub object: String,
    /// As JSON text; empty when it was erased.
    pub details: String,
    /// SHA-256 over the hash of the row before and every field of this one.
    pub(super) hash: Vec<u8>,
    /// Its texts were erased with the person that they named.
    pub is_erased: bool,
}

/// What is noted when the texts of earlier rows were erased; the details list these rows.
const ERASED: &str = "audit.erased";

/// The hash of a row: over the hash before it and every field, each with its length in front, so that no text can be
/// moved from one field to the next unseen.
fn chained(before: &[u8], id: i64, at: i64, texts: [&str; 4]) -> Sha256 {
    let mut bytes = before.to_vec();
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(&at.to_be_bytes());
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Sha256::of(&bytes)
}

impl Audit<'_> {
    /// Notes an action: who (a key's id, `cli`), what (`rating.override`), on what, and its details as JSON text.
    pub async fn note(&self, at: Timestamp, who: &str, what: &str, on: &str, details: &str) -> Result<()> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        write.note_audit(at, &Entry { who, what, object: on, details }).await?;
        write.commit().await
    }

    /// Rows after `after`, oldest first.
    pub async fn rows(&self, after: i64, limit: usize) -> Result<Vec<AuditRow>> {
        let sql = "select id, at, who, what, object, details, hash, is_erased from audit
             where id > $1 order by id limit $2";
        let query = Query::new(sql).bind(after).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.0.all(query).await?.iter().map(audit_row).collect()
    }

    /// Rows before `before`, newest first, at most `limit`: of this person or key, and of actions that begin so, where said.
    pub async fn newest(
        &self,
        before: i64,
        (who, what): (Option<&str>, Option<&str>),
        limit: usize,
    ) -> Result<Vec<AuditRow>> {
        let sql = "select id, at, who, what, object, details, hash, is_erased from audit where id < $1
             and ($2 = 0 or who = $3) and substr(what, 1, cast($4 as integer)) = $5 order by id desc limit $6";
        let what = what.unwrap_or_default();
        let n = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let query = Query::new(sql).bind(before).bind(i64::from(who.is_some())).bind(who.unwrap_or_default());
        let query = query.bind(n(what.chars().count())).bind(what).bind(n(limit));
        self.0.all(query).await?.iter().map(audit_row).collect()
    }

    /// Everybody who ever did something, by name.
    pub async fn whose(&self) -> Result<Vec<String>> {
        let rows = self.0.all(Query::new("select distinct who from audit order by who")).await?;
        rows.iter().map(|row| Cells::of("audit", row).string(0)).collect()
    }

    /// The number of rows; [`Error::Damaged`] names the first that [`Audit::inspect`] finds wrong.
    pub async fn verify(&self) -> Result<i64> {
        let found = self.inspect().await?;
        match found.faults.into_iter().min_by_key(|fault| fault.row) {
            None => Ok(found.rows),
            Some(AuditFault { row, why }) => Err(Error::Damaged { what: "audit", why: format!("row {row} {why}") }),
        }
    }
}

fn audit_row(row: &Row) -> Result<AuditRow> {
    let cells = Cells::of("audit", row);
    Ok(AuditRow {
        id: cells.int(0)?,
        at: cells.instant(1)?,
        who: cells.string(2)?,
        what: cells.string(3)?,
        object: cells.string(4)?,
        details: cells.string(5)?,
        hash: cells.bytes(6)?.to_vec(),
        is_erased: cells.flag(7)?,
    })
}

impl Write<'_> {
    pub(super) async fn note_audit(&mut self, at: Timestamp, entry: &Entry<'_>) -> Result<()> {
        let Entry { who, what, object, details } = *entry;
        let last = self.one(Query::new("select id, hash from audit order by id desc limit 1")).await?;
        let (id, before) = match &last {
            Some(row) => {
                let cells = Cells::of("audit", row);
                (cells.int(0)? + 1, cells.bytes(1)?)
            }
            None => (1, [].as_slice()),
        };
        let hash = chained(before, id, millis(at), [who, what, object, details]);
        let sql = "insert into audit (id, at, who, what, object, details, hash) values ($1, $2, $3, $4, $5, $6, $7)";
        let query = Query::new(sql).bind(id).bind(millis(at)).bind(who.to_owned()).bind(what.to_owned());
        let query = query.bind(object.to_owned()).bind(details.to_owned());
        self.execute(query.bind(hash.bytes().to_vec())).await.map(drop)
    }

    /// Takes the texts out of the rows that name somebody, and says so in a row of its own: their hashes stay, so that
    /// the chain holds, and nothing but an erasure can have emptied them.
    pub(super) async fn erase_audit(&mut self, names_it: impl Fn(&str, &str) -> bool, at: Timestamp) -> Result<()> {
        let mut ids = Vec::new();
        for row in self.all(Query::new("select id, object, details from audit where is_erased = 0")).await? {
            let cells = Cells::of("audit", &row);
            if names_it(cells.text(1)?, cells.text(2)?) {
                ids.push(cells.int(0)?);
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let list = json_list(ids.iter());
        let sql = "update audit set object = '', details = '', is_erased = 1
             where id in (select cast(value as bigint) from json_each($1))";
        self.execute(Query::new(sql).bind(list.clone())).await?;
        self.note_audit(at, &Entry { who: "vedetta", what: ERASED, object: "", details: &list }).await
    }
}
