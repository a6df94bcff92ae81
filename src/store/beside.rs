//! What a night notes beside the ratings: how its clients were spread, and what a challenger would have said.

use jiff::Timestamp;

use super::{
    Result, Store,
    backend::{Query, Row, Write},
    codec::{Flaw, Reader, Writer, event, watch},
    rows::Cells,
};
use crate::domain::{ClientId, Cohort, EventBody, Grade, Probability, Scoreboard};

/// The page under which the sum of all pages is kept.
const WHOLE_NIGHT: i64 = -1;

/// Notes of nights.
#[derive(Debug)]
pub struct Besides<'a>(pub(super) &'a Store);

/// What a page of a night notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The model that rated, as ratings carry it.
    pub model: String,
    /// Clients in each bin, in the order of the model's grid.
    pub tally: Vec<u64>,
    /// What became of the clients that an earlier night rated; none while there is no such night.
    pub cohort: Option<Cohort>,
    /// The challenger and what it would have said; none when there is none.
    pub shadow: Option<(String, Vec<ShadowLine>)>,
}

/// What two models say of one client, without memory of earlier grades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShadowLine {
    /// Whom.
    pub client: ClientId,
    /// What it owes, minor units.
    pub exposure_minor: i64,
    /// What the champion says.
    pub champion: (Grade, Option<Probability>),
    /// What the challenger says.
    pub challenger: (Grade, Option<Probability>),
}

/// How the clients of one night were spread.
#[derive(Debug, Clone, PartialEq)]
pub struct NightTally {
    /// The night.
    pub run: i64,
    /// The model that rated.
    pub model: String,
    /// Clients in each bin.
    pub tally: Vec<u64>,
    /// What became of the clients that an earlier night rated.
    pub cohort: Option<Cohort>,
}

impl Besides<'_> {
    /// The pages of a night summed up; none once it is closed.
    pub async fn gathered(&self, run: i64) -> Result<Option<NightTally>> {
        let pages = "select t.model, t.body, c.body from night_tally t
             left join night_cohort c on c.run = t.run and c.page = t.page
             where t.run = $1 and t.page >= 0 order by t.page";
        let mut whole: Option<NightTally> = None;
        for row in &self.0.all(Query::new(pages).bind(run)).await? {
            let cells = Cells::of("night_tally", row);
            let (model, page) = (cells.string(0)?, cells.checked(tally_from(cells.bytes(1)?))?);
            let cohort = cohort_of(&cells, 2)?;
            match &mut whole {
                Some(whole) if whole.model == model && whole.tally.len() == page.len() => {
                    whole.tally.iter_mut().zip(page).for_each(|(sum, n)| *sum += n);
                    whole.add(cohort);
                }
                // Another model was promoted while the night was cut off: the last one's pages are what is left of it.
                _ => whole = Some(NightTally { run, model, tally: page, cohort }),
            }
        }
        Ok(whole)
    }

    /// Keeps the sum of a night and how analysts stood in it, and announces what it tells, in one transaction. The pages go,
    /// and so does what earlier challengers would have said. A night that is closed already stays as it is.
    pub async fn close(&self, night: &NightTally, board: &Scoreboard, told: &[EventBody], at: Timestamp) -> Result<()> {
        let NightTally { run, model, tally, cohort } = night;
        let mut write = self.0.write().await?;
        let pages = "delete from night_tally where run = $1 and page >= 0";
        if write.execute(Query::new(pages).bind(*run)).await? == 0 {
            return write.roll_back().await;
        }
        write.put_tally(*run, WHOLE_NIGHT, model, tally).await?;
        write.put_cohort(*run, WHOLE_NIGHT, cohort.as_ref()).await?;
        write.put_scoreboard(*run, board).await?;
        for sql in ["delete from night_cohort where run = $1 and page >= 0", "delete from night_shadow where run < $1"]
        {
            write.execute(Query::new(sql).bind(*run)).await?;
        }
        for body in told {
            write.announce(at, None, None, body).await?;
        }
        write.commit().await
    }

    /// The nights of a model, oldest first: the first one and the last `n`.
    pub async fn tallies(&self, model: &str, n: usize) -> Result<Vec<NightTally>> {
        let sql = "select t.run, t.model, t.body, c.body from night_tally t
             left join night_cohort c on c.run = t.run and c.page = t.page
             where t.page = -1 and t.model = $1 and (
                t.run = (select min(run) from night_tally where page = -1 and model = $1)
                or t.run in (select run from night_tally where page = -1 and model = $1 order by run desc limit $2))
             order by t.run";
        let query = Query::new(sql).bind(model.to_owned()).bind(i64::try_from(n).unwrap_or(i64::MAX));
        self.0.all(query).await?.iter().map(tally_of).collect()
    }

    /// How analysts stood in the newest night before `run`.
    pub async fn scoreboard_before(&self, run: i64) -> Result<Option<Scoreboard>> {
        let sql = "select body from night_scoreboard where run < $1 order by run desc limit 1";
        let Some(row) = self.0.one(Query::new(sql).bind(run)).await? else { return Ok(None) };
        let cells = Cells::of("night_scoreboard", &row);
        cells.checked(board_from(cells.bytes(0)?)).map(Some)
    }

    /// The newest night that is over in which `challenger` rated beside `champion`: its run, and both sides of every client.
    pub async fn last_shadow(&self, champion: &str, challenger: &str) -> Result<Option<(i64, Vec<ShadowLine>)>> {
        let sql = "select run, body from night_shadow where run = (
                select max(s.run) from night_shadow s join night_tally t on t.run = s.run and t.page = -1
                where t.model = $1 and s.model = $2)
             order by page";
        let mut found: Option<(i64, Vec<ShadowLine>)> = None;
        for row in &self.0.all(Query::new(sql).bind(champion.to_owned()).bind(challenger.to_owned())).await? {
            let cells = Cells::of("night_shadow", row);
            let lines = cells.checked(shadow_from(cells.bytes(1)?))?;
            match &mut found {
                Some((_, all)) => all.extend(lines),
                None => found = Some((cells.int(0)?, lines)),
            }
        }
        Ok(found)
    }
}

