//! What stands beside treatments in a list: who the clients are, and the numbers of their invoices.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    desk::{Desk, Result},
    domain::{Client, ClientId, InvoiceKey},
    pipeline::Treating,
    store::LedgerRow,
};

/// Clients and ledgers that were asked for together: a list of two hundred asks three questions and not six hundred.
pub(super) struct Beside {
    clients: HashMap<ClientId, Client>,
    ledgers: HashMap<ClientId, Vec<LedgerRow>>,
    /// Into whom others are merged: whose invoices are spread over several codes.
    survivors: HashSet<ClientId>,
}

impl Beside {
    pub(super) fn client(&self, id: ClientId) -> Option<&Client> {
        self.clients.get(&id)
    }

    /// The numbers of these invoices, the oldest first; none when some of them may have come under another code.
    pub(super) fn numbers_of(&self, client: ClientId, keys: &[InvoiceKey]) -> Option<Vec<String>> {
        if self.survivors.contains(&client) {
            return None;
        }
        let rows = self.ledgers.get(&client).into_iter().flatten();
        let mut rows: Vec<&LedgerRow> = rows.filter(|row| keys.contains(&row.line.invoice)).collect();
        rows.sort_by(|a, b| a.line.due_on.cmp(&b.line.due_on).then_with(|| b.line.issued_on.cmp(&a.line.issued_on)));
        Some(rows.into_iter().map(|row| row.number.clone()).collect())
    }
}

impl Desk {
    /// What stands beside these treatments.
    pub(super) async fn beside_treatments(&self, all: &[Treating]) -> Result<Beside> {
        let ids: Vec<ClientId> = all.iter().map(|one| one.client).collect();
        let owing: Vec<ClientId> = all.iter().filter(|one| !one.invoices.is_empty()).map(|one| one.client).collect();
        let facts = self.store.facts();
        let mergers = facts.mergers(self.clock.now()).await?;
        Ok(Beside {
            clients: facts.clients_by_id(&ids).await?,
            ledgers: facts.ledgers(&owing).await?,
            survivors: mergers.into_iter().map(|merger| merger.survivor).collect(),
        })
    }

    /// The numbers of these invoices of a client and of those merged into it, the oldest first.
    pub(super) async fn numbers_of(&self, client: ClientId, keys: &[InvoiceKey]) -> Result<Vec<String>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = self.store.facts().ledger(client).await?;
        let mut beside = HashMap::new();
        for merger in self.store.facts().mergers_of(client).await? {
            if merger.survivor == client && merger.to_known.is_none() {
                rows.extend(self.store.facts().ledger(merger.client).await?);
                beside = self.store.dossiers().beside(client, self.clock.now()).await?;
            }
        }
        let key_of = |row: &LedgerRow| {
            let own = (row.client, row.line.invoice);
            beside.get(&own).copied().unwrap_or(row.line.invoice)
        };
        rows.retain(|row| keys.contains(&key_of(row)));
        // What came under two codes is one invoice.
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert(key_of(row)));
        rows.sort_by_key(|row| row.line.due_on);
        Ok(rows.into_iter().map(|row| row.number).collect())
    }
}
