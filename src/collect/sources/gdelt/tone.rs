//! The tone of the press about a market, as a figure a month.
//!
//! GDELT's buckets are of fifteen minutes, hours or days, as long as the window asks; those without an article are left
//! out, and are nothing, not zero: a month is the mean of what is there. A month that the window cuts into is left out
//! when a whole one follows, because its figure would change with every day that falls out of the window.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    super::record::{Leftovers, Record},
    Tone, times,
};
use crate::domain::{Country, Fact, Indicator, Mention, Subject};

/// A month whose first figure is of a later day than this was cut by the window.
const LATEST_FIRST_DAY: i8 = 2;

/// The figures of one month.
#[derive(Default)]
struct Month {
    sum: f64,
    n: u32,
    first: Option<Date>,
    last: Option<Date>,
}

/// The months of every series.
pub(super) fn mentions(timeline: Value, market: &Tone, seen: Date, leftovers: &Leftovers) -> Vec<Mention> {
    let Value::Array(series) = timeline else {
        leftovers.add_json("$.timeline", &timeline);
        return Vec::new();
    };
    let mut mentions = Vec::new();
    for (place, value) in series.into_iter().enumerate() {
        let path = format!("$.timeline[{place}]");
        let Some(mut record) = Record::at(&path, value, leftovers) else { continue };
        let known = |name: &str| match name {
            "Average Tone" => Some(("news_tone", "tone")),
            "Volume Intensity" => Some(("news_volume", "per cent of all articles")),
            _ => None,
        };
        let series = record.word("series", known);
        let points = record.records("data");
        if let Some((series, unit)) = series {
            mentions.extend(of_series(points, series, unit, market, seen));
        } else {
            points.into_iter().for_each(|mut point| point.ignore_rest());
        }
    }
    mentions
}

fn of_series(points: Vec<Record>, series: &str, unit: &str, market: &Tone, seen: Date) -> Vec<Mention> {
    let mut months: BTreeMap<(i16, i8), Month> = BTreeMap::new();
    for mut point in points {
        let day = point.word("date", times::moment).map(|at| at.to_zoned(TimeZone::UTC).date());
        let value = point.value("value").and_then(|value| value.as_f64()).filter(|value| value.is_finite());
        point.ignore(&["norm", "toparts"]);
        let (Some(day), Some(value)) = (day, value) else { continue };
        let month = months.entry((day.year(), day.month())).or_default();
        month.sum += value;
        month.n += 1;
        month.first = Some(month.first.map_or(day, |first| first.min(day)));
        month.last = Some(month.last.map_or(day, |last| last.max(day)));
    }
    let is_cut = |month: &Month| month.first.is_some_and(|day| day.day() > LATEST_FIRST_DAY);
    if months.len() > 1 && months.first_key_value().is_some_and(|(_, month)| is_cut(month)) {
        months.pop_first();
    }
    let newest = months.keys().next_back().copied();
    let figure = |((year, number), month): ((i16, i8), Month)| {
        let last = month.last?;
        let is_running = newest == Some((year, number)) && last.last_of_month() > last;
        let country: Option<Country> = market.country.parse().ok();
        let period = format!("{year:04}-{number:02}");
        Some(Mention {
            own_id: format!("{series}/{}/{}/{period}", market.country, market.sector),
            subject: Subject { country, sector: market.sector.parse().ok(), ..Subject::default() },
            fact: Fact::Indicator(Indicator {
                series: series.to_owned(),
                sector: market.sector.clone(),
                country: market.country.clone(),
                period,
                value: month.sum / f64::from(month.n.max(1)),
                unit: unit.to_owned(),
                flag: if is_running { "p".to_owned() } else { String::new() },
            }),
            valid_at: last.min(seen),
            published_at: Some(last.min(seen)),
            is_official: false,
            url: None,
        })
    };
    months.into_iter().filter_map(figure).collect()
}
