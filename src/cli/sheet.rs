//! Exports as workbooks: text is text, a number is a number, a day is a day, and nothing is ever a formula.

use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use serde_json::Value;

/// What a cell holds at most, in characters: a spreadsheet's own limit.
const MAX_CELL_CHARS: usize = 32_767;
/// Rows of a sheet, its heading included: a spreadsheet's own limit.
const MAX_ROWS: usize = 1_048_576;
/// Columns whose values are days, or begin with one.
const DAYS: [&str; 1] = ["valid_at"];

/// A workbook of one sheet: a heading that stays in sight and filters, and the rows under it.
pub(super) fn workbook(name: &str, columns: &[&str], rows: &[Value]) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(rows.len() < MAX_ROWS, "a sheet has at most {MAX_ROWS} rows; use --format csv");
    let mut workbook = Workbook::new();
    let (heading, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    let sheet = workbook.add_worksheet().set_name(name)?;
    for (place, column) in (0..).zip(columns) {
        sheet.write_string_with_format(0, place, *column, &heading)?;
    }
    for (line, row) in (1..).zip(rows) {
        for (place, column) in (0..).zip(columns) {
            write(sheet, (line, place), &row[*column], DAYS.contains(column).then_some(&day))?;
        }
    }
    let (last_row, last_column) = (u32::try_from(rows.len())?, u16::try_from(columns.len().saturating_sub(1))?);
    sheet.set_freeze_panes(1, 0)?.autofilter(0, 0, last_row, last_column)?;
    sheet.autofit();
    Ok(workbook.save_to_buffer()?)
}

fn write(sheet: &mut Worksheet, (row, column): (u32, u16), value: &Value, day: Option<&Format>) -> anyhow::Result<()> {
    match (value, day) {
        (Value::Null, _) => return Ok(()),
        (Value::Bool(truth), _) => sheet.write_boolean(row, column, *truth)?,
        (Value::Number(number), _) => match number.as_f64() {
            Some(number) => sheet.write_number(row, column, number)?,
            None => sheet.write_string(row, column, number.to_string())?,
        },
        (Value::String(text), Some(format)) if text.parse::<Date>().is_ok() => {
            sheet.write_datetime_with_format(row, column, &ExcelDateTime::parse_from_str(text)?, format)?
        }
        // A text cell is never run, whatever it begins with: no apostrophe is needed, and none is added.
        (Value::String(text), _) => {
            let text: String = text.chars().take(MAX_CELL_CHARS).collect();
            sheet.write_string(row, column, text)?
        }
        (other, _) => sheet.write_string(row, column, other.to_string())?,
    };
    Ok(())
}
