//! Whether the clients of tonight are still spread as those that the model learned from.
//!
//! # Why
//!
//! *What is compared where a model learned from no sample?* The first night that it rated: an expert scorecard cannot be told
//! that its clients are not those of its training, but that they have changed since it was put to work.
//!
//! *Why is an event written when a light changes, and not every night?* Drift is slow. What is red tomorrow as it was today is
//! on the page for whoever looks, and no news.

use super::Rescorer;
use crate::{
    domain::Light,
    score::{ENOUGH_FOR_AN_INDEX, Grid},
    store::NightTally,
};

/// What tonight is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The model's training sample.
    Training,
    /// The first night that the model rated.
    FirstNight,
}

impl Reference {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::FirstNight => "first_night",
        }
    }
}

/// The newest night of a model, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The model, as ratings carry it.
    pub model: String,
    /// The night.
    pub run: i64,
    /// Clients counted.
    pub n_clients: u64,
    /// What it was compared with.
    pub reference: Reference,
    /// Stability indices: `points` first (PSI), then the features (CSI); none where one side counted nobody, or never a value.
    pub indices: Vec<(String, Option<f64>)>,
}

impl Drift {
    /// The index of the points; none where nobody was counted.
    pub fn psi(&self) -> Option<f64> {
        self.indices.first().and_then(|(_, index)| *index)
    }

    /// The light of one of the indices; none where too few clients were counted for it to mean anything.
    pub fn light(&self, index: Option<f64>) -> Option<Light> {
        (self.n_clients >= ENOUGH_FOR_AN_INDEX).then(|| Light::of_index(index))
    }
}

impl Rescorer {
    /// What has crossed a threshold since the night before, by name and index, the furthest first; nothing where too few
    /// clients were counted for an index to mean anything.
    pub(super) fn crossed(&self, nights: &[NightTally], drift: &Drift) -> Vec<(String, f64)> {
        if drift.n_clients < ENOUGH_FOR_AN_INDEX {
            return Vec::new();
        }
        let before = nights.iter().rfind(|night| night.run < drift.run).and_then(|night| self.compared(nights, night));
        let light_before = |place: usize| {
            let index = before.as_ref().and_then(|drift| drift.indices.get(place)).and_then(|(_, index)| *index);
            Light::of_index(index)
        };
        let indices = drift.indices.iter().enumerate();
        let crossed = indices.filter(|(place, (_, index))| Light::of_index(*index) > light_before(*place));
        let mut crossed: Vec<(String, f64)> =
            crossed.filter_map(|(_, (name, index))| Some((name.clone(), (*index)?))).collect();
        crossed.sort_by(|a, b| b.1.total_cmp(&a.1));
        crossed
    }

    /// A night against the training sample, or against the first of these nights.
    pub(super) fn compared(&self, nights: &[NightTally], night: &NightTally) -> Option<Drift> {
        let grid = Grid::of(self.engine.training(), self.engine.artefact());
        // A tally of another grid (the training sample was told of later) says nothing.
        let is_ours = |night: &NightTally| night.tally.len() == grid.len();
        let (reference, expected) = match self.engine.training() {
            Some(training) => (Reference::Training, training.shares()),
            None => (Reference::FirstNight, grid.shares(&nights.iter().find(|night| is_ours(night))?.tally)),
        };
        is_ours(night).then(|| Drift {
            model: night.model.clone(),
            run: night.run,
            n_clients: grid.n_clients(&night.tally),
            reference,
            indices: grid.indices(&expected, &night.tally),
        })
    }
}
