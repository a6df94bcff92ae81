use jiff::Timestamp;

use super::{
    Result, Scope, Store,
    backend::{Query, Row},
    rows::{Cells, millis},
};
use crate::domain::{PortfolioId, Rank, Sha256};

/// Who signs in to the pages, and the browsers that have.
#[derive(Debug)]
pub struct People<'a>(pub(super) &'a Store);

impl From<Scope> for Rank {
    /// What a key opens on the pages. Whoever may write by the API may decide there, too.
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Viewer,
            Scope::Write => Self::Manager,
            Scope::Admin => Self::Admin,
        }
    }
}

/// Somebody who signs in with a password.
#[derive(Debug, Clone, PartialEq)]
pub struct SignsIn {
    /// `usr_…`.
    pub id: String,
    /// As it is typed at the door, lower case.
    pub name: String,
    /// argon2id, in the PHC string format.
    pub password: String,
    /// What it may do.
    pub rank: Rank,
    /// Portfolios it sees; empty means all.
    pub portfolios: Vec<PortfolioId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it no longer opens doors.
    pub revoked_at: Option<Timestamp>,
    /// Wrong passwords since the last right one.
    pub n_failed: i64,
    /// Until when nobody is let in under this name.
    pub locked_until: Option<Timestamp>,
}

/// A browser that has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its token.
    pub hash: Sha256,
    /// The person, when it signed in with a password.
    pub person: Option<String>,
    /// The key, when it signed in with one.
    pub key: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Who is behind a session that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The person's or the key's id.
    pub id: String,
    /// The person's name; none for a key.
    pub name: Option<String>,
    /// What it may do.
    pub rank: Rank,
    /// Portfolios it sees; empty means all.
    pub portfolios: Vec<PortfolioId>,
}

const PERSON: &str =
    "select id, name, password, rank, portfolios, created_at, revoked_at, n_failed, locked_until from person";

fn portfolios_of(cells: &Cells<'_>, column: usize) -> Result<Vec<PortfolioId>> {
    let portfolio = |word: &str| word.parse().map(PortfolioId::new).map_err(|_| format!("{word:?} is not a portfolio"));
    cells.checked(cells.text(column)?.split_whitespace().map(portfolio).collect())
}

fn person_of(row: &Row) -> Result<SignsIn> {
    let cells = Cells::of("person", row);
    Ok(SignsIn {
        id: cells.string(0)?,
        name: cells.string(1)?,
        password: cells.string(2)?,
        rank: cells.word(3)?,
        portfolios: portfolios_of(&cells, 4)?,
        created_at: cells.instant(5)?,
        revoked_at: cells.maybe_instant(6)?,
        n_failed: cells.int(7)?,
        locked_until: cells.maybe_instant(8)?,
    })
}

