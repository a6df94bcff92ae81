//! Vector in; PD, points, grade and reasons out.
//!
//! An [`Engine`] is a model, a master scale and a set of rules, each a text that was checked once. A rating is a sum of
//! whole points, one line per cause: the base, each feature, the calibration, and then whatever held the sum back or set
//! it aside (`cap:…`, `rule:…`, `override`). The lines add up to the points exactly, because nothing else makes them.
//!
//! # Why
//!
//! *Why does a rule show as points?* Because a credit manager asks "what would it be without?", and the answer must be a
//! subtraction. A rule moves the sum to where its grade is, and its line is the difference.
//!
//! *Why may grade and PD disagree by a hair?* The PD is always that of today's points. When hysteresis keeps the grade
//! recorded last, the PD stays fresh: it is the grade that has a memory.
//!
//! *Why do hard states look at official facts only?* Because one newspaper, or one mistaken salesman, must never put a
//! company in default: harming a company by a homonym is the worst failure there is. The same facts move points, within
//! the cap.
//!
//! *Why do trees keep a value at every node?* So that a boosted model can say why: walking down a tree, each step's change of
//! the value belongs to the column that was asked, and the steps add up to the leaf by themselves (Saabas 2014). Shapley
//! values would share credit among correlated columns more evenly, at a thousand times the work.
//!
//! *Why are a table's rows scored in columns?* A bin is a handful of comparisons; done for sixteen rows at once by the vector
//! unit they cost less than finding the bin of one row ([`Wide`]).
//!
//! *Why does an override not lift a hard `D`?* It answers "the model is wrong", and no model said it: a court did.

mod artefact;
mod check;
mod engine;
mod forest;
mod path;
mod settings;
mod sum;
mod table;
mod training;
mod wide;

pub use artefact::{Artefact, Bin, Calibration, Group, Input, Knot, Special};
pub use check::{Finding, check_table_model, golden_vectors, never_rewards};
pub use engine::{Engine, Papers, Seen};
pub use forest::{Forest, Tree};
pub use path::{Aim, Path, Step, Way, say_step, say_way, way_back};
pub use settings::{BUILT_IN_SCALE, scale};
pub use table::{Contribution, Scored, TableScorer};
pub use training::{Distribution, ENOUGH_FOR_AN_INDEX, FeatureDistribution, Grid, TRAINING_FORMAT, Training, psi};
pub use wide::Wide;
// Whoever asks for a scale may not open the room that says what it is.
pub use crate::domain::Scale;

use crate::domain::CatalogueHash;

/// Why an artefact or a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that is not what it should be.
    #[error("{file}: {why}")]
    Artefact {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A vector computed with another table.
    #[error("the model was made for the feature table {expected}, the vector comes from {got}")]
    Foreign {
        /// The table of the model.
        expected: CatalogueHash,
        /// The table of the vector.
        got: CatalogueHash,
    },
}

impl Error {
    fn artefact(file: &str, why: impl ToString) -> Self {
        Self::Artefact { file: file.into(), why: why.to_string() }
    }
}
