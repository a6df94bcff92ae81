//! A dossier after what was done about it, and after the time that it took.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};

use super::{
    Step,
    levers::{Levers, Other, present_lines},
};
use crate::domain::{
    AsOf, Dossier, EntryKind, Fact, Instrument, InvoiceKey, KnownSignal, LedgerLine, ProtestState, SignalId,
    day_number, day_of_number,
};

/// Days of a year: how long a bill can be paid and its protest cancelled (law 77/1955, article 4), and how long after a
/// protest rehabilitation may be asked for (law 108/1996, article 17). Also the year whose trade is repeated.
pub(super) const YEAR: i32 = 365;
/// A client that was not invoiced for longer has stopped buying, and is not supposed to begin again.
const BUYING_DAYS: i32 = 92;

/// A dossier after some months in which nothing bad happened.
///
/// Time passes by every fact growing older while the clocks stay: the markets are then those of today, which is all that
/// can be known of them.
pub(super) struct Bent {
    pub(super) months: i32,
    days: i32,
    as_of: AsOf,
    dossier: Dossier,
}

impl Bent {
    pub(super) fn after(dossier: &Dossier, levers: &Levers, as_of: AsOf, months: i32) -> Self {
        let today = day_number(as_of.valid_at);
        let then = as_of.valid_at.checked_add(months.months());
        let days = then.map_or(0, |then| day_number(then) - today);
        let mut bent = Self { months, days, as_of, dossier: dossier.clone() };
        if days > 0 {
            bent.age();
            bent.trade(&present_lines(dossier, as_of), today);
            bent.look_again(dossier, levers);
        }
        bent
    }

    /// The dossier with so many of the oldest overdue invoices paid today and the chosen facts undone.
    pub(super) fn with(&self, levers: &Levers, n_paid: usize, mask: u32) -> Dossier {
        let mut dossier = self.dossier.clone();
        for overdue in levers.overdue.iter().take(n_paid) {
            // Paid today, and then as many days pass as everywhere.
            let line = self.aged_line(&overdue.line);
            dossier.ledger.push(self.paid(line, day_of_number(day_number(self.as_of.valid_at) - self.days)));
        }
        dossier.ledger.sort_by_key(|line| (line.invoice, line.known_at));
        for (place, other) in levers.chosen(mask).enumerate() {
            dossier.signals.push(self.undone(other, place));
        }
        dossier
    }

    /// A protest that is too old to be cancelled by paying is deleted by rehabilitation, and so is that of a cheque.
    pub(super) fn step_of(&self, other: &Other) -> Step {
        match (&other.step, &other.signal.fact) {
            (Step::CancelProtest { amount, raised_on }, Fact::Protest(p)) => {
                let age = day_number(self.as_of.valid_at) - day_number(*raised_on);
                if p.instrument == Instrument::Cheque || age >= YEAR {
                    Step::Rehabilitate { amount: *amount, raised_on: *raised_on }
                } else {
                    other.step.clone()
                }
            }
            (step, _) => step.clone(),
        }
    }

    fn undone(&self, other: &Other, place: usize) -> KnownSignal {
        let mut signal = self.aged(&other.signal);
        let told_on = signal.valid_at;
        let is_possible = match (&mut signal.fact, self.step_of(other)) {
            (Fact::Protest(p), step) => {
                let raised_on = p.raised_on.unwrap_or(told_on);
                let age = day_number(self.as_of.valid_at) - day_number(raised_on);
                let may_be = matches!(step, Step::CancelProtest { .. }) || age >= YEAR;
                if may_be {
                    p.state = ProtestState::Cancelled;
                    p.raised_on = Some(raised_on);
                }
                may_be
            }
            (Fact::PrejudicialAct(a), _) => {
                a.registered_on = a.registered_on.or(Some(told_on));
                a.cancelled = true;
                true
            }
            (Fact::Filing(f), _) => {
                f.overdue = false;
                true
            }
            _ => false,
        };
        if is_possible {
            (signal.valid_at, signal.known_at) = (self.as_of.valid_at, self.as_of.known_at);
            signal.id = SignalId::of(&signal.source, &format!("undone {place}"), &signal.id.to_string());
        }
        signal
    }

    fn earlier(&self, day: Date) -> Date {
        day_of_number(day_number(day) - self.days)
    }

    fn before(&self, at: Timestamp) -> Timestamp {
        at.saturating_sub(SignedDuration::from_hours(24 * i64::from(self.days))).unwrap_or(at)
    }

    fn aged_line(&self, line: &LedgerLine) -> LedgerLine {
        LedgerLine {
            issued_on: self.earlier(line.issued_on),
            due_on: self.earlier(line.due_on),
            known_at: self.before(line.known_at),
            paid_on: line.paid_on.map(|on| self.earlier(on)),
            paid_known_at: line.paid_known_at.map(|at| self.before(at)),
            ..*line
        }
    }

