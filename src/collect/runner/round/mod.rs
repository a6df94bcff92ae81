//! One source's round: its questions one after the other, their answers archived, read, settled and written.

mod taking;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use super::super::{
    Collector, Cursor, Method, Progress, Request, Source, SourceReport, SourceSettings,
    book::Book,
    doubt::Doubts,
    fetch::{Failure, Fetched},
    schedule::{Order, Purse},
};
use crate::store::{AskedAgain, Found, Look, NewSignal, SourceState, Validator};

/// Signals written in one transaction.
const SIGNALS_PER_BATCH: usize = 500;

/// Pages that may follow one question before we take it for a circle.
const MAX_DEPTH: u32 = 500;

/// Pauses before a question is put again to a source that said "not now"; then it has failed.
const NOT_NOW_PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];

/// A round under way.
pub(super) struct Round<'a> {
    collector: &'a Collector,
    settings: &'a SourceSettings,
    reader: Arc<dyn Source>,
    book: Arc<Book>,
    queue: VecDeque<Question>,
    asked: HashSet<(String, Option<String>)>,
    /// Settled, and not yet in the store.
    pending: Vec<NewSignal>,
    /// What to send the next time, once the pending signals are in the store.
    validators: Vec<AskedAgain>,
    /// Whom was asked about, and what it gave; written after the signals.
    looks: Vec<Look>,
    purse: Purse<'a>,
    doubts: Doubts,
    outcome: Outcome,
}

/// What a round leaves behind.
pub(super) struct Outcome {
    pub(super) report: SourceReport,
    cursor: Option<Cursor>,
    /// Answers that were read to the end, "not modified" included.
    n_answered: u64,
}

struct Question {
    request: Request,
    depth: u32,
    n_not_now: usize,
    /// In the time of [`crate::collect::Patience`].
    not_before: Duration,
}

/// What became of one question.
enum Step {
    Next,
    /// The source is not to be asked any more in this run.
    Stop,
}

impl Outcome {
    /// A round that has not begun, or never will.
    pub(super) fn of(report: SourceReport) -> Self {
        Self { report, cursor: None, n_answered: 0 }
    }

    /// The source's state after the round. The cursor moves only past a round without a gap.
    pub(super) fn state_after(&self, before: SourceState, settings: &SourceSettings, now: Timestamp) -> SourceState {
        let n_bad = self.report.failed + self.report.quarantined;
        // A source that mostly fails is not well, although it answers now and then; one with nothing to ask is.
        // So is not one of whom nothing could be asked because its budget was spent: nobody looked.
        let is_well = match self.n_answered {
            0 => n_bad == 0 && self.report.left_out == 0,
            n_answered => n_bad <= n_answered,
        };
        let last_ok_at = if is_well { Some(now) } else { before.last_ok_at };
        let is_gapless = self.report.is_whole() && self.report.left_out == 0;
        let cursor = self.cursor.as_ref().filter(|_| is_gapless);
        SourceState {
            cursor: cursor.map_or(before.cursor, |cursor| cursor.0.clone()),
            last_ok_at,
            last_tried_at: Some(now),
            last_error: self.report.error.clone(),
            is_stale: last_ok_at.is_none_or(|ok| now.duration_since(ok) > settings.stale_after),
        }
    }
}

impl<'a> Round<'a> {
    pub(super) fn new(
        collector: &'a Collector,
        settings: &'a SourceSettings,
        reader: Arc<dyn Source>,
        book: Arc<Book>,
    ) -> Self {
        let outcome = Outcome::of(SourceReport::new(settings.id.clone()));
        let doubts = Doubts::new(&collector.store, &settings.id);
        Self {
            collector,
            settings,
            reader,
            book,
            queue: VecDeque::new(),
            asked: HashSet::new(),
            pending: Vec::new(),
            validators: Vec::new(),
            looks: Vec::new(),
            purse: Purse::new(&collector.store, &collector.clock, &settings.id, &settings.budget),
            doubts,
            outcome,
        }
    }

