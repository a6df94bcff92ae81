//! Recording: one transaction for everything that a page or a live batch found.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;

use super::{NewRating, NightPage, Ratings, figures::Refreshed};
use crate::{
    domain::{Cause, ClientId, Grade, Override, PortfolioId, RatingChange, ReasonLine},
    store::{
        NewTreatment, PAGE_CLIENTS, Result,
        backend::{Query, Write, json_list},
        codec::{Flaw, event},
        outbox::{Dictionary, damaged_event},
        rows::{Cells, days, millis},
    },
};

/// How far what is recorded may lie ahead of what writes now: a night writes as of when it began, and takes less than a day. What
/// lies further ahead was written under a clock that was wrong and has been set back: left to count, it would keep a client at its
/// grade until that hour has come.
const AHEAD_AT_MOST_MS: i64 = 24 * 3_600_000;

/// What the store knows of a client before an outcome is recorded.
#[derive(Debug, Clone)]
struct Before {
    portfolio: PortfolioId,
    /// Grade, client_seq and instant of knowledge; none when never rated.
    last: Option<(Grade, i64, i64)>,
}

/// An event about to be written.
pub(super) struct NewEvent<'o> {
    portfolio: PortfolioId,
    kind: &'static str,
    outcome: &'o NewRating,
    change: RatingChange,
    override_: Option<Override>,
}

impl NewEvent<'_> {
    /// Every line that it holds: those of the level, and those of the step.
    pub(super) fn lines(&self) -> impl Iterator<Item = &ReasonLine> {
        self.outcome.rating.lines.iter().chain(&self.change.reasons)
    }
}

/// What a batch comes to.
#[derive(Default)]
struct Sorted<'o> {
    events: Vec<NewEvent<'o>>,
    refreshed: Vec<(ClientId, Refreshed)>,
    moved_up: i64,
    moved_down: i64,
    exposure_on_movers: i64,
}

/// Where outcomes come from, as far as their transaction must know.
enum Origin<'a> {
    /// The mark of the state that was read, and the treatments that go with it.
    Live(i64, &'a [NewTreatment]),
    /// A run, the page it goes on with, and the mark.
    Page(i64, i64, i64),
    Night(Box<NightPage>),
}

