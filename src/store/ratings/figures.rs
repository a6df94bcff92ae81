//! The figures of a night: what was found for clients whose grade stayed, a page of them in one value.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{Figure, NewRating, Ratings};
use crate::{
    domain::{AsOf, ClientId, Points, Probability},
    store::{
        PAGE_CLIENTS, Result, Run, Store,
        backend::{Query, Row, Write, json_list},
        codec::{Flaw, Reader, Writer, event},
        rows::{Cells, days, millis},
    },
};

/// What a rescoring that left the grade found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Refreshed {
    pub(super) pd: Option<Probability>,
    pub(super) points: Option<Points>,
    pub(super) coverage: f64,
    pub(super) as_of: AsOf,
    pub(super) exposure_minor: i64,
}

impl Refreshed {
    pub(super) fn of(outcome: &NewRating) -> Self {
        let rating = &outcome.rating;
        Self {
            pd: rating.pd,
            points: rating.points,
            coverage: rating.coverage,
            as_of: rating.as_of,
            exposure_minor: outcome.exposure_minor,
        }
    }

    /// Columns from `place`: pd, points, coverage, exposure, valid_at, known_at.
    pub(super) fn read(cells: &Cells<'_>, place: usize) -> Result<Self> {
        let pd = cells.maybe_float(place)?.map(Probability::new).transpose().map_err(|e| e.to_string());
        let points = cells.maybe_int(place + 1)?.map(Points::try_from).transpose().map_err(|e| e.to_string());
        Ok(Self {
            pd: cells.checked(pd)?,
            points: cells.checked(points)?,
            coverage: cells.float(place + 2)?,
            exposure_minor: cells.int(place + 3)?,
            as_of: AsOf { valid_at: cells.day(place + 4)?, known_at: cells.instant(place + 5)? },
        })
    }

    /// Whether it was found by that `as_of`'s two clocks.
    fn is_known(&self, valid_at: i64, known_at: i64) -> bool {
        days(self.as_of.valid_at) <= valid_at && millis(self.as_of.known_at) <= known_at
    }
}

/// The page of a client.
pub(super) fn page_of(client: ClientId) -> i64 {
    client.get().div_euclid(PAGE_CLIENTS)
}

/// The pages of these clients, for [`NEWEST_FIGURES`].
pub(super) fn pages_of(clients: &[ClientId]) -> String {
    let pages: BTreeSet<i64> = clients.iter().copied().map(page_of).collect();
    json_list(pages.into_iter())
}

/// What the newest night found of each of these pages.
pub(super) const NEWEST_FIGURES: &str = "select f.body from json_each($1) j cross join night_figures f
     where f.page = cast(j.value as bigint)
        and f.run = (select max(run) from night_figures n where n.page = cast(j.value as bigint))";

/// Packs the figures of a page. The clocks of a night are those of all its clients, and cost a byte each.
fn figures_bytes(figures: &[(ClientId, Refreshed)]) -> Vec<u8> {
    let mut out = Writer::versioned();
    let (first_day, first_known) =
        figures.first().map_or((0, 0), |(_, f)| (days(f.as_of.valid_at), millis(f.as_of.known_at)));
    out.signed(first_day);
    out.signed(first_known);
    let mut last = 0;
    for (client, figure) in figures {
        out.signed(client.get() - last);
        last = client.get();
        out.option(figure.pd, |out, pd| out.float(pd.get()));
        out.option(figure.points, |out, points| out.signed(points.into()));
        out.float(figure.coverage);
        out.signed(figure.exposure_minor);
        out.signed(days(figure.as_of.valid_at) - first_day);
        out.signed(millis(figure.as_of.known_at) - first_known);
    }
    out.bytes
}

fn figures_from(bytes: &[u8]) -> Result<HashMap<ClientId, Refreshed>, Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    let (first_day, first_known) = (bytes.signed()?, bytes.signed()?);
    let mut figures = HashMap::with_capacity(1000);
    let mut last = 0i64;
    let later = |from: i64, by: i64| from.checked_add(by).ok_or("a number out of range");
    while !bytes.is_empty() {
        last = later(last, bytes.signed()?)?;
        let pd = bytes.option(event::probability)?;
        let points = bytes.option(event::points)?;
        let coverage = bytes.float()?;
        let exposure_minor = bytes.signed()?;
        let valid_at = crate::store::codec::day_from(later(first_day, bytes.signed()?)?)?;
        let known_at = crate::store::codec::instant_from(later(first_known, bytes.signed()?)?)?;
        let figure = Refreshed { pd, points, coverage, as_of: AsOf { valid_at, known_at }, exposure_minor };
        figures.insert(ClientId::new(last), figure);
    }
    Ok(figures)
}

/// The figures of a page, in the first column.
pub(super) fn figures_of(row: &Row) -> Result<HashMap<ClientId, Refreshed>> {
    let cells = Cells::of("night_figures", row);
    cells.checked(figures_from(cells.bytes(0)?))
}

impl Store {
    /// The newest night figure of a client that both clocks allow and that was known after `after`.
    pub(super) async fn night_figure(
        &self,
        client: ClientId,
        (valid_at, known_at): (i64, i64),
        after: Timestamp,
    ) -> Result<Option<Refreshed>> {
        // One night at a time: nearly always the newest allowed one answers.
        let sql = "select body, run from night_figures where page = $1 and valid_at <= $2 and known_at <= $3
             and known_at >= $4 and run < $5 order by run desc limit 1";
        let mut run = i64::MAX;
        loop {
            let query = Query::new(sql).bind(page_of(client)).bind(valid_at).bind(known_at).bind(millis(after));
            let Some(row) = self.one(query.bind(run)).await? else { return Ok(None) };
            run = Cells::of("night_figures", &row).int(1)?;
            let figure = figures_of(&row)?.remove(&client).filter(|f| f.is_known(valid_at, known_at));
            if let Some(figure) = figure.filter(|f| f.as_of.known_at > after) {
                return Ok(Some(figure));
            }
        }
    }
}

