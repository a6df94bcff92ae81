//! What the figures of one series say of one heading: the trend, the level, and the surprise.
//!
//! # Why
//!
//! *Why are bases linked and never mixed?* An index of 2015 = 100 and one of 2021 = 100 are two rulers. Where both measured
//! the same periods, their ratio turns the older into the newer (chain-linking, as Eurostat's handbook on rebasing does
//! it); where they did not, the older says nothing.
//!
//! *Why does a provisional figure count in full?* Because it is the office's best word, and most are revised by little. It
//! is replaced by its revision, which is a fact of its own; the reason points to the figure, and the figure bears its mark.
//!
//! *What is a surprise?* The newest figure against what the series itself foretold: the figure of a year before, carried
//! on by the mean change on the year of the twelve months before the newest. A falling market that falls as it did is no
//! surprise; one that stood still and falls is.

use std::collections::BTreeMap;

use crate::domain::{Indicator, SectorSignal, SignalId, day_number};

/// The level of a series is its newest value against the mean of so many months before.
const LEVEL_MONTHS: i32 = 36;
/// The months whose changes on the year foretell the next one.
const FORETELLING_MONTHS: i32 = 12;
/// Periods that two bases must have in common to be linked: a quarter of months, or the one year or quarter there is.
const MIN_OVERLAP_MONTHS: i32 = 3;

/// Days after which a monthly figure no longer speaks for the present. Offices publish 30 to 75 days after the month; after
/// six months at least two publications are missing.
const MONTH_SPEAKS_DAYS: i32 = 184;
/// The same for a quarter, published 45 to 90 days after.
const QUARTER_SPEAKS_DAYS: i32 = 300;
/// The same for a year, published up to a year after.
const YEAR_SPEAKS_DAYS: i32 = 760;

/// An indicator and the signal that told it.
pub(super) type Told<'a> = (&'a SectorSignal, &'a Indicator);

/// What a series says today; all missing when it says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// Newest against the same period of the year before.
    pub(super) yoy: Option<f64>,
    /// Newest against the mean of the three years before.
    pub(super) level: Option<f64>,
    /// Newest against what the year before and its trend foretold.
    pub(super) surprise: Option<f64>,
    /// The last month of the newest period, counted from year 0.
    pub(super) end: i32,
    /// The newest figure, and that of the year before.
    pub(super) rests_on: [Option<SignalId>; 2],
}

impl Reading {
    fn says_something(&self) -> bool {
        self.yoy.is_some() || self.level.is_some()
    }
}

/// A value of a series, as the newest revision has it.
#[derive(Debug, Clone, Copy)]
struct Figure<'a> {
    signal: &'a SectorSignal,
    value: f64,
    is_break: bool,
}

/// Figures by the length of their period in months and its last month.
type Figures<'a> = BTreeMap<(i32, i32), Figure<'a>>;

