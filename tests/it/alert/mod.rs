//! Who is told what, how it is signed, where it may go, and when it is tried again.

pub(crate) mod addresses;
mod conditions;
pub(crate) mod deliveries;
mod digests;
mod disabled;
pub(crate) mod episodes;
mod letters;
pub(crate) mod mailbox;
mod pace;
pub(crate) mod receivers;
mod replays;
mod rotation;
mod schedule;
mod signing;
mod storms;
mod unread;

use jiff::Timestamp;
use vedetta::domain::{Cause, ClientId, Event, EventBody, Grade, PortfolioId, RatingChange};

/// Noon of an invented day; every test counts from here.
pub(crate) fn noon() -> Timestamp {
    "2026-03-03T12:00:00Z".parse().expect("an instant")
}

/// A step of client C-7's rating, who owes 20 000.
fn step(at: Timestamp, from: Option<Grade>, to: Grade) -> Event {
    Event {
        seq: 1,
        at,
        portfolio: Some((PortfolioId::new(1), "main".parse().expect("a name"))),
        client: Some((ClientId::new(7), "C-7".parse().expect("a code"))),
        body: EventBody::RatingChanged(RatingChange {
            client_seq: 1,
            from,
            to,
            pd_from: None,
            pd_to: None,
            cause: Cause::Signals,
            exposure_minor: 2_000_000,
            reasons: Vec::new(),
            treatment: None,
        }),
    }
}
