//! Everybody, once: page by page, resumable, three stages at a time.

use std::{collections::HashMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use tokio::sync::mpsc;

use super::{Error, Rescorer, assess::Decisions, night_as_of};
use crate::{
    domain::{AsOf, Cause, ClientId, SectorContext},
    store::{DossierPage, Figure, NewRating, Run, RunState},
};

/// Pages in flight between two stages: enough that none waits, few enough to keep memory flat.
const PAGES_AHEAD: usize = 2;

/// How many marks of new facts a night looks at to tell an expiry from an ordinary night.
const MAX_MARKS: usize = 1_000_000;

/// The mark before a page was read, the page, and the figures of before.
type Read = (i64, DossierPage, HashMap<ClientId, Figure>);
/// The mark before a page was read, its number, and what was found.
type Scored = (i64, i64, Vec<NewRating>);

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
        let run = self.store.runs().start("night", valid_at, now).await?;
        if run.state == RunState::Done {
            return Ok(run);
        }
        let as_of = night_as_of(valid_at, run.known_at);
        let markets = Arc::new(self.store.dossiers().sector_context().await?);
        let marks: HashMap<ClientId, Cause> = self.store.facts().touched(MAX_MARKS).await?.into_iter().collect();
        let decisions = Arc::new(self.decisions(marks.iter().map(|(id, cause)| (*id, *cause)), as_of).await?);
        let pages = self.store.dossiers().pages().await?;
        let total = pages.end.saturating_sub(pages.start).max(0).cast_unsigned();
        let first = run.next_page.max(pages.start);
        let (to_score, read) = mpsc::channel(PAGES_AHEAD);
        let (to_write, scored) = mpsc::channel(PAGES_AHEAD);
        let reading = self.read_pages(first..pages.end, to_score);
        let scoring = self.score_pages(read, to_write, &markets, &decisions, &marks, as_of);
        let writing = self.write_pages(run.id, scored, now, |number| {
            progress((number + 1 - pages.start).max(0).cast_unsigned(), total);
        });
        tokio::try_join!(reading, scoring, writing)?;
        Ok(self.store.runs().finish(run.id, now, None).await?)
    }

    async fn read_pages(&self, pages: std::ops::Range<i64>, out: mpsc::Sender<Read>) -> Result<(), Error> {
        for number in pages {
            let seen = self.store.facts().mark().await?;
            let page = self.store.dossiers().page(number).await?;
            let ids: Vec<ClientId> = page.dossiers.iter().map(|(id, _)| *id).collect();
            let figures = self.store.ratings().figures(&ids).await?;
            if out.send((seen, page, figures)).await.is_err() {
                break; // A later stage failed and its error is on its way.
            }
        }
        Ok(())
    }

    async fn score_pages(
        &self,
        mut pages: mpsc::Receiver<Read>,
        out: mpsc::Sender<Scored>,
        markets: &Arc<SectorContext>,
        decisions: &Arc<Decisions>,
        marks: &HashMap<ClientId, Cause>,
        as_of: AsOf,
    ) -> Result<(), Error> {
        while let Some((seen, page, figures)) = pages.recv().await {
            let found = self.assess_all(page.dossiers, &figures, marks, markets, decisions, as_of).await?;
            let outcomes = self.with_causes(found, |id| marks.get(&id).copied(), Cause::Night).await?;
            if out.send((seen, page.number, outcomes)).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn write_pages(
        &self,
        run: i64,
        mut pages: mpsc::Receiver<Scored>,
        now: Timestamp,
        done: impl Fn(i64),
    ) -> Result<(), Error> {
        while let Some((seen, number, outcomes)) = pages.recv().await {
            self.store.ratings().record_seen(Some((run, number + 1)), &outcomes, seen, now).await?;
            done(number);
        }
        Ok(())
    }
}
