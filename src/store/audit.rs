use jiff::Timestamp;

use super::{
    Error, Result, Store,
    rows::{Cells, millis},
};
use crate::domain::Sha256;

/// Rows followed at a time.
const CHUNK_ROWS: i64 = 1000;

/// Who did what: append-only, each row with the hash of the one before.
#[derive(Debug)]
pub struct Audit<'a>(pub(super) &'a Store);

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
        let last = write.one(sqlx::query("select id, hash from audit order by id desc limit 1")).await?;
        let (id, before) = match &last {
            Some(row) => {
                let cells = Cells::of("audit", row);
                (cells.int(0)? + 1, cells.bytes(1)?)
            }
            None => (1, [].as_slice()),
        };
        let hash = chained(before, id, millis(at), [who, what, on, details]);
        let sql = "insert into audit (id, at, who, what, object, details, hash) values ($1, $2, $3, $4, $5, $6, $7)";
        let query = sqlx::query(sql).bind(id).bind(millis(at)).bind(who).bind(what).bind(on).bind(details);
        write.execute(query.bind(hash.bytes().as_slice())).await?;
        write.commit().await
    }

    /// Follows the chain from the start: the number of rows, or the first damaged one as [`super::Error::Damaged`].
    pub async fn verify(&self) -> Result<i64> {
        let sql = "select id, at, who, what, object, details, hash from audit where id > $1 order by id limit $2";
        let (mut n, mut before) = (0, Vec::new());
        loop {
            let rows = self.0.all(sqlx::query(sql).bind(n).bind(CHUNK_ROWS)).await?;
            for row in &rows {
                let cells = Cells::of("audit", row);
                let (id, at, kept) = (cells.int(0)?, cells.int(1)?, cells.bytes(6)?);
                let texts = [cells.text(2)?, cells.text(3)?, cells.text(4)?, cells.text(5)?];
                if id != n + 1 || chained(&before, id, at, texts).bytes().as_slice() != kept {
                    let why = format!("row {} is missing or was changed after it was written", n + 1);
                    return Err(Error::Damaged { what: "audit", why });
                }
                n = id;
                before = kept.to_vec();
            }
            if rows.is_empty() {
                return Ok(n);
            }
        }
    }
}
