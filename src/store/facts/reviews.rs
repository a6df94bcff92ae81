//! Links that are too weak to move a rating, until a person has looked; and what persons said, which binds the future.

use jiff::Timestamp;

use super::{
    Facts, Judgement, NewSignal, Review, ReviewDecision, SignalTarget, Split, marks::Marks, withdrawal::Leaving,
};
use crate::{
    domain::{Cause, Certainty, ClientId, EventBody, Fact, PortfolioId, Sha256, Signal, WordError},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Row, Write, json_list},
        codec::fact,
        rows::{Cells, millis},
    },
};

impl ReviewDecision {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::NotSame => "not_same",
            Self::Unsure => "unsure",
        }
    }
}

impl std::str::FromStr for ReviewDecision {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "same" => Ok(Self::Same),
            "not_same" => Ok(Self::NotSame),
            "unsure" => Ok(Self::Unsure),
            _ => Err(WordError::new("decision", text, "must be one of same, not_same, unsure")),
        }
    }
}

fn review_of(row: &Row) -> Result<Review> {
    let cells = Cells::of("review", row);
    Ok(Review {
        id: cells.int(0)?,
        client: cells.client(1)?,
        portfolio: PortfolioId::new(cells.int(2)?),
        certainty: cells.checked(Certainty::new(cells.float(3)?).map_err(|e| e.to_string()))?,
        because: cells.string(4)?,
        signal: cells.checked(fact::signal_from(cells.bytes(5)?))?,
        own_id: cells.string(6)?,
        subject_name: cells.string(7)?,
        decision: cells.maybe_word(8)?,
        fingerprint: fingerprint_of(&cells, 9)?,
    })
}

/// One review in these portfolios.
const ONE: &str =
    "select r.id, r.client, c.portfolio, r.certainty, r.because, r.body, r.own_id, r.subject_name, r.decision,
                r.fingerprint
             from review r join client c on c.id = r.client
             where r.id = $1 and c.portfolio in (select cast(value as bigint) from json_each($2))";

fn fingerprint_of(cells: &Cells<'_>, column: usize) -> Result<Option<Sha256>> {
    cells.maybe_bytes(column)?.map(|_| cells.sha256(column)).transpose()
}

