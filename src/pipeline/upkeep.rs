//! What must be gone, and who has gone silent: looked after every night before anybody is rated.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{Error, Rescorer, Retention};
use crate::{
    domain::{AsOf, Cause, ClientId, SignalId, SourceId, day_number},
    store::{Awaited, Late},
};

/// Signals withdrawn in one transaction: others may write in between.
const BATCH: usize = 200;

/// Shelves of the archive, one for each first byte of a document's name.
const SHELVES: i32 = 256;

/// Shelves that are looked through each night for documents that nobody noted: all of them within 32 nights, so that such a
/// document gets its age within a month, and no night walks the whole archive.
const SHELVES_A_NIGHT: i32 = 8;

/// Terms of facts and documents, and the sources that are expected to answer.
#[derive(Debug, Clone, Default)]
pub struct Upkeep {
    /// How long facts are kept.
    pub retention: Retention,
    /// The sources that are switched on.
    pub sources: Vec<Expected>,
}

/// A source that should answer now and then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Which, and for how long its silence is no news.
    pub awaited: Awaited,
    /// How long its answers are kept that nothing rests on, when it says so itself.
    pub keep: Option<SignedDuration>,
}

/// What an upkeep took out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    /// Signals, by the term that was over; terms that ended for nobody are left out.
    pub signals: BTreeMap<&'static str, u64>,
    /// Documents of the archive.
    pub documents: u64,
}

impl Expired {
    /// All signals.
    pub fn n_signals(&self) -> u64 {
        self.signals.values().sum()
    }
}

/// Which sources have gone silent, for everybody and for some: what they said is still believed, and no longer fresh.
#[derive(Debug, Default)]
pub(super) struct Silent {
    everybody: Vec<SourceId>,
    of: HashMap<ClientId, Vec<SourceId>>,
}

impl Silent {
    pub(super) fn new(everybody: Vec<SourceId>, late: Vec<Late>) -> Self {
        let mut of: HashMap<ClientId, Vec<SourceId>> = HashMap::new();
        for Late { source, client } in late {
            if let Some(client) = client {
                of.entry(client).or_default().push(source);
            }
        }
        Self { everybody, of }
    }

    /// Whether a source has said nothing of a client for too long; none when no source is late for it.
    pub(super) fn about(&self, client: ClientId) -> Option<impl Fn(&SourceId) -> bool> {
        let own = self.of.get(&client).map_or(&[][..], Vec::as_slice);
        let is_late = |source: &SourceId| self.everybody.contains(source) || own.contains(source);
        (!self.everybody.is_empty() || !own.is_empty()).then_some(is_late)
    }
}

/// Clients that others are merged into, and which sources are late for them: under all of their codes, for one code that a
/// source speaks of is enough.
#[derive(Debug, Default)]
pub(super) struct Companies {
    survivors: HashSet<ClientId>,
    late: Vec<Late>,
}

impl Companies {
    /// What is late for single clients, put right for those that are one company with others.
    pub(super) fn put_right(&self, mut late: Vec<Late>) -> Vec<Late> {
        if !self.survivors.is_empty() {
            late.retain(|late| late.client.is_none_or(|client| !self.survivors.contains(&client)));
            late.extend(self.late.iter().cloned());
        }
        late
    }
}

/// The shelves of the archive whose turn it is on a day.
fn shelves_of(day: Date) -> Vec<u8> {
    let first = day_number(day).rem_euclid(SHELVES / SHELVES_A_NIGHT) * SHELVES_A_NIGHT;
    (first..first + SHELVES_A_NIGHT).filter_map(|shelf| u8::try_from(shelf).ok()).collect()
}

impl Rescorer {
    /// Withdraws every fact that is past its term and takes out documents that nothing rests on, in small transactions;
    /// cut off anywhere, the next one goes on. The clients are marked, and rated when the night comes to them.
    pub async fn expire(&self, now: Timestamp) -> Result<Expired, Error> {
        let facts = self.store.facts();
        let today = AsOf::at(now).valid_at;
        facts.finish_erasures().await?;
        facts.expire_assessments(now).await?;
        facts.forget_imports(now).await?;
        while facts.note_terms().await? > 0 {}
        let mut expired = Expired::default();
        for past in self.upkeep.retention.past(today) {
            let of_markets = facts.expire_markets(&past, now).await?;
            if of_markets > 0 {
                *expired.signals.entry(past.rule).or_default() += of_markets;
            }
            loop {
                let ids = facts.prospects_past_term(&past, BATCH).await?;
                if ids.is_empty() {
                    break;
                }
                facts.expire_of_prospects(&ids, past.rule).await?;
            }
            loop {
                let ids = facts.past_term(&past, BATCH).await?;
                if ids.is_empty() {
                    break;
                }
                *expired.signals.entry(past.rule).or_default() += facts.expire(&ids, past.rule, now).await?;
            }
        }
        expired.documents = facts.drop_doomed().await? + self.drop_unused(now).await?;
        if expired.n_signals() > 0 {
            facts.forget_traces().await?;
        }
        Ok(expired)
    }

