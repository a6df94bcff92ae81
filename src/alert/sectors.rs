use std::collections::HashMap;

use super::Conditions;
use crate::{
    domain::{ClientId, Event, Nace},
    store::{Result, Store},
};

/// The sectors of clients, each asked of the store once.
pub(super) struct Sectors<'a> {
    store: &'a Store,
    known: HashMap<ClientId, Option<Nace>>,
}

impl<'a> Sectors<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, known: HashMap::new() }
    }

    /// Asks for those of a page's clients, all at once.
    pub(super) async fn learn(&mut self, events: &[Event]) -> Result<()> {
        let clients = events.iter().filter_map(|event| Some(event.client.as_ref()?.0));
        let unknown: Vec<ClientId> = clients.filter(|client| !self.known.contains_key(client)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let found = self.store.facts().clients_by_id(&unknown).await?;
        let sector = |client: ClientId| (client, found.get(&client).and_then(|client| client.facts.who.sector));
        self.known.extend(unknown.into_iter().map(sector));
        Ok(())
    }

    /// The sector of the client that an event is about, when the conditions ask for it at all.
    pub(super) fn of(&self, client: Option<ClientId>, conditions: &Conditions) -> Option<Nace> {
        let client = client.filter(|_| conditions.asks_sector())?;
        self.known.get(&client).copied().flatten()
    }
}
