//! Who signs in to the pages: with a name and a password, or with a key.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Caller, Desk, Error, Reach, Result, is_well_formed};
use crate::{
    domain::{PortfolioName, Rank, Sha256, WordError},
    store::{Behind, Session, SignsIn},
};

/// A password has so many characters at least; longer is what makes one strong (NIST SP 800-63B, section 3.1.1.2).
pub const PASSWORD_MIN_CHARS: usize = 12;
/// And so many at most: a sentence, and no book to be hashed.
const PASSWORD_MAX_CHARS: usize = 200;
/// A name that fits on a line.
const NAME_MAX_CHARS: usize = 60;
/// A working day: whoever signs in in the morning does so once.
const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// Wrong passwords in a row after which a name is closed for a while.
const FREE_TRIES: i64 = 5;
/// The first while; it doubles with each further try.
const FIRST_LOCK: SignedDuration = SignedDuration::from_secs(30);
/// Doublings: the longest while is half an hour, so that nobody can keep a manager out for a day.
const MAX_DOUBLINGS: u32 = 6;

/// Passwords judged at once: each takes 19 MiB and a core for a moment.
static JUDGES: Semaphore = Semaphore::const_new(2);

/// What an unknown name is judged against, so that it takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed(&token()).unwrap_or_default());

/// Somebody who signs in, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonView {
    /// Its name in lists of the machine.
    pub id: String,
    /// What is typed at the door.
    pub name: String,
    /// `viewer`, `analyst`, `manager` or `admin`.
    pub rank: String,
    /// Portfolios it sees; empty means all.
    pub portfolios: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked; null while it opens doors.
    pub revoked_at: Option<Timestamp>,
    /// Until when the name is closed, after too many wrong passwords; null when it is not.
    pub locked_until: Option<Timestamp>,
}

/// Who is behind a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// What the use cases ask for.
    pub caller: Caller,
    /// The person's name, or none for a key.
    pub name: Option<String>,
    /// What it may do.
    pub rank: Rank,
}

impl From<Behind> for Visitor {
    fn from(behind: Behind) -> Self {
        let reach = if behind.portfolios.is_empty() { Reach::Everything } else { Reach::Portfolios(behind.portfolios) };
        let name = behind.name.clone().unwrap_or(behind.id);
        Self { caller: Caller { name, reach }, name: behind.name, rank: behind.rank }
    }
}

/// A secret that cannot be guessed: 256 random bits in hexadecimal digits.
fn token() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}

/// argon2id with 19 MiB, two passes and one lane, the crate's own and OWASP's first choice, and a salt of its own.
fn hashed(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|e| Error::invalid("/password", e))
}

async fn hashed_aside(password: &str) -> Result<String> {
    let _place = JUDGES.acquire().await.map_err(|_| Error::Busy("the process is about to end"))?;
    let password = password.to_owned();
    tokio::task::spawn_blocking(move || hashed(&password)).await?
}

async fn is_right(password: &str, hash: String) -> Result<bool> {
    let _place = JUDGES.acquire().await.map_err(|_| Error::Busy("the process is about to end"))?;
    let password = password.to_owned();
    let judged = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    Ok(judged.await?)
}

/// A name as it is kept: what a person types at the door in whatever case.
fn name_of(text: &str) -> Result<String> {
    let name = text.trim().to_lowercase();
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+'));
    if !is_plain || !(1..=NAME_MAX_CHARS).contains(&name.chars().count()) {
        let why = format!("must be 1 to {NAME_MAX_CHARS} letters, digits or one of . - _ @ +");
        return Err(Error::invalid("/name", why));
    }
    Ok(name)
}

fn check_password(password: &str) -> Result<()> {
    if (PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS).contains(&password.chars().count()) {
        return Ok(());
    }
    let why = format!("must have {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters");
    Err(Error::invalid("/password", why))
}

fn must_see_everything(caller: &Caller) -> Result<()> {
    match caller.reach {
        Reach::Everything => Ok(()),
        Reach::Portfolios(_) => Err(Error::Forbidden("people are managed by who sees every portfolio")),
    }
}

