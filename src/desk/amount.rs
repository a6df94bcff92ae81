use serde::Deserialize;
use utoipa::ToSchema;

use super::{Error, Result};
use crate::domain::{Currency, Money};

/// An amount as people send it: `"1234.56"`, or the number 1234.56. The text keeps every digit.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AmountInput {
    /// A decimal number as a text, with a point.
    Text(String),
    /// A number.
    Number(f64),
}

/// What was worked out, as people read money: nobody owes a part of a cent.
pub(super) fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

/// A currency as people send it; the ledger's own when left out.
pub(super) fn currency_of(text: Option<&str>, otherwise: Currency, pointer: &str) -> Result<Currency> {
    text.map_or(Ok(otherwise), |text| text.parse().map_err(|e| Error::invalid(pointer, e)))
}

impl AmountInput {
    /// The amount, which must be above 0.
    pub(super) fn parse(&self, currency: Currency, pointer: &str) -> Result<Money> {
        let money = self.parse_from_zero(currency, pointer)?;
        if money.minor() > 0 { Ok(money) } else { Err(Error::invalid(pointer, "must be above 0")) }
    }

    /// The amount, which may be 0: a limit of nothing stops credit.
    pub(super) fn parse_from_zero(&self, currency: Currency, pointer: &str) -> Result<Money> {
        let text = match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
        };
        let money = Money::parse(&text, currency).map_err(|e| Error::invalid(pointer, e))?;
        if money.minor() >= 0 { Ok(money) } else { Err(Error::invalid(pointer, "must not be below 0")) }
    }
}
