use jiff::Timestamp;
use rand::{Rng, RngExt as _};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Caller, Desk, Error, Reach, Result};
use crate::{
    domain::{PortfolioId, PortfolioName, Sha256, WordError},
    store::{KeyRow, NewKey, Scope},
};

/// What every key begins with, so that a leaked one can be found by a search.
const PREFIX: &str = "vdt_";
/// Random characters: 178 bits.
const N_RANDOM: usize = 30;
/// Characters of the checksum: 62^6 is above 2^32.
const N_CHECK: usize = 6;
/// How much of a key is shown in lists: enough to tell two apart, nothing to guess from.
const N_HINT: usize = 8;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key that was just made: the only time its text is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewKeyView {
    /// Its name in lists.
    pub id: String,
    /// The key itself. Only its hash is kept: it cannot be shown again.
    pub key: String,
    /// `read`, `write` or `admin`.
    pub scope: String,
    /// Portfolios it sees; empty means all.
    pub portfolios: Vec<String>,
    /// Those of them that were not there before and are made for it; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_portfolios: Vec<String>,
}

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyView {
    /// Its name.
    pub id: String,
    /// Its first characters.
    pub hint: String,
    /// `read`, `write` or `admin`.
    pub scope: String,
    /// Portfolios it sees; empty means all.
    pub portfolios: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was revoked; null while it opens doors.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

/// A new key: `vdt_`, 30 random characters, and 6 of their checksum.
pub fn mint(rng: &mut impl Rng) -> String {
    let random: String = (0..N_RANDOM).map(|_| char::from(BASE62[rng.random_range(0..BASE62.len())])).collect();
    let check = checksum(&random);
    format!("{PREFIX}{random}{check}")
}

/// Whether a text can be a key at all. A typo is told by the checksum, without asking the store.
pub fn is_well_formed(key: &str) -> bool {
    let Some(body) = key.strip_prefix(PREFIX) else { return false };
    let is_base62 = body.len() == N_RANDOM + N_CHECK && body.bytes().all(|b| b.is_ascii_alphanumeric());
    is_base62 && body.split_at_checked(N_RANDOM).is_some_and(|(random, check)| checksum(random) == check)
}

/// CRC-32 (IEEE 802.3) of the random part, six base-62 digits, most significant first.
fn checksum(random: &str) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(random.as_bytes());
    let mut rest = crc.sum() as usize;
    let mut digits = [b'0'; N_CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % BASE62.len()];
        rest /= BASE62.len();
    }
    digits.iter().copied().map(char::from).collect()
}

fn must_see_everything(caller: &Caller) -> Result<()> {
    match caller.reach {
        Reach::Everything => Ok(()),
        Reach::Portfolios(_) => Err(Error::Forbidden("keys are managed by who sees every portfolio")),
    }
}

/// The names that one may have been meant for: the same but for capitals, or but for a slip (two, in a long name). Names that
/// differ in their numbers differ by intent, and of short ones nearly all are near to each other.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_near = |other: &&&str| {
        let (a, b) = (name.to_lowercase(), other.to_lowercase());
        let slips = match a.chars().count().min(b.chars().count()) {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        };
        digits(&a) == digits(&b) && strsim::osa_distance(&a, &b) <= slips
    };
    known.iter().filter(is_near).copied().collect()
}

/// The word for a scope.
pub(super) fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Admin => "admin",
    }
}

impl Desk {
    /// Makes a key for these portfolios; none means all, those to come included. One that is not there is made, unless its name
    /// is so near to another's that it will be a slip of the pen.
    pub async fn create_key(&self, caller: &Caller, scope: Scope, portfolios: &[String]) -> Result<NewKeyView> {
        self.create_key_for(caller, scope, portfolios, false).await
    }