impl Write<'_> {
    /// Keeps what a page of a night notes.
    pub(super) async fn put_beside(&mut self, run: i64, page: i64, beside: &Beside) -> Result<()> {
        self.put_tally(run, page, &beside.model, &beside.tally).await?;
        self.put_cohort(run, page, beside.cohort.as_ref()).await?;
        let Some((model, lines)) = &beside.shadow else { return Ok(()) };
        let sql = "insert into night_shadow (run, page, model, body) values ($1, $2, $3, $4)
             on conflict (run, page) do update set model = excluded.model, body = excluded.body";
        let query = Query::new(sql).bind(run).bind(page).bind(model.clone()).bind(shadow_bytes(lines));
        self.execute(query).await.map(drop)
    }

    async fn put_cohort(&mut self, run: i64, page: i64, cohort: Option<&Cohort>) -> Result<()> {
        let Some(cohort) = cohort else { return Ok(()) };
        let mut out = Writer::versioned();
        watch::write_cohort(&mut out, cohort);
        let sql = "insert into night_cohort (run, page, body) values ($1, $2, $3)
             on conflict (run, page) do update set body = excluded.body";
        self.execute(Query::new(sql).bind(run).bind(page).bind(out.bytes)).await.map(drop)
    }

    async fn put_scoreboard(&mut self, run: i64, board: &Scoreboard) -> Result<()> {
        let mut out = Writer::versioned();
        watch::write_board(&mut out, board);
        let sql = "insert into night_scoreboard (run, body) values ($1, $2)
             on conflict (run) do update set body = excluded.body";
        self.execute(Query::new(sql).bind(run).bind(out.bytes)).await.map(drop)
    }

    async fn put_tally(&mut self, run: i64, page: i64, model: &str, tally: &[u64]) -> Result<()> {
        let sql = "insert into night_tally (run, page, model, body) values ($1, $2, $3, $4)
             on conflict (run, page) do update set model = excluded.model, body = excluded.body";
        let query = Query::new(sql).bind(run).bind(page).bind(model.to_owned()).bind(tally_bytes(tally));
        self.execute(query).await.map(drop)
    }
}

