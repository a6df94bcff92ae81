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

/// The feed of what somebody who is signed in may see, from where their page was written.
pub(super) async fn live(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    Ok(follow(house, guest.visitor.caller, &query, &headers).await?.into_response())
}
