//! What an administrator sees to: who signs in, which keys open the API, and the log of who did what.
//!
//! # Why
//!
//! *Why no mail that invites somebody?* Not every house has a mail server, and a link that makes a password is a key that lies
//! in a mailbox. Whoever makes the name says the password in person.

mod keys;
mod log;
mod people;
mod words;

use self::words::Words;
use super::{form::Hints, look::Tongue};

pub(super) use keys::{create_key, keys, revoke_key};
pub(super) use log::log;
pub(super) use people::{create_person, people, set_access, set_password, set_rank};
#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// What would be right in a field.
const HINTS: Hints = &[
    (
        "/name",
        "Il nome è libero, ha da 1 a 60 lettere o cifre, e tra i segni . - _ @ +",
        "A name is not taken yet, and has 1 to 60 letters, digits or one of . - _ @ +",
    ),
    ("/password", "La password ha da 12 a 200 caratteri.", "A password has 12 to 200 characters."),
    (
        "/portfolios",
        "Il nome di un portafoglio ha da 1 a 60 caratteri.",
        "The name of a portfolio has 1 to 60 characters.",
    ),
];

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// The portfolios that a field names.
fn portfolios(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Portfolios in a cell: none means all of them.
fn shown(portfolios: &[String], w: &'static Words) -> String {
    if portfolios.is_empty() { w.all_portfolios.to_owned() } else { portfolios.join(", ") }
}
