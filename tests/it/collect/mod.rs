//! What the collector owes to the sites it reads and to the people who rely on it.

mod bulk;
mod hosts;
mod manners;
mod robots;
mod rounds;
mod settings;
pub(crate) mod web;
mod wire;
