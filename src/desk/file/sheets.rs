//! The facts as tables, for whoever calculates: the same rows as CSV and as a workbook.

use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::desk::{Error, Result, cell::harmless};

/// What a cell holds at most, in characters: a spreadsheet's own limit.
const MAX_CELL_CHARS: usize = 32_767;
/// Rows of a sheet, its heading included: a spreadsheet's own limit. The table beside it has them all.
const MAX_ROWS: usize = 1_048_576;

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing is known, or nothing belongs there.
    Nothing,
    /// Words.
    Text(String),
    /// A decimal number.
    Number(String),
    /// A day.
    Day(Date),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Date> for Cell {
    fn from(day: Date) -> Self {
        Self::Day(day)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Text(truth.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

impl Cell {
    /// A decimal number.
    pub(super) fn number(decimal: impl ToString) -> Self {
        Self::Number(decimal.to_string())
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// As CSV (RFC 4180, UTF-8): days as 2026-12-31, numbers with a point, texts that no spreadsheet runs.
    pub(super) fn csv(&self) -> Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let failed = |e: csv::Error| Error::Unwritable(format!("{}: {e}", self.name));
        csv.write_record(self.columns).map_err(failed)?;
        for row in &self.rows {
            csv.write_record(row.iter().map(text)).map_err(failed)?;
        }
        csv.into_inner().map_err(|e| Error::Unwritable(format!("{}: {e}", self.name)))
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => number.clone(),
        Cell::Day(day) => day.to_string(),
    }
}

/// Sheets as one workbook. Its bytes depend on the sheets and the day alone.
pub(super) fn workbook(sheets: &[&Sheet], made_on: Date) -> Result<Vec<u8>> {
    written(sheets, made_on).map_err(|e| Error::Unwritable(format!("workbook: {e}")))
}

fn written(sheets: &[&Sheet], made_on: Date) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::parse_from_str(&made_on.to_string())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let (heading, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    for sheet in sheets {
        let page = workbook.add_worksheet().set_name(sheet.name)?;
        for (place, column) in (0..).zip(sheet.columns) {
            page.write_string_with_format(0, place, *column, &heading)?;
        }
        for (line, row) in (1..).zip(sheet.rows.iter().take(MAX_ROWS - 1)) {
            for (place, cell) in (0..).zip(row) {
                write(page, (line, place), cell, &day)?;
            }
        }
        page.set_freeze_panes(1, 0)?.autofit();
    }
    workbook.save_to_buffer()
}

fn write(page: &mut Worksheet, (row, column): (u32, u16), cell: &Cell, day: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Nothing => {}
        // A text cell is never run, whatever it begins with.
        Cell::Text(text) => {
            page.write_string(row, column, text.chars().take(MAX_CELL_CHARS).collect::<String>())?;
        }
        Cell::Number(number) => match number.parse::<f64>() {
            Ok(number) => {
                page.write_number(row, column, number)?;
            }
            Err(_) => {
                page.write_string(row, column, number)?;
            }
        },
        // A spreadsheet knows no day before 1900; such a one is told as it is written.
        Cell::Day(date) => match ExcelDateTime::parse_from_str(&date.to_string()) {
            Ok(date) => {
                page.write_datetime_with_format(row, column, &date, day)?;
            }
            Err(_) => {
                page.write_string(row, column, date.to_string())?;
            }
        },
    }
    Ok(())
}
