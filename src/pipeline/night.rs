//! Everybody, once: page by page, resumable, three stages at a time.
//!
//! A night is begun ([`Rescorer::begin_night`]), its pages are done ([`Rescorer::night_pages`]), and it is ended
//! ([`Rescorer::end_night`]). [`Rescorer::night`] is all three in one process; in a fleet one process begins and ends a night,
//! and every worker does the pages it is given, in whatever order.
//!
//! # Why
//!
//! *Why may pages be done in any order, by anybody?* A page reads facts that were known when the night began, and markets that
//! no page changes; what it finds does not depend on who looks, nor when. That it counts once is said in its own transaction.
//!
//! *Why does one thread score the whole night, and not a task per page?* The markets (statistics of every sector and
//! country) are the same for all pages; a thread of its own reads them once and lends them to every page. It hands each
//! page out to all cores.
//!
//! *Why does a night that found nothing wrong still look at every present rating?* Because a rating that rests on a fact
//! which had to be forgotten is the one mistake that nobody would notice. One that does makes the run a failed run, and is
//! mended in it.
//!
//! *Why does the stage that reads not keep the pages it packed anew?* There is one writer. A second transaction per page
//! would make the reading wait for the writing, and cost a second sync of the disk; the page goes along and is kept in
//! the transaction that records its outcomes.

use std::{collections::HashMap, ops::Range, sync::Arc, time::Instant};

use jiff::{SignedDuration, Timestamp, civil::Date};
use tokio::sync::mpsc;

use super::{
    Error, Rescorer,
    assess::{Before, Decisions, Found},
    night_as_of,
    noting::{Noted, Noting, PageNoting},
    upkeep::Silent,
};
use crate::{
    domain::{AsOf, Cause, ClientId, Probability, SectorContext},
    extract::Markets,
    score::Engine,
    store::{Beside, Circumstances, Figure, NewTreatment, NightPage, PackedPage, Run, RunState, Whose},
};

/// Pages in flight between two stages: enough that none waits, few enough to keep memory flat.
const PAGES_AHEAD: usize = 2;

/// A night that has begun: what was past its term is gone, and its pages can be done.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The run. It may have been begun before, by another process.
    pub run: Run,
    /// Its pages, done or not.
    pub pages: Range<i64>,
    /// When it was begun, or gone on with: what is recorded says so, and who is late for whom is judged by it.
    pub now: Timestamp,
    began: Instant,
}

impl Begun {
    /// The instant it is now, by the clock that the night began by.
    fn ends(&self) -> Timestamp {
        let took = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::MAX);
        self.now.checked_add(took).unwrap_or(self.now)
    }
}

/// How many marks of new facts a night looks at to tell an expiry from an ordinary night.
const MAX_MARKS: usize = 1_000_000;

/// A page as it was read.
struct Read {
    page: PackedPage,
    /// The figures of before.
    figures: HashMap<ClientId, Figure>,
    /// The sources that are late for its clients.
    silent: Silent,
    /// The PDs that are judged tonight.
    pds: HashMap<ClientId, Probability>,
    /// What was done about its clients, and what was announced.
    circumstances: Circumstances,
}

/// A page and what scoring found in it.
type Scored = (NightPage, Vec<Found>);

/// What a whole night has in common.
struct Night {
    run: i64,
    as_of: AsOf,
    markets: SectorContext,
    /// Why clients were touched since they were last rated.
    marks: HashMap<ClientId, Cause>,
    decisions: Decisions,
    noting: Noting,
}

