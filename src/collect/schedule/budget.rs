use jiff::SignedDuration;
use serde::Deserialize;

use super::super::span::Span;
use crate::domain::Money;

/// What a source may be asked in a stretch of time. The default has no limit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budget {
    /// At most so many requests in any stretch of this length, following pages and failed ones included.
    pub requests: Option<u64>,
    /// What each paid request costs, and how much may be spent in any stretch of this length.
    pub money: Option<Price>,
    /// The length of the stretch; it slides, and does not begin anew at midnight.
    pub per: SignedDuration,
}

/// A price, and the ceiling on what is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Of one request.
    pub each: Money,
    /// Of all of them together; in the same currency.
    pub ceiling: Money,
}

impl Budget {
    /// Whether there is anything to keep to.
    pub fn is_limited(&self) -> bool {
        self.requests.is_some() || self.money.is_some()
    }
}

/// `budget = { requests = 600, per = "1d" }`, `price = "0.45 EUR"` and `ceiling = "50 EUR"`, as they are written.
#[derive(Debug, Default)]
pub(in crate::collect) struct WrittenBudget {
    pub(in crate::collect) budget: Option<Stretch>,
    pub(in crate::collect) price: Option<String>,
    pub(in crate::collect) ceiling: Option<String>,
}

/// So many requests in so long; without a number, only the length that a ceiling is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::collect) struct Stretch {
    requests: Option<u64>,
    per: Span,
}

impl WrittenBudget {
    /// What was written, understood; the error names the key and says what would be right.
    pub(in crate::collect) fn understood(self) -> Result<Budget, String> {
        let price = self.price.as_deref().map(|text| money("price", text)).transpose()?;
        let ceiling = self.ceiling.as_deref().map(|text| money("ceiling", text)).transpose()?;
        let money = match (price, ceiling) {
            (None, None) => None,
            (Some(each), Some(ceiling)) if each.currency() != ceiling.currency() => {
                return Err("price, ceiling: must be in the same currency".to_owned());
            }
            (Some(each), Some(ceiling)) if ceiling.minor() < each.minor() => {
                return Err("ceiling: is below the price of one request; the source would never be asked".to_owned());
            }
            (Some(each), Some(ceiling)) => Some(Price { each, ceiling }),
            (Some(_), None) => {
                return Err("price: needs a ceiling beside it, as ceiling = \"50 EUR\"".to_owned());
            }
            (None, Some(_)) => {
                return Err("ceiling: needs the price of one request beside it, as price = \"0.45 EUR\"".to_owned());
            }
        };
        let Some(Stretch { requests, per }) = self.budget else {
            return match money {
                Some(_) => Err("ceiling: needs the time it is for, as budget = { per = \"30d\" }".to_owned()),
                None => Ok(Budget::default()),
            };
        };
        if per.is_zero() || requests == Some(0) {
            return Err("budget: requests and per must be above 0; enabled = false switches a source off".to_owned());
        }
        if requests.is_none() && money.is_none() {
            return Err("budget: must say how many requests, as { requests = 600, per = \"1d\" }".to_owned());
        }
        Ok(Budget { requests, money, per: per.signed() })
    }
}

/// `0.45 EUR`, above nothing.
fn money(key: &str, text: &str) -> Result<Money, String> {
    let bad = |why: String| format!("{key}: {why}; it is written as \"0.45 EUR\"");
    let (amount, currency) =
        text.trim().rsplit_once(' ').ok_or_else(|| bad(format!("{text:?} is not an amount and a currency")))?;
    let currency = currency.parse().map_err(|e| bad(format!("{e}")))?;
    let money = Money::parse(amount.trim(), currency).map_err(|e| bad(e.to_string()))?;
    if money.minor() <= 0 { Err(bad(format!("{text:?} is not above 0"))) } else { Ok(money) }
}
