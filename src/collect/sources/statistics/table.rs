//! SDMX-CSV: one line per figure, one column per dimension. The columns up to the period are dimensions, those behind the
//! figure its attributes; an office may name either as it likes.

use jiff::civil::Date;

use super::{Figure, words};
use crate::collect::{
    Misread,
    sources::record::{Leftovers, iso_day},
};

/// Columns that are neither dimensions nor the figure, and are read.
const READ: [&str; 8] =
    ["DATAFLOW", "LAST UPDATE", "OBS_VALUE", "OBS_FLAG", "OBS_STATUS", "BREAK", "BASE_PER", "STRUCTURE_ID"];

/// Columns that carry nothing we use: how confidential a figure is, what it was before a break, notes on it.
const IGNORED: [&str; 10] = [
    "STRUCTURE",
    "ACTION",
    "CONF_STATUS",
    "OBS_PRE_BREAK",
    "UNIT_MULT",
    "METADATA_EN",
    "METADATA_IT",
    "DECIMALS",
    "TIME_FORMAT",
    "OBS_COM",
];

/// Whether a line is the header of such a table.
pub(super) fn is_it(header: &str) -> bool {
    let header = header.trim_start_matches(['\u{feff}', '"']);
    (header.starts_with("DATAFLOW") || header.starts_with("STRUCTURE")) && header.contains([',', ';'])
}

struct Header {
    names: Vec<String>,
    /// The places of the dimensions.
    dimensions: Vec<usize>,
}

impl Header {
    /// `FREQ`, or `FREQ: Frequenza` where labels were asked for.
    fn read(cells: &csv::StringRecord, leftovers: &Leftovers) -> Result<Self, Misread> {
        let names: Vec<String> = cells.iter().map(|name| code_of(name).to_owned()).collect();
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let (Some(value), Some(time)) = (place("OBS_VALUE"), place("TIME_PERIOD").or_else(|| place("TIME"))) else {
            return Err(Misread::Quarantined("the table has no column OBS_VALUE or no TIME_PERIOD".to_owned()));
        };
        let last = value.max(time);
        let is_known = |name: &str| READ.contains(&name) || IGNORED.contains(&name);
        let dimensions = (0..last).filter(|at| *at != value && !names.get(*at).is_some_and(|n| is_known(n)));
        let mut dimensions: Vec<usize> = dimensions.collect();
        if !dimensions.contains(&time) {
            dimensions.push(time);
        }
        // Attributes: the unit is read with the dimensions; notes are named by what they are noted on.
        for (at, name) in names.iter().enumerate().skip(last + 1).filter(|(_, name)| !is_known(name)) {
            match name.as_str() {
                "UNIT_MEAS" => dimensions.push(at),
                note if note.starts_with("NOTE") || note.starts_with("METADATA") => {}
                other => leftovers.add("line 1", other),
            }
        }
        Ok(Self { names, dimensions })
    }

    fn cell<'r>(&self, row: &'r csv::StringRecord, name: &str) -> &'r str {
        self.names.iter().position(|n| n == name).and_then(|at| row.get(at)).unwrap_or("").trim()
    }
}

pub(super) fn figures(body: &str, leftovers: &Leftovers) -> Result<Vec<Figure>, Misread> {
    let first = body.lines().next().unwrap_or_default();
    let delimiter = if first.contains(',') { b',' } else { b';' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(body.as_bytes());
    let broken = |e: csv::Error| Misread::Unreadable(format!("not the SDMX-CSV that was expected: {e}"));
    let header = Header::read(reader.headers().map_err(broken)?, leftovers)?;
    let mut figures = Vec::new();
    for (row, line) in reader.records().enumerate() {
        let line = line.map_err(broken)?;
        let place = format!("line {}", row + 2);
        if line.len() != header.names.len() {
            leftovers.add(&place, &format!("{} cells where there should be {}", line.len(), header.names.len()));
            continue;
        }
        let text = header.cell(&line, "OBS_VALUE");
        if matches!(text, "" | ":" | "NaN") {
            continue;
        }
        let Some(value) = text.parse::<f64>().ok().filter(|n| n.is_finite()) else {
            leftovers.add(&format!("{place}: OBS_VALUE"), text);
            continue;
        };
        figures.push(figure(&header, &line, value));
    }
    Ok(figures)
}

fn figure(header: &Header, line: &csv::StringRecord, value: f64) -> Figure {
    let dimensions = header.dimensions.iter().filter_map(|at| {
        let code = code_of(line.get(*at)?);
        // An attribute without a value is none; a dimension has one always.
        (!code.is_empty()).then(|| (header.names.get(*at).cloned().unwrap_or_default(), code.to_owned()))
    });
    let mut flag = words::flag_of(code_of(header.cell(line, "OBS_FLAG")));
    flag.push_str(&words::flag_of(code_of(header.cell(line, "OBS_STATUS"))));
    if !header.cell(line, "BREAK").is_empty() && !flag.contains('b') {
        flag.push('b');
    }
    let flow = [header.cell(line, "DATAFLOW"), header.cell(line, "STRUCTURE_ID")].into_iter().find(|t| !t.is_empty());
    Figure {
        dataset: flow.map(dataset_of).unwrap_or_default(),
        dimensions: dimensions.collect(),
        value,
        flag,
        base: words::base_unit(header.cell(line, "BASE_PER")),
        updated: updated_on(header.cell(line, "LAST UPDATE")),
    }
}

/// The code of `M: mensile`; a code has no blank in it.
fn code_of(cell: &str) -> &str {
    cell.split_once(": ").map_or(cell, |(code, _)| code).trim()
}

/// `ESTAT:STS_INPR_M(1.0)` → `sts_inpr_m`; with labels, `IT1:115_333(1.0): Indice…`.
pub(super) fn dataset_of(flow: &str) -> String {
    let flow = code_of(flow);
    let name = flow.split_once(':').map_or(flow, |(_, name)| name);
    name.split('(').next().unwrap_or(name).to_lowercase()
}

/// `17/09/26`, `17/09/26 11:00:00` (day, month, year of this century), or an ISO day.
fn updated_on(text: &str) -> Option<Date> {
    if let Some(day) = iso_day(text) {
        return Some(day);
    }
    let mut parts = text.split(' ').next()?.split('/').map(str::parse::<i16>);
    let (day, month, year) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let year = if year < 100 { year + 2000 } else { year };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
