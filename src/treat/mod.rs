//! Rating, ledger, outcomes and policy in; phase, action and deadline out.
//!
//! [`treatment`] is a pure function of the [`Position`] (ledger, rating, what the law says, what was done), the day and the
//! [`Policy`]. The passage from one phase to the next is decided in advance, in `config/policy.toml`, so that the debtor knows
//! what comes when. Before there is a debtor, [`decide`] says by [`OnboardingRules`] whether a prospect is given credit.
//!
//! # Why
//!
//! *Why is a phase bound to what the debtor was told, and not to the age of an invoice alone?* Because a phase is something
//! between two people. A file read again with another due date makes an invoice a year older in a moment; the debtor has still
//! not been called. What was done is a fact of its own (an [`crate::domain::Outcome`]), and the phase is at most one step above
//! the last one that was done about what is still overdue, however old the invoice. Two things jump, and say so: a track of the policy that starts further
//! up, which may only hang on what no invoice's date can change, and a state of law.
//!
//! *Why does waiting never move a phase?* The times are a promise to the debtor. [`prospect`] says what another step of waiting
//! is worth, and on which day inside the time allowed acting becomes better; it moves no deadline.
//!
//! *Why does an open insolvency procedure win over everything?* Pressure on an insolvent debtor is useless and may be
//! void; what remains is to file the claim by the court's date.
//!
//! *Why do disputes, promises and protective measures take days off the clock, and not hold a flag?* When the dispute is
//! over, the promise kept or the measure lifted, the debtor stands where it stood. A promise that was broken took no day off, and leads one step further at once.
//!
//! *Why does a promise stop no more than it covers?* Or a cent that is promised would hold a fortune. Of what is open it covers
//! the oldest, up to its sum; what is left goes on by its own clock, and is asked for without what is promised.

mod arrears;
mod backtest;
mod ended;
mod given_up;
mod ladder;
mod limit;
mod motive;
mod onboarding;
mod pledge;
mod policy;
mod position;
mod reached;
mod regularity;
mod say;
mod story;
mod totals;
mod worth;

use jiff::civil::Date;

pub use backtest::{Past, Played, replayed};
pub use ended::{awaited_until, end_of, free_ends, is_awaited};
pub use given_up::give_up;
pub use limit::{Credit, Ground, Limits, Order, Verdict, limits, release};
pub use motive::{Motive, Spoken, motive};
pub use onboarding::{
    Advice, Applicant, Decided, Ground as OnboardingGround, OnboardingRules, Standing, Terms, decide,
};
pub use pledge::broken_pledges;
pub use policy::{Assumptions, BROKEN_PROMISES, PLACEHOLDERS, Path, Policy, PolicyError, Problem, Reach, Rung, Sign};
pub use position::Position;
pub use regularity::Regularity;
pub use say::{Words, phase_name, text, why, why_not_more};
pub use totals::{Estimate, Totals, totals};
pub use worth::{LegalClock, Prospect, clocks, prospect};

use crate::domain::{
    Action, Basis, Currency, Hold, InvoiceKey, LegalState, Money, OutcomeKind, Phase, Treatment, day_number,
    day_of_number,
};
use arrears::Arrears;
use ladder::Ladder;
use policy::Step;

/// Overdue so little is rounding, whatever the policy tolerates: a tolerance of 0 does not ask for a cent that is not owed.
const LEAST_MINOR: i64 = 1;

/// What to do about a client on a day.
pub fn treatment(position: &Position<'_>, day: Date, policy: &Policy) -> Treatment {
    let case = Case::of(position, day, policy);
    case.by_law().or_else(|| case.watched()).unwrap_or_else(|| case.on_the_ladder())
}

/// The phase that it is time for by the ladder, where its step was not taken yet; what the law says beside it does not count.
pub fn due_phase(position: &Position<'_>, day: Date, policy: &Policy) -> Option<Phase> {
    let case = Case::of(position, day, policy);
    case.due_rung().map(|rung| case.ladder.phase(rung))
}

/// The invoices that are overdue and not disputed on a day.
pub fn overdue_invoices(position: &Position<'_>, day: Date, policy: &Policy) -> Vec<InvoiceKey> {
    Arrears::of(position, day_number(day), policy).invoices
}

