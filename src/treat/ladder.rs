//! Where on the ladder a client is: never more than one step above what it was told.

use super::{
    Position,
    arrears::{Arrears, is_material},
    pledge::{Broken, Pledges, Terms},
    policy::{Asked, Policy, Step, Track},
    reached::reached,
};
use crate::domain::{Outcome, OutcomeKind, Payment, Phase, Reached, Tone, day_number};

/// The last step that the debtor was told of, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) rung: usize,
    pub(super) on: i32,
}

/// A call or visit that nobody answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tried {
    pub(super) n: u32,
    pub(super) on: i32,
}

/// A step that is due, or will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ahead {
    pub(super) rung: usize,
    /// The day from which it may be taken.
    pub(super) from: i32,
    /// Because a promise was broken, and not because of the clock.
    pub(super) is_broken: bool,
}

/// A client's own ladder on a day.
#[derive(Debug)]
pub(super) struct Ladder<'a> {
    policy: &'a Policy,
    pub(super) track: &'a Track,
    /// Places in the policy's ladder, rising: those of its track whose conditions hold.
    rungs: Vec<usize>,
    /// Those of them for which too little is overdue today, while more is owed: they wait, and none after them is taken.
    waiting: Vec<usize>,
    /// The step that counts: a large payment leads back.
    pub(super) told: Option<Told>,
    /// How long what was told last was to last, whatever was paid since.
    patience: i32,
    /// The step that it was time for, and not taken, when something else was recorded: no word makes it early again.
    pub(super) reached: Option<Told>,
    pub(super) pledges: Pledges,
    /// When the last promise was broken that leads further than what was told.
    broken: Option<i32>,
    clock_days: i32,
    pressing_days: i32,
    today: i32,
}

impl<'a> Ladder<'a> {
    pub(super) fn of(position: &Position<'_>, arrears: &Arrears<'_>, today: i32, policy: &'a Policy) -> Self {
        let asked = asked(position, arrears, today, policy);
        let track = policy.tracks.iter().find(|track| track.when.holds(&asked)).unwrap_or(&policy.tracks[0]);
        // What the debtor was told of and is settled but for a rest that is not asked for leads nowhere.
        let is_asked = is_material(arrears.asked_minor, position, policy);
        let told = told(&arrears.story.outcomes, policy).filter(|_| is_asked);
        let is_on = |(rung, step): &(usize, &Step)| {
            *rung >= track.start && asked.amount >= step.least_amount() && step.when.holds(&asked)
        };
        let rungs: Vec<usize> = policy.ladder.iter().enumerate().filter(is_on).map(|(rung, _)| rung).collect();
        let overdue = super::major(arrears.pressed_minor, position.receivables.currency);
        let is_waiting = |rung: &usize| {
            let step = &policy.ladder[*rung];
            // Nothing is given up while something is still to fall due.
            overdue < step.least_amount()
                || arrears.invoices.len() < step.when.invoices_at_least
                || (step.is_final && arrears.next_due.is_some())
        };
        let waiting = rungs.iter().copied().filter(is_waiting).collect();
        let patience = told.map_or(0, |told| told.on + lasts(&policy.ladder[told.rung], track.pace));
        let pledges = Pledges::of(position, &arrears.story, today, &Terms::of(&policy.holds));
        // What was promised in a phase and not kept leads to the one after it, whenever the step of that phase was taken.
        let made_at = |broken: &Broken| {
            let until = arrears.story.outcomes.get(..=broken.at).unwrap_or_default();
            self::told(until, policy).map(|told| told.rung)
        };
        let is_news = |broken: &&Broken| told.is_none_or(|told| made_at(broken) >= Some(told.rung));
        let broken = pledges.broken.iter().filter(is_news).map(|broken| broken.on).max();
        let Arrears { clock_days, pressing_days, .. } = *arrears;
        let mut ladder = Self {
            policy,
            track,
            rungs,
            waiting,
            told,
            patience,
            reached: None,
            pledges,
            broken,
            clock_days,
            pressing_days,
            today,
        };
        let leads_back = |since: i32| !is_asked || ladder.leads_back(since, position, arrears);
        let reached = reached(&arrears.story, today, policy, leads_back);
        ladder.lead_back(position, arrears);
        ladder.reached = reached.filter(|reached| ladder.told.is_none_or(|told| told.rung < reached.rung));
        ladder
    }

    /// Whether so much was paid after a day that it leads back from what was reached by then.
    fn leads_back(&self, since: i32, position: &Position<'_>, arrears: &Arrears<'_>) -> bool {
        let (story, items) = (&arrears.story, &position.receivables.items);
        // Who pays what is not due yet has paid nothing of what was asked for.
        let was_overdue = |payment: &Payment| {
            let item = items.iter().find(|item| item.invoice == payment.invoice);
            story.is_about(payment.invoice) || item.is_none_or(|item| item.due < payment.on)
        };
        let arrived = position.receivables.payments.iter().filter(|p| (since + 1..=self.today).contains(&p.on));
        let paid: i64 = arrived.filter(|payment| was_overdue(payment)).map(|payment| payment.minor).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share needs seven digits")]
        let share = paid as f64 / (paid + arrears.asked_minor).max(1) as f64;
        paid > 0 && share >= self.policy.deescalation.paid_share
    }

