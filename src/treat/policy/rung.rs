//! A policy laid open, for who reads it and does not write it.

use super::{Policy, Step, Track};
use crate::domain::{Action, Channel, LegalState, Phase};

/// A phase, and what is done in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Which.
    pub phase: Phase,
    /// The state of law that leads to it; none for a step of the ladder.
    pub by_law: Option<LegalState>,
    /// Days overdue from which it may be reached.
    pub after_days: i32,
    /// Days that the debtor is given after it.
    pub lasts_days: i32,
    /// Days that the creditor has to act.
    pub act_within_days: i32,
    /// What is done.
    pub action: Action,
    /// How.
    pub channel: Channel,
    /// By whom.
    pub owner: String,
    /// What it costs, major units.
    pub cost: f64,
    /// The least overdue for which it is worth that, major units.
    pub least_amount: f64,
}

/// A way through the phases.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its name.
    pub name: String,
    /// The phase it starts with.
    pub start: Phase,
    /// Days overdue from which it starts.
    pub after_days: i32,
    /// How much of the usual time it takes: 0.5 is half.
    pub pace: f64,
    /// Days that it waits longer.
    pub delay_days: i32,
    /// Whom it takes, in words of the policy file; empty for everybody.
    pub conditions: Vec<(&'static str, String)>,
}

fn rung(step: &Step, by_law: Option<LegalState>) -> Rung {
    Rung {
        phase: step.phase,
        by_law,
        after_days: step.after_days,
        lasts_days: step.lasts_days,
        act_within_days: step.act_within_days,
        action: step.action,
        channel: step.channel,
        owner: step.owner.clone(),
        cost: step.cost,
        least_amount: step.least_amount(),
    }
}

fn conditions(track: &Track) -> Vec<(&'static str, String)> {
    let when = &track.when;
    let list = |items: Vec<String>| (!items.is_empty()).then(|| items.join(", "));
    let all = [
        ("grade_at_or_below", when.grade_at_or_below.map(|grade| grade.to_string())),
        ("grade_at_or_above", when.grade_at_or_above.map(|grade| grade.to_string())),
        ("active", when.active.map(|is_active| is_active.to_string())),
        ("yearly_value_at_least", when.yearly_value_at_least.map(|value| value.to_string())),
        ("yearly_value_below", when.yearly_value_below.map(|value| value.to_string())),
        ("legal_states", list(when.legal_states.iter().map(ToString::to_string).collect())),
        ("countries", list(when.countries.iter().map(ToString::to_string).collect())),
        ("credit_types", list(when.credit_types.clone())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

impl Policy {
    /// Every phase with what is done in it: the ladder from its first step, then what the law leads to.
    pub fn rungs(&self) -> Vec<Rung> {
        let ladder = [&self.watch].into_iter().chain(&self.ladder).map(|step| rung(step, None));
        ladder.chain(self.by_law.iter().map(|(state, step)| rung(step, Some(*state)))).collect()
    }

    /// The ways through the phases, in the order in which they are tried.
    pub fn paths(&self) -> Vec<Path> {
        let path = |track: &Track| Path {
            name: track.name.clone(),
            start: self.ladder.get(track.start).map_or(self.watch.phase, |step| step.phase),
            after_days: track.after_days,
            pace: track.pace,
            delay_days: track.delay_days,
            conditions: conditions(track),
        };
        self.tracks.iter().map(path).collect()
    }
}
