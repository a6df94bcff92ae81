use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    Error, Result, Store,
    backend::{Query, Write, json_list},
    rows::{Cells, millis},
};
use crate::domain::Sha256;

/// Rows followed at a time.
const CHUNK_ROWS: i64 = 1000;

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
        write.note_audit(at, &Entry { who, what, object: on, details }).await?;
        write.commit().await
    }

    /// Follows the chain from the start: the number of rows, or the first damaged one as [`super::Error::Damaged`].
    pub async fn verify(&self) -> Result<i64> {
        let sql = "select id, at, who, what, object, details, hash, is_erased from audit
             where id > $1 order by id limit $2";
        let (mut n, mut before) = (0, Vec::new());
        let (mut erased, mut owned) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let rows = self.0.all(Query::new(sql).bind(n).bind(CHUNK_ROWS)).await?;
            for row in &rows {
                let cells = Cells::of("audit", row);
                let (id, at, kept) = (cells.int(0)?, cells.int(1)?, cells.bytes(6)?);
                let texts = [cells.text(2)?, cells.text(3)?, cells.text(4)?, cells.text(5)?];
                let is_erased = cells.flag(7)?;
                let is_whole = match is_erased {
                    true => texts[2].is_empty() && texts[3].is_empty(),
                    false => chained(&before, id, at, texts).bytes().as_slice() == kept,
                };
                if id != n + 1 || !is_whole {
                    return Err(changed(n + 1));
                }
                if is_erased {
                    erased.insert(id);
                } else if texts[1] == ERASED {
                    owned.extend(serde_json::from_str::<Vec<i64>>(texts[3]).map_err(|_| changed(id))?);
                }
                n = id;
                before = kept.to_vec();
            }
            if rows.is_empty() {
                // A row whose texts are gone must be one that a later, whole row says were erased.
                return erased.difference(&owned).next().map_or(Ok(n), |id| Err(changed(*id)));
            }
        }
    }
}

fn changed(row: i64) -> Error {
    Error::Damaged { what: "audit", why: format!("row {row} is missing or was changed after it was written") }
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
