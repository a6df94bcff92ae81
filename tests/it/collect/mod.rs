//! What the collector owes to the sites it reads and to the people who rely on it.

mod bulk;
mod cancelled;
mod described;
mod doubts;
mod hosts;
mod manners;
mod names;
mod press;
mod robots;
mod rounds;
mod schedule;
mod settings;
pub(crate) mod web;
mod whole_lists;
mod wire;
