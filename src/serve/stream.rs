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
use serde_json::json;
use tokio::{sync::watch, time::Instant};
use utoipa::IntoParams;

use super::{
    House,
    auth::Reader,
    changes::{looked_at, seq},
    fault::Fault,
    input::Asked,
};
use crate::{
    desk::{self, Caller},
    domain::{Event, Glossary},
    publish::cloud_event_from,
};

/// A comment line keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events read from the store at a time.
const PAGE: usize = 200;
/// How often the feed is read when no commit of this process says that there is news: other processes write too. And how long
/// somebody whose key was revoked may still be told something.
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
/// stream begins now. It ends within seconds once the key is revoked. When the feed ends before the event asked for, because the
/// house was restored to an earlier state, an event `reset` says so, and the stream goes on from the newest event.
#[utoipa::path(get, path = "/v1/changes/stream", tag = "changes",
    params(StreamQuery, ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was received")),
    responses((status = 200, description = "`id: SEQ`, `event: TYPE`, `data: the CloudEvent`; or `event: reset` with the newest \
        SEQ as id, `data: {\"reason\", \"last_seq\"}`", body = String, content_type = "text/event-stream")))]
pub(super) async fn stream(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<StreamQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Fault> {
    follow(house, (caller, Pass::Key), &query, &headers).await
}

/// What a reader was let in with: the feed ends with it.
pub(super) enum Pass {
    /// The caller's key.
    Key,
    /// The session of a browser, by its token.
    Session(String),
}

/// The feed of what a caller may see, live, as long as the caller may see it.
pub(super) async fn follow(
    house: House,
    (caller, pass): (Caller, Pass),
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
    let tail =
        Tail { house, caller, pass, admitted_at: Instant::now(), after, waiting: VecDeque::new(), news, glossary };
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
    pass: Pass,
    /// When it was last asked whether the reader may still read.
    admitted_at: Instant,
    /// Everything up to here was looked at; what this reader may see of it was handed on, or waits.
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
        Some((Ok(event), tail))
    })
}

/// Tells a reader who knows of later events than there are that they are gone.
fn reset(last_seq: i64) -> SseEvent {
    let reason = "the feed ends before the event asked for: it was restored to an earlier state, or is another house's";
    let data = json!({ "reason": reason, "last_seq": last_seq });
    SseEvent::default().id(last_seq.to_string()).event("reset").data(data.to_string())
}

impl Tail {
    /// What comes next, waiting for it if need be; none when the reader may read no more, or the store is gone.
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            // A slow reader takes a page for a long time: it is asked for in between, too.
            if self.waiting.is_empty() || self.admitted_at.elapsed() >= POLL {
                match self.is_admitted().await {
                    Ok(true) => self.admitted_at = Instant::now(),
                    Ok(false) => return None,
                    Err(error) => {
                        pause(&error).await;
                        continue;
                    }
                }
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(self.told(&event));
            }
            // Marked as seen before reading: an event committed in between rings again, and none is missed.
            self.news.borrow_and_update();
            match self.read_on().await {
                Ok(Some(reset)) => return Some(reset),
                Ok(None) if self.waiting.is_empty() => tokio::select! {
                    rung = self.news.changed() => rung.ok()?,
                    () = tokio::time::sleep(POLL) => {}
                },
                Ok(None) => {}
                Err(error) => pause(&error).await,
            }
        }
    }

    /// Whether the key or the session is still good, and shows what it showed.
    async fn is_admitted(&self) -> Result<bool, desk::Error> {
        let (desk, caller) = (&self.house.desk, &self.caller);
        match &self.pass {
            Pass::Key => desk.is_in_force(caller).await,
            Pass::Session(token) => {
                let visitor = desk.who_visits(token, self.house.wall.now()).await?;
                Ok(visitor.is_some_and(|visitor| visitor.caller == *caller))
            }
        }
    }

    /// Reads a page, and passes over what is not for this reader; or gives what to say when the feed ends before.
    async fn read_on(&mut self) -> Result<Option<SseEvent>, desk::Error> {
        let outbox = self.house.desk.store.outbox();
        let last_seq = outbox.last_seq().await?;
        if last_seq < self.after {
            self.after = last_seq;
            return Ok(Some(reset(last_seq)));
        }
        let events = outbox.after(self.after, PAGE, self.caller.reach.only()).await?;
        // Nothing is passed over before all of it could be read: an error here is a look that is made again.
        let events = self.house.desk.as_seen(&self.caller, events).await?;
        self.after = looked_at(&events, PAGE, last_seq);
        self.waiting = events.into();
        Ok(None)
    }

    fn told(&self, event: &Event) -> SseEvent {
        let data = cloud_event_from(event, &self.glossary, &self.house.source).to_string();
        SseEvent::default().id(event.seq.to_string()).event(event.body.kind()).data(data)
    }
}

async fn pause(error: &desk::Error) {
    tracing::warn!(%error, "the feed of changes could not be read; trying again");
    tokio::time::sleep(RETRY).await;
}
