//! Other names of clients, as registers told them.

use jiff::Timestamp;

use super::Facts;
use crate::{
    domain::{ClientId, Fact},
    store::{Result, backend::Query, codec::fact, rows::Cells},
};

/// What an identity says that is a name.
const NAMES: [&str; 3] = ["legal_name", "previous_name", "trading_name"];

impl Facts<'_> {
    /// Present, former and trading names of clients in key order, each with when it was learned, as told by records that bear the client's own number: a
    /// name that was found by another name would vouch for itself.
    pub async fn other_names(&self) -> Result<Vec<(ClientId, String, Timestamp)>> {
        let sql = "select l.client, s.fact, s.known_at from signal s cross join link l
             where s.kind = 'identity' and l.signal = s.key and l.by_number = 1 order by l.client, s.known_at, s.key";
        let mut names = Vec::new();
        for row in self.0.all(Query::new(sql)).await? {
            let cells = Cells::of("signal", &row);
            if let Fact::Identity(identity) = cells.checked(fact::fact_from(cells.bytes(1)?))?
                && NAMES.contains(&identity.what.as_str())
            {
                names.push((cells.client(0)?, identity.text, cells.instant(2)?));
            }
        }
        Ok(names)
    }
}
