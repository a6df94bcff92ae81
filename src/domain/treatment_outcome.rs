//! What was done about a client and what came of it: facts with two clocks.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date};

use super::{InvoiceKey, Money, Phase, WordError, signal::name_of_parts, vocabulary::code_enum};

code_enum! {
    /// What kind of thing was done or heard.
    OutcomeKind, "kind", {
        /// A friendly reminder went out.
        ReminderSent = "reminder_sent",
        /// A call.
        Call = "call",
        /// A formal notice went out.
        NoticeSent = "notice_sent",
        /// A visit.
        Visit = "visit",
        /// The position went to an agency.
        HandedToAgency = "handed_to_agency",
        /// An injunction or enforcement was asked for.
        CourtFiled = "court_filed",
        /// The claim was filed in a procedure.
        ClaimFiled = "claim_filed",
        /// The claim was assigned without recourse.
        Assigned = "assigned",
        /// It was written off.
        WrittenOff = "written_off",
        /// The client promised to pay.
        Promise = "promise",
        /// It did.
        PromiseKept = "promise_kept",
        /// It did not.
        PromiseBroken = "promise_broken",
        /// Instalments were agreed.
        Plan = "plan",
        /// An instalment did not come.
        PlanBroken = "plan_broken",
        /// The client disputes an invoice, or everything that is overdue.
        Dispute = "dispute",
        /// The dispute is over.
        DisputeSettled = "dispute_settled",
        /// Anything else worth keeping.
        Note = "note",
    }
}

impl OutcomeKind {
    /// The phase that the debtor has been told of when this was done. Who promises, or agrees to instalments, has been spoken
    /// to.
    pub const fn tells(self) -> Option<Phase> {
        match self {
            Self::ReminderSent => Some(Phase::Reminder),
            Self::Call | Self::Promise | Self::Plan => Some(Phase::CourtesyCall),
            Self::NoticeSent => Some(Phase::FormalNotice),
            Self::Visit | Self::HandedToAgency => Some(Phase::ExtrajudicialRecovery),
            Self::CourtFiled => Some(Phase::JudicialRecovery),
            Self::ClaimFiled => Some(Phase::ClaimFiling),
            Self::Assigned | Self::WrittenOff => Some(Phase::WriteOff),
            _ => None,
        }
    }
}

code_enum! {
    /// How a call or a visit ended.
    Reached, "result", {
        /// They spoke.
        Reached = "reached",
        /// Nobody was there.
        NoAnswer = "no_answer",
        /// They would not speak of it.
        Refused = "refused",
    }
}

/// The name of an outcome: a hash of whose it is and what it says. Shown as `act_` and 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutcomeId([u8; 16]);

impl OutcomeId {
    /// The name of what these parts say, in their order.
    pub fn of(parts: &[&str]) -> Self {
        Self(name_of_parts(parts))
    }

    /// Takes the store's key.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for OutcomeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "act_{}", hex::encode(self.0))
    }
}

impl FromStr for OutcomeId {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut bytes = [0; 16];
        match text.strip_prefix("act_").map(|t| hex::decode_to_slice(t, &mut bytes)) {
            Some(Ok(())) => Ok(Self(bytes)),
            _ => Err(WordError::new("action", text, "must be act_ and 32 hexadecimal digits")),
        }
    }
}

/// Something that was done about a client, or heard from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its name.
    pub id: OutcomeId,
    /// What kind of thing.
    pub kind: OutcomeKind,
    /// The day it happened.
    pub on: Date,
    /// When the house learned of it.
    pub known_at: Timestamp,
    /// Who told: a key's name, or `cli`.
    pub author: String,
    /// Of a call or a visit: how it ended.
    pub result: Option<Reached>,
    /// Of a promise: what, everything that is overdue when left out; of a dispute: how much of the invoice.
    pub amount: Option<Money>,
    /// Of a promise: until when.
    pub due_on: Option<Date>,
    /// Of a dispute and its end: the invoice's number; everything that is overdue when left out.
    pub invoice: Option<String>,
    /// Which invoice that is, where its number alone does not say it: of two codes that are one company both may have one of
    /// that number.
    pub invoice_key: Option<InvoiceKey>,
    /// Of a dispute's end: whether the client was right.
    pub accepted: Option<bool>,
    /// Of a plan: when how much is to come, in order.
    pub instalments: Vec<(Date, Money)>,
    /// In somebody's own words.
    pub note: Option<String>,
    /// The invoices that were overdue, and not disputed, on its day: what it was about, whatever becomes of their dates. None
    /// where nothing was, and in what was recorded before this was kept.
    pub about: Vec<InvoiceKey>,
    /// The phase that it was time for when it was recorded, and that nobody had taken: nothing softer leads back from it. None
    /// where it was time for nothing, and in what was recorded before this was kept.
    pub was_due: Option<Phase>,
}

impl Outcome {
    /// Whether it tells the debtor of a phase: a call that nobody answered tells nobody anything.
    pub fn tells(&self) -> Option<Phase> {
        self.kind.tells().filter(|_| self.result != Some(Reached::NoAnswer))
    }

    /// The invoice that it names.
    pub fn named(&self) -> Option<InvoiceKey> {
        self.invoice_key.or_else(|| self.invoice.as_deref().map(InvoiceKey::of))
    }

    /// Whether it names an invoice, or none and so means all that there are.
    pub fn may_be_about(&self, invoice: InvoiceKey) -> bool {
        self.named().is_none_or(|named| named == invoice)
    }

    /// Whether it tells of a dispute or of the end of one.
    pub const fn is_of_dispute(&self) -> bool {
        matches!(self.kind, OutcomeKind::Dispute | OutcomeKind::DisputeSettled)
    }

    /// What it says, field by field, as its name is made of: who told it, when it was recorded and what was overdue then do not
    /// count. Fields to come go to the end, and only where they say something, or everything told before would have another
    /// name.
    pub fn said(&self) -> Vec<String> {
        let maybe = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
        let instalments = self.instalments.iter().map(|(on, amount)| format!("{on} {amount}"));
        let mut said = vec![
            self.kind.to_string(),
            self.on.to_string(),
            maybe(self.result.map(|result| result.to_string())),
            maybe(self.amount.map(|amount| amount.to_string())),
            maybe(self.due_on.map(|due| due.to_string())),
            maybe(self.invoice.clone()),
            maybe(self.accepted.map(|accepted| accepted.to_string())),
            instalments.collect::<Vec<_>>().join(";"),
            maybe(self.note.clone()),
        ];
        said.extend(self.invoice_key.map(|key| key.get().to_string()));
        said
    }
}
