//! What became of what was said: PDs against defaults as they mature, and analysts against the model.
//!
//! # Why
//!
//! *Why is a cohort judged before its year is over?* Because a year is long to wait for bad news. A night of four months ago is
//! judged by what may be expected in four months: at a constant hazard, 1 − (1 − PD)^(days ⁄ 365).

use std::collections::HashMap;

use jiff::{ToSpan, civil::Date};
use rayon::prelude::*;

use super::{Error, Rescorer};
use crate::{
    domain::{AsOf, ClientId, Grade, Probability},
    extract::went_bad,
    store::{DossierPage, Run},
};

/// The horizon of a PD, in days.
const HORIZON_DAYS: i32 = 365;
/// Decisions looked at: a scoreboard of older ones says little of those who decide today.
const MAX_DECISIONS: usize = 1_000;

/// The clients of one grade of a cohort, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Observed {
    /// Clients that were not in default on the day of the cohort.
    pub n: u64,
    /// Those that went into default since.
    pub bad: u64,
    /// Defaults that their PDs let expect by now.
    pub expected: f64,
    /// Variance of that number, were each client's fate its own.
    pub variance: f64,
}

/// A night of a year ago, or the oldest there is, against what happened since.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The night.
    pub run: Run,
    /// Days since; at most a year.
    pub days: i32,
    /// By grade of the PD, in the order of [`Grade::PERFORMING`].
    pub grades: Vec<Observed>,
}

/// Analysts against the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scoreboard {
    /// Decisions looked at.
    pub made: u64,
    /// Those in force.
    pub in_force: u64,
    /// Better than the model said.
    pub better: u64,
    /// Worse than the model said.
    pub worse: u64,
    /// The analyst was right: a better grade and no default within a year, or a worse one and a default.
    pub right: u64,
    /// The model was.
    pub wrong: u64,
    /// Neither can be said yet.
    pub open: u64,
}

impl Observed {
    /// How many standard deviations more defaults there were than expected; none where nobody was.
    pub fn deviation(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 defaults")]
        let more = self.bad as f64 - self.expected;
        (self.variance > 0.0).then(|| more / self.variance.sqrt())
    }
}

impl Rescorer {
    /// The PDs of a year ago against the defaults since; of the oldest night where the house is younger. None before a
    /// first night, and on its day.
    pub async fn calibration(&self, as_of: AsOf) -> Result<Option<Calibrated>, Error> {
        let earliest = as_of.valid_at.saturating_sub(HORIZON_DAYS.days());
        let Some(run) = self.store.runs().first_night_since(earliest).await? else { return Ok(None) };
        let days = as_of.valid_at.since(run.valid_at).map_or(0, |span| span.get_days()).min(HORIZON_DAYS);
        if days <= 0 {
            return Ok(None);
        }
        let mut grades = vec![Observed::default(); Grade::PERFORMING.len()];
        for number in self.store.dossiers().pages().await? {
            let pds = self.store.ratings().pds_of_night(number, &run).await?;
            let page = self.store.dossiers().page(number).await?;
            let (from, scale) = (run.valid_at, self.engine.scale().clone());
            let outcomes = tokio::task::spawn_blocking(move || outcomes(&page, &pds, from, as_of)).await?;
            for (pd, is_bad) in outcomes {
                let rank = scale.grade(pd).rank().and_then(|rank| usize::try_from(rank).ok()).unwrap_or_default();
                if let Some(grade) = grades.get_mut(rank) {
                    grade.add(so_far(pd, days), is_bad);
                }
            }
        }
        Ok(Some(Calibrated { run, days, grades }))
    }

    /// Whether analysts knew better than the model: what each decision came to within a year.
    pub async fn scoreboard(&self, as_of: AsOf) -> Result<Scoreboard, Error> {
        let mut board = Scoreboard::default();
        for (client, made_at, until, decision) in self.store.ratings().decisions(MAX_DECISIONS).await? {
            let then = AsOf::at(made_at);
            let model = self.rate_by_model(client, then).await?.rating.grade;
            let dossier = self.store.dossiers().of(client).await?;
            let matures = then.valid_at.saturating_add(HORIZON_DAYS.days());
            let is_bad = went_bad(&dossier, then.valid_at, matures.min(as_of.valid_at), as_of.known_at);
            board.made += 1;
            board.in_force += u64::from(until > as_of.known_at);
            board.judge(model.notches_to(decision.grade), is_bad, matures <= as_of.valid_at);
        }
        Ok(board)
    }
}

impl Scoreboard {
    /// `notches`: from the model's grade to the analyst's, positive is better.
    fn judge(&mut self, notches: i32, is_bad: Option<bool>, is_over: bool) {
        self.better += u64::from(notches > 0);
        self.worse += u64::from(notches < 0);
        match (is_bad, notches) {
            (Some(true), 1..) => self.wrong += 1,
            (Some(true), ..=-1) => self.right += 1,
            (Some(false), 1..) if is_over => self.right += 1,
            (Some(false), ..=-1) if is_over => self.wrong += 1,
            (None, _) | (_, 0) => {}
            _ => self.open += 1,
        }
    }
}

impl Observed {
    fn add(&mut self, expected: f64, is_bad: bool) {
        self.n += 1;
        self.bad += u64::from(is_bad);
        self.expected += expected;
        self.variance += expected * (1.0 - expected);
    }
}

/// What may be expected by now of a PD over a year.
fn so_far(pd: Probability, days: i32) -> f64 {
    1.0 - (1.0 - pd.get()).powf(f64::from(days) / f64::from(HORIZON_DAYS))
}

fn outcomes(
    page: &DossierPage,
    pds: &HashMap<ClientId, Probability>,
    from: Date,
    as_of: AsOf,
) -> Vec<(Probability, bool)> {
    let one =
        |(id, dossier): &(ClientId, _)| Some((*pds.get(id)?, went_bad(dossier, from, as_of.valid_at, as_of.known_at)?));
    page.dossiers.par_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Observed, Scoreboard, so_far};
    use crate::domain::Probability;

    #[test]
    fn half_a_year_lets_expect_less_than_a_year_and_a_year_the_whole_pd() {
        let pd = Probability::new(0.19).unwrap();
        assert!((so_far(pd, 365) - 0.19).abs() < 1e-12);
        // 1 − √0.81 = 0.1 at half a year, as near as 182 days are.
        let half = so_far(pd, 182);
        assert!((0.09..0.1).contains(&half), "{half}");
        let mut observed = Observed::default();
        (0..100).for_each(|n| observed.add(0.1, n < 19));
        assert!((observed.deviation().unwrap() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_decision_is_judged_when_it_can_be() {
        let mut board = Scoreboard::default();
        for (notches, is_bad, is_over) in [
            (2, Some(true), false),
            (-1, Some(true), false),
            (1, Some(false), true),
            (1, Some(false), false),
            (0, Some(true), true),
        ] {
            board.judge(notches, is_bad, is_over);
        }
        assert_eq!((board.right, board.wrong, board.open, board.better, board.worse), (2, 1, 1, 3, 1));
    }
}