fn tally_of(row: &Row) -> Result<NightTally> {
    let cells = Cells::of("night_tally", row);
    let tally = cells.checked(tally_from(cells.bytes(2)?))?;
    Ok(NightTally { run: cells.int(0)?, model: cells.string(1)?, tally, cohort: cohort_of(&cells, 3)? })
}

fn cohort_of(cells: &Cells<'_>, place: usize) -> Result<Option<Cohort>> {
    let read = |bytes| watch::read_cohort(&mut Reader::versioned(bytes)?);
    cells.maybe_bytes(place)?.map(|bytes| cells.checked(read(bytes))).transpose()
}

fn board_from(bytes: &[u8]) -> Result<Scoreboard, Flaw> {
    watch::read_board(&mut Reader::versioned(bytes)?)
}

impl NightTally {
    /// Adds the cohort of another page; one that another night is judged by stands for itself.
    fn add(&mut self, cohort: Option<Cohort>) {
        match (&mut self.cohort, cohort) {
            (Some(sum), Some(page)) if sum.run == page.run && sum.grades.len() == page.grades.len() => {
                sum.grades.iter_mut().zip(page.grades).for_each(|(sum, grade)| sum.merge(grade));
            }
            (sum, Some(page)) => *sum = Some(page),
            (_, None) => {}
        }
    }
}

fn tally_bytes(tally: &[u64]) -> Vec<u8> {
    let mut out = Writer::versioned();
    tally.iter().for_each(|n| out.unsigned(*n));
    out.bytes
}

fn tally_from(bytes: &[u8]) -> Result<Vec<u64>, Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    let mut tally = Vec::new();
    while !bytes.is_empty() {
        tally.push(bytes.unsigned()?);
    }
    Ok(tally)
}

fn shadow_bytes(lines: &[ShadowLine]) -> Vec<u8> {
    let mut out = Writer::versioned();
    let mut last = 0;
    for line in lines {
        out.signed(line.client.get() - last);
        last = line.client.get();
        out.signed(line.exposure_minor);
        for (grade, pd) in [line.champion, line.challenger] {
            out.text(grade.as_str());
            out.option(pd, |out, pd| out.float(pd.get()));
        }
    }
    out.bytes
}

fn shadow_from(bytes: &[u8]) -> Result<Vec<ShadowLine>, Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    let (mut lines, mut last) = (Vec::new(), 0i64);
    while !bytes.is_empty() {
        last = last.checked_add(bytes.signed()?).ok_or("a number out of range")?;
        let exposure_minor = bytes.signed()?;
        let mut side = || Ok::<_, Flaw>((bytes.word()?, bytes.option(event::probability)?));
        let (champion, challenger) = (side()?, side()?);
        lines.push(ShadowLine { client: ClientId::new(last), exposure_minor, champion, challenger });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::{ShadowLine, shadow_bytes, shadow_from, tally_bytes, tally_from};
    use crate::domain::{ClientId, Grade, Probability};

    #[test]
    fn what_was_noted_is_read_again() {
        let line = |client, pd: Option<f64>| ShadowLine {
            client: ClientId::new(client),
            exposure_minor: -1_200,
            champion: (Grade::B2, pd.and_then(|pd| Probability::new(pd).ok())),
            challenger: (Grade::NotDetermined, None),
        };
        let lines = [line(7, Some(0.015)), line(1_900, None), line(1_901, Some(1.0))];
        assert_eq!(shadow_from(&shadow_bytes(&lines)).unwrap(), lines);
        assert_eq!(tally_from(&tally_bytes(&[0, 7, 100_000])).unwrap(), [0, 7, 100_000]);
        assert!(shadow_from(&[9, 1]).is_err() && tally_from(&[]).is_err());
    }
}
