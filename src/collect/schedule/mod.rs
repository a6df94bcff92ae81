//! Which question is asked when, and how far the money goes.

mod budget;

pub use budget::{Budget, Price};
pub(super) use budget::{Stretch, WrittenBudget};
