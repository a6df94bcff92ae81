//! What became of what was said: PDs against defaults as they mature, and analysts against the model.
//!
//! # Why
//!
//! *Why is a cohort judged before its year is over?* Because a year is long to wait for bad news. A night of four months ago is
//! judged by what may be expected in four months: at a constant hazard, 1 − (1 − PD)^(days ⁄ 365).
//!
//! *Why only nights of the model that rates now?* A model answers for its own PDs. After a promotion there is nothing to judge
//! until its first night is a day old.

use std::{collections::HashMap, sync::Arc};

use jiff::{Timestamp, ToSpan};
use rayon::prelude::*;

use super::{Error, Rescorer, assess::Vectors, upkeep::Silent};
use crate::{
    domain::{AsOf, ClientId, Dossier, Grade, Observed, Override, Probability, Scoreboard, SectorContext},
    extract::{Markets, View, went_bad},
    score,
    store::Run,
};

/// The horizon of a PD, in days.
const HORIZON_DAYS: i32 = 365;
/// Decisions looked at: a scoreboard of older ones says little of those who decide today.
const MAX_DECISIONS: usize = 1_000;
/// Dossiers of decisions that are in memory at a time.
const DECISIONS_AT_A_TIME: usize = 100;

/// An earlier night that tonight's facts judge.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    /// Which.
    pub(super) run: Run,
    /// Days since; at most a year.
    pub(super) days: i32,
}

impl Judged {
    /// What may be expected by now of a PD over a year, and whether the client went into default since; none for a client
    /// that was in default then.
    pub(super) fn outcome(&self, dossier: &Dossier, pd: Probability, as_of: AsOf) -> Option<(f64, bool)> {
        let is_bad = went_bad(dossier, self.run.valid_at, as_of.valid_at, as_of.known_at)?;
        Some((so_far(pd, self.days), is_bad))
    }
}

/// A decision of an analyst: about whom, when it was made, and until when it holds.
type Decision = (ClientId, Timestamp, Timestamp, Override);

impl Rescorer {
    /// The oldest night of this model within a year before `as_of`; none on the day of its first.
    pub(super) async fn judged(&self, as_of: AsOf) -> Result<Option<Judged>, Error> {
        let earliest = as_of.valid_at.saturating_sub(HORIZON_DAYS.days());
        let model = self.engine.model().to_string();
        let Some(run) = self.store.runs().first_night_of(&model, earliest).await? else { return Ok(None) };
        let days = as_of.valid_at.since(run.valid_at).map_or(0, |span| span.get_days());
        Ok((days > 0).then_some(Judged { run, days }))
    }

    /// Whether analysts knew better than the model: what each decision came to within a year.
    pub(super) async fn scoreboard(&self, as_of: AsOf) -> Result<Scoreboard, Error> {
        let context = Arc::new(self.store.dossiers().sector_context().await?);
        let mut board = Scoreboard::default();
        for decisions in self.store.ratings().decisions(MAX_DECISIONS).await?.chunks(DECISIONS_AT_A_TIME) {
            let ids: Vec<ClientId> = decisions.iter().map(|(client, ..)| *client).collect();
            let dossiers: HashMap<ClientId, Dossier> = self.store.dossiers().of_many(&ids).await?.into_iter().collect();
            board.in_force += decisions.iter().filter(|(_, _, until, _)| *until > as_of.known_at).count() as u64;
            let (rescorer, context, decisions) = (self.clone(), Arc::clone(&context), decisions.to_vec());
            let judged = tokio::task::spawn_blocking(move || {
                let found =
                    |decision: &Decision| Some(rescorer.verdict(dossiers.get(&decision.0)?, decision, &context, as_of));
                decisions.par_iter().filter_map(found).collect::<Result<Vec<_>, _>>()
            });
            for (notches, is_bad, is_over) in judged.await?? {
                board.judge(notches, is_bad, is_over);
            }
        }
        Ok(board)
    }
}

impl Rescorer {
    /// Notches from what the model said to what was decided, whether the client went bad within a year, and whether the
    /// year is over.
    fn verdict(
        &self,
        dossier: &Dossier,
        (client, made_at, _, decided): &Decision,
        context: &SectorContext,
        as_of: AsOf,
    ) -> Result<(i32, Option<bool>, bool), score::Error> {
        let then = AsOf::at(*made_at);
        let markets = Markets::new(context, then);
        let vectors = Vectors::of(&View::among(dossier, &markets), *client, &Silent::default());
        let said = self.assessor(&markets, then).rate(&vectors, None, None, false)?;
        let matures = then.valid_at.saturating_add(HORIZON_DAYS.days());
        let is_bad = went_bad(dossier, then.valid_at, matures.min(as_of.valid_at), as_of.known_at);
        Ok((said.grade.notches_to(decided.grade), is_bad, matures <= as_of.valid_at))
    }
}

/// Nobody in any grade.
pub(super) fn nobody() -> Vec<Observed> {
    vec![Observed::default(); Grade::PERFORMING.len()]
}

/// What may be expected by now of a PD over a year.
fn so_far(pd: Probability, days: i32) -> f64 {
    1.0 - (1.0 - pd.get()).powf(f64::from(days) / f64::from(HORIZON_DAYS))
}

#[cfg(test)]
mod tests {
    use super::so_far;
    use crate::domain::Probability;

    #[test]
    fn half_a_year_lets_expect_less_than_a_year_and_a_year_the_whole_pd() {
        let pd = Probability::new(0.19).unwrap();
        assert!((so_far(pd, 365) - 0.19).abs() < 1e-12);
        // 1 − √0.81 = 0.1 at half a year, as near as 182 days are.
        let half = so_far(pd, 182);
        assert!((0.09..0.1).contains(&half), "{half}");
    }
}