impl Write<'_> {
    /// Keeps the figures of a night's page.
    pub(super) async fn put_night_figures(&mut self, run: i64, mut figures: Vec<(ClientId, Refreshed)>) -> Result<()> {
        figures.sort_by_key(|(client, _)| *client);
        let sql = "insert into night_figures (page, run, valid_at, known_at, body) values ($1, $2, $3, $4, $5)
             on conflict (page, run) do update set body = excluded.body";
        for page in figures.chunk_by(|a, b| page_of(a.0) == page_of(b.0)) {
            let Some((client, _)) = page.first() else { continue };
            let valid_at = page.iter().map(|(_, f)| days(f.as_of.valid_at)).min();
            let known_at = page.iter().map(|(_, f)| millis(f.as_of.known_at)).min();
            let query = Query::new(sql).bind(page_of(*client)).bind(run).bind(valid_at).bind(known_at);
            self.execute(query.bind(figures_bytes(page))).await?;
        }
        Ok(())
    }
}

/// What both questions for present figures ask of the current rows; where they are found comes before.
const CURRENT: &str = "k.client, k.grade, k.client_seq, k.pd, k.points, k.coverage, k.exposure, k.valid_at, k.known_at";

impl Ratings<'_> {
    /// The present figures of these clients: grade and `client_seq` as recorded last, the rest as found last; absent
    /// when never rated.
    pub async fn figures(&self, clients: &[ClientId]) -> Result<HashMap<ClientId, Figure>> {
        let sql = format!(
            "select {CURRENT} from json_each($1) j cross join current k where k.client = cast(j.value as bigint)"
        );
        let nights = self.0.all(Query::new(NEWEST_FIGURES).bind(pages_of(clients))).await?;
        let current = Query::new(sql).bind(json_list(clients.iter().map(|c| c.get())));
        present(&nights, &self.0.all(current).await?)
    }

    /// The PDs that one night gave the clients of a page; clients that were in default, or not determined, are left out.
    pub async fn pds_of_night(&self, page: i64, run: &Run) -> Result<HashMap<ClientId, Probability>> {
        let stayed = Query::new("select body from night_figures where page = $1 and run = $2").bind(page).bind(run.id);
        let mut found: HashMap<ClientId, Probability> = HashMap::new();
        for row in &self.0.all(stayed).await? {
            found.extend(figures_of(row)?.into_iter().filter_map(|(client, figure)| Some((client, figure.pd?))));
        }
        // Who moved that night has an event, and no figure.
        let sql = "select client, body from event where client >= $1 and client < $2 and client_seq is not null
             and known_at = $3 and valid_at = $4";
        let query = Query::new(sql).bind(page * PAGE_CLIENTS).bind((page + 1) * PAGE_CLIENTS);
        for row in &self.0.all(query.bind(millis(run.known_at)).bind(days(run.valid_at))).await? {
            let cells = Cells::of("event", row);
            let (client, step) = (cells.client(0)?, self.0.step_in(&cells, 1).await?);
            found.extend(step.rating.pd.map(|pd| (client, pd)));
        }
        found.retain(|_, pd| pd.get() < 1.0);
        Ok(found)
    }

    /// The same for all clients of a page: one stretch of the table instead of a thousand places in it.
    pub async fn figures_of_page(&self, number: i64) -> Result<HashMap<ClientId, Figure>> {
        let sql = format!("select {CURRENT} from current k where k.client >= $1 and k.client < $2");
        let newest = "select body from night_figures where page = $1 order by run desc limit 1";
        let nights = self.0.all(Query::new(newest).bind(number)).await?;
        let first = number * PAGE_CLIENTS;
        let current = Query::new(sql).bind(first).bind(first + PAGE_CLIENTS);
        present(&nights, &self.0.all(current).await?)
    }
}

/// Current rows, each refreshed by the newest night where that is newer.
fn present(nights: &[Row], current: &[Row]) -> Result<HashMap<ClientId, Figure>> {
    let mut of_night = HashMap::new();
    for row in nights {
        of_night.extend(figures_of(row)?);
    }
    let mut found = HashMap::with_capacity(current.len());
    for row in current {
        let cells = Cells::of("current", row);
        let (client, grade, client_seq) = (cells.client(0)?, cells.word(1)?, cells.int(2)?);
        let current = Refreshed::read(&cells, 3)?;
        let night = of_night.get(&client).filter(|night| night.as_of.known_at > current.as_of.known_at);
        let Refreshed { pd, points, coverage, as_of, .. } = *night.unwrap_or(&current);
        #[expect(clippy::cast_possible_truncation, reason = "a figure is for sorting and showing; seven digits do")]
        let narrow = |f: f64| f as f32;
        let figure = Figure {
            grade,
            pd: pd.map(|pd| narrow(pd.get())),
            points: points.map(|p| i16::try_from(p).unwrap_or(if p < 0 { i16::MIN } else { i16::MAX })),
            coverage: narrow(coverage),
            client_seq,
            exposure_minor: current.exposure_minor,
            valid_at: as_of.valid_at,
            known_at: as_of.known_at,
        };
        found.insert(client, figure);
    }
    Ok(found)
}