    /// Who paid much since the last step goes back, by as many steps of the ladder as the policy says: by all that it has, for
    /// which of them are taken may hang on what is told next.
    fn lead_back(&mut self, position: &Position<'_>, arrears: &Arrears<'_>) {
        let Some(told) = self.told else { return };
        if !self.leads_back(told.on, position, arrears) {
            return;
        }
        let back = self.policy.deescalation.steps_down;
        self.told = told.rung.checked_sub(back).map(|rung| Told { rung, on: told.on });
    }

    /// The next step after what was told, and from when; none when there is no further one.
    pub(super) fn ahead(&self) -> Option<Ahead> {
        // What a payment led back from since was taken before it was time for what was reached.
        let taken = match self.reached {
            Some(reached) => reached.rung.checked_sub(1),
            None => self.told.map(|told| told.rung),
        };
        let rung = self.open_after(taken)?;
        let opens = self.opens(rung);
        let from = match self.reached.filter(|reached| rung <= reached.rung) {
            // What is not promised goes on by its own clock.
            Some(reached) if !self.pledges.standing.is_empty() => opens.max(reached.on),
            Some(reached) => opens.max(self.patience).min(reached.on),
            None => opens.max(self.patience),
        };
        match self.broken {
            // While it was waited for nobody took the step, whatever the clock said.
            Some(on) => Some(Ahead { rung, from: on, is_broken: true }),
            None => Some(Ahead { rung, from, is_broken: false }),
        }
    }

    /// The furthest place of the ladder that the client has come to: what it was told of, or what it was time for.
    pub(super) fn here(&self) -> Option<usize> {
        self.told.map(|told| told.rung).max(self.reached.map(|reached| reached.rung))
    }

    /// The step after a rung that is taken on a day, and from when.
    pub(super) fn after(&self, rung: usize, taken_on: i32) -> Option<Ahead> {
        let next = self.open_after(Some(rung))?;
        let patience = taken_on + lasts(&self.policy.ladder[rung], self.track.pace);
        Some(Ahead { rung: next, from: self.opens(next).max(patience), is_broken: false })
    }

    /// The next rung, unless it waits.
    fn open_after(&self, rung: Option<usize>) -> Option<usize> {
        let next = self.rungs.iter().copied().find(|next| rung.is_none_or(|rung| *next > rung))?;
        (!self.waiting.contains(&next)).then_some(next)
    }

    /// The day on which the clock reaches a step: that of steps which a state of law may bar stood still meanwhile.
    fn opens(&self, rung: usize) -> i32 {
        let days = if rung == self.track.start {
            self.track.after_days
        } else {
            paced(self.policy.ladder[rung].after_days, self.track.pace) + self.track.delay_days
        };
        let so_far = if self.policy.may_be_barred(rung) { self.pressing_days } else { self.clock_days };
        self.today + days - so_far
    }

    pub(super) fn phase(&self, rung: usize) -> Phase {
        self.policy.ladder[rung].phase
    }
}

/// For how many days a step is given time to work. A formal one names its days in writing, and no pace takes any of them
/// back.
pub(super) fn lasts(step: &Step, pace: f64) -> i32 {
    let named = if step.tone == Tone::Formal { step.lasts_days } else { 0 };
    paced(step.lasts_days, pace).max(named)
}

/// Days at a pace; always a whole day.
#[expect(clippy::cast_possible_truncation, reason = "days by a pace of at most 10")]
fn paced(days: i32, pace: f64) -> i32 {
    (f64::from(days) * pace).ceil() as i32
}

pub(super) fn asked<'p>(position: &'p Position<'_>, arrears: &Arrears<'_>, today: i32, policy: &Policy) -> Asked<'p> {
    Asked {
        grade: position.grade,
        before: position.before,
        is_active: position.is_active(today, policy.active_days),
        yearly_value: position.yearly_value,
        legal: position.legal.state,
        country: position.country,
        credit_types: position.credit_types,
        amount: super::major(arrears.claim_minor, position.receivables.currency),
        n_invoices: arrears.n_claim,
    }
}

/// The highest step that the debtor was told of by these, and when last.
fn told(outcomes: &[&Outcome], policy: &Policy) -> Option<Told> {
    let mut told: Option<Told> = None;
    for outcome in outcomes {
        let is_final_try = || tried(outcomes, outcome.kind).is_some_and(|t| t.n >= policy.most_tries);
        let phase = outcome.tells().or_else(|| outcome.kind.tells().filter(|_| is_final_try()));
        let Some(rung) = phase.and_then(|phase| policy.rung(phase)) else { continue };
        let on = day_number(outcome.on);
        if told.is_none_or(|known| (rung, on) > (known.rung, known.on)) {
            told = Some(Told { rung, on });
        }
    }
    told
}

/// How often something was tried in vain, and when last.
pub(super) fn tried(outcomes: &[&Outcome], kind: OutcomeKind) -> Option<Tried> {
    let in_vain = outcomes.iter().filter(|o| o.kind == kind && o.result == Some(Reached::NoAnswer));
    let days: Vec<i32> = in_vain.map(|o| day_number(o.on)).collect();
    let on = *days.iter().max()?;
    Some(Tried { n: u32::try_from(days.len()).unwrap_or(u32::MAX), on })
}