impl Facts<'_> {
    /// Opens a review (idempotent by signal and client), with its `review.needed` event. A signal that is linked or was
    /// withdrawn needs none; a cancelled protest withdraws what waited under its own id. Where a person has judged the same
    /// subject of the same source before, that judgement holds: the record is linked, or not asked about again.
    pub async fn put_review(&self, review: &Review, at: Timestamp) -> Result<()> {
        let mut write = self.0.write().await?;
        let source = review.signal.source.as_str();
        if review.signal.fact.takes_back() {
            write.cancel(source, &review.own_id, at).await?;
            write.doom(&review.signal.evidence.sha256, true).await?;
            write.commit().await?;
            return self.forget_traces().await;
        }
        let as_signal = NewSignal {
            signal: review.signal.clone(),
            own_id: review.own_id.clone(),
            target: SignalTarget::Clients(Vec::new()),
            subject: review.fingerprint,
            by_number: Vec::new(),
        };
        let name = || review.signal.id.bytes().to_vec();
        let linked = "select 1 from link l join signal s on s.key = l.signal where l.client = $1 and s.id = $2";
        let is_linked = write.one(Query::new(linked).bind(review.client.get()).bind(name())).await?.is_some();
        if let Some(rule) = write.kept_out_by(&as_signal).await? {
            if Leaving::is_final_by(&rule) {
                write.doom(&review.signal.evidence.sha256, true).await?;
            }
            write.commit().await?;
            return self.forget_traces().await;
        }
        if is_linked {
            return write.roll_back().await;
        }
        if write.erased_clients().await?.contains(&review.client) {
            write.doom(&review.signal.evidence.sha256, false).await?;
            write.commit().await?;
            return self.forget_traces().await;
        }
        let judged = write.judged(review).await?;
        if matches!(judged, Some((ReviewDecision::NotSame, _))) {
            return write.roll_back().await;
        }
        if let Some(id) = write.insert_review(review, at).await? {
            if let Some((ReviewDecision::Same, author)) = judged {
                write.settle_review(id, ReviewDecision::Same, &author, at).await?;
                write.link_by_hand(review.clone(), &author, at).await?;
            } else {
                let body = EventBody::ReviewNeeded { review: id };
                write.announce(at, Some(review.portfolio), Some(review.client), &body).await?;
            }
        }
        write.commit().await
    }

    /// Reviews without a decision, in key order.
    pub async fn reviews(&self, portfolios: &[PortfolioId], after: i64, limit: usize) -> Result<Vec<Review>> {
        let sql =
            "select r.id, r.client, c.portfolio, r.certainty, r.because, r.body, r.own_id, r.subject_name, r.decision,
                r.fingerprint
             from review r join client c on c.id = r.client
             where r.id > $1 and r.decision is null and c.portfolio in (select cast(value as bigint) from json_each($2))
             order by r.id limit $3";
        let query = Query::new(sql).bind(after).bind(json_list(portfolios.iter().map(|p| p.get())));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(review_of).collect()
    }

    /// Reviews of these clients of which it was said last that they are not about them, the newest decided first.
    pub async fn set_aside(&self, clients: &[ClientId], limit: usize) -> Result<Vec<Review>> {
        let sql =
            "select r.id, r.client, c.portfolio, r.certainty, r.because, r.body, r.own_id, r.subject_name, r.decision,
                r.fingerprint
             from review r join client c on c.id = r.client
             where r.client in (select cast(value as bigint) from json_each($1)) and r.decision = 'not_same'
             order by r.decided_at desc, r.id desc limit $2";
        let query = Query::new(sql).bind(json_list(clients.iter().map(|client| client.get())));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(review_of).collect()
    }

    /// One review, decided or not; none when there is no such review in these portfolios.
    pub async fn review(&self, id: i64, portfolios: &[PortfolioId]) -> Result<Option<Review>> {
        let query = Query::new(ONE).bind(id).bind(json_list(portfolios.iter().map(|p| p.get())));
        self.0.one(query).await?.as_ref().map(review_of).transpose()
    }

    /// A person's decision, of this record and of every other of the same subject and source that waits, was decided
    /// otherwise, or was linked without asking: `Same` links with certainty 1 from now on; anything else takes back the
    /// client's link, whoever made it, as if it had never been, and those of the codes that are one company with it. Another
    /// portfolio's links stay. False when there is no such review in these portfolios.
    pub async fn decide_review(
        &self,
        id: i64,
        portfolios: &[PortfolioId],
        decision: ReviewDecision,
        author: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let mut write = self.0.write().await?;
        let query = Query::new(ONE).bind(id).bind(json_list(portfolios.iter().map(|p| p.get())));
        let Some(row) = write.one(query).await? else { return Ok(false) };
        let review = review_of(&row)?;
        let has_unlinked = write.decide(review.clone(), decision, author, at).await?;
        let mut split = Split::default();
        if decision != ReviewDecision::Same {
            for client in write.company_of(review.client).await? {
                let review = Review { client, ..review.clone() };
                write.split_subject(review, decision, None, (author, at), &mut split).await?;
            }
        }
        if decision == ReviewDecision::Same && !matches!(review.signal.fact, Fact::News(_)) {
            for client in write.also_same(&review).await? {
                let review = Review { client, ..review.clone() };
                write.split_subject(review, ReviewDecision::NotSame, None, (author, at), &mut split).await?;
            }
        }
        let details = format!("{{\"decision\":\"{}\"}}", decision.as_str());
        let note = Entry { who: author, what: "review.decided", object: &id.to_string(), details: &details };
        write.note_audit(at, &note).await?;
        write.commit().await?;
        if has_unlinked || !split.signals.is_empty() {
            self.0.tidy_up().await;
        }
        Ok(true)
    }

    /// What persons said of subjects, the newest of each client, source and subject.
    pub async fn judgements(&self) -> Result<Vec<Judgement>> {
        let sql = "select client, source, fingerprint, decision, author, at from judgement j
             where id = (select max(id) from judgement k
                 where k.client = j.client and k.source = j.source and k.fingerprint = j.fingerprint) order by id";
        self.0.all(Query::new(sql)).await?.iter().map(judgement_of).collect()
    }

    /// Everything that persons said of subjects that may be this client, in the order they said it.
    pub async fn judgements_of(&self, client: ClientId) -> Result<Vec<Judgement>> {
        let sql =
            "select client, source, fingerprint, decision, author, at from judgement where client = $1 order by id";
        self.0.all(Query::new(sql).bind(client.get())).await?.iter().map(judgement_of).collect()
    }
}

fn judgement_of(row: &Row) -> Result<Judgement> {
    let cells = Cells::of("judgement", row);
    Ok(Judgement {
        client: cells.client(0)?,
        source: cells.word(1)?,
        fingerprint: cells.sha256(2)?,
        decision: cells.word(3)?,
        author: cells.string(4)?,
        at: cells.instant(5)?,
    })
}

