//! What is at stake with every client: for those who must choose whom to look at first.

use jiff::Timestamp;

use super::Ratings;
use crate::{
    domain::{ClientId, Grade, Money, Probability},
    store::{Result, backend::Query, rows::Cells},
};

/// What is at stake with a client, as far as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Stake {
    /// Whom.
    pub client: ClientId,
    /// When we first learned of it.
    pub known_since: Timestamp,
    /// What it owes, minor units; none before a first rating.
    pub exposure_minor: Option<i64>,
    /// The grade recorded last.
    pub grade: Grade,
    /// The PD recorded last; none for `ND`.
    pub pd: Option<Probability>,
    /// The limit granted.
    pub credit_limit: Option<Money>,
    /// What it buys in a year.
    pub yearly_value: Option<Money>,
}

impl Ratings<'_> {
    /// What is at stake with every client of every portfolio, in key order, with one question. With a merged client it is
    /// what is at stake with its survivor, whose rating hangs on news of either.
    pub async fn exposures(&self) -> Result<Vec<Stake>> {
        let sql =
            "select c.id, (select f.known_at from client_version f where f.client = c.id order by f.version limit 1),
                k.exposure, coalesce(k.grade, 'ND'), k.pd,
                v.credit_limit, v.credit_limit_currency, v.yearly_value, v.yearly_value_currency
             from client c left join merged m on m.client = c.id
                left join current k on k.client = coalesce(m.survivor, c.id)
                join client_version v on v.client = c.id and v.version = c.version
             order by c.id";
        let rows = self.0.all(Query::new(sql)).await?;
        let stakes = rows.iter().map(|row| {
            let cells = Cells::of("current", row);
            let pd = cells.maybe_float(4)?.map(Probability::new).transpose().map_err(|e| e.to_string());
            Ok(Stake {
                client: cells.client(0)?,
                known_since: cells.instant(1)?,
                exposure_minor: cells.maybe_int(2)?,
                grade: cells.word(3)?,
                pd: cells.checked(pd)?,
                credit_limit: cells.maybe_money(5)?,
                yearly_value: cells.maybe_money(7)?,
            })
        });
        stakes.collect()
    }
}
