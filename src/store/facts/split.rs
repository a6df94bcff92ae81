//! Links that the program made by itself, under a person's judgement: taken away from a client, and given to another or to
//! nobody.
//!
//! # Why
//!
//! *Why does a split become a review?* Because it is the same question, asked afterwards: is this record about this client?
//! Every signal that is split off leaves a decided review, with the signal in it; whoever decides it again puts the signal
//! back, although nobody else was linked to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    Facts, NewSignal, Review, ReviewDecision, SignalTarget,
    signals::{COLUMNS, signal_of},
};
use crate::{
    domain::{Certainty, ClientId, PortfolioId, Sha256, SignalId, SourceId},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Row, Write, json_list},
        rows::Cells,
    },
};

/// What a split did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// The signals that went: those named, and others of the same subjects.
    pub signals: Vec<SignalId>,
    /// The reviews of the client that lost them, by which each subject can be given back.
    pub reviews: Vec<i64>,
}

/// What a judgement is kept under of a record whose subject was not noted: the record itself, by its source's own id.
pub fn subject_of_record(own_id: &str) -> Sha256 {
    Sha256::of(format!("record\n{own_id}").as_bytes())
}

/// What persons said of records, by client, source and subject: the number of the newest judgement, and whether it keeps the
/// record from being linked: it is about somebody else, or nobody can tell.
#[derive(Debug, Default)]
pub(super) struct SomebodyElse(HashMap<(ClientId, SourceId, Sha256), (i64, bool)>);

impl SomebodyElse {
    pub(super) fn contains(&self, row: &NewSignal, client: ClientId) -> bool {
        // What is told by hand is the newest word on whose it is.
        let Some(subject) = row.subject.filter(|_| !self.0.is_empty()) else { return false };
        let said = |subject| self.0.get(&(client, row.signal.source.clone(), subject)).copied();
        // Of the subject and of this one record: whatever was said last binds.
        said(subject).max(said(subject_of_record(&row.own_id))).is_some_and(|(_, is_kept_away)| is_kept_away)
    }
}

impl Facts<'_> {
    /// Takes signals away from a client, with all others of the same subjects, and gives them to another client or to
    /// nobody; the judgement binds for records to come. `whose`: the keys of the client and of those merged into it, for
    /// their signals are its own. The note goes into the audit log in the same transaction. None when one of the signals is
    /// linked to none of them.
    pub async fn split(
        &self,
        (whose, portfolio): (&[ClientId], PortfolioId),
        ids: &[SignalId],
        to: Option<ClientId>,
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<Option<Split>> {
        let mut write = self.0.write().await?;
        let mut named = BTreeMap::new();
        for id in ids {
            let Some(review) = write.link_among(whose, portfolio, *id).await? else { return Ok(None) };
            // One of each subject will do: the others follow it.
            named.entry((review.signal.source.clone(), review.fingerprint)).or_insert(review);
        }
        let mut split = Split::default();
        for review in named.into_values() {
            for client in whose {
                let review = Review { client: *client, ..review.clone() };
                write.split_subject(review, ReviewDecision::NotSame, to, (note.who, at), &mut split).await?;
            }
        }
        split.signals.sort_unstable();
        split.signals.dedup();
        write.note_audit(at, note).await?;
        write.commit().await?;
        self.0.tidy_up().await;
        Ok(Some(split))
    }
}

/// Links of a client, with what a review of each would hold.
fn linked_sql() -> String {
    format!(
        "select {COLUMNS}, l.certainty, s.own_id, s.subject from link l join signal s on s.key = l.signal
         where l.client = $1 and s.sector is null"
    )
}

fn review_of_link((client, portfolio): (ClientId, PortfolioId), row: &Row) -> Result<Review> {
    let cells = Cells::of("signal", row);
    let own_id = cells.string(11)?;
    let subject = cells.maybe_bytes(12)?.map(|_| cells.sha256(12)).transpose()?;
    Ok(Review {
        id: 0,
        client,
        portfolio,
        certainty: cells.checked(Certainty::new(cells.float(10)?).map_err(|e| e.to_string()))?,
        because: "linked without asking".to_owned(),
        signal: signal_of(&cells)?,
        fingerprint: Some(subject.unwrap_or_else(|| subject_of_record(&own_id))),
        subject_name: String::new(),
        own_id,
        decision: None,
    })
}

