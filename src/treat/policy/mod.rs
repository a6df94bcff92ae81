//! A policy: read, checked, and from then on right.

mod check;
mod problem;
mod read;
mod rung;
mod when;
mod written;

use crate::domain::{Action, Channel, Grade, LegalState, Phase, Tone, Treatment};

pub use problem::{PolicyError, Problem};
pub use rung::{Path, Rung};
pub(super) use when::{Asked, When};

/// Words that a text may hold between braces.
pub const PLACEHOLDERS: &[&str] = &[
    "name",
    "client",
    "overdue",
    "owed",
    "days",
    "days_given",
    "invoices",
    "due_date",
    "next_date",
    "next_phase",
    "owner",
];

/// A sign that is no feature of the catalogue: promises that were broken since something was overdue.
pub const BROKEN_PROMISES: &str = "broken_promises";

/// What is done about clients that owe: checked, nothing in it can be wrong any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(super) version: String,
    pub(super) tolerance: f64,
    pub(super) review_days: i32,
    pub(super) active_days: i32,
    pub(super) irregular_days: i32,
    pub(super) pre_due_days: i32,
    pub(super) retry_days: i32,
    pub(super) most_tries: u32,
    pub(super) holds: Holds,
    pub(super) deescalation: Deescalation,
    pub(super) tracks: Vec<Track>,
    /// The first phase, which is nobody's burden.
    pub(super) watch: Step,
    /// The ladder, from the first step to the last.
    pub(super) ladder: Vec<Step>,
    /// Steps that a state of law leads to.
    pub(super) by_law: Vec<(LegalState, Step)>,
    pub(super) assumptions: Assumptions,
    pub(super) signs: Vec<Sign>,
    pub(super) limit: LimitRule,
    pub(super) release: ReleaseRule,
}

/// What stops the clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Holds {
    pub(super) dispute_days: i32,
    pub(super) grace_days: i32,
    pub(super) most_broken: u32,
    pub(super) promise_days: i32,
    pub(super) plan_days: i32,
    pub(super) plan_gap_days: i32,
    pub(super) protective: Vec<LegalState>,
    pub(super) protective_up_to: Phase,
}

/// How far ahead payments may be promised; days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// From a promise to its day.
    pub promise_days: i32,
    /// From a plan to its last instalment.
    pub plan_days: i32,
    /// From a plan to its first instalment, and from each to the next: until then nobody hears whether it is kept.
    pub plan_gap_days: i32,
}

/// What leads back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deescalation {
    pub(super) paid_share: f64,
    pub(super) steps_down: usize,
}

/// A way through the phases.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Track {
    pub(super) name: String,
    pub(super) when: When,
    /// Where in the ladder it starts.
    pub(super) start: usize,
    pub(super) after_days: i32,
    pub(super) pace: f64,
    pub(super) delay_days: i32,
    pub(super) tone: Option<Tone>,
    /// What it is called in a sentence; empty where its name says it.
    pub(super) called: Texts,
}

/// A phase and what is done in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) phase: Phase,
    pub(super) is_final: bool,
    pub(super) after_days: i32,
    pub(super) lasts_days: i32,
    pub(super) act_within_days: i32,
    pub(super) action: Action,
    pub(super) channel: Channel,
    pub(super) tone: Tone,
    pub(super) owner: String,
    pub(super) cost: f64,
    pub(super) recovers: f64,
    pub(super) effect: f64,
    pub(super) annoys: f64,
    pub(super) assign_from: Option<f64>,
    pub(super) when: When,
    pub(super) text: Texts,
    pub(super) white_gloves: Option<Texts>,
}

impl Step {
    /// The least overdue for which the step is worth its cost, major units.
    pub(super) fn least_amount(&self) -> f64 {
        let worth = if self.recovers > 0.0 { self.cost / self.recovers } else { 0.0 };
        worth.max(self.when.amount_at_least)
    }
}

/// The same words in two languages; empty when the policy gives none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Texts {
    pub(super) en: String,
    pub(super) it: String,
}

/// What waiting and acting are worth is computed from these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumptions {
    /// One step of waiting, days.
    pub step_days: i32,
    /// Of what is open when a client defaults, the share that is lost.
    pub lgd: f64,
    /// The probability of default of a client whose grade is not determined.
    pub unknown_pd: f64,
    /// What money costs, a year.
    pub capital_rate: f64,
    /// How late an unknown client pays on average, days.
    pub prior_delay_days: f64,
    /// As how many invoices of its own that counts.
    pub prior_invoices: f64,
    /// What is not paid after a step waits so many days more.
    pub further_delay_days: f64,
    /// Earned on what an active client buys.
    pub margin: f64,
    /// How many years of that winning another client costs.
    pub replacement_years: f64,
    /// Claims of this age are lost unless the debtor was put in default.
    pub limitation_years: i32,
    /// From so many days before, that counts.
    pub limitation_warning_days: i32,
}

/// Something that speaks for *cannot* or for *will not*.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// A feature, or [`BROKEN_PROMISES`].
    pub feature: String,
    /// It speaks when its value is above this.
    pub above: f64,
    /// Weight for *cannot pay*, log-odds.
    pub cannot: f64,
    /// Weight for *will not pay*, log-odds.
    pub will_not: f64,
}

/// A number for each appetite: prudent, balanced, bold.
pub(super) type Appetites = [f64; 3];

/// How much credit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LimitRule {
    pub(super) headroom: Appetites,
    pub(super) loss_share: Appetites,
    pub(super) terms_days: f64,
    pub(super) none_at_or_below: Grade,
}

