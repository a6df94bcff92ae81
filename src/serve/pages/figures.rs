//! Numbers, amounts and days as the reader's language writes them.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::look::{Language, Tongue};
use crate::domain::{Currency, Money};

/// Between a number and its unit: no line ends there.
const NBSP: char = '\u{a0}';
/// A minus that is as wide as the plus.
const MINUS: char = '\u{2212}';

impl Tongue {
    /// A whole number, thousands set apart: `1.234`, `1,234`.
    pub(super) fn whole(self, n: i64) -> String {
        let digits = n.unsigned_abs().to_string();
        let mut out = String::new();
        if n < 0 {
            out.push(MINUS);
        }
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push(self.pick('.', ','));
            }
            out.push(digit);
        }
        out
    }

    /// A number of things.
    pub(super) fn count(self, n: usize) -> String {
        self.whole(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// An amount without cents, where columns are compared: `1.235 €`, `€1,235`.
    pub(super) fn round(self, money: Money) -> String {
        let unit = 10i64.pow(money.currency().minor_digits());
        let half = if money.minor() < 0 { -unit / 2 } else { unit / 2 };
        self.with_currency(self.whole(money.minor().saturating_add(half) / unit), money.currency())
    }

    /// An amount to the cent: `1.234,56 €`, `€1,234.56`.
    pub(super) fn money(self, money: Money) -> String {
        let digits = money.currency().minor_digits();
        let unit = 10i64.pow(digits);
        let whole = self.whole(money.minor() / unit);
        let sign = if money.minor() < 0 && money.minor() / unit == 0 { MINUS.to_string() } else { String::new() };
        if digits == 0 {
            return self.with_currency(whole, money.currency());
        }
        let rest = (money.minor() % unit).unsigned_abs();
        let number = format!("{sign}{whole}{}{rest:0width$}", self.pick(',', '.'), width = digits as usize);
        self.with_currency(number, money.currency())
    }

    /// An amount that came as a decimal number of that currency.
    pub(super) fn decimal(self, text: &str, currency: &str) -> String {
        let parsed = currency.parse::<Currency>().ok().and_then(|c| Money::parse(text, c).ok());
        parsed.map_or_else(|| format!("{text}{NBSP}{currency}"), |money| self.money(money))
    }

    /// An amount in major units, without cents.
    #[expect(clippy::cast_possible_truncation, reason = "amounts are far below 2^53")]
    pub(super) fn about(self, major: f64, currency: &str) -> String {
        let number = self.whole(major.round() as i64);
        match currency.parse::<Currency>() {
            Ok(currency) => self.with_currency(number, currency),
            Err(_) => number,
        }
    }

    fn with_currency(self, number: String, currency: Currency) -> String {
        match (currency.code(), self.language) {
            ("EUR", Language::Italian) => format!("{number}{NBSP}€"),
            ("EUR", Language::English) => match number.strip_prefix(MINUS) {
                Some(rest) => format!("{MINUS}€{rest}"),
                None => format!("€{number}"),
            },
            (code, Language::Italian) => format!("{number}{NBSP}{code}"),
            (code, Language::English) => format!("{code}{NBSP}{number}"),
        }
    }

    /// A share of one as per cent: `6,13 %`, `6.13%`; two decimals below one per cent.
    pub(super) fn percent(self, share: f64) -> String {
        let percent = share * 100.0;
        let text = if percent.abs() < 0.995 { format!("{percent:.2}") } else { format!("{percent:.1}") };
        let text = self.pick(text.replace('.', ","), text.clone());
        self.pick(format!("{text}{NBSP}%"), format!("{text}%"))
    }

    /// A share of one as per cent without decimals.
    pub(super) fn percent_whole(self, share: f64) -> String {
        let text = format!("{:.0}", share * 100.0);
        self.pick(format!("{text}{NBSP}%"), format!("{text}%"))
    }

    /// Points with their sign: `+31`, `−31`.
    pub(super) fn signed(self, points: i32) -> String {
        match points {
            0 => "0".to_owned(),
            1.. => format!("+{}", self.whole(points.into())),
            ..0 => self.whole(points.into()),
        }
    }

    /// A day: `31/12/2026`.
    pub(super) fn day(self, day: Date) -> String {
        format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
    }

    /// A day of this year or the last, where space is short: `31/12/26`.
    pub(super) fn short_day(self, day: Date) -> String {
        format!("{:02}/{:02}/{:02}", day.day(), day.month(), day.year() % 100)
    }

    /// The day of an instant.
    pub(super) fn day_of(self, at: Timestamp) -> String {
        self.day(self.zone.local(at).date())
    }

    /// The last day of what lasts until an instant: whoever typed a day meant all of it, and it was kept as its end in the time
    /// of the store, which on the clock of the house may be the day after.
    pub(super) fn last_day(self, at: Timestamp) -> String {
        let stored = at.to_zoned(TimeZone::UTC).datetime();
        match (stored.hour(), stored.minute(), stored.second()) {
            (23, 59, 59) => self.day(stored.date()),
            _ => self.day_of(at),
        }
    }

    /// A sentence of the desk with its days written as on the page: `2026-12-31` becomes `31/12/2026`.
    pub(super) fn with_days(self, sentence: &str) -> String {
        const LENGTH: usize = "2026-12-31".len();
        let mut out = String::with_capacity(sentence.len());
        let mut rest = sentence;
        while let Some(first) = rest.chars().next() {
            let head = rest.get(..LENGTH).filter(|_| !out.ends_with(|c: char| c.is_alphanumeric()));
            let goes_on = rest.get(LENGTH..).is_some_and(|after| after.starts_with(|c: char| c.is_alphanumeric()));
            let day = head.filter(|_| !goes_on).and_then(|head| head.parse::<Date>().ok());
            let length = match day {
                Some(day) => {
                    out.push_str(&self.day(day));
                    LENGTH
                }
                None => {
                    out.push(first);
                    first.len_utf8()
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        out
    }

    /// An instant: `31/12/2026, 02:31`.
    pub(super) fn instant(self, at: Timestamp) -> String {
        let local = self.zone.local(at);
        format!("{}, {:02}:{:02}", self.day(local.date()), local.hour(), local.minute())
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{
        Language::{English, Italian},
        Tongue,
    };
    use crate::{domain::Money, serve::Zone};

    fn in_both() -> (Tongue, Tongue) {
        (Italian.into(), English.into())
    }

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, "EUR".parse().unwrap())
    }

    #[test]
    fn amounts_are_written_as_each_language_writes_them() {
        let (italian, english) = in_both();
        assert_eq!(italian.money(eur(123_456)), "1.234,56\u{a0}€");
        assert_eq!(english.money(eur(123_456)), "€1,234.56");
        assert_eq!(italian.money(eur(-5)), "\u{2212}0,05\u{a0}€");
        assert_eq!(english.money(eur(-123_456_789)), "\u{2212}€1,234,567.89");
        assert_eq!(italian.round(eur(123_450)), "1.235\u{a0}€");
        assert_eq!(italian.decimal("1234.56", "EUR"), "1.234,56\u{a0}€");
        assert_eq!(english.decimal("99.5", "USD"), "USD\u{a0}99.50");
    }

    #[test]
    fn shares_points_and_days_are_written_as_each_language_writes_them() {
        let (italian, english) = in_both();
        assert_eq!((italian.percent(0.0613), english.percent(0.0013)), ("6,1\u{a0}%".into(), "0.13%".into()));
        assert_eq!((italian.signed(-1031), english.signed(7)), ("\u{2212}1.031".into(), "+7".into()));
        let day = jiff::civil::date(2026, 12, 31);
        assert_eq!((italian.day(day), english.short_day(day)), ("31/12/2026".into(), "31/12/26".into()));
        let at = "2026-11-20T01:31:07Z".parse().unwrap();
        assert_eq!(italian.instant(at), "20/11/2026, 02:31");
    }

    #[test]
    fn days_in_a_sentence_are_written_as_on_the_page() {
        let (italian, english) = in_both();
        let said = "è della 2026-11-20, non prima del 2026-12-01: fattura 2026-11-20A";
        assert_eq!(italian.with_days(said), "è della 20/11/2026, non prima del 01/12/2026: fattura 2026-11-20A");
        assert_eq!(english.with_days("2026-13-01 and ½"), "2026-13-01 and ½");
    }

    #[test]
    fn an_instant_is_written_on_the_clock_of_the_house() {
        let at = "2026-11-20T23:31:07Z".parse().unwrap();
        let lisbon = Zone::of(TimeZone::get("Europe/Lisbon").unwrap());
        let there = Tongue { zone: lisbon, ..Tongue::default() };
        assert_eq!((there.instant(at), there.day_of(at)), ("20/11/2026, 23:31".into(), "20/11/2026".into()));
        assert_eq!(Tongue::default().day_of(at), "21/11/2026");
    }

    #[test]
    fn what_lasts_until_the_end_of_a_day_is_said_to_last_until_that_day() {
        let rome = Tongue::default();
        let shown = |at: &str| rome.last_day(at.parse().unwrap());
        assert_eq!(shown("2026-12-31T23:59:59Z"), "31/12/2026");
        assert_eq!(shown("2026-12-31T23:30:00Z"), "01/01/2027", "an instant is of the day on the clock of the house");
    }
}
