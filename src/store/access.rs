use std::str::FromStr;

use jiff::Timestamp;

use super::{
    Result, Store,
    backend::{Query, Row},
    rows::{Cells, millis},
};
use crate::domain::{PortfolioId, Sha256, WordError};

/// Keys: only their hashes are kept.
#[derive(Debug)]
pub struct Access<'a>(pub(super) &'a Store);

/// What a key may do; each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Ask.
    Read,
    /// Write facts and actions.
    Write,
    /// Manage keys and runs.
    Admin,
}

impl Scope {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(WordError::new("scope", text, "must be one of read, write, admin")),
        }
    }
}

/// A key to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewKey {
    /// `key_…`, shown in lists.
    pub id: String,
    /// SHA-256 of the whole key.
    pub hash: Sha256,
    /// The first characters, shown in lists.
    pub hint: String,
    /// What it may do.
    pub scope: Scope,
    /// Portfolios it sees; empty means all.
    pub portfolios: Vec<PortfolioId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRow {
    /// The key.
    pub key: NewKey,
    /// Since when it no longer counts.
    pub revoked_at: Option<Timestamp>,
}

fn key_of(row: &Row) -> Result<KeyRow> {
    let cells = Cells::of("access_key", row);
    let portfolio = |word: &str| word.parse().map(PortfolioId::new).map_err(|_| format!("{word:?} is not a portfolio"));
    let portfolios = cells.text(4)?.split_whitespace().map(portfolio).collect();
    Ok(KeyRow {
        key: NewKey {
            id: cells.string(0)?,
            hash: cells.sha256(1)?,
            hint: cells.string(2)?,
            scope: cells.word(3)?,
            portfolios: cells.checked(portfolios)?,
            created_at: cells.instant(5)?,
        },
        revoked_at: cells.maybe_instant(6)?,
    })
}

impl Access<'_> {
    /// Writes a key; [`super::Error::Conflict`] when its id or hash is taken.
    pub async fn put_key(&self, key: &NewKey) -> Result<()> {
        let sql =
            "insert into access_key (id, hash, hint, scope, portfolios, created_at) values ($1, $2, $3, $4, $5, $6)";
        let portfolios: Vec<_> = key.portfolios.iter().map(|p| p.get().to_string()).collect();
        let query = Query::new(sql).bind(key.id.as_str()).bind(key.hash.bytes().as_slice()).bind(key.hint.as_str());
        let query = query.bind(key.scope.as_str()).bind(portfolios.join(" ")).bind(millis(key.created_at));
        let mut write = self.0.write().await?;
        write.execute(query).await?;
        write.is_shown().await?;
        write.commit().await
    }

    /// The key with that hash, revoked ones too.
    pub async fn key(&self, hash: &Sha256) -> Result<Option<KeyRow>> {
        let sql = "select id, hash, hint, scope, portfolios, created_at, revoked_at from access_key where hash = $1";
        self.0.one(Query::new(sql).bind(hash.bytes().as_slice())).await?.as_ref().map(key_of).transpose()
    }

    /// All keys, oldest first.
    pub async fn keys(&self) -> Result<Vec<KeyRow>> {
        let sql =
            "select id, hash, hint, scope, portfolios, created_at, revoked_at from access_key order by created_at, id";
        self.0.all(Query::new(sql)).await?.iter().map(key_of).collect()
    }

    /// Whether there is a key of that id that was not revoked.
    pub async fn is_in_force(&self, id: &str) -> Result<bool> {
        let sql = "select 1 from access_key where id = $1 and revoked_at is null";
        Ok(self.0.one(Query::new(sql).bind(id)).await?.is_some())
    }

    /// Revokes one; false when unknown. The first revocation's instant stays.
    pub async fn revoke(&self, id: &str, at: Timestamp) -> Result<bool> {
        let sql = "update access_key set revoked_at = coalesce(revoked_at, $1) where id = $2";
        let mut write = self.0.write().await?;
        let is_known = write.execute(Query::new(sql).bind(millis(at)).bind(id)).await? > 0;
        write.is_shown().await?;
        write.commit().await?;
        Ok(is_known)
    }
}