fn refuse_oneself(caller: &Caller, person: &SignsIn) -> Result<()> {
    match caller.name == person.name {
        true => {
            Err(Error::Conflict("nobody locks out, raises or lowers themselves: another administrator may".to_owned()))
        }
        false => Ok(()),
    }
}

impl Desk {
    /// Makes somebody who signs in with a password and sees these portfolios (created when missing); none means all, those to
    /// come included.
    pub async fn create_person(
        &self,
        caller: &Caller,
        name: &str,
        password: &str,
        rank: Rank,
        portfolios: &[String],
    ) -> Result<PersonView> {
        must_see_everything(caller)?;
        check_password(password)?;
        let name = name_of(name)?;
        if self.store.people().named(&name).await?.is_some() {
            return Err(Error::invalid("/name", "is taken, perhaps by somebody who was revoked"));
        }
        let mut ids = Vec::new();
        for (place, name) in portfolios.iter().enumerate() {
            let wrong = |e: WordError| Error::invalid(format!("/portfolios/{place}"), e);
            let name: PortfolioName = name.parse().map_err(wrong)?;
            ids.push(self.open_portfolio(&name).await?);
        }
        let person = SignsIn {
            id: format!("usr_{}", Uuid::now_v7().simple()),
            name,
            password: hashed_aside(password).await?,
            rank,
            portfolios: ids,
            created_at: self.clock.now(),
            revoked_at: None,
            n_failed: 0,
            locked_until: None,
        };
        let details = serde_json::json!({"name": person.name, "rank": rank.as_str(), "portfolios": portfolios});
        self.noted(caller, ("person.created", &person.id), &details, self.store.people().put(&person)).await?;
        Ok(PersonView {
            id: person.id,
            name: person.name,
            rank: rank.to_string(),
            portfolios: portfolios.to_vec(),
            created_at: person.created_at,
            revoked_at: None,
            locked_until: None,
        })
    }

