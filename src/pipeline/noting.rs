//! What a night notes beside the ratings: how the clients are spread over the bins of the model, what became of those that an
//! earlier night rated, and what a challenger says.
//!
//! # Why
//!
//! *Why in the same pass?* The dossier is unpacked and its features are computed; counting them, looking for a default and
//! asking a second model costs little beside that. A pass of its own would cost the night again.
//!
//! *Why does the challenger say what it says without memory?* Its own earlier grades are nobody's. Beside it stands what the
//! champion says of the same facts without memory, so that only the model differs.

use std::{collections::HashMap, sync::Arc};

use super::{
    assess::Assessor,
    outcomes::{self, Judged},
};
use crate::{
    domain::{ClientId, Cohort, Dossier, Grade, Observed, Probability, Rating},
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
    /// The earlier night that is judged.
    pub(super) judged: Option<Judged>,
    pub(super) challenger: Option<Arc<Engine>>,
}

/// The same on one page: with the PDs that the earlier night gave its clients.
#[derive(Clone, Copy)]
pub(super) struct PageNoting<'a> {
    pub(super) all: &'a Noting,
    pub(super) pds: &'a HashMap<ClientId, Probability>,
}

/// What was counted of some clients.
pub(super) struct Noted {
    pub(super) tally: Vec<u64>,
    grades: Vec<Observed>,
}

impl Noting {
    pub(super) fn of(engine: &Engine, judged: Option<Judged>, challenger: Option<Arc<Engine>>) -> Self {
        let grid = Grid::of(engine.training(), engine.artefact());
        let places = grid.names().skip(1).map(|name| Catalogue::get().place(name)).collect();
        Self { grid, places, judged, challenger }
    }

    /// Nobody has been counted.
    pub(super) fn nobody(&self) -> Noted {
        Noted { tally: vec![0; self.grid.len()], grades: outcomes::nobody() }
    }
}

impl PageNoting<'_> {
    /// Counts a client, and asks the challenger.
    pub(super) fn note(
        &self,
        noted: &mut Noted,
        assessor: &Assessor<'_>,
        (client, dossier): (ClientId, &Dossier),
        seen: Seen<'_>,
    ) -> Result<Option<Sides>, Error> {
        let points = Some(f64::from(assessor.engine.points(seen.all)));
        let values = self.all.places.iter().map(|place| place.and_then(|place| seen.all.get(place)));
        self.all.grid.count(&mut noted.tally, [points].into_iter().chain(values));
        if let (Some(judged), Some(pd)) = (&self.all.judged, self.pds.get(&client))
            && let Some((expected, is_bad)) = judged.outcome(dossier, *pd, assessor.as_of)
        {
            let rank = assessor.engine.scale().grade(*pd).rank().and_then(|rank| usize::try_from(rank).ok());
            if let Some(grade) = noted.grades.get_mut(rank.unwrap_or_default()) {
                grade.add(expected, is_bad);
            }
        }
        let Some(challenger) = &self.all.challenger else { return Ok(None) };
        let said = |engine: &Engine| -> Result<Said, Error> {
            let Rating { grade, pd, .. } = engine.rate(seen, None, None, assessor.as_of, false)?;
            Ok((grade, pd))
        };
        Ok(Some((said(assessor.engine)?, said(challenger)?)))
    }
}

impl Noted {
    /// Adds what was counted of others.
    pub(super) fn add(&mut self, other: &Self) {
        self.tally.iter_mut().zip(&other.tally).for_each(|(sum, n)| *sum += n);
        self.grades.iter_mut().zip(&other.grades).for_each(|(sum, grade)| sum.merge(*grade));
    }

    /// The clients of the earlier night, and what became of them.
    pub(super) fn cohort(&self, judged: &Judged) -> Cohort {
        let Judged { run, days, .. } = judged;
        Cohort { run: run.id, valid_at: run.valid_at, days: *days, grades: self.grades.clone() }
    }
}
