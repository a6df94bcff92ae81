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
    work::{of_day, only},
};
use crate::{
    desk::{AgendaDay, Promised},
    domain::AsOf,
    serve::{House, fault::Fault, input::Asked},
};

/// Weeks that are shown: a month, wherever it begins.
const WEEKS: usize = 5;
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

/// Money that is promised.
pub(super) struct Pledge {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) day: String,
    /// How much, where the promise says so.
    pub(super) amount: String,
}

impl Pledge {
    pub(super) fn of(promised: &Promised, t: Tongue) -> Self {
        Self {
            href: format!("{}#treatment", client_href(&promised.client)),
            name: promised.name.clone(),
            day: t.day(promised.on),
            amount: promised.amount.as_ref().map_or_else(String::new, |sum| t.decimal(sum, &promised.currency)),
        }
    }
}

struct Day {
    number: String,
    spoken: String,
    is_today: bool,
    is_past: bool,
    tasks: Vec<Task>,
    more: Option<String>,
    /// Where all of the day is.
    all: String,
    pledges: Vec<Pledge>,
    more_pledges: Option<String>,
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
}

fn task(task: &crate::desk::Task, t: Tongue) -> Task {
    Task { href: client_href(&task.client), name: task.name.clone(), action: capital(&t.action(&task.action)) }
}

/// How many there are of a day's tasks beyond those that are named.
fn more_tasks(day: &AgendaDay, t: Tongue) -> Option<String> {
    more(usize::try_from(day.n).unwrap_or(usize::MAX).saturating_sub(day.tasks.len()), t)
}

/// How many there are beyond those that are named.
pub(super) fn more(more: usize, t: Tongue) -> Option<String> {
    let (one, many) = (t.pick("e un altro".to_owned(), "and one more".to_owned()), t.count(more));
    match more {
        0 => None,
        1 => Some(one),
        _ => Some(t.pick(format!("e altri {many}"), format!("and {many} more"))),
    }
}

/// A day, with what falls due on it, and what is promised for it.
fn day(on: Date, (today, owner): (Date, &str), (agenda, promised): (&[AgendaDay], &[Promised]), t: Tongue) -> Day {
    let own = agenda.iter().find(|day| day.on == on);
    let pledges: Vec<&Promised> = promised.iter().filter(|promised| promised.on == on).collect();
    Day {
        number: if on.day() == 1 { format!("{}/{}", on.day(), on.month()) } else { on.day().to_string() },
        spoken: t.day(on),
        is_today: on == today,
        is_past: on < today,
        tasks: own.map(|day| day.tasks.iter().map(|one| task(one, t)).collect()).unwrap_or_default(),
        more: own.and_then(|day| more_tasks(day, t)),
        all: of_day(on, owner),
        more_pledges: more(pledges.len().saturating_sub(NAMED), t),
        pledges: pledges.into_iter().take(NAMED).map(|promised| Pledge::of(promised, t)).collect(),
    }
}

/// The Monday of a day's week.
fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(Span::new().days(back)).unwrap_or(day)
}

fn owners(names: &[&str], chosen: &str, t: Tongue) -> Vec<Owner> {
    let w = t.words();
    let everybody =
        Owner { href: "/work/calendar".to_owned(), label: w.everybody.to_owned(), is_here: chosen.is_empty() };
    let owner = |name: &&str| Owner {
        href: format!("/work/calendar?owner={}", part(name)),
        label: capital(&t.owner(name)),
        is_here: *name == chosen,
    };
    std::iter::once(everybody).chain(names.iter().map(owner)).collect()
}

/// The page.
pub(super) async fn calendar(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<CalendarQuery>,
) -> Result<Response, Fault> {
    let today = AsOf::at(house.desk.clock.now()).valid_at;
    let all: Vec<Date> = monday(today).series(Span::new().days(1)).take(WEEKS * 7).collect();
    let last = all.last().copied().unwrap_or(today);
    let (caller, owner) = (&guest.visitor.caller, only(&query.owner));
    let (agenda, promised) = tokio::try_join!(
        house.desk.agenda(caller, owner, (today, last), NAMED),
        house.desk.promised(caller, owner, (today, last))
    )?;
    let told = (agenda.as_slice(), promised.as_slice());
    let (t, w) = (guest.look.tongue, guest.look.tongue.words());
    page(&CalendarPage {
        frame: Frame::of(&guest, Tab::Work, w.calendar_page),
        w,
        owners: owners(&house.desk.rescorer.policy.owners(), &query.owner, t),
        heads: t
            .pick(["lun", "mar", "mer", "gio", "ven", "sab", "dom"], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]),
        weeks: all
            .chunks(7)
            .map(|week| week.iter().map(|on| day(*on, (today, &query.owner), told, t)).collect())
            .collect(),
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
