//! What is to be done as a calendar: five weeks from this one on, each day with what falls due.

use askama::Template;
use axum::{extract::State, response::Response};
use jiff::{Span, civil::Date};
use serde::Deserialize;

use super::{
    codes::capital,
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::client_href,
    session::Guest,
    words::Words,
    work::due,
};
use crate::{
    desk::TreatmentLine,
    domain::AsOf,
    serve::{House, fault::Fault, input::Asked},
};

/// Weeks that are shown: a month, wherever it begins.
const WEEKS: usize = 5;
/// Things to do that are read for it; a month of more is a list and no calendar.
const MAX_LINES: usize = 1_000;
/// Things that are named on a day; the others are counted.
const NAMED: usize = 4;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CalendarQuery {
    /// Of this person only, in the policy's words.
    owner: String,
}

struct Task {
    href: String,
    name: String,
    action: String,
}

struct Day {
    number: String,
    spoken: String,
    is_today: bool,
    is_past: bool,
    tasks: Vec<Task>,
    more: Option<String>,
}

struct Owner {
    href: String,
    label: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "templates/calendar.html", config = ".askama.toml")]
struct CalendarPage {
    frame: Frame,
    w: &'static Words,
    owners: Vec<Owner>,
    heads: [&'static str; 7],
    weeks: Vec<Vec<Day>>,
    /// What should have been done before the first day that is shown.
    late: Vec<Task>,
    n_late: String,
    is_cut: bool,
}

fn task(line: &TreatmentLine, t: Tongue) -> Task {
    Task { href: client_href(&line.client), name: line.name.clone(), action: capital(&t.action(&line.action)) }
}

/// A day, with what falls due on it.
fn day(on: Date, today: Date, lines: &[TreatmentLine], t: Tongue) -> Day {
    let own: Vec<&TreatmentLine> = lines.iter().filter(|line| line.due_on == Some(on)).collect();
    let more = own.len().saturating_sub(NAMED);
    Day {
        number: if on.day() == 1 { format!("{}/{}", on.day(), on.month()) } else { on.day().to_string() },
        spoken: t.day(on),
        is_today: on == today,
        is_past: on < today,
        tasks: own.iter().take(NAMED).map(|line| task(line, t)).collect(),
        more: (more > 0).then(|| t.pick(format!("e altri {}", t.count(more)), format!("and {} more", t.count(more)))),
    }
}

/// The Monday of a day's week.
fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(Span::new().days(back)).unwrap_or(day)
}

fn owners(lines: &[TreatmentLine], chosen: &str, t: Tongue) -> Vec<Owner> {
    let w = t.words();
    let mut names: Vec<&str> = lines.iter().map(|line| line.owner.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let everybody =
        Owner { href: "/work/calendar".to_owned(), label: w.everybody.to_owned(), is_here: chosen.is_empty() };
    let owner = |name: &str| Owner {
        href: format!("/work/calendar?owner={}", part(name)),
        label: capital(&t.owner(name)),
        is_here: name == chosen,
    };
    std::iter::once(everybody).chain(names.into_iter().map(owner)).collect()
}

/// The page.
pub(super) async fn calendar(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<CalendarQuery>,
) -> Result<Response, Fault> {
    let today = AsOf::at(house.desk.clock.now()).valid_at;
    let first = monday(today);
    let all: Vec<Date> = first.series(Span::new().days(1)).take(WEEKS * 7).collect();
    let last = all.last().copied().unwrap_or(today);
    let mut lines = due(&house, &guest, last, MAX_LINES).await?;
    let is_cut = lines.len() >= MAX_LINES;
    let (t, w) = (guest.look.tongue, guest.look.tongue.words());
    let owners = owners(&lines, &query.owner, t);
    lines.retain(|line| query.owner.is_empty() || line.owner == query.owner);
    let late: Vec<&TreatmentLine> = lines.iter().filter(|line| line.due_on.is_some_and(|on| on < first)).collect();
    page(&CalendarPage {
        frame: Frame::of(&guest, Tab::Work, w.calendar_page),
        w,
        owners,
        heads: t
            .pick(["lun", "mar", "mer", "gio", "ven", "sab", "dom"], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]),
        weeks: all.chunks(7).map(|week| week.iter().map(|on| day(*on, today, &lines, t)).collect()).collect(),
        n_late: t.count(late.len()),
        late: late.iter().take(NAMED).map(|line| task(line, t)).collect(),
        is_cut,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::monday;

    #[test]
    fn a_week_begins_on_monday() {
        assert_eq!(monday(date(2026, 11, 22)), date(2026, 11, 16));
        assert_eq!(monday(date(2026, 11, 16)), date(2026, 11, 16));
    }
}