/// Whether an order may leave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReleaseRule {
    pub(super) hold_from: Phase,
    pub(super) refer_at_or_below: Grade,
    pub(super) refer_share: f64,
}

impl Policy {
    /// Reads a policy file; answers everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        read::read(text)
    }

    /// The same, where it is known which features there are: a sign that names none of them is wrong, too.
    pub fn parse_knowing(text: &str, is_feature: impl Fn(&str) -> bool) -> Result<Self, PolicyError> {
        let policy = Self::parse(text)?;
        let names = |line: &str, feature: &str| {
            line.trim_start().starts_with("feature") && line.contains(&format!("\"{feature}\""))
        };
        let strange = policy.signs.iter().map(|sign| sign.feature.as_str());
        let strange = strange.filter(|feature| *feature != BROKEN_PROMISES && !is_feature(feature));
        let problem = |feature: &str| Problem {
            line: text.lines().position(|line| names(line, feature)).map_or(0, |place| place + 1),
            key: format!("sign.{feature}"),
            why: format!("is no feature of the catalogue, nor `{BROKEN_PROMISES}`"),
        };
        let found: Vec<Problem> = strange.map(problem).collect();
        if found.is_empty() { Ok(policy) } else { Err(PolicyError(found)) }
    }

    /// How far ahead a promise, and an instalment of a plan, may lie.
    pub fn reach(&self) -> Reach {
        let Holds { promise_days, plan_days, plan_gap_days, .. } = self.holds;
        Reach { promise_days, plan_days, plan_gap_days }
    }

    /// Its version, as written.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Overdue below this is waited for, major units.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// The assumptions behind *wait or act*.
    pub fn assumptions(&self) -> &Assumptions {
        &self.assumptions
    }

    /// What speaks for *cannot* and *will not*.
    pub fn signs(&self) -> &[Sign] {
        &self.signs
    }

    /// Every phase, in the order of the ladder, those of the law last.
    pub fn phases(&self) -> Vec<Phase> {
        let mut phases: Vec<Phase> =
            [self.watch.phase].into_iter().chain(self.ladder.iter().map(|step| step.phase)).collect();
        for (_, step) in &self.by_law {
            if !phases.contains(&step.phase) {
                phases.push(step.phase);
            }
        }
        phases
    }

    /// Everybody who has something to do.
    pub fn owners(&self) -> Vec<&str> {
        let mut owners: Vec<&str> = self.steps().map(|step| step.owner.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    /// The phases in which somebody has something to do.
    pub fn phases_of(&self, owner: &str) -> Vec<Phase> {
        let mut phases: Vec<Phase> = self.steps().filter(|step| step.owner == owner).map(|step| step.phase).collect();
        phases.dedup();
        phases
    }

    /// The same, with the phases from which a day that passes leads into one of them: what was announced last may be a day old.
    /// A step with conditions may be passed over, and then the one before it leads there.
    pub fn phases_towards(&self, owner: &str) -> Vec<Phase> {
        let line: Vec<&Step> = [&self.watch].into_iter().chain(&self.ladder).collect();
        let mut phases = self.phases_of(owner);
        for at in (0..line.len()).filter(|at| line[*at].owner == owner) {
            for before in line[..at].iter().rev() {
                phases.push(before.phase);
                if before.when == When::default() {
                    break;
                }
            }
        }
        phases
    }

    /// Whether some condition asks which way a rating went: that must be looked up.
    pub fn asks_direction(&self) -> bool {
        self.conditions().any(|when| when.direction.is_some())
    }

    /// Whether some condition asks for the kind of credit: that must be looked up.
    pub fn asks_credit_types(&self) -> bool {
        self.conditions().any(|when| !when.credit_types.is_empty())
    }

    /// The step of a phase, in whatever part of the policy it is.
    pub(super) fn step(&self, phase: Phase) -> Option<&Step> {
        self.steps().find(|step| step.phase == phase)
    }

    /// Whether a step lies beyond the phase up to which a debtor is spoken to while a state of law protects it.
    pub(super) fn may_be_barred(&self, rung: usize) -> bool {
        self.rung(self.holds.protective_up_to).is_none_or(|bound| rung > bound)
    }

    /// What a track is called in a sentence.
    pub(super) fn track_words(&self, name: &str, italian: bool) -> String {
        let called = self.tracks.iter().find(|track| track.name == name).map(|track| &track.called);
        let words = called.map_or("", |called| if italian { &called.it } else { &called.en });
        if words.is_empty() { name.replace('_', " ") } else { words.to_owned() }
    }

    /// For how many days the step of a treatment is given time to work, on the treatment's track.
    pub(super) fn days_given(&self, treatment: &Treatment) -> i32 {
        let pace = self.tracks.iter().find(|track| track.name == treatment.track).map_or(1.0, |track| track.pace);
        self.step(treatment.phase).map_or(0, |step| super::ladder::lasts(step, pace))
    }

    /// Whether a step follows a treatment that the debtor hears of: giving a claim up is none.
    pub(super) fn is_followed(&self, treatment: &Treatment) -> bool {
        let next = treatment.next.and_then(|(phase, _)| self.step(phase));
        next.is_some_and(|step| !step.is_final)
    }

    /// Place of a phase in the ladder.
    pub(super) fn rung(&self, phase: Phase) -> Option<usize> {
        self.ladder.iter().position(|step| step.phase == phase)
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        [&self.watch].into_iter().chain(&self.ladder).chain(self.by_law.iter().map(|(_, step)| step))
    }

    fn conditions(&self) -> impl Iterator<Item = &When> {
        self.tracks.iter().map(|track| &track.when).chain(self.steps().map(|step| &step.when))
    }
}
