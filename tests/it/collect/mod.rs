//! What the collector owes to the sites it reads and to the people who rely on it.

mod manners;
mod robots;
mod rounds;
mod settings;
mod web;
mod whole_lists;
mod wire;
