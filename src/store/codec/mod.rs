//! Bytes in the store that are not columns: compact, versioned, and refused with a reason when they are not ours.
//!
//! Numbers are LEB128 varints (signed ones zigzag), texts have their length in front, closed sets are their wire words,
//! so that adding or moving a variant never changes the meaning of what was written. Whatever is written as a whole
//! begins with [`VERSION`], or with a version of its own.
//!
//! # Why
//!
//! *Why not serde?* The words of [`crate::domain`] do not know it, and a mirror of every one of them would be longer
//! than this. *Why not more columns?* Decoding a column costs about as much as decoding a whole line here.

mod claim;
pub(super) mod dossier;
pub(super) mod event;
pub(super) mod fact;
pub(super) mod ledger;
pub(super) mod treatment;
pub(super) mod watch;

use std::str::FromStr;

use jiff::{Timestamp, civil::Date};

use crate::domain::{Country, Currency, Money, Nace, day_number, day_of_number};

/// The first byte of everything that is written as a whole.
pub(super) const VERSION: u8 = 1;

/// What is wrong with bytes that should have been ours.
pub(super) type Flaw = String;

/// Takes values apart into bytes.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn versioned() -> Self {
        Self { bytes: vec![VERSION] }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    pub(super) fn unsigned(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    pub(super) fn size(&mut self, n: usize) {
        self.unsigned(n as u64);
    }

    pub(super) fn signed(&mut self, n: i64) {
        self.unsigned(((n << 1) ^ (n >> 63)).cast_unsigned());
    }

    pub(super) fn float(&mut self, f: f64) {
        self.bytes.extend_from_slice(&f.to_be_bytes());
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.size(text.len());
        self.raw(text.as_bytes());
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    pub(super) fn day(&mut self, day: Date) {
        self.signed(day_number(day).into());
    }

    pub(super) fn instant(&mut self, instant: Timestamp) {
        self.signed(instant.as_millisecond());
    }

    pub(super) fn currency(&mut self, currency: Currency) {
        self.raw(currency.code().as_bytes());
    }

    pub(super) fn money(&mut self, money: Money) {
        self.signed(money.minor());
        self.currency(money.currency());
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(super) fn maybe_text(&mut self, text: Option<&str>) {
        self.option(text, Self::text);
    }
}

/// Puts values together from bytes.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A reader behind the version byte; another version is refused.
    pub(super) fn versioned(bytes: &'a [u8]) -> Result<Self, Flaw> {
        Self::of_version(bytes, VERSION)
    }

    /// The same of what has versions of its own.
    pub(super) fn of_version(bytes: &'a [u8], version: u8) -> Result<Self, Flaw> {
        let mut reader = Self::new(bytes);
        match reader.byte()? {
            found if found == version => Ok(reader),
            other => Err(format!("format version {other}, this program writes {version}")),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Flaw> {
        let (first, rest) = self.bytes.split_first().ok_or("the bytes end too early")?;
        self.bytes = rest;
        Ok(*first)
    }

    /// A number in groups of seven bits, the lowest first. A page has hundreds of thousands of them, so the bytes are walked
    /// once and cut off once.
    pub(super) fn unsigned(&mut self) -> Result<u64, Flaw> {
        let mut n = 0;
        for (place, byte) in self.bytes.iter().take(10).enumerate() {
            n |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                self.bytes = self.bytes.get(place + 1..).unwrap_or_default();
                return Ok(n);
            }
        }
        Err(if self.bytes.len() < 10 { "the bytes end too early" } else { "a number has more than ten bytes" }.into())
    }

    pub(super) fn size(&mut self) -> Result<usize, Flaw> {
        usize::try_from(self.unsigned()?).map_err(|_| "a length does not fit in memory".into())
    }

    /// A number of things to come, none of which takes less than a byte: a flipped bit must not reserve gigabytes.
    pub(super) fn n_items(&mut self) -> Result<usize, Flaw> {
        let n = self.size()?;
        if n > self.bytes.len() { Err(format!("{n} items announced in {} bytes", self.bytes.len())) } else { Ok(n) }
    }

    pub(super) fn signed(&mut self) -> Result<i64, Flaw> {
        let n = self.unsigned()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    pub(super) fn raw(&mut self, len: usize) -> Result<&'a [u8], Flaw> {
        let (head, rest) = self.bytes.split_at_checked(len).ok_or("the bytes end too early")?;
        self.bytes = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or("the bytes end too early")?;
        self.bytes = rest;
        Ok(*head)
    }

    pub(super) fn float(&mut self) -> Result<f64, Flaw> {
        Ok(f64::from_be_bytes(self.array()?))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Flaw> {
        let len = self.size()?;
        std::str::from_utf8(self.raw(len)?).map_err(|e| e.to_string())
    }

    pub(super) fn string(&mut self) -> Result<String, Flaw> {
        self.text().map(str::to_owned)
    }

    pub(super) fn flag(&mut self) -> Result<bool, Flaw> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("{other} is neither yes nor no")),
        }
    }

    /// A closed set's word, or anything else that parses.
    pub(super) fn word<T: FromStr<Err: ToString>>(&mut self) -> Result<T, Flaw> {
        self.text()?.parse().map_err(|e: T::Err| e.to_string())
    }

    pub(super) fn day(&mut self) -> Result<Date, Flaw> {
        day_from(self.signed()?)
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, Flaw> {
        instant_from(self.signed()?)
    }

    pub(super) fn currency(&mut self) -> Result<Currency, Flaw> {
        let letters = self.array::<3>()?;
        if &letters == b"EUR" {
            return Ok(Currency::EUR);
        }
        std::str::from_utf8(&letters).map_err(|e| e.to_string())?.parse().map_err(|e| format!("{e}"))
    }

    pub(super) fn money(&mut self) -> Result<Money, Flaw> {
        let minor = self.signed()?;
        Ok(Money::from_minor(minor, self.currency()?))
    }

    pub(super) fn country(&mut self) -> Result<Country, Flaw> {
        self.word()
    }

    pub(super) fn sector(&mut self) -> Result<Nace, Flaw> {
        self.word()
    }

    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Flaw>) -> Result<Option<T>, Flaw> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }
}

/// The day of a stored number.
pub(super) fn day_from(number: i64) -> Result<Date, Flaw> {
    i32::try_from(number).map(day_of_number).map_err(|_| format!("{number} is not a day"))
}

/// The instant of stored milliseconds.
pub(super) fn instant_from(milliseconds: i64) -> Result<Timestamp, Flaw> {
    Timestamp::from_millisecond(milliseconds).map_err(|e| e.to_string())
}
