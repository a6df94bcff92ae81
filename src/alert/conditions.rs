use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{ClientCode, Event, EventBody, Grade, Nace, RatingChange},
    publish::TYPES,
    store::Subscription,
};

/// A subscription that lists more clients than this wants a portfolio of its own.
const MAX_CLIENTS: usize = 1_000;
/// NACE has 21 sections and 88 divisions.
const MAX_SECTORS: usize = 110;
/// From A1 to D.
const MAX_NOTCHES: u8 = 9;

/// The conditions of a subscription, as written on the wire (`when`). Left out means: any drop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// At least so many notches, 1 to 9.
    #[schema(minimum = 1, maximum = 9)]
    pub notches_at_least: Option<u8>,
    /// `down` (when left out), `up`, `both`.
    pub direction: Option<String>,
    /// This grade or worse, `A1` to `C3` or `D`.
    #[schema(example = "C1")]
    pub grade_at_or_below: Option<String>,
    /// Exposure in major units.
    #[schema(minimum = 0)]
    pub exposure_at_least: Option<f64>,
    /// NACE codes, sections or ranges of sections: `25`, `C`, `B-E`; empty means all.
    pub sectors: Vec<String>,
    /// Client codes; empty means all.
    pub clients: Vec<String>,
    /// CloudEvents types; empty means `rating.changed`.
    pub types: Vec<String>,
}

/// A condition that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("when.{field}: {why}")]
pub struct ConditionError {
    /// The field of `when`.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub why: String,
}

/// Which way a rating must go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Down,
    Up,
    Both,
}

/// How far: at least so many notches, or this grade and worse. At least one of the two is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threshold {
    pub(super) notches: Option<i32>,
    pub(super) floor: Option<Grade>,
}

/// Conditions that were checked: nothing in them can be wrong any more.
///
/// `notches_at_least` *or* `grade_at_or_below`, *and* everything else. A client rated for the first time, or coming
/// from or going to `ND`, has moved by no notches: that is neither a drop nor a rise, so only `both` hears of it, and
/// then by its grade alone. Direction, notches, grade and exposure are about ratings; other types of event pass them.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    threshold: Threshold,
    direction: Direction,
    exposure_at_least: Option<f64>,
    sectors: Vec<String>,
    clients: Vec<ClientCode>,
    types: Vec<&'static str>,
}

impl When {
    /// Checks every field; the first that is wrong is named.
    pub fn parse(&self) -> Result<Conditions, ConditionError> {
        Ok(Conditions {
            threshold: self.threshold()?,
            direction: self.direction()?,
            exposure_at_least: self.exposure()?,
            sectors: self.sectors()?,
            clients: self.clients()?,
            types: self.types()?,
        })
    }

    /// The same conditions with what was left out written down, as they are stored and shown.
    pub fn spelled_out(&self) -> Self {
        let mut spelled = self.clone();
        if spelled.notches_at_least.is_none() && spelled.grade_at_or_below.is_none() {
            spelled.notches_at_least = Some(1);
        }
        spelled.direction.get_or_insert_with(|| "down".to_owned());
        if spelled.types.is_empty() {
            spelled.types.push("rating.changed".to_owned());
        }
        spelled
    }

    fn threshold(&self) -> Result<Threshold, ConditionError> {
        if self.notches_at_least.is_some_and(|n| !(1..=MAX_NOTCHES).contains(&n)) {
            return Err(bad("notches_at_least", format!("must be 1 to {MAX_NOTCHES}")));
        }
        let floor = match self.grade_at_or_below.as_deref() {
            None => None,
            Some(text) => match text.parse::<Grade>() {
                Ok(grade) if grade.rank().is_some() => Some(grade),
                Ok(_) => return Err(bad("grade_at_or_below", "ND has no place on the scale; must be A1 to C3 or D")),
                Err(error) => return Err(bad("grade_at_or_below", error.to_string())),
            },
        };
        let any = floor.is_none().then_some(1);
        Ok(Threshold { notches: self.notches_at_least.map(i32::from).or(any), floor })
    }

    fn direction(&self) -> Result<Direction, ConditionError> {
        match self.direction.as_deref() {
            None | Some("down") => Ok(Direction::Down),
            Some("up") => Ok(Direction::Up),
            Some("both") => Ok(Direction::Both),
            Some(other) => Err(bad("direction", format!("{other:?}: must be down, up or both"))),
        }
    }

    fn exposure(&self) -> Result<Option<f64>, ConditionError> {
        match self.exposure_at_least {
            Some(amount) if !amount.is_finite() || amount < 0.0 => {
                Err(bad("exposure_at_least", "must be an amount from 0 up, in major units"))
            }
            amount => Ok(amount),
        }
    }

