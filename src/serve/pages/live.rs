//! News for pages that are open.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

use super::{
    look::cookie,
    session::{COOKIE, Guest},
};
use crate::serve::{
    House,
    fault::Fault,
    input::Asked,
    stream::{Pass, StreamQuery, follow},
};

/// The feed of what somebody who is signed in may see, from where their page was written, until they sign out. A page that comes
/// back after a restart asks for itself again in a moment.
pub(super) async fn live(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    house.roll.prepare();
    let pass = Pass::Session(cookie(&headers, COOKIE).unwrap_or_default().to_owned());
    Ok(follow(house, (guest.visitor.caller, pass), &query, &headers).await?.into_response())
}