impl Ratings<'_> {
    /// Records what a page of a run (`(run, next_page)`) or a live batch found, in one transaction: events with `seq` and
    /// `client_seq` for those with a `change`, refreshed figures for the others, the run's counters and checkpoint when
    /// given, and takes off the clients' marks that are not newer than what the rating knew. Answers the number of events.
    /// Only for whoever knows that nothing was written since the facts were read; else [`Ratings::record_seen`].
    ///
    /// A page that the run has passed, or a run that has ended, changes nothing. An outcome that knew less than what is
    /// recorded already is left aside, unless that was known under a clock that has been set back since; a change to the grade that stands already (somebody was quicker) is a refresh.
    pub async fn record(&self, page: Option<(i64, i64)>, outcomes: &[NewRating], at: Timestamp) -> Result<u64> {
        self.record_seen(page, outcomes, i64::MAX, at).await
    }

    /// The same for facts that were read in a state not older than [`crate::store::Facts::mark`] `seen`. A fact that was
    /// written after it keeps its mark, whenever it counts as known: one that came while the rating was being computed,
    /// or with a backfill, is not in it.
    pub async fn record_seen(
        &self,
        page: Option<(i64, i64)>,
        outcomes: &[NewRating],
        seen: i64,
        at: Timestamp,
    ) -> Result<u64> {
        let origin = page.map_or(Origin::Live(seen, &[]), |(run, next_page)| Origin::Page(run, next_page, seen));
        self.record_from(origin, outcomes, at).await
    }

    /// The same for a live batch, with the treatments that are others than were announced.
    pub async fn record_treated(
        &self,
        outcomes: &[NewRating],
        treatments: &[NewTreatment],
        seen: i64,
        at: Timestamp,
    ) -> Result<u64> {
        self.record_from(Origin::Live(seen, treatments), outcomes, at).await
    }

    /// The same for a page as the night read it, whose marks are known; the page packed anew is kept in the same
    /// transaction.
    pub async fn record_page(&self, page: NightPage, outcomes: &[NewRating], at: Timestamp) -> Result<u64> {
        self.record_from(Origin::Night(Box::new(page)), outcomes, at).await
    }

    async fn record_from(&self, origin: Origin<'_>, outcomes: &[NewRating], at: Timestamp) -> Result<u64> {
        let mut write = self.0.write().await?;
        let (run, is_wanted) = match &origin {
            Origin::Live(..) => (None, true),
            Origin::Page(run, next_page, _) => (Some(*run), write.advance(*run, *next_page).await?),
            Origin::Night(page) => (Some(page.run), write.finish_page(page.run, page.number).await?),
        };
        if !is_wanted {
            write.roll_back().await?;
            return Ok(0);
        }
        let sorted = write.sort_out(outcomes, at).await?;
        let n_events = sorted.events.len();
        let dictionary = write.put_events(&sorted.events, at).await?;
        if let Some(run) = run {
            write.count(run, outcomes.len(), &sorted).await?;
        }
        write.is_shown().await?;
        match origin {
            Origin::Live(seen, treatments) => {
                write.is_about(outcomes.iter().map(|outcome| outcome.client));
                write.refresh(&sorted.refreshed).await?;
                write.put_treatments(treatments, at).await?;
                write.clear_touched(outcomes, seen).await?;
            }
            Origin::Page(run, _, seen) => {
                write.refresh_exposures(&sorted.refreshed).await?;
                write.put_night_figures(run, sorted.refreshed).await?;
                write.clear_touched(outcomes, seen).await?;
            }
            Origin::Night(page) => {
                // Of a thousand exposures a night moves a few; only those are worth looking up in the table.
                let has_moved = |(client, found): &&(ClientId, Refreshed)| {
                    page.figures.get(client).is_none_or(|known| known.exposure_minor != found.exposure_minor)
                };
                let moved: Vec<_> = sorted.refreshed.iter().filter(has_moved).copied().collect();
                write.refresh_exposures(&moved).await?;
                write.put_night_figures(page.run, sorted.refreshed).await?;
                write.put_treatments(&page.treatments, at).await?;
                write.clear_touched_page(page.number, page.mark, outcomes).await?;
                if let Some(beside) = &page.beside {
                    write.put_beside(page.run, page.number, beside).await?;
                }
                if let Some(repacked) = page.repacked {
                    write.keep_page(repacked).await?;
                }
            }
        }
        write.commit().await?;
        if let Some(dictionary) = dictionary {
            self.0.learn(dictionary);
        }
        Ok(u64::try_from(n_events).unwrap_or(0))
    }
}

