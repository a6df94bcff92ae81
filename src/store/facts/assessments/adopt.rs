//! A prospect becomes a client: what was found then are the client's facts, known since then.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{Facts, SIGNALS, number_key, signal_of};
use crate::{
    domain::{ClientId, Identifier, PortfolioId},
    store::facts::{ClientRow, NewSignal},
    store::{
        Error, Result,
        audit::Entry,
        backend::{Query, Write},
        rows::Cells,
    },
};

impl Facts<'_> {
    /// Makes an evaluation a client's file, and its facts the client's. Doing it again changes nothing.
    /// [`Error::Conflict`] when it is another client's, or when both have numbers of one numbering and share none.
    pub async fn adopt_assessment(
        &self,
        assessment: i64,
        (client, identifiers): (ClientId, &[Identifier]),
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<()> {
        let mut write = self.0.write().await?;
        let owner = write.number(Query::new("select client from assessment where id = $1").bind(assessment)).await?;
        if owner == client.get() {
            return write.roll_back().await;
        }
        if owner != 0 {
            return Err(Error::Conflict("the assessment is another client's, which".to_owned()));
        }
        let sql = "select number from assessment_number where assessment = $1 order by number";
        let theirs: Vec<String> = write
            .all(Query::new(sql).bind(assessment))
            .await?
            .iter()
            .map(|row| Cells::of("assessment_number", row).string(0))
            .collect::<Result<_>>()?;
        let ours: Vec<String> = identifiers.iter().map(number_key).collect();
        let is_shared = ours.iter().any(|number| theirs.contains(number));
        if let Some(other) = theirs.iter().find(|number| ours.iter().any(|own| scheme(own) == scheme(number)))
            && !is_shared
        {
            let why = format!("the prospect has the number {other}, and the client another one, which");
            return Err(Error::Conflict(why));
        }
        write.adopt(assessment, client).await?;
        write.note_audit(at, note).await?;
        write.commit().await
    }
}

/// The numbering of a compared number: what stands before the number itself.
fn scheme(number: &str) -> &str {
    number.rsplit_once('/').map_or("", |(scheme, _)| scheme)
}

impl Write<'_> {
    /// Gives clients that were just written the evaluations of the prospects they were: by a number that both bear.
    pub(in crate::store::facts) async fn adopt_prospects(
        &mut self,
        portfolio: PortfolioId,
        written: &[(ClientId, &ClientRow)],
    ) -> Result<()> {
        let with_numbers = written.iter().filter(|(_, row)| !row.facts.who.identifiers.is_empty());
        let with_numbers: Vec<_> = with_numbers.collect();
        if with_numbers.is_empty() {
            return Ok(());
        }
        let sql = "select n.number, n.assessment from assessment a join assessment_number n on n.assessment = a.id
             where a.portfolio = $1 and a.client is null order by n.assessment";
        let mut waiting: HashMap<String, Vec<i64>> = HashMap::new();
        for row in self.all(Query::new(sql).bind(portfolio.get())).await? {
            let cells = Cells::of("assessment_number", &row);
            waiting.entry(cells.string(0)?).or_default().push(cells.int(1)?);
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let mut taken = BTreeSet::new();
        for (client, row) in with_numbers {
            let own: BTreeSet<i64> = row
                .facts
                .who
                .identifiers
                .iter()
                .filter_map(|id| waiting.get(&number_key(id)))
                .flatten()
                .copied()
                .collect();
            for assessment in own {
                if taken.insert(assessment) {
                    self.adopt(assessment, *client).await?;
                }
            }
        }
        Ok(())
    }

    async fn adopt(&mut self, assessment: i64, client: ClientId) -> Result<()> {
        let sql = "update assessment set client = $1 where id = $2";
        self.execute(Query::new(sql).bind(client.get()).bind(assessment)).await?;
        let rows = self.all(Query::new(SIGNALS).bind(assessment)).await?;
        let signals: Vec<NewSignal> = rows.iter().map(|row| signal_of(row, client)).collect::<Result<_>>()?;
        self.put_signals(&signals.iter().collect::<Vec<_>>()).await.map(drop)
    }
}
