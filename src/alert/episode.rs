use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::conditions::{Conditions, rating_step};
use crate::domain::{Event, Grade, Nace};

/// An episode ends when nothing happened to the client's rating for so long.
const SILENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A fall of one client as one subscription has been told of it: from the first downward step until the grade is back
/// where it started, or thirty days pass without an event.
///
/// Grades are kept by their place on the scale, 0 for `A1` to 9 for `D`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// Where the grade stood before the fall.
    start: i32,
    /// The grade that the last alert told; none while there was no alert.
    alerted: Option<i32>,
    /// The last event of the client.
    last_at: Timestamp,
}

/// What an event does: whether the subscriber is told, and the episode from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Send it.
    pub alert: bool,
    /// The fall that is going on, if one is.
    pub episode: Option<Episode>,
}

impl Episode {
    /// The state as the store keeps it.
    pub fn to_json(state: Option<&Self>) -> String {
        serde_json::json!(state).to_string()
    }

    /// Reads it back. A text that is not ours counts as no episode: the worst that follows is one alert more.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().flatten()
    }
}

/// Takes an event to a subscription that had `episode` going on for the client.
///
/// A fall in small steps counts as a whole: with `notches_at_least` 2, two steps of one notch are told at the second.
/// One alert per episode, and one more each time the grade is a further `notches_at_least` below what was last told; a
/// grade that recovers a little and falls back says nothing new. Steps outside the subscription's scope (too small an
/// exposure, another type) move the episode but are not told. Rises are told one by one.
pub fn tell(conditions: &Conditions, episode: Option<Episode>, event: &Event, sector: Option<Nace>) -> Told {
    let in_scope = conditions.is_in_scope(event, sector);
    let Some(change) = rating_step(event) else { return Told { alert: in_scope, episode } };
    if !conditions.hears_drops() || change.notches() >= 0 {
        let alert = in_scope && conditions.moves_enough(change);
        return Told { alert, episode: episode.and_then(|open| open.after(change.to, event.at)) };
    }
    let (Some(from), Some(to)) = (change.from.and_then(Grade::rank), change.to.rank()) else {
        return Told { alert: false, episode };
    };
    let fresh = Episode { start: from, alerted: None, last_at: event.at };
    let open = episode.and_then(|open| open.after(change.to, event.at)).unwrap_or(fresh);
    let threshold = conditions.threshold();
    let has_fallen = |since: i32| threshold.notches.is_some_and(|notches| to - since >= notches);
    let is_news = match open.alerted {
        None => has_fallen(open.start) || threshold.floor.is_some_and(|floor| change.to.is_at_or_below(floor)),
        Some(told) => has_fallen(told),
    };
    let alert = in_scope && is_news;
    Told { alert, episode: Some(Episode { alerted: if alert { Some(to) } else { open.alerted }, ..open }) }
}

impl Episode {
    /// The same fall after an event that leads to grade `to`; none when it is over. `ND` says nothing about how deep
    /// the client has fallen, so the fall goes on.
    fn after(self, to: Grade, at: Timestamp) -> Option<Self> {
        let has_ended = at.duration_since(self.last_at) >= SILENCE;
        let is_back = to.rank().is_some_and(|rank| rank <= self.start);
        (!has_ended && !is_back).then_some(Self { last_at: at, ..self })
    }
}
