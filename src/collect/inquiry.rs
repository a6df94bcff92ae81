//! Asking about one company that is not a client yet. Nothing is written but the answers' bytes, as evidence.
//!
//! # Why
//!
//! *Why are the clients in the book?* A prospect that bears a client's name is the client's rival for every record of that name,
//! and the other way round. Alone in the book it would be given whatever is told of its namesakes. The clients are kept from
//! one inquiry to the next (`neighbours`), and the prospect is put before them.
//!
//! *Why is every source asked at the same time, and the book made meanwhile?* Somebody waits. What each source does is one
//! thing after the other, for its host is asked one thing at a time; beyond that nobody waits for anybody.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, future, future::BoxFuture};
use jiff::Timestamp;
use tokio::{sync::OnceCell, time::Instant};

use super::{
    Collector, Configured, Cursor, Error, Misread, Request, Source, Watched,
    book::Book,
    fetch::Fetched,
    reading::{Reading, archive_and_read},
    schedule::Purse,
    settle::Settled,
};
use crate::{
    domain::{ClientId, Evidence, Fact, PortfolioId, Prospect, Sha256, SourceId, Status, VatAnswer},
    store::{NewSignal, Review, SignalTarget, Validator},
};

/// Questions to one source about one company, following pages included: somebody is waiting for the answer.
const MAX_QUESTIONS: usize = 20;

/// A source that answers later is asked again after so long: a search takes it a moment or two.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often, in all; the time that is given ends it sooner.
const MAX_AGAIN: usize = 5;

/// The key of a company that has none; the store's keys begin at 1.
pub const NOBODY_YET: ClientId = ClientId::new(0);

/// A company to ask about.
#[derive(Debug, Clone)]
pub struct Inquiry {
    /// Who it is.
    pub who: Prospect,
    /// Whose prospect it is: what persons there said of the subjects of records holds for it.
    pub portfolio: PortfolioId,
    /// How long may be waited; what has not been answered by then is not waited for.
    pub within: Duration,
}

/// What one source says of a prospect.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Who says it.
    pub source: SourceId,
    /// A register or an authority, as configured.
    pub is_official: bool,
    /// Why it was not asked at all, where it was not.
    pub unasked: Option<Unasked>,
    /// What is surely about the prospect, linked to [`NOBODY_YET`].
    pub signals: Vec<NewSignal>,
    /// Records that may be about it, and may not.
    pub doubtful: Vec<Review>,
    /// Questions asked.
    pub n_asked: usize,
    /// Questions answered. None means: not checked, which is not clean.
    pub n_answered: usize,
    /// Why a question has no answer.
    pub failures: Vec<String>,
    /// What was read.
    pub documents: Vec<Evidence>,
    /// When the first question was asked.
    pub asked_at: Option<Timestamp>,
    /// When the last answer was there, or was no longer waited for.
    pub ended_at: Option<Timestamp>,
    /// The time was over before it had answered everything.
    pub is_out_of_time: bool,
}

/// Why a source was not asked about a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unasked {
    /// It is off, or lacks something.
    Off(String),
    /// It is not asked anything at this hour.
    Closed(Timestamp),
    /// It knows companies by a number that this one has not given, or it tells everybody the same.
    NothingToAskBy,
}

/// A book that whoever needs it first makes, and nobody twice.
type LateBook = OnceCell<Arc<Book>>;

/// Why a question has no answer.
enum Trouble {
    /// It has none yet.
    Later(String),
    /// It will have none now.
    Source(String),
    /// It is the house's trouble, and not the source's.
    House(Error),
}

/// One source at one inquiry.
struct Asking<'a> {
    configured: &'a Configured,
    reader: Arc<dyn Source>,
    inquiry: &'a Inquiry,
    book: &'a LateBook,
    until: Instant,
}

impl Heard {
    fn nothing(configured: &Configured) -> Self {
        Self {
            source: configured.settings.id.clone(),
            is_official: configured.settings.is_official,
            unasked: None,
            signals: Vec::new(),
            doubtful: Vec::new(),
            n_asked: 0,
            n_answered: 0,
            failures: Vec::new(),
            documents: Vec::new(),
            asked_at: None,
            ended_at: None,
            is_out_of_time: false,
        }
    }

