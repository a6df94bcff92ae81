//! The clients of a portfolio by name and number, held in memory.
//!
//! # Why
//!
//! *Why not made for each prospect?* Reading and folding a hundred thousand names takes seconds of a core, and looking one up in
//! them well under a millisecond. What is held is good until a client is added, described anew or merged, which the store counts
//! (`revision`): then whoever asks first makes it anew, and the others wait for it.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Mutex;

use crate::{
    desk::{Error, Result},
    domain::{ClientCode, ClientId, PortfolioId},
    resolve::Index,
    store::{ClientFilter, Store},
};

/// Clients read from the store at a time.
const CLIENTS_PER_PAGE: usize = 1_000;
/// Portfolios that are held at once, some three hundred bytes a client: one that is asked about now and then is made anew.
const MAX_HELD: usize = 8;

/// Portfolios as they were when the store counted so.
#[derive(Debug, Default)]
struct Held {
    revision: i64,
    portfolios: HashMap<PortfolioId, Arc<Listed>>,
}

/// What is held; shared by its copies.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<Mutex<Held>>);

/// The clients of a portfolio.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) index: Index,
    /// In key order.
    codes: Vec<(ClientId, ClientCode)>,
}

impl Listed {
    /// The creditor's code of a client.
    pub(super) fn code(&self, client: ClientId) -> Option<&ClientCode> {
        let place = self.codes.binary_search_by_key(&client, |(id, _)| *id).ok()?;
        Some(&self.codes[place].1)
    }
}

impl Directory {
    /// The clients of a portfolio as they are now.
    pub(super) async fn of(&self, store: &Store, portfolio: PortfolioId) -> Result<Arc<Listed>> {
        let mut held = self.0.lock().await;
        // Asked before the clients are read: what changes while they are read makes them anew the next time.
        let revision = store.facts().revision().await?;
        if held.revision != revision {
            *held = Held { revision, portfolios: HashMap::new() };
        }
        if let Some(listed) = held.portfolios.get(&portfolio) {
            return Ok(Arc::clone(listed));
        }
        let listed = Arc::new(read(store, portfolio).await?);
        if held.portfolios.len() >= MAX_HELD {
            held.portfolios.clear();
        }
        held.portfolios.insert(portfolio, Arc::clone(&listed));
        Ok(listed)
    }
}

async fn read(store: &Store, portfolio: PortfolioId) -> Result<Listed> {
    let filter = ClientFilter { portfolios: vec![portfolio], ..ClientFilter::default() };
    let (mut codes, mut who) = (Vec::new(), Vec::new());
    loop {
        let after = codes.last().map(|(id, _): &(ClientId, ClientCode)| *id);
        let page = store.facts().clients(&filter, after, CLIENTS_PER_PAGE).await?;
        let is_last = page.len() < CLIENTS_PER_PAGE;
        for client in page {
            who.push((client.id, client.facts.who));
            codes.push((client.id, client.code));
        }
        if is_last {
            break;
        }
    }
    let index = tokio::task::spawn_blocking(move || Index::new(who)).await.map_err(Error::from)?;
    Ok(Listed { index, codes })
}
