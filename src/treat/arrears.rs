//! What is overdue, and for how long the clock has run on it.

use super::{
    Position,
    pledge::{Cover, Pledges, Terms},
    policy::Policy,
    story::Story,
};
use crate::domain::{DisputeState, InvoiceKey, Outcome, OutcomeKind, Receivable, day_number, end_of_dispute};

/// Days from the first to the last, both included.
pub(super) type Span = (i32, i32);

/// What is overdue on a day. Amounts in minor units, days since 1970-01-01 or counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrears<'a> {
    /// Everything that is open, credit notes taken off.
    pub(super) owed_minor: i64,
    /// The same without what is disputed: whether a step is worth its cost hangs on this, which no due date changes.
    pub(super) claim_minor: i64,
    /// How many invoices are behind it.
    pub(super) n_claim: usize,
    /// Overdue and not disputed, credit notes taken off.
    pub(super) overdue_minor: i64,
    /// The invoices behind it.
    pub(super) invoices: Vec<InvoiceKey>,
    /// How much of it is promised, or to come by a plan that is kept.
    pub(super) promised_minor: i64,
    /// The invoices that this covers whole: nobody asks for them meanwhile.
    pub(super) promised: Vec<InvoiceKey>,
    /// What is asked for all the same: what is not promised, where that is worth asking for; else all of it.
    pub(super) pressed_minor: i64,
    /// Since the oldest of them fell due.
    pub(super) oldest_days: i32,
    /// The same, without the days on which the clock stood still; of what is promised only where everything is.
    pub(super) clock_days: i32,
    /// The same, without those on which a state of law barred what goes beyond the phase that the policy names: by this clock
    /// the steps beyond it open.
    pub(super) pressing_days: i32,
    /// Overdue and disputed.
    pub(super) disputed_minor: i64,
    /// Since when the oldest dispute is open.
    pub(super) disputed_since: Option<i32>,
    /// When the next invoice falls due.
    pub(super) next_due: Option<i32>,
    /// What was done about any of it.
    pub(super) story: Story<'a>,
    /// How much of what is overdue that was about, as if every credit note were set off against it: what an invoice that the
    /// debtor heard nothing of adds to the arrears, or takes from a credit note, changes nothing of it.
    pub(super) asked_minor: i64,
}

/// A dispute and when it was over.
pub(super) struct Dispute {
    pub(super) invoice: Option<InvoiceKey>,
    amount_minor: Option<i64>,
    span: Span,
    /// It is over and the client was wrong.
    is_refused: bool,
    pub(super) is_open: bool,
}

