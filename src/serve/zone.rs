use std::sync::LazyLock;

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The clock of a house that names none.
static ROME: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Rome").unwrap_or(TimeZone::UTC));

/// The clock on which pages show instants: one for all readers, for a page that mixes their clocks cannot be read aloud.
///
/// A house has one as long as the program lives, and it is passed on wherever an instant is written: so it is kept for good, and
/// copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(&'static TimeZone);

impl Default for Zone {
    /// Rome's.
    fn default() -> Self {
        Self(&ROME)
    }
}

impl Zone {
    /// The clock of this zone, for good.
    pub fn of(zone: TimeZone) -> Self {
        Self(Box::leak(Box::new(zone)))
    }

    /// An instant on this clock.
    pub(super) fn local(self, at: Timestamp) -> Zoned {
        at.to_zoned(self.0.clone())
    }

    /// Its IANA name.
    pub(super) fn name(self) -> &'static str {
        self.0.iana_name().unwrap_or("UTC")
    }
}
