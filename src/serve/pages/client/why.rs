//! Why a rating is where it is, and why it moved: bars that begin where the one before ended.

use crate::{
    desk::{EvidenceView, Explanation},
    serve::pages::{codes::capital, look::Tongue},
};

/// Reasons that are shown one by one; the rest is one line.
const SHOWN: usize = 9;
/// The width of the drawing, in its own units.
const WIDTH: f64 = 1000.0;

/// A bar.
pub(super) struct Bar {
    pub(super) text: String,
    pub(super) points: String,
    pub(super) x: String,
    pub(super) width: String,
    /// Where the sum stands after it: a hairline leads on from there.
    pub(super) end: String,
    pub(super) class: &'static str,
    pub(super) source: String,
}

/// Bars from a first sum to a last one.
pub(super) struct Waterfall {
    pub(super) bars: Vec<Bar>,
    pub(super) total: String,
    /// How the bar of all the others is called, and each of them: what, and its points.
    pub(super) others: Option<(String, Vec<(String, String)>)>,
    /// Why there is no bar, where a rating has none.
    pub(super) missing: Option<String>,
}

/// A line before it is drawn.
struct Line {
    text: String,
    points: i32,
    source: String,
    is_start: bool,
}

/// The sources of a line, each once.
fn sources(evidence: &[EvidenceView]) -> String {
    let mut found: Vec<&str> = Vec::new();
    for one in evidence {
        if let EvidenceView::Read { source, .. } = one
            && !found.contains(&source.as_str())
        {
            found.push(source);
        }
    }
    found.join(", ")
}

/// Who a line rests on: what an analyst decided rests on nobody else.
fn told_by(feature: &str, evidence: &[EvidenceView], t: Tongue) -> String {
    if feature == "override" { t.pick("analista", "analyst").to_owned() } else { sources(evidence) }
}

/// The lines that weigh most, with the others as one; and those others.
fn folded(mut lines: Vec<Line>, t: Tongue) -> (Vec<Line>, Vec<Line>) {
    lines.retain(|line| line.points != 0 || line.is_start);
    let (mut shown, mut rest): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.is_start);
    rest.sort_by_key(|line| std::cmp::Reverse(line.points.abs()));
    let others = if rest.len() > SHOWN + 1 { rest.split_off(SHOWN) } else { Vec::new() };
    shown.extend(rest);
    if !others.is_empty() {
        let points = others.iter().map(|line| line.points).sum();
        shown.push(Line { text: all_others(others.len(), t), points, source: String::new(), is_start: false });
    }
    (shown, others)
}

fn all_others(n: usize, t: Tongue) -> String {
    t.pick(format!("altri {n} motivi"), format!("{n} other reasons"))
}

/// The drawing of these lines.
fn fall(lines: Vec<Line>, total: String, t: Tongue) -> Waterfall {
    let (shown, others) = folded(lines, t);
    let listed: Vec<_> = others.into_iter().map(|line| (line.text, t.signed(line.points))).collect();
    let others = (!listed.is_empty()).then(|| (capital(&all_others(listed.len(), t)), listed));
    Waterfall { bars: draw(shown, t), total, others, missing: None }
}

fn draw(lines: Vec<Line>, t: Tongue) -> Vec<Bar> {
    let mut sum = 0;
    let steps: Vec<(i32, i32)> = lines
        .iter()
        .map(|line| {
            let from = sum;
            sum += line.points;
            (from, sum)
        })
        .collect();
    // A start from nothing would make every reason a hair: the drawing begins near the lowest sum.
    let has_start = lines.iter().any(|line| line.is_start);
    let ends = || steps.iter().flat_map(|(from, to)| [*from, *to]).skip(usize::from(has_start));
    let (low, high) = (ends().min().unwrap_or(0), ends().max().unwrap_or(1));
    let room = f64::from((high - low).max(1)) * 0.06;
    let (low, span) = (f64::from(low) - room, f64::from((high - low).max(1)) + 2.0 * room);
    let place = |points: i32| ((f64::from(points) - low) / span * WIDTH).clamp(0.0, WIDTH);
    let bar = |(line, (from, to)): (Line, (i32, i32))| {
        let (a, b) = (place(from.min(to)), place(from.max(to)));
        Bar {
            text: line.text,
            points: t.signed(line.points),
            x: format!("{a:.1}"),
            width: format!("{:.1}", (b - a).max(2.0)),
            end: format!("{:.1}", place(to)),
            class: match (line.is_start, line.points) {
                (true, _) => "start",
                (false, ..0) => "worse",
                (false, _) => "better",
            },
            source: line.source,
        }
    };
    lines.into_iter().zip(steps).map(bar).collect()
}

impl Waterfall {
    /// From where every client starts to the points of this one.
    pub(super) fn of_level(explained: &Explanation, t: Tongue) -> Self {
        let line = |reason: &crate::desk::ReasonView| Line {
            text: capital(t.pick(&reason.text_it, &reason.text)),
            points: reason.points,
            source: told_by(&reason.feature, &reason.evidence, t),
            is_start: reason.feature == "base",
        };
        let points = explained.to.as_ref().and_then(|to| to.points);
        let total = points.map_or_else(|| "–".to_owned(), |points| t.whole(points.into()));
        let missing = explained.not_determined.as_ref().map(|why| t.pick(&why.text_it, &why.text).clone());
        Self { missing, ..fall(explained.level.iter().map(line).collect(), total, t) }
    }

    /// From the grade before to the present one; none when nothing came before.
    pub(super) fn of_change(explained: &Explanation, t: Tongue) -> Option<Self> {
        explained.from.as_ref()?;
        let line = |change: &crate::desk::ChangeLine| Line {
            text: capital(t.pick(&change.text_it, &change.text)),
            points: change.points,
            source: told_by(&change.feature, &change.evidence, t),
            is_start: false,
        };
        Some(fall(explained.change.iter().map(line).collect(), t.signed(explained.points_change), t))
    }
}

/// `B3 → C1, 02/11/2026`.
pub(super) fn change_title(explained: &Explanation, t: Tongue) -> String {
    match (&explained.from, &explained.to) {
        (Some(from), Some(to)) => format!("{} → {}, {}", from.grade, to.grade, t.day(to.valid_at)),
        _ => String::new(),
    }
}
