//! Drawings as SVG text: a frame with two axes, and what stands in it.

use std::fmt::Write;

/// Size of a drawing, and its margins: left, top, right, bottom.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 300.0;
const MARGIN: [f64; 4] = [52.0, 14.0, 14.0, 40.0];

/// Marks on an axis.
const N_TICKS: u32 = 5;

/// A drawing in the making; coordinates are those of the data.
pub(super) struct Drawing {
    text: String,
    x: (f64, f64),
    y: (f64, f64),
}

/// How the numbers of an axis are written.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// 0.25 as 25 %.
    Share,
    /// As it is.
    Number,
}

impl Drawing {
    /// A frame with labelled axes, for data within `x` and `y`.
    pub(super) fn new(title: &str, x: (f64, f64, &str, Unit), y: (f64, f64, &str, Unit)) -> Self {
        let mut drawing = Self { text: String::new(), x: (x.0, x.1), y: (y.0, y.1) };
        write!(
            drawing.text,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            super::escaped(title)
        )
        .ok();
        for tick in 0..=N_TICKS {
            let share = f64::from(tick) / f64::from(N_TICKS);
            let (at_x, at_y) = (x.0 + share * (x.1 - x.0), y.0 + share * (y.1 - y.0));
            let (left, bottom) = (drawing.to_x(at_x), drawing.to_y(at_y));
            drawing.put(&format!(
                "<line class=\"grid\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{bottom:.1}\" y2=\"{bottom:.1}\"/>",
                MARGIN[0],
                WIDTH - MARGIN[2]
            ));
            let below = HEIGHT - MARGIN[3] + 16.0;
            drawing.put(&format!("<text class=\"tick\" x=\"{left:.1}\" y=\"{below}\">{}</text>", number(at_x, x.3)));
            drawing.put(&format!(
                "<text class=\"tick side\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                MARGIN[0] - 6.0,
                bottom + 4.0,
                number(at_y, y.3)
            ));
        }
        let (middle_x, middle_y) =
            (f64::midpoint(MARGIN[0], WIDTH - MARGIN[2]), f64::midpoint(MARGIN[1], HEIGHT - MARGIN[3]));
        drawing.put(&format!(
            "<text class=\"axis\" x=\"{middle_x}\" y=\"{}\">{}</text>",
            HEIGHT - 6.0,
            super::escaped(x.2)
        ));
        drawing.put(&format!(
            "<text class=\"axis\" transform=\"translate(12 {middle_y}) rotate(-90)\">{}</text>",
            super::escaped(y.2)
        ));
        drawing
    }

    /// A line through points.
    pub(super) fn line(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut path = String::new();
        for (x, y) in points {
            write!(path, "{:.1},{:.1} ", self.to_x(*x), self.to_y(*y)).ok();
        }
        self.put(&format!("<polyline class=\"{class}\" points=\"{}\"/>", path.trim_end()));
    }

    /// A bar from the bottom, between two places, with words that show when it is pointed at.
    pub(super) fn bar(&mut self, class: &str, (from, to): (f64, f64), height: f64, words: &str) {
        let (left, right) = (self.to_x(from), self.to_x(to));
        let (zero, top) = (self.to_y(self.y.0.max(0.0)), self.to_y(height));
        self.put(&format!(
            "<rect class=\"{class}\" x=\"{left:.1}\" width=\"{:.1}\" y=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            (right - left).max(0.5),
            top.min(zero),
            (zero - top).abs(),
            super::escaped(words)
        ));
    }

    /// A point with a stroke from `low` to `high`.
    pub(super) fn point(&mut self, (x, y): (f64, f64), (low, high): (f64, f64), words: &str) {
        let (at_x, at_y) = (self.to_x(x), self.to_y(y));
        let (bottom, top) = (self.to_y(low), self.to_y(high));
        self.put(&format!(
            "<line class=\"span\" x1=\"{at_x:.1}\" x2=\"{at_x:.1}\" y1=\"{bottom:.1}\" y2=\"{top:.1}\"/>"
        ));
        let words = super::escaped(words);
        self.put(&format!(
            "<circle class=\"dot\" cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"4\"><title>{words}</title></circle>"
        ));
    }

    /// The text of the drawing.
    pub(super) fn end(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    fn put(&mut self, element: &str) {
        self.text.push_str(element);
    }

    fn to_x(&self, x: f64) -> f64 {
        let share = (x - self.x.0) / (self.x.1 - self.x.0);
        MARGIN[0] + share.clamp(0.0, 1.0) * (WIDTH - MARGIN[0] - MARGIN[2])
    }

    fn to_y(&self, y: f64) -> f64 {
        let share = (y - self.y.0) / (self.y.1 - self.y.0);
        HEIGHT - MARGIN[3] - share.clamp(0.0, 1.0) * (HEIGHT - MARGIN[1] - MARGIN[3])
    }
}

/// A number as an axis or a table shows it.
pub(super) fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share if value.abs() >= 0.1 || value == 0.0 => format!("{:.0} %", 100.0 * value),
        Unit::Share => format!("{:.1} %", 100.0 * value),
        Unit::Number if value.abs() >= 100.0 || value.fract().abs() < 1e-9 => format!("{value:.0}"),
        Unit::Number => format!("{value:.2}"),
    }
}
