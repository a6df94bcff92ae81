use serde_json::{Value, json};

use super::Leftover;
use crate::domain::SourceId;

/// Leftover paths that a report shows; the others are counted.
const MAX_SAMPLES: usize = 20;

/// What a run of one source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// Which.
    pub id: SourceId,
    /// Questions asked, following pages included; tries and `robots.txt` not.
    pub requests: u64,
    /// Answered with "the same as last time".
    pub not_modified: u64,
    /// Records read.
    pub mentions: u64,
    /// Signals that were not known before.
    pub signals: u64,
    /// Records about nobody we know.
    pub unmatched: u64,
    /// Records that may be about a client: a person should look.
    pub reviews: u64,
    /// Values nobody understood.
    pub leftovers: u64,
    /// Answers set aside because they are not what they should be.
    pub quarantined: u64,
    /// Questions without a usable answer.
    pub failed: u64,
    /// Questions that were worth asking and were not, because the source's budget is spent.
    pub left_out: u64,
    /// Which budget that is.
    pub limit: Option<String>,
    /// The first thing that went wrong.
    pub error: Option<String>,
    /// Where the first different leftovers stood, with how often.
    pub samples: Vec<(String, u64)>,
}

impl SourceReport {
    /// Nothing asked yet.
    pub fn new(id: SourceId) -> Self {
        Self {
            id,
            requests: 0,
            not_modified: 0,
            mentions: 0,
            signals: 0,
            unmatched: 0,
            reviews: 0,
            leftovers: 0,
            quarantined: 0,
            failed: 0,
            left_out: 0,
            limit: None,
            error: None,
            samples: Vec::new(),
        }
    }

    /// Adds a later run of the same source; the error is the newest.
    pub fn add(&mut self, later: &Self) {
        self.requests += later.requests;
        self.not_modified += later.not_modified;
        self.mentions += later.mentions;
        self.signals += later.signals;
        self.unmatched += later.unmatched;
        self.reviews += later.reviews;
        self.leftovers += later.leftovers;
        self.quarantined += later.quarantined;
        self.failed += later.failed;
        self.left_out += later.left_out;
        self.limit = later.limit.clone().or(self.limit.take());
        self.error = later.error.clone().or(self.error.take());
    }

    /// Whether everything that was asked was answered and understood well enough to be read.
    pub fn is_whole(&self) -> bool {
        self.failed == 0 && self.quarantined == 0 && self.error.is_none()
    }

    pub(super) fn fail(&mut self, n_questions: u64, why: impl Into<String>) {
        self.failed += n_questions;
        self.error.get_or_insert_with(|| why.into());
    }

    /// Notes questions that were not asked although somebody wanted to know; a plan kept to is no failure.
    pub(super) fn leave_out(&mut self, n_questions: u64, why: impl Into<String>) {
        if n_questions > 0 {
            self.left_out += n_questions;
            self.limit.get_or_insert_with(|| why.into());
        }
    }

    pub(super) fn quarantine(&mut self, why: String) {
        self.quarantined += 1;
        self.error.get_or_insert(why);
    }

    pub(super) fn leave_over(&mut self, leftovers: &[Leftover]) {
        for leftover in leftovers {
            self.leftovers += 1;
            match self.samples.iter().position(|(path, _)| *path == leftover.path) {
                Some(place) => self.samples[place].1 += 1,
                None if self.samples.len() < MAX_SAMPLES => self.samples.push((leftover.path.clone(), 1)),
                None => {}
            }
        }
    }

    /// The JSON of `collect --json`.
    pub fn to_json(&self) -> Value {
        let samples = self.samples.iter().map(|(path, n)| json!({ "path": path, "n": n }));
        json!({
            "id": self.id.as_str(),
            "requests": self.requests,
            "not_modified": self.not_modified,
            "mentions": self.mentions,
            "signals": self.signals,
            "unmatched": self.unmatched,
            "reviews": self.reviews,
            "leftovers": self.leftovers,
            "quarantined": self.quarantined,
            "failed": self.failed,
            "left_out": self.left_out,
            "limit": self.limit,
            "error": self.error,
            "samples": samples.collect::<Vec<_>>(),
        })
    }
}

/// How far a source has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Which.
    pub source: &'a SourceId,
    /// Questions dealt with.
    pub done: u64,
    /// Questions known so far; following pages add to it.
    pub planned: u64,
}
