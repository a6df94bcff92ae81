use std::collections::BTreeMap;

use super::{
    FRESH_DAYS,
    news::{Stories, faded, is_bad},
};
use crate::domain::{
    AsOf, Country, Fact, Heading, Indicator, Nace, NewsItem, SectorContext, SectorSignal, SourceId, day_number,
};

/// How far back news of a market counts, in days.
const NEWS_DAYS: i32 = 90;
/// The half-life of its severity, in days.
const NEWS_HALF_LIFE: i32 = 45;
/// The level of a series is its newest value against the mean of so many months before.
const LEVEL_MONTHS: i32 = 36;
/// Sources told apart when unofficial ones are counted; more than these count as the last.
const MAX_SOURCES: usize = 64;

/// What one `as_of` can see of the markets, with headings read and figures computed: made once, asked for every client.
#[derive(Debug)]
pub struct Markets<'a> {
    pub(super) as_of: AsOf,
    pub(super) context: &'a SectorContext,
    /// Own countries before areas, narrow headings before wide ones.
    groups: Vec<Group>,
    /// Oldest first.
    news: Vec<MarketNews>,
    /// Who published the indicators.
    statisticians: Vec<&'a SourceId>,
}

#[derive(Debug)]
struct Group {
    heading: Heading,
    country: Option<Country>,
    is_official: bool,
    bankruptcies_yoy: Option<f64>,
    production: Reading,
    turnover: Reading,
}

#[derive(Debug, Clone, Copy, Default)]
struct Reading {
    yoy: Option<f64>,
    level: Option<f64>,
}

#[derive(Debug)]
struct MarketNews {
    heading: Heading,
    country: Option<Country>,
    is_official: bool,
    day: i32,
    item: NewsItem,
    source: usize,
}

/// What is known of one client's market.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Market {
    pub(super) news_severity: Option<f64>,
    pub(super) bad_events: Option<f64>,
    pub(super) bankruptcies_yoy: Option<f64>,
    pub(super) activity_yoy: Option<f64>,
    pub(super) activity_level: Option<f64>,
    /// Distinct unofficial sources, one bit each.
    unofficial: u64,
}

impl Market {
    pub(super) fn n_unofficial(&self) -> usize {
        self.unofficial.count_ones() as usize
    }
}

impl<'a> Markets<'a> {
    /// Reads the context as of then.
    pub fn new(context: &'a SectorContext, as_of: AsOf) -> Self {
        Self::read(context, as_of, |_| true)
    }

    /// Reads only what is about one client's market: for a single client a tenth of the work.
    pub(super) fn around(
        context: &'a SectorContext,
        as_of: AsOf,
        sector: Option<Nace>,
        country: Option<Country>,
    ) -> Self {
        Self::read(context, as_of, |s| is_about(s, sector, country))
    }

    fn read(context: &'a SectorContext, as_of: AsOf, wanted: impl Fn(&SectorSignal) -> bool) -> Self {
        let mut by_place: BTreeMap<Place<'_>, Vec<Told<'_>>> = BTreeMap::new();
        let mut news = Vec::new();
        let mut sources: Vec<&SourceId> = Vec::new();
        let mut statisticians: Vec<&SourceId> = Vec::new();
        let today = day_number(as_of.valid_at);
        for s in context.signals.iter().filter(|s| is_visible(s, as_of) && wanted(s)) {
            match &s.fact {
                Fact::Indicator(i) => {
                    by_place.entry((&s.sector, s.country, s.is_official)).or_default().push((s, i));
                    if !statisticians.contains(&&s.source) {
                        statisticians.push(&s.source);
                    }
                }
                Fact::News(item) if today - day_number(s.valid_at) < NEWS_DAYS => {
                    let source = sources.iter().position(|known| **known == s.source).unwrap_or_else(|| {
                        sources.push(&s.source);
                        sources.len() - 1
                    });
                    news.extend(market_news(s, item, source.min(MAX_SOURCES - 1)));
                }
                _ => {}
            }
        }
        news.sort_by_key(|n| (n.day, n.item.event));
        let mut groups: Vec<Group> =
            by_place.into_iter().filter_map(|(place, told)| group(place, &told, today)).collect();
        groups.sort_by_key(|g| (g.country.is_none(), std::cmp::Reverse(g.heading.narrowness())));
        Self { as_of, context, groups, news, statisticians }
    }

