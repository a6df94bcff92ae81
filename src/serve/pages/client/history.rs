//! How a client came where it is: its PD over time, with what happened pinned to the line.

use jiff::civil::Date;

use crate::{
    desk::{HistoryLine, RatingView, SignalView},
    domain::{day_number, day_of_number},
    serve::pages::{codes::grade_class, look::Tongue},
};

/// The drawing, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 216.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 26.0;
/// The PDs between which the axis runs, on a logarithmic scale: below is as good as it gets.
const LOWEST: f64 = 0.0003;
/// Days that are shown at least, so that a new client's line is not a dot.
const MIN_DAYS: i32 = 90;
/// Pins that are drawn; more would hide each other.
const PINS: usize = 12;

/// A mark on an axis.
pub(super) struct Tick {
    pub(super) at: String,
    pub(super) label: String,
}

/// A step of the grade.
pub(super) struct Dot {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) grade: String,
    pub(super) class: &'static str,
}

/// Something that happened.
pub(super) struct Pin {
    pub(super) x: String,
    pub(super) text: String,
}

/// A row of the table beside the drawing.
pub(super) struct Row {
    pub(super) day: String,
    pub(super) grade: String,
    pub(super) class: &'static str,
    pub(super) pd: String,
    pub(super) points: String,
    pub(super) cause: String,
}

/// The whole drawing.
pub(super) struct Past {
    pub(super) line: String,
    pub(super) dots: Vec<Dot>,
    pub(super) pins: Vec<Pin>,
    pub(super) ys: Vec<Tick>,
    pub(super) xs: Vec<Tick>,
    pub(super) rows: Vec<Row>,
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) days: i32,
    pub(super) shown: i32,
    pub(super) shown_on: Date,
    pub(super) cut: Option<String>,
}

/// A rating of another day.
pub(super) struct Then {
    pub(super) day: String,
    /// The day whose knowledge it rests on, when that is not today's.
    pub(super) known: Option<String>,
    pub(super) grade: String,
    pub(super) class: &'static str,
    pub(super) pd: String,
    pub(super) points: String,
    pub(super) reasons: Vec<(String, String)>,
}

impl Then {
    pub(super) fn of(rating: &RatingView, (day, known): (Date, Option<Date>), t: Tongue) -> Self {
        let own = rating.reasons.iter().filter(|r| !matches!(r.feature.as_str(), "base" | "calibration"));
        Self {
            day: t.day(day),
            known: known.map(|day| t.day(day)),
            grade: rating.grade.clone(),
            class: grade_class(&rating.grade),
            pd: rating.pd.map_or_else(|| "–".to_owned(), |pd| t.percent(pd)),
            points: rating.points.map_or_else(|| "–".to_owned(), |points| t.whole(points.into())),
            reasons: own.take(5).map(|r| (t.pick(&r.text_it, &r.text).clone(), t.signed(r.points))).collect(),
        }
    }
}

/// Where a PD is on the drawing.
fn height(pd: f64) -> f64 {
    let share = (pd.clamp(LOWEST, 1.0) / LOWEST).ln() / (1.0 / LOWEST).ln();
    HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
}

struct Span {
    first: i32,
    days: i32,
}

impl Span {
    fn of(steps: &[HistoryLine], today: Date) -> Self {
        let today = day_number(today);
        let earliest = steps.iter().map(|step| day_number(step.valid_at)).min().unwrap_or(today);
        let first = earliest.min(today - MIN_DAYS);
        Self { first, days: (today - first).max(1) }
    }

    fn x(&self, day: Date) -> f64 {
        let share = f64::from(day_number(day) - self.first) / f64::from(self.days);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn day(&self, offset: i32) -> Date {
        day_of_number(self.first + offset)
    }
}

/// A line that stays where it is until the next step, and goes on to today.
fn line(steps: &[HistoryLine], now: &RatingView, span: &Span, today: Date) -> String {
    let mut path = String::new();
    let mut last: Option<f64> = None;
    for step in steps.iter().rev() {
        let x = span.x(step.valid_at);
        let y = step.pd.map(height);
        match (last, y) {
            (Some(_), Some(y)) => path.push_str(&format!("H{x:.1}V{y:.1}")),
            (Some(_), None) => path.push_str(&format!("H{x:.1}")),
            (None, Some(y)) => path.push_str(&format!("M{x:.1} {y:.1}")),
            (None, None) => {}
        }
        last = y;
    }
    if let (Some(_), Some(pd)) = (last, now.pd) {
        path.push_str(&format!("H{:.1}V{:.1}", span.x(today), height(pd)));
    }
    path
}

fn dots(steps: &[HistoryLine], span: &Span) -> Vec<Dot> {
    let dot = |step: &HistoryLine| Dot {
        x: format!("{:.1}", span.x(step.valid_at)),
        y: format!("{:.1}", step.pd.map_or(HEIGHT - BOTTOM, height)),
        grade: step.grade.clone(),
        class: grade_class(&step.grade),
    };
    steps.iter().rev().map(dot).collect()
}

fn pins(signals: &[SignalView], span: &Span, t: Tongue) -> Vec<Pin> {
    let speaks = |s: &&SignalView| !matches!(s.kind.as_str(), "clean" | "identity" | "indicator" | "vat_check");
    let is_inside = |s: &&SignalView| day_number(s.valid_at) >= span.first;
    let pin = |s: &SignalView| Pin {
        x: format!("{:.1}", span.x(s.valid_at)),
        text: format!("{}: {}", t.day(s.valid_at), t.fact(s)),
    };
    signals.iter().filter(speaks).filter(is_inside).take(PINS).map(pin).collect()
}

impl Past {
    pub(super) fn of(
        steps: &[HistoryLine],
        now: &RatingView,
        signals: &[SignalView],
        today: Date,
        on: Option<Date>,
        t: Tongue,
    ) -> Self {
        let span = Span::of(steps, today);
        let tick = |pd: f64| Tick { at: format!("{:.1}", height(pd)), label: t.percent(pd) };
        let month = |quarter: i32| {
            let day = span.day(span.days * quarter / 4);
            Tick { at: format!("{:.1}", span.x(day)), label: t.short_day(day) }
        };
        let row = |step: &HistoryLine| Row {
            day: t.day(step.valid_at),
            grade: step.grade.clone(),
            class: grade_class(&step.grade),
            pd: step.pd.map_or_else(|| "–".to_owned(), |pd| t.percent(pd)),
            points: step.points.map_or_else(|| "–".to_owned(), |points| t.whole(points.into())),
            cause: t.cause(&step.cause),
        };
        let shown_on = on.filter(|on| *on <= today && day_number(*on) >= span.first).unwrap_or(today);
        Self {
            line: line(steps, now, &span, today),
            dots: dots(steps, &span),
            pins: pins(signals, &span, t),
            ys: [0.001, 0.01, 0.1, 1.0].map(tick).into(),
            xs: (0..=4).map(month).collect(),
            rows: steps.iter().map(row).collect(),
            first: span.day(0),
            last: today,
            days: span.days,
            shown: day_number(shown_on) - span.first,
            shown_on,
            cut: on.map(|_| format!("{:.1}", span.x(shown_on))),
        }
    }
}
