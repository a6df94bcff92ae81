use crate::domain::{Currency, Money, MoneyError};

/// Marks between thousands, beside the point or comma that is not the decimal mark: blanks (also the unbreakable and
/// the narrow one) and the Swiss apostrophe.
const THOUSANDS: &[char] = &[' ', '\u{a0}', '\u{202f}', '\'', '’'];

/// Symbols that name a currency, or a family of them.
const SYMBOLS: &[(char, &[&str])] = &[
    ('€', &["EUR"]),
    ('£', &["GBP"]),
    ('¥', &["JPY", "CNY"]),
    ('$', &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"]),
];

/// How a file writes its amounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// Before the cents.
    pub(super) decimal: char,
    /// Between thousands, when the map says; else any that is usual.
    pub(super) thousands: Option<char>,
}

/// Said of a number with too many decimals: most likely they are thousands.
pub(super) const MARK_HINT: &str = "; a map can say the decimal mark";

/// Why an amount is none.
#[derive(Debug)]
pub(super) enum Flaw {
    /// It names another currency than the row does.
    OtherCurrency(String),
    /// It is not a number in this file's spelling, or too precise, or too large.
    Amount(String),
}

/// Reads `1.234,56`, `1 234.50`, `€ 12`, `12 EUR`, `(3.00)`, `3-` with the file's marks. Without a currency of its own
/// (`stated`) the row takes the one that stands beside the number, else `default`.
pub(super) fn read(text: &str, marks: Marks, stated: Option<Currency>, default: Currency) -> Result<Money, Flaw> {
    let upper = text.to_ascii_uppercase();
    let (bare, named) = without_currency(&upper)?;
    let currency = match (stated, named) {
        (Some(stated), Some(named)) if !named.contains(&stated.code()) => {
            return Err(Flaw::OtherCurrency(format!("the amount names {}, the row {stated}", named[0])));
        }
        (Some(stated), _) => stated,
        (None, Some(named)) => match named.iter().find(|n| **n == default.code()) {
            Some(_) => default,
            None => named[0].parse().unwrap_or(default),
        },
        (None, None) => default,
    };
    let plain = plain(&bare, marks).ok_or_else(|| {
        let mark = if marks.decimal == ',' { "comma" } else { "point" };
        Flaw::Amount(format!("must be a number with a decimal {mark}, as 1234{}56", marks.decimal))
    })?;
    Money::parse(&plain, currency).map_err(|e| {
        let hint = if matches!(e, MoneyError::TooPrecise(..)) { MARK_HINT } else { "" };
        Flaw::Amount(format!("{e}{hint}"))
    })
}

/// Which mark stands before the cents, as far as this one text can tell: `1.234` could be either.
pub(super) fn decimal_of(text: &str) -> Option<char> {
    let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let (at, last) = *marks.last()?;
    if marks.iter().any(|(_, c)| *c != last) {
        return Some(last);
    }
    let other = if last == '.' { ',' } else { '.' };
    if marks.len() > 1 {
        return Some(other);
    }
    let behind = text.get(at + 1..)?.chars().take_while(char::is_ascii_digit).count();
    let before = text.get(..at)?.chars().filter(char::is_ascii_digit).count();
    (behind != 3 || before > 3 || before == 0).then_some(last)
}

/// The text without a currency symbol or code, and the codes that it can mean.
fn without_currency(text: &str) -> Result<(String, Option<Vec<&str>>), Flaw> {
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return Err(Flaw::Amount("must be a number".to_owned()));
    }
    let symbol = SYMBOLS.iter().find(|(symbol, _)| text.contains(*symbol));
    if let Some((symbol, codes)) = symbol {
        return Ok((text.replacen(*symbol, "", 1), Some(codes.to_vec())));
    }
    let letters: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).collect();
    match letters.as_slice() {
        [] => Ok((text.to_owned(), None)),
        [(from, _), _, (to, _)] if to - from == 2 => {
            let code = text.get(*from..=*to).unwrap_or_default();
            let codes = vec![code];
            code.parse::<Currency>().map_err(|e| Flaw::Amount(e.to_string()))?;
            Ok((text.replacen(code, "", 1), Some(codes)))
        }
        _ => Err(Flaw::Amount("must be a number".to_owned())),
    }
}

/// Digits, a point and a sign; `None` when the text is no number with these marks.
fn plain(text: &str, marks: Marks) -> Option<String> {
    let text = text.trim();
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).map(|t| ("-", t));
    let signed = || text.strip_prefix(['-', '−']).or_else(|| text.strip_suffix('-')).map(|t| ("-", t));
    let (sign, digits) = inner.or_else(signed).unwrap_or(("", text.strip_prefix('+').unwrap_or(text)));
    let digits = digits.trim();
    let (whole, fraction) = digits.split_once(marks.decimal).unwrap_or((digits, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let other = if marks.decimal == ',' { '.' } else { ',' };
    let is_thousands = |c: char| marks.thousands.map_or(c == other || THOUSANDS.contains(&c), |t| c == t);
    let groups: Vec<&str> = whole.split(is_thousands).collect();
    let all_digits = groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_digit()));
    let one_mark = whole.chars().filter(|c| is_thousands(*c)).collect::<std::collections::HashSet<_>>().len() <= 1;
    let grouped = groups.len() == 1 || ((1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|g| g.len() == 3));
    let some_digit = !fraction.is_empty() || groups.iter().any(|g| !g.is_empty());
    (all_digits && one_mark && grouped && some_digit).then(|| format!("{sign}{}.{fraction}", groups.concat()))
}