    fn sectors(&self) -> Result<Vec<String>, ConditionError> {
        if self.sectors.len() > MAX_SECTORS {
            return Err(bad("sectors", format!("at most {MAX_SECTORS}")));
        }
        let heading = |text: &String| {
            let heading = text.trim().to_ascii_uppercase();
            if is_range(&heading) {
                return Ok(heading);
            }
            heading.parse::<Nace>().map(|nace| nace.to_string()).map_err(|error| bad("sectors", error.to_string()))
        };
        self.sectors.iter().map(heading).collect()
    }

    fn clients(&self) -> Result<Vec<ClientCode>, ConditionError> {
        if self.clients.len() > MAX_CLIENTS {
            return Err(bad("clients", format!("at most {MAX_CLIENTS}; leave it out to hear of all clients")));
        }
        let code =
            |text: &String| text.parse().map_err(|error: crate::domain::WordError| bad("clients", error.to_string()));
        self.clients.iter().map(code).collect()
    }

    fn types(&self) -> Result<Vec<&'static str>, ConditionError> {
        if self.types.is_empty() {
            return Ok(vec!["rating.changed"]);
        }
        let known = |text: &String| {
            let unknown = || bad("types", format!("{text:?}: must be one of {}", TYPES.join(", ")));
            TYPES.iter().find(|kind| *kind == text).copied().ok_or_else(unknown)
        };
        self.types.iter().map(known).collect()
    }
}

impl Conditions {
    /// The conditions of a stored subscription, or why they cannot be read.
    pub fn of(subscription: &Subscription) -> Result<Self, String> {
        let when: When = serde_json::from_str(&subscription.when).map_err(|error| error.to_string())?;
        when.parse().map_err(|error| error.to_string())
    }

    /// Whether this one event, taken alone, is what the subscriber asked for. `sector`: the client's.
    pub fn matches(&self, event: &Event, sector: Option<Nace>) -> bool {
        self.is_in_scope(event, sector) && rating_step(event).is_none_or(|change| self.moves_enough(change))
    }

    /// Everything but direction and threshold: type, client, sector, exposure. Of an event that cannot be read nobody knows
    /// whether it is what was asked for.
    pub(super) fn is_in_scope(&self, event: &Event, sector: Option<Nace>) -> bool {
        !matches!(event.body, EventBody::Unread { .. })
            && self.types.contains(&event.body.kind())
            && (self.clients.is_empty() || event.client.as_ref().is_some_and(|(_, code)| self.clients.contains(code)))
            && (self.sectors.is_empty() || sector.is_some_and(|nace| self.sectors.iter().any(|h| nace.is_within(h))))
            && rating_step(event).is_none_or(|change| self.is_large_enough(change.exposure_minor))
    }

    /// Whoever hears of a client hears of the one it is merged into, for that is where it is rated.
    pub(super) fn follow(&mut self, client: &ClientCode, survivor: &ClientCode) {
        if self.clients.contains(client) && !self.clients.contains(survivor) {
            self.clients.push(survivor.clone());
        }
    }

    /// Whether the sector of the client makes a difference.
    pub(super) fn asks_sector(&self) -> bool {
        !self.sectors.is_empty()
    }

    /// Whether it hears of drops, so that episodes must be kept for it.
    pub(super) fn hears_drops(&self) -> bool {
        self.direction != Direction::Up
    }

    pub(super) fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// Direction and threshold of one step.
    pub(super) fn moves_enough(&self, change: &RatingChange) -> bool {
        let notches = change.notches();
        let is_heard = match self.direction {
            Direction::Down => notches < 0,
            Direction::Up => notches > 0,
            Direction::Both => true,
        };
        let Threshold { notches: needed, floor } = self.threshold;
        is_heard
            && (needed.is_some_and(|needed| notches.abs() >= needed)
                || floor.is_some_and(|floor| change.to.is_at_or_below(floor)))
    }

    #[expect(clippy::cast_precision_loss, reason = "exact up to 90 million million")]
    fn is_large_enough(&self, exposure_minor: i64) -> bool {
        self.exposure_at_least.is_none_or(|least| exposure_minor as f64 / 100.0 >= least)
    }
}

/// The step of a rating that an event tells of, if it tells of one.
pub(super) fn rating_step(event: &Event) -> Option<&RatingChange> {
    match &event.body {
        EventBody::RatingChanged(change) | EventBody::RatingOverridden(change) => Some(change),
        _ => None,
    }
}

/// `B-E`: a range of NACE sections, as statistics use it.
fn is_range(heading: &str) -> bool {
    matches!(heading.as_bytes(), [from @ b'A'..=b'U', b'-', to @ b'A'..=b'U'] if from <= to)
}

fn bad(field: &'static str, why: impl Into<String>) -> ConditionError {
    ConditionError { field, why: why.into() }
}
