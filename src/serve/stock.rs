//! Keeps the shelf stocked: after the start, and after whatever made everything on it old, every present rating is made ready
//! before anybody asks.
//!
//! # Why
//!
//! *Why not when it is asked for?* An order system asks for each of its clients once a morning. The thousandth of a second that
//! a first answer takes is then the time of every answer; made ready by the hundred a rating costs a small part of it.

use std::{convert::Infallible, time::Duration};

use metrics::gauge;

use super::{House, fault::Fault, gauges, ratings::tagged};
use crate::{
    desk::{Reach, Ready},
    store::Edition,
};

/// Ratings made ready at a time: some milliseconds of work, after which requests have their turn.
const AT_A_TIME: usize = 200;
/// How often it is looked whether everything is old. What was written in the last moments is often not the last.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Kinds of callers that the shelf is stocked for. A house gives keys for all its clients, or for those of a few creditors;
/// with more kinds, those that come later are served as they ask.
const REACHES: usize = 8;

/// Stocks the shelf for as long as the house is open.
pub(super) async fn keep(house: House) -> Infallible {
    let mut stocked = None;
    loop {
        let edition = settled(&house).await;
        if stocked == Some(edition) {
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        match stock(&house, edition).await {
            Ok(true) => stocked = Some(edition),
            Ok(false) => {}
            Err(fault) => {
                tracing::warn!(cause = fault.cause.as_deref().unwrap_or("-"), "ratings are not made ready now");
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
}

/// The edition of everything, once it has stayed the same for a moment.
async fn settled(house: &House) -> Edition {
    let store = &house.desk.store;
    loop {
        let edition = store.edition_of_all();
        tokio::time::sleep(LOOK_EVERY).await;
        match store.look_for_others().await {
            Ok(()) if store.edition_of_all() == edition => return edition,
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "the store does not answer"),
        }
    }
}

/// Makes ratings ready while there is room; false when everything became old meanwhile.
async fn stock(house: &House, edition: Edition) -> Result<bool, Fault> {
    let desk = &house.desk;
    let reaches = desk.reaches(REACHES).await?;
    let (mut after, mut n_ready) = (None, 0u32);
    loop {
        if desk.store.edition_of_all() != edition {
            return Ok(false);
        }
        let n_commits = desk.store.n_commits();
        let page = desk.ready(after, AT_A_TIME).await?;
        // What was written while it was read may be in it in part.
        if desk.store.n_commits() == n_commits {
            for ready in &page.items {
                put(house, &reaches, ready)?;
                n_ready += 1;
            }
            gauge!(gauges::READY).set(f64::from(n_ready));
        }
        match page.next {
            Some(last) if house.shelf.has_room() => after = Some(last),
            _ => return Ok(true),
        }
        tokio::task::yield_now().await;
    }
}

fn put(house: &House, reaches: &[Reach], ready: &Ready) -> Result<(), Fault> {
    let edition = house.desk.store.edition(ready.client);
    let whom = ("", ready.view.client.as_str());
    let answer = tagged(&ready.view)?;
    let line = serde_json::to_string(&ready.brief).map_err(|e| Fault::internal(&e))?;
    for reach in reaches.iter().filter(|reach| reach.sees(ready.portfolio)) {
        house.shelf.keep_answer(reach, whom, ready.client, edition, &answer);
        house.shelf.keep_line(reach, whom, ready.client, edition, &line);
    }
    Ok(())
}
