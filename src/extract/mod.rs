//! Dossier, sector context and `as_of` in, feature vector out.
//!
//! A [`View`] is what one `as_of` can see of a dossier, with every window computed in one pass; the [`Catalogue`] is the
//! table of features, each a name, a unit, a meaning, two phrases and a function on the view. Nothing here waits, reads a
//! clock or knows where facts are kept.
//!
//! # Why
//!
//! *Why are windows of days beyond terms laid by due date, and not by the day of payment?* Because then a later payment
//! can only raise an average, never leave it: an invoice is in a window or not whatever its payment does. More delay never
//! improves a rating, and that is a property test. For the same reason each invoice counts at most the length of its
//! window, and an old invoice that is still open stays in every window until it is paid.
//!
//! *Why may a feature be missing although nothing bad was found?* Because nobody may have looked. Protests are zero only
//! when a register was read within [`FRESH_DAYS`]; "could not check" is never clean.
//!
//! *Why does a value stay when its source has gone silent?* Because silence is no news: taking a good value away would
//! punish a client for a register's breakdown, and taking a bad one away would reward it. [`View::aged`] says which values
//! are only the last good ones; they keep their points and are left out of coverage.
//!
//! *Why does a later `active` of the same register not end an open procedure?* Because companies trade while in a
//! procedure: only a closing or a revocation, or another procedure notice of that source, ends it.
//!
//! *Why is there an index of markets?* A night asks a hundred thousand times which statistics cover a sector; headings are
//! read once in [`Markets`], so that a client costs comparisons and no parsing.
//!
//! *Why is the euro area no country, and not the Union?* Figures of an area stand in for a member's own where it publishes
//! none, and only for members. `EA20` and `EA21` are two series: the frozen one fades, the living one is read.
//!
//! *Amounts in several currencies* are not added. The lines in the currency that most of the client's visible invoices are
//! in count, the others do not; a limit in another currency gives no limit use.

mod catalogue;
mod claims;
mod evidence;
mod freshness;
mod habit;
mod ledger;
mod markets;
mod news;
mod outcome;
mod protests;
mod receivables;
mod series;
mod shock;
mod status;
mod view;

pub use catalogue::{Catalogue, Feature, More};
pub use freshness::is_told_by_sources;
pub use markets::Markets;
pub use outcome::{DEFINITION_OF_DEFAULT, went_bad};
pub use shock::Shock;
pub use view::View;

/// How long an answer of an open source speaks for the present, in days: a year, and the five weeks that registers take.
pub const FRESH_DAYS: i32 = 400;

/// Protests older than five years are deleted from the register (law), and do not count here either.
pub const PROTEST_RETENTION_DAYS: i32 = 5 * 365 + 1;

/// Procedures opened more than ten years ago do not count.
pub const PROCEDURE_RETENTION_DAYS: i32 = 10 * 365 + 2;

/// The same event told again within so many days is one event.
pub const ONE_STORY_DAYS: i32 = 14;

/// Days in a month, on average over the Gregorian cycle.
const DAYS_PER_MONTH: f64 = 30.436_875;