impl Rescorer {
    /// Rescores everybody as of a day; resumes an unfinished night of the same day where it stopped. `progress(done,
    /// total)` is called after each page, in pages.
    ///
    /// Reading, scoring and writing go on at the same time, each on its own page. A page and its checkpoint are one
    /// transaction: a night that is killed anywhere continues with the first page that was not written.
    pub async fn night(
        &self,
        valid_at: Date,
        now: Timestamp,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Run, Error> {
        let seated = self.seated().await?;
        // On the heap: three stages are in it, and whoever holds a night would carry them all.
        Box::pin(seated.hold(valid_at, now, progress)).await
    }

    /// Whether a night for that day was begun at that instant or later and ended well, by whatever process.
    pub async fn has_held(&self, valid_at: Date, since: Timestamp) -> Result<bool, Error> {
        let last = self.store.runs().last("night").await?;
        let is_it = |run: Run| run.valid_at == valid_at && run.started_at >= since && run.state == RunState::Done;
        Ok(last.is_some_and(is_it))
    }

    async fn hold(&self, valid_at: Date, now: Timestamp, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Run, Error> {
        let night = self.begin_night(valid_at, now).await?;
        let pages = night.pages.clone();
        let total = pages.end.saturating_sub(pages.start).max(0).cast_unsigned();
        let left = self.store.runs().pages_left(night.run.id, pages.end).await?;
        let (to_do, coming) = mpsc::channel(PAGES_AHEAD);
        let handing_out = async move {
            for number in left {
                if to_do.send(number).await.is_err() {
                    break; // What failed behind it is on its way.
                }
            }
        };
        let done = |number: i64| progress((number + 1 - pages.start).max(0).cast_unsigned(), total);
        let ((), doing) = tokio::join!(handing_out, self.do_pages(&night.run, now, coming, &done));
        doing?;
        self.end_night(&night).await
    }

    /// Begins the night of a day, or goes on with the one that is not finished: takes out what is past its term, and looks who
    /// has gone silent. Beginning it twice changes nothing.
    pub async fn begin_night(&self, valid_at: Date, now: Timestamp) -> Result<Begun, Error> {
        let began = Instant::now();
        let run = self.store.runs().start("night", valid_at, now).await?;
        let expired = self.expire(now).await?;
        if expired.n_signals() > 0 || expired.documents > 0 {
            tracing::info!(
                signals = expired.n_signals(),
                documents = expired.documents,
                "what was past its term is gone"
            );
        }
        self.watch_sources(now).await?;
        let pages = self.store.dossiers().pages().await?;
        self.store.runs().begin_at(run.id, pages.start).await?;
        Ok(Begun { run, pages, now, began })
    }

    /// Does the pages of a night that come in, in the order in which they come, until there will be no more; `done` is called
    /// after each is recorded. A page that was done before, or whose night is over, is done again and changes nothing.
    pub async fn night_pages(
        &self,
        run: &Run,
        now: Timestamp,
        pages: mpsc::Receiver<i64>,
        done: &(dyn Fn(i64) + Sync),
    ) -> Result<(), Error> {
        let seated = self.seated().await?;
        // On the heap: three stages are in it.
        Box::pin(seated.do_pages(run, now, pages, done)).await
    }

    async fn do_pages(
        &self,
        run: &Run,
        now: Timestamp,
        pages: mpsc::Receiver<i64>,
        done: &(dyn Fn(i64) + Sync),
    ) -> Result<(), Error> {
        let as_of = night_as_of(run.valid_at, run.known_at);
        let marks: HashMap<ClientId, Cause> = self.store.facts().touched(MAX_MARKS).await?.into_iter().collect();
        let night = Arc::new(Night {
            run: run.id,
            as_of,
            markets: self.store.dossiers().sector_context().await?,
            decisions: self.decisions(marks.iter().map(|(id, cause)| (*id, *cause)), as_of).await?,
            marks,
            noting: Noting::of(&self.engine, self.judged(as_of).await?, self.present_challenger().await?),
        });
        let (to_score, read) = mpsc::channel(PAGES_AHEAD);
        let (to_write, scored) = mpsc::channel(PAGES_AHEAD);
        let reading = self.read_pages(pages, &night.noting, (as_of, now), to_score);
        let (rescorer, shared) = (self.clone(), Arc::clone(&night));
        let scoring = tokio::task::spawn_blocking(move || rescorer.score_pages(read, &to_write, &shared));
        let scoring = async { scoring.await? };
        let writing = self.write_pages(scored, &night.marks, now, done);
        tokio::try_join!(reading, scoring, writing)?;
        Ok(())
    }

    /// Ends a night whose pages are all done: sums it up, and looks once more at every present rating. Ending it twice changes
    /// nothing.
    pub async fn end_night(&self, night: &Begun) -> Result<Run, Error> {
        let (run, now) = (&night.run, night.ends());
        let seated = self.seated().await?;
        let as_of = night_as_of(run.valid_at, run.known_at);
        seated.watch_night(run.id, as_of, now).await?;
        let broken = seated.check_present(as_of, now).await?;
        if let Some((_, n)) = &broken {
            self.store.runs().add_failed(run.id, *n).await?;
        }
        Ok(self.store.runs().finish(run.id, now, broken.as_ref().map(|(why, _)| why.as_str())).await?)
    }

    /// The challenger, unless it cannot rate: what nobody sees must not end the night of everybody.
    async fn present_challenger(&self) -> Result<Option<Arc<Engine>>, Error> {
        match self.challenger().await {
            Err(error @ Error::Seat { .. }) => {
                tracing::warn!(%error, "no model rates in shadow tonight");
                Ok(None)
            }
            found => found,
        }
    }

    async fn read_pages(
        &self,
        mut pages: mpsc::Receiver<i64>,
        noting: &Noting,
        (as_of, now): (AsOf, Timestamp),
        out: mpsc::Sender<Read>,
    ) -> Result<(), Error> {
        let awaited = self.awaited();
        let (everybody, companies) = (self.silent_sources().await?, self.companies(now).await?);
        while let Some(number) = pages.recv().await {
            let page = self.store.dossiers().packed(number, as_of.known_at).await?;
            let figures = self.store.ratings().figures_of_page(number).await?;
            let late = match awaited.is_empty() {
                true => Vec::new(),
                false => companies.put_right(self.store.sources().late_on_page(&awaited, number, now).await?),
            };
            let pds = match &noting.judged {
                Some(judged) => judged.own(self.store.ratings().pds_of_night(number, &judged.run).await?),
                None => HashMap::new(),
            };
            let silent = Silent::new(everybody.clone(), late);
            let circumstances = self.circumstances(Whose::Page(number), as_of).await?;
            if out.send(Read { page, figures, silent, pds, circumstances }).await.is_err() {
                break; // A later stage failed and its error is on its way.
            }
        }
        Ok(())
    }

    /// Runs on a thread of its own; ends when there is nobody left to read for, or to write.
    fn score_pages(
        &self,
        mut pages: mpsc::Receiver<Read>,
        out: &mpsc::Sender<Scored>,
        night: &Night,
    ) -> Result<(), Error> {
        let markets = Markets::new(&night.markets, night.as_of);
        let assessor = self.assessor(&markets, night.as_of);
        while let Some(Read { page, figures, silent, pds, circumstances }) = pages.blocking_recv() {
            let (causes, decisions) = (&night.marks, &night.decisions);
            let before =
                Before { figures: &figures, causes, decisions, silent: &silent, circumstances: &circumstances };
            let noting = PageNoting { all: &night.noting, pds: &pds };
            // A page is packed on one core while its clients are scored on the others.
            let (found, repacked) = rayon::join(|| assessor.page(&page, before, noting), || page.repacked());
            let (mut found, noted) = found?;
            let treatments: Vec<NewTreatment> = found.iter_mut().filter_map(Found::take_treatment).collect();
            let (number, mark, beside) = (page.number(), page.mark(), self.beside(&night.noting, &found, noted));
            let beside = Some(beside);
            let page = NightPage { run: night.run, number, mark, repacked, figures, beside, treatments };
            if out.blocking_send((page, found)).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn beside(&self, noting: &Noting, found: &[Found], noted: Noted) -> Beside {
        let lines = || found.iter().filter_map(Found::shadow).collect();
        let shadow = noting.challenger.as_ref().map(|challenger| (challenger.model().to_string(), lines()));
        let cohort = noting.judged.as_ref().map(|judged| noted.cohort(judged));
        Beside { model: self.engine.model().to_string(), tally: noted.tally, cohort, shadow }
    }

    async fn write_pages(
        &self,
        mut pages: mpsc::Receiver<Scored>,
        marks: &HashMap<ClientId, Cause>,
        now: Timestamp,
        done: &(dyn Fn(i64) + Sync),
    ) -> Result<(), Error> {
        while let Some((page, found)) = pages.recv().await {
            let number = page.number;
            let outcomes = self.with_causes(found, |id| marks.get(&id).copied(), Cause::Night).await?;
            self.store.ratings().record_page(page, &outcomes, now).await?;
            done(number);
        }
        Ok(())
    }
}
