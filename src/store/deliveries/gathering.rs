use jiff::Timestamp;

use super::{Deliveries, Wait};
use crate::store::{
    Result,
    backend::Query,
    rows::{Cells, millis},
};

impl Deliveries<'_> {
    /// Gathers what has waited until `at`: for each subscriber one digest, due now, with all that waited for it. What is
    /// in a digest stays in it, so that every attempt says the same.
    pub async fn gather(&self, at: Timestamp) -> Result<u64> {
        let waiting = "select distinct d.subscription from delivery d join subscription s on s.id = d.subscription
             where d.state = 'pending' and d.wait is not null and d.digest is null and d.next_at <= $1
               and s.disabled is null";
        // Looked for without the write lock: most of the time nothing waits.
        let rows = self.0.all(Query::new(waiting).bind(millis(at))).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let digest = "insert into delivery (subscription, seq, kind, state, next_at, updated_at)
             select d.subscription, 0, 'digest', 'pending', $1, $1 from delivery d
             where d.subscription = $2 and d.state = 'pending' and d.wait is not null and d.digest is null
               and d.next_at <= $1 limit 1 returning id";
        let put_in = "update delivery set digest = $1, next_at = null, updated_at = $2
             where subscription = $3 and state = 'pending' and wait is not null and digest is null and next_at <= $2";
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        let mut n_digests = 0;
        for row in &rows {
            let subscription = Cells::of("delivery", row).string(0)?;
            let made = Query::new(digest).bind(millis(at)).bind(subscription.as_str());
            // Another process may have been quicker.
            let Some(made) = write.one(made).await? else { continue };
            let id = Cells::of("delivery", &made).int(0)?;
            write.execute(Query::new(put_in).bind(id).bind(millis(at)).bind(subscription.as_str())).await?;
            n_digests += 1;
        }
        write.commit().await?;
        Ok(n_digests)
    }

    /// What a digest tells: the events in order, and why they waited; the gravest reason when there are several.
    pub async fn told_in(&self, digest: i64) -> Result<(Vec<i64>, Option<Wait>)> {
        let sql = "select seq, wait from delivery where digest = $1 and kind = 'event' order by seq";
        let mut seqs = Vec::new();
        let mut gravest = None;
        for row in self.0.all(Query::new(sql).bind(digest)).await? {
            let cells = Cells::of("delivery", &row);
            seqs.push(cells.int(0)?);
            gravest = match (gravest, cells.maybe_word(1)?) {
                (Some(Wait::Storm), _) | (_, Some(Wait::Storm)) => Some(Wait::Storm),
                (Some(Wait::Quiet), _) | (_, Some(Wait::Quiet)) => Some(Wait::Quiet),
                (known, new) => known.or(new),
            };
        }
        Ok((seqs, gravest))
    }
}
