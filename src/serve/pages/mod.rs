//! What a credit manager opens in the morning: pages that are written on the server and read without scripts.
//!
//! # Why
//!
//! *Why are pages written here and not in the browser?* What is read must be there at once, on any machine, and printed as it is
//! seen. A page asks the desk, as the API does; a small script searches as one types and lets news in, and is never needed to
//! read.
//!
//! *Why no `unsafe-inline`, and no host but this one?* Names of clients and titles of news are written by others. The templates
//! escape them, and a browser that runs nothing but our one file has nothing to run if one ever slips through.
//!
//! *Why one file for both languages?* A word beside its other word is seen when it is missing: it does not compile.

mod client;
mod clients;
mod codes;
mod figures;
mod frame;
mod help;
mod live;
mod look;
mod morning;
mod portfolio;
mod review;
mod session;
mod words;
mod work;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

use super::House;

pub(super) use frame::refusal;
pub(super) use look::{Look, wants_page};

/// A form: a note of two thousand characters, and some room.
const FORM_MAX_BYTES: usize = 64 << 10;

/// Every page.
pub(super) fn pages() -> Router<House> {
    let pages: Router<House> = Router::new()
        .route("/", get(morning::morning))
        .route("/changes", get(morning::changes))
        .route("/clients", get(clients::list))
        .route("/export/clients.csv", get(clients::export))
        .route("/clients/{client}", get(client::show))
        .route("/clients/{client}/actions", post(client::act))
        .route("/clients/{client}/override", post(client::overrule))
        .route("/clients/{client}/override/end", post(client::end_override))
        .route("/clients/{client}/limit", post(client::grant))
        .route("/clients/{client}/limit/end", post(client::end_limit))
        .route("/clients/{client}/evidence/{sha256}", get(client::evidence))
        .route("/work", get(work::work))
        .route("/export/work.ics", get(work::ics))
        .route("/review", get(review::list))
        .route("/review/{id}", post(review::decide))
        .route("/portfolio", get(portfolio::portfolio))
        .route("/help", get(help::help))
        .route("/live", get(live::live))
        .route("/look", get(look::change))
        .route("/sign-in", get(session::door).post(session::enter))
        .route("/sign-out", post(session::leave));
    pages
        .layer(DefaultBodyLimit::max(FORM_MAX_BYTES))
        .layer(middleware::from_fn(frame::strict))
        .route("/assets/{edition}/{file}", get(frame::asset))
}
