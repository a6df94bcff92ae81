//! A file is taken back: what it said is unsaid, as far as nobody has said otherwise since.
//!
//! # Why
//!
//! *Why is a row that was changed since left alone?* What a later file or a person said is true whatever became of the
//! earlier file, and nobody knows what they would have said without it. It is told to whoever takes the file back.
//!
//! *What is changed since?* What does not say any more what the file left it saying. Who takes two files back, the later one
//! first, finds the first one's rows as it left them.
//!
//! *Why may an invoice stay for a payment's sake, and a payment for an invoice's?* What is booked on an invoice is part of
//! what is paid on it. Where one of the two must stay, the other stays with it.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::{
    revise::{MAX_TRIES, overtaken},
    settle::{self, Knowing},
};
use crate::{
    domain::{ClientId, EntryKind, InvoiceKey, LedgerLine, Money, instalments},
    store::{
        Basis, Brought, Entry, ImportRow, LedgerRow, Payment, PaymentKind, PaymentState, Result, Settlement, Step,
        Store, Undoing, Unsaying, after,
    },
};

/// Why something that a file brought is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A later file or call has changed it.
    ChangedSince,
    /// It stays whatever becomes of the file: a client's code that was given out, what a bank took back.
    Kept,
}

/// Something that a file brought and that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Why.
    pub why: Why,
    /// Whose, or who; none of a payment that is nobody's yet.
    pub client: Option<ClientId>,
    /// The invoice's number.
    pub invoice: Option<String>,
    /// The payment's number.
    pub payment: Option<i64>,
}

/// What became of a file that was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unsaid {
    /// Clients and invoices that are again as they were before the file.
    pub restored: u64,
    /// Invoices and payments that were new with the file, and are no longer there.
    pub withdrawn: u64,
    /// Those that are still there.
    pub left: Vec<Left>,
}

/// Takes a file back; `note` is for the audit log. None when it was taken back before.
pub async fn undo_import(
    store: &Store,
    import: &ImportRow,
    note: &Entry<'_>,
    now: Timestamp,
) -> Result<Option<Unsaid>> {
    for _ in 0..MAX_TRIES {
        let brought = store.facts().brought(import.id).await?;
        let mut books = Books::of(store, &brought).await?;
        books.settle();
        let mut unsaid = books.unsaid();
        let what = Unsaying { clients: brought.clients, n_notes: brought.n_notes, ..books.unsaying(now) };
        match store.facts().undo_import(import, &what, note, now).await? {
            Undoing::Taken(clients) => {
                let left = |why| move |client| Left { why, client: Some(client), invoice: None, payment: None };
                unsaid.restored += clients.n_restored;
                unsaid.left.extend(clients.changed.into_iter().map(left(Why::ChangedSince)));
                unsaid.left.extend(clients.kept.into_iter().map(left(Why::Kept)));
                return Ok(Some(unsaid));
            }
            Undoing::Late => return Ok(None),
            Undoing::Overtaken => {}
        }
    }
    Err(overtaken())
}

/// An invoice that a file wrote of.
struct Invoice {
    /// All its revisions.
    stored: Vec<LedgerRow>,
    /// How many there were before the file.
    n_before: usize,
    /// What is booked on it.
    booked: Vec<Settlement>,
    is_left: bool,
}

/// A payment that a file brought.
struct Arrived {
    id: i64,
    /// As it is, if nobody has decided of it since.
    payment: Option<Payment>,
    /// It stays for an invoice's sake.
    is_left: bool,
}

impl Arrived {
    /// The payment, if it goes with the file.
    fn going(&self) -> Option<&Payment> {
        let payment = self.payment.as_ref().filter(|_| !self.is_left);
        payment.filter(|payment| payment.state != PaymentState::Returned)
    }
}

/// What a file wrote, as it is now.
#[derive(Default)]
struct Books {
    invoices: BTreeMap<(ClientId, InvoiceKey), Invoice>,
    payments: Vec<Arrived>,
}

impl Books {
    async fn of(store: &Store, brought: &Brought) -> Result<Self> {
        let keys: Vec<_> = brought.invoices.iter().map(|(client, invoice, _)| (*client, *invoice)).collect();
        let mut booked = store.facts().settlements(&keys).await?;
        let mut books = Self::default();
        let mut steps: BTreeMap<ClientId, BTreeMap<InvoiceKey, Step>> = BTreeMap::new();
        for (client, invoice, step) in &brought.invoices {
            steps.entry(*client).or_default().insert(*invoice, *step);
        }
        for (client, steps) in steps {
            let revisions = store.facts().revisions(client).await?;
            for stored in revisions.chunk_by(|a, b| a.line.invoice == b.line.invoice) {
                let Some(key) = stored.first().map(|row| row.line.invoice) else { continue };
                let Some(step) = steps.get(&key) else { continue };
                let n_before = usize::try_from(step.before).unwrap_or_default();
                let n_after = usize::try_from(step.after).unwrap_or_default();
                let booked = booked.remove(&(client, key)).unwrap_or_default();
                let is_left = !is_as_left(stored, n_after);
                let invoice = Invoice { stored: stored.to_vec(), n_before, booked, is_left };
                books.invoices.insert((client, key), invoice);
            }
        }
        let mut found: BTreeMap<i64, Payment> = BTreeMap::new();
        for payment in store.facts().payments_as_brought(&brought.payments).await? {
            found.insert(payment.id, payment);
        }
        let ids = brought.payments.iter().map(|(id, _)| *id);
        books.payments = ids.map(|id| Arrived { id, payment: found.remove(&id), is_left: false }).collect();
        Ok(books)
    }

