//! What is decided on a client's page beside its grade and its limit: the interest of who paid late, facts that are about
//! somebody else, and with whom it stands under one limit; and what is typed in by hand. A form that is refused is shown again
//! with what was typed.

mod by_hand;
mod group;
mod interest;
mod split;
mod tell;
mod words;

use axum::response::Response;
use serde::Deserialize;

use super::{ClientQuery, act::back, client_page};
use crate::serve::{
    House,
    fault::Fault,
    pages::{
        form::{Hints, Refused, said},
        look::Tongue,
        session::Guest,
    },
};

pub(in crate::serve::pages) use by_hand::{put_invoice, put_payment};
pub(super) use group::Group;
pub(in crate::serve::pages) use group::{join, leave};
pub(super) use interest::Charge;
pub(in crate::serve::pages) use interest::interest;
pub(super) use split::Aside;
pub(in crate::serve::pages) use split::split;
pub(super) use tell::Offers;
pub(in crate::serve::pages) use tell::tell;
#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;
pub(super) use words::Words;

/// What would be right in a field.
const HINTS: Hints = &[
    ("/reason", "Il motivo ha da 1 a 500 caratteri.", "A reason has 1 to 500 characters."),
    (
        "/known",
        "C'è già un documento con questo numero: non viene sovrascritto. Si corregge con un file.",
        "There is a document with this number already: it is not written over. A file corrects it.",
    ),
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
    ("/row/invoice", "Il numero non va bene per questo cliente.", "The number does not do for this client."),
    (
        "/row/amount",
        "Serve un importo sopra lo zero, scritto come 1.234,56.",
        "It needs an amount above zero, as 1,234.56.",
    ),
    ("/row/issued_on", "Serve il giorno che sta sul documento.", "The day on the document is needed."),
    ("/row/due_on", "La scadenza non può venire prima del documento.", "It cannot be due before its own day."),
    (
        "/row/paid_on",
        "Serve il giorno in cui è arrivato, non dopo oggi.",
        "The day it arrived is needed, not after today.",
    ),
    (
        "/row/refers_to",
        "Serve il numero della fattura a cui toglie.",
        "The number of the invoice that it takes from is needed.",
    ),
    ("/row/currency", "La valuta sono tre lettere, come EUR.", "A currency is three letters, as EUR."),
    ("/valid_at", "Serve il giorno da cui è così.", "The day since when it is so is needed."),
    (
        "/source",
        "Chi lo dice: da 1 a 40 lettere minuscole, cifre e trattini.",
        "Who says it: 1 to 40 small letters, digits and hyphens.",
    ),
    ("/fields/amount", "L'importo si scrive come 1.234,56.", "An amount is written as 1,234.56."),
    ("/fields/title", "Serve il titolo della notizia.", "The title of the news is needed."),
    ("/fields/severity", "La gravità va da 0 a 5.", "Severity is 0 to 5."),
    ("/fields/act", "Serve il nome dell'atto.", "The name of the act is needed."),
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
    /// The day on a document, or on which something arrived or began.
    pub(super) on: String,
    pub(super) due_on: String,
    pub(super) amount: String,
    pub(super) refers_to: String,
    pub(super) reference: String,
    /// What kind of fact is told, and what it says by kind.
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) instrument: String,
    pub(super) act: String,
    pub(super) title: String,
    pub(super) event: String,
    pub(super) severity: String,
    pub(super) searched: String,
    pub(super) is_ended: Option<String>,
    /// Who says it, under what name of its own, and where it can be read.
    pub(super) source: String,
    pub(super) own_id: String,
    pub(super) url: String,
    pub(super) official: Option<String>,
}

/// Why a form on the page was refused, where it stands, and what was typed.
#[derive(Default)]
pub(super) struct Slip {
    pub(super) charges: Option<Refused>,
    pub(super) fact: Option<Refused>,
    pub(super) group: Option<Refused>,
    pub(super) invoice: Option<Refused>,
    pub(super) payment: Option<Refused>,
    pub(super) told: Option<Refused>,
    pub(super) typed: DeedForm,
    /// What stands in every other form.
    blank: DeedForm,
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

    /// What was typed into the form that was refused, or nothing.
    pub(super) fn typed_in(&self, refused: &Option<Refused>) -> &DeedForm {
        if refused.is_some() { &self.typed } else { &self.blank }
    }

    /// What was typed as the reason of interest claimed or waived.
    pub(super) fn charges_reason(&self) -> &str {
        if self.charges.is_some() { &self.typed.reason } else { "" }
    }
}

/// Back to the page with a word about what was done, and where it stands; or the page again with why the form was refused. A
/// fault that whoever sent it cannot mend is given back.
async fn answer<T>(
    (house, guest, code): (&House, &Guest, &str),
    typed: DeedForm,
    outcome: Result<T, impl Into<Fault>>,
    (done, anchor): (&str, &str),
    place: fn(&mut Slip) -> &mut Option<Refused>,
) -> Result<Response, Fault> {
    let fault = match outcome {
        Ok(_) => return Ok(back(code, &typed.portfolio, done, anchor)),
        Err(error) => error.into(),
    };
    let refused = Refused::of(fault, HINTS, guest.look.tongue)?;
    let query = ClientQuery::of(said(&typed.portfolio));
    let mut slip = Slip { typed, ..Slip::default() };
    *place(&mut slip) = Some(refused);
    Box::pin(client_page(house, guest, code, query, slip)).await
}
