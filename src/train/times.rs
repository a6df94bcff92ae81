//! When rows were so: the cells of a column of times, in the order of time and not in that of their letters.

use std::{collections::BTreeMap, str::FromStr};

use jiff::civil::Date;

use super::{Error, table::is_missing};

/// What a cell may say.
const FORMS: &str = "must be as 2024, 2024-03, 2024-Q1, 2024Q1 or 2024-03-31 (a time of day may follow), or a whole number that counts on";

/// What is said of a number among dates that is no year.
const NO_YEAR: &str = "must be a date or a year, as other cells of the column are";

/// The years that a whole number may mean where other cells of its column are dates.
const YEARS: std::ops::RangeInclusive<i64> = 1000..=9999;

/// A column of times. Rows of the same time have the same place, and earlier ones a smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    column: String,
    /// Of each row; none where its cell is missing.
    places: Vec<Option<usize>>,
    /// Of each place, as the file writes it first.
    words: Vec<String>,
}

impl Times {
    /// Reads the cells of a column.
    pub fn read(column: &str, cells: &[String]) -> Result<Self, Error> {
        let bad =
            |row: usize, why: &str| Error::Table(format!("row {row}: column {column:?} is {:?}, {why}", cells[row]));
        let mut whens: Vec<Option<When<'_>>> = Vec::with_capacity(cells.len());
        for (row, cell) in cells.iter().enumerate() {
            let when = When::read(cell);
            whens.push(if is_missing(cell) { None } else { Some(when.ok_or_else(|| bad(row, FORMS))?) });
        }
        if whens.iter().flatten().any(|when| matches!(when, When::On(..))) {
            for (row, when) in whens.iter_mut().enumerate() {
                *when = when.map(|when| when.as_date().ok_or_else(|| bad(row, NO_YEAR))).transpose()?;
            }
        }
        let mut first: BTreeMap<When<'_>, &String> = BTreeMap::new();
        for (when, cell) in whens.iter().zip(cells) {
            if let Some(when) = when {
                first.entry(*when).or_insert(cell);
            }
        }
        let place: BTreeMap<When<'_>, usize> = first.keys().copied().zip(0..).collect();
        Ok(Self {
            column: column.to_owned(),
            places: whens.iter().map(|when| when.and_then(|when| place.get(&when).copied())).collect(),
            words: first.into_values().cloned().collect(),
        })
    }

    /// The place of each row's time among all of them; none where it is missing.
    pub fn places(&self) -> &[Option<usize>] {
        &self.places
    }

    /// The time of a place, as the file writes it.
    pub fn word(&self, place: usize) -> &str {
        self.words.get(place).map_or("", String::as_str)
    }

    /// The first time and the last; none where every cell is missing.
    pub fn span(&self) -> Option<(&str, &str)> {
        Some((self.words.first()?, self.words.last()?))
    }

    /// The column, and what to know of it: how many of its cells are missing; none where none is.
    pub fn note(&self) -> Option<(String, String)> {
        let n = self.places.iter().filter(|place| place.is_none()).count();
        let why = format!("{n} rows have no time, and are in no order with the others");
        (n > 0).then(|| (self.column.clone(), why))
    }
}

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When<'a> {
    /// A year, or whatever is counted.
    Number(i64),
    /// Year; month, of a quarter its first; day; and what stands behind it. What is not said is nought.
    On(i16, i8, i8, &'a str),
}

impl<'a> When<'a> {
    fn read(text: &'a str) -> Option<Self> {
        // A column of whole numbers with a missing cell comes out of some programs as 2024.0.
        if let Ok(number) = text.strip_suffix(".0").unwrap_or(text).parse() {
            return Some(Self::Number(number));
        }
        let (year, behind) = text.split_at_checked(4)?;
        let (year, dashed) = (digits(year)?, behind.strip_prefix('-'));
        if let Some(quarter) = dashed.unwrap_or(behind).strip_prefix(['Q', 'q']) {
            let quarter: i8 = digits(quarter).filter(|quarter| (1..=4).contains(quarter))?;
            return Some(Self::On(year, 3 * quarter - 2, 0, ""));
        }
        let (month, behind) = dashed?.split_at_checked(2)?;
        let month: i8 = digits(month).filter(|month| (1..=12).contains(month))?;
        if behind.is_empty() {
            return Some(Self::On(year, month, 0, ""));
        }
        let (day, behind) = behind.strip_prefix('-')?.split_at_checked(2)?;
        let day: i8 = digits(day)?;
        let is_day = Date::new(year, month, day).is_ok() && (behind.is_empty() || behind.starts_with(['T', 't', ' ']));
        is_day.then_some(Self::On(year, month, day, behind))
    }

    fn as_date(self) -> Option<Self> {
        match self {
            Self::Number(year) if YEARS.contains(&year) => Some(Self::On(i16::try_from(year).ok()?, 0, 0, "")),
            Self::Number(_) => None,
            date @ Self::On(..) => Some(date),
        }
    }
}

/// A number of digits alone.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::Times;

    fn read(cells: &[&str]) -> Result<Times, String> {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Times::read("as_of", &cells).map_err(|refused| refused.to_string())
    }

    #[test]
    fn times_stand_in_the_order_of_time_however_they_are_written() {
        for cells in [
            ["2022", "2023", "2024"],
            ["9", "10", "100"],
            ["-1", "0", "20240131"],
            ["2023.0", "2024.0", "2025.0"],
            ["2023", "2023-05", "2024"],
            ["2023-12", "2024-Q1", "2024-02"],
            ["2023Q4", "2024Q1", "2024q3"],
            ["2023-12-31", "2024-01-30", "2024-01-31"],
            ["2024-01-31", "2024-01-31 08:00", "2024-01-31T07:00:00Z"],
        ] {
            let times = read(&[cells[2], cells[0], "", cells[1], cells[0]]).unwrap();
            assert_eq!(times.places(), [Some(2), Some(0), None, Some(1), Some(0)], "{cells:?}");
            assert_eq!(times.span(), Some((cells[0], cells[2])));
            assert!(times.note().unwrap().1.starts_with("1 rows have no time"));
        }
        assert_eq!(read(&["", "NA"]).unwrap().span(), None);
    }

    #[test]
    fn what_would_be_sorted_by_its_letters_is_refused_with_its_place() {
        for cell in ["31/01/2020", "January", "2024-13", "2024-02-30", "2024-Q5", "2024-1-3", "1.5", "2024-01-31x"] {
            let refused = read(&["2020-01-31", cell]).unwrap_err();
            let says = format!("row 1: column \"as_of\" is {cell:?}, must be");
            assert!(refused.contains(&says), "{refused}");
        }
        let refused = read(&["7", "2020-01-31"]).unwrap_err();
        assert!(refused.contains("row 0") && refused.contains("a date or a year"), "{refused}");
    }
}