    /// Everybody who signs in with a password, by name.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<PersonView>> {
        must_see_everything(caller)?;
        let names = self.store.facts().portfolios().await?;
        let name_of = |id| names.iter().find(|(own, _)| *own == id).map(|(_, name)| name.to_string());
        let view = |person: SignsIn| PersonView {
            id: person.id,
            name: person.name,
            rank: person.rank.to_string(),
            portfolios: person.portfolios.into_iter().filter_map(name_of).collect(),
            created_at: person.created_at,
            revoked_at: person.revoked_at,
            locked_until: person.locked_until,
        };
        Ok(self.store.people().all().await?.into_iter().map(view).collect())
    }

    /// Gives somebody another password: their sessions end, and so does a lock.
    pub async fn set_password(&self, caller: &Caller, name: &str, password: &str) -> Result<()> {
        must_see_everything(caller)?;
        check_password(password)?;
        let person = self.store.people().named(&name_of(name)?).await?.ok_or(Error::NotFound("person"))?;
        let hash = hashed_aside(password).await?;
        let people = self.store.people();
        let setting = people.set_password(&person.id, &hash);
        let is_known = self.noted(caller, ("person.password", &person.id), &serde_json::Value::Null, setting).await?;
        is_known.then_some(()).ok_or(Error::NotFound("person"))
    }

    /// Lets somebody in no more, from now on; their sessions end. Nobody does so to themselves.
    pub async fn revoke_person(&self, caller: &Caller, name: &str) -> Result<()> {
        must_see_everything(caller)?;
        let person = self.store.people().named(&name_of(name)?).await?.ok_or(Error::NotFound("person"))?;
        refuse_oneself(caller, &person)?;
        let (people, now) = (self.store.people(), self.clock.now());
        let revoking = people.revoke(&person.id, now);
        self.noted(caller, ("person.revoked", &person.id), &serde_json::Value::Null, revoking).await.map(drop)
    }

    /// Lets somebody do more or less, from their next request on. Nobody changes their own rank: a house whose last administrator
    /// became a reader has none who could undo it.
    pub async fn set_rank(&self, caller: &Caller, name: &str, rank: Rank) -> Result<()> {
        must_see_everything(caller)?;
        let person = self.store.people().named(&name_of(name)?).await?.ok_or(Error::NotFound("person"))?;
        refuse_oneself(caller, &person)?;
        let details = serde_json::json!({"from": person.rank.as_str(), "to": rank.as_str()});
        let people = self.store.people();
        self.noted(caller, ("person.rank", &person.id), &details, people.set_rank(&person.id, rank)).await.map(drop)
    }

    /// Lets somebody in again who was revoked or locked, with the password they had.
    pub async fn readmit_person(&self, caller: &Caller, name: &str) -> Result<()> {
        must_see_everything(caller)?;
        let person = self.store.people().named(&name_of(name)?).await?.ok_or(Error::NotFound("person"))?;
        let (people, nothing) = (self.store.people(), serde_json::Value::Null);
        let readmitting = people.readmit(&person.id);
        self.noted(caller, ("person.readmitted", &person.id), &nothing, readmitting).await.map(drop)
    }

    /// Opens a session for a name and a password: its token, to be kept by the browser alone. None when they do not go
    /// together, or when too many wrong ones came before; an unknown name takes as long and is answered the same.
    pub async fn sign_in(&self, name: &str, password: &str, now: Timestamp) -> Result<Option<String>> {
        let people = self.store.people();
        let person = match name_of(name) {
            Ok(name) => people.named(&name).await?.filter(|person| person.revoked_at.is_none()),
            Err(_) => None,
        };
        let Some(person) = person else {
            is_right(password, NOBODY.clone()).await?;
            return Ok(None);
        };
        if person.locked_until.is_some_and(|until| until > now) {
            is_right(password, NOBODY.clone()).await?;
            return Ok(None);
        }
        let n_tries = people.count_try(&person.id).await?;
        if !is_right(password, person.password).await? {
            if n_tries >= FREE_TRIES {
                let doublings = u32::try_from(n_tries - FREE_TRIES).unwrap_or(u32::MAX).min(MAX_DOUBLINGS);
                let until = now.saturating_add(FIRST_LOCK * 2i32.pow(doublings));
                let locking = people.lock(&person.id, until.map_err(|e| Error::invalid("/name", e))?);
                let details = serde_json::json!({"wrong": n_tries});
                let door = Caller { name: "door".to_owned(), reach: Reach::Everything };
                self.noted(&door, ("person.locked", &person.id), &details, locking).await?;
            }
            return Ok(None);
        }
        people.clear(&person.id).await?;
        self.open(Some(person.id), None, now).await.map(Some)
    }

    /// Opens a session for a key; none when it opens nothing.
    pub async fn sign_in_with_key(&self, key: &str, now: Timestamp) -> Result<Option<String>> {
        if !is_well_formed(key) {
            return Ok(None);
        }
        match self.who_has(key).await? {
            Some((caller, _)) => self.open(None, Some(caller.name), now).await.map(Some),
            None => Ok(None),
        }
    }

    async fn open(&self, person: Option<String>, key: Option<String>, now: Timestamp) -> Result<String> {
        let token = token();
        let ends = now.saturating_add(SESSION).map_err(|e| Error::invalid("/session", e))?;
        let hash = Sha256::of(token.as_bytes());
        self.store.people().open(&Session { hash, person, key, created_at: now, expires_at: ends }).await?;
        Ok(token)
    }

    /// Who is behind a session's token; none when it has ended or its person or key was revoked.
    pub async fn who_visits(&self, token: &str, now: Timestamp) -> Result<Option<Visitor>> {
        let behind = self.store.people().behind(&Sha256::of(token.as_bytes()), now).await?;
        Ok(behind.map(Visitor::from))
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<()> {
        Ok(self.store.people().close(&Sha256::of(token.as_bytes())).await?)
    }
}