/// The invoices that a treatment's text is about: those that are overdue, not disputed, and not promised while the rest is asked
/// for; everything that is open where the law has a phase of its own, for then nothing has to fall due first.
pub fn asked_invoices(position: &Position<'_>, day: Date, policy: &Policy) -> Vec<InvoiceKey> {
    if !policy.by_law.iter().any(|(state, _)| *state == position.legal.state) {
        let arrears = Arrears::of(position, day_number(day), policy);
        let is_asked = |invoice: &InvoiceKey| !arrears.goes_on() || !arrears.promised.contains(invoice);
        return arrears.invoices.iter().copied().filter(is_asked).collect();
    }
    let items = position.receivables.items.iter();
    items.filter(|item| !item.is_credit && item.open_minor > 0).map(|item| item.invoice).collect()
}

/// A position on a day, looked at under a policy.
struct Case<'a> {
    position: &'a Position<'a>,
    policy: &'a Policy,
    today: i32,
    arrears: Arrears<'a>,
    ladder: Ladder<'a>,
}

/// What a treatment says of the step behind it.
struct Saying {
    action: Action,
    /// By when, before it is late.
    due: Option<i32>,
    next: Option<(Phase, i32)>,
    basis: Basis,
}

impl<'a> Case<'a> {
    fn of(position: &'a Position<'a>, day: Date, policy: &'a Policy) -> Self {
        let today = day_number(day);
        let arrears = Arrears::of(position, today, policy);
        let ladder = Ladder::of(position, &arrears, today, policy);
        Self { position, policy, today, arrears, ladder }
    }

    /// The step of the ladder that it is time for.
    fn due_rung(&self) -> Option<usize> {
        if !arrears::is_material(self.arrears.overdue_minor, self.position, self.policy) || self.pledge().is_some() {
            return None;
        }
        let ahead = self.ladder.ahead().filter(|ahead| ahead.from <= self.today)?;
        (!self.is_barred(ahead.rung)).then_some(ahead.rung)
    }

    /// What everything that is worth asking for waits for.
    fn pledge(&self) -> Option<Hold> {
        self.ladder.pledges.standing.first().map(|pledge| pledge.hold).filter(|_| !self.arrears.goes_on())
    }

    /// The days on which money is to come by what is promised, and how much on each.
    fn awaited(&self) -> Vec<(Date, Option<Money>)> {
        let standing = self.ladder.pledges.standing.iter();
        let pledges = standing.filter_map(|pledge| self.arrears.story.outcomes.get(pledge.at));
        let days = pledges.flat_map(|pledge| match pledge.due_on {
            Some(due) if pledge.instalments.is_empty() => vec![(due, pledge.amount)],
            _ => pledge.instalments.iter().map(|(due, amount)| (*due, Some(*amount))).collect(),
        });
        let mut days: Vec<(Date, Option<Money>)> = days.filter(|(due, _)| day_number(*due) >= self.today).collect();
        days.sort_by_key(|(due, _)| *due);
        // What is promised of several invoices for one day is one sum.
        days.dedup_by(|(later, more), (due, sum)| {
            let is_same_day = later == due;
            if is_same_day {
                *sum = sum.zip(*more).map(|(sum, more)| Money::from_minor(sum.minor() + more.minor(), sum.currency()));
            }
            is_same_day
        });
        days
    }