impl Write<'_> {
    /// Writes a review that is not there yet, undecided; answers its key.
    pub(super) async fn insert_review(&mut self, review: &Review, at: Timestamp) -> Result<Option<i64>> {
        let sql =
            "insert into review (client, signal, source, own_id, certainty, because, subject_name, body, sha256, fingerprint,
                opened_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (client, signal) do nothing returning id";
        let signal = &review.signal;
        let query = Query::new(sql).bind(review.client.get()).bind(signal.id.bytes().to_vec());
        let query = query.bind(signal.source.as_str().to_owned()).bind(review.own_id.clone());
        let query = query.bind(review.certainty.get()).bind(review.because.clone()).bind(review.subject_name.clone());
        let query = query.bind(fact::signal_bytes(signal)).bind(signal.evidence.sha256.bytes().to_vec());
        let query = query.bind(review.fingerprint.map(|f| f.bytes().to_vec())).bind(millis(at));
        self.one(query).await?.map(|row| Cells::of("review", &row).int(0)).transpose()
    }

    /// Notes what a person said, and does what follows from it for every record of the subject; answers whether a link was
    /// taken back.
    pub(super) async fn decide(
        &mut self,
        review: Review,
        decision: ReviewDecision,
        author: &str,
        at: Timestamp,
    ) -> Result<bool> {
        self.judge(&review, decision, author, at).await?;
        if decision != ReviewDecision::Same {
            self.review_links(&review, at).await?;
        }
        let mut has_unlinked = false;
        for review in self.of_one_subject(review).await? {
            if review.decision == Some(decision) {
                continue;
            }
            self.settle_review(review.id, decision, author, at).await?;
            if decision == ReviewDecision::Same {
                self.link_by_hand(review, author, at).await?;
            } else {
                let whose = (review.client, review.portfolio);
                has_unlinked |= self.unlink(whose, &[review.signal.id], "not_same", at).await?;
            }
        }
        Ok(has_unlinked)
    }

    /// What a person last said of the subject of this record, and who.
    async fn judged(&mut self, review: &Review) -> Result<Option<(ReviewDecision, String)>> {
        let Some(fingerprint) = review.fingerprint else { return Ok(None) };
        let sql = "select decision, author from judgement where client = $1 and source = $2 and fingerprint = $3
             order by id desc limit 1";
        let query = Query::new(sql).bind(review.client.get()).bind(review.signal.source.as_str().to_owned());
        let row = self.one(query.bind(fingerprint.bytes().to_vec())).await?;
        row.map(|row| {
            let cells = Cells::of("judgement", &row);
            Ok((cells.word(0)?, cells.string(1)?))
        })
        .transpose()
    }

    /// Remembers what a person said; a subject that cannot be told again is not judged beyond its record.
    pub(super) async fn judge(
        &mut self,
        review: &Review,
        decision: ReviewDecision,
        author: &str,
        at: Timestamp,
    ) -> Result<()> {
        let Some(fingerprint) = review.fingerprint else { return Ok(()) };
        let sql =
            "insert into judgement (client, source, fingerprint, decision, author, at) values ($1, $2, $3, $4, $5, $6)";
        let query = Query::new(sql).bind(review.client.get()).bind(review.signal.source.as_str().to_owned());
        let query = query.bind(fingerprint.bytes().to_vec()).bind(decision.as_str()).bind(author.to_owned());
        self.execute(query.bind(millis(at))).await.map(drop)
    }

    /// This review and the others of the same client, source and subject.
    async fn of_one_subject(&mut self, review: Review) -> Result<Vec<Review>> {
        let sql =
            "select r.id, r.client, c.portfolio, r.certainty, r.because, r.body, r.own_id, r.subject_name, r.decision,
                r.fingerprint
             from review r join client c on c.id = r.client
             where r.id <> $1 and r.client = $2 and r.source = $3 and r.fingerprint = $4 order by r.id";
        let query = Query::new(sql).bind(review.id).bind(review.client.get());
        let query = query.bind(review.signal.source.as_str().to_owned());
        let rows = self.all(query.bind(review.fingerprint.map(|f| f.bytes().to_vec()))).await?;
        let others = rows.iter().map(review_of);
        [Ok(review)].into_iter().chain(others).collect()
    }

    async fn settle_review(&mut self, id: i64, decision: ReviewDecision, author: &str, at: Timestamp) -> Result<()> {
        let sql = "update review set decision = $1, author = $2, decided_at = $3 where id = $4";
        let query = Query::new(sql).bind(decision.as_str()).bind(author.to_owned()).bind(millis(at)).bind(id);
        self.execute(query).await.map(drop)
    }

    /// A link that a person made: certain, and known since the decision.
    pub(super) async fn link_by_hand(&mut self, review: Review, author: &str, at: Timestamp) -> Result<()> {
        let Review { client, signal, own_id, fingerprint, .. } = review;
        let name = signal.id.bytes().to_vec();
        let signal = Signal { known_at: signal.known_at.min(at), ..signal };
        let target = SignalTarget::Clients(vec![(client, Certainty::CERTAIN)]);
        self.put_signals(&[&NewSignal { signal, own_id, target, subject: fingerprint, by_number: Vec::new() }]).await?;
        let update = "update link set certainty = 1, known_at = $1, decided_by = $2
             where client = $3 and signal = (select key from signal where id = $4)";
        let query = Query::new(update).bind(millis(at)).bind(author).bind(client.get()).bind(name);
        self.execute(query).await?;
        let mut marks = Marks::default();
        marks.add(client, at);
        self.put_marks(&marks, Cause::Signals).await
    }
}
