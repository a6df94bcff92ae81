//! Tables: columns that share the width, a heading that comes again on each page, rows that stay together.

use super::{
    flow::{CELL, CELL_HEAD, Flow, GREY, MARGIN, Mark, RULE, SHADE, Style, WIDTH},
    tree::{Kind, NodeId},
    wrap,
};

/// Left and right of the words of a cell, points.
const INSET: f32 = 4.5;
/// Above and below them.
const PAD: f32 = 2.6;
/// Lines of a cell: a longer text ends in an ellipsis, so that a row always fits on a page.
const MAX_CELL_LINES: usize = 16;
/// Words up to so many characters are never broken: a day, an amount, a column's own name. The column is as wide as they need.
const KEPT_WHOLE: usize = 12;
/// What an empty cell shows, so that whoever hears the table read knows that it is empty.
const EMPTY: &str = "–";

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// How much of the width it has, against the shares of the others.
    pub share: f32,
    /// On which side its texts stand.
    pub align: Align,
}

/// A row: a text for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The texts.
    pub cells: Vec<String>,
    /// Whether it sums up what is above it.
    pub is_total: bool,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row that was measured.
struct Measured {
    cells: Vec<Vec<String>>,
    height: f32,
}

/// Where each column begins and how wide it is: its share, or more where its words need it, which the others give.
fn places(flow: &Flow<'_>, table: &Table) -> Vec<(f32, f32)> {
    let all: f32 = table.columns.iter().map(|column| column.share).sum();
    let shares: Vec<f32> = table.columns.iter().map(|column| WIDTH * column.share / all).collect();
    let needs: Vec<f32> = (0..shares.len()).map(|place| needed(flow, table, place)).collect();
    let mut x = MARGIN;
    let place = |width: f32| {
        x += width;
        (x - width, width)
    };
    fitted(&shares, &needs).into_iter().map(place).collect()
}

/// How wide a column must be for its short words to stand on one line each.
fn needed(flow: &Flow<'_>, table: &Table, place: usize) -> f32 {
    let widest = |text: &str, style: Style| {
        let text = flow.faces.printable(text);
        let words = text.split(' ').filter(|word| word.chars().count() <= KEPT_WHOLE);
        words.map(|word| flow.face(style).width(word, style.size)).fold(0.0, f32::max)
    };
    let title = table.columns.get(place).map_or(0.0, |column| widest(&column.title, CELL_HEAD));
    let cells = table.rows.iter().map(|row| row.cells.get(place).map_or(0.0, |text| widest(text, style_of(row))));
    // A hair more, so that rounding breaks nothing.
    cells.fold(title, f32::max) + 2.0 * INSET + 0.1
}

/// Widths that add up to what the shares do, none below what it needs where there is room for that.
fn fitted(shares: &[f32], needs: &[f32]) -> Vec<f32> {
    let pairs = || shares.iter().zip(needs);
    let missing: f32 = pairs().map(|(share, need)| (need - share).max(0.0)).sum();
    let spare: f32 = pairs().map(|(share, need)| (share - need).max(0.0)).sum();
    if missing > spare {
        return shares.to_vec();
    }
    let given = if spare > 0.0 { missing / spare } else { 0.0 };
    pairs().map(|(share, need)| if need > share { *need } else { share - (share - need) * given }).collect()
}

fn style_of(row: &Row) -> Style {
    if row.is_total { Style { weight: super::face::Weight::Bold, ..CELL } } else { CELL }
}

fn measured(flow: &Flow<'_>, texts: &[String], places: &[(f32, f32)], style: Style) -> Measured {
    let lines = |(place, (_, width)): (usize, &(f32, f32))| {
        let text = flow.faces.printable(texts.get(place).map_or("", String::as_str));
        let text = if text.trim().is_empty() { EMPTY.to_owned() } else { text };
        wrap::cut(wrap::lines(flow.face(style), &text, style.size, width - 2.0 * INSET), MAX_CELL_LINES)
    };
    let cells: Vec<Vec<String>> = places.iter().enumerate().map(lines).collect();
    #[expect(clippy::cast_precision_loss, reason = "at most sixteen lines")]
    let most = cells.iter().map(Vec::len).max().unwrap_or(1) as f32;
    Measured { cells, height: most * style.leading + 2.0 * PAD }
}

