//! The words of the trade: values that are right by construction.
//!
//! Text comes in, a word or an error that teaches comes out. Nothing here waits, reads, writes or knows the time;
//! nothing here is serialised either: rows ([`crate::store`]), messages ([`crate::publish`]) and responses
//! ([`crate::serve`]) are promises to somebody else and have types of their own.
//!
//! # Why
//!
//! *Why is a client an integer and not a UUID?* The night reads clients in key order, a thousand to a page; an eight-byte
//! key in order of creation makes a page a range, keeps the ledger clustered by client on both databases, and costs half
//! of what sixteen random-looking bytes cost in every index. Outsiders never see it: they use their own code.

mod area;
mod certainty;
mod claim;
mod client;
mod creditor;
mod disputed;
mod dossier;
mod event;
mod fact;
mod feature;
mod identifier;
mod interest;
mod ledger;
mod money;
mod phone;
mod rank;
mod rating;
mod reason;
mod saying;
mod sector;
mod signal;
mod time;
mod treatment;
mod treatment_ledger;
mod treatment_outcome;
mod vocabulary;
mod watch;

pub use area::Area;
pub use certainty::{Certainty, Probability};
pub use claim::{Claim, Dispute, DisputeOutcome, Plan, Promise, WriteOff};
pub use client::{Client, ClientCode, ClientFacts, ClientId, PortfolioId, PortfolioName, Prospect};
pub use creditor::Creditor;
pub use disputed::{Disputed, Questioned, end_of_dispute};
pub use dossier::{ClientVersion, Dossier, KnownSignal, LineClaim, SectorContext, SectorSignal};
pub use event::{Event, EventBody, RatingChange};
pub use fact::{Fact, Filing, Identity, Indicator, NewsItem, PrejudicialAct, Procedure, Protest, StatusChange};
pub use feature::{CatalogueHash, FeatureVector, FeatureWords, Glossary};
pub use identifier::{Country, Identifier, IdentifierError, IdentifierKind, Lei};
pub use interest::{HalfYear, InterestRates};
pub use ledger::{BatchId, EntryKind, Instalment, InvoiceKey, LedgerLine, instalments};
pub use money::{Currency, Money, MoneyError};
pub use phone::Phone;
pub use rank::Rank;
pub use rating::{Cause, Grade, ModelId, Override, Points, Rating, Scale, ScaleError};
pub use reason::{Difference, EvidenceRef, ReasonLine, WITHDRAWN, differences, fold_withdrawn, largest_first};
pub use saying::{say_day, say_line, say_money};
pub use sector::{Heading, Nace, in_rev_2};
pub use signal::{Evidence, Mention, Sha256, Signal, SignalId, SourceId, Subject};
pub use time::{AsOf, MILLIS_PER_DAY, day_number, day_of_number};
pub use treatment::{Action, Basis, Channel, Hold, LegalState, Phase, Tone, Treatment, TreatmentChange};
pub use treatment_ledger::{DisputeState, DisputedDays, GivenUp, Legal, LegalDays, Payment, Receivable, Receivables};
pub use treatment_outcome::{Outcome, OutcomeId, OutcomeKind, Reached};
pub use vocabulary::{About, Instrument, NewsEvent, ProtestState, Status, VatAnswer};
pub use watch::{Cohort, Light, Observed, Scoreboard};

/// A text that is not the word it should be: what was read, and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {text:?}: {why}")]
pub struct WordError {
    /// The word that was expected, as a person would call it ("grade", "client code").
    pub what: &'static str,
    /// The text as it came, shortened to 60 characters.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl WordError {
    pub(crate) fn new(what: &'static str, text: &str, why: &'static str) -> Self {
        Self { what, text: text.chars().take(60).collect(), why }
    }
}

/// The sentence every output carries, because it is true and because the law asks for it.
pub const NOTICE: &str = "internal score, not a credit rating under Regulation (EC) No 1060/2009";
