use std::fmt;

use super::WordError;

/// A probability: finite, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// Nothing will happen.
    pub const ZERO: Self = Self(0.0);
    /// It has happened.
    pub const ONE: Self = Self(1.0);

    /// Takes a number from 0 to 1.
    pub fn new(p: f64) -> Result<Self, WordError> {
        if (0.0..=1.0).contains(&p) {
            Ok(Self(p))
        } else {
            Err(WordError::new("probability", &p.to_string(), "must be a number from 0 to 1"))
        }
    }

    /// The number, 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The probability whose log-odds (natural logarithm of p / (1 − p)) are `log_odds`.
    pub fn from_log_odds(log_odds: f64) -> Self {
        Self(1.0 / (1.0 + (-log_odds).exp()))
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How sure we are that a record is about this client, 0 to 1. Kept, never rounded away.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Certainty(f64);

impl Certainty {
    /// An identifier with a checksum, equal on both sides, or a link made by a person.
    pub const CERTAIN: Self = Self(1.0);
    /// Below this a link moves nothing; it waits for a person.
    pub const MOVES_A_RATING: Self = Self(0.95);

    /// Takes a number from 0 to 1.
    pub fn new(c: f64) -> Result<Self, WordError> {
        if (0.0..=1.0).contains(&c) {
            Ok(Self(c))
        } else {
            Err(WordError::new("certainty", &c.to_string(), "must be a number from 0 to 1"))
        }
    }

    /// The number, 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }
}