    /// Asks everything, the questions that answers lead to included.
    pub(super) async fn go(mut self, order: Order, progress: &(dyn Fn(Progress<'_>) + Send + Sync)) -> Outcome {
        let left_out = order.left_out.len() as u64;
        self.outcome.report.leave_out(left_out, order.because.unwrap_or_default());
        self.enqueue(order.asked.into_iter().map(|weighed| weighed.request).collect(), 0);
        let mut done = 0;
        while let Some(question) = self.queue.pop_front() {
            if done >= self.collector.settings.max_requests {
                let left = self.queue.len() as u64 + 1;
                self.outcome.report.fail(left, format!("stopped at max_requests; {left} questions were not asked"));
                break;
            }
            let step = self.ask(question).await;
            done += 1;
            progress(Progress { source: &self.settings.id, done, planned: done + self.queue.len() as u64 });
            if matches!(step, Step::Stop) {
                self.outcome.report.failed += self.queue.len() as u64;
                self.queue.clear();
            }
        }
        self.flush().await;
        self.outcome
    }

    /// Queues what was not asked yet; answers how many that are. What follows a question goes before the next question:
    /// when the budget ends, it ends between two questions and not in the middle of all of them.
    fn enqueue(&mut self, requests: Vec<Request>, depth: u32) -> usize {
        if depth > MAX_DEPTH && !requests.is_empty() {
            self.outcome
                .report
                .fail(1, format!("more than {MAX_DEPTH} pages follow one question: the rest was not read"));
            return 0;
        }
        let mut new = VecDeque::with_capacity(requests.len());
        for request in requests {
            let body = match &request.method {
                Method::Get => None,
                Method::PostJson(json) => Some(json.clone()),
            };
            if self.asked.insert((request.url.to_string(), body)) {
                new.push_back(Question { request, depth, n_not_now: 0, not_before: Duration::ZERO });
            }
        }
        let n_new = new.len();
        new.append(&mut self.queue);
        self.queue = new;
        n_new
    }

    async fn ask(&mut self, question: Question) -> Step {
        let patience = self.collector.fetcher.patience();
        if question.not_before > patience.now() {
            patience.wait_until(question.not_before).await;
        }
        let share = match self.purse.take(self.reader.is_paid(&question.request)).await {
            Ok(Some(share)) => share,
            Ok(None) => return self.leave_out(&question),
            Err(error) => return self.store_failed(&error),
        };
        let known = self.known(&question.request).await;
        let fetched = self.collector.fetcher.fetch(&question.request, &self.settings.manners, &known).await;
        let was_asked = !matches!(fetched, Err(Failure::NotAsked(_) | Failure::OutOfHours(_)));
        self.outcome.report.requests += u64::from(was_asked);
        if !was_asked && let Err(error) = self.purse.give_back(share).await {
            return self.store_failed(&error);
        }
        if matches!(fetched, Err(Failure::Failed(_))) {
            self.look(&question.request, self.collector.clock.now(), Found::Nothing);
        }
        let found = if known.seen_at.is_some() { Found::Different } else { Found::Answer };
        match fetched {
            Ok(Fetched::Answer(answer, validator)) => self.take(question, *answer, validator, found).await,
            Ok(Fetched::File(file, validator)) => self.take_file(question, *file, validator, found).await,
            Ok(Fetched::NotModified) => {
                self.outcome.report.not_modified += 1;
                self.outcome.n_answered += 1;
                self.look(&question.request, self.collector.clock.now(), Found::Same);
                self.flush_if_full().await
            }
            Err(Failure::Stop(why) | Failure::OutOfHours(why)) => {
                self.outcome.report.fail(1, why);
                Step::Stop
            }
            Err(failure @ (Failure::NotAsked(_) | Failure::Failed(_))) => {
                self.outcome.report.fail(1, failure.to_string());
                Step::Next
            }
        }
    }

    /// The budget is spent. Whoever was asked about in part was not looked at, and waits like one who got no answer.
    fn leave_out(&mut self, question: &Question) -> Step {
        self.outcome.report.leave_out(1, self.purse.because());
        if question.depth > 0 {
            self.look(&question.request, self.collector.clock.now(), Found::Nothing);
        }
        Step::Next
    }

    fn look(&mut self, request: &Request, at: Timestamp, found: Found) {
        if !request.whom.is_empty() {
            self.looks.push(Look { clients: request.whom.clone(), at, found });
        }
    }

    /// What is known of an address, unless the same bytes could say something new. A store that does not answer here is
    /// no reason not to ask; it will be met again when writing.
    async fn known(&self, request: &Request) -> Validator {
        if request.method != Method::Get {
            return Validator::default();
        }
        let store = &self.collector.store;
        let known =
            store.sources().validator(self.settings.id.as_str(), request.url.as_str()).await.unwrap_or_default();
        match known.seen_at {
            Some(seen_at) if !self.book.has_news_since(seen_at, request) => known,
            _ => Validator::default(),
        }
    }

    async fn flush_if_full(&mut self) -> Step {
        if self.pending.len().max(self.looks.len()) >= SIGNALS_PER_BATCH { self.flush().await } else { Step::Next }
    }

    /// Writes what is pending, and only then what to send the next time: a crash in between reads a page twice, and
    /// never skips one.
    async fn flush(&mut self) -> Step {
        let store = &self.collector.store;
        let pending = std::mem::take(&mut self.pending);
        let validators = std::mem::take(&mut self.validators);
        if !pending.is_empty() {
            match store.facts().put_signals(&pending).await {
                Ok(n_new) => self.outcome.report.signals += n_new,
                Err(error) => return self.store_failed(&error),
            }
        }
        if let Err(error) = self.doubts.write().await {
            return self.store_failed(&error);
        }
        if !validators.is_empty()
            && let Err(error) = store.sources().set_validators(self.settings.id.as_str(), &validators).await
        {
            return self.store_failed(&error);
        }
        let looks = std::mem::take(&mut self.looks);
        if !looks.is_empty()
            && let Err(error) = store.sources().note_looks(self.settings.id.as_str(), &looks).await
        {
            return self.store_failed(&error);
        }
        Step::Next
    }

    fn store_failed(&mut self, error: &crate::store::Error) -> Step {
        self.pending.clear();
        self.validators.clear();
        self.looks.clear();
        self.outcome.report.fail(1, error.to_string());
        Step::Stop
    }
}
