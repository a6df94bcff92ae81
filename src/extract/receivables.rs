//! What treatment asks of a dossier: what is owed since when, and what the law says.

use super::{View, ledger, status, view};
use crate::domain::{
    Country, EntryKind, Legal, LegalState, MILLIS_PER_DAY, Receivable, Receivables, Status, day_number,
};

impl View<'_> {
    /// Everything invoiced in the client's main currency, with what was paid by then, and the last day on which it bought.
    pub fn receivables(&self) -> Receivables {
        let seen = ledger::visible(&self.lines, self.as_of).filter(|v| Some(v.line.amount.currency()) == self.currency);
        let items = seen.map(|v| {
            let open_minor = v.open_minor();
            let is_paid = open_minor < v.line.amount.minor();
            Receivable {
                invoice: v.line.invoice,
                is_credit: v.line.kind == EntryKind::CreditNote,
                issued: day_number(v.line.issued_on),
                due: day_number(v.line.due_on),
                amount_minor: v.line.amount.minor(),
                open_minor,
                paid: v.line.paid_on.filter(|on| is_paid && *on <= self.as_of.valid_at).map(day_number),
                disputed: v.line.disputed,
            }
        });
        // An invoice whose date was moved was bought all the same: every revision known counts.
        let bought = self.lines.iter().filter(|line| line.kind == EntryKind::Invoice);
        let bought = bought.filter(|line| line.known_at <= self.as_of.known_at);
        let last_bought = bought.map(|line| day_number(line.issued_on)).filter(|day| *day <= self.today).max();
        Receivables { currency: self.currency, items: items.collect(), last_bought }
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
        let current = status::current(told);
        if current.is_empty() {
            return Legal { state: LegalState::Free, known: self.today };
        }
        let known = |told: &status::Told<'_>| {
            let learned = told.0.known_at.as_millisecond().div_euclid(MILLIS_PER_DAY);
            status::opened(told).max(i32::try_from(learned).unwrap_or(i32::MAX)).min(self.today)
        };
        let open = |wanted: &dyn Fn(&status::Told<'_>) -> bool| {
            current.iter().filter(|t| wanted(t) && status::is_open(t, self.today)).map(known).min()
        };
        let is = |status: Status| move |t: &status::Told<'_>| t.1.status == status;
        let ceased = || {
            let gone = current.iter().filter(|t| t.1.status == Status::Ceased).map(known).min();
            gone.filter(|_| status::has_ceased(&current))
        };
        let found = [
            (LegalState::Ceased, ceased()),
            (LegalState::Insolvent, open(&|t| status::is_insolvent(t.1))),
            (LegalState::Restructuring, open(&is(Status::Restructuring))),
            (LegalState::VoluntaryLiquidation, open(&is(Status::VoluntaryLiquidation))),
        ];
        let binds = found.into_iter().find_map(|(state, known)| Some(Legal { state, known: known? }));
        binds.unwrap_or(Legal { state: LegalState::Free, known: self.today })
    }
}
