//! Dossiers: one function builds them from facts; a page of them is kept packed between nights.

mod build;
mod pages;

use std::ops::Range;

pub use pages::{PackedPage, Repacked};

use super::{PAGE_CLIENTS, Result, Store, rows::Cells};
use crate::domain::{ClientId, Dossier, SectorContext};

/// Dossiers: from facts for the live path, from packed pages for the night.
#[derive(Debug)]
pub struct Dossiers<'a>(pub(super) &'a Store);

/// A page of dossiers, in key order.
#[derive(Debug, Clone, Default)]
pub struct DossierPage {
    /// Its number: clients `number × 1000 .. (number + 1) × 1000`.
    pub number: i64,
    /// The clients there are, in key order.
    pub dossiers: Vec<(ClientId, Dossier)>,
}

impl Dossiers<'_> {
    /// One client's dossier, from its facts; empty for an unknown client.
    pub async fn of(&self, client: ClientId) -> Result<Dossier> {
        let found = self.of_many(&[client]).await?;
        Ok(found.into_iter().next().map(|(_, dossier)| dossier).unwrap_or_default())
    }

    /// Several, from their facts, in the input's order; empty ones for unknown clients.
    pub async fn of_many(&self, clients: &[ClientId]) -> Result<Vec<(ClientId, Dossier)>> {
        let mut snapshot = self.0.snapshot().await?;
        let mut built = build::dossiers(&mut snapshot, clients).await?;
        Ok(clients.iter().map(|client| (*client, built.remove(client).unwrap_or_default())).collect())
    }

    /// The numbers of all pages that hold clients.
    pub async fn pages(&self) -> Result<Range<i64>> {
        let row = self.0.one(sqlx::query("select min(id), max(id) from client")).await?;
        let Some(row) = row else { return Ok(0..0) };
        let cells = Cells::of("client", &row);
        let (Some(first), Some(last)) = (cells.maybe_int(0)?, cells.maybe_int(1)?) else { return Ok(0..0) };
        Ok(first.div_euclid(PAGE_CLIENTS)..last.div_euclid(PAGE_CLIENTS) + 1)
    }

    /// A page, brought up to date with the facts first where they are newer.
    pub async fn page(&self, number: i64) -> Result<DossierPage> {
        pages::read(self.0, number).await
    }

    /// A page with all that is known now, still packed; writes nothing. The night takes it, and keeps what was packed
    /// anew in the transaction that records what it found.
    pub async fn packed(&self, number: i64) -> Result<PackedPage> {
        pages::find(self.0, number).await
    }

    /// What is known about markets.
    pub async fn sector_context(&self) -> Result<SectorContext> {
        build::sector_context(self.0).await
    }

    /// Drops every packed page; they are rebuilt when asked for.
    pub async fn drop_pages(&self) -> Result<()> {
        self.0.execute(sqlx::query("delete from page")).await.map(drop)
    }
}
