use jiff::{Span, civil::Date};

use crate::domain::{day_number, day_of_number};

/// The months of an economy, counted from the day the demo opens, as day numbers. The latent state of a company is
/// constant within one of these months and may change only between two.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    /// First day of each month, and the day after the last.
    starts: Vec<i32>,
    opening_month: usize,
}

impl Calendar {
    /// `before` months end the day before `opening`; `after` months begin on it.
    pub(super) fn new(opening: Date, before: usize, after: usize) -> Self {
        let shift = |months: i64| {
            let span = Span::new().try_months(months);
            span.and_then(|span| opening.checked_add(span)).map_or_else(|_| day_number(opening), day_number)
        };
        let from = -i64::try_from(before).unwrap_or(0);
        let to = i64::try_from(after).unwrap_or(0);
        Self { starts: (from..=to).map(shift).collect(), opening_month: before }
    }

    /// How many months there are.
    pub(super) fn n_months(&self) -> usize {
        self.starts.len() - 1
    }

    /// The month that begins on the day the demo opens.
    pub(super) fn opening_month(&self) -> usize {
        self.opening_month
    }

    /// First day of a month.
    pub(super) fn first_day(&self, month: usize) -> i32 {
        self.starts[month.min(self.n_months())]
    }

    /// Days in a month.
    pub(super) fn days_in(&self, month: usize) -> i32 {
        self.first_day(month + 1) - self.first_day(month)
    }

    /// The month a day falls in; days outside are put in the first or last month.
    pub(super) fn month_of(&self, day: i32) -> usize {
        self.starts.partition_point(|start| *start <= day).saturating_sub(1).min(self.n_months() - 1)
    }

    /// The share of its month that has passed when a day is over, above 0 and at most 1.
    pub(super) fn share_elapsed(&self, day: i32) -> f64 {
        let month = self.month_of(day);
        f64::from(day - self.first_day(month) + 1) / f64::from(self.days_in(month).max(1))
    }

    /// The day so many months after another, on the real calendar.
    pub(super) fn months_after(day: i32, months: usize) -> i32 {
        let span = Span::new().try_months(i64::try_from(months).unwrap_or(0));
        span.and_then(|span| day_of_number(day).checked_add(span)).map_or(day, day_number)
    }
}
