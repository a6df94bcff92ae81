use super::{Economy, identity::fingerprint, names::TRADES};
use crate::domain::{Nace, day_number};

/// A statistic that the office publishes: what it counts, how often, under which headings.
pub(super) struct Series {
    /// The data set's code, in lower case.
    pub(super) dataset: &'static str,
    pub(super) label: &'static str,
    pub(super) indicators: &'static [(&'static str, &'static str)],
    pub(super) headings: &'static [(&'static str, &'static str)],
    /// Months in a period: 1 or 3.
    pub(super) months: i32,
    /// Days after the end of a period until it is published.
    pub(super) lag: i32,
}

pub(super) const SERIES: [Series; 2] = [
    Series {
        dataset: "sts_rb_q",
        label: "Quarterly registrations of new businesses and declarations of bankruptcies by NACE Rev.2 activity",
        indicators: &[("REG", "Registrations"), ("BKRT", "Bankruptcy declarations")],
        headings: &[
            ("B-E", "Industry (except construction)"),
            ("F", "Construction"),
            ("G", "Wholesale and retail trade; repair of motor vehicles and motorcycles"),
            ("H", "Transportation and storage"),
        ],
        months: 3,
        lag: 48,
    },
    Series {
        dataset: "sts_inpr_m",
        label: "Production in industry - monthly data",
        indicators: &[("PRD", "Volume index of production")],
        headings: &[
            ("C", "Manufacturing"),
            ("C10", "Manufacture of food products"),
            ("C13", "Manufacture of textiles"),
            ("C14", "Manufacture of wearing apparel"),
            ("C16", "Manufacture of wood and of products of wood and cork"),
            ("C17", "Manufacture of paper and paper products"),
            ("C20", "Manufacture of chemicals and chemical products"),
            ("C22", "Manufacture of rubber and plastic products"),
            ("C23", "Manufacture of other non-metallic mineral products"),
            ("C24", "Manufacture of basic metals"),
            ("C25", "Manufacture of fabricated metal products"),
            ("C28", "Manufacture of machinery and equipment n.e.c."),
            ("C31", "Manufacture of furniture"),
        ],
        months: 1,
        lag: 42,
    },
];

/// A month or quarter, counted in months from year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Period(i32);

impl Period {
    fn of_day(day: i32, months: i32) -> Self {
        let date = crate::domain::day_of_number(day);
        let month = i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
        Self(month.div_euclid(months) * months)
    }

    fn first_day(month: i32) -> i32 {
        let year = i16::try_from(month.div_euclid(12)).unwrap_or(0);
        let month = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
        jiff::civil::Date::new(year, month, 1).map_or(0, day_number)
    }

    /// `2026-08`, or `2026-Q3`.
    pub(super) fn text(self, months: i32) -> String {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12));
        if months == 3 { format!("{year}-Q{}", month / 3 + 1) } else { format!("{year}-{:02}", month + 1) }
    }
}

impl Economy {
    /// The periods of a series that are public when a day is over, oldest first.
    pub(super) fn published(&self, series: &Series, day: i32) -> Vec<Period> {
        // What began before the first drawn month cannot be computed.
        let first = Period::of_day(self.calendar.first_day(0) - 1, series.months).0 + series.months;
        let is_public = |from: &i32| Period::first_day(from + series.months) + series.lag <= day;
        let step = usize::try_from(series.months).unwrap_or(1);
        (first..).step_by(step).take_while(is_public).map(Period).collect()
    }

    /// The day a period's figures came out.
    pub(super) fn published_on(series: &Series, period: Period) -> i32 {
        Period::first_day(period.0 + series.months) + series.lag
    }

    /// The figure of a period, an index with 2021 = 100; none where a country did not send it.
    pub(super) fn figure(
        &self,
        series: &Series,
        indicator: &str,
        heading: &str,
        geo: &str,
        period: Period,
    ) -> Option<f64> {
        let noise =
            fingerprint(&format!("{}/{indicator}/{heading}/{geo}/{}/{}", series.dataset, period.0, self.plan.seed));
        // One cell in forty is missing, as small countries' often are.
        if noise.is_multiple_of(40) {
            return None;
        }
        let shock = self.shock_share(heading, period, series.months);
        let (level, fall, spread) = match indicator {
            "BKRT" => (104.0, 55.0, 8.0),
            "REG" => (99.0, -14.0, 6.0),
            _ => (101.0, -16.0, 3.0),
        };
        let wobble = f64::from(u32::try_from(noise >> 32).unwrap_or(0)) / f64::from(u32::MAX) - 0.5;
        let value: f64 = level + fall * shock + spread * wobble;
        Some((value * 10.0).round() / 10.0)
    }

    /// Which share of a heading's trades was in a shock, over a period.
    fn shock_share(&self, heading: &str, period: Period, months: i32) -> f64 {
        let (mut shocked, mut total) = (0.0, 0.0);
        for (trade, months_of_trade) in TRADES.iter().zip(&self.shocks) {
            if !trade.classes[0].parse::<Nace>().is_ok_and(|nace| nace.is_within(heading)) {
                continue;
            }
            for month in period.0..period.0 + months {
                total += trade.weight;
                // The fifteenth stands for the month: the economy's months begin on another day than the calendar's.
                if months_of_trade[self.calendar.month_of(Period::first_day(month) + 14)] {
                    shocked += trade.weight;
                }
            }
        }
        if total > 0.0 { shocked / total } else { 0.0 }
    }
}
