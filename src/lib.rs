//! Vedetta watches open sources and one's own ledger, keeps an internal rating of every client, and calls out when one
//! drops.
//!
//! Rooms follow the data; they are declared in the order in which it flows. Facts come in through [`intake`] (ledger files)
//! and [`collect`] (open sources, matched to clients by [`resolve`]) and rest in [`store`]. [`pipeline`] takes a page of
//! dossiers, has [`extract`] turn each into a feature vector, [`score`] into a rating and [`treat`] into a treatment, and
//! records what moved. The models that [`score`] rates with come from [`train`], out of a labelled table or of the house's own
//! past, and get their seat through [`desk`], which checks them first. Every change is a row of the outbox, which [`publish`] copies to the queue and [`alert`] to
//! subscribers. [`desk`] holds what a person can ask, and sets on [`paper`] what is handed over; [`serve`] and [`cli`] are its two windows.
//!
//! Which room may open which door is a table in `tests/it/house.rs`.

// The words of the trade: values that are right by construction.
pub mod domain;

// The only reader of the system clock.
pub mod clock;

// Texts of others in; harmless ones out.
pub mod escape;

// Files and API bodies in; clients and ledger lines out.
pub mod intake;

// Subjects and cursors in, mentions out.
pub mod collect;

// A mention in; a client and a certainty out.
pub mod resolve;

// Dossier, markets and `as_of` in; feature vector out.
pub mod extract;

// Vector in; PD, points, grade and reasons out.
pub mod score;

// Labelled table, or dossiers of the past, in; a model and an honest report of how good it is out.
pub mod train;

// Rating, ledger and policy in; phase, action and deadline out.
pub mod treat;

// A page of clients and an `as_of` in; outcomes out.
pub mod pipeline;

// Questions in, answers out: the only room that knows SQL.
pub mod store;

// Outbox in, stream out.
pub mod publish;

// Outbox in, subscribers told.
pub mod alert;

// Blocks of text, tables and a line in; a PDF out.
pub mod paper;

// A person's request in, an answer out.
pub mod desk;

// HTTP in; JSON and server-sent events out.
pub mod serve;

// Seed in; a made-up economy with known truth out.
pub mod simulate;

// Files, environment and flags in; checked settings out.
pub mod config;

// Settings in, a running house out.
pub mod app;

// Arguments in, one call, an exit code out.
pub mod cli;