impl People<'_> {
    /// Writes somebody; [`super::Error::Conflict`] when the name is taken.
    pub async fn put(&self, person: &SignsIn) -> Result<()> {
        let sql =
            "insert into person (id, name, password, rank, portfolios, created_at, revoked_at, n_failed, locked_until)
             values ($1, $2, $3, $4, $5, $6, null, 0, null)";
        let portfolios: Vec<_> = person.portfolios.iter().map(|p| p.get().to_string()).collect();
        let query = Query::new(sql).bind(person.id.as_str()).bind(person.name.as_str()).bind(person.password.as_str());
        let query = query.bind(person.rank.as_str()).bind(portfolios.join(" ")).bind(millis(person.created_at));
        self.0.execute(query).await.map(drop)
    }

    /// Somebody by name, revoked or not.
    pub async fn named(&self, name: &str) -> Result<Option<SignsIn>> {
        let query = Query::new(format!("{PERSON} where name = $1")).bind(name);
        self.0.one(query).await?.as_ref().map(person_of).transpose()
    }

    /// Everybody, by name.
    pub async fn all(&self) -> Result<Vec<SignsIn>> {
        self.0.all(Query::new(format!("{PERSON} order by name"))).await?.iter().map(person_of).collect()
    }

    /// Gives somebody another password and lifts a lock; the sessions under the old one end. False when unknown.
    pub async fn set_password(&self, id: &str, password: &str) -> Result<bool> {
        let sql =
            "update person set password = $1, n_failed = 0, locked_until = null where id = $2 and revoked_at is null";
        let mut write = self.0.write().await?;
        let is_known = write.execute(Query::new(sql).bind(password).bind(id)).await? > 0;
        write.execute(Query::new("delete from session where person = $1").bind(id)).await?;
        write.commit().await?;
        Ok(is_known)
    }

    /// Lets somebody in no more, and ends their sessions; false when unknown.
    pub async fn revoke(&self, id: &str, at: Timestamp) -> Result<bool> {
        let sql = "update person set revoked_at = coalesce(revoked_at, $1) where id = $2";
        let mut write = self.0.write().await?;
        let is_known = write.execute(Query::new(sql).bind(millis(at)).bind(id)).await? > 0;
        write.execute(Query::new("delete from session where person = $1").bind(id)).await?;
        write.commit().await?;
        Ok(is_known)
    }

    /// Gives somebody another rank, which counts from their next request on; false when unknown.
    pub async fn set_rank(&self, id: &str, rank: Rank) -> Result<bool> {
        let query = Query::new("update person set rank = $1 where id = $2").bind(rank.as_str()).bind(id);
        Ok(self.0.execute(query).await? > 0)
    }

    /// Lets somebody in again who was revoked, or whose name is closed for a while; false when unknown.
    pub async fn readmit(&self, id: &str) -> Result<bool> {
        let sql = "update person set revoked_at = null, n_failed = 0, locked_until = null where id = $1";
        Ok(self.0.execute(Query::new(sql).bind(id)).await? > 0)
    }

    /// Counts a try before it is judged, so that many at once cannot all be the first: how many wrong ones there would be.
    pub async fn count_try(&self, id: &str) -> Result<i64> {
        let mut write = self.0.write().await?;
        write.execute(Query::new("update person set n_failed = n_failed + 1 where id = $1").bind(id)).await?;
        let n = write.number(Query::new("select n_failed from person where id = $1").bind(id)).await?;
        write.commit().await?;
        Ok(n)
    }

    /// Nobody is let in under this name until then.
    pub async fn lock(&self, id: &str, until: Timestamp) -> Result<()> {
        let sql = "update person set locked_until = $1 where id = $2";
        self.0.execute(Query::new(sql).bind(millis(until)).bind(id)).await.map(drop)
    }

    /// Forgets the wrong tries of somebody who came in.
    pub async fn clear(&self, id: &str) -> Result<()> {
        let sql = "update person set n_failed = 0, locked_until = null where id = $1";
        self.0.execute(Query::new(sql).bind(id)).await.map(drop)
    }

    /// Opens a session, and forgets those that have ended.
    pub async fn open(&self, session: &Session) -> Result<()> {
        let sql = "insert into session (hash, person, access_key, created_at, expires_at) values ($1, $2, $3, $4, $5)";
        let mut write = self.0.write().await?;
        let ended = Query::new("delete from session where expires_at <= $1").bind(millis(session.created_at));
        write.execute(ended).await?;
        let query = Query::new(sql).bind(session.hash.bytes().to_vec()).bind(session.person.clone());
        let query = query.bind(session.key.clone()).bind(millis(session.created_at));
        write.execute(query.bind(millis(session.expires_at))).await?;
        write.commit().await
    }

    /// Who is behind the session with that hash; none when it has ended, or when the person or key was revoked.
    pub async fn behind(&self, hash: &Sha256, now: Timestamp) -> Result<Option<Behind>> {
        let sql = "select coalesce(p.id, k.id), p.name, p.rank, k.scope, coalesce(p.portfolios, k.portfolios)
             from session s left join person p on p.id = s.person left join access_key k on k.id = s.access_key
             where s.hash = $1 and s.expires_at > $2 and coalesce(p.id, k.id) is not null
                and p.revoked_at is null and k.revoked_at is null";
        let query = Query::new(sql).bind(hash.bytes().as_slice()).bind(millis(now));
        let Some(row) = self.0.one(query).await? else { return Ok(None) };
        let cells = Cells::of("session", &row);
        let rank = match cells.maybe_word::<Rank>(2)? {
            Some(rank) => rank,
            None => cells.word::<Scope>(3)?.into(),
        };
        Ok(Some(Behind {
            id: cells.string(0)?,
            name: cells.maybe_string(1)?,
            rank,
            portfolios: portfolios_of(&cells, 4)?,
        }))
    }

    /// Ends a session.
    pub async fn close(&self, hash: &Sha256) -> Result<()> {
        self.0.execute(Query::new("delete from session where hash = $1").bind(hash.bytes().as_slice())).await.map(drop)
    }
}
