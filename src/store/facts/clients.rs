//! Clients: a code in a portfolio, and versions of what the creditor says.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::{
    Brought, ClientFilter, ClientRow, Facts, RowOutcome, Step,
    marks::Marks,
    versions::{Columns, SELECT, client_of, select_version},
};
use crate::{
    domain::{BatchId, Cause, Client, ClientCode, ClientId, Nace, PortfolioId, Prospect},
    store::{
        Result,
        backend::{Query, Write, bulk, json_list},
        rows::{Cells, millis},
    },
};

/// A sector as lists search it: section letter and digits, so that every wider heading is a prefix.
fn sector_key(sector: Option<Nace>) -> String {
    sector.map_or_else(String::new, |s| {
        let digits: String = s.to_string().chars().filter(char::is_ascii_digit).collect();
        format!("{}{digits}", s.section())
    })
}

fn search_key(code: &ClientCode, name: &str) -> String {
    format!("{}\n{}", code.as_str().to_lowercase(), name.to_lowercase())
}

/// What a chunk of client rows comes to, before it is written.
#[derive(Debug, Default)]
struct Changes {
    /// New state of the rows of `client`, by key: version, search, sector, code.
    heads: BTreeMap<i64, (i64, String, String, ClientCode)>,
    /// Client, version, known at, columns.
    versions: Vec<(i64, i64, i64, Columns)>,
}