    /// The step up to which the client has come.
    fn here(&self) -> &'a Step {
        self.ladder.here().and_then(|rung| self.policy.ladder.get(rung)).unwrap_or(&self.policy.watch)
    }

    /// A state of law that has a phase of its own.
    fn by_law(&self) -> Option<Treatment> {
        let state = self.position.legal.state;
        let (_, step) = self.policy.by_law.iter().find(|(of, _)| *of == state)?;
        let known = self.position.legal.known;
        let done = self.position.outcomes.iter().filter(|o| o.tells() == Some(step.phase));
        // A claim that was filed in another procedure is not filed in this one; what was given up stays given up.
        let since = if state == LegalState::Ceased { i32::MIN } else { self.position.legal.opened };
        let done = done.map(|o| day_number(o.on)).filter(|on| (since..=self.today).contains(on)).max();
        let (action, due) = match done {
            // What is owed in another currency is in no sum here, and is claimed all the same.
            _ if self.arrears.owed_minor <= 0 && self.position.receivables.elsewhere.is_empty() => (Action::None, None),
            Some(on) => (Action::Watch, Some(self.review_after(on))),
            None => (self.action_of(step, self.arrears.owed_minor), Some(known + step.act_within_days)),
        };
        Some(self.said(step, Saying { action, due, next: None, basis: Basis::Law(state) }))
    }

    /// Nothing is overdue that is worth asking for.
    fn watched(&self) -> Option<Treatment> {
        let is_material = |minor: i64| arrears::is_material(minor, self.position, self.policy);
        if is_material(self.arrears.overdue_minor) {
            return None;
        }
        if is_material(self.arrears.disputed_minor + self.arrears.overdue_minor)
            && self.arrears.disputed_since.is_some()
        {
            return Some(self.held(Hold::Dispute));
        }
        let watch = &self.policy.watch;
        if self.arrears.owed_minor <= 0 {
            if let Some((on, _)) = given_up::given_up(self.position).filter(|(_, minor)| is_material(*minor)) {
                let last = self.policy.ladder.iter().rfind(|step| step.phase == Phase::WriteOff).unwrap_or(watch);
                let (action, due) = (Action::Watch, Some(self.review_after(on)));
                let basis = Basis::Exhausted { on: day_of_number(on) };
                return Some(self.said(last, Saying { action, due, next: None, basis }));
            }
            // What is owed in another currency is in no sum here: a person has to look at it.
            let is_all = self.position.receivables.elsewhere.is_empty();
            let (action, due) = if is_all { (Action::None, None) } else { (Action::Watch, Some(self.next_look())) };
            return Some(self.said(watch, Saying { action, due, next: None, basis: Basis::NothingOwed }));
        }
        let next =
            self.arrears.next_due.and_then(|due| Some((self.first_phase()?, due + self.ladder.track.after_days)));
        if self.arrears.overdue_minor > 0 {
            let saying =
                Saying { action: Action::Watch, due: Some(self.next_look()), next, basis: Basis::WithinTolerance };
            return Some(self.said(watch, saying));
        }
        let usually_late_days = Regularity::of(&self.position.receivables, self.today).usual_delay_days();
        let saying = match self.arrears.next_due {
            Some(due)
                if due - self.today <= self.policy.pre_due_days
                    && usually_late_days > self.policy.irregular_days
                    && !self.was_spoken_to_since(due - self.policy.pre_due_days) =>
            {
                let basis = Basis::AboutToFallDue { usually_late_days };
                Saying { action: Action::RemindBeforeDue, due: Some(due), next, basis }
            }
            _ => Saying { action: Action::Watch, due: Some(self.next_look()), next, basis: Basis::WithinTerms },
        };
        Some(self.said(watch, saying))
    }

    /// Whether anything that reaches the debtor was done on a day or later.
    fn was_spoken_to_since(&self, day: i32) -> bool {
        let told = self.position.outcomes.iter().filter(|outcome| outcome.tells().is_some());
        told.map(|outcome| day_number(outcome.on)).any(|on| (day..=self.today).contains(&on))
    }

    /// Something is overdue: the step that is due, or the time that was given.
    fn on_the_ladder(&self) -> Treatment {
        if let Some(hold) = self.pledge() {
            return self.held(hold);
        }
        let (told, here) = (self.ladder.told, self.here());
        let Some(ahead) = self.ladder.ahead() else {
            let on = told.map_or(self.today, |told| told.on);
            let basis = told.map_or(Basis::TooEarly, |_| Basis::Exhausted { on: day_of_number(on) });
            let (action, due) = (Action::Watch, Some(self.review_after(on)));
            return self.said(here, Saying { action, due, next: None, basis });
        };
        if self.is_barred(ahead.rung) {
            return self.held(Hold::Protection);
        }
        if ahead.from > self.today {
            let next = Some((self.ladder.phase(ahead.rung), ahead.from));
            let (action, basis) = match told {
                Some(told) => (Action::Wait, Basis::Given { on: day_of_number(told.on) }),
                None => (Action::Watch, Basis::TooEarly),
            };
            return self.said(here, Saying { action, due: Some(ahead.from), next, basis });
        }
        self.due(&self.policy.ladder[ahead.rung], ahead)
    }

    /// The step that it is time for.
    fn due(&self, step: &'a Step, ahead: ladder::Ahead) -> Treatment {
        let kinds = OutcomeKind::ALL.iter().filter(|kind| kind.tells() == Some(step.phase));
        let tried = kinds.filter_map(|kind| ladder::tried(&self.arrears.story.outcomes, *kind)).max_by_key(|t| t.on);
        let (due, basis) = match tried {
            Some(tried) => (tried.on + self.policy.retry_days, Basis::NotReached { n_tries: tried.n }),
            None if ahead.is_broken => {
                (ahead.from + step.act_within_days, Basis::BrokenPromise { on: day_of_number(ahead.from) })
            }
            None => (ahead.from + step.act_within_days, Basis::Due),
        };
        let after = self.ladder.after(ahead.rung, due.max(self.today));
        let next =
            after.filter(|after| !self.is_barred(after.rung)).map(|after| (self.ladder.phase(after.rung), after.from));
        self.said(
            step,
            Saying { action: self.action_of(step, self.arrears.pressed_minor), due: Some(due), next, basis },
        )
    }

    /// The clock stands still: the client stays where it was told that it is.
    fn held(&self, hold: Hold) -> Treatment {
        let here = self.here();
        let ahead = self.ladder.ahead().filter(|ahead| !self.is_barred(ahead.rung));
        let pledge = self.ladder.pledges.standing.first();
        let (until, patience) = (pledge.map(|pledge| pledge.until), pledge.map(|pledge| pledge.patience + 1));
        let (action, due, resumes) = match hold {
            Hold::Promise => (Action::AwaitPromise, until, patience),
            Hold::Plan => (Action::FollowPlan, until, patience),
            Hold::Dispute => {
                let since = self.arrears.disputed_since.unwrap_or(self.today);
                (Action::SettleDispute, Some(since + self.policy.holds.dispute_days), None)
            }
            Hold::Protection => (Action::Watch, Some(self.review_after(self.position.legal.known)), None),
        };
        let next = resumes.and_then(|on| Some((self.ladder.phase(ahead?.rung), on)));
        self.said(here, Saying { action, due, next, basis: Basis::Held(hold) })
    }

    /// Whether a state of law protects the debtor from a step.
    fn is_barred(&self, rung: usize) -> bool {
        self.policy.holds.protective.contains(&self.position.legal.state) && self.policy.may_be_barred(rung)
    }

    fn first_phase(&self) -> Option<Phase> {
        Some(self.ladder.phase(self.ladder.track.start)).filter(|_| self.position.legal.state != LegalState::Ceased)
    }

    fn action_of(&self, step: &Step, asked_minor: i64) -> Action {
        let amount = major(asked_minor, self.position.receivables.currency);
        if step.assign_from.is_some_and(|least| amount >= least) { Action::Assign } else { step.action }
    }

    /// The next day on which a position that is watched is looked at: the next invoice falls due, or a while is over.
    fn next_look(&self) -> i32 {
        let review = self.today + self.policy.review_days;
        self.arrears.next_due.map_or(review, |due| review.min(due + 1))
    }

    /// The next of the days that come `review_days` after each other from a day on.
    fn review_after(&self, day: i32) -> i32 {
        let every = self.policy.review_days;
        day + ((self.today - day).div_euclid(every) + 1) * every
    }

    fn said(&self, step: &Step, saying: Saying) -> Treatment {
        let Saying { action, due, next, basis } = saying;
        let promised_until = self.ladder.pledges.standing.first().filter(|_| self.arrears.promised_minor > 0);
        let is_formal = step.tone == crate::domain::Tone::Formal;
        let late_since = due.filter(|due| *due < self.today);
        let currency = self.position.receivables.currency.unwrap_or(Currency::EUR);
        Treatment {
            phase: step.phase,
            action,
            channel: if is_done_at_the_desk(action) { crate::domain::Channel::Desk } else { step.channel },
            tone: self.ladder.track.tone.filter(|_| !is_formal).unwrap_or(step.tone),
            owner: step.owner.clone(),
            track: self.ladder.track.name.clone(),
            owed: Money::from_minor(self.arrears.owed_minor, currency),
            elsewhere: self.position.receivables.elsewhere.clone(),
            awaited: if matches!(basis, Basis::Law(_)) { Vec::new() } else { self.awaited() },
            overdue: Money::from_minor(self.arrears.overdue_minor, currency),
            promised: promised_until
                .map(|pledge| (Money::from_minor(self.arrears.promised_minor, currency), day_of_number(pledge.until))),
            n_overdue: self.arrears.invoices.len(),
            oldest_overdue_days: self.arrears.oldest_days,
            clock_days: self.arrears.pressing_days,
            due_on: due.map(|due| day_of_number(due.max(self.today))),
            late_since: late_since.map(day_of_number),
            next: next.map(|(phase, on)| (phase, day_of_number(on.max(self.today)))),
            basis,
        }
    }
}

/// What needs no letter and no call.
fn is_done_at_the_desk(action: Action) -> bool {
    matches!(
        action,
        Action::None | Action::Watch | Action::Wait | Action::AwaitPromise | Action::FollowPlan | Action::SettleDispute
    )
}

/// Minor units as a number of whole ones.
fn major(minor: i64, currency: Option<Currency>) -> f64 {
    Money::from_minor(minor, currency.unwrap_or(Currency::EUR)).major()
}
