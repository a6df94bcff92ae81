//! What a client owes and how it pays: its invoices with their payments, their age, and what lateness comes to.

mod awaited;
mod heard;
mod totals;
mod view;

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};

pub use view::{
    AgeingView, DisputeView, LedgerLineView, LedgerPage, LedgerTotals, PaidView, PlanView, PromiseView, WriteOffView,
};

use super::{
    Desk, InterestView, Moment, Result, Slice, Wanted,
    client::decimal,
    interest::{Late, Terms, late, view},
};
use crate::{
    domain::{AsOf, Client, ClientCode, ClientId, EntryKind, Instalment, InvoiceKey, Money, Promise, instalments},
    store::{InterestClaim, LedgerRow, Settlement},
};

/// A line with everything that is known of it.
pub(super) struct Line {
    pub(super) row: LedgerRow,
    pub(super) under: Option<ClientCode>,
    payments: Vec<Instalment>,
    /// What was paid already when the promise that stands was first told, minor units.
    before_promise: i64,
    settlements: Vec<Settlement>,
    decided: Vec<InterestClaim>,
    /// Since when it tells of what somebody waits for.
    told: awaited::Told,
    /// What stands of it after what persons recorded.
    heard: heard::Heard,
}

impl Line {
    /// Whether the word on its interest or lump sum is another one.
    pub(super) fn is_decided_otherwise(&self, what: &str, state: &str) -> bool {
        self.decided.iter().any(|claim| claim.what == what && claim.state != state)
    }

    /// Whether something of an invoice was to come on its day.
    pub(super) fn is_open(&self) -> bool {
        let paid: i64 = self.payments.iter().map(|part| part.minor).sum();
        self.row.line.kind == EntryKind::Invoice && paid < self.row.line.amount.minor()
    }

    /// Whether something of it is asked for: neither disputed nor given up.
    pub(super) fn is_asked_for(&self) -> bool {
        self.is_open() && self.open() > self.given_up() && !self.heard.is_disputed
    }
}

impl Desk {
    /// A client's ledger, newest first, from the line at `from`; with what lies under the codes merged into it.
    pub async fn ledger(
        &self,
        wanted: &Wanted<'_>,
        from: usize,
        limit: usize,
    ) -> Result<(Slice<LedgerLineView>, LedgerPage)> {
        self.ledger_at(wanted, Moment::default(), (from, limit)).await
    }

    /// The same as it stood on a day, as far as was known at an instant: what was known of the money when the goods left.
    pub async fn ledger_at(
        &self,
        wanted: &Wanted<'_>,
        moment: Moment,
        (from, limit): (usize, usize),
    ) -> Result<(Slice<LedgerLineView>, LedgerPage)> {
        self.portfolios_named(wanted.caller, wanted.portfolio).await?;
        let client = self.find(wanted).await?;
        let known_at = moment.known_at.unwrap_or_else(|| self.clock.now());
        let now = AsOf { valid_at: moment.valid_at.unwrap_or(AsOf::at(known_at).valid_at), known_at };
        let lines = match moment == Moment::default() {
            true => self.lines_on(&client, now.valid_at).await?,
            false => self.lines_as_of(&client, self.whose_at(&client, known_at).await?, now).await?,
        };
        let today = now.valid_at;
        let page = LedgerPage {
            items: Vec::new(),
            next: None,
            as_of: today,
            totals: totals::totals(&lines, today),
            payment_index: self.rescorer.ledger_feature(client.id, "payment_index", now).await?,
            interest_rate_from: Terms::get().rates.last().from,
        };
        let next = (lines.len() > from + limit).then(|| i64::try_from(from + limit).unwrap_or(i64::MAX));
        let items = lines.iter().skip(from).take(limit).map(|line| line.view(today)).collect();
        Ok((Slice { items, next }, page))
    }

    /// Every line of a client and of those merged into it as it stood on a day, as far as was known then; with the sums.
    pub(super) async fn ledger_as_of(
        &self,
        client: &Client,
        whose: Vec<(ClientId, ClientCode)>,
        as_of: AsOf,
    ) -> Result<(Vec<LedgerLineView>, Vec<LedgerTotals>)> {
        let lines = self.lines_as_of(client, whose, as_of).await?;
        let views = lines.iter().map(|line| line.view(as_of.valid_at)).collect();
        Ok((views, totals::totals(&lines, as_of.valid_at)))
    }

    /// Every line of a client as it stands on a day, newest first, with all that is known now: what is paid on a later day is open
    /// on this one, and what is issued later is not there yet.
    pub(super) async fn lines_on(&self, client: &Client, day: Date) -> Result<Vec<Line>> {
        self.lines_as_of(client, self.whose(client).await?, AsOf { valid_at: day, known_at: Timestamp::MAX }).await
    }

