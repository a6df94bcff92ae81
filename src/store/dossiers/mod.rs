//! Dossiers: one function builds them from facts; a page of them is kept packed between nights.
//!
//! # Why
//!
//! *Why is it asked as of when something was known?* A dossier answers for any `as_of`, except that two codes may be known to
//! be one company since some instant: then the survivor's dossier is the union of both, and the merged client has none of
//! its own on a page.
//!
//! *Why is the union not packed?* A page is what lies under its clients' own codes, so that a merger, its end, or an erasure
//! never makes it wrong. Mergers are few, and a page with survivors reads those from the facts.
//!
//! *Why is what persons recorded of disputes not packed either?* It may be taken back, and a page knows no instant. Few clients
//! dispute anything.

mod build;
mod pages;
mod union;

use std::{collections::HashMap, ops::Range};

use jiff::Timestamp;

pub use pages::{PackedPage, Repacked};
pub(super) use union::beside;

use super::{
    PAGE_CLIENTS, Result, Store,
    backend::Query,
    rows::Cells,
    treatments::{Whose, disputes},
};
use crate::domain::{ClientId, Dossier, InvoiceKey, SectorContext};

/// Dossiers: from facts for the live path, from packed pages for the night.
#[derive(Debug)]
pub struct Dossiers<'a>(pub(super) &'a Store);

/// A page of dossiers, in key order.
#[derive(Debug, Clone, Default)]
pub struct DossierPage {
    /// Its number: clients `number × 1000 .. (number + 1) × 1000`.
    pub number: i64,
    /// The clients that are rated, in key order.
    pub dossiers: Vec<(ClientId, Dossier)>,
}

impl Dossiers<'_> {
    /// One client's dossier, from its facts, and from those of the clients that were known at `known_at` to be the same
    /// company; empty for an unknown client.
    pub async fn of(&self, client: ClientId, known_at: Timestamp) -> Result<Dossier> {
        let found = self.of_many(&[client], known_at).await?;
        Ok(found.into_iter().next().map(|(_, dossier)| dossier).unwrap_or_default())
    }

    /// Several, in the input's order; empty ones for unknown clients. Of a merged client what lies under its own code.
    pub async fn of_many(&self, clients: &[ClientId], known_at: Timestamp) -> Result<Vec<(ClientId, Dossier)>> {
        let mut snapshot = self.0.snapshot().await?;
        let mut built = build::dossiers(&mut snapshot, clients).await?;
        let pointers = union::pointers(&mut snapshot, known_at).await?;
        let survivors = clients.iter().copied().filter(|client| pointers.contains_key(client));
        built.extend(union::united(&mut snapshot, survivors.collect(), &pointers, known_at).await?);
        for (client, told) in disputes(&mut snapshot, Whose::These(clients), known_at).await? {
            built.entry(client).or_default().disputes = told;
        }
        Ok(clients.iter().map(|client| (*client, built.remove(client).unwrap_or_default())).collect())
    }

    /// Of the invoices of clients merged into one, those that have another key in its dossier, for it or another of them has an
    /// invoice of the same number: by whose they are and what their own key is.
    pub async fn beside(
        &self,
        survivor: ClientId,
        known_at: Timestamp,
    ) -> Result<HashMap<(ClientId, InvoiceKey), InvoiceKey>> {
        let mut snapshot = self.0.snapshot().await?;
        union::beside(&mut snapshot, survivor, known_at).await
    }

    /// The numbers of all pages that hold clients.
    pub async fn pages(&self) -> Result<Range<i64>> {
        let row = self.0.one(Query::new("select min(id), max(id) from client")).await?;
        let Some(row) = row else { return Ok(0..0) };
        let cells = Cells::of("client", &row);
        let (Some(first), Some(last)) = (cells.maybe_int(0)?, cells.maybe_int(1)?) else { return Ok(0..0) };
        Ok(first.div_euclid(PAGE_CLIENTS)..last.div_euclid(PAGE_CLIENTS) + 1)
    }

    /// A page, brought up to date with the facts first where they are newer; without the clients that were known at
    /// `known_at` to be the same company as another.
    pub async fn page(&self, number: i64, known_at: Timestamp) -> Result<DossierPage> {
        pages::read(self.0, number, known_at).await
    }

    /// The same page, still packed; writes nothing. The night takes it, and keeps what was packed anew in the transaction
    /// that records what it found.
    pub async fn packed(&self, number: i64, known_at: Timestamp) -> Result<PackedPage> {
        pages::find(self.0, number, known_at).await
    }

    /// What is known about markets.
    pub async fn sector_context(&self) -> Result<SectorContext> {
        build::sector_context(self.0).await
    }

    /// Drops every packed page; they are rebuilt when asked for.
    pub async fn drop_pages(&self) -> Result<()> {
        self.0.execute(Query::new("delete from page")).await.map(drop)
    }
}
