use std::collections::HashMap;

use jiff::Timestamp;

use super::{Conditions, Episode, sectors::Sectors, tell};
use crate::{
    domain::{ClientId, Event, PortfolioId},
    store::{Result, Store},
};

/// Events looked at in one replay: a second or two. A portfolio with more in ninety days is told that the count is
/// not whole.
const MAX_EVENTS: usize = 200_000;
/// Events read at once.
const PAGE: usize = 2_000;

/// Which recorded events are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Events after this `seq`.
    pub after: i64,
    /// And up to this one.
    pub until: i64,
    /// Those recorded before this are passed over.
    pub since: Timestamp,
}

/// What conditions would have fired on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// The events, by `seq`, in order.
    pub seqs: Vec<i64>,
    /// The first few of them in full.
    pub first: Vec<Event>,
    /// Whether the span was looked at to its end.
    pub is_whole: bool,
}

/// Holds recorded events of a portfolio against conditions, exactly as they would have been when they happened: with an
/// episode for each client, all of them closed at the beginning. Sectors are the present ones. `n_first`: how many
/// events are given in full.
pub async fn replay(
    store: &Store,
    portfolio: PortfolioId,
    conditions: &Conditions,
    span: Span,
    n_first: usize,
) -> Result<Fired> {
    let mut sectors = Sectors::new(store);
    let mut episodes: HashMap<ClientId, Episode> = HashMap::new();
    let mut fired = Fired { seqs: Vec::new(), first: Vec::new(), is_whole: true };
    let (mut after, mut n_seen) = (span.after, 0);
    loop {
        let events = store.outbox().after(after, PAGE, Some(&[portfolio])).await?;
        let Some(last) = events.last() else { return Ok(fired) };
        after = last.seq;
        if conditions.asks_sector() {
            sectors.learn(&events).await?;
        }
        for event in events {
            if event.seq > span.until {
                return Ok(fired);
            }
            if event.at < span.since {
                continue;
            }
            let client = event.client.as_ref().map(|(id, _)| *id);
            let sector = sectors.of(client, conditions);
            let told = tell(conditions, client.and_then(|client| episodes.get(&client).copied()), &event, sector);
            if let Some(client) = client {
                match told.episode {
                    Some(open) => drop(episodes.insert(client, open)),
                    None => drop(episodes.remove(&client)),
                }
            }
            if told.alert {
                fired.seqs.push(event.seq);
                if fired.first.len() < n_first {
                    fired.first.push(event);
                }
            }
        }
        n_seen += PAGE;
        if n_seen >= MAX_EVENTS {
            return Ok(Fired { is_whole: false, ..fired });
        }
    }
}