/// Places a table from where the flow is, over as many pages as it needs.
pub(super) fn place(flow: &mut Flow<'_>, table: &Table) {
    let places = places(flow, table);
    let titles: Vec<String> = table.columns.iter().map(|column| column.title.clone()).collect();
    let head = measured(flow, &titles, &places, CELL_HEAD);
    let node = flow.node(Kind::Table);
    let mut is_first = true;
    for row in &table.rows {
        let style = style_of(row);
        let body = measured(flow, &row.cells, &places, style);
        let above = if is_first { head.height } else { 0.0 };
        if flow.needs(above + body.height) || is_first {
            if flow.is_cut {
                return;
            }
            place_head(flow, (&head, &places), table, is_first.then_some(node));
            is_first = false;
        }
        place_row(flow, (&body, &places), table, (row, style, node));
    }
    flow.y += PAD;
}

/// The heading: told once, and only seen where the table goes on.
fn place_head(flow: &mut Flow<'_>, (head, places): (&Measured, &[(f32, f32)]), table: &Table, node: Option<NodeId>) {
    let top = flow.y;
    flow.put(Mark::Fill { x: MARGIN, y: top, width: WIDTH, height: head.height, colour: SHADE }, None);
    let row = node.map(|node| flow.tree.add(Kind::TableRow, Some(node)));
    for ((lines, place), column) in head.cells.iter().zip(places).zip(&table.columns) {
        let cell = row.map(|row| flow.tree.add(Kind::ColumnHead, Some(row)));
        put_cell(flow, (lines, *place, column.align), top, (CELL_HEAD, cell));
    }
    flow.y = top + head.height;
}

fn place_row(
    flow: &mut Flow<'_>,
    (body, places): (&Measured, &[(f32, f32)]),
    table: &Table,
    (row, style, node): (&Row, Style, NodeId),
) {
    let top = flow.y;
    let tr = flow.tree.add(Kind::TableRow, Some(node));
    for ((lines, place), column) in body.cells.iter().zip(places).zip(&table.columns) {
        let cell = flow.tree.add(Kind::Cell, Some(tr));
        let is_empty = lines.len() == 1 && lines[0] == EMPTY;
        let style = if is_empty { Style { colour: GREY, ..style } } else { style };
        put_cell(flow, (lines, *place, column.align), top, (style, Some(cell)));
    }
    flow.y = top + body.height;
    let colour = if row.is_total { super::flow::ACCENT } else { RULE };
    flow.rule(flow.y, colour, 0.5);
}

fn put_cell(
    flow: &mut Flow<'_>,
    (lines, (x, width), align): (&[String], (f32, f32), Align),
    top: f32,
    (style, node): (Style, Option<NodeId>),
) {
    let mut y = top + PAD;
    for line in lines {
        let at = match align {
            Align::Left => x + INSET,
            Align::Right => x + width - INSET - flow.face(style).width(line, style.size),
        };
        flow.line((at, y), line.clone(), style, node);
        y += style.leading;
    }
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn a_column_that_needs_more_gets_it_from_those_that_need_less() {
        let widths = fitted(&[50.0, 100.0, 150.0], &[60.0, 90.0, 50.0]);
        assert!((widths.iter().sum::<f32>() - 300.0).abs() < 0.01, "{widths:?}");
        assert!(widths[0] >= 60.0 && widths[1] >= 90.0 && widths[2] >= 50.0, "{widths:?}");
        assert_eq!(fitted(&[50.0, 50.0], &[80.0, 80.0]), [50.0, 50.0], "where there is no room, the shares stand");
    }
}
