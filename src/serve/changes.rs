use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{House, auth::Reader, fault::Fault, input::Asked, page::limit};
use crate::{domain::Event, publish::cloud_event_from};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangesQuery {
    /// Events after this number; from the first when left out.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// Events at most, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Some events of the feed.
#[derive(Serialize, ToSchema)]
pub(super) struct Changes {
    /// CloudEvents 1.0, in order.
    events: Vec<CloudEvent>,
    /// What to send as `after` the next time: up to here everything was looked at that the key may see.
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

/// The event up to which a page was looked for: its last when it is full, else the newest that there was before the look, so that
/// what others see is not gone through again.
pub(super) fn looked_at(events: &[Event], limit: usize, last_seq: i64) -> i64 {
    let last = events.last().map(|event| event.seq);
    last.map_or(last_seq, |last| if events.len() >= limit { last } else { last.max(last_seq) })
}

/// Every event that the key may see, in order. What is about all portfolios (a night that ended, the watch over a model) is told
/// without its figures to a key that does not see them all. Behind the newest event there is nothing, and `next` is that event: less than `after`
/// when the house was restored to an earlier state.
#[utoipa::path(get, path = "/v1/changes", tag = "changes", params(ChangesQuery),
    responses((status = 200, body = Changes)))]
pub(super) async fn changes(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<ChangesQuery>,
) -> Result<Json<Changes>, Fault> {
    let after = seq(query.after.unwrap_or(0))?;
    let (outbox, limit) = (house.desk.store.outbox(), limit(query.limit)?);
    // Read first: what is recorded meanwhile is for the next page.
    let last_seq = outbox.last_seq().await?;
    let events = outbox.after(after, limit, caller.reach.only()).await?;
    let events = house.desk.as_seen(&caller, events).await?;
    let glossary = house.desk.rescorer.glossary();
    let next = looked_at(&events, limit, last_seq);
    let events = events.iter().map(|event| CloudEvent(cloud_event_from(event, &glossary, &house.source))).collect();
    Ok(Json(Changes { events, next }))
}
