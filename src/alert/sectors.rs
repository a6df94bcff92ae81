use std::collections::HashMap;

use super::Conditions;
use crate::{
    domain::{ClientId, Nace},
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

    /// The sector of the client that an event is about, when the conditions ask for it at all.
    pub(super) async fn of(&mut self, client: Option<ClientId>, conditions: &Conditions) -> Result<Option<Nace>> {
        let Some(client) = client.filter(|_| conditions.asks_sector()) else { return Ok(None) };
        if let Some(known) = self.known.get(&client) {
            return Ok(*known);
        }
        let found = self.store.facts().client_by_id(client).await?.and_then(|client| client.facts.who.sector);
        self.known.insert(client, found);
        Ok(found)
    }
}
