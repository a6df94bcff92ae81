//! What stands on the stage: the made-up world's web, and the house that watches it.

use std::{
    collections::HashMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{App, DemoPlan, DemoReport, Drop, Receiver, day_of, hours_later, metrics, morning};
use crate::{
    alert,
    clock::Clock,
    collect::{Collector, Patience, Secrets, SourceReport, read_sources},
    config,
    desk::{Caller, Desk, Moment, Reach, Wanted},
    domain::{AsOf, EventBody, Grade, PortfolioName},
    intake::{self, Content, Options},
    publish::Relay,
    simulate::{Economy, Web},
    store::{Run, Scope, Subscription},
};

/// The creditor of the demo.
const PORTFOLIO: &str = "demo";
/// The subscription that the demo makes, once.
const SUBSCRIPTION: &str = "sub_demo";
/// From the morning to the night, which is over before the day is: in Rome, too.
const EVENING_HOURS: i64 = 13;
/// How many drops the report names.
const MAX_DROPS: usize = 5;

pub(super) struct Stage {
    economy: Arc<Economy>,
    web: Web,
    _web_ends: DropGuard,
    clock: Clock,
    desk: Desk,
    collector: Arc<Collector>,
    alerts: alert::Alerts,
    relay: Option<Relay>,
    app: Option<App>,
    sources: Vec<SourceReport>,
}

impl Stage {
    /// Starts the web, points every source at it and builds the house.
    pub(super) async fn set(
        plan: &DemoPlan,
        folder: &Path,
        economy: Arc<Economy>,
        clock: Clock,
        reached: i64,
    ) -> anyhow::Result<Self> {
        let web = Web::new(Arc::clone(&economy), day_of(reached)?);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let end = CancellationToken::new();
        let (world, stop) = (web.clone(), end.clone());
        #[expect(clippy::disallowed_methods, reason = "it stands for the world outside and ends with its token")]
        tokio::spawn(async move {
            if let Err(error) = world.serve(listener, stop).await {
                tracing::warn!(%error, "the demo's web ended");
            }
        });
        let mut flags = plan.flags.clone();
        flags.data = Some(folder.to_owned());
        let mut config = config::load(&flags)?;
        let sources = Web::sources(&format!("http://{address}"));
        config.sources = read_sources(&sources, "the demo's sources.toml")?;
        (config.collect_private, config.alert.allow_private) = (true, true);
        // The made-up web is ours: its manners are kept, its waits are not sat through.
        config.patience = Patience::jumping();
        let secret = |name: &str| (name.to_owned(), SecretString::from("demo"));
        config.secrets = Secrets::new([secret("companies-house"), secret("infocamere"), secret("openapi-it")]);
        let app = App::build(&config, clock.clone()).await?;
        // A source that nobody needs to ask again, because all its answers are here, is listed too.
        let reports = config.sources.iter().map(|source| SourceReport::new(source.id.clone())).collect();
        Ok(Self {
            economy,
            web,
            _web_ends: end.drop_guard(),
            clock,
            desk: app.desk.clone(),
            collector: app.collector(),
            alerts: app.alerts(),
            relay: app.relay(),
            app: Some(app),
            sources: reports,
        })
    }

    pub(super) fn take_app(&mut self) -> anyhow::Result<App> {
        self.app.take().context("the house runs already")
    }

    pub(super) fn address(&self) -> String {
        self.app.as_ref().map(|app| app.address().to_string()).unwrap_or_default()
    }

    fn caller() -> Caller {
        Caller { name: "demo".to_owned(), reach: Reach::Everything }
    }

    /// A key for whoever wants to look around.
    pub(super) async fn key(&self) -> anyhow::Result<String> {
        Ok(self.desk.create_key(&Self::caller(), Scope::Admin, &[]).await?.key)
    }

    /// Subscribes the receiver to any drop; a demo that goes on tells the old subscription the new address.
    pub(super) async fn subscribe(&self, receiver: &Receiver) -> anyhow::Result<()> {
        let name: PortfolioName = PORTFOLIO.parse()?;
        let portfolio = self.desk.open_portfolio(&name).await?;
        let deliveries = self.desk.store.deliveries();
        let known = deliveries.subscription(&[portfolio], SUBSCRIPTION).await?;
        let subscription = Subscription {
            id: SUBSCRIPTION.to_owned(),
            name: "the demo's own receiver: any drop".to_owned(),
            channel: "webhook".to_owned(),
            target: Some(receiver.url()),
            // It counts every alert; a night of the demo is a storm by any other measure.
            storm: "each".to_owned(),
            secrets: known.as_ref().map_or_else(|| vec![alert::new_secret()], |s| s.secrets.clone()),
            ..alert::default_subscription(portfolio, self.clock.now())
        };
        receiver.expect(subscription.secrets.first().cloned().unwrap_or_default());
        match known {
            Some(_) => {
                deliveries.change(&[portfolio], SUBSCRIPTION, |_| anyhow::Ok(subscription)).await?;
            }
            None => deliveries.subscribe(&subscription).await?,
        }
        Ok(())
    }

    /// One day: the books arrive in the morning, the sources are asked, and whoever was touched is rescored.
    pub(super) async fn pass_day(
        &mut self,
        day: i64,
        is_first: bool,
        say: &(dyn Fn(&str) + Sync),
    ) -> anyhow::Result<()> {
        let (date, dawn) = (day_of(day)?, morning(day)?);
        self.web.set_day(date);
        self.clock.advance_to(dawn);
        say(&format!("{date}: the ledger arrives"));
        self.import("clients.csv", Content::Clients, self.economy.clients_csv(), is_first).await?;
        self.import("invoices.csv", Content::Invoices, self.economy.invoices_csv(date), is_first).await?;
        self.clock.advance_to(hours_later(dawn, 1));
        say(&format!("{date}: asking the open sources"));
        let reports = self.collector.collect(None, &|_| {}).await;
        self.add(reports);
        self.clock.advance_to(hours_later(dawn, 2));
        let moves = self.desk.rescorer.rescore_touched(AsOf::at(self.clock.now())).await?;
        say(&format!("{date}: {} rescored, {} better, {} worse", moves.scanned, moves.up, moves.down));
        Ok(())
    }

    /// Books of the past count as known when things happened; later ones when they arrive.
    async fn import(&self, name: &str, content: Content, csv: String, backfill: bool) -> anyhow::Result<()> {
        let options = Options {
            content,
            portfolio: PORTFOLIO.parse()?,
            map: None,
            backfill,
            create_clients: false,
            dry_run: false,
            terms_days: intake::LEGAL_TERMS_DAYS,
            creditor: None,
        };
        let now = self.clock.now();
        let outcome = intake::import(&self.desk.store, name, csv.as_bytes(), &options, now, &|_, _| {}).await?;
        if let Some(reject) = outcome.rejects.first() {
            anyhow::bail!("{name} of the made-up world, line {}, {}: {}", reject.line, reject.column, reject.reason);
        }
        Ok(())
    }

    fn add(&mut self, reports: Vec<SourceReport>) {
        for report in reports {
            match self.sources.iter_mut().find(|s| s.id == report.id) {
                Some(sum) => sum.add(&report),
                None => self.sources.push(report),
            }
        }
    }

    /// The night after a day.
    pub(super) async fn night(&self, day: i64) -> anyhow::Result<(Run, f64)> {
        self.clock.advance_to(hours_later(morning(day)?, EVENING_HOURS));
        let start = Instant::now();
        let run = self.desk.rescorer.night(day_of(day)?, self.clock.now(), &|_, _| {}).await?;
        Ok((run, start.elapsed().as_secs_f64()))
    }

    /// Lets so much time pass before a day, which it does not reach: what visitors write meanwhile has its own instants, and what
    /// they take back is known after what they said.
    pub(super) async fn wait(&self, how_long: Duration, day: i64) -> anyhow::Result<()> {
        let (began, eve) = (Instant::now(), hours_later(morning(day)?, -1));
        loop {
            let left = how_long.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            let tick = left.min(Duration::from_secs(1));
            tokio::time::sleep(tick).await;
            let passed = SignedDuration::try_from(tick)?;
            self.clock.advance_to(self.clock.now().saturating_add(passed)?.min(eve));
        }
    }

    /// Everything that is due goes out: to the stream, and to the receiver.
    pub(super) async fn deliver(&self) -> anyhow::Result<()> {
        if let Some(relay) = &self.relay {
            relay.drain().await?;
        }
        while self.alerts.deliver_due_once().await?.delivered > 0 {}
        Ok(())
    }

    pub(super) async fn report(
        &self,
        night: Run,
        night_seconds: f64,
        receiver: &Receiver,
    ) -> anyhow::Result<DemoReport> {
        let ratings = self.current().await?;
        let mut grades: Vec<(String, usize)> = Grade::ALL.iter().map(|g| (g.to_string(), 0)).collect();
        for rating in ratings.values() {
            if let Some(place) = Grade::ALL.iter().position(|g| *g == rating.grade) {
                grades[place].1 += 1;
            }
        }
        let opening = day_of(0)?;
        let outcomes: HashMap<String, bool> = self.economy.defaults_after(opening, 12).into_iter().collect();
        let best = self.economy.oracle_pd(opening);
        let ours = ratings.iter().filter_map(|(code, r)| Some((code.clone(), r.pd?)));
        Ok(DemoReport {
            n_clients: ratings.len(),
            n_rated: ratings.values().filter(|r| r.grade != Grade::NotDetermined).count(),
            grades,
            sources: self.sources.clone(),
            night,
            night_seconds,
            n_changes: self.desk.store.outbox().last_seq().await?.cast_unsigned(),
            n_alerts: receiver.n_verified(),
            auc: ranking(ours, &outcomes),
            auc_best: ranking(best.into_iter(), &outcomes),
            drops: self.drops().await?,
        })
    }

    /// The present rating of every client, by code, in order.
    async fn current(&self) -> anyhow::Result<std::collections::BTreeMap<String, Present>> {
        let store = &self.desk.store;
        let portfolios = store.facts().portfolios().await?.into_iter().map(|(id, _)| id).collect();
        let filter = crate::store::ClientFilter { portfolios, ..Default::default() };
        let clients = store.facts().clients(&filter, None, usize::MAX >> 1).await?;
        let mut present = std::collections::BTreeMap::new();
        for client in clients {
            let current = store.ratings().current(client.id).await?;
            let grade = current.as_ref().map_or(Grade::NotDetermined, |c| c.recorded.rating.grade);
            let pd = current.and_then(|c| c.pd).map(|p| p.get());
            present.insert(client.code.to_string(), Present { grade, pd });
        }
        Ok(present)
    }

    /// Who dropped most, with the heaviest reason.
    async fn drops(&self) -> anyhow::Result<Vec<Drop>> {
        let (mut seq, mut found) = (0, Vec::new());
        loop {
            let events = self.desk.store.outbox().after(seq, 1000, None).await?;
            let Some(last) = events.last() else { break };
            seq = last.seq;
            for event in events {
                if let (Some((_, code)), EventBody::RatingChanged(change)) = (event.client, event.body)
                    && change.notches() < 0
                {
                    found.push((change.notches(), code.to_string(), change));
                }
            }
        }
        found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        found.dedup_by(|a, b| a.1 == b.1);
        let mut drops = Vec::new();
        for (_, client, change) in found.into_iter().take(MAX_DROPS) {
            let caller = Self::caller();
            let wanted = Wanted { caller: &caller, code: &client, portfolio: Some(PORTFOLIO) };
            let view = self.desk.rating(&wanted, Moment::default()).await?;
            let heaviest = change.reasons.first();
            let glossary = self.desk.rescorer.glossary();
            drops.push(Drop {
                name: view.name,
                from: change.from.map(|g| g.to_string()).unwrap_or_default(),
                to: change.to.to_string(),
                why: heaviest.map(|line| crate::domain::say_line(&glossary, line, false)).unwrap_or_default(),
                client,
            });
        }
        Ok(drops)
    }
}

struct Present {
    grade: Grade,
    pd: Option<f64>,
}

/// How well scores rank what came after; only clients with both count.
fn ranking(scores: impl Iterator<Item = (String, f64)>, outcomes: &HashMap<String, bool>) -> Option<f64> {
    let pairs: Vec<(f64, bool)> = scores.filter_map(|(code, pd)| Some((pd, *outcomes.get(&code)?))).collect();
    let (scores, bad): (Vec<f64>, Vec<bool>) = pairs.into_iter().unzip();
    let has_both = bad.contains(&true) && bad.contains(&false);
    has_both.then(|| metrics::auc(&scores, &bad))
}
