//! Clients, ledger, signals, links, reviews. Nothing is changed in place: a row that says something new is a new version,
//! a row that says the same is not written. Whatever changes a client's facts marks the client in the same transaction.

mod assessments;
mod basis;
mod clients;
mod erasure;
mod evidence;
mod fresh;
mod holds;
mod imports;
mod interest;
mod ledger;
mod links;
mod markets;
mod marks;
mod mergers;
mod names;
mod payments;
mod redact;
mod reviews;
mod scrub;
mod signals;
mod split;
mod terms;
mod told;
mod undone;
mod unlisted;
mod versions;
mod withdrawal;

use jiff::{Timestamp, civil::Date};

pub use assessments::{Assessment, AssessmentFilter, NewAssessment};
pub use basis::Basis;
pub use erasure::{Erased, Person};
pub use holds::{Held, Hold};
pub use imports::{Brought, ClientsUnsaid, ImportRow, NewImport, Step, UNDO_FOR, Undoing, Unsaying, after, bringing};
pub use interest::InterestClaim;
pub(super) use marks::Marks;
pub use mergers::{Merger, Merging};
pub use payments::{
    Decision as PaymentDecision, Payment, PaymentCandidate, PaymentKind, PaymentPart, PaymentState, Settlement,
    Settlements,
};
pub use split::{Split, subject_of_record};
pub use terms::PastTerm;
pub use told::Telling;
pub(super) use told::Tellings;
pub use undone::Undone;

use super::{
    Result, Store,
    backend::Query,
    rows::{Cells, days, millis},
};
use crate::domain::{
    BatchId, Certainty, Claim, ClientCode, ClientFacts, ClientId, Country, Grade, LedgerLine, Nace, PortfolioId,
    PortfolioName, Sha256, Signal, SourceId,
};

/// Clients, ledger, signals, links, reviews: the only truth.
#[derive(Debug)]
pub struct Facts<'a>(pub(super) &'a Store);

/// Which names and identifiers of clients were known when something was built of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamesEdition {
    epoch: String,
    number: i64,
}

/// A client row to be written: a new version when it differs from the newest.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientRow {
    /// The creditor's code.
    pub code: ClientCode,
    /// What the row says.
    pub facts: ClientFacts,
    /// When it counts as known.
    pub known_at: Timestamp,
}

/// A ledger row to be written: a new revision when it differs from the newest of that invoice.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerRow {
    /// Whose.
    pub client: ClientId,
    /// The invoice's number as written.
    pub number: String,
    /// Type of credit in the file's own words.
    pub credit_type: Option<String>,
    /// What else the creditor says of it; none when that is nothing.
    pub claim: Option<Box<Claim>>,
    /// `line.invoice` must be `InvoiceKey::of(&number)`.
    pub line: LedgerLine,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOutcome {
    /// New.
    Created,
    /// A newer version of something known.
    Changed,
    /// Said before.
    Unchanged,
}

/// An imported file or request.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchRow {
    /// File name or request path.
    pub name: String,
    /// When it was read.
    pub seen_at: Timestamp,
    /// Its bytes, in the archive.
    pub sha256: Sha256,
}

/// Whom a signal is about.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalTarget {
    /// These clients, with how sure the link is. Links under [`Certainty::MOVES_A_RATING`] should be reviews instead.
    Clients(Vec<(ClientId, Certainty)>),
    /// A market.
    Sector {
        /// Where the market is, when known.
        country: Option<Country>,
        /// Heading as published.
        sector: String,
    },
}

/// A signal to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSignal {
    /// What was said, by whom, when.
    pub signal: Signal,
    /// The source's own id of the record: a cancelled protest withdraws earlier signals of this id.
    pub own_id: String,
    /// Whom it is about.
    pub target: SignalTarget,
    /// Whom the record speaks of, as far as its source tells: what a person says of a link holds for the next record of the
    /// same subject. None for what is told by hand.
    pub subject: Option<Sha256>,
    /// Of the clients it is about, those whose own number the record bears: only to them do the names in it belong for
    /// certain.
    pub by_number: Vec<ClientId>,
}

/// A signal linked to a client.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkedSignal {
    /// The client that it is linked to.
    pub client: ClientId,
    /// The signal.
    pub signal: Signal,
    /// How sure the link is.
    pub certainty: Certainty,
}

/// An uncertain link that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// Key; 0 when new.
    pub id: i64,
    /// Whom the record may be about.
    pub client: ClientId,
    /// Whose client that is.
    pub portfolio: PortfolioId,
    /// How sure the program is.
    pub certainty: Certainty,
    /// Why it may be the same: one line per field compared.
    pub because: String,
    /// The signal as it would be linked.
    pub signal: Signal,
    /// The source's own id of the record.
    pub own_id: String,
    /// Name as the source writes it.
    pub subject_name: String,
    /// Who the subject is, as far as its source tells: what a person says of this record holds for the next one of the same
    /// subject.
    pub fingerprint: Option<Sha256>,
    /// What a person said, once one has.
    pub decision: Option<ReviewDecision>,
}

