//! What is to be done, the heaviest first.
//!
//! # Why
//!
//! *Why in the order of days, and of a day in that of the expected loss?* A deadline is a deadline; among those of one day, whoever
//! has time for ten of two hundred spares the house most where much is owed and little of it is likely to come: PD × LGD × exposure,
//! the figure that every page calls the expected loss. Who is not determined counts with the PD that the policy assumes of them.
//!
//! *Why not in the order of what is overdue?* Of four thousand who are due that is four thousand ledgers, to show fifty. What is
//! owed and how likely it is lost is held in memory, and the likelihood was found by looking at what is overdue.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::TreatmentLine;
use crate::{
    desk::{
        Caller, Desk, Result,
        roll::{Roll, RollLine, line_of},
    },
    domain::{Action, AsOf, Money, Phase},
    store::{Agenda, Due},
};

/// Announcements that are weighed: those of every client of a large house. A row is four words.
const MAX_WEIGHED: usize = 200_000;

/// Which work is asked for.
#[derive(Debug, Clone, Copy)]
pub struct WorkAsk<'a> {
    /// Of this person only, in the policy's words.
    pub owner: Option<&'a str>,
    /// The first day and the last. What should have been done before today is to be done today.
    pub days: (Date, Date),
}

/// Something to do, and what is at stake.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// What, for whom, by when.
    pub line: TreatmentLine,
    /// What is expected to be lost within twelve months.
    pub at_stake: Money,
}

/// A stretch of what is to be done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkFound {
    /// The stretch, the heaviest of each day first. What has been paid since it was announced is left out.
    pub items: Vec<Weighed>,
    /// For how many clients something is to be done in all.
    pub n: usize,
}

/// The phases in which a person has something to do, and those from which a day that passes leads there.
struct Own {
    of: Vec<Phase>,
    towards: Vec<Phase>,
}

impl Own {
    /// Whether what was announced is work of those days. Where no night has been since its day, it may have become work
    /// meanwhile, or somebody else's.
    fn has(own: Option<&Self>, due: &Due, today: Date) -> bool {
        let is_past = due.on < today;
        is_past || (due.action.is_work() && own.is_none_or(|own| own.of.contains(&due.phase)))
    }
}

impl Desk {
    /// What is to be done on some days, the stretch `from`, `limit` of it: day by day, of a day the heaviest first.
    pub async fn work(
        &self,
        roll: &Roll,
        caller: &Caller,
        ask: WorkAsk<'_>,
        (from, limit): (usize, usize),
    ) -> Result<WorkFound> {
        let as_of = AsOf::at(self.clock.now());
        let (today, (first, last)) = (as_of.valid_at, ask.days);
        let names = self.portfolios(caller, None).await?;
        let portfolios: Vec<_> = names.iter().map(|(id, _)| *id).collect();
        let policy = &self.rescorer.policy;
        let own = ask.owner.map(|who| Own { of: policy.phases_of(who), towards: policy.phases_towards(who) });
        let agenda = Agenda { portfolios: &portfolios, phases: own.as_ref().map(|own| own.towards.as_slice()) };
        let mut due = self.store.treatments().due_by(agenda, last, MAX_WEIGHED).await?;
        due.retain(|due| due.on.max(today) >= first && Own::has(own.as_ref(), due, today));
        let lines = roll.lines(self).await?;
        let weight = |due: &Due| line_of(&lines, due.client).map_or(0, |line| self.at_stake(line).minor());
        due.sort_by_cached_key(|due| (due.on.max(today), Reverse(weight(due)), due.client));
        let n = due.len();
        let ids: Vec<_> = due.into_iter().skip(from).take(limit).map(|due| due.client).collect();
        let found = self.treatment_lines(&ids, as_of).await?;
        let is_asked = |line: &TreatmentLine| {
            let is_work = line.action.parse::<Action>().is_ok_and(Action::is_work);
            let is_own = ask.owner.is_none_or(|owner| line.owner == owner);
            is_work && is_own && line.due_on.is_some_and(|on| (first..=last).contains(&on))
        };
        let of_page: Vec<&RollLine> = ids.iter().filter_map(|id| line_of(&lines, *id)).collect();
        let portfolio_of = |line: &RollLine| names.iter().find(|(id, _)| *id == line.portfolio);
        let weighed = |line: TreatmentLine| {
            let is_its = |own: &&RollLine| {
                own.code == line.client && portfolio_of(own).is_some_and(|(_, name)| name.as_str() == line.portfolio)
            };
            let currency = line.currency.parse().ok();
            let own = of_page.iter().copied().find(is_its).map(|own| self.at_stake(own));
            own.or_else(|| currency.map(|currency| Money::from_minor(0, currency)))
                .map(|at_stake| Weighed { line, at_stake })
        };
        Ok(WorkFound { items: found.into_iter().filter(is_asked).filter_map(weighed).collect(), n })
    }

    /// What is expected to be lost of what a client owes; who is not determined counts with the PD that the policy assumes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "exposures are far below 2^53 cents"
    )]
    fn at_stake(&self, line: &RollLine) -> Money {
        let pd = line.pd.map_or(self.rescorer.policy.assumptions().unknown_pd, f64::from);
        let minor = pd * self.lgd * line.exposure.minor().max(0) as f64;
        Money::from_minor(minor.round() as i64, line.exposure.currency())
    }
}
