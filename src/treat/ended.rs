//! How something ended, as persons tell it: of which promise, plan or dispute an end tells, and which are still waited for.

use jiff::civil::Date;

use super::{arrears, pledge::wanted};
use crate::domain::{Outcome, OutcomeKind, day_of_number, end_of_dispute};

/// Whether somebody waits for what an outcome tells: how a promise or a plan ended, of the one that was given last by its day and
/// that nobody has said this of, on whatever day; that a dispute is over, of one that is open. Anything else answers nothing.
pub fn is_awaited(outcome: &Outcome, told: &[Outcome]) -> bool {
    use OutcomeKind as K;
    match outcome.kind {
        K::PromiseKept | K::PromiseBroken | K::PlanBroken => {
            answered(outcome, told).is_some_and(|pledge| first_answer(pledge, told).is_none())
        }
        K::DisputeSettled => {
            let key = outcome.named();
            let begun: Vec<Outcome> =
                told.iter().filter(|o| o.kind != K::Dispute || o.on <= outcome.on).cloned().collect();
            // An end of a later day is one, too.
            let disputes = arrears::disputes(&begun, i32::MAX);
            disputes.iter().any(|dispute| dispute.is_open && (key.is_none() || dispute.invoice == key))
        }
        _ => true,
    }
}

/// The day until which a promise, or the first instalment of a plan, is waited for that an outcome says was broken: it cannot
/// be before that day is over.
pub fn awaited_until(broken: &Outcome, told: &[Outcome]) -> Option<Date> {
    use OutcomeKind as K;
    if !matches!(broken.kind, K::PromiseBroken | K::PlanBroken) {
        return None;
    }
    let pledge = answered(broken, told)?;
    wanted(pledge).first().map(|(due, _)| day_of_number(*due)).filter(|due| *due >= broken.on)
}

/// What was told of how something ended, without what answers a promise or a plan that a person told of: it may be about what
/// the ledger tells of.
pub fn free_ends(told: &[Outcome]) -> Vec<&Outcome> {
    use OutcomeKind as K;
    let is_end = |o: &&Outcome| matches!(o.kind, K::PromiseKept | K::PromiseBroken | K::PlanBroken | K::DisputeSettled);
    let is_free = |end: &&Outcome| {
        let pledge = answered(end, told);
        pledge.and_then(|pledge| first_answer(pledge, told)).is_none_or(|first| first.id != end.id)
    };
    told.iter().filter(is_end).filter(is_free).collect()
}

/// What was told of how something ended, a promise, a plan or a dispute: without its beginning it would tell of another one.
pub fn end_of<'a>(begun: &Outcome, told: &'a [Outcome]) -> Option<&'a Outcome> {
    use OutcomeKind as K;
    match begun.kind {
        K::Promise | K::Plan => first_answer(begun, told).filter(|end| end.known_at >= begun.known_at),
        K::Dispute => end_of_dispute(begun, told),
        _ => None,
    }
}

/// The promise or plan of which an outcome tells how it ended: the last that had been given by then, where the word fits.
fn answered<'a>(end: &Outcome, told: &'a [Outcome]) -> Option<&'a Outcome> {
    use OutcomeKind as K;
    let pledges = told.iter().filter(|o| matches!(o.kind, K::Promise | K::Plan));
    let given = pledges.filter(|o| (o.on, o.known_at) <= (end.on, end.known_at));
    let last = given.max_by_key(|o| (o.on, o.known_at, o.id))?;
    let fits = match end.kind {
        K::PromiseKept => true,
        K::PromiseBroken => last.kind == K::Promise,
        K::PlanBroken => last.kind == K::Plan,
        _ => false,
    };
    fits.then_some(last)
}

/// What was told first of how a promise or a plan ended.
fn first_answer<'a>(pledge: &Outcome, told: &'a [Outcome]) -> Option<&'a Outcome> {
    let answers = told.iter().filter(|end| answered(end, told).is_some_and(|of| of.id == pledge.id));
    answers.min_by_key(|end| (end.known_at, end.on, end.id))
}