    /// Finds out what stays for the sake of something else that does, until nothing more is found.
    fn settle(&mut self) {
        loop {
            let goes: HashSet<i64> = self.going().map(|payment| payment.id).collect();
            let mut has_found = false;
            for invoice in self.invoices.values_mut().filter(|invoice| !invoice.is_left) {
                // More is booked on it than was paid before the file: somebody has booked since, or a payment stays.
                let stays = invoice.booked.iter().filter(|s| !goes.contains(&s.payment)).map(|s| s.minor).sum::<i64>();
                invoice.is_left = stays > invoice.paid_before();
                has_found |= invoice.is_left;
            }
            for arrived in &mut self.payments {
                let parts = arrived.going().map_or(&[][..], |payment| &payment.parts);
                let on: Vec<_> = parts.iter().map(|part| (part.client, part.invoice)).collect();
                if !on.iter().any(|key| self.invoices.get(key).is_some_and(|invoice| invoice.is_left)) {
                    continue;
                }
                for key in &on {
                    if let Some(invoice) = self.invoices.get_mut(key) {
                        invoice.is_left = true;
                    }
                }
                arrived.is_left = true;
                has_found = true;
            }
            if !has_found {
                return;
            }
        }
    }

    /// Payments that go with the file.
    fn going(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().filter_map(Arrived::going)
    }

    fn unsaid(&self) -> Unsaid {
        let mut unsaid = Unsaid::default();
        for ((client, _), invoice) in &self.invoices {
            match () {
                () if invoice.is_left => {
                    let number = invoice.stored.last().map(|row| row.number.clone());
                    let left = Left { why: Why::ChangedSince, client: Some(*client), invoice: number, payment: None };
                    unsaid.left.push(left);
                }
                () if invoice.said_before().is_some() => unsaid.restored += 1,
                () => unsaid.withdrawn += 1,
            }
        }
        // What a credit note took off an invoice is no row of a file.
        unsaid.withdrawn += self.going().filter(|payment| payment.kind != PaymentKind::Note).count() as u64;
        for arrived in self.payments.iter().filter(|arrived| arrived.going().is_none()) {
            let why = match &arrived.payment {
                Some(payment) if payment.kind == PaymentKind::Note => continue,
                Some(payment) if payment.state == PaymentState::Returned => Why::Kept,
                _ => Why::ChangedSince,
            };
            unsaid.left.push(Left { why, client: None, invoice: None, payment: Some(arrived.id) });
        }
        unsaid
    }

    fn unsaying(&self, now: Timestamp) -> Unsaying {
        let mut what = Unsaying::default();
        for ((client, key), invoice) in self.invoices.iter().filter(|(_, invoice)| !invoice.is_left) {
            what.rows.extend(invoice.rows_before(now));
            what.basis.push(Basis {
                client: *client,
                invoice: *key,
                n_revisions: Some(invoice.stored.len()),
                n_booked: invoice.booked.len(),
            });
        }
        what.payments = self.going().map(|payment| (payment.id, payment.state)).collect();
        what
    }
}

/// Whether an invoice says what it said after its first so many revisions: when and where it was read does not count.
fn is_as_left(stored: &[LedgerRow], n_after: usize) -> bool {
    let Some(left) = n_after.checked_sub(1).and_then(|place| stored.get(place)) else { return false };
    let Some(newest) = stored.last() else { return false };
    let undated = |line: &LedgerLine| LedgerLine {
        known_at: Timestamp::UNIX_EPOCH,
        paid_known_at: None,
        batch: left.line.batch,
        ..*line
    };
    let lines: Vec<LedgerLine> = stored.iter().map(|row| row.line).collect();
    let known = lines.get(..n_after).unwrap_or_default();
    undated(&left.line) == undated(&newest.line)
        && left.credit_type == newest.credit_type
        && left.claim == newest.claim
        && instalments(known, Timestamp::MAX) == instalments(&lines, Timestamp::MAX)
}

impl Invoice {
    fn before(&self) -> &[LedgerRow] {
        self.stored.get(..self.n_before).unwrap_or_default()
    }

    /// What was said of it before the file; none when nothing was, or nothing any more.
    fn said_before(&self) -> Option<&LedgerRow> {
        self.before().last().filter(|row| row.line.kind != EntryKind::Withdrawn)
    }

    /// What was paid on it before the file, minor units.
    fn paid_before(&self) -> i64 {
        let lines: Vec<LedgerLine> = self.before().iter().map(|row| row.line).collect();
        instalments(&lines, Timestamp::MAX).iter().map(|part| part.minor).sum()
    }

    /// The revisions that say again what was said before the file, or nothing where nothing was.
    fn rows_before(&self, now: Timestamp) -> Vec<LedgerRow> {
        let Some(newest) = self.stored.last() else { return Vec::new() };
        let known_at = after(newest.line.known_at, now);
        let bare =
            |line: LedgerLine| LedgerLine { known_at, paid_on: None, paid_minor: 0, paid_known_at: None, ..line };
        let Some(last) = self.said_before() else {
            let nothing = Money::from_minor(0, newest.line.amount.currency());
            let line = bare(newest.line);
            let line = LedgerLine { kind: EntryKind::Withdrawn, amount: nothing, disputed: false, ..line };
            return vec![LedgerRow { claim: None, credit_type: None, line, ..newest.clone() }];
        };
        let lines: Vec<LedgerLine> = self.stored.iter().map(|row| row.line).collect();
        let payments = instalments(lines.get(..self.n_before).unwrap_or_default(), Timestamp::MAX);
        let line = LedgerLine { known_at, ..last.line };
        let knowing = Knowing { now: known_at, backfill: false };
        let revisions = settle::revisions(&line, &lines, &payments, knowing).into_iter();
        revisions.map(|line| LedgerRow { line, ..last.clone() }).collect()
    }
}
