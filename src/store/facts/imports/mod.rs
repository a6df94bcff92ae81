//! Files that were taken, what each of them wrote, and how one is taken back.
//!
//! # Why
//!
//! *Why does the transaction know of the file?* What a file wrote must be known exactly, or taking it back takes back what
//! somebody else has said. Every transaction that is committed while a file is taken ([`bringing`]) notes what it wrote in
//! itself; the rooms between the file and the store need not know.
//!
//! *Why is nothing deleted?* What the file said was believed until it was taken back, and a question about that time is
//! answered by it. A row that was there before says again what it said, and one that was not is [`EntryKind::Withdrawn`]:
//! revisions as all others, known since the taking back.
//!
//! *Why only for a day?* What was noted of a file is forgotten in the night after, so that the ledger is not kept twice. Later the right
//! file, imported, puts right what has changed.
//!
//! [`EntryKind::Withdrawn`]: crate::domain::EntryKind::Withdrawn

mod undo;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use undo::{ClientsUnsaid, Undoing, Unsaying, after};

use super::{Facts, PaymentState};
use crate::{
    domain::{ClientId, InvoiceKey, PortfolioId},
    store::{
        Error, Result,
        backend::{Query, Row, Write, json_list},
        codec::{Flaw, Reader, Writer},
        rows::{Cells, millis},
    },
};

/// Parts of imports looked at together when a client is taken out of them.
const CHUNK_PARTS: i64 = 100;

/// How long a file can be taken back.
pub const UNDO_FOR: SignedDuration = SignedDuration::from_hours(24);

tokio::task_local! {
    static IMPORT: i64;
}

/// Does the work of an import: every transaction in it that writes notes what it wrote under the import's number.
pub async fn bringing<F: Future>(import: i64, work: F) -> F::Output {
    IMPORT.scope(import, work).await
}

/// A file that is about to be taken.
#[derive(Debug, Clone, Copy)]
pub struct NewImport<'a> {
    /// Whose book it goes to.
    pub portfolio: PortfolioId,
    /// `clients`, `invoices`, `payments`.
    pub kind: &'a str,
    /// The file's name.
    pub name: &'a str,
    /// When.
    pub at: Timestamp,
}

/// A file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number.
    pub id: i64,
    /// Whose book it went to.
    pub portfolio: PortfolioId,
    /// `clients`, `invoices`, `payments`.
    pub kind: String,
    /// The file's name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Rows taken; 0 while it is being taken, and for ever where it broke off.
    pub n_rows: u64,
    /// When it was taken back, and by whom.
    pub undone: Option<(Timestamp, String)>,
    /// Whether it is still known what it wrote.
    pub is_noted: bool,
}

impl ImportRow {
    /// Until when it can be taken back.
    pub fn until(&self) -> Timestamp {
        self.at.saturating_add(UNDO_FOR).unwrap_or(self.at)
    }

    /// Whether it was taken to its end. One that changed nothing is no import.
    pub fn is_finished(&self) -> bool {
        self.n_rows > 0
    }

    /// Whether it can be taken back now.
    pub fn can_be_undone(&self, now: Timestamp) -> bool {
        self.undone.is_none() && self.is_noted && now < self.until()
    }
}

/// From which version to which something was brought; from none when it was not there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The newest version before; 0 when there was none.
    pub before: i64,
    /// The newest version after.
    pub after: i64,
}

/// What a file wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Versions of clients.
    pub clients: Vec<(ClientId, Step)>,
    /// Revisions of invoices.
    pub invoices: Vec<(ClientId, InvoiceKey, Step)>,
    /// Payments, with the state that each had then.
    pub payments: Vec<(i64, PaymentState)>,
    /// In how many notes that is written.
    pub n_notes: i64,
}

const SELECT_IMPORT: &str = "select i.id, i.portfolio, i.kind, i.name, i.at, i.n_rows, i.undone_at, i.undone_by,
        (select count(*) from (select 1 from import_part p where p.import = i.id limit 1) found) from imported_file i";

