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

/// Days of which nothing can be said: the risk was not determined.
pub(super) struct Blind {
    pub(super) x: String,
    pub(super) width: String,
    /// Where its name stands.
    pub(super) middle: String,
    /// From when until when, in words.
    pub(super) text: String,
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
    pub(super) blinds: Vec<Blind>,
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

/// A dot for each step that has a PD; who is not determined stands nowhere on the axis, and least of all at its foot.
fn dots(steps: &[HistoryLine], span: &Span) -> Vec<Dot> {
    let dot = |step: &HistoryLine| {
        let y = format!("{:.1}", height(step.pd?));
        Some(Dot {
            x: format!("{:.1}", span.x(step.valid_at)),
            y,
            grade: step.grade.clone(),
            class: grade_class(&step.grade),
        })
    };
    steps.iter().rev().filter_map(dot).collect()
}

/// From each step without a PD to the next step, or to today.
fn blinds(steps: &[HistoryLine], span: &Span, today: Date, t: Tongue) -> Vec<Blind> {
    // Steps stand newest first: the end of each is the day of the one before it in the list.
    let ends: Vec<Date> =
        std::iter::once(today).chain(steps.iter().map(|step| step.valid_at)).take(steps.len()).collect();
    let blind = |(step, end): (&HistoryLine, Date)| {
        let (a, b) = (span.x(step.valid_at), span.x(end));
        Blind {
            x: format!("{a:.1}"),
            width: format!("{:.1}", (b - a).max(2.0)),
            middle: format!("{:.1}", f64::midpoint(a, b)),
            text: format!("ND: {}–{}", t.day(step.valid_at), t.day(end)),
        }
    };
    steps.iter().zip(ends).filter(|(step, _)| step.pd.is_none()).map(blind).collect()
}

fn pins(signals: &[SignalView], span: &Span, t: Tongue) -> Vec<Pin> {
    let speaks = |s: &&SignalView| !matches!(s.kind.as_str(), "clean" | "identity" | "indicator" | "vat_check");
    let is_inside = |s: &&SignalView| day_number(s.valid_at) >= span.first;
    let pin = |s: &SignalView| Pin {
        x: format!("{:.1}", span.x(s.valid_at)),
        text: format!("{}: {}", t.day(s.valid_at), t.fact(s)),
    };
    let mut pins: Vec<Pin> = Vec::new();
    for pin in signals.iter().filter(speaks).filter(is_inside).map(pin) {
        // What two papers tell of is one thing that happened.
        if pins.len() < PINS && !pins.iter().any(|known| known.text == pin.text) {
            pins.push(pin);
        }
    }
    pins
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
            blinds: blinds(steps, &span, today, t),
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

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::{HistoryLine, Span, Tongue, blinds, dots};

    fn step(valid_at: Date, pd: Option<f64>) -> HistoryLine {
        HistoryLine {
            client_seq: 1,
            seq: 1,
            grade: if pd.is_some() { "B1" } else { "ND" }.to_owned(),
            pd,
            points: None,
            coverage: 0.5,
            valid_at,
            known_at: jiff::Timestamp::UNIX_EPOCH,
            cause: "night".to_owned(),
            model: String::new(),
            decision: None,
        }
    }

    #[test]
    fn days_of_which_nothing_can_be_said_are_a_band_and_no_dot_at_the_foot_of_the_axis() {
        let today = date(2026, 11, 20);
        // Newest first, as the desk tells them.
        let steps =
            [step(date(2026, 11, 10), None), step(date(2026, 10, 20), Some(0.02)), step(date(2026, 9, 1), None)];
        let span = Span::of(&steps, today);
        assert_eq!(dots(&steps, &span).len(), 1);
        let said: Vec<String> = blinds(&steps, &span, today, Tongue::default()).into_iter().map(|b| b.text).collect();
        assert_eq!(said, ["ND: 10/11/2026–20/11/2026", "ND: 01/09/2026–20/10/2026"]);
    }
}
