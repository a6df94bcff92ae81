//! Prospects that were evaluated: the answer as it was given, and the facts it rests on, which are nobody's until the prospect
//! is a client.
//!
//! # Why
//!
//! *Why is a prospect no client that is kept out of sight?* Every list, sum, night, feed and treatment would have to remember to
//! leave it out. Beside the clients it cannot be met by accident, and to make it one is to write its facts down as the client's.
//!
//! *Why is the answer kept as bytes?* It is what somebody decided by. A shape that grows must not change what was said before.
//!
//! *Why is there a second, shorter answer?* When the law takes a fact back, every value that rested on it must go with it. What
//! is left is what was decided, which was decided before anybody looks at it again; nobody has to know then which parts of an
//! answer of years ago spoke of what.

mod adopt;
mod forget;

use jiff::Timestamp;

use super::{Facts, NewSignal, SignalTarget, terms::terms};
use crate::{
    domain::{Certainty, ClientId, Country, Identifier, IdentifierKind, PortfolioId, Sha256, SignalId},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Row, Write, json_list},
        codec::fact,
        rows::{Cells, days, millis},
    },
};

/// A prospect's evaluation, about to be written.
#[derive(Debug)]
pub struct NewAssessment<'a> {
    /// What outsiders call it; unique.
    pub name: String,
    /// Whose prospect it is.
    pub portfolio: PortfolioId,
    /// Where it is established.
    pub country: Option<Country>,
    /// Its numbers: by one of them a client is known to be it.
    pub identifiers: &'a [Identifier],
    /// What names it: name, address.
    pub named: Vec<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it goes, unless the prospect is a client by then.
    pub keep_until: Timestamp,
    /// The answer.
    pub body: Vec<u8>,
    /// What may still be shown of it when a fact it rests on is withdrawn.
    pub remains: Vec<u8>,
    /// What was surely about the prospect.
    pub signals: &'a [NewSignal],
    /// What was read.
    pub documents: Vec<Sha256>,
}

/// A prospect's evaluation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Its place in the order in which they were made.
    pub id: i64,
    /// What outsiders call it.
    pub name: String,
    /// Whose prospect it was.
    pub portfolio: PortfolioId,
    /// The client that it is now.
    pub client: Option<ClientId>,
    /// The answer.
    pub body: Vec<u8>,
    /// A fact it rested on was withdrawn since: the answer is what remains.
    pub is_withdrawn: bool,
}

/// Which evaluations to list.
#[derive(Debug, Clone, Default)]
pub struct AssessmentFilter {
    /// Only of these portfolios; empty means none.
    pub portfolios: Vec<PortfolioId>,
    /// Only those that are this client's file.
    pub client: Option<ClientId>,
}

const SELECT: &str = "select a.id, a.name, a.portfolio, a.client, a.body, a.is_withdrawn from assessment a";

fn assessment_of(row: &Row) -> Result<Assessment> {
    let cells = Cells::of("assessment", row);
    Ok(Assessment {
        id: cells.int(0)?,
        name: cells.string(1)?,
        portfolio: PortfolioId::new(cells.int(2)?),
        client: cells.maybe_int(3)?.map(ClientId::new),
        body: cells.bytes(4)?.to_vec(),
        is_withdrawn: cells.flag(5)?,
    })
}

/// A number as it is compared: the Italian register files a company under its tax code, and a French tax number ends in the
/// number of the register.
fn number_key(identifier: &Identifier) -> String {
    let country = identifier.country().map(|country| country.to_string()).unwrap_or_default();
    let text = identifier.text();
    match (identifier.kind(), country.as_str()) {
        (IdentifierKind::Lei, _) => format!("lei/{text}"),
        (_, "IT") => format!("IT/{text}"),
        (IdentifierKind::Tax, "FR") => format!("FR/{}", text.get(text.len().saturating_sub(9)..).unwrap_or(text)),
        (_, "FR") => format!("FR/{text}"),
        (IdentifierKind::Tax, _) => format!("tax/{country}/{text}"),
        (IdentifierKind::Registry, _) => format!("registry/{country}/{text}"),
    }
}

