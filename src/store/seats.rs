//! Which model rates, and which rates beside it unseen.
//!
//! # Why
//!
//! *Why is a promoted model kept here and not read from its folder?* Several processes rate, on several machines, and all must
//! rate with the same bytes at the same time. A folder that somebody edits after its promotion changes nothing.

use jiff::Timestamp;

use super::{
    Error, Result, Store,
    backend::{Query, Row},
    rows::{Cells, millis},
};
use crate::domain::Sha256;

/// Models and their seats.
#[derive(Debug)]
pub struct Models<'a>(pub(super) &'a Store);

/// What a model may sit as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its ratings are the ratings.
    Champion,
    /// It rates the same inputs every night, and nobody is told.
    Challenger,
}

impl Role {
    /// The word in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        }
    }
}

/// A model's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// The folder's name.
    pub name: String,
    /// `model.json`.
    pub body: String,
    /// `golden.csv`, vectors and the points they must give; none when there is none.
    pub golden: Option<String>,
    /// `training.json`, the distributions of its training sample; none when it learned from none.
    pub training: Option<String>,
    /// `card.md`, what a person should know before trusting it; none when it came without one.
    pub card: Option<String>,
    /// `evaluation.json`, how good it is on rows with known outcomes; none when nobody judged it.
    pub evaluation: Option<String>,
}

impl ModelFiles {
    /// The hash of `model.json`: what a rating names the model by.
    pub fn hash(&self) -> Sha256 {
        Sha256::of(self.body.as_bytes())
    }
}

/// A model in a seat, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seated {
    /// Its hash; none stands for the configured model, or for an empty seat.
    pub model: Option<Sha256>,
    /// Since when.
    pub at: Timestamp,
    /// Who put it there.
    pub who: String,
    /// The number of the newest sitting of all: what it grows with may have changed what is kept of a model.
    pub newest: i64,
}

/// A model that sat, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// Its hash and its name; none stands for the configured model, or for an empty seat.
    pub model: Option<(Sha256, String)>,
    /// Since when.
    pub from: Timestamp,
    /// Until when, where it was taken back; one that another followed has no end of its own.
    pub until: Option<Timestamp>,
}

impl Sitting {
    /// Who of these sat at an instant; none stands for the configured model, or for an empty seat.
    pub fn at(sittings: &[Self], instant: Timestamp) -> Option<&(Sha256, String)> {
        let sat = |s: &&Self| s.from <= instant && s.until.is_none_or(|until| instant < until);
        sittings.iter().rev().find(sat).and_then(|s| s.model.as_ref())
    }
}

impl Models<'_> {
    /// Puts a model into a seat; none gives the champion's seat back to the configured model, and empties the challenger's.
    pub async fn seat(&self, role: Role, model: Option<&ModelFiles>, at: Timestamp, who: &str) -> Result<()> {
        let mut write = self.0.write().await?;
        if let Some(files) = model {
            let sql = "insert into model (hash, name, body, golden, training, card, evaluation, first_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)
                 on conflict (hash) do update set golden = coalesce(excluded.golden, model.golden),
                    training = coalesce(excluded.training, model.training),
                    card = coalesce(excluded.card, model.card),
                    evaluation = coalesce(excluded.evaluation, model.evaluation)";
            let query = Query::new(sql).bind(files.hash().bytes().to_vec()).bind(files.name.clone());
            let query = query.bind(files.body.clone()).bind(files.golden.clone()).bind(files.training.clone());
            let query = query.bind(files.card.clone()).bind(files.evaluation.clone());
            write.execute(query.bind(millis(at))).await?;
        }
        let sql = "insert into seat (role, model, at, who) values ($1, $2, $3, $4)";
        let hash = model.map(|files| files.hash().bytes().to_vec());
        write.execute(Query::new(sql).bind(role.as_str()).bind(hash).bind(millis(at)).bind(who.to_owned())).await?;
        write.commit().await
    }

    /// Who sits there; none when nobody ever did, or everybody was taken back.
    pub async fn seated(&self, role: Role) -> Result<Option<Seated>> {
        let sql = "select model, at, who, (select max(id) from seat) from seat
             where role = $1 and taken_back_at is null order by id desc limit 1";
        self.0.one(Query::new(sql).bind(role.as_str())).await?.as_ref().map(seated_of).transpose()
    }

    /// Everybody who ever sat there, in order.
    pub async fn sittings(&self, role: Role) -> Result<Vec<Sitting>> {
        let sql = "select s.model, m.name, s.at, s.taken_back_at from seat s left join model m on m.hash = s.model
             where s.role = $1 order by s.id";
        let rows = self.0.all(Query::new(sql).bind(role.as_str())).await?;
        let sitting = |row: &Row| {
            let cells = Cells::of("seat", row);
            let model = match cells.maybe_string(1)? {
                Some(name) => Some((cells.sha256(0)?, name)),
                None => None,
            };
            let until = if cells.maybe_int(3)?.is_some() { Some(cells.instant(3)?) } else { None };
            Ok(Sitting { model, from: cells.instant(2)?, until })
        };
        rows.iter().map(sitting).collect()
    }

    /// Takes back whoever sits there, so that the one of before sits again; says whether there was anybody.
    pub async fn take_back(&self, role: Role, at: Timestamp) -> Result<bool> {
        let sql = "update seat set taken_back_at = $1
             where id = (select max(id) from seat where role = $2 and taken_back_at is null)";
        Ok(self.0.execute(Query::new(sql).bind(millis(at)).bind(role.as_str())).await? > 0)
    }

    /// A model that was given a seat, by its hash.
    pub async fn files(&self, hash: Sha256) -> Result<ModelFiles> {
        let sql = "select name, body, golden, training, card, evaluation from model where hash = $1";
        let row = self.0.one(Query::new(sql).bind(hash.bytes().to_vec())).await?;
        let damaged = |why: String| Error::Damaged { what: "model", why };
        let files = files_of(&row.ok_or_else(|| damaged(format!("there is no model {hash}")))?)?;
        match files.hash() == hash {
            true => Ok(files),
            false => Err(damaged(format!("what is kept of {hash} has the hash {}", files.hash()))),
        }
    }

    /// Every model that was ever given a seat, the newest first.
    pub async fn all(&self) -> Result<Vec<ModelFiles>> {
        let sql = "select name, body, golden, training, card, evaluation from model order by first_at desc, hash";
        self.0.all(Query::new(sql)).await?.iter().map(files_of).collect()
    }
}

fn files_of(row: &Row) -> Result<ModelFiles> {
    let cells = Cells::of("model", row);
    Ok(ModelFiles {
        name: cells.string(0)?,
        body: cells.string(1)?,
        golden: cells.maybe_string(2)?,
        training: cells.maybe_string(3)?,
        card: cells.maybe_string(4)?,
        evaluation: cells.maybe_string(5)?,
    })
}

fn seated_of(row: &Row) -> Result<Seated> {
    let cells = Cells::of("seat", row);
    let model = match cells.maybe_bytes(0)? {
        Some(_) => Some(cells.sha256(0)?),
        None => None,
    };
    Ok(Seated { model, at: cells.instant(1)?, who: cells.string(2)?, newest: cells.int(3)? })
}
