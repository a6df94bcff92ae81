//! Files that were brought and are looked at before they are taken.
//!
//! # Why
//!
//! *Why in memory, and not in the store?* A file that nobody takes was never told to the house: nothing of it may stay, on no
//! disk and in no backup. It is forgotten after half an hour, when others need its place, or with the process; then it is sent
//! once more.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::desk::{ImportAnswer, ImportKind};

/// Files at hand, bytes in all: two of the largest, and some small ones.
const MAX_BYTES: usize = 128 << 20;
/// How long a file waits to be taken, and its outcome to be read.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// A file that somebody brought.
pub(super) struct Upload {
    pub(super) token: String,
    /// Who brought it: nobody else sees it.
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) kind: ImportKind,
    pub(super) portfolio: Option<String>,
    pub(super) bytes: Bytes,
    pub(super) at: Timestamp,
    /// What would become of it, or did.
    answer: Mutex<Option<Answer>>,
}

/// What would become of a file, or did.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) answer: Arc<ImportAnswer>,
    pub(super) is_taken: bool,
}

impl Upload {
    pub(super) fn new(
        owner: &str,
        name: String,
        kind: ImportKind,
        portfolio: Option<String>,
        bytes: Bytes,
        at: Timestamp,
    ) -> Self {
        let token = format!("{:032x}", rand::random::<u128>());
        Self { token, owner: owner.to_owned(), name, kind, portfolio, bytes, at, answer: Mutex::default() }
    }

    pub(super) fn answer(&self) -> Option<Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keep(&self, answer: ImportAnswer, is_taken: bool) {
        let kept = Answer { answer: Arc::new(answer), is_taken };
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

/// The files that wait.
#[derive(Default)]
pub(in crate::serve) struct Uploads(Mutex<VecDeque<Arc<Upload>>>);

impl Uploads {
    /// Keeps a file, and forgets those that have waited too long or are in its way. Its token leads to it.
    pub(super) fn put(&self, upload: Upload) -> String {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|old| upload.at.duration_since(old.at) < PATIENCE);
        let size = |all: &VecDeque<Arc<Upload>>| all.iter().map(|old| old.bytes.len()).sum::<usize>();
        while !all.is_empty() && size(&all) + upload.bytes.len() > MAX_BYTES {
            all.pop_front();
        }
        let token = upload.token.clone();
        all.push_back(Arc::new(upload));
        token
    }

    /// The file of that token, when this caller brought it and it is still there.
    pub(super) fn find(&self, token: &str, owner: &str, now: Timestamp) -> Option<Arc<Upload>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|upload| upload.token == token && upload.owner == owner)?;
        (now.duration_since(found.at) < PATIENCE).then(|| Arc::clone(found))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use jiff::{SignedDuration, Timestamp};

    use super::{ImportKind, MAX_BYTES, Upload, Uploads};

    fn upload(owner: &str, size: usize) -> Upload {
        Upload::new(owner, "a.csv".into(), ImportKind::Clients, None, Bytes::from(vec![0; size]), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_file_is_there_for_who_brought_it_and_for_a_while() {
        let uploads = Uploads::default();
        let token = uploads.put(upload("anna", 1));
        let later = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        assert!(uploads.find(&token, "anna", later(29)).is_some());
        assert!(uploads.find(&token, "bruno", later(29)).is_none());
        assert!(uploads.find(&token, "anna", later(31)).is_none());
    }

    #[test]
    fn the_oldest_file_makes_room() {
        let uploads = Uploads::default();
        let first = uploads.put(upload("anna", MAX_BYTES - 1));
        let second = uploads.put(upload("anna", 2));
        let is_there = |token: &str| uploads.find(token, "anna", Timestamp::UNIX_EPOCH).is_some();
        assert!(!is_there(&first) && is_there(&second));
    }
}
