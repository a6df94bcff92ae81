//! What is decided on a client's page beside its grade and its limit: the interest of who paid late, facts that are about
//! somebody else, and with whom it stands under one limit. A form that is refused is shown again with what was typed.

mod group;
mod interest;
mod split;
mod words;

use axum::response::Response;
use serde::Deserialize;

use super::{ClientQuery, client_page};
use crate::{
    desk::Error,
    serve::{
        House,
        fault::Fault,
        pages::{
            form::{Hints, Refused, said},
            look::Tongue,
            session::Guest,
        },
    },
};

pub(super) use group::Group;
pub(in crate::serve::pages) use group::{join, leave};
pub(super) use interest::Charge;
pub(in crate::serve::pages) use interest::interest;
pub(super) use split::Aside;
pub(in crate::serve::pages) use split::split;
#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;
pub(super) use words::Words;

/// What would be right in a field.
const HINTS: Hints = &[
    ("/reason", "Il motivo ha da 1 a 500 caratteri.", "A reason has 1 to 500 characters."),
    ("/invoice", "Di questa fattura non c'è nulla da chiedere.", "There is nothing to claim of this invoice."),
    ("/state", "Si chiede o si rinuncia.", "It is claimed or waived."),
    (
        "/to",
        "Serve il codice di un altro cliente dello stesso portafoglio, o niente.",
        "It must be the code of another client of the same portfolio, or nothing.",
    ),
    ("/signals", "Questo fatto non è di questo cliente.", "This fact is not of this client."),
    ("/group", "Il cliente non può stare in questo gruppo.", "The client cannot stand in this group."),
    (
        "/limit",
        "Un gruppo nuovo ha bisogno di un fido, scritto come 1.234,56.",
        "A new group needs a limit, written as 1,234.56.",
    ),
];

pub(super) fn words_of(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// What was typed into one of the forms; empty fields say nothing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct DeedForm {
    pub(super) invoice: String,
    pub(super) what: String,
    state: String,
    pub(super) signal: String,
    pub(super) to: String,
    pub(super) group: String,
    pub(super) limit: String,
    from_another: Option<String>,
    pub(super) reason: String,
    portfolio: String,
}

/// Why a form on the page was refused, where it stands, and what was typed.
#[derive(Default)]
pub(super) struct Slip {
    pub(super) charges: Option<Refused>,
    pub(super) fact: Option<Refused>,
    pub(super) group: Option<Refused>,
    pub(super) typed: DeedForm,
}

impl Slip {
    /// Whether the form about this fact was refused.
    pub(super) fn is_about(&self, fact: &str) -> bool {
        self.fact.is_some() && self.typed.signal == fact
    }

    /// The reason that was typed into this fact's form.
    pub(super) fn reason_of(&self, fact: &str) -> &str {
        if self.is_about(fact) { &self.typed.reason } else { "" }
    }

    /// The code that was typed into this fact's form.
    pub(super) fn to_of(&self, fact: &str) -> &str {
        if self.is_about(fact) { &self.typed.to } else { "" }
    }

    /// What was typed as the reason of interest claimed or waived.
    pub(super) fn charges_reason(&self) -> &str {
        if self.charges.is_some() { &self.typed.reason } else { "" }
    }
}

/// The page again, with why a form on it was refused; a fault that whoever sent it cannot mend is given back.
async fn again(
    (house, guest, code): (&House, &Guest, &str),
    typed: DeedForm,
    error: Error,
    place: fn(&mut Slip) -> &mut Option<Refused>,
) -> Result<Response, Fault> {
    let fault = match error {
        // Nobody of that code is a slip of the pen in the field, not a page that is missing.
        Error::NotFound(what) if what != "client" && !typed.to.trim().is_empty() => {
            Fault::unprocessable("/to", format!("no such {what}"))
        }
        other => other.into(),
    };
    let refused = Refused::of(fault, HINTS, guest.look.tongue)?;
    let query = ClientQuery::of(said(&typed.portfolio));
    let mut slip = Slip { typed, ..Slip::default() };
    *place(&mut slip) = Some(refused);
    client_page(house, guest, code, query, slip).await
}
