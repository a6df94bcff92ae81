//! Eurostat's TSV: a line per series, a column per period. The first cell holds the codes of the series, and its header
//! their names: `freq,indic_bt,nace_r2,s_adj,unit,geo\TIME_PERIOD`. A cell is a figure and its marks: `102.4 p`, `: c`.

use super::Figure;
use crate::collect::{Misread, sources::record::Leftovers};

/// Cells of one table; the largest of those we ask for has some hundred thousand.
const MAX_CELLS: usize = 2_000_000;

pub(super) fn figures(body: &str, leftovers: &Leftovers) -> Result<Vec<Figure>, Misread> {
    let mut lines = body.lines();
    let header = lines.next().unwrap_or_default();
    let mut columns = header.split('\t').map(str::trim);
    let names = columns.next().and_then(|first| first.split_once('\\')).map(|(names, _)| names);
    let names: Vec<&str> = names.unwrap_or_default().split(',').collect();
    let periods: Vec<&str> = columns.collect();
    if periods.is_empty() {
        return Err(Misread::Quarantined("the table has no period".to_owned()));
    }
    let mut figures = Vec::new();
    for (row, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("line {}", row + 2);
        let mut cells = line.split('\t').map(str::trim);
        let codes: Vec<&str> = cells.next().unwrap_or_default().split(',').collect();
        if codes.len() != names.len() {
            leftovers.add(&place, &format!("{} codes where there should be {}", codes.len(), names.len()));
            continue;
        }
        for (period, cell) in periods.iter().zip(cells) {
            let (number, flag) = cell.split_once(' ').unwrap_or((cell, ""));
            if matches!(number, ":" | "") {
                continue;
            }
            let Some(value) = number.parse::<f64>().ok().filter(|n| n.is_finite()) else {
                leftovers.add(&format!("{place}: {period}"), cell);
                continue;
            };
            if figures.len() >= MAX_CELLS {
                return Err(Misread::Quarantined(format!("more than {MAX_CELLS} cells: not a table of ours")));
            }
            let mut dimensions: Vec<(String, String)> =
                names.iter().zip(&codes).map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect();
            dimensions.push(("TIME_PERIOD".to_owned(), (*period).to_owned()));
            figures.push(Figure { dimensions, value, flag: flag.trim().to_owned(), ..Figure::default() });
        }
    }
    Ok(figures)
}
