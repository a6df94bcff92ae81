use super::{ONE_STORY_DAYS, view::is_fresh};
use crate::domain::{About, Fact, KnownSignal, NewsEvent, NewsItem, day_number};

/// How many kinds of events there are: one slot each while stories are told apart.
const KINDS: usize = NewsEvent::ALL.len();
/// Half-lives of severity, in days, in the short and the long window.
const HALF_LIVES: [i32; 2] = [45, 180];

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
            let is_new = stories.is_new(a.item.event, -a.age);
            out.add(a, is_new);
        }
        out
    }

    fn add(&mut self, a: &Article<'_>, is_new: bool) {
        let raise = |slot: &mut Option<f64>, to: f64| *slot = slot.map(|s| s.max(to));
        let count = |slot: &mut Option<f64>| *slot = slot.map(|n| n + f64::from(u8::from(is_new)));
        if is_bad(a.item) {
            let severity = f64::from(a.item.severity.min(5));
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
}

fn article(signal: &KnownSignal, today: i32) -> Option<Article<'_>> {
    match &signal.fact {
        Fact::News(item) if item.about == About::Client => {
            let age = today - day_number(signal.valid_at);
            (age < REPRINT_DAYS).then_some(Article { item, age })
        }
        _ => None,
    }
}

/// Old news published again is old: an article with a title or an address seen before has the day of the first.
fn date_by_first_telling(articles: &mut [Article<'_>]) {
    let same = |a: &NewsItem, b: &NewsItem| {
        a.event == b.event && ((!a.url.is_empty() && a.url == b.url) || (!a.title.is_empty() && a.title == b.title))
    };
    let first = |a: &Article<'_>| articles.iter().filter(|b| same(a.item, b.item)).map(|b| b.age).max();
    let ages: Vec<Option<i32>> = articles.iter().map(first).collect();
    for (article, age) in articles.iter_mut().zip(ages) {
        article.age = age.unwrap_or(article.age);
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
