use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};

use super::Money;

/// One imported file or one request: the evidence behind every ledger line and client row that it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(i64);

impl BatchId {
    /// Takes the store's key.
    pub const fn new(key: i64) -> Self {
        Self(key)
    }

    /// The store's key.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// An invoice's number, folded to eight bytes: the dossier only asks whether two lines are the same invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvoiceKey(i64);

impl InvoiceKey {
    /// The key of an invoice number: the first eight bytes of its SHA-256.
    pub fn of(number: &str) -> Self {
        let hash = Sha256::digest(number.trim().as_bytes());
        let mut head = [0; 8];
        head.copy_from_slice(&hash[..8]);
        Self(i64::from_be_bytes(head))
    }

    /// Takes the store's key.
    pub const fn new(key: i64) -> Self {
        Self(key)
    }

    /// The store's key.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// What a ledger line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// The client owes us.
    Invoice,
    /// We owe the client: takes away from what it owes, and is never late.
    CreditNote,
    /// Nothing is said any more, of no money: the file that told of it was taken back. Until then it was what the revisions before
    /// say.
    Withdrawn,
}

/// One revision of one invoice, with what had been paid on it.
///
/// Two clocks twice over: the line exists for an `as_of` when `issued_on ≤ valid_at` and `known_at ≤ known_at`, its
/// payment when `paid_on ≤ valid_at` and `paid_known_at ≤ known_at`. Of several revisions of an invoice the newest known
/// counts. Lines of a dossier stand in order of invoice key, then `known_at`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LedgerLine {
    /// Which invoice.
    pub invoice: InvoiceKey,
    /// Invoice or credit note.
    pub kind: EntryKind,
    /// The day on the document.
    pub issued_on: Date,
    /// The day payment was due; the day of issue when the file does not say.
    pub due_on: Date,
    /// What it is for; positive for both kinds.
    pub amount: Money,
    /// The client disputes it: its lateness says nothing about the client's means.
    pub disputed: bool,
    /// When we learned of this revision.
    pub known_at: Timestamp,
    /// The day the last payment arrived.
    pub paid_on: Option<Date>,
    /// What has been paid in all, minor units of `amount`'s currency; all of it when only `paid_on` is known.
    pub paid_minor: i64,
    /// When we learned of the payment; `known_at` or later.
    pub paid_known_at: Option<Timestamp>,
    /// Where it was read.
    pub batch: BatchId,
}

/// Money that arrived on an invoice at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instalment {
    /// The day it arrived.
    pub on: Date,
    /// How much, minor units of the invoice's currency; above zero.
    pub minor: i64,
}

/// What had been paid on an invoice, each payment with its own day, as its revisions known by `known_at` tell it; in the
/// order in which the revisions came, at most what the newest is for.
///
/// A revision says what has been paid in all and when the last of it came. One that says more than the one before tells of
/// a payment of the difference; one that says as much, with another day, corrects the last day; one that says less, or
/// nothing, starts the count anew.
pub fn instalments(revisions: &[LedgerLine], known_at: Timestamp) -> Vec<Instalment> {
    let mut parts: Vec<Instalment> = Vec::new();
    let mut sum = 0;
    let known = &revisions[..revisions.partition_point(|line| line.known_at <= known_at)];
    for line in known {
        let Some(on) = line.paid_on.filter(|_| line.paid_minor > 0) else {
            parts.clear();
            sum = 0;
            continue;
        };
        if line.paid_known_at.is_some_and(|at| at > known_at) {
            continue;
        }
        match parts.last_mut() {
            Some(last) if line.paid_minor == sum => last.on = on,
            _ => {
                if line.paid_minor < sum {
                    parts.clear();
                    sum = 0;
                }
                parts.push(Instalment { on, minor: line.paid_minor - sum });
            }
        }
        sum = line.paid_minor;
    }
    let mut left = known.last().map_or(0, |line| line.amount.minor());
    for part in &mut parts {
        part.minor = part.minor.min(left);
        left -= part.minor;
    }
    parts.retain(|part| part.minor > 0);
    parts
}
