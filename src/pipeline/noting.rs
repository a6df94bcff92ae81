//! What a night notes beside the ratings: how the clients are spread over the bins of the model, and what a challenger says.
//!
//! # Why
//!
//! *Why in the same pass?* The dossier is unpacked and its features are computed; counting them and asking a second model
//! costs little beside that. A pass of its own would cost the night again.
//!
//! *Why does the challenger say what it says without memory?* Its own earlier grades are nobody's. Beside it stands what the
//! champion says of the same facts without memory, so that only the model differs.

use std::sync::Arc;

use super::assess::Assessor;
use crate::{
    domain::{Grade, Probability, Rating},
    extract::Catalogue,
    score::{Engine, Error, Grid, Seen},
};

/// A grade and its PD, none for `ND`.
pub type Said = (Grade, Option<Probability>);
/// What the champion says, and the challenger.
pub(super) type Sides = (Said, Said);

/// What is looked for beside the ratings.
pub(super) struct Noting {
    grid: Grid,
    /// Place in the catalogue of each row of the grid behind the points; none for what is no feature of this table.
    places: Vec<Option<usize>>,
    pub(super) challenger: Option<Arc<Engine>>,
}

impl Noting {
    pub(super) fn of(engine: &Engine, challenger: Option<Arc<Engine>>) -> Self {
        let grid = Grid::of(engine.training(), engine.artefact());
        let places = grid.names().skip(1).map(|name| Catalogue::get().place(name)).collect();
        Self { grid, places, challenger }
    }

    /// A tally that has counted nobody.
    pub(super) fn nobody(&self) -> Vec<u64> {
        vec![0; self.grid.len()]
    }

    /// Counts a client, and asks the challenger.
    pub(super) fn note(
        &self,
        tally: &mut [u64],
        assessor: &Assessor<'_>,
        seen: Seen<'_>,
    ) -> Result<Option<Sides>, Error> {
        let points = Some(f64::from(assessor.engine.points(seen.all)));
        let values = self.places.iter().map(|place| place.and_then(|place| seen.all.get(place)));
        self.grid.count(tally, [points].into_iter().chain(values));
        let Some(challenger) = &self.challenger else { return Ok(None) };
        let said = |engine: &Engine| -> Result<Said, Error> {
            let Rating { grade, pd, .. } = engine.rate(seen, None, None, assessor.as_of, false)?;
            Ok((grade, pd))
        };
        Ok(Some((said(assessor.engine)?, said(challenger)?)))
    }
}
