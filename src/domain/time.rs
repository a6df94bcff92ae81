use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Milliseconds in a day; instants are kept in milliseconds since 1970.
pub const MILLIS_PER_DAY: i64 = 86_400_000;

/// The two clocks of every question: what was so on that day, as far as was known at that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AsOf {
    /// The day the answer is about. Facts that became true later do not exist yet.
    pub valid_at: Date,
    /// The instant of knowledge. Facts learned later do not exist yet.
    pub known_at: Timestamp,
}

impl AsOf {
    /// What holds on the day of an instant, as known at that instant.
    pub fn at(instant: Timestamp) -> Self {
        Self { valid_at: instant.to_zoned(TimeZone::UTC).date(), known_at: instant }
    }

    /// What held on a day, as far as was known when that day ended (UTC).
    pub fn end_of(day: Date) -> Self {
        let next = day.tomorrow().unwrap_or(Date::MAX);
        let known_at = next.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |z| z.timestamp());
        Self { valid_at: day, known_at: Timestamp::from_millisecond(known_at.as_millisecond() - 1).unwrap_or(known_at) }
    }
}

/// Days from 1970-01-01 to `day`: the small integer that windows are computed with.
pub fn day_number(day: Date) -> i32 {
    // Hinnant's days_from_civil (http://howardhinnant.github.io/date_algorithms.html), because a jiff span costs ten
    // times as much and the night asks this forty times per client.
    let (y, m, d) = (i32::from(day.year()), i32::from(day.month()), i32::from(day.day()));
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The day that is `number` days after 1970-01-01; days that jiff cannot hold are clamped to its ends.
pub fn day_of_number(number: i32) -> Date {
    // Hinnant's civil_from_days, the way back: a packed page holds sixty days per client.
    let z = i64::from(number) + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    match (i16::try_from(year), i8::try_from(month), i8::try_from(day)) {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
        _ => None,
    }
    .unwrap_or(if number < 0 { Date::MIN } else { Date::MAX })
}
