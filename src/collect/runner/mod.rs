//! A run: every source that is due, side by side, each from its cursor to its report.

mod round;

use std::sync::Arc;

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use tracing::{Instrument, info_span};
use url::Url;

use self::round::{Outcome, Round};
use super::{
    Collector, Configured, Cursor, Error, Progress, SourceReport, SourceSettings,
    book::{Book, Stakes},
    schedule::{Order, Purse, Worths, order},
};
use crate::{domain::SourceId, store::SourceState};

/// What would be asked of a source, in order, and why now.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Which.
    pub source: SourceId,
    /// Why it is asked now.
    pub why: String,
    /// The questions, first to last, and those left out; each answer may lead to more.
    pub order: Order,
}

impl Planned {
    /// The addresses, in order, each with its step.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        self.order.asked.iter().map(|weighed| (weighed.request.step, &weighed.request.url))
    }
}

impl Collector {
    /// Asks these sources, or all that are due, once. One report for each, in the order asked for; what goes wrong with a
    /// source is in its report and stops nobody else. Doing it twice adds nothing, so a run may be cut off anywhere.
    pub async fn collect(
        &self,
        which: Option<&[SourceId]>,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> Vec<SourceReport> {
        let chosen = match self.chosen(which).await {
            Ok(chosen) if chosen.is_empty() => return Vec::new(),
            Ok(chosen) => chosen,
            Err(error) => return self.all_failed(which, &error),
        };
        let book = match Book::open(&self.store).await {
            Ok(book) => Arc::new(book),
            Err(error) => return self.all_failed(Some(&chosen), &error),
        };
        self.fetcher.begin_run();
        // Boxed, because a closure that is kept in this future would make it unfit for a task of its own.
        let mut runs: Vec<BoxFuture<'_, (usize, SourceReport)>> = Vec::with_capacity(chosen.len());
        for (place, id) in chosen.iter().enumerate() {
            let span = info_span!("collect", source.id = %id);
            let run = self.run_source(id, Arc::clone(&book), progress).instrument(span);
            runs.push(run.map(move |report| (place, report)).boxed());
        }
        // Unordered, or one slow source at the head would keep its finished neighbours' places.
        let at_once = self.settings.max_sources_at_once.max(1);
        let mut reports: Vec<_> = stream::iter(runs).buffer_unordered(at_once).collect().await;
        reports.sort_by_key(|(place, _)| *place);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// What [`Collector::collect`] would ask.
    pub async fn plan(&self, which: Option<&[SourceId]>) -> Result<Vec<Planned>, Error> {
        let book = Arc::new(Book::open(&self.store).await?);
        let mut plans = Vec::new();
        for id in self.chosen(which).await? {
            let configured = self.configured(&id)?;
            if configured.closed_until(self.clock.now()).is_some() {
                continue;
            }
            let state = self.store.sources().state(id.as_str()).await?;
            let why = match (which, &state.last_tried_at) {
                (Some(_), _) => "named".to_owned(),
                (None, None) => "never asked".to_owned(),
                (None, Some(tried)) => format!("due: last asked {tried}"),
            };
            let order = self.planned(configured, &book, state).await?;
            plans.push(Planned { source: id, why, order });
        }
        plans.extend(self.closed(which));
        Ok(plans)
    }

    /// Sources that are asked nothing at this hour, and until when.
    fn closed(&self, which: Option<&[SourceId]>) -> Vec<Planned> {
        let is_meant = |id: &SourceId| which.is_none_or(|named| named.contains(id));
        let meant = self.sources.iter().filter(|s| s.reader.is_ok() && is_meant(&s.settings.id));
        let closed = meant.filter_map(|s| {
            let (hours, until) = (s.settings.manners.hours.as_ref()?, s.closed_until(self.clock.now())?);
            let why = format!("asked nothing now: it may be asked {hours} only, next at {until}");
            Some(Planned { source: s.settings.id.clone(), why, order: Order::default() })
        });
        closed.collect()
    }

    async fn chosen(&self, which: Option<&[SourceId]>) -> Result<Vec<SourceId>, Error> {
        match which {
            Some(named) => Ok(named.to_vec()),
            None => self.due().await,
        }
    }

    fn all_failed(&self, which: Option<&[SourceId]>, error: &Error) -> Vec<SourceReport> {
        let all = || self.sources.iter().filter(|s| s.reader.is_ok()).map(|s| s.settings.id.clone()).collect();
        let ids = which.map_or_else(all, <[SourceId]>::to_vec);
        tracing::error!(error = %error, "nothing could be collected");
        ids.into_iter().map(|id| failed_report(id, error)).collect()
    }

    /// One source from its cursor to its report; whatever happens, its state says so afterwards.
    async fn run_source(
        &self,
        id: &SourceId,
        book: Arc<Book>,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> SourceReport {
        let report = match self.try_source(id, book, progress).await {
            Ok(report) => report,
            Err(error) => failed_report(id.clone(), &error),
        };
        let SourceReport { requests, not_modified, signals, leftovers, quarantined, failed, .. } = &report;
        let error = report.error.as_deref();
        tracing::info!(
            source.id = %id, requests, not_modified, signals, leftovers, quarantined, failed, error,
            "source collected"
        );
        report
    }

    async fn try_source(
        &self,
        id: &SourceId,
        book: Arc<Book>,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> Result<SourceReport, Error> {
        let configured = self.configured(id)?;
        let reader = configured.reader()?;
        let state = self.store.sources().state(id.as_str()).await?;
        let outcome = match self.planned(configured, &book, state.clone()).await {
            Ok(order) => Round::new(self, &configured.settings, reader, book).go(order, progress).await,
            Err(error) => Outcome::of(failed_report(id.clone(), &error)),
        };
        let now = self.clock.now();
        let state = outcome.state_after(state, &configured.settings, now);
        let mut report = outcome.report;
        if let Err(error) = self.store.sources().set_state(id.as_str(), &state, now).await {
            report.fail(0, error.to_string());
        }
        Ok(report)
    }

    /// Asks the reader what to ask, and puts it in order.
    async fn planned(&self, configured: &Configured, book: &Arc<Book>, state: SourceState) -> Result<Order, Error> {
        let SourceSettings { id, budget, .. } = &configured.settings;
        let room = Purse::new(&self.store, &self.clock, id, budget).room(self.settings.max_requests).await?;
        let (reader, known) = (configured.reader()?, Arc::clone(book));
        let requests = off_the_waiting_threads("the plan of a source", move || {
            let mut requests = reader.plan(&known.watched, &Cursor(state.cursor));
            requests.iter_mut().for_each(|request| known.name_whom(request));
            requests
        })
        .await?;
        let reader = configured.reader()?;
        if requests.iter().all(|request| request.whom.is_empty()) {
            return Ok(order(requests, |request| reader.is_paid(request), &Worths::default(), &room));
        }
        book.read_stakes(&self.store).await?;
        let sources = self.store.sources();
        let (seen, looked) = (sources.seen(id.as_str()).await?, sources.looked(id.as_str()).await?);
        let (book, now) = (Arc::clone(book), self.clock.now());
        off_the_waiting_threads("the order of questions", move || {
            let worths = match book.stakes() {
                Some(Stakes { stakes, unpaid }) => Worths::new(stakes, unpaid, &seen, &looked, now),
                None => Worths::default(),
            };
            order(requests, |request| reader.is_paid(request), &worths, &room)
        })
        .await
    }
}

fn failed_report(id: SourceId, error: &Error) -> SourceReport {
    let mut report = SourceReport::new(id);
    report.fail(1, error.to_string());
    report
}

/// Planning over a large book takes its time, so it has a thread of its own.
async fn off_the_waiting_threads<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Panicked(what))
}