fn import_of(row: &Row) -> Result<ImportRow> {
    let cells = Cells::of("imported_file", row);
    let undone = match (cells.maybe_instant(6)?, cells.maybe_string(7)?) {
        (Some(at), Some(by)) => Some((at, by)),
        _ => None,
    };
    Ok(ImportRow {
        id: cells.int(0)?,
        portfolio: PortfolioId::new(cells.int(1)?),
        kind: cells.string(2)?,
        name: cells.string(3)?,
        at: cells.instant(4)?,
        n_rows: u64::try_from(cells.int(5)?).unwrap_or_default(),
        undone,
        is_noted: cells.int(8)? > 0,
    })
}

impl Facts<'_> {
    /// Notes that a file is about to be taken; answers its number, for [`bringing`].
    pub async fn begin_import(&self, new: &NewImport<'_>) -> Result<i64> {
        let mut write = self.0.write().await?;
        let sql =
            "insert into imported_file (portfolio, kind, name, at, n_rows) values ($1, $2, $3, $4, 0) returning id";
        let query = Query::new(sql).bind(new.portfolio.get()).bind(new.kind.to_owned()).bind(new.name.to_owned());
        let id = write.number(query.bind(millis(new.at))).await?;
        write.commit().await?;
        Ok(id)
    }

    /// Forgets what was written by files that are too old to be taken back.
    pub async fn forget_imports(&self, now: Timestamp) -> Result<()> {
        let old = "delete from import_part where import in (select id from imported_file where at <= $1)";
        let before = now.saturating_sub(UNDO_FOR).unwrap_or(Timestamp::MIN);
        self.0.execute(Query::new(old).bind(millis(before))).await.map(drop)
    }

    /// Notes how many rows of a file were taken. One that changed nothing is forgotten: then the answer is false.
    pub async fn end_import(&self, import: i64, n_rows: u64) -> Result<bool> {
        let mut write = self.0.write().await?;
        let idle = "delete from imported_file where id = $1
             and not exists (select 1 from import_part p where p.import = imported_file.id)";
        let is_idle = write.execute(Query::new(idle).bind(import)).await? > 0;
        let count = Query::new("update imported_file set n_rows = $2 where id = $1").bind(import);
        write.execute(count.bind(i64::try_from(n_rows).unwrap_or(i64::MAX))).await?;
        write.commit().await?;
        Ok(!is_idle)
    }

    /// Files that these portfolios took, newest first, those before `before`, at most `limit`.
    pub async fn imports(&self, portfolios: &[PortfolioId], before: i64, limit: usize) -> Result<Vec<ImportRow>> {
        let sql = format!(
            "{SELECT_IMPORT} where i.id < $1 and i.portfolio in (select cast(value as bigint) from json_each($2))
             order by i.id desc limit $3"
        );
        let query = Query::new(sql).bind(before).bind(json_list(portfolios.iter().map(|p| p.get())));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(import_of).collect()
    }

    /// A file that was taken.
    pub async fn import(&self, id: i64) -> Result<Option<ImportRow>> {
        let row = self.0.one(Query::new(format!("{SELECT_IMPORT} where i.id = $1")).bind(id)).await?;
        row.as_ref().map(import_of).transpose()
    }

    /// What a file wrote, in the order in which it did. Several steps of one thing are one; what somebody else wrote in
    /// between ends it.
    pub async fn brought(&self, import: i64) -> Result<Brought> {
        let sql = "select body from import_part where import = $1 order by id";
        let mut all = Brought::default();
        for row in self.0.all(Query::new(sql).bind(import)).await? {
            let cells = Cells::of("import_part", &row);
            cells.checked(read(&mut all, cells.bytes(0)?))?;
            all.n_notes += 1;
        }
        let clients = all.clients.into_iter();
        let invoices = all.invoices.into_iter().map(|(client, invoice, step)| ((client, invoice), step));
        Ok(Brought {
            clients: one_step(clients).into_iter().collect(),
            invoices: one_step(invoices).into_iter().map(|((client, invoice), step)| (client, invoice, step)).collect(),
            payments: all.payments,
            n_notes: all.n_notes,
        })
    }
}

