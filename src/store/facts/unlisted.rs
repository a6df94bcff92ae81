//! What a source told once and tells no more. A list that was given whole is the present truth: what is not in it any longer
//! was taken out, as if it had never been.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Facts;
use crate::{
    domain::{ClientId, SignalId},
    store::{Result, backend::Query, rows::Cells},
};

/// The rule on the receipts of what vanished from a list. They keep nothing out: what is listed again stands again.
pub(super) const UNLISTED: &str = "unlisted";

impl Facts<'_> {
    /// Withdraws what a source told of a client in this kind of fact under any other own id than these. Answers how many
    /// signals went.
    pub async fn keep_listed(
        &self,
        client: ClientId,
        (source, kind): (&str, &str),
        listed: &BTreeSet<String>,
        at: Timestamp,
    ) -> Result<u64> {
        let sql = "select s.id, s.own_id from link l join signal s on s.key = l.signal
             where l.client = $1 and s.source = $2 and s.kind = $3 order by s.key";
        let query = Query::new(sql).bind(client.get()).bind(source.to_owned()).bind(kind.to_owned());
        let mut n_gone = 0;
        for row in self.0.all(query).await? {
            let cells = Cells::of("signal", &row);
            if !listed.contains(&cells.string(1)?) {
                n_gone += u64::from(self.withdraw(SignalId::new(cells.array(0)?), UNLISTED, at).await?);
            }
        }
        Ok(n_gone)
    }
}
