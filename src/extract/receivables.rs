//! What treatment asks of a dossier: what is owed since when, and what the law says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{View, claims::Disputes, ledger, status, view};
use crate::domain::{
    Country, Currency, EntryKind, Fact, Instalment, InvoiceKey, KnownSignal, LedgerLine, Legal, LegalDays, LegalState,
    MILLIS_PER_DAY, Money, Payment, Receivable, Receivables, Status, StatusChange, day_number,
};

impl View<'_> {
    /// Everything invoiced in the client's main currency, with what was paid by then, and the last day on which it bought.
    pub fn receivables(&self) -> Receivables {
        let seen = ledger::visible(&self.lines, self.as_of).filter(|v| Some(v.line.amount.currency()) == self.currency);
        let disputed = Disputes::of(self.dossier, self.as_of);
        let mut payments = Vec::new();
        let items = seen.map(|v| {
            if v.line.kind == EntryKind::Invoice {
                let invoice = v.line.invoice;
                let arrived = |part: &Instalment| Payment { invoice, on: day_number(part.on), minor: part.minor };
                payments.extend(v.payments().iter().map(arrived));
            }
            let unpaid = v.open_minor();
            let given_up = self.given_up(v.line, unpaid).filter(|_| v.line.kind == EntryKind::Invoice);
            Receivable {
                invoice: v.line.invoice,
                is_credit: v.line.kind == EntryKind::CreditNote,
                issued: day_number(v.line.issued_on),
                due: day_number(v.line.due_on),
                late_from: self.late_from(v.line.invoice),
                amount_minor: v.line.amount.minor(),
                open_minor: unpaid - given_up.map_or(0, |part| part.minor),
                given_up,
                paid: v.payments().last().map(|part| day_number(part.on)),
                disputed: disputed.has(&v),
            }
        });
        let items = items.collect();
        // An invoice whose date was moved was bought all the same: every revision known counts.
        let disputes = self.disputed_days();
        let bought = self.lines.chunk_by(|a, b| a.invoice == b.invoice).flat_map(|revisions| self.said(revisions));
        let bought = bought.filter(|line| line.kind == EntryKind::Invoice);
        let last_bought = bought.map(|line| day_number(line.issued_on)).filter(|day| *day <= self.today).max();
        let elsewhere = self.elsewhere();
        Receivables { currency: self.currency, elsewhere, items, payments, disputes, last_bought }
    }

    /// What is open in each currency but the main one, credit notes taken off.
    pub fn elsewhere(&self) -> Vec<Money> {
        let is_ours = |line: &LedgerLine| Some(line.amount.currency()) == self.currency;
        if self.lines.iter().all(is_ours) {
            return Vec::new();
        }
        let mut open: BTreeMap<Currency, i64> = BTreeMap::new();
        for seen in ledger::visible(&self.lines, self.as_of).filter(|seen| !is_ours(seen.line)) {
            let sum = open.entry(seen.line.amount.currency()).or_default();
            let unpaid = seen.open_minor();
            let given_up = self.given_up(seen.line, unpaid).map_or(0, |part| part.minor);
            let minor = if seen.line.kind == EntryKind::CreditNote { -unpaid } else { unpaid - given_up };
            *sum = sum.saturating_add(minor);
        }
        let owed = open.into_iter().filter(|(_, minor)| *minor > 0);
        owed.map(|(currency, minor)| Money::from_minor(minor, currency)).collect()
    }

    /// The day after which an invoice was first late, by what each of its revisions said while it was the newest one. The first
    /// counts from ever: a ledger is often imported long after its invoices fell due.
    fn late_from(&self, invoice: InvoiceKey) -> i32 {
        let first = self.lines.partition_point(|line| line.invoice < invoice);
        let n_revisions = self.lines[first..].partition_point(|line| line.invoice == invoice);
        let mut known = self.said(&self.lines[first..first + n_revisions]).iter().peekable();
        let mut since = i32::MIN;
        let mut late_from = self.today;
        while let Some(line) = known.next() {
            let until = known.peek().map_or(i32::MAX, |next| day_of(next.known_at));
            let late = day_number(line.due_on).max(since.saturating_sub(1));
            if late < until {
                late_from = late_from.min(late);
            }
            since = until;
        }
        late_from
    }

    /// Whether anything is owed: what is asked of everybody before more is asked of some.
    pub fn owes(&self) -> bool {
        self.payments.exposure_minor > 0
    }

    /// Whether the creditor said that it still buys.
    pub fn said_active(&self) -> Option<bool> {
        self.client.and_then(|client| client.is_active)
    }

    /// Where it is established.
    pub fn country(&self) -> Option<Country> {
        self.client.and_then(|client| client.country)
    }

    /// What it buys in a year, where that was said, in whole units.
    pub fn yearly_value(&self) -> Option<f64> {
        self.client.and_then(|client| client.yearly_value).map(|value| value.major())
    }

    /// What the law says, by official sources alone: one salesman's word opens no procedure.
    pub fn legal(&self) -> Legal {
        let told = view::visible(self.dossier, self.as_of).filter(|signal| signal.is_official);
        let current = status::current(told.clone());
        let free = Legal { state: LegalState::Free, known: self.today, opened: self.today };
        if current.is_empty() {
            return free;
        }
        let known = |standing: &status::Told<'_>| {
            let opened = status::opened(standing);
            let learned = status::first_told(told.clone(), standing);
            (opened.max(day_of(learned)).min(self.today), opened)
        };
        let open = |wanted: &dyn Fn(&status::Told<'_>) -> bool| {
            current.iter().filter(|t| wanted(t) && status::is_open(t, self.today)).map(known).min()
        };
        let is = |status: Status| move |t: &status::Told<'_>| t.1.status == status;
        let ceased = || {
            let gone = current.iter().filter(|t| t.1.status == Status::Ceased).map(known).min();
            gone.filter(|_| status::has_ceased(&current))
        };
        // A company that is struck off can still be in a procedure, and the claim is filed there: it binds first.
        let found = [
            (LegalState::Insolvent, open(&|t| status::is_insolvent(t.1))),
            (LegalState::Ceased, ceased()),
            (LegalState::Restructuring, open(&is(Status::Restructuring))),
            (LegalState::VoluntaryLiquidation, open(&is(Status::VoluntaryLiquidation))),
        ];
        let binds = found.into_iter().find_map(|(state, found)| {
            let (known, opened) = found?;
            Some(Legal { state, known, opened })
        });
        binds.unwrap_or(free)
    }

    /// When each procedure was open, and known to be, by official sources: also of one that is over.
    pub fn legal_days(&self) -> Vec<LegalDays> {
        let told = view::visible(self.dossier, self.as_of).filter(|signal| signal.is_official);
        let standing = status::current(told.clone());
        let days = standing.iter().filter_map(|(newest, change)| {
            // The word that a procedure is over may have another status than the one that it was open.
            let is_of_it = |signal: &&KnownSignal, of: &StatusChange| {
                signal.id == newest.id
                    || (of.opened_on.is_some() && of.opened_on == change.opened_on && signal.source == newest.source)
            };
            let said = told.clone().filter_map(|signal| match &signal.fact {
                Fact::CompanyStatus(of) if is_of_it(&signal, of) => Some((state_of(of)?, signal.known_at)),
                _ => None,
            });
            let (state, known_at) = said.min_by_key(|(_, known_at)| *known_at)?;
            let over = change.closed_on.into_iter().chain(change.revoked_on).map(day_number).min();
            let first = status::opened(&(newest, change)).max(day_of(known_at));
            let last = over.unwrap_or(self.today).min(self.today);
            (first <= last).then_some(LegalDays { state, first, last })
        });
        days.collect()
    }
}

/// The state of law that an open procedure of this kind is.
fn state_of(change: &StatusChange) -> Option<LegalState> {
    match change.status {
        _ if status::is_insolvent(change) => Some(LegalState::Insolvent),
        Status::Restructuring => Some(LegalState::Restructuring),
        Status::VoluntaryLiquidation => Some(LegalState::VoluntaryLiquidation),
        _ => None,
    }
}

/// The day of an instant, UTC, counted from 1970-01-01.
pub(super) fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.as_millisecond().div_euclid(MILLIS_PER_DAY)).unwrap_or(i32::MAX)
}