    async fn lines_as_of(&self, client: &Client, whose: Vec<(ClientId, ClientCode)>, as_of: AsOf) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        let mut told = self.store.treatments().told_of(client.id, as_of.known_at).await?;
        told.retain(|outcome| outcome.on <= as_of.valid_at);
        let beside = match told.is_empty() || whose.len() == 1 {
            true => HashMap::new(),
            false => self.store.dossiers().beside(client.id, as_of.known_at).await?,
        };
        for (id, code) in whose {
            let under = (id != client.id).then_some(code);
            let mut settlements = self.store.facts().settlements_of(id).await?;
            let mut decided: HashMap<InvoiceKey, Vec<InterestClaim>> = HashMap::new();
            for ((invoice, _), claim) in self.store.facts().interest_claims(id, as_of.known_at).await? {
                decided.entry(invoice).or_default().push(claim);
            }
            let rows = self.store.facts().revisions(id).await?;
            for revisions in rows.chunk_by(|a, b| a.line.invoice == b.line.invoice) {
                let is_there = |row: &&LedgerRow| row.line.known_at <= as_of.known_at;
                let n_known = revisions.iter().filter(is_there).count();
                let known: Vec<_> = revisions.iter().filter(is_there).map(|row| row.line).collect();
                let newest = revisions.iter().rfind(is_there).cloned();
                let is_said =
                    |row: &LedgerRow| row.line.issued_on <= as_of.valid_at && row.line.kind != EntryKind::Withdrawn;
                let Some(row) = newest.filter(is_said) else { continue };
                let mut payments = instalments(&known, as_of.known_at);
                payments.retain(|part| part.on <= as_of.valid_at);
                let own = row.line.invoice;
                let mut line = Line {
                    under: under.clone(),
                    payments,
                    before_promise: before_promise(revisions, &row),
                    told: awaited::Told::of(revisions.get(..n_known).unwrap_or(revisions)),
                    settlements: settlements.remove(&(id, own)).unwrap_or_default(),
                    decided: decided.remove(&own).unwrap_or_default(),
                    heard: heard::Heard::default(),
                    row,
                };
                let key = beside.get(&(id, own)).copied().unwrap_or(own);
                line.heard = heard::Heard::of(&line, key, &told, as_of.valid_at);
                lines.push(line);
            }
        }
        lines.sort_by(|a, b| {
            b.row.line.issued_on.cmp(&a.row.line.issued_on).then_with(|| b.row.number.cmp(&a.row.number))
        });
        Ok(lines)
    }
}

/// What the revision before the first one that tells of a promise says was paid.
fn before_promise(revisions: &[LedgerRow], newest: &LedgerRow) -> i64 {
    let promise = |row: &LedgerRow| row.claim.as_deref().and_then(|claim| claim.promise);
    let told = promise(newest);
    let first = revisions.iter().position(|row| told.is_some() && promise(row) == told);
    let before = first.and_then(|place| place.checked_sub(1)).and_then(|place| revisions.get(place));
    before.map_or(0, |row| row.line.paid_minor)
}