impl<'a> Arrears<'a> {
    pub(super) fn of(position: &Position<'a>, today: i32, policy: &Policy) -> Self {
        let items = &position.receivables.items;
        let disputes = disputes_of(position, today);
        let credit: i64 = items.iter().filter(|item| item.is_credit).map(|item| item.open_minor).sum();
        let owed: i64 = items.iter().filter(|item| !item.is_credit).map(|item| item.open_minor).sum();
        let undisputed: Vec<i64> = items
            .iter()
            .filter(|item| !item.is_credit)
            .map(|item| item.open_minor - in_dispute(item, &disputes).0)
            .filter(|minor| *minor > 0)
            .collect();
        let mut found = Self {
            owed_minor: owed - credit,
            claim_minor: undisputed.iter().sum::<i64>() - credit,
            n_claim: undisputed.len(),
            story: Story::of(position, today),
            next_due: items.iter().filter(|i| !i.is_credit && i.open_minor > 0 && i.due >= today).map(|i| i.due).min(),
            ..Self::default()
        };
        let mut overdue: Vec<&Receivable> = items.iter().filter(|item| is_overdue(item, today)).collect();
        overdue.sort_by_key(|item| (item.due, item.invoice));
        let mut covers = Pledges::of(position, &found.story, today, &Terms::of(&policy.holds)).covers;
        let is_worth_asking = |minor: i64| is_material(minor, position, policy);
        // The clocks of what is promised, and of what is not.
        let mut clocks: [Option<(i32, i32)>; 2] = [None; 2];
        let barred = position.legal_days.iter().filter(|days| policy.holds.protective.contains(&days.state));
        let barred: Vec<Span> = barred.map(|days| (days.first, days.last)).collect();
        let mut asked = -credit;
        let mut credit = credit;
        for item in overdue {
            let (disputed, since) = in_dispute(item, &disputes);
            found.disputed_minor += disputed;
            if let Some(since) = since.filter(|_| disputed > 0) {
                found.disputed_since = Some(found.disputed_since.map_or(since, |known| known.min(since)));
            }
            let open = item.open_minor - disputed;
            // What is in dispute was asked for; what was found not to be owed is no longer.
            let unsettled = if since.is_some() { disputed } else { 0 };
            asked += if found.story.is_about(item.invoice) { open + unsettled } else { 0 };
            let covered = open.min(credit);
            credit -= covered;
            if open - covered <= 0 {
                continue;
            }
            found.overdue_minor += open - covered;
            found.invoices.push(item.invoice);
            let days = today - item.due;
            let mut stood: Vec<Span> = disputes.iter().filter(|d| d.is_about(item)).map(|d| d.span).collect();
            let is_promised = found.promise(item, open - covered, &mut covers, &mut stood, is_worth_asking);
            let stood_or_barred = stood.iter().chain(&barred).copied().collect();
            let since_due = (item.due + 1, today);
            found.oldest_days = found.oldest_days.max(days);
            let (clock, pressing) =
                (days - days_within(stood, since_due), days - days_within(stood_or_barred, since_due));
            let known = &mut clocks[usize::from(is_promised)];
            *known = Some(known.map_or((clock, pressing), |(c, p)| (c.max(clock), p.max(pressing))));
        }
        let [unpromised, promised] = clocks;
        (found.clock_days, found.pressing_days) =
            unpromised.or(promised).map_or((0, 0), |(clock, pressing)| (clock.max(0), pressing.max(0)));
        let rest = found.overdue_minor - found.promised_minor;
        found.pressed_minor = if is_worth_asking(rest) { rest } else { found.overdue_minor };
        found.asked_minor = asked.max(0);
        found
    }

    /// Takes what is promised of an invoice from the promises that cover it, and adds the days on which they stopped its clock.
    /// Whether all of it is promised today.
    fn promise(
        &mut self,
        item: &Receivable,
        open: i64,
        covers: &mut [Cover],
        stood: &mut Vec<Span>,
        is_worth_asking: impl Fn(i64) -> bool,
    ) -> bool {
        let (mut is_promised, mut promised) = (false, 0);
        for cover in covers {
            let (taken, is_whole) = cover.take(item, open, &is_worth_asking);
            if is_whole {
                stood.push(cover.span);
            }
            if cover.stands {
                promised = open.min(promised + taken);
                is_promised |= is_whole;
            }
        }
        self.promised_minor += promised;
        if is_promised {
            self.promised.push(item.invoice);
        }
        is_promised
    }

    /// Whether anything is asked for although something is promised.
    pub(super) fn goes_on(&self) -> bool {
        self.promised_minor == 0 || self.pressed_minor < self.overdue_minor
    }
}

/// Whether so much is worth asking for.
pub(super) fn is_material(minor: i64, position: &Position<'_>, policy: &Policy) -> bool {
    minor >= super::LEAST_MINOR && super::major(minor, position.receivables.currency) >= policy.tolerance
}

pub(super) fn is_overdue(item: &Receivable, today: i32) -> bool {
    !item.is_credit && item.open_minor > 0 && item.due < today
}

