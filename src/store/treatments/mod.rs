//! How clients are treated: what was done about them, and what was last announced.
//!
//! # Why
//!
//! *Why is what was announced kept at all, when the phase is a pure function of the facts?* To tell a change from a repetition,
//! in the transaction that records it, and to find what is due on a day without looking at everybody.

mod agenda;
mod limits;
mod outcomes;
mod record;

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};

use super::{PAGE_CLIENTS, Store, backend::Query, backend::json_list};
use crate::domain::{Action, ClientId, Grade, Outcome, Phase, Treatment};

pub use agenda::{Agenda, Due};
pub use limits::{CreditGroup, Grant as LimitGrant};
pub(super) use outcomes::disputes;

/// Questions about treatment.
#[derive(Debug)]
pub struct Treatments<'a>(pub(super) &'a Store);

/// What rescoring, or something that was done, found of a client's treatment.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTreatment {
    /// Whose.
    pub client: ClientId,
    /// What is to be done.
    pub treatment: Treatment,
    /// The policy that says so.
    pub policy: String,
    /// What was known.
    pub known_at: Timestamp,
}

/// What came of recording something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    New,
    /// The same was recorded already.
    Known,
    /// What was recorded meanwhile leaves no room for it; nothing is written.
    Overtaken,
}

/// What came of taking back something that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// It is taken back.
    Done,
    /// Nothing of that name is recorded, or no more.
    Unknown,
    /// Something else that is recorded needs it; nothing is written.
    Needed,
}

/// How a client was treated when that was last announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Treated {
    /// The phase.
    pub phase: Phase,
    /// What was to be done.
    pub action: Action,
    /// By when.
    pub due_on: Option<Date>,
}

/// What treatment must know of clients beside their dossiers and ratings.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// What was done and heard, of the client and those merged into it.
    pub outcomes: HashMap<ClientId, Vec<Outcome>>,
    /// What was last announced; who is only watched is not here.
    pub treated: HashMap<ClientId, Treated>,
    /// The grade before the present one; only when it was asked for.
    pub grades_before: HashMap<ClientId, Grade>,
    /// The kinds of credit of what is open; only when they were asked for.
    pub credit_types: HashMap<ClientId, Vec<String>>,
}

/// Which clients a question is about.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// These.
    These(&'a [ClientId]),
    /// Those of a page.
    Page(i64),
}

impl Whose<'_> {
    /// The condition on a column.
    fn condition(self, column: &str) -> String {
        match self {
            Self::These(_) => format!("{column} in (select cast(value as bigint) from json_each($1))"),
            Self::Page(_) => format!("{column} >= $1 and {column} < $2"),
        }
    }

    /// The place behind those that the condition takes.
    fn next(self) -> &'static str {
        match self {
            Self::These(_) => "$2",
            Self::Page(_) => "$3",
        }
    }

    /// Binds what the condition needs; it takes `$1`, and for a page `$2`.
    fn bind(self, query: Query) -> Query {
        match self {
            Self::These(clients) => query.bind(json_list(clients.iter().map(|client| client.get()))),
            Self::Page(number) => query.bind(number * PAGE_CLIENTS).bind((number + 1) * PAGE_CLIENTS),
        }
    }
}
