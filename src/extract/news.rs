use std::collections::BTreeSet;

use super::{ONE_STORY_DAYS, view::is_fresh};
use crate::domain::{About, Fact, KnownSignal, NewsEvent, NewsItem, day_number};

/// How many kinds of events there are: one slot each while stories are told apart.
const KINDS: usize = NewsEvent::ALL.len();
/// Half-lives of severity, in days, in the short and the long window.
const HALF_LIVES: [i32; 2] = [45, 180];

/// A denial within so many days of a report is a denial of that report.
const DENIAL_DAYS: i32 = 30;

/// A report that was denied and not repeated since weighs half: a company's own word is not the last one.
const OF_DENIED: f64 = 0.5;

/// Words that tell stories apart have so many letters, or digits.
const MIN_WORD_CHARS: usize = 4;

/// Titles are of one story when they share so much of the words of both, and have at least so many.
const SAME_STORY: (usize, f64) = (4, 0.75);

/// How far back a reprint is recognised, in days; what is older is in no window and costs only comparisons.
const REPRINT_DAYS: i32 = 2 * 365;

/// What the press says of a client; none until an article about it was read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct News {
    pub(super) severity_90d: Option<f64>,
    pub(super) severity_365d: Option<f64>,
    pub(super) bad_events_90d: Option<f64>,
    pub(super) good_events_180d: Option<f64>,
}

impl News {
    /// Reads the signals an `as_of` can see.
    pub(super) fn read<'a>(signals: impl Iterator<Item = &'a KnownSignal> + Clone, today: i32) -> Self {
        let mut articles: Vec<Article<'_>> = signals.clone().filter_map(|s| article(s, today)).collect();
        let clean = || {
            signals.filter(|s| matches!(&s.fact, Fact::Clean { what } if what == "news")).any(|s| is_fresh(s, today))
        };
        if !articles.iter().any(|a| a.age < 365) && !clean() {
            return Self::default();
        }
        date_by_first_telling(&mut articles);
        mark_denied(&mut articles);
        articles.retain(|a| a.age < 365 && !a.item.negated);
        articles.sort_by(|a, b| b.age.cmp(&a.age).then(a.item.event.cmp(&b.item.event)));
        let mut out = Self {
            severity_90d: Some(0.0),
            severity_365d: Some(0.0),
            bad_events_90d: Some(0.0),
            good_events_180d: Some(0.0),
        };
        let mut stories = Stories::default();
        for a in &articles {
            let is_new = !a.is_denied && stories.is_new(a.item.event, -a.age);
            out.add(a, is_new);
        }
        out
    }

    fn add(&mut self, a: &Article<'_>, is_new: bool) {
        let raise = |slot: &mut Option<f64>, to: f64| *slot = slot.map(|s| s.max(to));
        let count = |slot: &mut Option<f64>| *slot = slot.map(|n| n + f64::from(u8::from(is_new)));
        if is_bad(a.item) {
            let weight = if a.is_denied { OF_DENIED } else { 1.0 };
            let severity = weight * f64::from(a.item.severity.min(5));
            raise(&mut self.severity_365d, severity * faded(a.age, HALF_LIVES[1]));
            if a.age < 90 {
                raise(&mut self.severity_90d, severity * faded(a.age, HALF_LIVES[0]));
                count(&mut self.bad_events_90d);
            }
        } else if is_good(a.item) && a.age < 180 {
            count(&mut self.good_events_180d);
        }
    }

    /// Whether an article was read lately.
    pub(super) fn is_checked(&self) -> bool {
        self.severity_365d.is_some()
    }
}

struct Article<'a> {
    item: &'a NewsItem,
    age: i32,
    is_denied: bool,
}

fn article(signal: &KnownSignal, today: i32) -> Option<Article<'_>> {
    match &signal.fact {
        Fact::News(item) if item.about == About::Client => {
            let age = today - day_number(signal.valid_at);
            (age < REPRINT_DAYS).then_some(Article { item, age, is_denied: false })
        }
        _ => None,
    }
}

/// Old news published again is old: an article with an address or with nearly the words of a title seen before has the
/// day of the first. Figures are words too: as many people sent home again is another story than more of them.
fn date_by_first_telling(articles: &mut [Article<'_>]) {
    let words: Vec<BTreeSet<String>> = articles.iter().map(|a| words(&a.item.title)).collect();
    let same = |a: usize, b: usize| {
        let (one, other) = (articles[a].item, articles[b].item);
        one.event == other.event
            && one.negated == other.negated
            && ((!one.url.is_empty() && one.url == other.url)
                || (!one.title.is_empty() && one.title == other.title)
                || is_same_story(&words[a], &words[b]))
    };
    let first = |a: usize| (0..articles.len()).filter(|b| same(a, *b)).map(|b| articles[b].age).max();
    let ages: Vec<Option<i32>> = (0..articles.len()).map(first).collect();
    for (article, age) in articles.iter_mut().zip(ages) {
        article.age = age.unwrap_or(article.age);
    }
}

/// The words of a title that carry it.
fn words(title: &str) -> BTreeSet<String> {
    let words = title.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let carries = |w: &String| w.chars().count() >= MIN_WORD_CHARS || w.starts_with(|c: char| c.is_ascii_digit());
    words.filter(carries).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a title has some tens of words")]
fn is_same_story(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let figures = |words: &BTreeSet<String>| {
        words.iter().filter(|w| w.starts_with(|c: char| c.is_ascii_digit())).cloned().collect::<Vec<_>>()
    };
    let (least, share) = SAME_STORY;
    let n_shared = a.intersection(b).count();
    a.len().min(b.len()) >= least && n_shared as f64 >= share * a.union(b).count() as f64 && figures(a) == figures(b)
}

/// A report that a later denial speaks of, unless it was told once more after that.
fn mark_denied(articles: &mut [Article<'_>]) {
    let denials: Vec<(NewsEvent, i32)> =
        articles.iter().filter(|a| a.item.negated).map(|a| (a.item.event, a.age)).collect();
    for article in articles.iter_mut().filter(|a| !a.item.negated) {
        article.is_denied = denials
            .iter()
            .any(|(event, age)| *event == article.item.event && (0..=DENIAL_DAYS).contains(&(article.age - age)));
    }
}

/// Tells new stories from retellings. Days must come in rising order.
#[derive(Default)]
pub(super) struct Stories {
    began: [Option<i32>; KINDS],
}

impl Stories {
    /// Whether an event of this kind on this day begins a story; within [`ONE_STORY_DAYS`] of its begin it is the same.
    pub(super) fn is_new(&mut self, event: NewsEvent, day: i32) -> bool {
        let slot = &mut self.began[event as usize];
        if slot.is_some_and(|began| day - began <= ONE_STORY_DAYS) {
            return false;
        }
        *slot = Some(day);
        true
    }
}

/// Whether it speaks against its subject.
pub(super) fn is_bad(item: &NewsItem) -> bool {
    !item.negated && item.severity > 0 && !matches!(item.event, NewsEvent::None) && !is_good(item)
}

fn is_good(item: &NewsItem) -> bool {
    !item.negated && matches!(item.event, NewsEvent::Rescue | NewsEvent::Recovery | NewsEvent::Growth)
}

/// What is left of 1 after so many days: halves at each half-life, a straight line between halvings, because a power is not
/// the same bits on every machine.
pub(super) fn faded(age: i32, half_life: i32) -> f64 {
    let (halvings, rest) = (age.max(0) / half_life, age.max(0) % half_life);
    let step = 1.0 - 0.5 * f64::from(rest) / f64::from(half_life);
    (0..halvings).fold(step, |left, _| left / 2.0)
}
