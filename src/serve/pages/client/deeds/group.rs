//! With whom a client stands under one limit.

use axum::{extract::State, response::Response};

use super::{DeedForm, answer};
use crate::{
    desk::{GroupView, JoinInput, LimitView},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            client::act::wanted,
            form::{ByManager, amount},
            look::Tongue,
            morning::client_href,
        },
    },
};

/// The clients that the client stands together with.
pub(in crate::serve::pages::client) struct Group {
    pub(in crate::serve::pages::client) name: String,
    pub(in crate::serve::pages::client) exposure: String,
    pub(in crate::serve::pages::client) limit: String,
    /// Where each of them is, and its code.
    pub(in crate::serve::pages::client) members: Vec<(String, String)>,
}

impl Group {
    pub(in crate::serve::pages::client) fn of(limit: &LimitView, t: Tongue) -> Option<Self> {
        let GroupView { group, limit, currency, exposure, clients, .. } = limit.group.as_ref()?;
        Some(Self {
            name: group.clone(),
            exposure: t.about(*exposure, currency),
            limit: t.about(*limit, currency),
            members: clients.iter().map(|code| (client_href(code), code.clone())).collect(),
        })
    }
}

/// Puts the client into a group, or gives its group another limit.
pub(in crate::serve::pages) async fn join(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<DeedForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.client(&wanted).await?;
    let input = JoinInput {
        group: form.group.clone(),
        limit: amount(&form.limit, guest.look.tongue),
        from_another_group: form.from_another.is_some(),
    };
    let joined = house.desk.join_group(&wanted, &input).await;
    answer((&house, &guest, &code), form, joined, ("joined", "limit"), |slip| &mut slip.group).await
}

/// Takes the client out of its group.
pub(in crate::serve::pages) async fn leave(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<DeedForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    let left = house.desk.leave_group(&wanted).await;
    answer((&house, &guest, &code), form, left, ("left", "limit"), |slip| &mut slip.group).await
}
