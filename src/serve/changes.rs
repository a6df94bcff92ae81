use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{House, auth::Reader, fault::Fault, input::Asked, page::limit};
use crate::publish::cloud_event_from;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangesQuery {
    /// Events after this number; from the first when left out.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// Events at most, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// Some events of the feed.
#[derive(Serialize, ToSchema)]
pub(super) struct Changes {
    /// CloudEvents 1.0, in order.
    events: Vec<CloudEvent>,
    /// What to send as `after` the next time.
    next: i64,
}

/// A CloudEvent as the queue, the stream and the webhook have it, too.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(super) struct CloudEvent(Value);

/// The number of an event.
pub(super) fn seq(after: u64) -> Result<i64, Fault> {
    i64::try_from(after)
        .map_err(|_| Fault::bad_request("bad_query", "after must be the number of an event, below 2^63"))
}

/// Every event that the key may see, in order.
#[utoipa::path(get, path = "/v1/changes", tag = "changes", params(ChangesQuery),
    responses((status = 200, body = Changes)))]
pub(super) async fn changes(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<ChangesQuery>,
) -> Result<Json<Changes>, Fault> {
    let after = seq(query.after.unwrap_or(0))?;
    let events = house.desk.store.outbox().after(after, limit(query.limit)?, caller.reach.only()).await?;
    let glossary = house.desk.rescorer.glossary();
    let next = events.last().map_or(after, |event| event.seq);
    let events = events.iter().map(|event| CloudEvent(cloud_event_from(event, &glossary, &house.source))).collect();
    Ok(Json(Changes { events, next }))
}
