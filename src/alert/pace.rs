use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};

use crate::{
    domain::WordError,
    store::{Subscription, Wait},
};

/// When the daily digest is sent, by the subscriber's clock: read before the day's orders are released.
const DAILY_AT: Time = Time::constant(8, 0, 0, 0);

/// Hours in which a subscriber is told nothing: from the first until before the second, by the subscriber's clock. They
/// may lie across midnight; written `22:00-07:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
}

impl FromStr for QuietHours {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = |why| WordError::new("quiet hours", text, why);
        let hour = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let hours = text.split_once('-').and_then(|(from, to)| Some((hour(from)?, hour(to)?)));
        match hours {
            None => Err(bad("must be from and to as HH:MM, 00:00 to 23:59")),
            Some((from, to)) if from == to => Err(bad("must leave some part of the day in which there may be alerts")),
            Some((from, to)) => Ok(Self { from, to }),
        }
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl QuietHours {
    /// When they begin and end, as `HH:MM`.
    pub fn ends(self) -> (String, String) {
        (self.from.strftime("%H:%M").to_string(), self.to.strftime("%H:%M").to_string())
    }

    /// When the quiet hours end in which `at` lies; none when it lies outside.
    fn end(self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let now = at.to_zoned(zone.clone());
        let (day, time) = (now.date(), now.time());
        let is_over_midnight = self.from > self.to;
        let last_day = match (is_over_midnight, time >= self.from, time < self.to) {
            (false, true, true) | (true, _, true) => day,
            (true, true, _) => day.tomorrow().ok()?,
            _ => return None,
        };
        let end = last_day.to_datetime(self.to).to_zoned(zone.clone()).ok()?.timestamp();
        // When clocks are set back, an hour comes twice, and the first one's end may lie behind us.
        Some(end.max(at))
    }
}

/// How often a mailbox gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rhythm {
    AtOnce,
    Hourly,
    Daily,
}

/// When a subscriber may be told: its rhythm, its quiet hours, and the clock on its wall.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    zone: TimeZone,
    quiet: Option<QuietHours>,
    rhythm: Rhythm,
}

impl Pace {
    /// The pace of a subscription. Its words were checked before they were stored; one that cannot be read any more holds
    /// nothing back.
    pub fn of(subscription: &Subscription) -> Self {
        let rhythm = match subscription.digest.as_str() {
            "hourly" => Rhythm::Hourly,
            "daily" => Rhythm::Daily,
            _ => Rhythm::AtOnce,
        };
        let quiet = subscription.quiet.as_deref().and_then(|text| text.parse().ok());
        Self { zone: time_zone(&subscription.time_zone).unwrap_or(TimeZone::UTC), quiet, rhythm }
    }

    /// When an alert that came at `at` is told, and why it waits, if it does.
    pub fn due(&self, at: Timestamp) -> (Timestamp, Option<Wait>) {
        let gathered = match self.rhythm {
            Rhythm::AtOnce => at,
            Rhythm::Hourly => self.next_hour(at).unwrap_or(at),
            Rhythm::Daily => self.next_morning(at).unwrap_or(at),
        };
        let due = self.after_quiet(gathered);
        let wait = match self.rhythm {
            Rhythm::AtOnce if due > at => Some(Wait::Quiet),
            Rhythm::AtOnce => None,
            Rhythm::Hourly | Rhythm::Daily => Some(Wait::Digest),
        };
        (due, wait)
    }

    /// The same instant, or the end of the quiet hours in which it lies.
    pub fn after_quiet(&self, at: Timestamp) -> Timestamp {
        let end = |at| self.quiet.and_then(|quiet| quiet.end(at, &self.zone)).unwrap_or(at);
        // In the night in which clocks are set forward, a short break may be skipped whole: the next day's is meant then.
        end(end(at))
    }

    /// The next full hour by the subscriber's clock, which the other clocks of the world may show as half past. Counted from
    /// the minutes the clock shows and never from its hour, which comes twice in the night in which clocks are set back.
    fn next_hour(&self, at: Timestamp) -> Option<Timestamp> {
        let past_the_hour = |at: Timestamp| {
            let clock = at.to_zoned(self.zone.clone()).time();
            clock.duration_since(Time::constant(clock.hour(), 0, 0, 0))
        };
        let to_the_hour = |at: Timestamp| at.checked_add(SignedDuration::from_hours(1) - past_the_hour(at)).ok();
        let next = to_the_hour(at)?;
        // On Lord Howe Island clocks are moved by half an hour: what was a full hour from before is none then.
        if past_the_hour(next).is_zero() { Some(next) } else { to_the_hour(next) }
    }

    fn next_morning(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(self.zone.clone()).date();
        let on = |day: jiff::civil::Date| day.to_datetime(DAILY_AT).to_zoned(self.zone.clone()).ok();
        let mornings = [Some(today), today.tomorrow().ok()].into_iter().flatten();
        mornings.filter_map(on).map(|morning| morning.timestamp()).find(|morning| *morning > at)
    }
}

/// A time zone by its IANA name, as `Europe/Rome`.
pub fn time_zone(name: &str) -> Result<TimeZone, WordError> {
    TimeZone::get(name.trim()).map_err(|_| WordError::new("time zone", name, "must be an IANA name, as Europe/Rome"))
}
