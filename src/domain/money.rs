use std::{fmt, str::FromStr};

/// An ISO 4217 currency code. Three capital letters; whether it is on the list is the ledger's business, not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro: the default where a file names no currency.
    pub const EUR: Self = Self(*b"EUR");

    /// Digits after the point in this currency (ISO 4217): 0 for JPY and its like, 3 for the dinars, else 2.
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"ISK" | b"CLP" | b"VND" | b"XOF" | b"XAF" | b"XPF" | b"UGX" | b"PYG" | b"BIF"
            | b"DJF" | b"GNF" | b"KMF" | b"RWF" | b"VUV" => 0,
            b"KWD" | b"BHD" | b"TND" | b"JOD" | b"OMR" | b"IQD" | b"LYD" => 3,
            _ => 2,
        }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three capital letters")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.trim().as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|l| l.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(MoneyError::Currency(text.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why an amount was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three letters.
    #[error("currency {0:?}: must be three letters, as EUR (ISO 4217)")]
    Currency(String),
    /// Not a decimal number.
    #[error("amount {0:?}: must be a decimal number, as 1234.56")]
    Amount(String),
    /// More digits after the point than the currency has.
    #[error("amount {0:?}: more decimals than {1} has")]
    TooPrecise(String, Currency),
    /// Beyond 92 million billion.
    #[error("amount {0:?}: too large")]
    TooLarge(String),
    /// EUR and USD do not add up.
    #[error("cannot add {0} to {1}")]
    Mixed(Currency, Currency),
}

/// An amount in minor units (cents) of one currency. No floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads `1234.56`, `-3`, `0.5`; the decimal mark is a point and there is no thousands mark (files that write
    /// otherwise are put right by [`crate::intake`], which knows the file).
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let bad = || MoneyError::Amount(text.chars().take(40).collect());
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(bad());
        }
        let places = currency.minor_digits() as usize;
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > places {
            return Err(MoneyError::TooPrecise(text.chars().take(40).collect(), currency));
        }
        let too_large = |_| MoneyError::TooLarge(text.chars().take(40).collect());
        let minor: i64 = format!("{sign}{whole:0>1}{fraction:0<places$}").parse().map_err(too_large)?;
        Ok(Self { minor, currency })
    }

    /// The amount nearest to so many major units: for what was worked out, which comes between two of its minor units.
    #[expect(clippy::cast_possible_truncation, reason = "what is larger than any amount becomes the largest")]
    pub fn nearest(major: f64, currency: Currency) -> Self {
        let unit = 10f64.powi(currency.minor_digits().cast_signed());
        Self { minor: (major * unit).round() as i64, currency }
    }

    /// The amount in minor units (cents).
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in major units, for features and for reading; never for adding up.
    #[expect(clippy::cast_precision_loss, reason = "a feature needs seven digits, not nineteen")]
    pub fn major(self) -> f64 {
        self.minor as f64 / 10f64.powi(self.currency.minor_digits().cast_signed())
    }

    /// The sum, when both are of one currency and it fits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or_else(|| MoneyError::TooLarge(other.to_string()))?;
        Ok(Self { minor, currency: self.currency })
    }
}

/// `1234.56 EUR`: all the currency's decimals, no thousands mark.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.currency.minor_digits();
        let unit = 10u64.pow(places);
        let (whole, rest) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        let sign = if self.minor < 0 { "-" } else { "" };
        match places {
            0 => write!(f, "{sign}{whole} {}", self.currency),
            _ => write!(f, "{sign}{whole}.{rest:0width$} {}", self.currency, width = places as usize),
        }
    }
}