    /// Whether it was asked and did not answer everything; that it could not check is no answer.
    pub fn is_blind(&self) -> bool {
        self.unasked.is_none() && (self.is_out_of_time || !self.failures.is_empty() || self.could_not_check())
    }

    /// Whether it says itself that it could not check.
    pub fn could_not_check(&self) -> bool {
        self.signals.iter().any(|new| match &new.signal.fact {
            Fact::CompanyStatus(change) => change.status == Status::CouldNotCheck,
            Fact::VatCheck(answer) => *answer == VatAnswer::NoAnswer,
            _ => false,
        })
    }

    /// What is taken back is not kept, nor is what it takes back; what was said twice is kept once.
    fn settle_accounts(&mut self) {
        let taken_back: HashSet<String> =
            self.signals.iter().filter(|new| new.signal.fact.takes_back()).map(|new| new.own_id.clone()).collect();
        let mut once = HashSet::new();
        self.signals.retain(|new| !taken_back.contains(&new.own_id) && once.insert(new.signal.id));
    }

    /// Keeps what is about the company; answers with what to ask next.
    fn take(&mut self, reading: Reading) -> Vec<Request> {
        for settled in reading.settled {
            match settled {
                Settled::Signal(new) => self.signals.extend(own(*new)),
                Settled::Review(review, whose) if whose.contains(&NOBODY_YET) => self.doubtful.push(*review),
                Settled::Review(..) | Settled::Unmatched => {}
            }
        }
        reading.next
    }
}