impl Line {
    fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.row.line.amount.currency())
    }

    fn open(&self) -> i64 {
        self.row.line.amount.minor() - self.payments.iter().map(|part| part.minor).sum::<i64>()
    }

    fn is_note(&self) -> bool {
        self.row.line.kind == EntryKind::CreditNote
    }

    /// What of it was given up, minor units.
    fn given_up(&self) -> i64 {
        self.heard.given_up.map_or(0, |given_up| given_up.minor.unwrap_or(i64::MAX).min(self.open()))
    }

    /// Lateness when a day is over: what came later was still open then, and what was given up bears nothing from that day on.
    fn late(&self, today: Date) -> Late {
        if self.is_note() || self.heard.is_disputed {
            return Late { interest: 0, is_late: false };
        }
        let given_up = self.heard.given_up.map(|given_up| Instalment { on: given_up.on, minor: self.given_up() });
        let parts = self.payments.iter().copied().chain(given_up.filter(|part| part.minor > 0));
        let (gone, to_come): (Vec<Instalment>, Vec<Instalment>) = parts.partition(|part| part.on <= today);
        let open = self.open() - self.given_up() + to_come.iter().map(|part| part.minor).sum::<i64>();
        late((self.row.line.issued_on, self.row.line.due_on), &gone, open, today)
    }

    /// Interest and lump sum that lateness comes to when a day is over.
    pub(super) fn owed(&self, today: Date) -> Vec<(&'static str, Money)> {
        let late = self.late(today);
        let interest = (late.interest > 0).then(|| ("interest", self.money(late.interest)));
        let terms = Terms::get();
        let bears_lump_sum = late.is_late && self.row.line.issued_on >= terms.lump_sum_from;
        let lump_sum = bears_lump_sum.then_some(("lump_sum", terms.lump_sum));
        interest.into_iter().chain(lump_sum).collect()
    }

    /// The same, and what was decided of each: a decision is about what there was on its day, what came since is due again.
    pub(super) fn charges(&self, today: Date) -> Vec<(&'static str, Money, Option<&InterestClaim>)> {
        let mut charges = Vec::new();
        for (what, amount) in self.owed(today) {
            let Some(claim) = self.decided.iter().find(|claim| claim.what == what) else {
                charges.push((what, amount, None));
                continue;
            };
            charges.push((what, claim.amount, Some(claim)));
            let since = amount.minor() - self.late(claim.until).interest;
            if what == "interest" && since > 0 {
                charges.push((what, self.money(since), None));
            }
        }
        charges
    }

    fn interest(&self, today: Date) -> Vec<InterestView> {
        let of = |(what, amount, claim): (&'static str, Money, Option<&InterestClaim>)| match claim {
            Some(claim) => view(None, what, amount, (claim.state.clone(), claim.until)),
            None => view(None, what, amount, ("due".to_owned(), today)),
        };
        self.charges(today).into_iter().map(of).collect()
    }

    fn days_late(&self, today: Date) -> i32 {
        if self.is_note() {
            return 0;
        }
        let last = if self.open() > 0 { Some(today) } else { self.payments.iter().map(|part| part.on).max() };
        let beyond = |on| crate::domain::day_number(on) - crate::domain::day_number(self.row.line.due_on);
        last.map_or(0, beyond).max(0)
    }

    fn state(&self, today: Date) -> &'static str {
        match () {
            () if self.open() == 0 => "paid",
            () if self.given_up() == self.open() && self.heard.is_assigned => "assigned",
            () if self.given_up() == self.open() => "written_off",
            () if self.heard.is_disputed => "disputed",
            () if !self.is_note() && today > self.row.line.due_on => "overdue",
            () => "open",
        }
    }

    /// Who told of each payment: a booked one of that day, else the ledger's own row.
    fn paid(&self) -> Vec<PaidView> {
        let mut booked = self.settlements.clone();
        let told_by = |part: &Instalment, booked: &mut Vec<Settlement>| {
            let is_it = |s: &Settlement| s.minor == part.minor && (s.on == part.on || s.kind.as_str() == "credit_note");
            let place = booked.iter().position(is_it);
            place.map_or("ledger", |place| booked.remove(place).kind.as_str())
        };
        let of = |part: &Instalment| PaidView {
            paid_on: part.on,
            amount: decimal(self.money(part.minor)),
            told_by: told_by(part, &mut booked).to_owned(),
        };
        self.payments.iter().map(of).collect()
    }

    /// What was paid of it on the days that count, minor units.
    fn paid_until(&self, counts: impl Fn(Date) -> bool) -> i64 {
        self.payments.iter().filter(|part| counts(part.on)).map(|part| part.minor).sum()
    }

    /// Whether what came in time keeps a promise. What had come before it was promised keeps no promise of a sum.
    fn is_kept(&self, promise: &Promise, in_time: i64) -> bool {
        match promise.minor {
            Some(minor) => in_time - self.before_promise >= minor,
            None => in_time >= self.row.line.amount.minor(),
        }
    }

    fn promise(&self, today: Date) -> Option<PromiseView> {
        let promise = self.row.claim.as_deref()?.promise?;
        let state = match () {
            () if self.is_kept(&promise, self.paid_until(|on| on <= promise.due_on)) => "kept",
            () if today > promise.due_on => "broken",
            () => "pending",
        };
        let amount = promise.minor.map(|minor| decimal(self.money(minor)));
        Some(PromiseView { due_on: promise.due_on, amount, state: state.to_owned() })
    }

    fn view(&self, today: Date) -> LedgerLineView {
        let line = &self.row.line;
        let claim = self.row.claim.as_deref();
        let amount = |minor: Option<i64>| minor.map(|minor| decimal(self.money(minor)));
        let counted = self.paid_until(|_| true);
        let (paid_on, paid_minor) = match counted < line.paid_minor.min(line.amount.minor()) {
            // What the ledger says is paid, but on a later day, is not.
            true => (self.payments.last().map(|part| part.on), counted),
            false => (line.paid_on, line.paid_minor),
        };
        LedgerLineView {
            client: self.under.as_ref().map(ToString::to_string),
            invoice: self.row.number.clone(),
            kind: if self.is_note() { "credit_note" } else { "invoice" }.to_owned(),
            issued_on: line.issued_on,
            due_on: line.due_on,
            amount: decimal(line.amount),
            currency: line.amount.currency().to_string(),
            paid_on,
            paid_amount: decimal(self.money(paid_minor)),
            open: decimal(self.money(self.open())),
            state: self.state(today).to_owned(),
            days_late: self.days_late(today),
            payments: self.paid(),
            credit_type: self.row.credit_type.clone(),
            disputed: self.heard.is_disputed,
            dispute: self.heard.dispute.map(|dispute| DisputeView {
                since: dispute.on,
                amount: amount(dispute.minor),
                closed_on: dispute.closed_on,
                outcome: dispute.outcome.map(|outcome| outcome.to_string()),
            }),
            promise: self.promise(today),
            plan: claim
                .and_then(|claim| claim.plan.as_ref())
                .map(|plan| PlanView { name: plan.name.clone(), due_on: plan.due_on }),
            written_off: self
                .heard
                .given_up
                .map(|given_up| WriteOffView { on: given_up.on, amount: amount(given_up.minor) }),
            reference: claim.and_then(|claim| claim.reference.clone()),
            refers_to: claim.and_then(|claim| claim.refers_to.clone()),
            interest: self.interest(today),
            known_at: line.known_at,
        }
    }
}
