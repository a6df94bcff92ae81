use jiff::civil::Date;

use super::{Money, WordError, vocabulary::code_enum};

code_enum! {
    /// The phases from management to recovery, in the order in which they are usually reached.
    Phase, "phase", {
        /// Nothing due, or within terms.
        Monitoring = "monitoring",
        /// A friendly reminder.
        Reminder = "reminder",
        /// Mediation by phone.
        CourtesyCall = "courtesy_call",
        /// Formal notice, which puts in default and stops limitation.
        FormalNotice = "formal_notice",
        /// Agency, plan, visit.
        ExtrajudicialRecovery = "extrajudicial_recovery",
        /// Injunction, enforcement.
        JudicialRecovery = "judicial_recovery",
        /// In an insolvency procedure: no pressure, file the claim.
        ClaimFiling = "claim_filing",
        /// Recovery is not worth its cost, or the company is gone: assignment without recourse, or write-off.
        WriteOff = "write_off",
    }
}

code_enum! {
    /// What is to be done about a client.
    Action, "action", {
        /// Nothing is owed.
        None = "none",
        /// Look again on a day.
        Watch = "watch",
        /// Remind an irregular payer before the day.
        RemindBeforeDue = "remind_before_due",
        /// The time that the debtor was given runs.
        Wait = "wait",
        /// Write a friendly reminder.
        SendReminder = "send_reminder",
        /// Call, listen, agree.
        Call = "call",
        /// Go there.
        Visit = "visit",
        /// Offer instalments.
        OfferPlan = "offer_plan",
        /// Put in default, by certified mail.
        SendNotice = "send_notice",
        /// Give the position to an agency.
        HandToAgency = "hand_to_agency",
        /// Ask for an injunction, enforce.
        GoToCourt = "go_to_court",
        /// File the claim in the procedure.
        FileClaim = "file_claim",
        /// Assign the claim without recourse.
        Assign = "assign",
        /// Write it off.
        WriteOff = "write_off",
        /// Wait for what was promised.
        AwaitPromise = "await_promise",
        /// Wait for the next instalment.
        FollowPlan = "follow_plan",
        /// Find out who is right.
        SettleDispute = "settle_dispute",
    }
}

impl Action {
    /// Whether somebody has something to do by the day, and not only to look or to wait for a payment.
    pub const fn is_work(self) -> bool {
        !matches!(self, Self::None | Self::Watch | Self::Wait | Self::AwaitPromise | Self::FollowPlan)
    }
}

code_enum! {
    /// The way an action takes.
    Channel, "channel", {
        /// A person looks.
        Desk = "desk",
        /// E-mail.
        Email = "email",
        /// Telephone.
        Phone = "phone",
        /// Letter.
        Letter = "letter",
        /// Certified e-mail (PEC), which proves the day of arrival.
        CertifiedMail = "certified_mail",
        /// In person.
        InPerson = "in_person",
        /// A collection agency.
        Agency = "agency",
        /// A lawyer.
        Lawyer = "lawyer",
    }
}

code_enum! {
    /// How the debtor is spoken to.
    Tone, "tone", {
        /// As among partners.
        Friendly = "friendly",
        /// Firm but serene: the client buys and pays, and should go on doing so.
        WhiteGloves = "white_gloves",
        /// Plain and firm.
        Firm = "firm",
        /// As the law wants it.
        Formal = "formal",
    }
}

code_enum! {
    /// Why the clock stands still.
    Hold, "hold", {
        /// What is overdue is disputed.
        Dispute = "dispute",
        /// A payment is promised.
        Promise = "promise",
        /// Instalments are agreed.
        Plan = "plan",
        /// A court protects the debtor: no step that it bars is taken as long as it does, and its days are none of the clock
        /// of such steps.
        Protection = "protection",
    }
}

code_enum! {
    /// What the law says of a debtor, as far as treatment must know.
    LegalState, "legal state", {
        /// Nothing.
        Free = "none",
        /// Winding up while solvent.
        VoluntaryLiquidation = "voluntary_liquidation",
        /// In a procedure that means to save it; enforcement may be barred.
        Restructuring = "restructuring",
        /// In a procedure because it cannot pay.
        Insolvent = "insolvent",
        /// No longer exists.
        Ceased = "ceased",
    }
}

