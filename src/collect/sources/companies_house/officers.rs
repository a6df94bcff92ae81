//! Officers: how many left, in which office, on which day. Who they are is never read.

use jiff::{ToSpan, civil::Date};

use super::Reader;
use crate::{
    collect::sources::record::Record,
    domain::{Fact, Filing, Mention},
};

const ROLES: &[&str] = &[
    "cic-manager",
    "corporate-director",
    "corporate-llp-designated-member",
    "corporate-llp-member",
    "corporate-manager-of-an-eeig",
    "corporate-managing-officer",
    "corporate-member-of-a-management-organ",
    "corporate-member-of-a-supervisory-organ",
    "corporate-member-of-an-administrative-organ",
    "corporate-nominee-director",
    "corporate-nominee-secretary",
    "corporate-secretary",
    "director",
    "general-partner-in-a-limited-partnership",
    "judicial-factor",
    "limited-partner-in-a-limited-partnership",
    "llp-designated-member",
    "llp-member",
    "manager-of-an-eeig",
    "managing-officer",
    "member-of-a-management-organ",
    "member-of-a-supervisory-organ",
    "member-of-an-administrative-organ",
    "nominee-director",
    "nominee-secretary",
    "person-authorised-to-accept",
    "person-authorised-to-represent",
    "person-authorised-to-represent-and-accept",
    "receiver-and-manager",
    "secretary",
];

/// Resignations older than this say nothing about the company of today.
const REMEMBERED_YEARS: i32 = 3;

/// So many heads leaving within so many days is a flight, not a retirement.
const FLIGHT: usize = 3;
const FLIGHT_DAYS: i32 = 90;

/// The form by which the register is told that an officer left.
const TERMINATION: &str = "TM01";

impl Reader {
    /// A page of the list of officers. Each resignation is a filing; three of those who lead within ninety days are one more.
    pub(super) fn officers(&mut self, record: &mut Record) -> Vec<Mention> {
        record.ignore(&["etag", "kind", "links", "active_count", "inactive_count", "resigned_count", "items_per_page"]);
        let items = record.records("items");
        self.note_pages(record, "total_results", items.len());
        let horizon = self.seen.checked_sub(REMEMBERED_YEARS.years()).unwrap_or(Date::MIN);
        let mut left: Vec<(Date, String)> = items.into_iter().filter_map(resignation).collect();
        left.retain(|(day, _)| (horizon..=self.seen).contains(day));
        left.sort();
        let mut mentions: Vec<Mention> = Vec::new();
        for (place, (day, role)) in left.iter().enumerate() {
            let same_day = left.iter().take(place).filter(|earlier| *earlier == &(*day, role.clone())).count();
            let own_id = format!("resignation/{day}/{role}/{same_day}");
            mentions.push(self.mention(&own_id, terminated(role), Some(*day)));
        }
        let leaders: Vec<Date> = left.iter().filter(|(_, role)| leads(role)).map(|(day, _)| *day).collect();
        if let Some(day) = flight(&leaders) {
            mentions.push(self.mention(&format!("resignations/{day}"), terminated("several-at-once"), Some(day)));
        }
        mentions
    }
}

/// The day an officer left, and the office. Everything else about a person is forgotten.
fn resignation(mut officer: Record) -> Option<(Date, String)> {
    let role = officer.word("officer_role", |role| ROLES.contains(&role).then(|| role.to_owned()));
    let resigned = officer.day("resigned_on");
    // Members of tomorrow will speak of persons, too: none may end among the leftovers.
    officer.ignore_rest();
    Some((resigned?, role?))
}

fn terminated(role: &str) -> Fact {
    Fact::Filing(Filing { form: TERMINATION.to_owned(), category: format!("officers/{role}"), overdue: false })
}

fn leads(role: &str) -> bool {
    role.contains("director") || role.contains("member") || role.contains("manager")
}

/// The last day of the newest run of resignations that is a flight.
fn flight(days: &[Date]) -> Option<Date> {
    let is_flight = |run: &&[Date]| match run {
        [first, .., last] => first.until(*last).is_ok_and(|span| span.get_days() <= FLIGHT_DAYS),
        _ => false,
    };
    days.windows(FLIGHT).rfind(is_flight).and_then(|run| run.last().copied())
}
