//! Drawings as SVG text: a frame with two axes, and what stands in it.

use std::fmt::Write;

/// Size of a drawing, and its margins: left, top, right, bottom.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 300.0;
const MARGIN: [f64; 4] = [52.0, 14.0, 24.0, 40.0];

/// Marks on an axis, at most.
const MAX_TICKS: f64 = 6.0;

/// A drawing in the making; coordinates are those of the data.
#[derive(Debug)]
pub struct Drawing {
    text: String,
    x: (f64, f64),
    y: (f64, f64),
}

/// One side of a drawing: from where to where, what it means, and its marks.
#[derive(Debug)]
pub struct Axis {
    low: f64,
    high: f64,
    meaning: &'static str,
    ticks: Vec<(f64, String)>,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// 0.25 as 25 %.
    Share,
    /// As it is.
    Number,
}

impl Axis {
    /// Marks at round numbers.
    pub fn new(low: f64, high: f64, meaning: &'static str, unit: Unit) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / MAX_TICKS);
        let first = (low / step).ceil();
        // Counted in whole steps: adding steps up would drift.
        let values = (0..).map(|i| (first + f64::from(i)) * step).take_while(|v| *v <= high + step * 1e-6);
        let ticks = values.map(|v| (v, number(v, unit))).collect();
        Self { low, high, meaning, ticks }
    }

    /// Shares by their power of ten, from `low` to 0, which is all.
    pub fn decades(low: i32, meaning: &'static str) -> Self {
        let ticks = (low..=0).map(|power| (f64::from(power), format!("{} %", 100.0 * 10f64.powi(power)))).collect();
        Self { low: f64::from(low), high: 0.0, meaning, ticks }
    }

    /// Places side by side, each with its name.
    pub fn named(names: &[String], meaning: &'static str) -> Self {
        let ticks = names.iter().enumerate().map(|(i, name)| (i as f64 + 0.5, super::escaped(name))).collect();
        Self { low: 0.0, high: names.len().max(1) as f64, meaning, ticks }
    }

    /// `n` places side by side, numbered from 1; every few of them where there are many.
    pub fn places(n: usize, meaning: &'static str) -> Self {
        let every = n.div_ceil(20).max(1);
        let ticks = (0..n).step_by(every).map(|i| (i as f64 + 0.5, (i + 1).to_string())).collect();
        Self { low: 0.0, high: n.max(1) as f64, meaning, ticks }
    }
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is no smaller.
fn round_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.log10().floor());
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= at_least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

impl Drawing {
    /// A frame with labelled axes. `title` and `description` are for those who do not see it.
    pub fn new(title: &str, description: &str, x: Axis, y: Axis) -> Self {
        let mut drawing = Self { text: String::new(), x: (x.low, x.high), y: (y.low, y.high) };
        write!(
            drawing.text,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{}</title><desc>{}</desc>",
            super::escaped(title),
            super::escaped(description)
        )
        .ok();
        let (left, right, below) = (MARGIN[0], WIDTH - MARGIN[2], HEIGHT - MARGIN[3] + 16.0);
        for (at, words) in &y.ticks {
            let (top, side) = (drawing.to_y(*at), MARGIN[0] - 6.0);
            let line = format!("<line class=\"grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{top:.1}\" y2=\"{top:.1}\"/>");
            drawing.put(&line);
            let middle = top + 4.0;
            drawing.put(&format!("<text class=\"tick side\" x=\"{side}\" y=\"{middle:.1}\">{words}</text>"));
        }
        for (at, words) in &x.ticks {
            let middle = drawing.to_x(*at);
            drawing.put(&format!("<text class=\"tick\" x=\"{middle:.1}\" y=\"{below}\">{words}</text>"));
        }
        let (middle_x, middle_y) = (f64::midpoint(left, right), f64::midpoint(MARGIN[1], HEIGHT - MARGIN[3]));
        let foot = HEIGHT - 6.0;
        drawing.put(&format!("<text class=\"axis\" x=\"{middle_x}\" y=\"{foot}\">{}</text>", x.meaning));
        let turned = format!("translate(12 {middle_y}) rotate(-90)");
        drawing.put(&format!("<text class=\"axis\" transform=\"{turned}\">{}</text>", y.meaning));
        drawing
    }

    /// A line through points.
    pub fn line(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut path = String::new();
        for (x, y) in points {
            write!(path, "{:.1},{:.1} ", self.to_x(*x), self.to_y(*y)).ok();
        }
        self.put(&format!("<polyline class=\"{class}\" points=\"{}\"/>", path.trim_end()));
    }

    /// A bar from the bottom, between two places, with words that show when it is pointed at.
    pub fn bar(&mut self, class: &str, (from, to): (f64, f64), height: f64, words: &str) {
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
    pub fn point(&mut self, (x, y): (f64, f64), (low, high): (f64, f64), words: &str) {
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
    pub fn end(mut self) -> String {
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

/// A number as an axis or a table shows it: two decimals at most, and none that say nothing.
fn number(value: f64, unit: Unit) -> String {
    let (value, unit) = match unit {
        Unit::Share => (100.0 * value, " %"),
        Unit::Number => (value, ""),
    };
    let digits = if value.abs() >= 100.0 { 0 } else { 2 };
    let text = format!("{value:.digits$}");
    let short = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{short}{unit}")
}
