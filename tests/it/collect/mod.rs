//! What the collector owes to the sites it reads and to the people who rely on it.

mod described;
mod manners;
mod robots;
mod rounds;
mod schedule;
mod settings;
mod web;
mod wire;
