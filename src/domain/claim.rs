use jiff::civil::Date;

use super::{WordError, vocabulary::code_enum};

code_enum! {
    /// How a dispute ended.
    DisputeOutcome, "dispute outcome", {
        /// The client was right: what it disputed is not owed.
        Upheld = "upheld",
        /// The client was wrong: everything is owed.
        Rejected = "rejected",
        /// The client took it back.
        Withdrawn = "withdrawn",
        /// Both met half-way.
        Settled = "settled",
    }
}

/// What a creditor says of an invoice beyond what it is for and what has been paid: the last word on each point.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    /// The reference that the client is asked to pay under, where it is not the invoice's number.
    pub reference: Option<String>,
    /// Of a credit note: the number of the invoice that it takes away from.
    pub refers_to: Option<String>,
    /// The client disputes it, or did.
    pub dispute: Option<Dispute>,
    /// The client promised to pay.
    pub promise: Option<Promise>,
    /// It is part of a plan of instalments.
    pub plan: Option<Plan>,
    /// The creditor has given it up.
    pub written_off: Option<WriteOff>,
}

/// A dispute about an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispute {
    /// Since when.
    pub on: Date,
    /// About how much, minor units; none means all of it.
    pub minor: Option<i64>,
    /// When it ended.
    pub closed_on: Option<Date>,
    /// How it ended.
    pub outcome: Option<DisputeOutcome>,
}

/// A promise to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// The day by which.
    pub due_on: Date,
    /// How much, minor units; none means what is open.
    pub minor: Option<i64>,
}

/// A plan of instalments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The creditor's name of it.
    pub name: String,
    /// The day agreed for this invoice.
    pub due_on: Option<Date>,
}

/// A claim that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOff {
    /// When.
    pub on: Date,
    /// How much, minor units; none means what is open.
    pub minor: Option<i64>,
}

impl Claim {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What of it changes what is asked of the client, without the references that only lists show; none where nothing does.
    pub fn asked(self) -> Option<Self> {
        let asked = Self { reference: None, refers_to: None, ..self };
        (!asked.is_empty()).then_some(asked)
    }
}

impl Dispute {
    /// Whether it is about half of an invoice or more, whose amount is in minor units: less leaves the invoice owed.
    pub fn is_about_most(&self, amount: i64) -> bool {
        self.minor.is_none_or(|minor| minor.saturating_mul(2) >= amount)
    }

    /// Whether it was under way when a day was over.
    pub fn is_open(&self, on: Date) -> bool {
        self.on <= on && self.closed_on.is_none_or(|closed| closed > on)
    }

    /// The day since which what was disputed is owed again; none while the dispute goes on, and for good where the client was
    /// right: what is not owed is not late.
    pub fn owed_since(&self) -> Option<Date> {
        self.closed_on.filter(|_| self.outcome != Some(DisputeOutcome::Upheld))
    }
}
