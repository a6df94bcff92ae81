use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use vedetta::{
    alert::{Pace, QuietHours, default_subscription, time_zone},
    domain::PortfolioId,
    store::{Subscription, Wait},
};

use super::noon;

fn pace(digest: &str, quiet: Option<&str>, zone: &str) -> Pace {
    Pace::of(&Subscription {
        digest: digest.to_owned(),
        quiet: quiet.map(str::to_owned),
        time_zone: zone.to_owned(),
        ..default_subscription(PortfolioId::new(1), noon())
    })
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

#[test]
fn in_quiet_hours_it_is_told_when_they_end_by_the_subscribers_clock() {
    // Rome is an hour ahead in winter and two in summer.
    let table = [
        ("22:00-07:00", "Europe/Rome", "2026-01-10T20:59:59Z", None),
        ("22:00-07:00", "Europe/Rome", "2026-01-10T21:00:00Z", Some("2026-01-11T06:00:00Z")),
        ("22:00-07:00", "Europe/Rome", "2026-01-11T05:59:59Z", Some("2026-01-11T06:00:00Z")),
        ("22:00-07:00", "Europe/Rome", "2026-01-11T06:00:00Z", None),
        ("22:00-07:00", "Europe/Rome", "2026-07-10T20:30:00Z", Some("2026-07-11T05:00:00Z")),
        ("12:30-14:00", "America/New_York", "2026-01-10T17:45:00Z", Some("2026-01-10T19:00:00Z")),
        ("12:30-14:00", "America/New_York", "2026-01-10T19:00:00Z", None),
        ("00:00-06:00", "UTC", "2026-01-10T00:00:00Z", Some("2026-01-10T06:00:00Z")),
        // The night in which Rome's clocks are set forward is an hour shorter.
        ("22:00-07:00", "Europe/Rome", "2026-03-28T23:00:00Z", Some("2026-03-29T05:00:00Z")),
        // And has no minute between two and three o'clock: who may be told in those only is told the next day.
        ("02:52-02:00", "Europe/Rome", "2026-03-29T00:30:00Z", Some("2026-03-30T00:00:00Z")),
    ];
    for (hours, zone, came, told) in table {
        let (due, wait) = pace("none", Some(hours), zone).due(at(came));
        assert_eq!(due, told.map_or(at(came), at), "{hours} {zone} {came}");
        assert_eq!(wait, told.map(|_| Wait::Quiet), "{hours} {zone} {came}");
    }
}

#[test]
fn digests_are_sent_on_the_hour_or_at_eight_and_never_in_quiet_hours() {
    let table = [
        ("hourly", None, "UTC", "2026-01-10T09:20:00Z", "2026-01-10T10:00:00Z"),
        ("hourly", None, "Asia/Kolkata", "2026-01-10T09:20:00Z", "2026-01-10T09:30:00Z"),
        // Where half an hour comes twice, its first quarter and its second one wait for the same full hour.
        ("hourly", None, "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-04T15:30:00Z"),
        ("hourly", None, "Australia/Lord_Howe", "2026-04-04T15:15:00Z", "2026-04-04T15:30:00Z"),
        ("hourly", None, "Europe/Rome", "2026-10-25T01:20:00Z", "2026-10-25T02:00:00Z"),
        ("hourly", Some("18:00-08:30"), "UTC", "2026-01-10T18:20:00Z", "2026-01-11T08:30:00Z"),
        ("daily", None, "Europe/Rome", "2026-01-10T06:59:00Z", "2026-01-10T07:00:00Z"),
        ("daily", None, "Europe/Rome", "2026-01-10T07:00:00Z", "2026-01-11T07:00:00Z"),
        ("daily", Some("07:00-09:00"), "Europe/Rome", "2026-01-10T07:00:00Z", "2026-01-11T08:00:00Z"),
    ];
    for (digest, quiet, zone, came, told) in table {
        assert_eq!(pace(digest, quiet, zone).due(at(came)), (at(told), Some(Wait::Digest)), "{digest} {zone} {came}");
    }
}

#[test]
fn hours_that_cannot_be_are_refused_and_others_are_shown_as_they_were_written() {
    for wrong in ["", "22:00", "22-07", "24:00-07:00", "10:00-10:00", "22:00-07:61"] {
        assert!(wrong.parse::<QuietHours>().is_err(), "{wrong}");
    }
    assert_eq!("9:05-17:30".parse::<QuietHours>().unwrap().to_string(), "09:05-17:30");
    assert!(time_zone("Europe/Atlantis").is_err() && time_zone("Europe/Rome").is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_told_in_quiet_hours_nor_earlier_than_it_came_nor_later_than_a_day_and_an_hour(
        minutes in 0i64..600_000,
        from in 0u16..1_440,
        length in 1u16..1_439,
        digest in prop::sample::select(vec!["none", "hourly"]),
        zone in prop::sample::select(vec!["Europe/Rome", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"]),
    ) {
        let clock = |minute: u16| format!("{:02}:{:02}", minute % 1_440 / 60, minute % 60);
        let hours = format!("{}-{}", clock(from), clock(from + length));
        let pace = pace(digest, Some(&hours), zone);
        let came = noon().checked_add(SignedDuration::from_mins(minutes)).unwrap();
        let (due, _) = pace.due(came);
        prop_assert!(due >= came);
        // A break of up to an hour may be skipped by clocks that are set forward.
        let days = if length >= 1_380 { 2 } else { 1 };
        prop_assert!(due.duration_since(came) <= SignedDuration::from_hours(24 * days + 2));
        prop_assert_eq!(pace.after_quiet(due), due, "{} in {}", due, hours);
    }
}
