//! News for pages that are open.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

use super::session::Guest;
use crate::serve::{
    House,
    fault::Fault,
    input::Asked,
    stream::{StreamQuery, follow},
};

/// The feed of what somebody who is signed in may see, from where their page was written. A page that comes back after a
/// restart asks for itself again in a moment.
pub(super) async fn live(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    house.roll.prepare();
    Ok(follow(house, guest.visitor.caller, &query, &headers).await?.into_response())
}