    /// Who published the indicators, each once.
    pub(super) fn statisticians(&self) -> impl Iterator<Item = &'a SourceId> {
        self.statisticians.iter().copied()
    }

    /// The market of a client; with `official_only` as statistical offices alone tell it.
    pub(super) fn of(&self, sector: Option<Nace>, country: Option<Country>, official_only: bool) -> Market {
        let mut out = Market::default();
        let Some(sector) = sector else { return out };
        let speaks = |place: Option<Country>, heading: &Heading, is_official: bool| {
            (is_official || !official_only) && (place.is_none() || place == country) && heading.covers(sector)
        };
        for g in self.groups.iter().filter(|g| speaks(g.country, &g.heading, g.is_official)) {
            out.bankruptcies_yoy = out.bankruptcies_yoy.or(g.bankruptcies_yoy);
            out.activity_yoy = out.activity_yoy.or(g.production.yoy).or(g.turnover.yoy);
            out.activity_level = out.activity_level.or(g.production.level).or(g.turnover.level);
        }
        let today = day_number(self.as_of.valid_at);
        let mut stories = Stories::default();
        for n in self.news.iter().filter(|n| speaks(n.country, &n.heading, n.is_official)) {
            let is_bad = is_bad(&n.item);
            if is_bad && !n.is_official {
                out.unofficial |= 1 << n.source;
            }
            let severity = if is_bad { f64::from(n.item.severity.min(5)) } else { 0.0 };
            let now = severity * faded(today - n.day, NEWS_HALF_LIFE);
            out.news_severity = Some(out.news_severity.map_or(now, |worst| worst.max(now)));
            let is_new = is_bad && stories.is_new(n.item.event, n.day);
            out.bad_events = Some(out.bad_events.unwrap_or(0.0) + f64::from(u8::from(is_new)));
        }
        out
    }

    /// The signals about a client's market that an `as_of` can see, those that `wanted` takes.
    pub(super) fn told<'s>(
        &'s self,
        sector: Option<Nace>,
        country: Option<Country>,
        wanted: fn(&Fact) -> bool,
    ) -> impl Iterator<Item = &'a SectorSignal> + 's {
        self.context
            .signals
            .iter()
            .filter(move |s| wanted(&s.fact) && is_visible(s, self.as_of) && is_about(s, sector, country))
    }
}

fn is_visible(signal: &SectorSignal, as_of: AsOf) -> bool {
    signal.known_at <= as_of.known_at && signal.valid_at <= as_of.valid_at
}

fn is_about(signal: &SectorSignal, sector: Option<Nace>, country: Option<Country>) -> bool {
    (signal.country.is_none() || signal.country == country) && sector.is_some_and(|nace| nace.is_within(&signal.sector))
}

fn market_news(s: &SectorSignal, item: &NewsItem, source: usize) -> Option<MarketNews> {
    Some(MarketNews {
        heading: s.sector.parse().ok()?,
        country: s.country,
        is_official: s.is_official,
        day: day_number(s.valid_at),
        item: item.clone(),
        source,
    })
}

/// Heading, country, and whether it is official.
type Place<'a> = (&'a str, Option<Country>, bool);
/// An indicator and the signal that told it.
type Told<'a> = (&'a SectorSignal, &'a Indicator);

/// The figures of one heading in one country; none where the heading is not of NACE.
fn group((sector, country, is_official): Place<'_>, told: &[Told<'_>], today: i32) -> Option<Group> {
    Some(Group {
        heading: sector.parse().ok()?,
        country,
        is_official,
        bankruptcies_yoy: reading(told, "bankruptcies", today).yoy,
        production: reading(told, "production", today),
        turnover: reading(told, "turnover", today),
    })
}