impl Facts<'_> {
    /// Writes an evaluation with its facts and its row of the audit log, in one transaction.
    pub async fn put_assessment(&self, new: &NewAssessment<'_>, note: &Entry<'_>) -> Result<()> {
        let mut write = self.0.write().await?;
        let sql = "insert into assessment (name, portfolio, country, made_at, keep_until, named, body, remains)
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id";
        let query = Query::new(sql).bind(new.name.as_str()).bind(new.portfolio.get());
        let query = query.bind(new.country.map(|country| country.to_string()));
        let query = query.bind(millis(new.made_at)).bind(millis(new.keep_until));
        let query = query.bind(serde_json::Value::from(new.named.clone()).to_string());
        let id = write.number(query.bind(new.body.as_slice()).bind(new.remains.as_slice())).await?;
        let numbers: Vec<String> = new.identifiers.iter().map(number_key).collect();
        let insert = ("insert into assessment_number (assessment, number)", 2, " on conflict do nothing");
        write.put_all(insert, &numbers, |query, number| query.bind(id).bind(number.as_str())).await?;
        let insert = ("insert into assessment_document (assessment, sha256)", 2, " on conflict do nothing");
        write.put_all(insert, &new.documents, |query, name| query.bind(id).bind(name.bytes().as_slice())).await?;
        write.put_assessment_signals(id, new.signals).await?;
        write.note_audit(new.made_at, note).await?;
        write.commit().await
    }

    /// An evaluation by its name.
    pub async fn assessment(&self, name: &str) -> Result<Option<Assessment>> {
        let query = Query::new(format!("{SELECT} where a.name = $1")).bind(name);
        self.0.one(query).await?.as_ref().map(assessment_of).transpose()
    }

    /// Evaluations, the newest first, behind `before`, at most `limit`.
    pub async fn assessments(
        &self,
        filter: &AssessmentFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Assessment>> {
        let sql = format!(
            "{SELECT} where a.id < $1 and a.portfolio in (select cast(value as bigint) from json_each($2))
               and ($3 is null or a.client = $3) order by a.id desc limit $4"
        );
        let query = Query::new(sql).bind(before.unwrap_or(i64::MAX));
        let query = query.bind(json_list(filter.portfolios.iter().map(|portfolio| portfolio.get())));
        let query = query.bind(filter.client.map(ClientId::get)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.0.all(query).await?.iter().map(assessment_of).collect()
    }

    /// The facts that an evaluation rests on, linked to `whose`, in the order of their names.
    pub async fn assessment_signals(&self, assessment: i64, whose: ClientId) -> Result<Vec<NewSignal>> {
        let rows = self.0.all(Query::new(SIGNALS).bind(assessment)).await?;
        rows.iter().map(|row| signal_of(row, whose)).collect()
    }

    /// Whether a document was read for an evaluation, and is kept for it.
    pub async fn is_document_of(&self, assessment: i64, name: Sha256) -> Result<bool> {
        let sql = "select 1 from assessment_document where assessment = $1 and sha256 = $2";
        let query = Query::new(sql).bind(assessment).bind(name.bytes().as_slice());
        Ok(self.0.one(query).await?.is_some())
    }

    /// The names of those of these signals that must not be kept: what was said is cancelled, expired or erased.
    pub async fn kept_out(&self, signals: &[NewSignal]) -> Result<Vec<SignalId>> {
        let mut write = self.0.write().await?;
        let mut names = Vec::new();
        for signal in signals {
            if write.kept_out_by(signal).await?.is_some() {
                names.push(signal.signal.id);
            }
        }
        write.roll_back().await?;
        Ok(names)
    }
}

const SIGNALS: &str = "select s.body, s.own_id, s.certainty, s.subject, s.by_number from assessment_signal s
    where s.assessment = $1 order by s.signal";

fn signal_of(row: &Row, whose: ClientId) -> Result<NewSignal> {
    let cells = Cells::of("assessment_signal", row);
    let certainty = cells.checked(Certainty::new(cells.float(2)?).map_err(|e| e.to_string()))?;
    let subject = cells.maybe_bytes(3)?.map(|_| cells.sha256(3)).transpose()?;
    Ok(NewSignal {
        signal: cells.checked(fact::signal_from(cells.bytes(0)?))?,
        own_id: cells.string(1)?,
        target: SignalTarget::Clients(vec![(whose, certainty)]),
        subject,
        by_number: if cells.flag(4)? { vec![whose] } else { Vec::new() },
    })
}

impl Write<'_> {
    async fn put_assessment_signals(&mut self, assessment: i64, signals: &[NewSignal]) -> Result<()> {
        let certainty = |row: &NewSignal| match &row.target {
            SignalTarget::Clients(clients) => clients.first().map(|(_, certainty)| certainty.get()),
            SignalTarget::Sector { .. } => None,
        };
        let own: Vec<(&NewSignal, f64)> = signals.iter().filter_map(|row| Some((row, certainty(row)?))).collect();
        let insert = (
            "insert into assessment_signal (assessment, signal, source, own_id, certainty, subject, by_number, body)",
            8,
            " on conflict do nothing",
        );
        self.put_all(insert, &own, |query, (row, certainty)| {
            let query = query.bind(assessment).bind(row.signal.id.bytes().as_slice()).bind(row.signal.source.as_str());
            let query = query.bind(row.own_id.as_str()).bind(*certainty);
            let query = query.bind(row.subject.map(|subject| subject.bytes().to_vec()));
            query.bind(i64::from(!row.by_number.is_empty())).bind(fact::signal_bytes(&row.signal))
        })
        .await?;
        let begun = own.iter().flat_map(|(row, _)| {
            let begins = terms(&row.signal.fact, row.signal.valid_at).into_iter();
            begins.map(|(rule, day)| (row.signal.id, rule, day))
        });
        let begun: Vec<_> = begun.collect();
        let insert = ("insert into assessment_term (assessment, signal, rule, day)", 4, " on conflict do nothing");
        self.put_all(insert, &begun, |query, (id, rule, day)| {
            query.bind(assessment).bind(id.bytes().as_slice()).bind(*rule).bind(days(*day))
        })
        .await
    }
}
