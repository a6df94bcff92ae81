//! What became of what was said: PDs against defaults as they mature, and analysts against the model.
//!
//! # Why
//!
//! *Why is a cohort judged before its year is over?* Because a year is long to wait for bad news. A night of four months ago is
//! judged by what may be expected in four months: at a constant hazard, 1 − (1 − PD)^(days ⁄ 365).
//!
//! *Why only nights of the model that rates now?* A model answers for its own PDs. After a promotion there is nothing to judge
//! until its first night is a day old. For the same reason nobody of whom an analyst had decided is in a cohort, nor is a
//! night that was held for a day long past: it knew what came later.
//!
//! *Why are decisions held against what was recorded, and not against what today's model says of that day?* A model that was
//! trained since has seen what came of them.

use std::collections::{HashMap, HashSet};

use jiff::ToSpan;

use super::{Error, Rescorer};
use crate::{
    domain::{AsOf, ClientId, Dossier, Grade, Observed, Probability, Scoreboard},
    extract::went_bad,
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
    /// Clients of whom an analyst had decided: their PDs are not the model's.
    decided: HashSet<ClientId>,
}

impl Judged {
    /// Of the PDs of that night those that the model gave.
    pub(super) fn own(&self, mut pds: HashMap<ClientId, Probability>) -> HashMap<ClientId, Probability> {
        pds.retain(|client, _| !self.decided.contains(client));
        pds
    }

    /// What may be expected by now of a PD over a year, and whether the client went into default since; none for a client
    /// that was in default then.
    pub(super) fn outcome(&self, dossier: &Dossier, pd: Probability, as_of: AsOf) -> Option<(f64, bool)> {
        let is_bad = went_bad(dossier, self.run.valid_at, as_of.valid_at, as_of.known_at)?;
        Some((so_far(pd, self.days), is_bad))
    }
}

impl Rescorer {
    /// The oldest night of this model within a year before `as_of`; none on the day of its first.
    pub(super) async fn judged(&self, as_of: AsOf) -> Result<Option<Judged>, Error> {
        let earliest = as_of.valid_at.saturating_sub(HORIZON_DAYS.days());
        let model = self.engine.model().to_string();
        let Some(run) = self.store.runs().first_night_of(&model, earliest).await? else { return Ok(None) };
        let days = as_of.valid_at.since(run.valid_at).map_or(0, |span| span.get_days());
        if days <= 0 {
            return Ok(None);
        }
        let decided = self.store.ratings().all_overrides(run.known_at).await?.into_keys().collect();
        Ok(Some(Judged { run, days, decided }))
    }

    /// Whether analysts knew better than the model: what each decision came to within a year, beside what had been recorded
    /// of the client by the model alone.
    pub(super) async fn scoreboard(&self, as_of: AsOf) -> Result<Scoreboard, Error> {
        let mut board = Scoreboard::default();
        for decisions in self.store.ratings().decisions(MAX_DECISIONS).await?.chunks(DECISIONS_AT_A_TIME) {
            let ids: Vec<ClientId> = decisions.iter().map(|(client, ..)| *client).collect();
            let dossiers = self.store.dossiers().of_many(&ids, as_of.known_at).await?;
            let dossiers: HashMap<ClientId, Dossier> = dossiers.into_iter().collect();
            for (client, made_at, until, decided) in decisions {
                let said = self.store.ratings().grade_by_model(*client, *made_at).await?;
                let (Some(said), Some(dossier)) = (said, dossiers.get(client)) else { continue };
                let made_on = AsOf::at(*made_at).valid_at;
                let matures = made_on.saturating_add(HORIZON_DAYS.days());
                let is_bad = went_bad(dossier, made_on, matures.min(as_of.valid_at), as_of.known_at);
                board.judge(said.notches_to(decided.grade), is_bad, matures <= as_of.valid_at);
                board.in_force += u64::from(*until > as_of.known_at);
            }
        }
        Ok(board)
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