    fn paid(&self, line: LedgerLine, on: Date) -> LedgerLine {
        let now = self.as_of.known_at;
        let paid_minor = line.amount.minor();
        LedgerLine { known_at: now, paid_on: Some(on), paid_minor, paid_known_at: Some(now), ..line }
    }

    /// Events grow older. States and empty answers do not: whoever asked last year asks again.
    fn aged(&self, signal: &KnownSignal) -> KnownSignal {
        let mut signal = signal.clone();
        match &mut signal.fact {
            Fact::Protest(p) => {
                p.raised_on = p.raised_on.map(|on| self.earlier(on));
                p.due_on = p.due_on.map(|on| self.earlier(on));
            }
            Fact::PrejudicialAct(a) => a.registered_on = a.registered_on.map(|on| self.earlier(on)),
            Fact::CompanyStatus(c) if c.procedure.is_some() || c.opened_on.is_some() => {
                c.opened_on = c.opened_on.map(|on| self.earlier(on));
                c.closed_on = c.closed_on.map(|on| self.earlier(on));
                c.revoked_on = c.revoked_on.map(|on| self.earlier(on));
            }
            Fact::News(_) | Fact::Identity(_) => {}
            Fact::CompanyStatus(_) | Fact::Filing(_) | Fact::VatCheck(_) | Fact::Clean { .. } | Fact::Indicator(_) => {
                return signal;
            }
        }
        signal.valid_at = self.earlier(signal.valid_at);
        signal.known_at = self.before(signal.known_at);
        signal
    }

    fn age(&mut self) {
        let mut dossier = std::mem::take(&mut self.dossier);
        dossier.ledger = dossier.ledger.iter().map(|line| self.aged_line(line)).collect();
        dossier.signals = dossier.signals.iter().map(|signal| self.aged(signal)).collect();
        for version in &mut dossier.versions {
            version.since = version.since.map(|since| self.earlier(since));
            version.known_at = self.before(version.known_at);
        }
        self.dossier = dossier;
    }

    /// What falls due meanwhile is paid on its day, and what was bought in the last year is bought again.
    fn trade(&mut self, lines: &[(LedgerLine, i64)], today: i32) {
        let mut made = Vec::new();
        let now = self.as_of;
        for (line, open) in lines.iter().filter(|(line, _)| line.kind == EntryKind::Invoice) {
            let due = self.earlier(line.due_on);
            if *open > 0 && day_number(line.due_on) >= today && due < now.valid_at {
                made.push(self.paid(self.aged_line(line), due));
            }
        }
        let invoices = || lines.iter().map(|(line, _)| line).filter(|line| line.kind == EntryKind::Invoice);
        let age = |line: &LedgerLine| today - day_number(line.issued_on);
        if invoices().any(|line| age(line) <= BUYING_DAYS) {
            for line in invoices().filter(|line| age(line) < YEAR) {
                let repeats = (1..).map_while(|n: i32| Some(age(line) + self.days - n * YEAR).filter(|age| *age >= 0));
                for (n, age) in (0i64..).zip(repeats) {
                    made.push(self.bought_again(line, today - age, n));
                }
            }
        }
        self.dossier.ledger.extend(made);
    }

    /// The same invoice a year or two later; it is paid on its due date when that has come.
    fn bought_again(&self, line: &LedgerLine, issued: i32, n: i64) -> LedgerLine {
        let due_on = day_of_number(issued + day_number(line.due_on) - day_number(line.issued_on));
        let is_due = due_on <= self.as_of.valid_at;
        LedgerLine {
            invoice: InvoiceKey::of(&format!("{} again {n}", line.invoice.get())),
            issued_on: day_of_number(issued),
            due_on,
            disputed: false,
            known_at: self.as_of.known_at,
            paid_on: is_due.then_some(due_on),
            paid_minor: if is_due { line.amount.minor() } else { 0 },
            paid_known_at: is_due.then_some(self.as_of.known_at),
            ..*line
        }
    }

    /// A register that told of a protest is asked again, and has nothing new.
    fn look_again(&mut self, dossier: &Dossier, levers: &Levers) {
        if !levers.has_protests {
            return;
        }
        let told = dossier.signals.iter().rfind(|s| matches!(s.fact, Fact::Protest(_)));
        if let Some(signal) = told {
            let id = SignalId::of(&signal.source, "looked again", &signal.id.to_string());
            let (valid_at, known_at) = (self.as_of.valid_at, self.as_of.known_at);
            let fact = Fact::Clean { what: "protests".to_owned() };
            self.dossier.signals.push(KnownSignal { id, valid_at, known_at, fact, ..signal.clone() });
        }
    }
}
