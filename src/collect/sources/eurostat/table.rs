//! SDMX-CSV: one line per figure, one column per dimension.

use jiff::civil::Date;

use super::Figure;
use crate::collect::{Misread, sources::record::Leftovers};

/// Columns that are not dimensions.
const NOT_DIMENSIONS: [&str; 5] = ["DATAFLOW", "LAST UPDATE", "OBS_VALUE", "OBS_FLAG", "CONF_STATUS"];

/// Columns of other SDMX services that carry nothing we use.
const IGNORED: [&str; 7] =
    ["BREAK", "OBS_PRE_BREAK", "OBS_STATUS", "BASE_PER", "UNIT_MULT", "METADATA_EN", "METADATA_IT"];

pub(super) fn figures(body: &str, leftovers: &Leftovers) -> Result<Vec<Figure>, Misread> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body.as_bytes());
    let broken = |e: csv::Error| Misread::Unreadable(format!("not the SDMX-CSV that was expected: {e}"));
    let header: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
    if !header.iter().any(|name| name == "OBS_VALUE") {
        return Err(Misread::Quarantined("the table has no column OBS_VALUE".to_owned()));
    }
    let mut figures = Vec::new();
    for (row, line) in reader.records().enumerate() {
        let line = line.map_err(broken)?;
        let place = format!("line {}", row + 2);
        if line.len() != header.len() {
            leftovers.add(&place, &format!("{} cells where there should be {}", line.len(), header.len()));
            continue;
        }
        let cell = |name: &str| header.iter().position(|h| h == name).and_then(|i| line.get(i)).unwrap_or("").trim();
        let text = cell("OBS_VALUE");
        if text.is_empty() || text == ":" {
            continue;
        }
        let Some(value) = text.parse::<f64>().ok().filter(|n| n.is_finite()) else {
            leftovers.add(&format!("{place}: OBS_VALUE"), text);
            continue;
        };
        let is_dimension = |name: &str| !NOT_DIMENSIONS.contains(&name) && !IGNORED.contains(&name);
        let dimensions = header.iter().zip(line.iter()).filter(|(name, _)| is_dimension(name));
        figures.push(Figure {
            dataset: dataset_of(cell("DATAFLOW")),
            dimensions: dimensions.map(|(name, code)| (name.clone(), code.trim().to_owned())).collect(),
            value,
            flag: cell("OBS_FLAG").to_owned(),
            updated: updated_on(cell("LAST UPDATE")),
        });
    }
    Ok(figures)
}

/// `ESTAT:STS_INPR_M(1.0)` → `sts_inpr_m`.
fn dataset_of(flow: &str) -> String {
    let name = flow.rsplit(':').next().unwrap_or(flow);
    name.split('(').next().unwrap_or(name).to_lowercase()
}

/// `17/09/26` or `17/09/26 11:00:00`: day, month, year of this century.
fn updated_on(text: &str) -> Option<Date> {
    let mut parts = text.split(' ').next()?.split('/').map(str::parse::<i16>);
    let (day, month, year) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let year = if year < 100 { year + 2000 } else { year };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
