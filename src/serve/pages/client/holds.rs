//! Legal holds: what keeps a client from expiring and from being erased, and its end.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    act::wanted,
    papers::{PapersForm, again, back, words_of},
};
use crate::{
    desk::{Error, HoldView, ReasonInput},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            form::{ByAdmin, ByManager},
            look::Tongue,
        },
    },
};

/// A legal hold in force.
pub(super) struct Held {
    pub(super) id: i64,
    pub(super) why: String,
    /// Which code, since when, by whom.
    pub(super) about: String,
}

impl Held {
    pub(super) fn of(hold: HoldView, t: Tongue) -> Self {
        let about =
            [hold.client, Some(format!("{} {}", words_of(t).since_lower, t.instant(hold.made_at))), Some(hold.who)];
        Self { id: hold.id, why: hold.why, about: about.into_iter().flatten().collect::<Vec<_>>().join(" · ") }
    }
}

/// Holds a client: nothing of it expires, and it is not erased, until somebody ends the hold.
pub(in crate::serve::pages) async fn hold(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<PapersForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    // A signal is held by its name, and this page is about a client.
    house.desk.client(&wanted).await?;
    match house.desk.hold(&wanted, &ReasonInput { reason: form.held.clone() }).await {
        Ok(_) => Ok(back(&code, &form.portfolio, "held")),
        Err(Error::Invalid { why, .. }) => again(&house, &guest, &code, form, Fault::unprocessable("/held", why)).await,
        Err(error) => again(&house, &guest, &code, form, error.into()).await,
    }
}

/// Which hold is ended.
#[derive(Deserialize)]
pub(in crate::serve::pages) struct HoldForm {
    hold: String,
    #[serde(default)]
    portfolio: String,
}

/// Ends a hold.
pub(in crate::serve::pages) async fn end_hold(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAdmin(guest, form): ByAdmin<HoldForm>,
) -> Result<Response, Fault> {
    // A number that is none is the number of no hold.
    let hold = form.hold.parse().unwrap_or_default();
    house.desk.end_hold_on(&wanted(&guest, &code, &form.portfolio), hold).await?;
    Ok(back(&code, &form.portfolio, "freed"))
}
