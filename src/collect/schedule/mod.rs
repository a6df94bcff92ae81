//! Which question is asked when, and how far the money goes.
//!
//! A source plans what it *could* ask; here it is put in order and cut to what the source's [`Budget`] allows. A question
//! about everybody comes first. A question about clients is worth
//!
//! ```text
//! exposure × changes a day × (days since last seen)² / 2      summed over its clients, per request
//! ```
//!
//! # Why
//!
//! *Why the square?* While a client is not looked at, the changes that we have missed grow by its rate each day, and what
//! they put at risk is its exposure: after `t` days the loss runs at `exposure × rate × t`. To ask now instead of a moment
//! later saves what the loss has run up to since, over what it was on average: `t × loss(t) − ∫ loss = exposure × rate ×
//! t²/2`. Asking whoever is highest on that scale gives each client a turn in proportion to the square root of exposure ×
//! rate, which is the least loss that a number of requests can buy. (That changes come by a Poisson process and what it
//! says about re-visiting: J. Cho and H. Garcia-Molina, *Effective page refresh policies for web crawlers*, ACM TODS 28
//! (2003). The scale is P. Whittle's index, *Restless bandits*, J. Appl. Prob. 25A (1988).)
//!
//! *Why not exposure × P(changed since)?* It never exceeds the exposure, so that a small client could wait for ever behind
//! a large one that changes often. Days squared outgrow everything: everybody's turn comes. `collect --plan` shows the
//! probability as well.
//!
//! *Why is a question without an answer not simply the stalest?* Ten clients that a register cannot answer about would be
//! asked about first every day, and with a budget of ten nobody else ever.
//!
//! *Why are all questions about the same client asked or left together?* Because they are answered together: a client whose
//! profile was read and whose insolvencies were not would pass for looked at.

mod budget;
mod order;
mod purse;
mod shown;
mod worth;

pub use budget::{Budget, Price};
pub(super) use budget::{Stretch, WrittenBudget};
pub use order::{Order, Room, Weighed, order};
pub(super) use purse::Purse;
pub use shown::{MAX_QUESTIONS_SHOWN, without_secrets};
pub(super) use worth::unpaid;
pub use worth::{QuestionWorth, Worth, Worths};
