//! One binary of tests, so that everything links once: a module for each room, and some for the whole house.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop there")]

mod alert;
mod cli;
mod collect;
mod crash;
mod doctor;
mod domain;
mod extract;
mod house;
mod intake;
mod made_up_web;
mod model_practice;
mod onboarding;
mod pages;
mod pipeline;
mod postgres;
mod process;
mod promises;
mod publish;
mod records;
mod redis;
mod relay;
mod resolve;
mod review;
mod score;
mod serve;
mod simulate;
mod sources;
mod store;
mod stores;
mod train;
mod train_history;
mod treat;
mod variants;
mod world;
