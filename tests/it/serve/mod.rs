//! The API from outside, over real HTTP.

mod alerts;
mod feed;
mod file;
mod keys;
mod ledger;
mod mergers;
mod openapi;
mod overrides;
mod ratings;
mod refusals;
mod rows;
mod subscriptions;