impl Write<'_> {
    /// Other clients of the portfolio, of another company, of whom it was said last that they are this subject: a record of
    /// a register speaks of one company, so the newest word takes it from them. A piece of news may speak of several.
    pub(super) async fn also_same(&mut self, review: &Review) -> Result<Vec<ClientId>> {
        let sql = "select j.client from judgement j join client c on c.id = j.client
             where j.source = $1 and j.fingerprint = $2 and j.client <> $3 and c.portfolio = $4 and j.decision = 'same'
               and j.id = (select max(id) from judgement k
                   where k.client = j.client and k.source = j.source and k.fingerprint = j.fingerprint)
               and j.client not in (select other from one_company where client = $3)
             order by j.client";
        let Some(fingerprint) = review.fingerprint else { return Ok(Vec::new()) };
        let query = Query::new(sql).bind(review.signal.source.as_str().to_owned()).bind(fingerprint.bytes().to_vec());
        let rows = self.all(query.bind(review.client.get()).bind(review.portfolio.get())).await?;
        rows.iter().map(|row| Cells::of("judgement", row).client(0)).collect()
    }

    /// The links of a client to records of the same source and subject, each as a review would hold it.
    async fn links_of_subject(&mut self, review: &Review, client: ClientId) -> Result<Vec<Review>> {
        let Some(fingerprint) = review.fingerprint else { return Ok(Vec::new()) };
        let sql = format!(
            "{} and s.source = $2 and (s.subject = $3 or (s.own_id = $4 and (s.subject is null or $5 = 1)))",
            linked_sql()
        );
        let query = Query::new(sql).bind(client.get());
        let query = query.bind(review.signal.source.as_str().to_owned()).bind(fingerprint.bytes().to_vec());
        let is_of_record = fingerprint == subject_of_record(&review.own_id);
        let rows = self.all(query.bind(review.own_id.clone()).bind(i64::from(is_of_record))).await?;
        let links = rows.iter().map(|row| {
            let link = review_of_link((client, review.portfolio), row)?;
            Ok(Review { fingerprint: Some(fingerprint), subject_name: review.subject_name.clone(), ..link })
        });
        links.collect()
    }

    /// The link of a signal to one of these clients, as a review would hold it.
    async fn link_among(&mut self, whose: &[ClientId], portfolio: PortfolioId, id: SignalId) -> Result<Option<Review>> {
        let sql = format!("{} and s.id = $2", linked_sql());
        for client in whose {
            let query = Query::new(sql.clone()).bind(client.get()).bind(id.bytes().to_vec());
            if let Some(row) = self.one(query).await? {
                return review_of_link((*client, portfolio), &row).map(Some);
            }
        }
        Ok(None)
    }

    /// Takes the subject of a link away from its client, by a decision other than `Same`. Of a client without such a link
    /// nothing is said.
    pub(super) async fn split_subject(
        &mut self,
        review: Review,
        decision: ReviewDecision,
        to: Option<ClientId>,
        (author, at): (&str, Timestamp),
        split: &mut Split,
    ) -> Result<()> {
        let linked = self.links_of_subject(&review, review.client).await?;
        split.signals.extend(linked.iter().map(|link| link.signal.id));
        for link in &linked {
            // First to its new place: a signal that nobody is linked to would go.
            if let Some(to) = to {
                self.decide_link(Review { client: to, ..link.clone() }, ReviewDecision::Same, author, at).await?;
            }
        }
        // A code that has no such link is not judged: the judgement would outlive a merger that is taken back.
        if let Some(link) = linked.into_iter().next() {
            split.reviews.push(self.decide_link(link, decision, author, at).await?);
        }
        Ok(())
    }

    /// Opens a review of every link of the client to the subject of this one that has none: what was linked without asking
    /// can then be decided like what was asked.
    pub(super) async fn review_links(&mut self, review: &Review, at: Timestamp) -> Result<()> {
        for link in self.links_of_subject(review, review.client).await? {
            self.insert_review(&link, at).await?;
        }
        Ok(())
    }

    /// Decides about a link as about a review, which is opened for it when there is none; answers the review's key.
    async fn decide_link(
        &mut self,
        link: Review,
        decision: ReviewDecision,
        author: &str,
        at: Timestamp,
    ) -> Result<i64> {
        self.insert_review(&link, at).await?;
        let find = "select id from review where client = $1 and signal = $2";
        let name = link.signal.id.bytes().to_vec();
        let id = self.number(Query::new(find).bind(link.client.get()).bind(name)).await?;
        // A review that stood from before may know its subject by another hash: the link's is the one that binds.
        let adopt = "update review set fingerprint = $1 where id = $2";
        let fingerprint = link.fingerprint.map(|f| f.bytes().to_vec());
        self.execute(Query::new(adopt).bind(fingerprint).bind(id)).await?;
        self.decide(Review { id, ..link }, decision, author, at).await?;
        Ok(id)
    }

    /// Who these records are not about, although they may be linked to them.
    pub(super) async fn somebody_else(&mut self, rows: &[&NewSignal]) -> Result<SomebodyElse> {
        let mut clients = BTreeSet::new();
        for row in rows {
            if let (SignalTarget::Clients(targets), Some(_)) = (&row.target, row.subject) {
                clients.extend(targets.iter().map(|(client, _)| client.get()));
            }
        }
        if clients.is_empty() {
            return Ok(SomebodyElse::default());
        }
        // What was said of one code of a company holds for all of them, as long as they are one.
        let sql = "with whose (client, code) as (select cast(value as bigint), cast(value as bigint) from json_each($1)
                 union select cast(c.value as bigint), k.other from json_each($1) c join one_company k on k.client = cast(c.value as bigint))
             select w.client, j.source, j.fingerprint, j.id, j.decision <> 'same'
             from whose w cross join judgement j
             where j.client = w.code
               and j.id = (select max(k.id) from whose x cross join judgement k where x.client = w.client
                   and k.client = x.code and k.source = j.source and k.fingerprint = j.fingerprint)";
        let found = self.all(Query::new(sql).bind(json_list(clients.into_iter()))).await?;
        let said = found.iter().map(|row| {
            let cells = Cells::of("judgement", row);
            Ok(((cells.client(0)?, cells.word(1)?, cells.sha256(2)?), (cells.int(3)?, cells.flag(4)?)))
        });
        said.collect::<Result<_>>().map(SomebodyElse)
    }
}
