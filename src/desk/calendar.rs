//! What is to be done, as a calendar that people subscribe to (RFC 5545).

use icalendar::{Calendar, Component, Event};
use jiff::{Timestamp, civil::Date};

use super::{AwaitedView, TreatmentLine};
use crate::domain::Action;

/// Days as RFC 5545 writes them (section 3.3.4).
fn day(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// A whole day for each of these, on the day by which it is to be done, and one for each day until `by` on which money is promised. The
/// same client and action keep their `UID`, so that a calendar moves what it knows instead of adding to it.
pub fn calendar(lines: &[TreatmentLine], now: Timestamp, by: Date) -> String {
    let mut calendar = Calendar::new();
    calendar.name("Vedetta");
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    for line in lines {
        for awaited in line.awaited.iter().filter(|awaited| awaited.on <= by) {
            calendar.push(promised(line, awaited, &stamp));
        }
        let is_waited_for = line.action.parse().is_ok_and(|action: Action| !action.is_work());
        let Some(due_on) = line.due_on.filter(|_| !is_waited_for) else { continue };
        let next = line.next.as_ref().map(|next| format!("\nnext: {} on {}", next.phase, next.on)).unwrap_or_default();
        let mut event = Event::new();
        event.uid(&format!("{}/{}/{}@vedetta", line.portfolio, line.client, line.action));
        event.summary(&format!("{}: {} {}", line.action.replace('_', " "), line.client, line.name));
        event.description(&format!(
            "{} {} overdue, {}\n{}\n{}{next}\n{}",
            line.overdue, line.currency, line.phase, line.why, line.why_not_more, line.owner
        ));
        event.append_property(icalendar::Property::new("DTSTART", day(due_on)).add_parameter("VALUE", "DATE").done());
        event.add_property("DTSTAMP", &stamp);
        event.add_property("CATEGORIES", &line.phase);
        event.add_property("TRANSP", "TRANSPARENT");
        calendar.push(event.done());
    }
    calendar.done().to_string()
}

/// A day on which money is promised.
fn promised(line: &TreatmentLine, awaited: &AwaitedView, stamp: &str) -> Event {
    let mut event = Event::new();
    event.uid(&format!("{}/{}/promised/{}@vedetta", line.portfolio, line.client, awaited.on));
    let amount = awaited.amount.as_ref().map(|amount| format!(" {amount} {}", line.currency)).unwrap_or_default();
    event.summary(&format!("promised{amount}: {} {}", line.client, line.name));
    event.description(&format!(
        "{} {} overdue, {}\n{}\n{}",
        line.overdue, line.currency, line.phase, line.why, line.owner
    ));
    event.append_property(icalendar::Property::new("DTSTART", day(awaited.on)).add_parameter("VALUE", "DATE").done());
    event.add_property("DTSTAMP", stamp);
    event.add_property("CATEGORIES", &line.phase);
    event.add_property("TRANSP", "TRANSPARENT");
    event.done()
}
