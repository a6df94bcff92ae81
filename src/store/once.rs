//! Requests that may be repeated: what was asked under a key of the caller's own, whether it took effect, and the answer.
//!
//! # Why
//!
//! *Why does the transaction know of the request?* "One effect" holds over a crash only if the mark that there was one is
//! written in the very transaction that has it. Every transaction that is committed while a request is [`within`] its claim
//! writes the mark; the rooms between the request and the store need not know. The road not taken, a claim as an argument
//! of every writing method, would run through every room for the sake of one column.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    Error, Result, Store,
    backend::{Query, Write},
    rows::{Cells, millis},
};
use crate::domain::Sha256;

/// How long a request is remembered; a day is promised, and a caller's retries over a night must find it.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
/// Old requests forgotten with each new one, so that there is never a long pause.
const FORGOTTEN_AT_ONCE: i64 = 20;

tokio::task_local! {
    static CLAIM: Arc<Claim>;
}

/// A request that is to have one effect.
#[derive(Debug)]
pub struct Claim {
    /// The access key it came with: two callers may use the same word.
    caller: String,
    /// The caller's own word for it.
    key: String,
    has_effect: AtomicBool,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type; empty without a body.
    pub content_type: String,
    /// Where what was made can be found; empty when nothing was made.
    pub location: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What is known of a request when it arrives.
#[derive(Debug)]
pub enum Known {
    /// It is new, or was broken off before it had an effect: now it is the caller's to do.
    New(Arc<Claim>),
    /// The same word stood for another request.
    Other,
    /// The first one is not answered yet.
    UnderWay,
    /// It took effect, and the answer is not there any more: the process ended before it was kept, or what it named was
    /// withdrawn.
    AnswerLost,
    /// It was answered.
    Answered(GivenAnswer),
}

/// Runs a request under its claim: every transaction it commits carries the mark.
pub async fn within<F: Future>(claim: Arc<Claim>, request: F) -> F::Output {
    CLAIM.scope(claim, request).await
}

/// Requests that may be repeated.
#[derive(Debug, Clone, Copy)]
pub struct Once<'s>(pub(super) &'s Store);

impl Once<'_> {
    /// Takes a request. `asked` is the hash of all that it says; a claim that is neither answered nor marked is free again
    /// at `until`, for whoever held it is gone by then.
    pub async fn claim(
        &self,
        (caller, key): (&str, &str),
        asked: &Sha256,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Known> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        write.forget_old_requests(now).await?;
        let take = "insert into request (caller, key, asked, at, until) values ($1, $2, $3, $4, $5)
             on conflict (caller, key) do update set until = excluded.until, at = excluded.at
                where request.asked = excluded.asked and request.has_effect = 0 and request.status is null
                  and request.until <= excluded.at";
        let query = Query::new(take).bind(caller.to_owned()).bind(key.to_owned()).bind(asked.bytes().to_vec());
        let n = write.execute(query.bind(millis(now)).bind(millis(until))).await?;
        let known = if n > 0 {
            let claim = Claim { caller: caller.to_owned(), key: key.to_owned(), has_effect: AtomicBool::new(false) };
            Known::New(Arc::new(claim))
        } else {
            write.known_request((caller, key), asked, now).await?
        };
        write.commit().await?;
        Ok(known)
    }

    /// Keeps the answer for whoever asks again; none when it is not to be kept. `names_signals`: it may name a signal, and
    /// is forgotten when any is withdrawn.
    pub async fn answer(&self, claim: &Claim, answer: Option<&GivenAnswer>, names_signals: bool) -> Result<()> {
        let Some(answer) = answer else {
            let sql = "update request set until = 0 where caller = $1 and key = $2";
            return self.0.execute_aside(claim.bound(sql)).await.map(drop);
        };
        let sql = "update request set status = $3, content_type = $4, location = $5, answer = $6, names_signals = $7
             where caller = $1 and key = $2";
        let query = claim.bound(sql).bind(i64::from(answer.status)).bind(answer.content_type.clone());
        let query = query.bind(answer.location.clone()).bind(answer.body.clone());
        self.0.execute_aside(query.bind(names_signals)).await.map(drop)
    }

    /// Gives a claim back, so that the same request may be tried again; not one that had an effect.
    pub async fn give_back(&self, claim: &Claim) -> Result<()> {
        let sql = "delete from request where caller = $1 and key = $2 and has_effect = 0";
        self.0.execute_aside(claim.bound(sql)).await.map(drop)
    }
}

impl Claim {
    /// That of the request that is being worked on; none outside of [`within`].
    pub(super) fn current() -> Option<Arc<Self>> {
        CLAIM.try_with(Arc::clone).ok()
    }

    /// Whether something was committed under it.
    pub fn has_effect(&self) -> bool {
        self.has_effect.load(Ordering::Acquire)
    }

    fn bound(&self, sql: &'static str) -> Query {
        Query::new(sql).bind(self.caller.clone()).bind(self.key.clone())
    }
}

impl Write<'_> {
    async fn known_request(&mut self, (caller, key): (&str, &str), asked: &Sha256, now: Timestamp) -> Result<Known> {
        let sql = "select asked, until, status, content_type, location, answer from request
             where caller = $1 and key = $2";
        let query = Query::new(sql).bind(caller.to_owned()).bind(key.to_owned());
        let row = self.one(query).await?.ok_or_else(|| Error::Damaged { what: "request", why: "is gone".into() })?;
        let cells = Cells::of("request", &row);
        if cells.sha256(0)? != *asked {
            return Ok(Known::Other);
        }
        let Some(status) = cells.maybe_int(2)? else {
            // Whoever holds it may still be about to keep the answer, though the effect is there.
            return Ok(if cells.int(1)? > millis(now) { Known::UnderWay } else { Known::AnswerLost });
        };
        let Some(body) = cells.maybe_bytes(5)? else { return Ok(Known::AnswerLost) };
        let status = cells.checked(u16::try_from(status).map_err(|_| format!("{status} is no status")))?;
        let (content_type, location) = (cells.string(3)?, cells.string(4)?);
        Ok(Known::Answered(GivenAnswer { status, content_type, location, body: body.to_vec() }))
    }

    async fn forget_old_requests(&mut self, now: Timestamp) -> Result<()> {
        let sql = "delete from request where (caller, key) in
             (select caller, key from request where at < $1 order by at limit $2)";
        let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        self.execute(Query::new(sql).bind(millis(before)).bind(FORGOTTEN_AT_ONCE)).await.map(drop)
    }

    /// Forgets the answers that were kept: those that may name a signal, or all of them.
    pub(super) async fn forget_answers(&mut self, only_of_signals: bool) -> Result<()> {
        let sql = "update request set answer = null where answer is not null and names_signals >= $1";
        self.execute(Query::new(sql).bind(only_of_signals)).await.map(drop)
    }

    /// Marks the requests for which this transaction is about to be committed: the one that is being worked on, and those that
    /// it was told of. Answers those that had no effect before.
    pub(super) async fn mark_effects(&mut self) -> Result<Vec<Arc<Claim>>> {
        let mut claims = self.claims();
        claims.extend(Claim::current());
        claims.retain(|claim| !claim.has_effect());
        for claim in &claims {
            self.execute(claim.bound("update request set has_effect = 1 where caller = $1 and key = $2")).await?;
        }
        Ok(claims)
    }
}

/// Notes that the marks of claims are committed.
pub(super) fn note_effects(claims: &[Arc<Claim>]) {
    for claim in claims {
        claim.has_effect.store(true, Ordering::Release);
    }
}