    async fn drop_unused(&self, now: Timestamp) -> Result<u64, Error> {
        let facts = self.store.facts();
        facts.adopt_strays(&shelves_of(AsOf::at(now).valid_at), now).await?;
        let today = self.upkeep.retention.unused_before(AsOf::at(now).valid_at);
        let unused = today.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |z| z.timestamp());
        let with_own = || self.upkeep.sources.iter().filter_map(|e| Some((e.awaited.source.as_str(), e.keep?)));
        let except: Vec<&str> = with_own().map(|(source, _)| source).collect();
        let mut n = facts.drop_unused(None, &except, unused).await?;
        for (source, keep) in with_own() {
            n += facts.drop_unused(Some(source), &[], now.saturating_sub(keep).unwrap_or(Timestamp::MIN)).await?;
        }
        Ok(n)
    }

    /// The sources that have been silent for too long, of those that are switched on: nobody waits for the others any more.
    pub async fn stale_sources(&self) -> Result<Vec<String>, Error> {
        let awaited: Vec<Awaited> = self.upkeep.sources.iter().map(|expected| expected.awaited.clone()).collect();
        let stale = self.store.sources().stale(&awaited).await?;
        Ok(stale.into_iter().map(|late| late.source.to_string()).collect())
    }

    /// Announces each source that has been silent for too long, once, also when nobody asks it. Answers those of now.
    pub async fn watch_sources(&self, now: Timestamp) -> Result<Vec<SourceId>, Error> {
        Ok(self.store.sources().watch(&self.awaited(), now).await?)
    }

    pub(super) fn awaited(&self) -> Vec<Awaited> {
        self.upkeep.sources.iter().map(|expected| expected.awaited.clone()).collect()
    }

    pub(super) async fn silent_sources(&self) -> Result<Vec<SourceId>, Error> {
        let stale = self.store.sources().stale(&self.awaited()).await?;
        Ok(stale.into_iter().map(|late| late.source).collect())
    }

    /// Who is late for a few clients.
    pub(super) async fn silent_for(&self, clients: &[ClientId], now: Timestamp) -> Result<Silent, Error> {
        let late = self.store.sources().late_on(&self.awaited(), clients, now).await?;
        Ok(Silent::new(self.silent_sources().await?, self.companies(now).await?.put_right(late)))
    }

    /// Who is late for the clients that others are merged into.
    pub(super) async fn companies(&self, now: Timestamp) -> Result<Companies, Error> {
        let awaited = self.awaited();
        let mergers = self.store.facts().mergers(now).await?;
        if awaited.is_empty() || mergers.is_empty() {
            return Ok(Companies::default());
        }
        let late = self.store.sources().late_on_survivors(&awaited, now).await?;
        Ok(Companies { survivors: mergers.into_iter().map(|merger| merger.survivor).collect(), late })
    }

    /// That no present rating rests on a fact that is not there any more. What breaks it is mended: the pointer goes, and
    /// the client is rated again. Answers a sentence for the run when there was something to mend, and how many.
    pub(super) async fn check_present(&self, as_of: AsOf, now: Timestamp) -> Result<Option<(String, i64)>, Error> {
        let mut broken: BTreeMap<ClientId, Vec<SignalId>> = BTreeMap::new();
        for page in self.store.dossiers().pages().await? {
            for (client, id) in self.store.facts().dangling(page).await? {
                broken.entry(client).or_default().push(id);
            }
        }
        if broken.is_empty() {
            return Ok(None);
        }
        for (client, names) in &broken {
            self.store.facts().mend(*client, names, now).await?;
        }
        let again: Vec<(ClientId, Cause)> = broken.keys().map(|client| (*client, Cause::Expiry)).collect();
        self.rescore(&again, as_of).await?;
        let n = broken.len();
        tracing::error!(n_clients = n, "present ratings rested on facts that were gone; they were rated again");
        let why = format!("{n} present ratings rested on facts that are no longer there; they were rated again");
        Ok(Some((why, i64::try_from(n).unwrap_or(i64::MAX))))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::shelves_of;

    #[test]
    fn every_shelf_of_the_archive_has_its_turn_within_a_month_and_no_night_has_them_all() {
        let nights = jiff::civil::date(2027, 12, 20).series(jiff::Span::new().days(1)).take(32);
        let turns: Vec<Vec<u8>> = nights.map(shelves_of).collect();
        assert!(turns.iter().all(|shelves| shelves.len() == 8));
        assert_eq!(turns.concat().into_iter().collect::<BTreeSet<u8>>().len(), 256);
    }
}
