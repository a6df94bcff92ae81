//! What follows in the store when a file is taken back.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::{ImportRow, Step};
use crate::{
    domain::{BatchId, Client, ClientId, PortfolioId},
    store::{
        Facts, Result,
        audit::Entry,
        backend::{Query, Write, bulk},
        facts::{
            Basis, ClientRow, LedgerRow, PaymentState,
            versions::{Columns, SELECT, client_of, select_version},
        },
        rows::{Cells, millis},
    },
};

/// What follows when a file is taken back.
#[derive(Debug, Clone, Default)]
pub struct Unsaying {
    /// The revisions that unsay what it said.
    pub rows: Vec<LedgerRow>,
    /// What they were worked out from.
    pub basis: Vec<Basis>,
    /// Payments that nobody told of any more, with the state that each is in.
    pub payments: Vec<(i64, PaymentState)>,
    /// Clients that it described.
    pub clients: Vec<(ClientId, Step)>,
    /// In how many notes it stood what the file wrote.
    pub n_notes: i64,
}

/// What became of the clients that a file described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientsUnsaid {
    /// So many are described as before.
    pub n_restored: u64,
    /// Those that somebody described anew since: they stay as they are.
    pub changed: Vec<ClientId>,
    /// Those that were new with the file: a code that was given out is not taken back.
    pub kept: Vec<ClientId>,
}

/// What became of the wish to take a file back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undoing {
    /// It is done.
    Taken(ClientsUnsaid),
    /// It was taken back before.
    Late,
    /// Something is not as it was when the rows were worked out.
    Overtaken,
}

/// A version of a client, and what of it is compared.
type Version = (Client, Columns);

impl Facts<'_> {
    /// Takes a file back: writes what follows of the ledger and of the clients, known from now on, with the note for the
    /// audit log. What the payments were booked on is kept with both instants.
    pub async fn undo_import(
        &self,
        import: &ImportRow,
        what: &Unsaying,
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<Undoing> {
        let mut write = self.0.write().await?;
        let sql = "update imported_file set undone_at = $2, undone_by = $3 where id = $1 and undone_at is null";
        let query = Query::new(sql).bind(import.id).bind(millis(at)).bind(note.who.to_owned());
        if write.execute(query).await? == 0 {
            write.roll_back().await?;
            return Ok(Undoing::Late);
        }
        // A file that is still being read may have written more, and a night forgets those of the day before.
        let noted = Query::new("select count(*) from import_part where import = $1").bind(import.id);
        let n_notes = write.number(noted).await?;
        if n_notes == 0 {
            write.roll_back().await?;
            return Ok(Undoing::Late);
        }
        let mut is_still_so = n_notes == what.n_notes && write.is_still_so(&what.basis).await?;
        for (payment, state) in &what.payments {
            is_still_so = is_still_so && write.withdraw_payment(*payment, *state, note.who, at).await?;
        }
        if !is_still_so {
            write.roll_back().await?;
            return Ok(Undoing::Overtaken);
        }
        write.put_ledger(&what.rows.iter().collect::<Vec<_>>()).await?;
        let clients = write.unsay_clients(import.portfolio, &what.clients, at).await?;
        write.execute(Query::new("delete from import_part where import = $1").bind(import.id)).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(Undoing::Taken(clients))
    }
}

impl Write<'_> {
    /// A payment that nobody told of any more: what it was booked on is kept with both instants, nobody is shown it, and a file may
    /// tell of it again. To the version before it is one that was dismissed. False when it is not in that state any more, or
    /// somebody has decided of it.
    async fn withdraw_payment(&mut self, payment: i64, state: PaymentState, who: &str, at: Timestamp) -> Result<bool> {
        self.keep_undone(payment, who, at).await?;
        self.execute(Query::new("delete from payment_part where payment = $1").bind(payment)).await?;
        let sql = "update payment set state = 'dismissed', withdrawn_at = $3
             where id = $1 and state = $2 and decided_at is null and withdrawn_at is null";
        if self.execute(Query::new(sql).bind(payment).bind(state.as_str()).bind(millis(at))).await? == 0 {
            return Ok(false);
        }
        self.unlearn_account_of(payment).await?;
        Ok(true)
    }

    /// Describes clients again as they were described before a file did, where nobody has since.
    async fn unsay_clients(
        &mut self,
        portfolio: PortfolioId,
        clients: &[(ClientId, Step)],
        at: Timestamp,
    ) -> Result<ClientsUnsaid> {
        let mut unsaid = ClientsUnsaid::default();
        let newest: Vec<_> = clients.iter().map(|(client, _)| (client.get(), portfolio.get())).collect();
        let newest = self.versions(&format!("{SELECT} where (c.id, c.portfolio) in ("), &newest).await?;
        let steps = clients.iter().flat_map(|(client, step)| [(client.get(), step.before), (client.get(), step.after)]);
        let steps: Vec<_> = steps.filter(|(_, version)| *version > 0).collect();
        let any = format!("{} where (c.id, v.version) in (", select_version("v.version"));
        let known: HashMap<_, _> = self.versions(&any, &steps).await?.into_iter().collect();
        let newest: HashMap<_, _> = newest.into_iter().map(|((client, _), version)| (client, version)).collect();
        let mut rows: BTreeMap<BatchId, Vec<ClientRow>> = BTreeMap::new();
        for (client, step) in clients {
            // One that is erased is nobody's any more.
            let Some((now, said)) = newest.get(&client.get()) else { continue };
            if step.before == 0 {
                unsaid.kept.push(*client);
                continue;
            }
            let version = |n: i64| known.get(&(client.get(), n));
            match (version(step.before), version(step.after)) {
                (Some((before, _)), Some((_, brought))) if brought == said => {
                    unsaid.n_restored += 1;
                    let known_at = after(now.known_at, at);
                    let row = ClientRow { code: before.code.clone(), facts: before.facts.clone(), known_at };
                    rows.entry(before.batch).or_default().push(row);
                }
                _ => unsaid.changed.push(*client),
            }
        }
        for (batch, rows) in rows {
            self.put_clients(portfolio, batch, &rows).await?;
        }
        Ok(unsaid)
    }

    /// Versions of clients, by client and version.
    async fn versions(&mut self, find: &str, keys: &[(i64, i64)]) -> Result<Vec<((i64, i64), Version)>> {
        let bind = |query: Query, (a, b): &(i64, i64)| query.bind(*a).bind(*b);
        let rows = bulk(self.conn(), (find, 2, ")"), keys, bind).await?;
        let versions = rows.iter().map(|row| {
            let cells = Cells::of("client_version", row);
            Ok(((cells.int(0)?, cells.int(3)?), (client_of(row)?, Columns::read(&cells)?)))
        });
        versions.collect()
    }
}

/// When something unsaid counts as known: now, and after what it unsays, which may have been learned this very moment.
pub fn after(known_at: Timestamp, now: Timestamp) -> Timestamp {
    let next = known_at.saturating_add(SignedDuration::from_millis(1)).unwrap_or(known_at);
    now.max(next)
}
