//! Columns into words and back.

use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use sqlx::Row as _;

use super::{
    Error, Result,
    backend::Row,
    codec::{Flaw, day_from, instant_from},
};
use crate::domain::{ClientId, Currency, Money, Sha256, day_number};

/// Milliseconds since 1970.
pub(super) fn millis(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

/// Days since 1970.
pub(super) fn days(day: Date) -> i64 {
    day_number(day).into()
}

/// A row, and the table it is from, so that a bad cell can say where it stands.
pub(super) struct Cells<'r> {
    table: &'static str,
    row: &'r Row,
}

impl<'r> Cells<'r> {
    pub(super) fn of(table: &'static str, row: &'r Row) -> Self {
        Self { table, row }
    }

    /// Names this table as the place of a flaw.
    pub(super) fn checked<T>(&self, found: Result<T, Flaw>) -> Result<T> {
        found.map_err(|why| Error::Damaged { what: self.table, why })
    }

    fn cell<T>(&self, place: usize) -> Result<T>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Decode<'r, sqlx::Postgres>,
    {
        let cell = match self.row {
            Row::Sqlite(row) => row.try_get_unchecked(place),
            Row::Postgres(row) => row.try_get_unchecked(place),
        };
        self.checked(cell.map_err(|e| e.to_string()))
    }

    pub(super) fn int(&self, place: usize) -> Result<i64> {
        self.cell(place)
    }

    pub(super) fn maybe_int(&self, place: usize) -> Result<Option<i64>> {
        self.cell(place)
    }

    pub(super) fn float(&self, place: usize) -> Result<f64> {
        self.cell(place)
    }

    pub(super) fn maybe_float(&self, place: usize) -> Result<Option<f64>> {
        self.cell(place)
    }

    pub(super) fn flag(&self, place: usize) -> Result<bool> {
        Ok(self.int(place)? != 0)
    }

    pub(super) fn text(&self, place: usize) -> Result<&'r str> {
        self.cell(place)
    }

    pub(super) fn maybe_text(&self, place: usize) -> Result<Option<&'r str>> {
        self.cell(place)
    }

    pub(super) fn string(&self, place: usize) -> Result<String> {
        self.text(place).map(str::to_owned)
    }

    pub(super) fn maybe_string(&self, place: usize) -> Result<Option<String>> {
        self.cell(place)
    }

    pub(super) fn bytes(&self, place: usize) -> Result<&'r [u8]> {
        self.cell(place)
    }

    pub(super) fn maybe_bytes(&self, place: usize) -> Result<Option<&'r [u8]>> {
        self.cell(place)
    }

    pub(super) fn array<const N: usize>(&self, place: usize) -> Result<[u8; N]> {
        let bytes = self.bytes(place)?;
        self.checked(bytes.try_into().map_err(|_| format!("{} bytes instead of {N}", bytes.len())))
    }

    pub(super) fn sha256(&self, place: usize) -> Result<Sha256> {
        self.array(place).map(Sha256::new)
    }

    pub(super) fn client(&self, place: usize) -> Result<ClientId> {
        self.int(place).map(ClientId::new)
    }

    pub(super) fn instant(&self, place: usize) -> Result<Timestamp> {
        self.checked(instant_from(self.int(place)?))
    }

    pub(super) fn maybe_instant(&self, place: usize) -> Result<Option<Timestamp>> {
        self.maybe_int(place)?.map(|ms| self.checked(instant_from(ms))).transpose()
    }

    pub(super) fn day(&self, place: usize) -> Result<Date> {
        self.checked(day_from(self.int(place)?))
    }

    pub(super) fn maybe_day(&self, place: usize) -> Result<Option<Date>> {
        self.maybe_int(place)?.map(|day| self.checked(day_from(day))).transpose()
    }

    /// A closed set's word, or anything else that parses.
    pub(super) fn word<T: FromStr<Err: ToString>>(&self, place: usize) -> Result<T> {
        self.checked(self.text(place)?.parse().map_err(|e: T::Err| e.to_string()))
    }

    pub(super) fn maybe_word<T: FromStr<Err: ToString>>(&self, place: usize) -> Result<Option<T>> {
        let text: Option<&str> = self.cell(place)?;
        text.map(|t| self.checked(t.parse().map_err(|e: T::Err| e.to_string()))).transpose()
    }

    /// Minor units at `place`, their currency behind.
    pub(super) fn maybe_money(&self, place: usize) -> Result<Option<Money>> {
        let Some(minor) = self.maybe_int(place)? else { return Ok(None) };
        let currency: Currency = self.word(place + 1)?;
        Ok(Some(Money::from_minor(minor, currency)))
    }
}
