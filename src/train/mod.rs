//! Labelled history in; a model and an honest report of how good it is out. The only room that knows linfa.
//!
//! # Why
//!
//! *Why a scorecard of bins and not the raw numbers?* Because every point can be explained to the person it concerns: a bin,
//! its share of bad rows, its points. Bins also give missing values a place of their own and take the sting out of outliers,
//! which in tables of balance-sheet ratios are the rule. Points are whole numbers per bin, so that the sum on paper is the sum
//! in the machine; what rounding costs is far below what a fold costs.
//!
//! *Why are the bins of a card the mean of five binnings?* An edge drawn by few rows is drawn elsewhere by others. Each row's
//! evidence, as the regression sees it, comes from bins that did not see the row, so that the weights know how much of a
//! bin was chance (cross-fitting); the mean of all five is what the card keeps: more and smaller steps.
//!
//! *Why do bins settle after the regression?* Weights of evidence are marginal: what two columns both tell would be counted
//! twice. A few small steps on all bins at once repair that and keep the card additive. Columns whose weight would have
//! turned their evidence around stay out of the regression, and no bin of theirs may come to speak against it either.
//!
//! *Why `forust-ml` for the trees?* Compared: `linfa-ensemble` has bagged trees and `AdaBoost`, without monotone constraints,
//! missing values or log-loss; `perpetual` was slow and over-confident on tables of balance sheets; a binding to LightGBM's
//! library builds C++ with CMake, which every machine that builds the house would need, and calls it through `unsafe`; its
//! trees would have to be read back from its own text format. `forust-ml` is the algorithm of XGBoost in plain Rust, has all
//! three, and shows its trees, so that we keep them in our own format and score without it. What speaks against it: it has one
//! main author, and it is slower than LightGBM on one thread. Should it be left alone one day, models already trained go on.
//!
//! *Why is the calibration fitted on out-of-fold predictions?* On its own training rows every model looks calibrated.

mod binning;
mod boosted;
mod calibration;
pub mod card;
mod columns;
mod evaluate;
mod folds;
mod grove;
pub mod history;
mod judge;
pub mod metrics;
mod prior;
mod ranked;
mod remarks;
pub mod report;
pub mod sample;
mod scorecard;
mod settle;
mod shift;
mod straighten;
mod table;
mod times;
mod weights;

pub use binning::Direction;
pub use calibration::{Calibration, prudent_bounds};
pub use columns::{Columns, Unread};
pub use evaluate::{Evaluation, GradeFigures, Move, Outcomes, PartFigures, Parts, evaluate};
pub use history::History;
pub use judge::{Algorithm, Dropped, OutOfTime, TrainOptions, TrainReport, scorecard, train};
pub use scorecard::read_directions;
pub use shift::{InputShift, Shift};
pub use table::{Roles, Table, labels, read_folds};
pub use times::Times;
pub use weights::RidgeTried;

use judge::Fitted;

/// What is said of columns that tell nothing.
const SILENT: &str = "no column tells anything about the target beyond chance";

/// Why nothing could be trained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is no CSV.
    #[error("table: {0}")]
    Csv(#[from] csv::Error),
    /// The table is not what training needs.
    #[error("table: {0}")]
    Table(String),
    /// A fit for one of the test folds failed.
    #[error("repeat {repeat}, without fold {fold}: {why}")]
    Fold {
        /// Which repeat.
        repeat: usize,
        /// The fold that was held out.
        fold: usize,
        /// What was wrong.
        why: String,
    },
    /// Nothing was found in the columns.
    #[error("table: {SILENT}")]
    Silent,
    /// The regression failed.
    #[error("the regression did not settle: {0}")]
    Fit(String),
    /// A feature knows what came after: whatever is trained on it would disappoint.
    #[error("{0}")]
    Leak(String),
}
