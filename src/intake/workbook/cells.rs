use std::io::{Read, Seek, Write};

use calamine::{DataRef, XlsxCellReader};

/// The most columns that a ledger's sheet has; a cell further right stands there by mistake or to hurt.
const MAX_COLUMNS: u32 = 1_024;
/// What a cell holds at most, in characters: a spreadsheet's own limit.
const MAX_CELL_CHARS: usize = 32_767;

/// Writes the cells of a sheet as lines of CSV, the line of a row being its number: rows that are not there are blank lines.
pub(super) fn write<RS: Read + Seek>(
    cells: &mut XlsxCellReader<'_, RS>,
    out: &mut impl Write,
    most: u64,
) -> Result<(), String> {
    let mut table = Table { out, most, width: None, row: Vec::new(), number: 0 };
    loop {
        let cell = cells.next_cell().map_err(|e| format!("row {}: {e}", table.number + 1))?;
        let Some(cell) = cell else { return table.end_row() };
        let (row, column) = cell.get_position();
        if column >= MAX_COLUMNS {
            return Err(format!(
                "row {}: has a cell in column {}; at most {MAX_COLUMNS} are read",
                row + 1,
                column + 1
            ));
        }
        let Some(text) = text(cell.get_value()) else { continue };
        table.put(row, column, text)?;
    }
}

/// The row in the making.
struct Table<'a, W> {
    out: &'a mut W,
    /// Bytes that may still be written.
    most: u64,
    /// How many cells the header has, once there is one: shorter rows are filled up.
    width: Option<usize>,
    row: Vec<String>,
    number: u32,
}

impl<W: Write> Table<'_, W> {
    fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), String> {
        if row < self.number {
            return Err(format!("row {}: stands behind row {}", row + 1, self.number + 1));
        }
        while self.number < row {
            self.end_row()?;
            self.number += 1;
        }
        let place = column as usize;
        if self.row.len() <= place {
            self.row.resize(place + 1, String::new());
        }
        self.row[place] = text;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), String> {
        let is_blank = self.row.iter().all(|cell| cell.trim().is_empty());
        if is_blank {
            self.row.clear();
        } else {
            let width = *self.width.get_or_insert(self.row.len());
            self.row.resize(self.row.len().max(width), String::new());
        }
        let mut line = String::new();
        for (place, cell) in self.row.drain(..).enumerate() {
            line.push_str(if place > 0 { "," } else { "" });
            line.push_str(&quoted(cell));
        }
        line.push('\n');
        self.most = self
            .most
            .checked_sub(line.len() as u64)
            .ok_or("the sheet grows to more text than a workbook of its size holds; save it as CSV")?;
        self.out.write_all(line.as_bytes()).map_err(|e| format!("cannot write the rows: {e}"))
    }
}

fn quoted(cell: String) -> String {
    match cell.contains([',', '"']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

/// A value as a CSV file would spell it: a formula by what it came to, a day in ISO 8601, a number with a decimal point.
fn text(value: &DataRef<'_>) -> Option<String> {
    let one_line = |text: &str| -> String {
        text.chars().take(MAX_CELL_CHARS).map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }).collect()
    };
    match value {
        DataRef::Empty => None,
        DataRef::String(text) => Some(one_line(text)),
        DataRef::SharedString(text) => Some(one_line(text)),
        DataRef::Int(number) => Some(number.to_string()),
        DataRef::Float(number) => Some(decimal(*number)),
        DataRef::Bool(truth) => Some(truth.to_string()),
        // Below 1 it is a time of day without a day.
        DataRef::DateTime(moment) if moment.is_datetime() && moment.as_f64() >= 1.0 => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTime(moment) => Some(decimal(moment.as_f64())),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(one_line(text)),
        DataRef::Error(error) => Some(error.to_string()),
    }
}

/// A number as a spreadsheet shows it: fifteen digits, so that a sum of 0.1 and 0.2 is 0.3.
fn decimal(number: f64) -> String {
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn a_number_comes_as_a_spreadsheet_shows_it() {
        let shown = [0.1 + 0.2, 1234.56, 20_260_001.0, -5.0, 1e15, 0.07 * 100.0].map(decimal);
        assert_eq!(shown, ["0.3", "1234.56", "20260001", "-5", "1000000000000000", "7"]);
    }
}