/// The steps of each thing as one.
fn one_step<K: Ord>(steps: impl Iterator<Item = (K, Step)>) -> BTreeMap<K, Step> {
    let mut all: BTreeMap<K, Step> = BTreeMap::new();
    for (key, step) in steps {
        let known = all.entry(key).or_insert(step);
        if known.after == step.before {
            known.after = step.after;
        }
    }
    all
}

const CLIENT: u8 = 1;
const INVOICE: u8 = 2;
const PAYMENT: u8 = 3;

fn bytes_of(brought: &Brought) -> Vec<u8> {
    let mut out = Writer::versioned();
    for (client, step) in &brought.clients {
        out.byte(CLIENT);
        [client.get(), step.before, step.after].into_iter().for_each(|n| out.signed(n));
    }
    for (client, invoice, step) in &brought.invoices {
        out.byte(INVOICE);
        [client.get(), invoice.get(), step.before, step.after].into_iter().for_each(|n| out.signed(n));
    }
    for (payment, state) in &brought.payments {
        out.byte(PAYMENT);
        out.signed(*payment);
        out.text(state.as_str());
    }
    out.bytes
}

/// Adds what [`bytes_of`] wrote.
fn read(all: &mut Brought, bytes: &[u8]) -> Result<(), Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    while !bytes.is_empty() {
        let kind = bytes.byte()?;
        let number = bytes.signed()?;
        match kind {
            CLIENT => {
                let step = Step { before: bytes.signed()?, after: bytes.signed()? };
                all.clients.push((ClientId::new(number), step));
            }
            INVOICE => {
                let invoice = InvoiceKey::new(bytes.signed()?);
                let step = Step { before: bytes.signed()?, after: bytes.signed()? };
                all.invoices.push((ClientId::new(number), invoice, step));
            }
            PAYMENT => all.payments.push((number, PaymentState::of(bytes.text()?)?)),
            other => return Err(format!("{other} is nothing that a file writes")),
        }
    }
    Ok(())
}

impl Write<'_> {
    /// Notes what this transaction writes under the import that is under way, if any.
    pub(super) async fn note_brought(&mut self, brought: &Brought) -> Result<()> {
        let Ok(import) = IMPORT.try_with(|import| *import) else { return Ok(()) };
        if *brought == Brought::default() {
            return Ok(());
        }
        let sql = "insert into import_part (import, body) select $1, $2
             where exists (select 1 from imported_file where id = $1 and undone_at is null)";
        if self.execute(Query::new(sql).bind(import).bind(bytes_of(brought))).await? == 0 {
            return Err(Error::Conflict(format!("the end of import {import}, which was undone while it was taken,")));
        }
        Ok(())
    }

    /// Takes a client out of what files are noted to have written.
    pub(super) async fn part_from_imports(&mut self, client: ClientId) -> Result<()> {
        let sql = "select id, body from import_part where id > $1 order by id limit $2";
        let mut after = 0;
        loop {
            let rows = self.all(Query::new(sql).bind(after).bind(CHUNK_PARTS)).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Cells::of("import_part", last).int(0)?;
            for row in &rows {
                let cells = Cells::of("import_part", row);
                let mut part = Brought::default();
                cells.checked(read(&mut part, cells.bytes(1)?))?;
                let n_before = (part.clients.len(), part.invoices.len());
                part.clients.retain(|(whose, _)| *whose != client);
                part.invoices.retain(|(whose, ..)| *whose != client);
                if (part.clients.len(), part.invoices.len()) != n_before {
                    let update = Query::new("update import_part set body = $1 where id = $2").bind(bytes_of(&part));
                    self.execute(update.bind(cells.int(0)?)).await?;
                }
            }
        }
    }
}
