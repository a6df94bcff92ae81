//! A line over time, in steps: it stays on a level until the day on which it went to another.

use super::{
    flow::{ACCENT, Flow, GREY, MARGIN, Mark, RULE, SMALL, Style, WIDTH},
    tree::Kind,
};

/// From one level to the next, points.
const STEP: f32 = 14.0;
/// Left of the lines, for the names of the levels.
const GUTTER: f32 = 30.0;
/// Below them, for the days.
const FOOT: f32 = 16.0;
/// Half the width of the mark on a day.
const DOT: f32 = 2.2;
/// Between the words of two days, at least.
const APART: f32 = 8.0;

/// A day on which the level changed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartPoint {
    /// Where between the first day (0) and the last (1).
    pub at: f32,
    /// The level, counted from the top; none where there is no line.
    pub level: Option<usize>,
    /// The day, as it is read.
    pub day: String,
}

/// A line over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows, for whoever cannot see it.
    pub alt: String,
    /// Names of the levels, from the top.
    pub levels: Vec<String>,
    /// Changes, in the order of their days.
    pub points: Vec<ChartPoint>,
    /// The first and the last day, as they are read.
    pub span: (String, String),
}

#[expect(clippy::cast_precision_loss, reason = "a dozen levels")]
fn height_of(n_levels: usize) -> f32 {
    n_levels as f32 * STEP
}

/// Places a chart in one piece.
pub(super) fn place(flow: &mut Flow<'_>, chart: &Chart) {
    let height = height_of(chart.levels.len());
    flow.needs(height + FOOT + STEP);
    let top = flow.y + 4.0;
    let area = (MARGIN, top, MARGIN + WIDTH, top + height + FOOT);
    let node = flow.node(Kind::Figure { alt: chart.alt.clone(), page: flow.pages.len() - 1, area });
    let level_y = |level: usize| top + height_of(level) + STEP / 2.0;
    let (left, wide) = (MARGIN + GUTTER, WIDTH - GUTTER - DOT);
    for (level, name) in chart.levels.iter().enumerate() {
        let y = level_y(level);
        let line = Mark::Stroke { points: vec![(left, y), (left + wide, y)], width: 0.4, colour: RULE };
        flow.put(line, Some(node));
        let name = flow.faces.printable(name);
        flow.line((MARGIN, y - SMALL.leading / 2.0), name, SMALL, Some(node));
    }
    for run in runs(chart) {
        let points: Vec<(f32, f32)> = run.iter().map(|(at, level)| (left + wide * at, level_y(*level))).collect();
        flow.put(Mark::Stroke { points, width: 1.6, colour: ACCENT }, Some(node));
    }
    for point in &chart.points {
        let Some(level) = point.level else { continue };
        let (x, y) = (left + wide * point.at - DOT, level_y(level) - DOT);
        let dot = Mark::Fill { x, y, width: 2.0 * DOT, height: 2.0 * DOT, colour: ACCENT };
        flow.put(dot, Some(node));
    }
    days(flow, chart, (left, wide, top + height + 2.0), node);
    flow.y = top + height + FOOT + 4.0;
}

/// The days under the lines: the first, the last, and of the changes as many as do not run into each other.
fn days(flow: &mut Flow<'_>, chart: &Chart, (left, wide, y): (f32, f32, f32), node: super::tree::NodeId) {
    let style = Style { colour: GREY, size: 7.2, ..SMALL };
    let width = |flow: &Flow<'_>, text: &str| flow.face(style).width(text, style.size);
    let last = left + wide - width(flow, &chart.span.1);
    flow.line((left, y), chart.span.0.clone(), style, Some(node));
    let mut free = left + width(flow, &chart.span.0) + APART;
    for point in &chart.points {
        let needs = width(flow, &point.day);
        let x = left + wide * point.at - needs / 2.0;
        if x >= free && x + needs + APART <= last {
            flow.line((x, y), point.day.clone(), style, Some(node));
            free = x + needs + APART;
        }
    }
    if last >= free {
        flow.line((last, y), chart.span.1.clone(), style, Some(node));
    }
}

/// The line in pieces without a gap: across on a level, then up or down on the day of the change.
fn runs(chart: &Chart) -> Vec<Vec<(f32, usize)>> {
    let mut runs: Vec<Vec<(f32, usize)>> = Vec::new();
    let mut before: Option<usize> = None;
    for (place, point) in chart.points.iter().enumerate() {
        let until = chart.points.get(place + 1).map_or(1.0, |next| next.at);
        if let Some(level) = point.level {
            match (before, runs.last_mut()) {
                (Some(_), Some(run)) => run.extend([(point.at, level), (until, level)]),
                _ => runs.push(vec![(point.at, level), (until, level)]),
            }
        }
        before = point.level;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{Chart, ChartPoint, runs};

    #[test]
    fn a_time_without_a_level_is_a_gap() {
        let point = |at, level| ChartPoint { at, level, day: String::new() };
        let points = vec![point(0.0, Some(1)), point(0.25, Some(3)), point(0.5, None), point(0.75, Some(2))];
        let chart = Chart { alt: String::new(), levels: Vec::new(), points, span: (String::new(), String::new()) };
        let expected = vec![vec![(0.0, 1), (0.25, 1), (0.25, 3), (0.5, 3)], vec![(0.75, 2), (1.0, 2)]];
        assert_eq!(runs(&chart), expected);
    }
}
