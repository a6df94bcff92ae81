//! Facts that are about somebody else, and the way back.

use axum::{extract::State, response::Response};

use super::{DeedForm, answer};
use crate::{
    desk::{Error, ReviewView, SplitInput},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            client::act::wanted,
            form::{ByAnalyst, said},
            look::Tongue,
        },
    },
};

/// A record that is not about the client, as somebody said.
pub(in crate::serve::pages::client) struct Aside {
    pub(in crate::serve::pages::client) review: i64,
    pub(in crate::serve::pages::client) text: String,
    pub(in crate::serve::pages::client) about: String,
}

impl Aside {
    pub(in crate::serve::pages::client) fn of(review: &ReviewView, t: Tongue) -> Self {
        let about = [review.subject_name.clone(), t.day(review.signal.valid_at), review.signal.source.clone()];
        let about = about.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
        Self { review: review.id, text: t.fact(&review.signal), about }
    }
}

/// Says that a fact is about somebody else, and about whom where that is a client, too.
pub(in crate::serve::pages) async fn split(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<DeedForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.client(&wanted).await?;
    let reason = Some(form.reason.clone());
    let input = SplitInput { signals: vec![form.signal.clone()], to: said(&form.to), reason };
    let taken_away = house.desk.split(&wanted, &input).await.map_err(|error| match error {
        // Nobody of that code is a slip of the pen in the field, not a page that is missing.
        Error::NotFound(what) if what != "client" && input.to.is_some() => {
            Fault::unprocessable("/to", format!("no such {what}"))
        }
        other => other.into(),
    });
    answer((&house, &guest, &code), form, taken_away, ("split", "facts"), |slip| &mut slip.fact).await
}
