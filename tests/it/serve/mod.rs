//! The API from outside, over real HTTP.

mod alerts;
mod feed;
mod file;
mod four_eyes;
mod imports;
mod keys;
mod ledger;
mod mergers;
mod migration;
mod openapi;
mod overrides;
mod paging;
mod quotas;
mod ratings;
mod ready;
mod refusals;
mod remembered;
mod rows;
mod subscriptions;
