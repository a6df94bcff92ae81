//! What is wrong with a policy, and where.

use std::{fmt, ops::Range, str::FromStr};

use toml::Spanned;

/// More than any claim is worth, major units; beyond it stands `inf`, which is no amount.
pub(super) const MAX_AMOUNT: f64 = 1e12;

/// Something that a policy may not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The key, as `phase.formal_notice.next`.
    pub key: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.key, self.why)
    }
}

/// Why a policy was refused: everything that is wrong with it, in order of lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PolicyError(pub Vec<Problem>);

/// Gathers what is wrong while a policy is read.
pub(super) struct Problems<'t> {
    text: &'t str,
    found: Vec<Problem>,
}

impl<'t> Problems<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Notes that something at these bytes is wrong.
    pub(super) fn at(&mut self, span: Range<usize>, key: impl Into<String>, why: impl Into<String>) {
        let line = self.text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1;
        self.found.push(Problem { line, key: key.into(), why: why.into() });
    }

    /// Notes that a key is wrong in the table that begins at, or stands around, these bytes.
    pub(super) fn near(&mut self, span: Range<usize>, field: &str, key: impl Into<String>, why: impl Into<String>) {
        let start = span.start.min(self.text.len());
        let table = self.text.get(..start).and_then(|before| before.rfind("\n[")).unwrap_or(0);
        let is_field = |line: &str| {
            line.trim_start().strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
        };
        let mut at = table;
        for (n, line) in self.text.get(table..).unwrap_or_default().split_inclusive('\n').enumerate() {
            if n > 1 && line.starts_with('[') {
                break;
            }
            if is_field(line) {
                return self.at(at..at, key, why);
            }
            at += line.len();
        }
        self.at(span, key, why);
    }

    /// A closed set's word; one that is none is noted.
    pub(super) fn word<T: FromStr<Err: fmt::Display>>(
        &mut self,
        text: &Spanned<String>,
        key: impl Into<String>,
    ) -> Option<T> {
        match text.get_ref().parse() {
            Ok(word) => Some(word),
            Err(why) => {
                self.at(text.span(), key, why.to_string());
                None
            }
        }
    }

    /// Notes a number outside its bounds.
    pub(super) fn within(&mut self, value: f64, bounds: (f64, f64), span: Range<usize>, field: &str, key: String) {
        let (low, high) = bounds;
        if !(low..=high).contains(&value) {
            let why = if high.is_finite() {
                format!("must be from {low} to {high}, and is {value}")
            } else {
                format!("must be {low} or more, and is {value}")
            };
            self.near(span, field, key, why);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn into_error(mut self) -> PolicyError {
        self.found.sort_by_key(|problem| problem.line);
        PolicyError(self.found)
    }
}
