//! All that is new of some days: every client whose grade has changed, and every bad fact.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    frame::{Frame, Tab, page},
    morning::{FactRow, MorningQuery, MoverRow, ask, fact, mover},
    session::Guest,
    words::Words,
};
use crate::serve::{House, fault::Fault, input::Asked};

/// Lines of a section: a longer list is read elsewhere, as a file.
const LINES: usize = 500;

#[derive(Template)]
#[template(path = "templates/changes.html", config = ".askama.toml")]
struct ChangesPage {
    frame: Frame,
    w: &'static Words,
    seq: i64,
    since: String,
    down: Vec<MoverRow>,
    n_down: String,
    up: Vec<MoverRow>,
    n_up: String,
    facts: Vec<FactRow>,
    n_facts: String,
}

/// The page.
pub(super) async fn changes(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<MorningQuery>,
) -> Result<Response, Fault> {
    let (ask, caller) = (ask(&house, &query, LINES), &guest.visitor.caller);
    let movers = house.desk.movers(&house.roll, &house.lately, caller, ask).await?;
    let (facts, n_facts) = house.desk.fresh_facts(&house.roll, caller, ask).await?;
    let t = guest.look.tongue;
    page(&ChangesPage {
        frame: Frame::of(&guest, Tab::Morning, t.words().all_moves),
        w: t.words(),
        seq: movers.seq,
        since: t.instant(movers.since),
        down: movers.down.iter().map(|m| mover(m, t)).collect(),
        n_down: t.count(movers.n_down),
        up: movers.up.iter().map(|m| mover(m, t)).collect(),
        n_up: t.count(movers.n_up),
        facts: facts.iter().map(|f| fact(f, t)).collect(),
        n_facts: t.count(n_facts),
    })
}