/// Reads one series from the figures of one heading, area and source.
pub(super) fn reading(told: &[Told<'_>], series: &str, today: i32) -> Reading {
    let mut by_unit: BTreeMap<&str, Figures<'_>> = BTreeMap::new();
    for (signal, i) in told.iter().filter(|(_, i)| i.series == series && i.value.is_finite()) {
        let Some(at) = period(&i.period) else { continue };
        let figure = Figure { signal, value: i.value, is_break: i.flag.contains('b') };
        let figures = by_unit.entry(i.unit.as_str()).or_default();
        let known = figures.get(&at).map(|f| (f.signal.known_at, f.signal.valid_at, f.signal.id));
        if known.is_none_or(|k| k < (signal.known_at, signal.valid_at, signal.id)) {
            figures.insert(at, figure);
        }
    }
    link_bases(&mut by_unit);
    let mut out = Reading { end: i32::MIN, ..Reading::default() };
    for (unit, figures) in &by_unit {
        let Some((at, newest)) = newest(figures) else { continue };
        let is_fresh = today - day_number(newest.signal.valid_at) <= speaks_days(at.0);
        if is_fresh && at.1 >= out.end {
            let read = read_unit(unit, figures, at, newest);
            out = if read.says_something() { read } else { out };
        }
    }
    out
}

/// Months before quarters before years: the shortest period is the latest news.
fn newest<'f, 'a>(figures: &'f Figures<'a>) -> Option<((i32, i32), &'f Figure<'a>)> {
    let shortest = figures.keys().map(|(length, _)| *length).min()?;
    figures.iter().rev().find(|((length, _), _)| *length == shortest).map(|(at, figure)| (*at, figure))
}

fn speaks_days(length: i32) -> i32 {
    match length {
        1 => MONTH_SPEAKS_DAYS,
        3 => QUARTER_SPEAKS_DAYS,
        _ => YEAR_SPEAKS_DAYS,
    }
}

/// `I15`, `I21`: the year of the base.
fn base_of(unit: &str) -> Option<u8> {
    unit.strip_prefix('I').filter(|year| year.len() == 2)?.parse().ok()
}

/// Carries the figures of older bases on to the newest one, where they overlap. What a newer base measured stays.
fn link_bases(by_unit: &mut BTreeMap<&str, Figures<'_>>) {
    let mut bases: Vec<(u8, &str)> = by_unit.keys().filter_map(|unit| Some((base_of(unit)?, *unit))).collect();
    bases.sort_unstable();
    let Some((_, newest)) = bases.pop() else { return };
    for (_, older) in bases.into_iter().rev() {
        let (Some(old), Some(new)) = (by_unit.get(older), by_unit.get(newest)) else { continue };
        let mut carried = Figures::new();
        let mut lengths: Vec<i32> = old.keys().map(|(length, _)| *length).collect();
        lengths.dedup();
        for length in lengths {
            let Some(ratio) = ratio(old, new, length) else { continue };
            let missing = old.iter().filter(|(at, _)| at.0 == length && !new.contains_key(at));
            carried.extend(missing.map(|(at, f)| (*at, Figure { value: f.value * ratio, ..*f })));
        }
        if let Some(new) = by_unit.get_mut(newest) {
            new.extend(carried);
        }
    }
}

/// The newer base in units of the older one: the means of the periods that both measured.
fn ratio(old: &Figures<'_>, new: &Figures<'_>, length: i32) -> Option<f64> {
    let both = old.iter().filter(|(at, _)| at.0 == length);
    let both = both.filter_map(|(at, f)| Some((f.value, new.get(at)?.value)));
    let (n, olds, news) = both.fold((0, 0.0, 0.0), |(n, olds, news), (o, w)| (n + 1, olds + o, news + w));
    (n * length >= MIN_OVERLAP_MONTHS && olds > 0.0 && news > 0.0).then(|| news / olds)
}

fn read_unit(unit: &str, figures: &Figures<'_>, newest: (i32, i32), figure: &Figure<'_>) -> Reading {
    let (length, end) = newest;
    let (value, id) = (figure.value, figure.signal.id);
    let said = Reading { end, rests_on: [Some(id), None], ..Reading::default() };
    match unit {
        // A change on the same period of the year before, in per cent.
        "PCH_SM" => return Reading { yoy: Some(value / 100.0), ..said },
        other if other.starts_with("PCH") => return said,
        // A balance of answers has no ratio: it goes through nought.
        "BAL" => return said,
        _ => {}
    }
    let on_year = |end: i32| change_on_year(figures, length, end);
    let year_ago = figures.get(&(length, end - 12)).map(|f| f.signal.id);
    let yoy = on_year(end);
    Reading {
        yoy,
        level: level(figures, length, end, value),
        surprise: yoy.and_then(|yoy| Some((1.0 + yoy) / (1.0 + foretold(length, end, on_year)?) - 1.0)),
        rests_on: [Some(id), year_ago.filter(|_| yoy.is_some())],
        ..said
    }
}

/// Whether no break lies behind `from` and up to `end`.
fn is_unbroken(figures: &Figures<'_>, length: i32, from: i32, end: i32) -> bool {
    figures.range((length, from + 1)..=(length, end)).all(|(_, f)| !f.is_break)
}

fn change_on_year(figures: &Figures<'_>, length: i32, end: i32) -> Option<f64> {
    let now = figures.get(&(length, end))?;
    let then = figures.get(&(length, end - 12)).filter(|f| f.value > 0.0)?;
    is_unbroken(figures, length, end - 12, end).then(|| now.value / then.value - 1.0)
}

fn level(figures: &Figures<'_>, length: i32, end: i32, value: f64) -> Option<f64> {
    let before = figures.range((length, end - LEVEL_MONTHS)..=(length, end - length)).map(|(_, f)| f.value);
    let (n, sum) = before.fold((0, 0.0), |(n, sum), v| (n + 1, sum + v));
    // Half of the periods at least, or the mean is of a season.
    let is_enough = n * length * 2 >= LEVEL_MONTHS && is_unbroken(figures, length, end - LEVEL_MONTHS, end);
    (is_enough && sum > 0.0).then(|| value * f64::from(n) / sum - 1.0)
}

/// The mean change on the year of the periods before; none when fewer than half of them can be computed.
fn foretold(length: i32, end: i32, on_year: impl Fn(i32) -> Option<f64>) -> Option<f64> {
    let before = (1..=FORETELLING_MONTHS / length).filter_map(|back| on_year(end - back * length));
    let (n, sum) = before.fold((0, 0.0), |(n, sum), change| (n + 1, sum + change));
    let mean = sum / f64::from(n.max(1));
    (n * length * 2 >= FORETELLING_MONTHS && mean > -1.0).then_some(mean)
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
