use std::collections::HashMap;

use super::{Alerts, Conditions, Episode, When, tell};
use crate::{
    domain::{ClientId, Event, Nace},
    store::{Result, Store, Subscription},
};

/// The name of the checkpoint in the store.
const CHECKPOINT: &str = "alert";
/// Events fanned out in one transaction.
const PAGE: usize = 500;

impl Alerts {
    /// Turns every event that nobody was asked about yet into deliveries for those who want it; answers how many
    /// deliveries that made. Deliveries, episodes and checkpoint are written together, so that a crash repeats a page
    /// from where it began and finds the same.
    pub(super) async fn fan_out(&self) -> Result<usize> {
        let mut n_deliveries = 0;
        loop {
            let from = self.store.outbox().checkpoint(CHECKPOINT).await?;
            let events = self.store.outbox().after(from, PAGE, None).await?;
            let Some(last) = events.last() else { return Ok(n_deliveries) };
            let mut page = Page::new(&self.store, self.listeners().await?);
            for event in &events {
                page.take(event).await?;
            }
            let episodes = page.changed_episodes();
            self.store.deliveries().fan_out(last.seq, &page.deliveries, &episodes, self.clock.now()).await?;
            n_deliveries += page.deliveries.len();
        }
    }

    /// The subscriptions that are on, with their conditions read. Conditions are checked before they are stored; ones
    /// that cannot be read any more are told to the operator and hear nothing. One that names a merged client hears of its
    /// survivor as well, as long as the merger lasts.
    async fn listeners(&self) -> Result<Vec<(Subscription, Conditions)>> {
        let all = self.store.deliveries().subscriptions(None).await?;
        let mergers = self.store.facts().mergers(self.clock.now()).await?;
        let on = all.into_iter().filter(|subscription| subscription.disabled.is_none());
        let read = |subscription: Subscription| {
            let mut conditions = conditions_of(&subscription)?;
            for merger in mergers.iter().filter(|merger| merger.portfolio == subscription.portfolio) {
                conditions.follow(&merger.code, &merger.survivor_code);
            }
            Some((subscription, conditions))
        };
        Ok(on.filter_map(read).collect())
    }
}

fn conditions_of(subscription: &Subscription) -> Option<Conditions> {
    let when: Result<When, _> = serde_json::from_str(&subscription.when);
    let parsed = when.map_err(|error| error.to_string()).and_then(|w| w.parse().map_err(|error| error.to_string()));
    match parsed {
        Ok(conditions) => Some(conditions),
        Err(error) => {
            tracing::warn!(
                subscription.id = subscription.id,
                error,
                "stored conditions cannot be read; nothing is sent"
            );
            None
        }
    }
}

/// A page of events on its way to the subscribers, with what was looked up for it: the store is asked once for each
/// client and episode, and an episode that an earlier event of the page has moved is not read stale.
struct Page<'a> {
    store: &'a Store,
    listeners: Vec<(Subscription, Conditions)>,
    sectors: HashMap<ClientId, Option<Nace>>,
    /// By place of the listener: the episode as stored, and as it is now.
    episodes: HashMap<(usize, ClientId), (Option<Episode>, Option<Episode>)>,
    deliveries: Vec<(String, i64)>,
}

impl<'a> Page<'a> {
    fn new(store: &'a Store, listeners: Vec<(Subscription, Conditions)>) -> Self {
        Self { store, listeners, sectors: HashMap::new(), episodes: HashMap::new(), deliveries: Vec::new() }
    }

    /// An event goes to the subscriptions of its portfolio; an event of the whole installation to all that ask for it.
    async fn take(&mut self, event: &Event) -> Result<()> {
        let client = event.client.as_ref().map(|(id, _)| *id);
        for place in 0..self.listeners.len() {
            let (subscription, conditions) = &self.listeners[place];
            if event.portfolio.as_ref().is_some_and(|(id, _)| *id != subscription.portfolio) {
                continue;
            }
            let (asks_sector, keeps_episodes) = (conditions.asks_sector(), conditions.hears_drops());
            let sector = match client {
                Some(client) if asks_sector => self.sector(client).await?,
                _ => None,
            };
            let episode = match client {
                Some(client) if keeps_episodes => self.episode(place, client).await?,
                _ => None,
            };
            let (subscription, conditions) = &self.listeners[place];
            let told = tell(conditions, episode, event, sector);
            if told.alert {
                self.deliveries.push((subscription.id.clone(), event.seq));
            }
            if let Some(known) = client.and_then(|client| self.episodes.get_mut(&(place, client))) {
                known.1 = told.episode;
            }
        }
        Ok(())
    }

    async fn sector(&mut self, client: ClientId) -> Result<Option<Nace>> {
        if let Some(known) = self.sectors.get(&client) {
            return Ok(*known);
        }
        let found = self.store.facts().client_by_id(client).await?.and_then(|client| client.facts.who.sector);
        self.sectors.insert(client, found);
        Ok(found)
    }

    async fn episode(&mut self, place: usize, client: ClientId) -> Result<Option<Episode>> {
        if let Some((_, now)) = self.episodes.get(&(place, client)) {
            return Ok(*now);
        }
        let stored = self.store.deliveries().episode(&self.listeners[place].0.id, client).await?;
        let episode = stored.as_deref().and_then(Episode::from_json);
        self.episodes.insert((place, client), (episode, episode));
        Ok(episode)
    }

    fn changed_episodes(&self) -> Vec<(String, ClientId, String)> {
        let changed = self.episodes.iter().filter(|(_, (before, now))| before != now);
        changed
            .map(|((place, client), (_, now))| {
                (self.listeners[*place].0.id.clone(), *client, Episode::to_json(now.as_ref()))
            })
            .collect()
    }
}
