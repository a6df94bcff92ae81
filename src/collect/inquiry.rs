//! Asking about one company that is not a client yet. Nothing is written but the answers' bytes, as evidence.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};

use super::{
    Collector, Configured, Cursor, Error, Request, Source, Watched,
    book::Book,
    fetch::Fetched,
    reading::{Reading, archive_and_read},
    schedule::Purse,
    settle::Settled,
};
use crate::{
    domain::{ClientId, KnownSignal, Prospect, SourceId},
    store::{NewSignal, SignalTarget, Validator},
};

/// Questions to one source about one company, following pages included: somebody is waiting for the answer.
const MAX_QUESTIONS: usize = 20;

/// The key of a company that has none; the store's keys begin at 1.
const NOBODY_YET: ClientId = ClientId::new(0);

/// What one source says of a prospect.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Who says it.
    pub source: SourceId,
    /// What is surely about the prospect.
    pub signals: Vec<KnownSignal>,
    /// Records that may be about it, and may not.
    pub n_uncertain: usize,
    /// Questions answered. None means: not checked, which is not clean.
    pub n_answered: usize,
    /// Why a question has no answer.
    pub failures: Vec<String>,
}

impl Collector {
    /// Asks every source that is on and can be asked about a single company. A source that has nothing to ask by (no
    /// identifier of its kind, or it only publishes for everybody) is left out.
    pub async fn ask_about(&self, who: &Prospect) -> Result<Vec<Heard>, Error> {
        let book = Arc::new(Book::of(NOBODY_YET, who.clone()).await?);
        let mut inquiries: Vec<BoxFuture<'_, Result<Option<Heard>, Error>>> = Vec::new();
        for configured in &self.sources {
            if let Ok(reader) = &configured.reader {
                inquiries.push(self.inquire(configured, Arc::clone(reader), Arc::clone(&book)).boxed());
            }
        }
        self.fetcher.begin_run();
        let at_once = self.settings.max_sources_at_once.max(1);
        let heard: Vec<_> = stream::iter(inquiries).buffer_unordered(at_once).collect().await;
        let mut heard = heard.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        heard.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(heard)
    }

    async fn inquire(
        &self,
        configured: &Configured,
        reader: Arc<dyn Source>,
        book: Arc<Book>,
    ) -> Result<Option<Heard>, Error> {
        let (planner, watched) = (Arc::clone(&reader), book.watched.clone());
        let planning = tokio::task::spawn_blocking(move || about_the_company(planner.as_ref(), &watched));
        let mut queue: VecDeque<_> = planning.await.map_err(|_| Error::Panicked("the plan of a source"))?.into();
        if queue.is_empty() {
            return Ok(None);
        }
        let source = configured.settings.id.clone();
        let mut heard = Heard { source, signals: Vec::new(), n_uncertain: 0, n_answered: 0, failures: Vec::new() };
        let mut purse = Purse::new(&self.store, &self.clock, &configured.settings.id, &configured.settings.budget);
        for _ in 0..MAX_QUESTIONS {
            let Some(request) = queue.pop_front() else { break };
            if purse.take(reader.is_paid(&request)).await?.is_none() {
                heard.failures.push(format!("not asked: {}", purse.because()));
                continue;
            }
            match self.answer(configured, Arc::clone(&reader), Arc::clone(&book), &request).await {
                Ok(reading) => {
                    heard.n_answered += 1;
                    queue.extend(heard.take(reading));
                }
                Err(why) => heard.failures.push(why),
            }
        }
        if !queue.is_empty() {
            heard.failures.push(format!("{} more questions were not asked", queue.len()));
        }
        Ok(Some(heard))
    }

    async fn answer(
        &self,
        configured: &Configured,
        reader: Arc<dyn Source>,
        book: Arc<Book>,
        request: &Request,
    ) -> Result<Reading, String> {
        let settings = &configured.settings;
        let fetched = self.fetcher.fetch(request, &settings.manners, &Validator::default()).await;
        match fetched.map_err(|failure| failure.to_string())? {
            Fetched::Answer(answer, _) => {
                let archive = self.store.archive().clone();
                archive_and_read(archive, reader, settings, book, *answer).await.map_err(|misread| misread.to_string())
            }
            Fetched::File(..) => Err("a file about everybody is not read for one company".to_owned()),
            Fetched::NotModified => Err("not modified, although nothing was known".to_owned()),
        }
    }
}

impl Heard {
    /// Keeps what is about the company; answers with what to ask next.
    fn take(&mut self, reading: Reading) -> Vec<Request> {
        for settled in reading.settled {
            match settled {
                Settled::Signal(new) => self.signals.extend(known(*new)),
                Settled::Review(_) => self.n_uncertain += 1,
                Settled::Unmatched => {}
            }
        }
        reading.next
    }
}

/// What a source asks because of this company, and would not ask without it.
fn about_the_company(reader: &dyn Source, watched: &[Watched]) -> Vec<Request> {
    let for_everybody: HashSet<_> = reader.plan(&[], &Cursor::default()).into_iter().map(|r| r.url).collect();
    let planned = reader.plan(watched, &Cursor::default()).into_iter();
    planned.filter(|request| !for_everybody.contains(&request.url)).collect()
}

fn known(new: NewSignal) -> Option<KnownSignal> {
    let SignalTarget::Clients(clients) = new.target else { return None };
    let (_, certainty) = clients.into_iter().next()?;
    let signal = new.signal;
    Some(KnownSignal {
        id: signal.id,
        source: signal.source,
        valid_at: signal.valid_at,
        known_at: signal.known_at,
        is_official: signal.is_official,
        certainty,
        fact: signal.fact,
    })
}
