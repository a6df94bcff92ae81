//! Present ratings by the hundred, for whoever gives them out from memory.

use std::collections::HashSet;

use super::{BriefRating, Desk, RatingView, Result, Slice, rating::brief, reason::reasons_of};
use crate::{
    domain::{Client, ClientId, PortfolioId},
    store::ClientFilter,
};

/// A present rating that holds until something is written about its client.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// Whose.
    pub client: ClientId,
    /// Who sees that portfolio sees this.
    pub portfolio: PortfolioId,
    /// What [`Desk::rating`] answers.
    pub view: RatingView,
    /// What [`Desk::briefs`] answers.
    pub brief: BriefRating,
}

impl Desk {
    /// The present ratings of the next `limit` clients after a key, in key order. Left out are those whose answer is not theirs
    /// alone or ends by itself: merged, never rated, with a decision that waits, or under a code that several portfolios know.
    pub async fn ready(&self, after: Option<ClientId>, limit: usize) -> Result<Slice<Ready, ClientId>> {
        let facts = self.store.facts();
        let portfolios: Vec<PortfolioId> = facts.portfolios().await?.into_iter().map(|(id, _)| id).collect();
        let filter = ClientFilter { portfolios: portfolios.clone(), only_rated: true, ..ClientFilter::default() };
        let mut clients = facts.clients(&filter, after, limit).await?;
        let next = clients.last().filter(|_| clients.len() == limit).map(|client| client.id);
        let codes: Vec<_> = clients.iter().map(|client| client.code.clone()).collect();
        let mut shared = HashSet::new();
        for portfolio in portfolios {
            for (client, own) in clients.iter().zip(facts.client_ids(portfolio, &codes).await?) {
                if own.is_some_and(|own| own != client.id) {
                    shared.insert(client.id);
                }
            }
        }
        let ids: Vec<ClientId> = clients.iter().map(|client| client.id).collect();
        let waiting = self.store.ratings().asked_overrides(&ids, self.clock.now()).await?;
        clients.retain(|client| !shared.contains(&client.id) && !waiting.contains(&client.id));
        let figures = self.store.ratings().figures(&ids).await?;
        let mut levels = self.present_many(&ids).await?;
        let exhibits = self.exhibits(levels.values().flat_map(|level| &level.lines)).await?;
        let glossary = self.rescorer.glossary();
        let ready = |client: Client| {
            let level = levels.remove(&client.id)?;
            let reasons = reasons_of(&level.lines, &glossary, |line| exhibits.of(line.evidence.iter().copied()));
            let brief = brief(client.code.to_string(), None, figures.get(&client.id));
            Some(Ready {
                client: client.id,
                portfolio: client.portfolio,
                view: RatingView::of(&client, level, reasons),
                brief,
            })
        };
        Ok(Slice { items: clients.into_iter().filter_map(ready).collect(), next })
    }
}