impl Write<'_> {
    /// Moves a run's checkpoint; false when it is there already. The condition is part of the write, so that of two
    /// workers with the same page only one counts.
    async fn advance(&mut self, run: i64, next_page: i64) -> Result<bool> {
        let sql =
            "update run set next_page = $1, state = 'running' where id = $2 and next_page < $1 and ended_at is null";
        Ok(self.execute(Query::new(sql).bind(next_page).bind(run)).await? > 0)
    }

    async fn count(&mut self, run: i64, n_scanned: usize, sorted: &Sorted<'_>) -> Result<()> {
        let sql = "update run set scanned = scanned + $1, moved_up = moved_up + $2, moved_down = moved_down + $3,
             exposure_on_movers = exposure_on_movers + $4 where id = $5";
        let query = Query::new(sql).bind(i64::try_from(n_scanned).unwrap_or(i64::MAX)).bind(sorted.moved_up);
        let query = query.bind(sorted.moved_down).bind(sorted.exposure_on_movers).bind(run);
        self.execute(query).await.map(drop)
    }

    /// Which outcomes are events, which only refresh figures.
    async fn sort_out<'o>(&mut self, outcomes: &'o [NewRating], at: Timestamp) -> Result<Sorted<'o>> {
        let changed: Vec<ClientId> = outcomes.iter().filter(|o| o.change.is_some()).map(|o| o.client).collect();
        let mut before = self.before(&changed).await?;
        let newer = self.newer(outcomes).await?;
        let in_force = if changed.is_empty() { HashMap::new() } else { self.overrides(&changed, at).await? };
        // Whoever read before a merger may still rate the code that is rated no more.
        let merged = self.merged_now().await?;
        let mut sorted = Sorted::default();
        for outcome in outcomes.iter().filter(|outcome| !merged.contains(&outcome.client)) {
            let known_at = millis(outcome.rating.as_of.known_at);
            let last_known = before.get(&outcome.client).and_then(|known| known.last).map(|(_, _, at)| at);
            let newest = last_known.or(newer.get(&outcome.client).copied());
            if newest.is_some_and(|newest| newest > known_at && newest <= millis(at).saturating_add(AHEAD_AT_MOST_MS)) {
                continue;
            }
            let decision = in_force.get(&outcome.client);
            let changed = match (before.get_mut(&outcome.client), &outcome.change) {
                (Some(known), _) => self.event_of(outcome, known, decision).await?.map(|change| (known, change)),
                (None, None) => None,
                (None, Some(_)) => continue, // There is no such client any more.
            };
            let Some((known, change)) = changed else {
                sorted.refreshed.push((outcome.client, Refreshed::of(outcome)));
                continue;
            };
            match change.notches() {
                0 => {}
                up_or_down => {
                    sorted.moved_up += i64::from(up_or_down > 0);
                    sorted.moved_down += i64::from(up_or_down < 0);
                    sorted.exposure_on_movers += outcome.exposure_minor;
                }
            }
            known.last = Some((change.to, change.client_seq, known_at));
            let kind = if change.cause == Cause::Override { "rating.overridden" } else { "rating.changed" };
            let override_ = decision.cloned();
            sorted.events.push(NewEvent { portfolio: known.portfolio, kind, outcome, change, override_ });
        }
        Ok(sorted)
    }

    /// The change as it is to be recorded; none when there is nothing to announce.
    async fn event_of(
        &mut self,
        outcome: &NewRating,
        before: &Before,
        decision: Option<&Override>,
    ) -> Result<Option<RatingChange>> {
        let Some(change) = &outcome.change else { return Ok(None) };
        let from = before.last.map(|(grade, ..)| grade);
        if from == Some(outcome.rating.grade)
            && (outcome.cause != Cause::Override || self.is_announced(outcome.client, decision).await?)
        {
            return Ok(None);
        }
        let client_seq = before.last.map_or(1, |(_, client_seq, _)| client_seq + 1);
        let exposure_minor = outcome.exposure_minor;
        let to = outcome.rating.grade;
        Ok(Some(RatingChange { client_seq, from, to, cause: outcome.cause, exposure_minor, ..change.clone() }))
    }

    /// Whether the client's last event knew of the same analyst's decision, or of none.
    async fn is_announced(&mut self, client: ClientId, decision: Option<&Override>) -> Result<bool> {
        let sql =
            "select body from event where client = $1 and client_seq is not null order by client_seq desc limit 1";
        let Some(row) = self.one(Query::new(sql).bind(client.get())).await? else { return Ok(false) };
        let cells = Cells::of("event", &row);
        let bytes = cells.bytes(0)?;
        let last = self.store().with_words(|words| cells.checked(event::step_from(bytes, words))).await?;
        Ok(last.override_.as_ref() == decision)
    }

    /// Clients whose grade stays in an outcome that knew less than what is recorded, with when that was known. Asked so,
    /// the database answers for the few and not for a thousand.
    async fn newer(&mut self, outcomes: &[NewRating]) -> Result<HashMap<ClientId, i64>> {
        let stay = || outcomes.iter().filter(|o| o.change.is_none());
        let Some(earliest) = stay().map(|o| millis(o.rating.as_of.known_at)).min() else { return Ok(HashMap::new()) };
        let sql = "select k.client, k.known_at from json_each($1) j cross join current k
             where k.client = cast(j.value as bigint) and k.known_at > $2";
        let list = json_list(stay().map(|o| o.client.get()));
        let rows = self.all(Query::new(sql).bind(list).bind(earliest)).await?;
        let known = rows.iter().map(|row| {
            let cells = Cells::of("current", row);
            Ok((cells.client(0)?, cells.int(1)?))
        });
        known.collect()
    }

    async fn before(&mut self, clients: &[ClientId]) -> Result<HashMap<ClientId, Before>> {
        let sql = "select c.id, c.portfolio, k.grade, k.client_seq, k.known_at
             from json_each($1) j cross join client c left join current k on k.client = c.id where c.id = cast(j.value as bigint)";
        let list = json_list(clients.iter().map(|c| c.get()));
        let mut before = HashMap::with_capacity(clients.len());
        for row in self.all(Query::new(sql).bind(list)).await? {
            let cells = Cells::of("current", &row);
            let last = match cells.maybe_word(2)? {
                Some(grade) => Some((grade, cells.int(3)?, cells.int(4)?)),
                None => None,
            };
            before.insert(cells.client(0)?, Before { portfolio: PortfolioId::new(cells.int(1)?), last });
        }
        Ok(before)
    }

    /// Writes events and the current rows that go with them; answers the dictionary to learn after the commit.
    async fn put_events(&mut self, events: &[NewEvent<'_>], at: Timestamp) -> Result<Option<Arc<Dictionary>>> {
        if events.is_empty() {
            return Ok(None);
        }
        let first = self.take_seqs(i64::try_from(events.len()).unwrap_or(i64::MAX)).await?;
        let known = self.store().dictionary();
        // The words of a model are new once, and packing finds that out as well as gathering the words of every event.
        let (bodies, dictionary) = match bodies_of(events, &known) {
            Ok(bodies) => (bodies, known),
            Err(_) => {
                let texts: BTreeSet<&str> =
                    events.iter().flat_map(|new| event::words_of(&new.outcome.rating, &new.change)).collect();
                let dictionary = self.dictionary_with(&texts.into_iter().collect::<Vec<_>>()).await?;
                (bodies_of(events, &dictionary).map_err(damaged_event)?, dictionary)
            }
        };
        let rows: Vec<_> = (first..).zip(events).zip(bodies).collect();
        let insert =
            ("insert into event (seq, at, kind, portfolio, client, client_seq, valid_at, known_at, body)", 9, "");
        self.put_all(insert, &rows, |query, ((seq, new), body)| {
            let as_of = new.outcome.rating.as_of;
            let query = query.bind(*seq).bind(millis(at)).bind(new.kind).bind(new.portfolio.get());
            let query = query.bind(new.outcome.client.get()).bind(new.change.client_seq);
            query.bind(days(as_of.valid_at)).bind(millis(as_of.known_at)).bind(body.as_slice())
        })
        .await?;
        self.put_current(events).await?;
        self.note_named(first, events).await?;
        Ok(Some(dictionary))
    }

    async fn put_current(&mut self, events: &[NewEvent<'_>]) -> Result<()> {
        let insert = (
            "insert into current (client, client_seq, grade, pd, points, coverage, exposure, valid_at, known_at)",
            9,
            " on conflict (client) do update set client_seq = excluded.client_seq, grade = excluded.grade,
                pd = excluded.pd, points = excluded.points, coverage = excluded.coverage,
                exposure = excluded.exposure, valid_at = excluded.valid_at, known_at = excluded.known_at",
        );
        // The last of each client: PostgreSQL does not write one row twice in a statement.
        let last: BTreeMap<ClientId, &NewEvent<'_>> = events.iter().map(|new| (new.outcome.client, new)).collect();
        let last: Vec<&NewEvent<'_>> = last.into_values().collect();
        self.put_all(insert, &last, |query, new| {
            let NewEvent { outcome: NewRating { client, rating, .. }, change, .. } = new;
            let query = query.bind(client.get()).bind(change.client_seq).bind(rating.grade.as_str());
            let query = query.bind(rating.pd.map(|p| p.get())).bind(rating.points.map(i64::from));
            let query = query.bind(rating.coverage).bind(change.exposure_minor);
            query.bind(days(rating.as_of.valid_at)).bind(millis(rating.as_of.known_at))
        })
        .await
    }

    /// Live figures of clients that were rated before; one never rated has nothing to refresh.
    async fn refresh(&mut self, refreshed: &[(ClientId, Refreshed)]) -> Result<()> {
        let sql = "update current set pd = $1, points = $2, coverage = $3, exposure = $4, valid_at = $5, known_at = $6
             where client = $7";
        for (client, figure) in refreshed {
            let query = Query::new(sql).bind(figure.pd.map(|p| p.get())).bind(figure.points.map(i64::from));
            let query: Query = query.bind(figure.coverage).bind(figure.exposure_minor);
            let query = query.bind(days(figure.as_of.valid_at)).bind(millis(figure.as_of.known_at));
            self.execute(query.bind(client.get())).await?;
        }
        Ok(())
    }

    /// A night's figures are packed; only the exposure is kept true row by row, because sums are asked of it.
    async fn refresh_exposures(&mut self, refreshed: &[(ClientId, Refreshed)]) -> Result<()> {
        let update = (
            "with found (client, exposure) as (",
            2,
            ") update current set exposure = found.exposure from found
              where current.client = found.client and current.exposure <> found.exposure",
        );
        let bind = |query: Query, (client, figure): &(ClientId, Refreshed)| {
            query.bind(client.get()).bind(figure.exposure_minor)
        };
        self.put_all(update, refreshed, bind).await
    }

    /// Takes the marks off a page's clients: those of facts that were there when the page was read.
    async fn clear_touched_page(&mut self, number: i64, mark: i64, outcomes: &[NewRating]) -> Result<()> {
        let sql = "delete from touched where client >= $1 and client < $2 and known_at <= $3 and mark <= $4";
        let Some(known_at) = outcomes.iter().map(|o| millis(o.rating.as_of.known_at)).min() else { return Ok(()) };
        let first = number * PAGE_CLIENTS;
        let query = Query::new(sql).bind(first).bind(first + PAGE_CLIENTS).bind(known_at);
        self.execute(query.bind(mark)).await.map(drop)
    }

    async fn clear_touched(&mut self, outcomes: &[NewRating], seen: i64) -> Result<()> {
        let sql = "delete from touched where known_at <= $1 and mark <= $3 and client in (select cast(value as bigint) from json_each($2))";
        let as_known = |o: &NewRating| millis(o.rating.as_of.known_at);
        for same in outcomes.chunk_by(|a, b| as_known(a) == as_known(b)) {
            let known_at = same.first().map_or(i64::MIN, as_known);
            let list = json_list(same.iter().map(|o| o.client.get()));
            self.execute(Query::new(sql).bind(known_at).bind(list).bind(seen)).await?;
        }
        Ok(())
    }
}

fn bodies_of(events: &[NewEvent<'_>], words: &Dictionary) -> Result<Vec<Vec<u8>>, Flaw> {
    let body = |new: &NewEvent<'_>| event::step_bytes(&new.change, &new.outcome.rating, new.override_.as_ref(), words);
    events.iter().map(body).collect()
}
