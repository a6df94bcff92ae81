//! What arrived at the bank: statements and notifications (ISO 20022 `camt.053` and `camt.054`, versions 02 to 08).
//!
//! A file is read entry by entry, so that its size does not matter. An entry is booked on the invoices it is for when that is
//! certain (`matching`), and else waits for a person with what it may be for. The same entry, in this file or another, is
//! one payment.
//!
//! # Why
//!
//! *Why not the best guess?* A payment booked on the wrong invoice makes one client late who has paid and another one paid
//! who is late, and both are told so. What waits for a person costs a minute.
//!
//! *And money that the bank takes back?* A reversal of a credit, or a direct debit that comes back, opens the invoices of the one
//! booked payment that it names again (`returned`); when it names none, or several, it waits for a person like a payment.
//!
//! *What is kept as evidence?* A line for each entry, with what was read of it: a statement tells of everybody, and what
//! names one of them must be found and taken out alone.

mod books;
mod dividing;
mod entry;
mod matching;
mod read;
mod returned;
mod words;

use std::{
    collections::{HashMap, HashSet},
    io::BufRead,
};

use serde_json::json;

use self::{
    books::Books,
    entry::{Entry, TakesBack},
    matching::Found,
    read::Given,
    returned::Meant,
};
use super::{Error, Outcome, Reject, booking::Booking, check::Refusal, write::Writer};
use crate::{
    domain::{BatchId, ClientId, InvoiceKey, Money, Sha256},
    store::{BatchRow, Payment, PaymentCandidate, PaymentKind, PaymentState},
};

/// Entries that are matched and written together.
const CHUNK: usize = 500;
/// Chunks that are read ahead of those that are written.
const AHEAD: usize = 2;

/// What became of the entries of a file, beside the counts that all imports have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Matched {
    /// Booked on invoices.
    pub booked: u64,
    /// Waiting for a person.
    pub review: u64,
    /// Money of booked payments that the bank took back.
    pub taken_back: u64,
    /// Not payments of clients: money that went, or is not booked yet.
    pub passed_over: u64,
}

/// Whether bytes begin a bank's message.
pub(super) fn is_one(head: &[u8]) -> bool {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().starts_with(b"<")
}

/// Reads a file of a bank and books what is certain. `name` is the file's name, for evidence.
pub(super) async fn import(
    writer: &mut Writer<'_>,
    name: &str,
    file: impl BufRead + Send + 'static,
) -> Result<(Outcome, Matched), Error> {
    let mut books = Books::of(writer.store, writer.portfolio).await?;
    let (sender, mut chunks) = tokio::sync::mpsc::channel::<Vec<Given>>(AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        let mut chunk = Vec::with_capacity(CHUNK);
        let ended = read::read(file, |given| {
            chunk.push(given);
            chunk.len() < CHUNK || sender.blocking_send(std::mem::take(&mut chunk)).is_ok()
        });
        // What was read before the file broke off is good.
        drop(sender.blocking_send(chunk));
        ended
    });
    let (mut outcome, mut matched, mut seen) = (Outcome::default(), Matched::default(), Seen::default());
    let mut n_chunks = 0;
    while let Some(chunk) = chunks.recv().await {
        n_chunks += 1;
        let piece = if n_chunks == 1 { name.to_owned() } else { format!("{name} ({n_chunks})") };
        take(writer, &mut books, (&piece, chunk), (&mut outcome, &mut matched, &mut seen)).await?;
        let done = outcome.changed + outcome.unchanged;
        (writer.progress)(done, done);
    }
    let broken = |why: String| Error::File { file: name.to_owned(), why };
    match reading.await {
        Ok(Ok(())) => {}
        Ok(Err(why))
            if outcome.changed + outcome.unchanged + outcome.rejects.len() as u64 + matched.passed_over == 0 =>
        {
            return Err(broken(why));
        }
        Ok(Err(why)) => outcome.rejects.push(Reject {
            file: String::new(),
            line: line_of(&why),
            column: String::new(),
            value: String::new(),
            code: "bad_xml",
            reason: format!("{why}; what stands before it was taken"),
            row: Vec::new(),
        }),
        Err(failure) => return Err(broken(failure.to_string())),
    }
    if matched.passed_over > 0 {
        outcome.notes.push(format!("{} entries are no payments of clients", matched.passed_over));
    }
    let taken_back = match matched.taken_back {
        0 => String::new(),
        n => format!(", {n} taken back by the bank"),
    };
    outcome.notes.push(format!("{} booked{taken_back}, {} wait for a person", matched.booked, matched.review));
    outcome.accepted = outcome.changed + outcome.unchanged;
    outcome.rejected = outcome.rejects.len() as u64;
    Ok((outcome, matched))
}

