//! What this process has at hand: callers by their keys, and ratings as they leave the house.
//!
//! Everything here has the edition of the store that it was read from, and is shown while that is current
//! ([`crate::store::Edition`]): what this process writes is seen at once, what another one writes within a tenth of a second.
//!
//! The shelf is stocked with every rating that it has room for (`stock`); what is asked for otherwise, or was written about
//! since, is put there when it is given out.
//!
//! # Why
//!
//! *Why finished answers and not ratings?* A rating with its reasons is a dozen questions to the store and a thousand small
//! texts. Whoever asks again, and an order system asks about the same clients all day, is given the same bytes.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use axum::{body::Bytes, http::HeaderValue};
use quick_cache::{Weighter, sync::Cache};
use tokio_util::bytes::Buf as _;

use crate::{
    desk::{Caller, Reach},
    domain::{ClientId, Sha256},
    store::{Edition, Scope, Store},
};

/// Callers remembered: more keys than any house gives out.
const CALLERS: usize = 10_000;
/// What a thing on the shelf costs besides its bytes.
const OVERHEAD_BYTES: u64 = 128;
/// One byte in so many is for lines, which are some hundred bytes where a whole rating has some thousand.
const LINES_SHARE: u64 = 8;
/// Of a hundred places, how many may be taken by what nobody has asked for: the rest is for what somebody did.
const STOCKED_PERCENT: u64 = 90;
/// Answers expected on the shelf, for its first size; it grows.
const EXPECTED: usize = 10_000;

/// An answer behind the tag that it has. Who keeps it is counted in front of both: among a million answers each is far from
/// the last one that was asked for, and what is fetched for the count brings the tag and where the body begins.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    bytes: Arc<[u8]>,
    tag_len: usize,
}

impl Answer {
    /// A body, and a tag that may stand in a header.
    pub(super) fn new(body: &[u8], tag: &HeaderValue) -> Self {
        Self { bytes: [tag.as_bytes(), body].concat().into(), tag_len: tag.len() }
    }

    pub(super) fn body(&self) -> Bytes {
        let mut body = Bytes::from_owner(Arc::clone(&self.bytes));
        body.advance(self.tag_len);
        body
    }

    /// Its tag; one that stood in a header does so again.
    pub(super) fn tag(&self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.bytes.get(..self.tag_len)?).ok()
    }
}

/// Something that holds as long as its edition is current.
#[derive(Debug, Clone)]
struct Dated<T> {
    edition: Edition,
    client: ClientId,
    value: T,
}

#[derive(Debug, Clone)]
struct ByBytes;

impl<K> Weighter<K, Dated<Answer>> for ByBytes {
    fn weight(&self, _: &K, kept: &Dated<Answer>) -> u64 {
        kept.value.bytes.len() as u64 + OVERHEAD_BYTES
    }
}

impl<K> Weighter<K, Dated<Box<str>>> for ByBytes {
    fn weight(&self, _: &K, kept: &Dated<Box<str>>) -> u64 {
        kept.value.len() as u64 + OVERHEAD_BYTES
    }
}

/// The shelf of a process.
pub(super) struct Shelf {
    answers: Cache<u128, Dated<Answer>, ByBytes>,
    lines: Cache<u128, Dated<Box<str>>, ByBytes>,
    callers: Cache<Sha256, (Edition, Arc<Caller>, Scope)>,
    hashers: [RandomState; 2],
}

impl Shelf {
    /// A shelf of so many bytes: nearly all of them for whole ratings, some for lines of them.
    pub(super) fn new(bytes: u64) -> Self {
        Self {
            answers: Cache::with_weighter(EXPECTED, bytes - bytes / LINES_SHARE, ByBytes),
            lines: Cache::with_weighter(EXPECTED, bytes / LINES_SHARE, ByBytes),
            callers: Cache::new(CALLERS),
            hashers: [RandomState::new(), RandomState::new()],
        }
    }

    /// Whether there is room for what nobody has asked for.
    pub(super) fn has_room(&self) -> bool {
        let is_free = |taken: u64, all: u64| taken < all / 100 * STOCKED_PERCENT;
        is_free(self.answers.weight(), self.answers.capacity()) && is_free(self.lines.weight(), self.lines.capacity())
    }

    /// The place of something that a caller asks for. Of 128 bits made with a secret of this process no two are ever alike,
    /// by chance or by will.
    fn place(&self, reach: &Reach, what: &[&str]) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one((reach.only(), what))));
        high << 64 | low
    }

    /// The caller with that key, when it is known and nothing was written about keys since.
    pub(super) fn caller(&self, key: &Sha256, store: &Store) -> Option<(Arc<Caller>, Scope)> {
        let (edition, caller, scope) = self.callers.get(key)?;
        (edition == store.edition_of_all()).then_some((caller, scope))
    }

    pub(super) fn keep_caller(&self, key: Sha256, edition: Edition, caller: Caller, scope: Scope) {
        self.callers.insert(key, (edition, Arc::new(caller), scope));
    }

    /// The rating of the client under a code, in the portfolio named or in any, as it is given to somebody who sees the same.
    pub(super) fn answer(&self, reach: &Reach, (portfolio, code): (&str, &str), store: &Store) -> Option<Answer> {
        let kept = self.answers.get(&self.place(reach, &["rating", portfolio, code]))?;
        (kept.edition == store.edition(kept.client)).then_some(kept.value)
    }

    pub(super) fn keep_answer(
        &self,
        reach: &Reach,
        (portfolio, code): (&str, &str),
        client: ClientId,
        edition: Edition,
        answer: &Answer,
    ) {
        let dated = Dated { edition, client, value: answer.clone() };
        self.answers.insert(self.place(reach, &["rating", portfolio, code]), dated);
    }

    /// The lines of a query for a code, as JSON, one behind the other.
    pub(super) fn line(&self, reach: &Reach, (portfolio, code): (&str, &str), store: &Store) -> Option<Box<str>> {
        let kept = self.lines.get(&self.place(reach, &["line", portfolio, code]))?;
        (kept.edition == store.edition(kept.client)).then_some(kept.value)
    }

    pub(super) fn keep_line(
        &self,
        reach: &Reach,
        (portfolio, code): (&str, &str),
        client: ClientId,
        edition: Edition,
        line: &str,
    ) {
        let dated = Dated { edition, client, value: line.into() };
        self.lines.insert(self.place(reach, &["line", portfolio, code]), dated);
    }
}

#[cfg(test)]
mod tests {
    use super::Shelf;
    use crate::{desk::Reach, domain::PortfolioId};

    #[test]
    fn what_one_may_see_stands_nowhere_that_another_looks() {
        let shelf = Shelf::new(1 << 20);
        let reaches = [vec![], vec![1], vec![2], vec![1, 2]]
            .map(|ids| Reach::Portfolios(ids.into_iter().map(PortfolioId::new).collect()));
        let all = reaches.into_iter().chain([Reach::Everything]);
        let words: [&[&str]; 5] = [&["a", "b"], &["ab"], &["a", "b", ""], &["", "ab"], &["line", "", "C-1"]];
        let places: Vec<u128> = all.flat_map(|reach| words.map(|what| shelf.place(&reach, what))).collect();
        let mut distinct = places.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), places.len());
    }
}