impl Facts<'_> {
    /// Writes clients of one portfolio in one transaction; outcomes in the input's order, with the client's key.
    pub async fn put_clients(
        &self,
        portfolio: PortfolioId,
        batch: BatchId,
        rows: &[ClientRow],
    ) -> Result<Vec<(ClientId, RowOutcome)>> {
        let mut write = self.0.write().await?;
        let outcomes = write.put_clients(portfolio, batch, rows).await?;
        write.commit().await?;
        Ok(outcomes)
    }

    /// What `put_clients` would answer (new clients have key 0); writes nothing.
    pub async fn plan_clients(
        &self,
        portfolio: PortfolioId,
        rows: &[ClientRow],
    ) -> Result<Vec<(ClientId, RowOutcome)>> {
        let mut write = self.0.write().await?;
        let newest = write.number(Query::new("select max(id) from client")).await?;
        let mut outcomes = write.put_clients(portfolio, BatchId::new(0), rows).await?;
        write.roll_back().await?;
        for (client, _) in &mut outcomes {
            if client.get() > newest {
                *client = ClientId::new(0);
            }
        }
        Ok(outcomes)
    }

    /// The keys of these codes in a portfolio, in order; none where unknown.
    pub async fn client_ids(&self, portfolio: PortfolioId, codes: &[ClientCode]) -> Result<Vec<Option<ClientId>>> {
        let mut snapshot = self.0.snapshot().await?;
        let find = ("select code, id from client where (portfolio, code) in (", 2, ")");
        let bind = |query: Query, code: &ClientCode| query.bind(portfolio.get()).bind(code.as_str());
        let mut known = HashMap::new();
        for row in bulk(&mut snapshot, find, codes, bind).await? {
            let cells = Cells::of("client", &row);
            known.insert(cells.string(0)?, cells.client(1)?);
        }
        Ok(codes.iter().map(|code| known.get(code.as_str()).copied()).collect())
    }

    /// A client by code.
    pub async fn client(&self, portfolio: PortfolioId, code: &ClientCode) -> Result<Option<Client>> {
        let sql = format!("{SELECT} where c.portfolio = $1 and c.code = $2");
        let query = Query::new(sql).bind(portfolio.get()).bind(code.as_str());
        self.0.one(query).await?.as_ref().map(client_of).transpose()
    }

    /// A client by key.
    pub async fn client_by_id(&self, id: ClientId) -> Result<Option<Client>> {
        let sql = format!("{SELECT} where c.id = $1");
        let query = Query::new(sql).bind(id.get());
        self.0.one(query).await?.as_ref().map(client_of).transpose()
    }

    /// These clients by key, in one question; those that are not there are left out.
    pub async fn clients_by_id(&self, ids: &[ClientId]) -> Result<HashMap<ClientId, Client>> {
        let sql = format!("{SELECT} where c.id in (select cast(value as bigint) from json_each($1))");
        let rows = self.0.all(Query::new(sql).bind(json_list(ids.iter().map(|id| id.get())))).await?;
        rows.iter().map(|row| client_of(row).map(|client| (client.id, client))).collect()
    }

    /// A client by key, as it was described at an instant; none when nothing was known of it yet.
    pub async fn client_known(&self, id: ClientId, known_at: Timestamp) -> Result<Option<Client>> {
        let newest = "(select max(n.version) from client_version n where n.client = c.id and n.known_at <= $2)";
        let sql = format!("{} where c.id = $1", select_version(newest));
        let query = Query::new(sql).bind(id.get()).bind(millis(known_at));
        self.0.one(query).await?.as_ref().map(client_of).transpose()
    }

    /// Clients in key order after `after`, at most `limit`.
    pub async fn clients(&self, filter: &ClientFilter, after: Option<ClientId>, limit: usize) -> Result<Vec<Client>> {
        // One portfolio has an index in the order of the page. With several there is none, and the plus keeps SQLite from
        // sorting all their clients for every page.
        let in_reach = match filter.portfolios.as_slice() {
            [_] => "c.portfolio = (select cast(value as bigint) from json_each($2))",
            _ => "+c.portfolio in (select cast(value as bigint) from json_each($2))",
        };
        let sql = format!(
            "{SELECT} left join merged m on m.client = c.id left join current k on k.client = coalesce(m.survivor, c.id)
             where c.id > $1 and v.client > $1 and {in_reach}
               and ($3 is null or coalesce(k.grade, 'ND') = $3)
               and ($4 is null or c.sector like $4 || '%')
               and ($5 is null or c.search like '%' || $5 || '%' escape '\\')
               and ($6 = 0 or m.client is null)
             order by c.id limit $7"
        );
        let literal = |q: &String| q.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let query = Query::new(sql)
            .bind(after.map_or(0, ClientId::get))
            .bind(json_list(filter.portfolios.iter().map(|p| p.get())))
            .bind(filter.grade.map(|g| g.as_str()))
            .bind(filter.sector.map(|s| sector_key(Some(s))))
            .bind(filter.q.as_ref().map(literal))
            .bind(i64::from(filter.only_rated))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.0.all(query).await?.iter().map(client_of).collect()
    }

    /// Who the clients of every portfolio are, in key order after `after`, at most `limit`: for those who watch them.
    pub async fn watched(&self, after: Option<ClientId>, limit: usize) -> Result<Vec<(ClientId, Prospect)>> {
        let sql = format!("{SELECT} where c.id > $1 and v.client > $1 order by c.id limit $2");
        let query = Query::new(sql).bind(after.map_or(0, ClientId::get));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(|row| client_of(row).map(|client| (client.id, client.facts.who))).collect()
    }

    /// How many clients there are.
    pub async fn n_clients(&self) -> Result<i64> {
        Ok(self.0.number(Query::new("select count(*) from client")).await?.unwrap_or(0))
    }
}

/// Client rows compared at a time.
const CHUNK_ROWS: usize = 2000;

