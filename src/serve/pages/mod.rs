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

mod alerts;
mod calendar;
mod changes;
mod client;
mod clients;
mod clues;
mod codes;
mod figures;
mod form;
mod frame;
mod help;
mod import;
mod live;
mod look;
mod morning;
mod newcomer;
mod nights;
mod payments;
mod policy;
mod portfolio;
mod prospects;
mod refusal;
mod review;
mod seats;
mod session;
mod settings;
mod sources;
mod together;
mod typed;
mod words;
mod work;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

use super::{House, IMPORT_MAX_BYTES};

pub(super) use frame::refusal;
pub(super) use import::Uploads;
pub(super) use look::{Look, wants_page};
pub(super) use typed::Typed;

/// A form: a note of two thousand characters, and some room.
const FORM_MAX_BYTES: usize = 64 << 10;
/// The form of those who are not known yet: they hold no place while it comes, for it fits into what is waited for outside.
const DOOR_MAX_BYTES: usize = super::body::FIRST_BYTES / 2;

/// Every page.
pub(super) fn pages() -> Router<House> {
    let pages: Router<House> = Router::new()
        .route("/", get(morning::morning))
        .route("/changes", get(changes::changes))
        .route("/clients", get(clients::list))
        .route("/export/clients.csv", get(clients::export))
        .route("/new-client", get(newcomer::begin).post(newcomer::create))
        .route("/work", get(work::work))
        .route("/work/calendar", get(calendar::calendar))
        .route("/export/work.ics", get(work::ics))
        .route("/review", get(review::list))
        .route("/review/{id}", post(review::decide))
        .route("/alerts", get(alerts::list).post(alerts::create))
        .route("/alerts/new", get(alerts::begin))
        .route("/alerts/{id}", get(alerts::show).post(alerts::change))
        .route("/alerts/{id}/test", post(alerts::test))
        .route("/alerts/{id}/switch", post(alerts::switch))
        .route("/alerts/{id}/rotate", post(alerts::rotate))
        .route("/alerts/{id}/end", post(alerts::end))
        .route("/alerts/{id}/recover", post(alerts::recover))
        .route("/alerts/{id}/deliveries/{delivery}/redeliver", post(alerts::redeliver))
        .route("/import", get(import::begin))
        .route("/import", post(import::receive).layer(DefaultBodyLimit::max(IMPORT_MAX_BYTES)))
        .route("/import/{token}", get(import::look).post(import::take))
        .route("/import/{token}/rejected.csv", get(import::rejected))
        .route("/imports/{id}/undo", get(import::undone).post(import::undo))
        .route("/payments", get(payments::payments))
        .route("/payments/{id}", post(payments::decide))
        .route("/payments/{id}/undo", post(payments::undo))
        .route("/nights", get(nights::nights).post(nights::order))
        .route("/assessments", get(prospects::list).post(prospects::make))
        .route("/assessments/new", get(prospects::begin))
        .route("/assessments/{id}", get(prospects::show))
        .route("/assessments/{id}/documents/{sha256}", get(prospects::document))
        .route("/assessments/{id}/client", post(prospects::adopt))
        .route("/assessments/{id}/erase", post(prospects::erase))
        .route("/together", post(together::confirm))
        .route("/together/do", post(together::act))
        .route("/models", get(seats::show))
        .route("/models/card", get(seats::card))
        .route("/models/check", post(seats::check))
        .route("/models/promote", post(seats::promote))
        .route("/models/back", post(seats::back))
        .route("/policy", get(policy::show).post(policy::dry_run))
        .route("/settings/people", get(settings::people).post(settings::create_person))
        .route("/settings/people/{name}/rank", post(settings::set_rank))
        .route("/settings/people/{name}/password", post(settings::set_password))
        .route("/settings/people/{name}/access", post(settings::set_access))
        .route("/settings/keys", get(settings::keys).post(settings::create_key))
        .route("/settings/keys/{id}/revoke", post(settings::revoke_key))
        .route("/settings/log", get(settings::log))
        .route("/sources", get(sources::sources))
        .route("/portfolio", get(portfolio::portfolio))
        .route("/help", get(help::help))
        .route("/live", get(live::live))
        .route("/look", get(look::change))
        .route("/sign-in", get(session::door).post(session::enter).layer(DefaultBodyLimit::max(DOOR_MAX_BYTES)))
        .route("/sign-out", post(session::leave));
    pages
        .merge(of_a_client())
        .layer(DefaultBodyLimit::max(FORM_MAX_BYTES))
        .layer(middleware::from_fn(typed::keep))
        .layer(middleware::from_fn(frame::strict))
        .route("/assets/{edition}/{file}", get(frame::asset))
}

/// The pages of one client.
fn of_a_client() -> Router<House> {
    Router::new()
        .route("/clients/{client}", get(client::show))
        .route("/clients/{client}/actions", post(client::act))
        .route("/clients/{client}/actions/withdraw", post(client::withdraw))
        .route("/clients/{client}/override", post(client::overrule))
        .route("/clients/{client}/override/confirm", post(client::confirm_override))
        .route("/clients/{client}/override/end", post(client::end_override))
        .route("/clients/{client}/limit", post(client::grant))
        .route("/clients/{client}/limit/end", post(client::end_limit))
        .route("/clients/{client}/facts", get(client::facts).post(client::tell))
        .route("/clients/{client}/invoices", get(client::invoices).post(client::put_invoice))
        .route("/clients/{client}/payments", post(client::put_payment))
        .route("/clients/{client}/interest", post(client::interest))
        .route("/clients/{client}/split", post(client::split))
        .route("/clients/{client}/group", post(client::join))
        .route("/clients/{client}/group/leave", post(client::leave))
        .route("/clients/{client}/evidence/{sha256}", get(client::evidence))
        .route("/clients/{client}/papers", get(client::papers))
        .route("/clients/{client}/file/{kind}", get(client::file))
        .route("/clients/{client}/merge", post(client::merge))
        .route("/clients/{client}/unmerge", post(client::unmerge))
        .route("/clients/{client}/hold", post(client::hold))
        .route("/clients/{client}/hold/end", post(client::end_hold))
        .route("/clients/{client}/erase", post(client::erase))
}
