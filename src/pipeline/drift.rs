//! Whether the clients of tonight are still spread as those that the model learned from.
//!
//! # Why
//!
//! *What is compared where a model learned from no sample?* The first night that it rated: an expert scorecard cannot be told
//! that its clients are not those of its training, but that they have changed since it was put to work.
//!
//! *Why is an event written when a light changes, and not every night?* Drift is slow. What is red tomorrow as it was today is
//! on the page for whoever looks, and no news.

use jiff::Timestamp;

use super::{Error, Rescorer};
use crate::{domain::EventBody, score::Grid, store::NightTally};

/// From here on somebody should look (credit practice: 0.10).
const AMBER: f64 = 0.10;
/// From here on it is another population (credit practice: 0.25).
const RED: f64 = 0.25;
/// Indices of fewer clients are noise: at a hundred clients in ten bins the index of the same population is about 0.1.
const MIN_CLIENTS: u64 = 200;

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

/// How far a distribution has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Below 0.10, or not to be told.
    Green,
    /// From 0.10.
    Amber,
    /// From 0.25.
    Red,
}

impl Light {
    /// The light of a stability index; without one there is nothing to warn of.
    pub fn of(index: Option<f64>) -> Self {
        match index {
            Some(index) if index >= RED => Self::Red,
            Some(index) if index >= AMBER => Self::Amber,
            _ => Self::Green,
        }
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
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
    /// Stability indices: `points` first (PSI), then the features (CSI); none where one side counted nobody.
    pub indices: Vec<(String, Option<f64>)>,
}

impl Rescorer {
    /// How the clients of the newest night are spread, beside the model's training sample; none before its first night.
    pub async fn drift(&self) -> Result<Option<Drift>, Error> {
        let seated = self.seated().await?;
        let nights = self.store.besides().tallies(&seated.engine.model().to_string(), 1).await?;
        Ok(nights.last().and_then(|newest| seated.compared(&nights, newest)))
    }

    /// Sums the night up, sets the metrics, and announces what has crossed a threshold since the night before.
    pub(super) async fn watch_drift(&self, run: i64, now: Timestamp) -> Result<(), Error> {
        let Some(tonight) = self.store.besides().sum_up(run).await? else { return Ok(()) };
        let nights = self.store.besides().tallies(&tonight.model, 2).await?;
        let Some(drift) = self.compared(&nights, &tonight) else { return Ok(()) };
        for (name, index) in drift.indices.iter().filter_map(|(name, index)| Some((name, (*index)?))) {
            let labels = [("model", drift.model.clone()), ("of", name.clone())];
            metrics::gauge!("vedetta_stability_index", &labels).set(index);
        }
        let before = nights.iter().rfind(|night| night.run < run).and_then(|night| self.compared(&nights, night));
        let light_before = |place: usize| {
            let index = before.as_ref().and_then(|drift| drift.indices.get(place)).and_then(|(_, index)| *index);
            Light::of(index)
        };
        let crossed =
            drift.indices.iter().enumerate().filter(|(place, (_, index))| Light::of(*index) > light_before(*place));
        let mut features: Vec<(String, f64)> =
            crossed.filter_map(|(_, (name, index))| Some((name.clone(), (*index)?))).collect();
        if features.is_empty() || drift.n_clients < MIN_CLIENTS {
            return Ok(());
        }
        features.sort_by(|a, b| b.1.total_cmp(&a.1));
        let psi = drift.indices.first().and_then(|(_, index)| *index).unwrap_or_default();
        let body = EventBody::ModelDrifted { model: drift.model, run, psi, features };
        self.store.outbox().append(now, None, None, &body).await?;
        Ok(())
    }

    /// A night against the training sample, or against the first of these nights.
    fn compared(&self, nights: &[NightTally], night: &NightTally) -> Option<Drift> {
        let grid = Grid::of(self.engine.training(), self.engine.artefact());
        let first = nights.first()?;
        let (reference, expected) = match self.engine.training() {
            Some(training) => (Reference::Training, training.shares()),
            None => (Reference::FirstNight, grid.shares(&first.tally)),
        };
        // A tally of another grid (the training sample was told of later) says nothing.
        let is_ours = night.tally.len() == grid.len() && first.tally.len() == grid.len();
        is_ours.then(|| Drift {
            model: night.model.clone(),
            run: night.run,
            n_clients: grid.n_clients(&night.tally),
            reference,
            indices: grid.indices(&expected, &night.tally),
        })
    }
}