impl Write<'_> {
    /// Clients that are no more: nothing is linked to them, although somebody may have read of them before they went.
    pub(super) async fn erased_clients(&mut self) -> Result<HashSet<ClientId>> {
        let rows = self.all(Query::new("select client from erased")).await?;
        rows.iter().map(|row| Cells::of("erased", row).client(0)).collect()
    }

    /// Writes versions of clients, and notes them under the import that is under way.
    pub(super) async fn put_clients(
        &mut self,
        portfolio: PortfolioId,
        batch: BatchId,
        rows: &[ClientRow],
    ) -> Result<Vec<(ClientId, RowOutcome)>> {
        let newest =
            "select max((select coalesce(max(id), 0) from client), (select coalesce(max(client), 0) from erased))";
        let mut next_id = self.number(Query::new(newest)).await? + 1;
        let mut outcomes = Vec::with_capacity(rows.len());
        let mut marks = Marks::default();
        let mut brought = Brought::default();
        for chunk in rows.chunks(CHUNK_ROWS) {
            let mut newest = self.newest_versions(portfolio, chunk).await?;
            let mut changes = Changes::default();
            let mut written = Vec::new();
            for row in chunk {
                let columns = Columns::of(&row.facts);
                let (id, version, outcome) = match newest.get(row.code.as_str()) {
                    None => (next_id, 1, RowOutcome::Created),
                    Some((id, version, known)) if *known == columns => (*id, *version, RowOutcome::Unchanged),
                    Some((id, version, _)) => (*id, version + 1, RowOutcome::Changed),
                };
                next_id += i64::from(outcome == RowOutcome::Created);
                outcomes.push((ClientId::new(id), outcome));
                if outcome == RowOutcome::Unchanged {
                    continue;
                }
                marks.add(ClientId::new(id), row.known_at);
                written.push((ClientId::new(id), row));
                brought.clients.push((ClientId::new(id), Step { before: version - 1, after: version }));
                let search = search_key(&row.code, &row.facts.who.name);
                changes.heads.insert(id, (version, search, sector_key(row.facts.who.sector), row.code.clone()));
                changes.versions.push((id, version, millis(row.known_at), columns.clone()));
                newest.insert(row.code.as_str().to_owned(), (id, version, columns));
            }
            self.put_client_changes(portfolio, batch, &changes).await?;
            self.adopt_prospects(portfolio, &written).await?;
        }
        if marks.clients().next().is_some() {
            self.take("identity", 1).await?;
        }
        self.put_marks(&marks, Cause::Signals).await?;
        self.note_brought(&brought).await?;
        Ok(outcomes)
    }

    /// The newest versions of the clients that these rows name: key, version, columns.
    async fn newest_versions(
        &mut self,
        portfolio: PortfolioId,
        rows: &[ClientRow],
    ) -> Result<HashMap<String, (i64, i64, Columns)>> {
        let find = (format!("{SELECT} where (c.portfolio, c.code) in ("), 2, ")");
        let bind = |query: Query, row: &ClientRow| query.bind(portfolio.get()).bind(row.code.as_str());
        let mut newest = HashMap::with_capacity(rows.len());
        for row in bulk(self.conn(), (&find.0, find.1, find.2), rows, bind).await? {
            let cells = Cells::of("client_version", &row);
            newest.insert(cells.string(2)?, (cells.int(0)?, cells.int(3)?, Columns::read(&cells)?));
        }
        Ok(newest)
    }

    async fn put_client_changes(&mut self, portfolio: PortfolioId, batch: BatchId, changes: &Changes) -> Result<()> {
        let heads: Vec<_> = changes.heads.iter().collect();
        let put_heads = (
            "insert into client (id, portfolio, code, version, search, sector)",
            6,
            " on conflict (id) do update set version = excluded.version, search = excluded.search,
                sector = excluded.sector",
        );
        self.put_all(put_heads, &heads, |query, (id, (version, search, sector, code))| {
            let query = query.bind(**id).bind(portfolio.get()).bind(code.as_str()).bind(*version);
            query.bind(search.as_str()).bind(sector.as_str())
        })
        .await?;
        let put_versions = (
            "insert into client_version (client, version, known_at, batch, name, country, city, address, identifiers,
                sector, since, active, credit_limit, credit_limit_currency, yearly_value, yearly_value_currency,
                currency, email, phone)",
            19,
            "",
        );
        self.put_all(put_versions, &changes.versions, |query, (id, version, known_at, columns)| {
            columns.bind(query.bind(*id).bind(*version).bind(*known_at).bind(batch.get()))
        })
        .await
    }
}