/// Why a client is in its phase: what [`Treatment`] says in sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Nothing is owed.
    NothingOwed,
    /// What is owed is within terms.
    WithinTerms,
    /// An irregular payer's invoice is about to fall due.
    AboutToFallDue {
        /// How late it pays as a rule, days.
        usually_late_days: i32,
    },
    /// What is overdue is less than is worth asking for.
    WithinTolerance,
    /// Overdue, and the first step is not due yet.
    TooEarly,
    /// The clock and the notice given say that it is time.
    Due,
    /// The step was taken, and the time that the debtor was given runs until a day.
    Given {
        /// When it was taken.
        on: Date,
    },
    /// Nobody answered; try again.
    NotReached {
        /// How often it was tried.
        n_tries: u32,
    },
    /// A promise was broken: one step further on at once.
    BrokenPromise {
        /// When it was broken.
        on: Date,
    },
    /// A step was taken and no other one is left.
    Exhausted {
        /// When it was taken.
        on: Date,
    },
    /// The clock stands still.
    Held(Hold),
    /// A state of law that has a phase of its own.
    Law(LegalState),
}

impl Basis {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingOwed => "nothing_owed",
            Self::WithinTerms => "within_terms",
            Self::AboutToFallDue { .. } => "about_to_fall_due",
            Self::WithinTolerance => "within_tolerance",
            Self::TooEarly => "too_early",
            Self::Due => "due",
            Self::Given { .. } => "time_given",
            Self::NotReached { .. } => "not_reached",
            Self::BrokenPromise { .. } => "broken_promise",
            Self::Exhausted { .. } => "exhausted",
            Self::Held(hold) => hold.as_str(),
            Self::Law(state) => state.as_str(),
        }
    }
}

/// What to do about a client on a day, and why this and not more.
#[derive(Debug, Clone, PartialEq)]
pub struct Treatment {
    /// Where the client stands.
    pub phase: Phase,
    /// What is to be done.
    pub action: Action,
    /// Which way.
    pub channel: Channel,
    /// How.
    pub tone: Tone,
    /// By whom, in the policy's words.
    pub owner: String,
    /// Which of the policy's tracks the client is on.
    pub track: String,
    /// Everything that is open, credit notes taken off: what a claim in a procedure is about.
    pub owed: Money,
    /// What is open in other currencies, which is in no sum here.
    pub elsewhere: Vec<Money>,
    /// What is overdue and not disputed, credit notes taken off.
    pub overdue: Money,
    /// How much of that is promised, or to come by a plan, and until when it is waited for; nobody asks for it meanwhile.
    pub promised: Option<(Money, Date)>,
    /// The days from this one on, on which money is to come by the promise or the plan that stands, and how much on each.
    pub awaited: Vec<(Date, Option<Money>)>,
    /// Invoices that are overdue and not disputed.
    pub n_overdue: usize,
    /// Days since the oldest of them fell due; 0 when there is none.
    pub oldest_overdue_days: i32,
    /// The same without the days on which the clock stood still.
    pub clock_days: i32,
    /// By when to act, or when to look again; none only when nothing is owed.
    pub due_on: Option<Date>,
    /// The day on which it should have been done, when that is past.
    pub late_since: Option<Date>,
    /// What comes next and when, if nothing is paid.
    pub next: Option<(Phase, Date)>,
    /// Why.
    pub basis: Basis,
}

impl Treatment {
    /// Whether it is told of: something is to be done, or waited for until a day.
    pub fn is_task(&self) -> bool {
        !matches!(self.action, Action::None | Action::Watch)
    }

    /// What is asked for: what is overdue without what is promised.
    pub fn asked(&self) -> Money {
        let promised = self.promised.map_or(0, |(promised, _)| promised.minor());
        Money::from_minor(self.overdue.minor() - promised, self.overdue.currency())
    }
}

/// A client went into another phase, or something else is to be done in it.
#[derive(Debug, Clone, PartialEq)]
pub struct TreatmentChange {
    /// Phase and action before; none when it was not treated.
    pub from: Option<(Phase, Action)>,
    /// Phase and action now.
    pub to: (Phase, Action),
    /// Which way.
    pub channel: Channel,
    /// How.
    pub tone: Tone,
    /// By whom.
    pub owner: String,
    /// By when.
    pub due_on: Option<Date>,
    /// What comes next and when.
    pub next: Option<(Phase, Date)>,
    /// What is overdue.
    pub overdue: Money,
    /// Days since the oldest of it fell due.
    pub oldest_overdue_days: i32,
    /// Why, as a word.
    pub basis: String,
    /// Which policy said so.
    pub policy: String,
}
