use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{
        IntoResponse,
        sse::{Event as SseEvent, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use super::{House, auth::Reader, changes::seq, fault::Fault, input::Asked};
use crate::{
    desk::Caller,
    domain::{Event, Glossary},
    publish::cloud_event_from,
};

/// A comment line keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events read from the store at a time.
const PAGE: usize = 200;
/// How often the feed is read when no commit of this process says that there is news: other processes write too.
const POLL: Duration = Duration::from_secs(2);
/// Pause before a reader whose store did not answer asks again.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// Replays the events after this number first; `Last-Event-ID` wins over it.
    #[param(minimum = 0)]
    after: Option<u64>,
}

/// The feed, live: events after `Last-Event-ID` (or `after`) first, then each as it is recorded. Without either the
/// stream begins now.
#[utoipa::path(get, path = "/v1/changes/stream", tag = "changes",
    params(StreamQuery, ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was received")),
    responses((status = 200, description = "`id: SEQ`, `event: TYPE`, `data: the CloudEvent`", body = String,
        content_type = "text/event-stream")))]
pub(super) async fn stream(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<StreamQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Fault> {
    follow(house, caller, &query, &headers).await
}

/// The feed of what a caller may see, live.
pub(super) async fn follow(
    house: House,
    caller: Caller,
    query: &StreamQuery,
    headers: &HeaderMap,
) -> Result<impl IntoResponse + use<>, Fault> {
    let outbox = house.desk.store.outbox();
    let after = match last_event_id(headers)?.or(query.after) {
        Some(after) => seq(after)?,
        None => outbox.last_seq().await?,
    };
    let news = outbox.watch();
    let glossary = house.desk.rescorer.glossary();
    let tail = Tail { house, caller, after, waiting: VecDeque::new(), news, glossary };
    let sse = Sse::new(events(tail)).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"));
    // Asks nginx and its like to pass each event on at once.
    Ok(([(header::HeaderName::from_static("x-accel-buffering"), "no")], sse))
}

/// The id of the last event received; an empty one is what a browser sends before it has any.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let bad = || Fault::bad_request("bad_event_id", "Last-Event-ID must be the id of an event of this stream");
    match value.to_str().map_err(|_| bad())?.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| bad()),
    }
}

/// Where a reader of the feed stands.
struct Tail {
    house: House,
    caller: Caller,
    /// The last event that was handed on.
    after: i64,
    /// Read and not yet handed on.
    waiting: VecDeque<Event>,
    news: watch::Receiver<i64>,
    glossary: Glossary,
}

/// The events after `tail.after`, until the house ends: an open stream would otherwise hold up the shutdown for ever.
fn events(tail: Tail) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    stream::unfold(tail, async |mut tail| {
        let shutdown = tail.house.shutdown.clone();
        let event = tokio::select! {
            biased;
            () = shutdown.cancelled() => return None,
            event = tail.next() => event?,
        };
        tail.after = event.seq;
        let data = cloud_event_from(&event, &tail.glossary, &tail.house.source).to_string();
        let event = SseEvent::default().id(event.seq.to_string()).event(event.body.kind()).data(data);
        Some((Ok(event), tail))
    })
}

impl Tail {
    /// The next event, waiting for it if need be; none when the store is gone.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            // Marked as seen before reading: an event committed in between rings again, and none is missed.
            self.news.borrow_and_update();
            let outbox = self.house.desk.store.outbox();
            match outbox.after(self.after, PAGE, self.caller.reach.only()).await {
                Ok(events) if events.is_empty() => tokio::select! {
                    rung = self.news.changed() => rung.ok()?,
                    () = tokio::time::sleep(POLL) => {}
                },
                Ok(events) => self.waiting = events.into(),
                Err(error) => {
                    tracing::warn!(%error, "the feed of changes could not be read; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}