/// The line that a sentence begins with.
fn line_of(why: &str) -> u64 {
    let number = why.strip_prefix("line ").and_then(|rest| rest.split(':').next());
    number.and_then(|number| number.split(' ').next()).and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Which entries of this file there were: of those that the bank names, with what content; of the others, how often each.
#[derive(Default)]
struct Seen {
    named: HashMap<Sha256, HashSet<Sha256>>,
    others: HashMap<Sha256, u64>,
}

impl Seen {
    /// What tells an entry from every other; none when it came before.
    fn own_id(&mut self, entry: &Entry) -> Option<Sha256> {
        if entry.is_named {
            // The bank's name again with other content is another entry.
            let contents = self.named.entry(entry.own_id).or_default();
            let is_first = contents.is_empty();
            let own = || match is_first {
                true => entry.own_id,
                false => Sha256::of(format!("{} {}", entry.own_id, entry.content).as_bytes()),
            };
            return contents.insert(entry.content).then(own);
        }
        let n = self.others.entry(entry.own_id).or_default();
        *n += 1;
        Some(if *n == 1 { entry.own_id } else { Sha256::of(format!("{} {n}", entry.own_id).as_bytes()) })
    }
}

async fn take(
    writer: &mut Writer<'_>,
    books: &mut Books,
    (piece, chunk): (&str, Vec<Given>),
    (outcome, matched, seen): (&mut Outcome, &mut Matched, &mut Seen),
) -> Result<(), Error> {
    let mut entries = Vec::new();
    for given in chunk {
        match given {
            Given::Refused(line, refusal) => outcome.rejects.push(reject(line, refusal)),
            Given::Entry(entry) if !entry.is_payment && entry.takes_back.is_none() => matched.passed_over += 1,
            Given::Entry(entry) => match seen.own_id(&entry) {
                Some(own_id) => entries.push((own_id, *entry)),
                None => outcome.unchanged += 1,
            },
        }
    }
    let known = match writer.portfolio {
        Some(portfolio) => {
            let ids: Vec<Sha256> = entries.iter().map(|(id, _)| *id).collect();
            writer.store.facts().payments_known(portfolio, &ids).await?
        }
        None => HashSet::new(),
    };
    let before = entries.len();
    entries.retain(|(id, _)| !known.contains(id));
    outcome.unchanged += (before - entries.len()) as u64;
    if entries.is_empty() {
        return Ok(());
    }
    writer.batch = kept(writer, piece, &entries).await?;
    let mut pending = Pending::default();
    for (own_id, entry) in entries {
        if let Some(takes_back) = &entry.takes_back {
            // What it takes back may stand just before it.
            pending.write(writer, matched).await?;
            outcome.changed += 1;
            take_back(writer, books, (own_id, &entry, takes_back), matched).await?;
            continue;
        }
        let found = books.find(&entry);
        outcome.changed += 1;
        match &found {
            Found::Sure(..) => matched.booked += 1,
            Found::Unsure(_) => matched.review += 1,
        }
        let Some(payment) = payment(writer, books, (own_id, &entry), found) else { continue };
        if payment.parts.iter().any(|part| pending.invoices.contains(&(part.client, part.invoice))) {
            pending.write(writer, matched).await?;
        }
        pending.invoices.extend(payment.parts.iter().map(|part| (part.client, part.invoice)));
        pending.payments.push(payment);
    }
    pending.write(writer, matched).await
}

/// Takes back what an entry takes back, or puts it before a person. A dry run knows the payments that are stored only: what
/// the same file both brings and takes back counts as waiting in it.
async fn take_back(
    writer: &Writer<'_>,
    books: &mut Books,
    (own_id, entry, takes_back): (Sha256, &Entry, &TakesBack),
    matched: &mut Matched,
) -> Result<(), Error> {
    let meant = returned::meant((writer.store, writer.portfolio), books, (entry, takes_back)).await?;
    let (payment, candidates) = match meant {
        Meant::Sure(payment, candidates) => (Some(payment), candidates),
        Meant::Unsure(candidates) => (None, candidates),
    };
    let kept = |state| {
        let minor = entry.amount.minor().saturating_neg();
        let amount = Money::from_minor(minor, entry.amount.currency());
        Some(Payment { amount, candidates: candidates.clone(), ..bare(writer, (own_id, entry), state)? })
    };
    if let Some(payment) = payment {
        let Some(by) = kept(PaymentState::Returned) else {
            matched.taken_back += 1;
            return Ok(());
        };
        let returned = Payment { candidates: candidates.clone(), ..(*payment).clone() };
        if writer.take_back(&returned, &by).await? {
            matched.taken_back += 1;
            for client in payment.parts.iter().map(|part| part.client).collect::<HashSet<_>>() {
                books.read_anew(writer.store, client).await?;
            }
            return Ok(());
        }
    }
    matched.review += 1;
    if let Some(waiting) = kept(PaymentState::Review) {
        writer.store.facts().put_payments(&[waiting], &[], &[]).await?;
    }
    Ok(())
}

/// Payments that are written together: no two of them on one invoice, for each rests on what is stored of its invoices.
#[derive(Default)]
struct Pending {
    payments: Vec<Payment>,
    invoices: HashSet<(ClientId, InvoiceKey)>,
}

impl Pending {
    async fn write(&mut self, writer: &Writer<'_>, matched: &mut Matched) -> Result<(), Error> {
        let Self { payments, .. } = std::mem::take(self);
        if !payments.is_empty() {
            let Booking { n_waiting, n_known } = writer.book(payments).await?;
            matched.booked -= n_waiting + n_known;
            matched.review += n_waiting;
        }
        Ok(())
    }
}

/// The payment that an entry is: on its invoices, or on the list of a person. None in a dry run, which takes it off the books
/// all the same.
fn payment(writer: &Writer<'_>, books: &mut Books, (own_id, entry): (Sha256, &Entry), found: Found) -> Option<Payment> {
    let mut is_own_account = false;
    let (state, parts, candidates) = match found {
        Found::Sure(parts, is_by_name) => {
            is_own_account = is_by_name;
            let account = entry.account.as_deref().filter(|_| is_by_name);
            (PaymentState::Booked, books.take(&parts, entry.arrived_on, account), Vec::new())
        }
        Found::Unsure(candidates) => {
            let of = |(place, because): (usize, &'static str)| {
                let (client, invoice) = books.whose(place);
                PaymentCandidate { client, invoice, because: because.to_owned() }
            };
            (PaymentState::Review, Vec::new(), candidates.into_iter().map(of).collect())
        }
    };
    Some(Payment { is_own_account, parts, candidates, ..bare(writer, (own_id, entry), state)? })
}

/// What an entry says, as a payment that is booked on nothing yet; none in a dry run.
fn bare(writer: &Writer<'_>, (own_id, entry): (Sha256, &Entry), state: PaymentState) -> Option<Payment> {
    let portfolio = writer.portfolio.filter(|_| !writer.dry_run)?;
    Some(Payment {
        id: 0,
        portfolio,
        own_id,
        kind: PaymentKind::Bank,
        state,
        arrived_on: entry.arrived_on,
        amount: entry.amount,
        payer: entry.payer.clone(),
        account: entry.account.clone(),
        is_own_account: false,
        reference: entry.written(),
        known_at: writer.knowing().of(entry.arrived_on),
        batch: writer.batch,
        parts: Vec::new(),
        candidates: Vec::new(),
        undone: Vec::new(),
    })
}

/// Keeps what was read of the entries, a line for each.
async fn kept(writer: &Writer<'_>, piece: &str, entries: &[(Sha256, Entry)]) -> Result<BatchId, Error> {
    if writer.dry_run {
        return Ok(BatchId::new(0));
    }
    let lines = entries.iter().map(|(_, entry)| {
        let said = json!({
            "line": entry.line, "arrived_on": entry.arrived_on.to_string(), "amount": entry.amount.to_string(),
            "payer": entry.payer, "account": entry.account, "references": entry.references,
            "documents": entry.documents, "text": entry.text, "takes_back": entry.takes_back.is_some(),
        });
        format!("{said}\n")
    });
    let bytes = lines.collect::<String>().into_bytes();
    let archive = writer.store.archive().clone();
    let sha256 = super::blocking(move || archive.put(&bytes)).await?;
    let row = BatchRow { name: piece.to_owned(), seen_at: writer.now, sha256 };
    Ok(writer.store.facts().batch(&row).await?)
}

fn reject(line: u64, refusal: Refusal) -> Reject {
    Reject {
        file: String::new(),
        line,
        column: refusal.column.to_owned(),
        value: refusal.value,
        code: refusal.code,
        reason: refusal.reason,
        row: Vec::new(),
    }
}

/// How many entries a message gives, and how many of it are refused.
pub(super) fn try_statement(bytes: &[u8]) -> Result<(usize, usize), String> {
    let (mut n_read, mut n_refused) = (0, 0);
    read::read(bytes, |given| {
        match given {
            read::Given::Entry(_) => n_read += 1,
            read::Given::Refused(..) => n_refused += 1,
        }
        true
    })?;
    Ok((n_read, n_refused))
}