/// A value of a series, as the newest revision has it.
struct Figure<'a> {
    signal: &'a SectorSignal,
    value: f64,
    is_break: bool,
}

/// Units are never mixed, for a rebased series is another series: the unit with the newest period is read, of two the one
/// with the later base.
fn reading(told: &[Told<'_>], series: &str, today: i32) -> Reading {
    let mut by_unit: BTreeMap<&str, BTreeMap<(i32, i32), Figure<'_>>> = BTreeMap::new();
    for (signal, i) in told.iter().filter(|(_, i)| i.series == series && i.value.is_finite()) {
        let Some((length, end)) = period(&i.period) else { continue };
        let figure = Figure { signal, value: i.value, is_break: i.flag.contains('b') };
        let figures = by_unit.entry(i.unit.as_str()).or_default();
        let known = figures.get(&(length, end)).map(|f| (f.signal.known_at, f.signal.valid_at, f.signal.id));
        if known.is_none_or(|k| k < (signal.known_at, signal.valid_at, signal.id)) {
            figures.insert((length, end), figure);
        }
    }
    let fresh = |f: &Figure<'_>| today - day_number(f.signal.valid_at) <= FRESH_DAYS;
    let mut out = (i32::MIN, Reading::default());
    for (unit, figures) in &by_unit {
        // Months before quarters before years: the shortest period is the latest news.
        let Some((&(length, end), newest)) =
            figures.iter().rev().find(|((l, _), _)| figures.keys().all(|(k, _)| k >= l))
        else {
            continue;
        };
        let read = read_unit(unit, figures, (length, end), newest.value);
        if fresh(newest) && end >= out.0 && (read.yoy.is_some() || read.level.is_some()) {
            out = (end, read);
        }
    }
    out.1
}

fn read_unit(unit: &str, figures: &BTreeMap<(i32, i32), Figure<'_>>, newest: (i32, i32), value: f64) -> Reading {
    let (length, end) = newest;
    match unit {
        // A change on the same period of the year before, in per cent.
        "PCH_SM" => return Reading { yoy: Some(value / 100.0), level: None },
        other if other.starts_with("PCH") => return Reading::default(),
        _ => {}
    }
    let range = |from: i32, to: i32| figures.range((length, from)..=(length, to)).map(|(_, f)| f);
    let unbroken = |from: i32| range(from + 1, end).all(|f| !f.is_break);
    let year_ago = figures.get(&(length, end - 12)).filter(|f| f.value > 0.0 && unbroken(end - 12));
    let before = || range(end - LEVEL_MONTHS, end - length).map(|f| f.value);
    let n = before().count();
    // Half of the periods at least, or the mean is of a season.
    let enough = i32::try_from(n).is_ok_and(|n| n * length * 2 >= LEVEL_MONTHS) && unbroken(end - LEVEL_MONTHS);
    #[expect(clippy::cast_precision_loss, reason = "at most 36 periods")]
    let mean = before().sum::<f64>() / n.max(1) as f64;
    Reading {
        yoy: year_ago.map(|then| value / then.value - 1.0),
        level: (enough && mean > 0.0).then(|| value / mean - 1.0),
    }
}

/// `2026-08`, `2026-Q3`, `2026`: its length in months, and its last month counted from year 0.
fn period(text: &str) -> Option<(i32, i32)> {
    let (year, rest) = text.split_once('-').unwrap_or((text, ""));
    let year: i32 = year.parse().ok().filter(|y| (1900..=2200).contains(y))?;
    let within = |n: i32, most: i32| (1..=most).contains(&n).then_some(n);
    match rest.strip_prefix('Q') {
        Some(quarter) => Some((3, year * 12 + within(quarter.parse().ok()?, 4)? * 3)),
        None if rest.is_empty() => Some((12, year * 12 + 12)),
        None => Some((1, year * 12 + within(rest.parse().ok()?, 12)?)),
    }
}
