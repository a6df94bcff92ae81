use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    news::{Stories, faded, is_bad},
    series::{Reading, Told, reading},
    shock::Shock,
};
use crate::domain::{
    Area, AsOf, Country, Fact, Heading, Indicator, Nace, NewsItem, SectorContext, SectorSignal, SignalId, SourceId,
    day_number,
};

/// How far back news of a market counts, in days.
const NEWS_DAYS: i32 = 90;
/// The half-life of its severity, in days.
const NEWS_HALF_LIFE: i32 = 45;
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
    /// What is supposed to have happened to some of them.
    shock: Option<Shock>,
}

/// For whom a figure speaks. A figure of a region speaks for nobody here: where in its country a client sells is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Country(Country),
    Area(Area),
    Everybody,
}

impl Reach {
    fn of(signal: &SectorSignal, indicator: &Indicator) -> Option<Self> {
        match (signal.country, indicator.country.as_str()) {
            (Some(country), _) => Some(Self::Country(country)),
            (None, "") => Some(Self::Everybody),
            (None, code) => Area::of(code).map(Self::Area),
        }
    }

    fn includes(self, country: Option<Country>) -> bool {
        match (self, country) {
            (Self::Everybody, _) => true,
            (Self::Country(own), Some(country)) => own == country,
            (Self::Area(area), Some(country)) => area.holds(country),
            (_, None) => false,
        }
    }

    /// Own country before its area, of areas the nearer.
    fn distance(self) -> u32 {
        match self {
            Self::Country(_) => 0,
            Self::Area(area) => 100_000 - area.nearness(),
            Self::Everybody => u32::MAX,
        }
    }
}

/// The index of one heading in one area: what each of its series says today.
#[derive(Debug)]
struct Group {
    heading: Heading,
    reach: Reach,
    is_official: bool,
    source: String,
    bankruptcies: Reading,
    production: Reading,
    turnover: Reading,
}

impl Group {
    /// Production, or turnover where there is none.
    fn activity(&self) -> [&Reading; 2] {
        [&self.production, &self.turnover]
    }

    fn newest(&self) -> i32 {
        self.production.end.max(self.turnover.end).max(self.bankruptcies.end)
    }
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
    pub(super) activity_surprise: Option<f64>,
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
                    if !statisticians.contains(&&s.source) {
                        statisticians.push(&s.source);
                    }
                    if let Some(reach) = Reach::of(s, i) {
                        let place = (s.sector.as_str(), reach, s.is_official, s.source.as_str());
                        by_place.entry(place).or_default().push((s, i));
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
        // Of two sources that publish the same heading, the one that is further; an office before anybody else.
        groups.sort_by(|a, b| {
            let key = |g: &Group| (g.reach.distance(), Reverse((g.heading.narrowness(), g.is_official, g.newest())));
            key(a).cmp(&key(b)).then_with(|| a.source.cmp(&b.source))
        });
        Self { as_of, context, groups, news, statisticians, shock: None }
    }

    /// The same markets after a blow that nobody has told of.
    #[must_use]
    pub fn shocked(self, shock: Shock) -> Self {
        Self { shock: Some(shock), ..self }
    }

    /// Who published the indicators, each once.
    pub(super) fn statisticians(&self) -> impl Iterator<Item = &'a SourceId> {
        self.statisticians.iter().copied()
    }

    /// The market of a client; with `official_only` as statistical offices alone tell it.
    pub(super) fn of(&self, sector: Option<Nace>, country: Option<Country>, official_only: bool) -> Market {
        let mut out = Market::default();
        let Some(sector) = sector else { return out };
        for g in self.groups_of(sector, country, official_only) {
            out.bankruptcies_yoy = out.bankruptcies_yoy.or(g.bankruptcies.yoy);
            for read in g.activity() {
                out.activity_yoy = out.activity_yoy.or(read.yoy);
                out.activity_level = out.activity_level.or(read.level);
                out.activity_surprise = out.activity_surprise.or(read.surprise);
            }
        }
        let speaks = |place: Option<Country>, heading: &Heading, is_official: bool| {
            (is_official || !official_only) && (place.is_none() || place == country) && heading.covers(sector)
        };
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
        if let Some(shock) = self.shock.as_ref().filter(|shock| shock.hits(Some(sector), country)) {
            shock.strike(&mut out);
        }
        out
    }

    fn groups_of(&self, sector: Nace, country: Option<Country>, official_only: bool) -> impl Iterator<Item = &Group> {
        self.groups
            .iter()
            .filter(move |g| (g.is_official || !official_only) && g.reach.includes(country) && g.heading.covers(sector))
    }

    /// The figures that a number of [`Market`] was computed from: the newest, and that of the year before.
    pub(super) fn figures_of(
        &self,
        sector: Option<Nace>,
        country: Option<Country>,
        number: fn(&Reading) -> Option<f64>,
        of_bankruptcies: bool,
    ) -> Vec<SignalId> {
        let Some(sector) = sector else { return Vec::new() };
        let mut readings = self.groups_of(sector, country, false).flat_map(|g| match of_bankruptcies {
            true => vec![&g.bankruptcies],
            false => g.activity().to_vec(),
        });
        let found = readings.find(|read| number(read).is_some());
        found.into_iter().flat_map(|read| read.rests_on).flatten().collect()
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

/// Heading, area, whether it is official, and who says it.
type Place<'a> = (&'a str, Reach, bool, &'a str);

/// The figures of one heading in one area, as one source has them; none where the heading is not of NACE.
fn group((sector, reach, is_official, source): Place<'_>, told: &[Told<'_>], today: i32) -> Option<Group> {
    Some(Group {
        heading: sector.parse().ok()?,
        reach,
        is_official,
        source: source.to_owned(),
        bankruptcies: reading(told, "bankruptcies", today),
        production: reading(told, "production", today),
        turnover: reading(told, "turnover", today),
    })
}
