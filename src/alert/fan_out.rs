use std::collections::{HashMap, HashSet};

use super::{Alerts, Conditions, Episode, Pace, sectors::Sectors, tell};
use crate::{
    domain::{ClientId, Event, EventBody},
    store::{DeliveryKind, NewDelivery, Result, Storm, Subscription, Wait},
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
            let mut page = Page::of(self, self.listeners().await?, &events).await?;
            for event in &events {
                page.take(event).await?;
            }
            let (deliveries, storms) = page.deliveries().await?;
            let (episodes, now) = (page.changed_episodes(), self.clock.now());
            self.store.deliveries().fan_out(last.seq, &deliveries, &storms, &episodes, now).await?;
            n_deliveries += deliveries.len();
        }
    }

    /// The subscriptions that are on, with their conditions read. Conditions are checked before they are stored; ones
    /// that cannot be read any more are told to the operator and hear nothing. One that names a merged client hears of its
    /// survivor as well, as long as the merger lasts.
    async fn listeners(&self) -> Result<Vec<(Subscription, Conditions)>> {
        let all = self.store.deliveries().subscriptions(None).await?;
        let mergers = self.store.facts().mergers(self.clock.now()).await?;
        let on = all.into_iter().filter(|subscription| subscription.disabled.is_none());
        let read = |subscription: Subscription| match Conditions::of(&subscription) {
            Ok(mut conditions) => {
                for merger in mergers.iter().filter(|merger| merger.portfolio == subscription.portfolio) {
                    conditions.follow(&merger.code, &merger.survivor_code);
                }
                Some((subscription, conditions))
            }
            Err(error) => {
                let id = subscription.id;
                tracing::warn!(subscription.id = id, error, "stored conditions cannot be read; nothing is sent");
                None
            }
        };
        Ok(on.filter_map(read).collect())
    }
}

/// A page of events on its way to the subscribers, with what was looked up for it: the store is asked once for all episodes
/// of a listener, and an episode that an earlier event of the page has moved is not read stale.
struct Page<'a> {
    alerts: &'a Alerts,
    listeners: Vec<(Subscription, Conditions)>,
    sectors: Sectors<'a>,
    /// By place of the listener: the episode as stored, and as it is now.
    episodes: HashMap<(usize, ClientId), (Option<Episode>, Option<Episode>)>,
    /// By place of the listener: what it is told of.
    told: HashMap<usize, Vec<i64>>,
    notices: Vec<NewDelivery>,
}

impl<'a> Page<'a> {
    async fn of(alerts: &'a Alerts, listeners: Vec<(Subscription, Conditions)>, events: &[Event]) -> Result<Self> {
        let mut sectors = Sectors::new(&alerts.store);
        if listeners.iter().any(|(_, conditions)| conditions.asks_sector()) {
            sectors.learn(events).await?;
        }
        let (mut episodes, deliveries) = (HashMap::new(), alerts.store.deliveries());
        for (place, (subscription, conditions)) in listeners.iter().enumerate() {
            let heard = events.iter().filter(|event| conditions.hears_drops() && concerns(subscription, event));
            let clients: HashSet<ClientId> = heard.filter_map(|event| Some(event.client.as_ref()?.0)).collect();
            if !clients.is_empty() {
                for (client, state) in deliveries.episodes(&subscription.id, clients.into_iter()).await? {
                    let episode = Episode::from_json(&state);
                    episodes.insert((place, client), (episode, episode));
                }
            }
        }
        Ok(Self { alerts, listeners, sectors, episodes, told: HashMap::new(), notices: Vec::new() })
    }

    async fn take(&mut self, event: &Event) -> Result<()> {
        let client = event.client.as_ref().map(|(id, _)| *id);
        for (place, (subscription, conditions)) in self.listeners.iter().enumerate() {
            if !concerns(subscription, event) {
                continue;
            }
            let sector = self.sectors.of(client, conditions);
            let key = client.filter(|_| conditions.hears_drops()).map(|client| (place, client));
            let episode = key.and_then(|key| self.episodes.get(&key)?.1);
            let told = tell(conditions, episode, event, sector);
            if told.alert {
                self.told.entry(place).or_default().push(event.seq);
            }
            if let Some(key) = key {
                self.episodes.entry(key).or_default().1 = told.episode;
            }
        }
        if let EventBody::SubscriptionDisabled { subscription, .. } = &event.body {
            self.notify(subscription, event.seq).await?;
        }
        Ok(())
    }

    /// The contact of a subscription that was switched off gets a mail of its own, whatever the subscription asked for.
    async fn notify(&mut self, subscription: &str, seq: i64) -> Result<()> {
        let found = self.alerts.store.deliveries().subscription_by_id(subscription).await?;
        if self.alerts.mailer.is_some() && found.is_some_and(|found| found.contact.is_some()) {
            let (subscription, due) = (subscription.to_owned(), Some(self.alerts.clock.now()));
            self.notices.push(NewDelivery { subscription, seq, kind: DeliveryKind::Notice, wait: None, due });
        }
        Ok(())
    }

    /// What is to be written, and on whom too much comes at once.
    async fn deliveries(&mut self) -> Result<(Vec<NewDelivery>, Vec<Storm>)> {
        let mut deliveries = std::mem::take(&mut self.notices);
        let mut storms = Vec::new();
        let now = self.alerts.clock.now();
        for (place, (subscription, _)) in self.listeners.iter().enumerate() {
            let Some(seqs) = self.told.get(&place) else { continue };
            let (mut due, mut wait) = (None, None);
            // The stream pushes nothing: what it says is there for whoever listens.
            if subscription.channel != "sse" {
                let paced = Pace::of(subscription).due(now);
                (due, wait) = (Some(paced.0), paced.1);
                if wait.is_none()
                    && let Some(storm) = self.alerts.storm(subscription, seqs.len(), now).await?
                {
                    (due, wait) = (Some(storm.due), Some(Wait::Storm));
                    storms.push(storm);
                }
            }
            let new = |seq: &i64| NewDelivery {
                subscription: subscription.id.clone(),
                seq: *seq,
                kind: DeliveryKind::Event,
                wait,
                due,
            };
            deliveries.extend(seqs.iter().map(new));
        }
        Ok((deliveries, storms))
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

/// An event concerns the subscriptions of its portfolio; an event of the whole installation all of them. Nobody is told of what
/// was before the subscription: a house that is fanned out for the first time has an event for each client.
fn concerns(subscription: &Subscription, event: &Event) -> bool {
    let is_elsewhere = event.portfolio.as_ref().is_some_and(|(id, _)| *id != subscription.portfolio);
    !is_elsewhere && event.at >= subscription.created_at
}