impl Collector {
    /// Asks every source that is on and can be asked about a single company, all at once; answers one for each source that is
    /// configured, by name. What was read is archived; nothing else is written.
    pub async fn ask_about(&self, inquiry: &Inquiry) -> Result<Vec<Heard>, Error> {
        let until = Instant::now() + inquiry.within;
        let book = LateBook::new();
        self.fetcher.begin_run();
        let asking = self.sources.iter().map(|configured| -> BoxFuture<'_, Result<Heard, Error>> {
            match self.reason_against(configured) {
                Ok(reader) => self.inquire(Asking { configured, reader, inquiry, book: &book, until }).boxed(),
                Err(why) => future::ready(Ok(Heard { unasked: Some(why), ..Heard::nothing(configured) })).boxed(),
            }
        });
        let all = future::try_join_all(asking);
        let (heard, made) = future::join(all, tokio::time::timeout_at(until, self.book_of(inquiry, &book))).await;
        if let Ok(Err(error)) = made {
            return Err(error);
        }
        let mut heard = heard?;
        heard.sort_by(|a, b| a.source.cmp(&b.source));
        let read = heard
            .iter()
            .flat_map(|one| one.documents.iter().map(|read| (one.source.as_str(), (read.sha256, read.seen_at))));
        self.store.facts().note_all_archived(&read.collect::<Vec<_>>()).await?;
        Ok(heard)
    }

    fn reason_against(&self, configured: &Configured) -> Result<Arc<dyn Source>, Unasked> {
        let reader = configured.reader.clone().map_err(Unasked::Off)?;
        configured.closed_until(self.clock.now()).map_or(Ok(reader), |until| Err(Unasked::Closed(until)))
    }

    async fn book_of<'b>(&self, inquiry: &Inquiry, book: &'b LateBook) -> Result<&'b Arc<Book>, Error> {
        let Inquiry { who, portfolio, .. } = inquiry;
        let make = || async {
            let clients = self.neighbours.book(&self.store).await?;
            clients.with_first(&self.store, (NOBODY_YET, *portfolio, who.clone())).await.map(Arc::new)
        };
        book.get_or_try_init(make).await
    }

    async fn inquire(&self, asking: Asking<'_>) -> Result<Heard, Error> {
        let Asking { configured, reader, inquiry, until, .. } = &asking;
        let mut heard = Heard::nothing(configured);
        let (planner, who) = (Arc::clone(reader), inquiry.who.clone());
        let planning = tokio::task::spawn_blocking(move || about_the_company(planner.as_ref(), who));
        let mut queue: VecDeque<_> = planning.await.map_err(|_| Error::Panicked("the plan of a source"))?.into();
        if queue.is_empty() {
            heard.unasked = Some(Unasked::NothingToAskBy);
            return Ok(heard);
        }
        let mut purse = Purse::new(&self.store, &self.clock, &configured.settings.id, &configured.settings.budget);
        heard.asked_at = Some(self.clock.now());
        let mut n_again = 0;
        while heard.n_asked < MAX_QUESTIONS
            && let Some(request) = queue.pop_front()
        {
            if purse.take(reader.is_paid(&request)).await?.is_none() {
                heard.failures.push(format!("not asked: {}", purse.because()));
                continue;
            }
            heard.n_asked += 1;
            let answered = tokio::time::timeout_at(*until, self.answer(&asking, &request, &mut heard.documents)).await;
            match answered {
                Ok(Ok(reading)) => {
                    heard.n_answered += 1;
                    queue.extend(heard.take(reading));
                }
                Ok(Err(Trouble::House(error))) => return Err(error),
                Ok(Err(Trouble::Later(_))) if n_again < MAX_AGAIN => {
                    n_again += 1;
                    queue.push_front(request);
                    // Whether the time is over is found out by the question.
                    tokio::time::timeout_at(*until, self.fetcher.patience().wait(AGAIN_AFTER)).await.ok();
                }
                Ok(Err(Trouble::Later(why) | Trouble::Source(why))) => heard.failures.push(why),
                Err(_) => {
                    heard.is_out_of_time = true;
                    heard.failures.push(format!("no answer within {} s", inquiry.within.as_secs_f32()));
                    break;
                }
            }
        }
        if !queue.is_empty() {
            heard.failures.push(format!("{} more questions were not asked", queue.len()));
        }
        heard.ended_at = Some(self.clock.now());
        heard.settle_accounts();
        Ok(heard)
    }

    async fn answer(
        &self,
        asking: &Asking<'_>,
        request: &Request,
        documents: &mut Vec<Evidence>,
    ) -> Result<Reading, Trouble> {
        let settings = &asking.configured.settings;
        let fetched = self.fetcher.fetch(request, &settings.manners, &Validator::default()).await;
        let answer = match fetched.map_err(|failure| Trouble::Source(failure.to_string()))? {
            Fetched::Answer(answer, _) => *answer,
            Fetched::File(..) => {
                return Err(Trouble::Source("a file about everybody is not read for one company".to_owned()));
            }
            Fetched::NotModified => return Err(Trouble::Source("not modified, although nothing was known".to_owned())),
        };
        let book = Arc::clone(self.book_of(asking.inquiry, asking.book).await.map_err(Trouble::House)?);
        let (url, seen_at) = (answer.request.url.to_string(), answer.seen_at);
        let sha256 = Sha256::of(&answer.body);
        let archive = self.store.archive().clone();
        let reading = archive_and_read(archive, Arc::clone(&asking.reader), settings, book, answer).await;
        documents.push(Evidence { url, seen_at, sha256 });
        reading.map_err(|misread| match misread {
            Misread::NotNow(why) => Trouble::Later(why),
            other => Trouble::Source(other.to_string()),
        })
    }
}

/// What a source asks because of this company, and would not ask without it.
fn about_the_company(reader: &dyn Source, who: Prospect) -> Vec<Request> {
    let for_everybody: HashSet<_> = reader.plan(&[], &Cursor::default()).into_iter().map(|r| r.url).collect();
    let planned = reader.plan(&[Watched { client: NOBODY_YET, who }], &Cursor::default()).into_iter();
    planned.filter(|request| !for_everybody.contains(&request.url)).collect()
}

/// A signal as it is the company's, when it is: whoever else it is about hears of it by the collections.
fn own(mut new: NewSignal) -> Option<NewSignal> {
    let SignalTarget::Clients(clients) = &mut new.target else { return None };
    clients.retain(|(client, _)| *client == NOBODY_YET);
    new.by_number.retain(|client| *client == NOBODY_YET);
    let is_own = !clients.is_empty();
    is_own.then_some(new)
}