/// How much of an item is in dispute, or was found not to be owed, and since when.
fn in_dispute(item: &Receivable, disputes: &[Dispute]) -> (i64, Option<i32>) {
    let about = disputes.iter().filter(|dispute| !dispute.is_refused && dispute.is_about(item));
    let (mut not_owed, mut open) = (0i64, (0, None));
    for dispute in about {
        let amount = dispute.amount_minor.map_or(item.open_minor, |amount| amount.clamp(0, item.open_minor));
        match dispute.is_open {
            // Who disputes again what is in dispute says how much it is now.
            true if amount > open.0 => open = (amount, Some(dispute.span.0.max(item.due))),
            true => {}
            // What was found not to be owed is not asked for, and nothing is left to be settled; each adds to those before.
            false => not_owed = not_owed.saturating_add(amount),
        }
    }
    (not_owed.saturating_add(open.0).min(item.open_minor), open.1)
}

impl Dispute {
    fn is_about(&self, item: &Receivable) -> bool {
        match self.invoice {
            Some(invoice) => invoice == item.invoice,
            None => item.issued <= self.span.0,
        }
    }
}

/// Every dispute that was recorded, with when it was over.
pub(super) fn disputes(outcomes: &[Outcome], today: i32) -> Vec<Dispute> {
    let told = |kind: OutcomeKind| outcomes.iter().filter(move |o| o.kind == kind && day_number(o.on) <= today);
    let dispute = |outcome: &Outcome| {
        let from = day_number(outcome.on);
        let end = end_of_dispute(outcome, outcomes).filter(|end| day_number(end.on) <= today);
        Dispute {
            invoice: outcome.named(),
            amount_minor: outcome.amount.map(|amount| amount.minor()),
            span: (from, end.map_or(today, |end| day_number(end.on))),
            is_refused: end.is_some_and(|end| end.accepted != Some(true)),
            is_open: end.is_none(),
        }
    };
    told(OutcomeKind::Dispute).map(dispute).collect()
}

/// The same with those that the ledger tells of, which a person's word ends, too.
pub(super) fn disputes_of(position: &Position<'_>, today: i32) -> Vec<Dispute> {
    let settled = position.outcomes.iter().filter(|outcome| outcome.kind == OutcomeKind::DisputeSettled);
    let settled: Vec<&Outcome> = settled.filter(|outcome| day_number(outcome.on) <= today).collect();
    let ledger = position.receivables.disputes.iter().map(|told| {
        let is_end = |end: &&&Outcome| {
            let on = day_number(end.on);
            (told.first..=told.last).contains(&on) && end.may_be_about(told.invoice)
        };
        let end = settled.iter().filter(is_end).min_by_key(|end| (end.on, end.known_at));
        let state = match end.filter(|_| told.state == DisputeState::Open) {
            Some(end) if end.accepted == Some(true) => DisputeState::Upheld,
            Some(_) => DisputeState::Over,
            None => told.state,
        };
        Dispute {
            invoice: Some(told.invoice),
            amount_minor: told.minor,
            span: (told.first, end.map_or(told.last, |end| day_number(end.on))),
            is_refused: state == DisputeState::Over,
            is_open: state == DisputeState::Open,
        }
    });
    ledger.chain(disputes(position.outcomes, today)).collect()
}

/// Whether somebody disputes all that is open of an item, and nobody has settled it.
pub(super) fn is_in_dispute(item: &Receivable, disputes: &[Dispute]) -> bool {
    let (amount, since) = in_dispute(item, disputes);
    since.is_some() && amount >= item.open_minor
}

/// Whether all that is open of an item was found not to be owed.
pub(super) fn is_void(item: &Receivable, disputes: &[Dispute]) -> bool {
    let (amount, since) = in_dispute(item, disputes);
    since.is_none() && amount >= item.open_minor
}

/// Days of a window that some span covers, each once.
pub(super) fn days_within(mut spans: Vec<Span>, (first, last): Span) -> i32 {
    spans.sort_unstable();
    let (mut days, mut counted) = (0, first - 1);
    for (from, to) in spans {
        let (from, to) = (from.max(counted + 1), to.min(last));
        if to >= from {
            days += to - from + 1;
            counted = to;
        }
    }
    days
}
