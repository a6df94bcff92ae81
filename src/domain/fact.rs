//! What a source can say, one type per kind.

use jiff::civil::Date;

use super::{About, Instrument, Money, NewsEvent, ProtestState, Status, VatAnswer};

/// A procedure in the register's own code and words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Procedure {
    /// The source's code.
    pub code: String,
    /// The source's words.
    pub words: String,
}

/// What a register says about the state of a company.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusChange {
    /// In our vocabulary.
    pub status: Status,
    /// The procedure, in the source's, when there is one.
    pub procedure: Option<Procedure>,
    /// When the procedure was opened.
    pub opened_on: Option<Date>,
    /// When it ended.
    pub closed_on: Option<Date>,
    /// When it was revoked. A procedure is open only while neither closed nor revoked.
    pub revoked_on: Option<Date>,
}

impl StatusChange {
    /// A status without a procedure.
    pub fn plain(status: Status) -> Self {
        Self { status, procedure: None, opened_on: None, closed_on: None, revoked_on: None }
    }

    /// Says of a record, by its own id, that it is void: its source took it back, for the reason given. It has no status;
    /// whatever is held under that id is withdrawn.
    pub fn void(why: Procedure, on: Date) -> Self {
        Self { procedure: Some(why), revoked_on: Some(on), ..Self::plain(Status::Unknown) }
    }

    /// Whether it says that its record is void.
    pub fn is_void(&self) -> bool {
        self.status == Status::Unknown && self.opened_on.is_none() && self.revoked_on.is_some()
    }

    /// Whether the procedure (or the status without one) holds on a day.
    pub fn is_open_on(&self, day: Date) -> bool {
        let ended = |on: Option<Date>| on.is_some_and(|on| on <= day);
        !ended(self.closed_on) && !ended(self.revoked_on)
    }
}

/// A bill or cheque that the debtor refused or could not pay.
#[derive(Debug, Clone, PartialEq)]
pub struct Protest {
    /// The paper.
    pub instrument: Instrument,
    /// Its amount.
    pub amount: Option<Money>,
    /// The day of the *levata*.
    pub raised_on: Option<Date>,
    /// The day it fell due.
    pub due_on: Option<Date>,
    /// The register's code for the refusal, as it came (`CM1`).
    pub reason_code: Option<String>,
    /// Whether it still stands.
    pub state: ProtestState,
}

/// A mortgage, seizure or charge.
#[derive(Debug, Clone, PartialEq)]
pub struct PrejudicialAct {
    /// What it is, in the source's words.
    pub act: String,
    /// What for.
    pub amount: Option<Money>,
    /// When it was registered.
    pub registered_on: Option<Date>,
    /// Whether it was struck out since.
    pub cancelled: bool,
}

/// A document filed with a register, or overdue there.
#[derive(Debug, Clone, PartialEq)]
pub struct Filing {
    /// The form, in the source's code.
    pub form: String,
    /// Its category: `accounts`, `confirmation-statement`, `gazette`…
    pub category: String,
    /// It should have been filed and was not.
    pub overdue: bool,
}

impl Filing {
    /// Whether it tells if documents come in time: one that is late, or one of the kinds that are due at regular times. A
    /// notice of strike-off or a judgment is filed, too, and says nothing of lateness.
    pub fn tells_of_lateness(&self) -> bool {
        self.overdue || matches!(self.category.as_str(), "accounts" | "confirmation-statement" | "periodic-report")
    }
}

/// Names, addresses and identifiers, and when they held.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// `legal_name`, `previous_name`, `trading_name`, `address`, `identifier`, `successor`.
    pub what: String,
    /// The text.
    pub text: String,
    /// From when.
    pub valid_from: Option<Date>,
    /// Until when.
    pub valid_until: Option<Date>,
}

/// A piece of news, as we read it. The text itself is the publisher's: only title, address and our reading are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewsItem {
    /// The headline; at most 300 characters.
    pub title: String,
    /// Where it can be read.
    pub url: String,
    /// ISO 639-1, as declared or guessed.
    pub language: String,
    /// What it reports.
    pub event: NewsEvent,
    /// How bad, 0 to 5.
    pub severity: u8,
    /// Whom it is about.
    pub about: About,
    /// It reports that this did *not* happen: denied, averted, revoked.
    pub negated: bool,
}

/// One figure of a sector statistic.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// `bankruptcies`, `registrations`, `production`, `turnover`, `sentiment`, `protests`; else the source's own code.
    pub series: String,
    /// The heading it is published under, as the source writes it (`C25`, `B-E`).
    pub sector: String,
    /// The country or area (`IT`, `EU27_2020`).
    pub country: String,
    /// `2026-08`, `2026-Q3` or `2026`.
    pub period: String,
    /// The figure.
    pub value: f64,
    /// Its unit (`I21`, `PCH_SM`).
    pub unit: String,
    /// The source's mark: `p` provisional, `e` estimated, `b` break; empty when none.
    pub flag: String,
}

/// What a source can say. Adding a kind makes the compiler list every place to think.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The state of a company.
    CompanyStatus(StatusChange),
    /// A protested bill or cheque.
    Protest(Protest),
    /// A mortgage, seizure or charge.
    PrejudicialAct(PrejudicialAct),
    /// A filed or overdue document.
    Filing(Filing),
    /// Names and addresses.
    Identity(Identity),
    /// A piece of news.
    News(NewsItem),
    /// A sector statistic.
    Indicator(Indicator),
    /// An answer about a VAT number.
    VatCheck(VatAnswer),
    /// Checked and found empty: `protests`, `procedures`, `prejudicial_acts`, `insolvency`, `charges`.
    Clean {
        /// What was checked.
        what: String,
    },
}

impl Fact {
    /// Whether it says that its record is to be forgotten: a protest that was taken out, an announcement that is void.
    pub fn takes_back(&self) -> bool {
        match self {
            Self::Protest(protest) => protest.state == ProtestState::Cancelled,
            Self::CompanyStatus(change) => change.is_void(),
            _ => false,
        }
    }

    /// The kind's word on the wire.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CompanyStatus(_) => "company_status",
            Self::Protest(_) => "protest",
            Self::PrejudicialAct(_) => "prejudicial_act",
            Self::Filing(_) => "filing",
            Self::Identity(_) => "identity",
            Self::News(_) => "news",
            Self::Indicator(_) => "indicator",
            Self::VatCheck(_) => "vat_check",
            Self::Clean { .. } => "clean",
        }
    }
}