    /// The same; with `are_new` a name that is near to another's is meant.
    pub async fn create_key_for(
        &self,
        caller: &Caller,
        scope: Scope,
        portfolios: &[String],
        are_new: bool,
    ) -> Result<NewKeyView> {
        must_see_everything(caller)?;
        let known = self.store.facts().portfolios().await?;
        let known: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
        let mut names: Vec<PortfolioName> = Vec::new();
        for (place, name) in portfolios.iter().enumerate() {
            let pointer = || format!("/portfolios/{place}");
            let name: PortfolioName = name.parse().map_err(|e: WordError| Error::invalid(pointer(), e))?;
            let near = nearest(name.as_str(), &known);
            if let (false, false, [_, ..]) = (are_new, known.contains(&name.as_str()), near.as_slice()) {
                let why = format!(
                    "is no portfolio that there is; the nearest: {}. If a new one is meant, say so (`new_portfolio`)",
                    near.join(", ")
                );
                return Err(Error::invalid(pointer(), why));
            }
            names.push(name);
        }
        let is_new = |name: &&PortfolioName| !known.contains(&name.as_str());
        let new_portfolios = names.iter().filter(is_new).map(PortfolioName::to_string).collect();
        let mut ids = Vec::new();
        for name in &names {
            ids.push(self.open_portfolio(name).await?);
        }
        let key = mint(&mut rand::rng());
        let row = NewKey {
            id: format!("key_{}", Uuid::now_v7().simple()),
            hash: Sha256::of(key.as_bytes()),
            hint: key.chars().take(N_HINT).collect(),
            scope,
            portfolios: ids,
            created_at: self.clock.now(),
        };
        let details = serde_json::json!({"scope": scope_word(scope), "portfolios": portfolios});
        self.noted(caller, ("key.created", &row.id), &details, self.store.access().put_key(&row)).await?;
        let (scope, portfolios) = (scope_word(scope).to_owned(), portfolios.to_vec());
        Ok(NewKeyView { id: row.id, key, scope, portfolios, new_portfolios })
    }

    /// All keys, without their text.
    pub async fn keys(&self, caller: &Caller) -> Result<Vec<KeyView>> {
        must_see_everything(caller)?;
        let names = self.store.facts().portfolios().await?;
        let name_of = |id| names.iter().find(|(own, _)| *own == id).map(|(_, name)| name.to_string());
        let view = |row: KeyRow| KeyView {
            id: row.key.id,
            hint: row.key.hint,
            scope: scope_word(row.key.scope).to_owned(),
            portfolios: row.key.portfolios.into_iter().filter_map(name_of).collect(),
            created_at: row.key.created_at,
            revoked_at: row.revoked_at,
        };
        Ok(self.store.access().keys().await?.into_iter().map(view).collect())
    }

    /// Revokes a key, from now on.
    pub async fn revoke_key(&self, caller: &Caller, id: &str) -> Result<()> {
        must_see_everything(caller)?;
        let (access, now) = (self.store.access(), self.clock.now());
        let was_good =
            self.noted(caller, ("key.revoked", id), &serde_json::Value::Null, access.revoke(id, now)).await?;
        was_good.then_some(()).ok_or(Error::NotFound("key"))
    }

    /// Who a key belongs to and what it may do; none when it is malformed, unknown or revoked.
    pub async fn who_has(&self, key: &str) -> Result<Option<(Caller, Scope)>> {
        if !is_well_formed(key) {
            return Ok(None);
        }
        let Some(row) = self.store.access().key(&Sha256::of(key.as_bytes())).await? else { return Ok(None) };
        if row.revoked_at.is_some() {
            return Ok(None);
        }
        let reach = reach_of(row.key.portfolios);
        Ok(Some((Caller { name: row.key.id, reach }, row.key.scope)))
    }

    /// Whether a caller's key still opens doors: for who was let in and stays.
    pub async fn is_in_force(&self, caller: &Caller) -> Result<bool> {
        Ok(self.store.access().is_in_force(&caller.name).await?)
    }

    /// What holders of keys may see: each reach once, at most so many of them.
    pub async fn reaches(&self, limit: usize) -> Result<Vec<Reach>> {
        let mut reaches = Vec::new();
        for row in self.store.access().keys().await? {
            let reach = reach_of(row.key.portfolios);
            if row.revoked_at.is_none() && reaches.len() < limit && !reaches.contains(&reach) {
                reaches.push(reach);
            }
        }
        Ok(reaches)
    }
}

/// A key that names no portfolio sees them all.
fn reach_of(portfolios: Vec<PortfolioId>) -> Reach {
    if portfolios.is_empty() { Reach::Everything } else { Reach::Portfolios(portfolios) }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_number_or_a_short_name_is_not() {
        let known = ["north", "south", "Filiale Torino", "tenant-1", "it", "uk"];
        for (name, near) in [
            ("nort", "north"),
            ("North", "north"),
            ("nrohtern", ""),
            ("filiale torinno", "Filiale Torino"),
            ("IT", "it"),
            ("tenant-2", ""),
            ("is", ""),
            ("east", ""),
        ] {
            assert_eq!(nearest(name, &known).join(","), near, "{name}");
        }
    }
}
