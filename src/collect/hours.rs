use std::str::FromStr;

use jiff::{Timestamp, ToSpan, civil::Time, tz::TimeZone};
use serde::{Deserialize, Deserializer, de};

/// The hours of the day in which a source may be asked, in its own time zone: `21:00-07:00 Europe/London`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    from: Time,
    to: Time,
    zone: TimeZone,
}

impl Hours {
    /// Whether it may be asked at this instant. The first minute is inside, the last is not.
    pub fn are_open(&self, now: Timestamp) -> bool {
        let time = now.to_zoned(self.zone.clone()).time();
        if self.from < self.to { self.from <= time && time < self.to } else { self.from <= time || time < self.to }
    }

    /// When they begin next, after this instant. On the day the clocks change, as the zone itself would say it.
    pub fn begin_after(&self, now: Timestamp) -> Timestamp {
        let today = now.to_zoned(self.zone.clone()).date();
        let days = (0..=2).filter_map(|n| today.checked_add(n.days()).ok());
        let mut beginnings =
            days.filter_map(|day| Some(day.to_datetime(self.from).to_zoned(self.zone.clone()).ok()?.timestamp()));
        beginnings.find(|beginning| *beginning > now).unwrap_or(Timestamp::MAX)
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, to) = (self.from.strftime("%H:%M"), self.to.strftime("%H:%M"));
        write!(f, "{from}-{to} {}", self.zone.iana_name().unwrap_or("UTC"))
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} must be hours and a time zone, as 21:00-07:00 Europe/London");
        let (hours, zone) = text.trim().split_once(' ').ok_or_else(bad)?;
        let (from, to) = hours.split_once('-').ok_or_else(bad)?;
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|_| bad());
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            return Err(format!("{text:?} begins when it ends: leave it out to ask at any hour"));
        }
        let zone =
            TimeZone::get(zone.trim()).map_err(|_| format!("{text:?}: no time zone is called {:?}", zone.trim()))?;
        Ok(Self { from, to, zone })
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
