//! Everything that the store and its archive hold, in one file: written while the store is in use, and read back into a
//! store of either kind.
//!
//! # Why
//!
//! *Why a format of our own?* A copy of a database file, or a server's dump, goes back only to where it came from. Rows by
//! the names of their columns go into either database, so that a house that outgrows its file moves to a server by
//! `backup` and `restore`; and a later version, whose tables have more columns, reads an older backup. What a migration
//! filled from other rows it cannot make up: a backup of a schema before that is refused, and so is one of a later version.
//!
//! *Why one hash over the whole file?* A backup is good or it is not: nothing is restored from one that was changed by a
//! single bit, wherever. What was read is checked before the first row is touched.

mod file;
mod restore;
mod schema;

use std::path::Path;

use futures::TryStreamExt;

use self::file::{Draft, Frame, row_bytes};
use super::{Error, Result, Store, backend::Query};

pub use file::verify as verify_backup;

/// Rows are written in pieces of about so many bytes: little memory, and few pieces.
const PIECE_BYTES: usize = 64 * 1024;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Tables of the database.
    pub n_tables: u64,
    /// Rows in them.
    pub n_rows: u64,
    /// Documents of the evidence archive.
    pub n_documents: u64,
}

impl Store {
    /// Writes everything to a new file, as of one instant: what is written to the store meanwhile is not in it. The file
    /// appears under its name when it is whole; one that is already there is a conflict.
    pub async fn back_up(&self, path: &Path) -> Result<Contents> {
        let mut draft = Draft::beside(path)?;
        let mut contents = Contents::default();
        let mut snapshot = self.snapshot().await?;
        snapshot.take_time().await?;
        draft.write(&Frame::Schema(schema::version(&mut snapshot).await?))?;
        for table in schema::tables(&mut snapshot).await? {
            contents.n_tables += 1;
            draft.write(&Frame::Table(table.clone()))?;
            let mut rows = snapshot.each(Query::new(table.select()));
            let mut piece = Vec::new();
            while let Some(row) = rows.try_next().await? {
                contents.n_rows += 1;
                row_bytes(&table, &row, &mut piece)?;
                if piece.len() >= PIECE_BYTES {
                    draft.write(&Frame::Rows(std::mem::take(&mut piece)))?;
                }
            }
            if !piece.is_empty() {
                draft.write(&Frame::Rows(piece))?;
            }
        }
        snapshot.roll_back().await?;
        for shelf in 0..=u8::MAX {
            for name in self.archive().names(shelf)? {
                // One that was erased since it was listed is not missed.
                if let Some(bytes) = self.archive().get(&name)? {
                    contents.n_documents += 1;
                    draft.write(&Frame::Document(bytes))?;
                }
            }
        }
        draft.write(&Frame::End(contents))?;
        draft.keep()?;
        Ok(contents)
    }

    /// The newest migration that this store has seen.
    pub async fn schema_version(&self) -> Result<i64> {
        Ok(self.number(Query::new("select max(version) from _sqlx_migrations")).await?.unwrap_or(0))
    }
}

fn damaged(why: impl Into<String>) -> Error {
    Error::Damaged { what: "backup", why: why.into() }
}
