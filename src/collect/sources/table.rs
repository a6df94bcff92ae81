//! Delimited text as records by column name, so that [`Record`] reads a row and reports what nobody took.

use serde_json::{Map, Value};

use super::{
    charset,
    record::{Leftovers, Record},
};
use crate::collect::{Answer, Misread};

/// Columns of one table; the widest register publishes some three hundred and fifty.
const MAX_COLUMNS: usize = 1_000;

/// A table in the course of being read.
pub(super) struct Table {
    columns: Vec<String>,
    rows: csv::StringRecordsIntoIter<std::io::Cursor<Vec<u8>>>,
    leftovers: Leftovers,
}

impl Table {
    /// Reads the header. Names are trimmed, since some registers publish them with blanks; quotes are CSV's.
    pub(super) fn open(answer: &Answer, delimiter: u8, leftovers: &Leftovers) -> Result<Self, Misread> {
        let (text, _) = charset::decode(&answer.body, &answer.content_type);
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(Misread::Unreadable("the body is empty".to_owned()));
        }
        if text.trim_start().starts_with('<') {
            return Err(Misread::Unreadable("HTML or XML where a table was expected".to_owned()));
        }
        // With the line ends of other systems every row would be counted one line too early.
        let bytes = std::io::Cursor::new(text.replace("\r\n", "\n").into_bytes());
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bytes);
        let header = reader.headers().map_err(|e| Misread::Unreadable(format!("no header: {e}")))?;
        let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        if columns.len() > MAX_COLUMNS {
            return Err(Misread::Unreadable(format!("more than {MAX_COLUMNS} columns")));
        }
        Ok(Self { columns, rows: reader.into_records(), leftovers: leftovers.clone() })
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The columns that must be there; a table without one has changed its layout.
    pub(super) fn expect(&self, required: &[&str]) -> Result<(), Misread> {
        match required.iter().find(|name| !self.columns().iter().any(|c| c == *name)) {
            Some(name) => {
                Err(Misread::Quarantined(format!("the table has no column {name:?}: its layout has changed")))
            }
            None => Ok(()),
        }
    }
}

impl Iterator for Table {
    type Item = Record;

    /// The next row, at `line 3`. Empty cells are absent. A row that cannot be read, or has more cells than there are
    /// columns, is a leftover.
    fn next(&mut self) -> Option<Record> {
        loop {
            let row = match self.rows.next()? {
                Ok(row) => row,
                Err(e) => {
                    self.leftovers.add("line", &e.to_string());
                    continue;
                }
            };
            let path = format!("line {}", row.position().map_or(0, csv::Position::line));
            let cells = self.columns.iter().zip(&row).filter(|(_, cell)| !cell.trim().is_empty());
            let members: Map<String, Value> =
                cells.map(|(name, cell)| (name.clone(), Value::String(cell.trim().to_owned()))).collect();
            for stray in row.iter().skip(self.columns.len()).filter(|cell| !cell.trim().is_empty()) {
                self.leftovers.add(&path, stray);
            }
            if let Some(record) = Record::at(&path, Value::Object(members), &self.leftovers) {
                return Some(record);
            }
        }
    }
}
