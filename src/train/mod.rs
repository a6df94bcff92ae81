//! Labelled history in; a model and an honest report of how good it is out. The only room that knows linfa.
//!
//! # Why
//!
//! *Why a scorecard of bins and not the raw numbers?* Because every point can be explained to the person it concerns: a bin,
//! its share of bad rows, its points. Bins also give missing values a place of their own and take the sting out of outliers,
//! which in tables of balance-sheet ratios are the rule. Points are whole numbers per bin, so that the sum on paper is the sum
//! in the machine; what rounding costs is far below what a fold costs.
//!
//! *Why is the calibration fitted on out-of-fold predictions?* On its own training rows every model looks calibrated.

mod binning;
mod calibration;
mod folds;
pub mod history;
pub mod metrics;
mod prior;
mod scorecard;
mod table;

pub use binning::Direction;
pub use calibration::Calibration;
pub use history::History;
pub use scorecard::{ColumnPoints, Dropped, TableModel, TrainOptions, TrainReport, scorecard};
pub use table::{Table, read_folds};

/// Why nothing could be trained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is no CSV.
    #[error("table: {0}")]
    Csv(#[from] csv::Error),
    /// The table is not what training needs.
    #[error("table: {0}")]
    Table(String),
    /// The regression failed.
    #[error("the regression did not settle: {0}")]
    Fit(String),
    /// A feature knows what came after: whatever is trained on it would disappoint.
    #[error("{0}")]
    Leak(String),
}
