//! Point in time: rows of what was known of each client on a day, and what became of it.
//!
//! [`rows()`] turns dossiers into rows by the same `extract` that rates today's clients; [`History`] gathers them into a
//! [`Table`] with days; [`Definition`] says what going bad means; [`leak`] refuses a table that knows its future.
//!
//! # Why
//!
//! *Why is every row made twice?* The two clocks are kept by `extract`, feature by feature, and one feature that forgets
//! one of them makes a model that is brilliant until it is used. Computing a row again from a dossier from which the
//! future was cut out costs as much as computing it once, and proves for each row that nobody looked.
//!
//! *Why is a feature that is too good an error, too?* Clocks can lie: a file imported as history says of a client what was
//! true on the day of the file. What then foretells almost perfectly has been told.
//!
//! *Why do rows of one client weigh less the closer they stand?* Because twelve monthly rows that wait for the same
//! default hold one default. A prior must give way to evidence, not to repetition.
//!
//! *Why does a row wait until its outcome is certain?* A row whose horizon has not ended is good so far, which is not good.
//! Rows that train may, besides, not mature after the first day on which the model is judged.

mod card;
mod choice;
mod definition;
mod judge;
mod labels;
pub mod leak;
mod report;
mod rows;
mod trees;

use jiff::civil::Date;

pub use card::card;
pub use choice::{Rival, choose};
pub use definition::Definition;
pub use judge::{Split, Trained, train};
pub use labels::{Label, read_labels};
pub use report::{GradeCheck, HistoryReport, LaterReport};
pub use rows::{PageRows, Row, Snapshot, rows, span};
pub use trees::grow;

use super::{Error, Table};

/// The most rows that are kept at once: two million rows of sixty features are a gigabyte.
const MAX_ROWS: usize = 2_000_000;

/// Rows of many clients on many days. Columns stand in the table by feature, clients are its groups.
#[derive(Debug, Clone)]
pub struct History {
    /// Features, outcomes, and the client of each row.
    pub table: Table,
    /// The day of each row.
    pub days: Vec<Date>,
    /// From when the outcome of each row is known.
    pub matures_on: Vec<Date>,
    /// The best probability possible for each row; empty where nobody told it.
    pub best: Vec<f64>,
}

impl History {
    /// An empty one with these features.
    pub fn new(names: &[&str]) -> Self {
        let table = Table {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            columns: vec![Vec::new(); names.len()],
            groups: Some(Vec::new()),
            ..Table::default()
        };
        Self { table, days: Vec::new(), matures_on: Vec::new(), best: Vec::new() }
    }

    /// Adds a row of a client, by a name that is its own in all portfolios. Its features must be those of the table.
    pub fn push(&mut self, client: &str, row: &Row) -> Result<(), Error> {
        if self.days.len() == MAX_ROWS {
            return Err(Error::Table(format!("more than {MAX_ROWS} rows; ask for fewer days with --from and --until")));
        }
        for (place, column) in self.table.columns.iter_mut().enumerate() {
            column.push(row.features.get(place).unwrap_or(f64::NAN));
        }
        self.table.bad.push(row.bad);
        self.table.groups.get_or_insert_default().push(client.to_owned());
        self.days.push(row.day);
        self.matures_on.push(row.matures_on);
        self.best.extend(row.best);
        Ok(())
    }

    /// The client of a row.
    pub(super) fn client(&self, row: usize) -> &str {
        self.table.groups.as_ref().and_then(|groups| groups.get(row)).map_or("", String::as_str)
    }

    /// A feature's values.
    pub(super) fn column(&self, feature: &str) -> Option<&Vec<f64>> {
        self.table.names.iter().position(|name| name == feature).map(|place| &self.table.columns[place])
    }

    /// The days there are, in order.
    pub fn days(&self) -> Vec<Date> {
        let mut days = self.days.clone();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// Whether every row has the best probability possible.
    pub fn has_best(&self) -> bool {
        !self.best.is_empty() && self.best.len() == self.days.len()
    }

    /// Takes columns out, and says so in the report; a name that is none is an error.
    pub fn exclude(&mut self, names: &[String]) -> Result<(), Error> {
        for name in names {
            let place = self.table.names.iter().position(|n| n == name);
            let place = place.ok_or_else(|| Error::Table(format!("--exclude {name}: there is no such feature")))?;
            self.table.names.remove(place);
            self.table.columns.remove(place);
            self.table.left_out.push((name.clone(), "excluded as asked".to_owned()));
        }
        Ok(())
    }

    /// The table as a file: `client,as_of,label`, then every feature, a missing value empty.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let head = ["client", "as_of", "label"].into_iter();
        csv.write_record(head.chain(self.table.names.iter().map(String::as_str)))?;
        for (row, day) in self.days.iter().enumerate() {
            let own = [self.client(row).to_owned(), day.to_string(), u8::from(self.table.bad[row]).to_string()];
            let cell = |column: &Vec<f64>| if column[row].is_nan() { String::new() } else { column[row].to_string() };
            csv.write_record(own.into_iter().chain(self.table.columns.iter().map(cell)))?;
        }
        csv.into_inner().map_err(|e| Error::Table(e.to_string()))
    }
}