/// What a person said of a subject of a source, newest of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Of which client it was asked.
    pub client: ClientId,
    /// Whose record it was.
    pub source: SourceId,
    /// Who the subject is.
    pub fingerprint: Sha256,
    /// Whether they are the same.
    pub decision: ReviewDecision,
    /// Who said it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// What a person said of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewDecision {
    /// The record is about this client.
    Same,
    /// It is about somebody else.
    NotSame,
    /// Nobody can tell.
    Unsure,
}

/// Which clients to list.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    /// Only these portfolios; empty means none.
    pub portfolios: Vec<PortfolioId>,
    /// Current grade; a client never rated counts as `ND`.
    pub grade: Option<Grade>,
    /// NACE code prefix; a section letter covers its divisions.
    pub sector: Option<Nace>,
    /// Text in name or code, case-insensitive.
    pub q: Option<String>,
    /// Without those that are merged into another: for whoever adds up.
    pub only_rated: bool,
}

impl Facts<'_> {
    /// The portfolio of that name, created when missing.
    pub async fn portfolio(&self, name: &PortfolioName) -> Result<PortfolioId> {
        let find = "select id from portfolio where name = $1";
        if let Some(id) = self.0.number(Query::new(find).bind(name.as_str())).await? {
            return Ok(PortfolioId::new(id));
        }
        let make = "insert into portfolio (name) values ($1) on conflict (name) do update set name = excluded.name
             returning id";
        let mut write = self.0.write().await?;
        let id = write.number(Query::new(make).bind(name.as_str())).await?;
        write.commit().await?;
        Ok(PortfolioId::new(id))
    }

    /// All portfolios.
    pub async fn portfolios(&self) -> Result<Vec<(PortfolioId, PortfolioName)>> {
        let rows = self.0.all(Query::new("select id, name from portfolio order by id")).await?;
        let named = rows.iter().map(|row| {
            let cells = Cells::of("portfolio", row);
            Ok((PortfolioId::new(cells.int(0)?), cells.word(1)?))
        });
        named.collect()
    }

    /// Notes a file or request as evidence; the same hash and name give the same id.
    pub async fn batch(&self, row: &BatchRow) -> Result<BatchId> {
        let sql = "insert into batch (name, seen_at, sha256) values ($1, $2, $3)
             on conflict (sha256, name) do update set name = excluded.name returning id";
        let query = Query::new(sql).bind(row.name.as_str()).bind(millis(row.seen_at));
        let mut write = self.0.write().await?;
        let id = write.number(query.bind(row.sha256.bytes().as_slice())).await?;
        write.commit().await?;
        Ok(BatchId::new(id))
    }

    /// Batches by id, in the input's order.
    pub async fn batches_by_id(&self, ids: &[BatchId]) -> Result<Vec<Option<BatchRow>>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let sql = "select name, seen_at, sha256 from batch where id = $1";
            let row = self.0.one(Query::new(sql).bind(id.get())).await?;
            found.push(row.map(|row| {
                let cells = Cells::of("batch", &row);
                Ok(BatchRow { name: cells.string(0)?, seen_at: cells.instant(1)?, sha256: cells.sha256(2)? })
            }));
        }
        found.into_iter().map(Option::transpose).collect()
    }

    /// First and last day on which anything of the ledger was issued or paid. Days on which something falls due do not
    /// count: they may lie in the future.
    pub async fn ledger_span(&self) -> Result<Option<(Date, Date)>> {
        let row = self.0.one(Query::new("select first_day, last_day from ledger_span")).await?;
        row.map(|row| {
            let cells = Cells::of("ledger_span", &row);
            Ok((cells.day(0)?, cells.day(1)?))
        })
        .transpose()
    }

    /// A number that grows whenever a client is added, described anew, merged or erased, or another name of one is learned
    /// or forgotten: an index over names and identifiers that was built at the same number is still good.
    pub async fn revision(&self) -> Result<i64> {
        Ok(self.0.number(Query::new("select value from counter where name = 'identity'")).await?.unwrap_or(0))
    }

    /// The same number, and in which history of the store it was counted: a restored backup begins another one, in which the
    /// number may come again.
    pub async fn names_edition(&self) -> Result<NamesEdition> {
        let sql = "select coalesce((select value from setting where name = 'epoch'), ''),
             coalesce((select value from counter where name = 'identity'), 0)";
        let Some(row) = self.0.one(Query::new(sql)).await? else { return Ok(NamesEdition::default()) };
        let cells = Cells::of("counter", &row);
        Ok(NamesEdition { epoch: cells.string(0)?, number: cells.int(1)? })
    }
}

/// A day as an optional column.
fn maybe_days(day: Option<Date>) -> Option<i64> {
    day.map(days)
}
