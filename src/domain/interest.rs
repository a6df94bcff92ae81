use jiff::civil::{Date, date};

use super::day_number;

/// A rate of the European Central Bank for a half year is a whole number of these: a hundredth of a percent.
const BASIS_POINTS: i128 = 10_000;
/// Days in the year of interest (art. 1284 of the Italian civil code counts by the civil year).
const DAYS_A_YEAR: i128 = 365;

/// The rate of default interest of a half year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfYear {
    /// Its first day: 1 January or 1 July.
    pub from: Date,
    /// The reference rate of the European Central Bank in force that day, basis points.
    pub reference_bp: i64,
    /// What the law adds to it, basis points: 800, and 700 before 2013.
    pub margin_bp: i64,
}

impl HalfYear {
    /// The rate of default interest, basis points a year.
    pub fn rate_bp(&self) -> i64 {
        self.reference_bp + self.margin_bp
    }
}

/// The rates of default interest, half year by half year (D.Lgs. 231/2002, art. 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestRates(Vec<HalfYear>);

impl InterestRates {
    /// Takes half years in any order; an error says what is wrong with them: a day that begins no half year, one that stands
    /// there twice, a gap, or none at all.
    pub fn new(mut halves: Vec<HalfYear>) -> Result<Self, String> {
        halves.sort_by_key(|half| half.from);
        if halves.is_empty() {
            return Err("no half year has a rate".to_owned());
        }
        for half in &halves {
            if !matches!((half.from.month(), half.from.day()), (1 | 7, 1)) {
                return Err(format!("{} is not the first day of a half year", half.from));
            }
        }
        for pair in halves.windows(2) {
            if pair[1].from != next(pair[0].from) {
                return Err(format!("behind {} comes {}, not the next half year", pair[0].from, pair[1].from));
            }
        }
        Ok(Self(halves))
    }

    /// The last half year whose rate is known; later days are counted at it.
    pub fn last(&self) -> HalfYear {
        self.0[self.0.len() - 1]
    }

    /// The half year that a day is in; before the first one the first, behind the last one the last.
    pub fn at(&self, day: Date) -> HalfYear {
        let place = self.0.partition_point(|half| half.from <= day);
        self.0[place.saturating_sub(1)]
    }

    /// Simple interest on an amount from the day after `due` to `until`, the day of payment included; minor units, rounded to
    /// the nearest, halves up. Zero when nothing is late. The points on top of the reference rate are those of the day on which
    /// the business was `concluded`: a later law does not reach back to it (D.Lgs. 192/2012, art. 3).
    pub fn on(&self, minor: i64, concluded: Date, (due, until): (Date, Date)) -> i64 {
        let margin_bp = self.at(concluded).margin_bp;
        let mut owed: i128 = 0;
        let mut from = day_number(due);
        let end = day_number(until);
        while from < end {
            // Interest of a day counts at the rate of the half year that the day is in: the days behind `from`, up to the
            // last one before the next half year begins.
            let first = super::day_of_number(from + 1);
            let rate_bp = self.at(first).reference_bp + margin_bp;
            let last = day_number(next(start_of(first))) - 1;
            let days = i128::from(end.min(last) - from);
            owed += i128::from(minor) * i128::from(rate_bp) * days;
            from = end.min(last);
        }
        let whole = BASIS_POINTS * DAYS_A_YEAR;
        i64::try_from((owed * 2 + whole) / (whole * 2)).unwrap_or(i64::MAX)
    }
}

/// The first day of the half year that a day is in.
fn start_of(day: Date) -> Date {
    date(day.year(), if day.month() < 7 { 1 } else { 7 }, 1)
}

/// The first day of the half year after the one that begins on `from`.
fn next(from: Date) -> Date {
    if from.month() < 7 { date(from.year(), 7, 1) } else { date(from.year().saturating_add(1), 1, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> InterestRates {
        let half = |from, reference_bp| HalfYear { from, reference_bp, margin_bp: 800 };
        InterestRates::new(vec![half(date(2024, 1, 1), 450), half(date(2024, 7, 1), 425)]).unwrap()
    }

    #[test]
    fn interest_runs_from_the_day_after_due_at_the_rate_of_each_half_year() {
        // 1 000 EUR for 10 days of June at 12.50 % and 10 of July at 12.25 %.
        let expected = (100_000.0 * (0.125 * 10.0 + 0.1225 * 10.0) / 365.0_f64).round();
        let owed = rates().on(100_000, date(2024, 5, 1), (date(2024, 6, 20), date(2024, 7, 10)));
        assert!((f64::from(i32::try_from(owed).unwrap()) - expected).abs() < 0.5, "{owed} {expected}");
        assert_eq!(rates().on(100_000, date(2024, 5, 1), (date(2024, 6, 20), date(2024, 6, 20))), 0);
        assert_eq!(rates().on(3_650_000, date(2024, 5, 1), (date(2024, 6, 1), date(2024, 6, 2))), 1_250);
    }

    #[test]
    fn what_was_sold_before_the_law_changed_bears_the_points_of_its_own_day() {
        let half = |from, margin_bp| HalfYear { from, reference_bp: 100, margin_bp };
        let rates = InterestRates::new(vec![half(date(2012, 7, 1), 700), half(date(2013, 1, 1), 800)]).unwrap();
        let day = (date(2013, 3, 1), date(2013, 3, 2));
        assert_eq!(rates.on(3_650_000, date(2012, 12, 31), day), 800);
        assert_eq!(rates.on(3_650_000, date(2013, 1, 1), day), 900);
    }

    #[test]
    fn a_year_whose_rates_are_not_known_yet_counts_at_the_last_that_is() {
        assert_eq!(rates().at(date(2031, 3, 1)), rates().last());
        assert_eq!(rates().at(date(1999, 3, 1)).from, date(2024, 1, 1));
    }

    #[test]
    fn a_gap_between_half_years_is_refused() {
        let half = |from| HalfYear { from, reference_bp: 0, margin_bp: 800 };
        assert!(InterestRates::new(vec![half(date(2024, 1, 1)), half(date(2025, 1, 1))]).is_err());
        assert!(InterestRates::new(vec![half(date(2024, 2, 1))]).is_err());
        assert!(InterestRates::new(Vec::new()).is_err());
    }
}
