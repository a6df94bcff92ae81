//! The interest of who paid late, and the lump sum: claimed or waived.

use axum::{extract::State, response::Response};

use super::{DeedForm, answer};
use crate::{
    desk::{InterestInput, InterestView, LedgerLineView},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            client::act::wanted,
            codes::capital,
            form::{ByManager, said},
            look::Tongue,
        },
    },
};

/// What lateness on an invoice comes to, and what was decided of it.
pub(in crate::serve::pages::client) struct Charge {
    pub(in crate::serve::pages::client) invoice: String,
    pub(in crate::serve::pages::client) what: String,
    pub(in crate::serve::pages::client) amount: String,
    pub(in crate::serve::pages::client) state: String,
    pub(in crate::serve::pages::client) is_due: bool,
    pub(in crate::serve::pages::client) until: String,
}

impl Charge {
    pub(in crate::serve::pages::client) fn all(lines: &[LedgerLineView], t: Tongue) -> Vec<Self> {
        let charge = |invoice: &str, one: &InterestView| Self {
            invoice: invoice.to_owned(),
            what: capital(&t.charge(&one.what)),
            amount: t.decimal(&one.amount, &one.currency),
            state: t.charge_state(&one.state),
            is_due: one.state == "due",
            until: t.day(one.until),
        };
        lines.iter().flat_map(|line| line.interest.iter().map(|one| charge(&line.invoice, one))).collect()
    }

    /// The invoices that something can be asked for, each once.
    pub(in crate::serve::pages::client) fn invoices(all: &[Self]) -> Vec<String> {
        let mut invoices: Vec<String> = all.iter().map(|charge| charge.invoice.clone()).collect();
        invoices.dedup();
        invoices
    }
}

/// Claims or waives what lateness comes to, of one invoice or of every late one.
pub(in crate::serve::pages) async fn interest(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<DeedForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.client(&wanted).await?;
    let input = InterestInput {
        invoice: said(&form.invoice),
        what: said(&form.what),
        state: form.state.clone(),
        reason: form.reason.clone(),
    };
    let decided = house.desk.decide_interest(&wanted, &input).await;
    answer((&house, &guest, &code), form, decided, ("charges", "ledger"), |slip| &mut slip.charges).await
}
