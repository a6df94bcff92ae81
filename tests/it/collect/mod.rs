//! What the collector owes to the sites it reads and to the people who rely on it.

mod manners;
mod press;
mod robots;
mod rounds;
mod settings;
mod web;
mod wire;
