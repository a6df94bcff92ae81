//! Default interest and the lump sum, claimed or waived.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};

use super::Facts;
use crate::{
    domain::{ClientId, InvoiceKey, Money},
    store::{
        Result,
        audit::Entry,
        backend::Query,
        codec::ledger,
        rows::{Cells, days, millis},
    },
};

/// What was decided of the interest or of the lump sum of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestClaim {
    /// Whose invoice.
    pub client: ClientId,
    /// Which.
    pub invoice: InvoiceKey,
    /// `interest` or `lump_sum`.
    pub what: String,
    /// `claimed` or `waived`.
    pub state: String,
    /// How much.
    pub amount: Money,
    /// The day up to which it was counted.
    pub until: Date,
    /// Who decided.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Facts<'_> {
    /// Notes what was decided, and who did, in one transaction with the audit log.
    pub async fn put_interest_claims(&self, claims: &[InterestClaim], note: &Entry<'_>) -> Result<()> {
        let mut write = self.0.write().await?;
        for claim in claims {
            let sql =
                "insert into interest_claim (client, invoice, what, state, minor, currency, until_day, who, reason, at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            let query = Query::new(sql)
                .bind(claim.client.get())
                .bind(ledger::key_bytes(claim.invoice).to_vec())
                .bind(claim.what.clone())
                .bind(claim.state.clone())
                .bind(claim.amount.minor())
                .bind(claim.amount.currency().to_string())
                .bind(days(claim.until))
                .bind(claim.who.clone())
                .bind(claim.reason.clone())
                .bind(millis(claim.at));
            write.execute(query).await?;
        }
        if let Some(last) = claims.last() {
            write.note_audit(last.at, note).await?;
        }
        write.commit().await
    }

    /// The last word on the interest and the lump sum of each of a client's invoices, as far as it had been said by then.
    pub async fn interest_claims(
        &self,
        client: ClientId,
        known_at: Timestamp,
    ) -> Result<HashMap<(InvoiceKey, String), InterestClaim>> {
        let sql = "select invoice, what, state, minor, currency, until_day, who, reason, at from interest_claim
             where client = $1 and at <= $2 order by id";
        let mut found = HashMap::new();
        for row in self.0.all(Query::new(sql).bind(client.get()).bind(millis(known_at))).await? {
            let cells = Cells::of("interest_claim", &row);
            let amount = cells.maybe_money(3)?;
            let claim = InterestClaim {
                client,
                invoice: ledger::key_from(cells.array(0)?),
                what: cells.string(1)?,
                state: cells.string(2)?,
                amount: cells.checked(amount.ok_or_else(|| "an amount is missing".to_owned()))?,
                until: cells.day(5)?,
                who: cells.string(6)?,
                reason: cells.string(7)?,
                at: cells.instant(8)?,
            };
            found.insert((claim.invoice, claim.what.clone()), claim);
        }
        Ok(found)
    }
}
