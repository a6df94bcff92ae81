//! The first page of the day: what changed, how much is at risk, what is to be done, and why.

use askama::Template;
use axum::{extract::State, response::Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    codes::{capital, grade_class},
    frame::{Frame, Tab, page, part},
    look::{Language, Tongue},
    review::{Waiting, waiting},
    session::Guest,
    words::Words,
};
use crate::{
    desk::{
        FreshView, MAX_DAYS_BACK, Morning, MorningAsk, MoverView, ReviewView, SourceView, TreatmentLine, days_before,
        last_working_day,
    },
    domain::{Currency, Money},
    serve::{House, fault::Fault, input::Asked},
};

/// Lines of a section: all of the page is seen at once.
const LINES: usize = 7;
/// Lines of the page with every move.
const ALL_LINES: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MorningQuery {
    days: Option<i64>,
}

impl MorningQuery {
    fn since(&self, now: Timestamp) -> Timestamp {
        let back = |days: i64| days_before(now, days.clamp(1, MAX_DAYS_BACK));
        self.days.map_or_else(|| last_working_day(now), back)
    }
}

struct MoverRow {
    href: String,
    name: String,
    from: &'static str,
    from_class: &'static str,
    to: &'static str,
    to_class: &'static str,
    notches: u32,
    spoken: String,
    why: String,
    exposure: String,
    at: String,
}

struct FactRow {
    href: String,
    name: String,
    grade: &'static str,
    class: &'static str,
    text: String,
    by: String,
}

struct DueRow {
    href: String,
    name: String,
    action: String,
    about: String,
}

struct ReviewRow {
    href: String,
    name: String,
    subject: String,
    about: String,
}

struct SourceRow {
    id: String,
    about: String,
}

#[derive(Template)]
#[template(path = "templates/morning.html", config = ".askama.toml")]
struct MorningPage {
    frame: Frame,
    w: &'static Words,
    seq: i64,
    since: String,
    night: String,
    headline: String,
    exposure: String,
    n_clients: String,
    n_clients_is_none: bool,
    at_risk: String,
    n_at_risk: String,
    expected_loss: String,
    fell: String,
    n_fell: String,
    down: Vec<MoverRow>,
    n_down: String,
    more_down: usize,
    n_moves: String,
    days: i64,
    up: Vec<MoverRow>,
    n_up: String,
    facts: Vec<FactRow>,
    n_facts: String,
    due: Vec<DueRow>,
    n_due: String,
    /// Grades that wait for whoever looks to confirm them.
    waiting: Vec<Waiting>,
    reviews: Vec<ReviewRow>,
    n_reviews: String,
    stale: Vec<SourceRow>,
    all_answer: String,
}

/// The address of a client's page.
pub(super) fn client_href(code: &str) -> String {
    format!("/clients/{}", part(code))
}

fn mover(mover: &MoverView, t: Tongue) -> MoverRow {
    let n = mover.notches.unsigned_abs();
    let way = if mover.notches < 0 { t.pick("peggiora", "falls") } else { t.pick("migliora", "rises") };
    let unit = if n == 1 { t.pick("classe", "notch") } else { t.pick("classi", "notches") };
    let (from, to) = (mover.from.as_str(), mover.to.as_str());
    MoverRow {
        href: client_href(&mover.line.code),
        name: mover.line.name.clone(),
        from,
        from_class: grade_class(from),
        to,
        to_class: grade_class(to),
        notches: n,
        spoken: t.pick(format!("{way} da {from} a {to}, {n} {unit}"), format!("{way} from {from} to {to}, {n} {unit}")),
        why: capital(t.pick(&mover.why_it, &mover.why)),
        exposure: t.round(mover.line.exposure),
        at: t.instant(mover.at),
    }
}

fn fact(fresh: &FreshView, t: Tongue) -> FactRow {
    let grade = fresh.line.grade.as_str();
    let official = if fresh.signal.official { t.pick(", fonte ufficiale", ", official") } else { "" };
    FactRow {
        href: format!("{}#facts", client_href(&fresh.line.code)),
        name: fresh.line.name.clone(),
        grade,
        class: grade_class(grade),
        text: t.fact(&fresh.signal),
        by: format!(
            "{} · {}{official} · {}",
            t.day(fresh.signal.valid_at),
            fresh.signal.source,
            t.round(fresh.line.exposure)
        ),
    }
}

fn due(line: &TreatmentLine, t: Tongue) -> DueRow {
    let late = line.late_since.map(|on| format!(" · {} {}", t.pick("in ritardo dal", "late since"), t.day(on)));
    let late = late.unwrap_or_default();
    // Of a dispute nothing counts as overdue: then what is owed says how much it is about.
    let about = if line.oldest_overdue_days > 0 {
        let overdue = t.decimal(&line.overdue, &line.currency);
        let (owed, days) = (t.pick("scaduti", "overdue"), t.pick("giorni", "days"));
        format!("{overdue} {owed}, {} {days}{late}", line.oldest_overdue_days)
    } else {
        format!("{} {}{late}", t.decimal(&line.exposure, &line.currency), t.pick("aperti", "open"))
    };
    DueRow {
        href: format!("{}#treatment", client_href(&line.client)),
        name: line.name.clone(),
        action: capital(&t.action(&line.action)),
        about,
    }
}

fn review(review: &ReviewView, t: Tongue) -> ReviewRow {
    ReviewRow {
        href: client_href(&review.client),
        name: review.name.clone(),
        subject: review.subject_name.clone(),
        about: format!("{} · {}", t.fact(&review.signal), t.percent_whole(review.certainty)),
    }
}

fn silent(source: &SourceView, t: Tongue) -> SourceRow {
    let since = source.last_ok_at.map_or_else(|| t.pick("mai", "never").to_owned(), |at| t.instant(at));
    SourceRow { id: source.id.clone(), about: format!("{} {since}", t.pick("ultima risposta:", "last answer:")) }
}

fn night(morning: &Morning, t: Tongue) -> String {
    let Some(run) = &morning.night else { return t.pick("nessuna notte ancora", "no night yet").to_owned() };
    let scanned = t.whole(run.scanned);
    match (run.state.as_str(), run.ended_at) {
        ("done", Some(at)) if run.failed > 0 => {
            let failed = t.whole(run.failed);
            let at = t.instant(at);
            t.pick(
                format!("notte finita {at}: {scanned} valutati, {failed} non riusciti"),
                format!("night ended {at}: {scanned} rated, {failed} failed"),
            )
        }
        ("done", Some(at)) => {
            let at = t.instant(at);
            t.pick(format!("notte finita {at}, {scanned} valutati"), format!("night ended {at}, {scanned} rated"))
        }
        ("failed", _) => t.pick("la notte non è riuscita", "the night failed").to_owned(),
        _ => t.pick(format!("notte in corso: {scanned} valutati"), format!("night under way: {scanned} rated")),
    }
}

/// The answer in a sentence.
fn headline(morning: &Morning, fell: &str, t: Tongue) -> String {
    let n = morning.movers.n_down;
    let moved = match (n, t.language) {
        (0, Language::Italian) => "Nessun cliente è peggiorato".to_owned(),
        (0, Language::English) => "No client has got worse".to_owned(),
        (1, Language::Italian) => format!("Un cliente è peggiorato, {fell} di esposizione"),
        (1, Language::English) => format!("One client has got worse, {fell} of exposure"),
        (_, Language::Italian) => format!("{} clienti sono peggiorati, {fell} di esposizione", t.count(n)),
        (_, Language::English) => format!("{} clients have got worse, {fell} of exposure", t.count(n)),
    };
    let due = match (morning.n_due, t.language) {
        (0, Language::Italian) => "oggi nulla da fare".to_owned(),
        (0, Language::English) => "nothing to do today".to_owned(),
        (1, Language::Italian) => "oggi una cosa da fare".to_owned(),
        (1, Language::English) => "one thing to do today".to_owned(),
        (n, Language::Italian) => format!("oggi {} cose da fare", t.whole(n)),
        (n, Language::English) => format!("{} things to do today", t.whole(n)),
    };
    format!("{moved}; {due}.")
}

fn clients(n: usize, t: Tongue) -> String {
    let unit = if n == 1 { t.pick("cliente", "client") } else { t.pick("clienti", "clients") };
    format!("{} {unit}", t.count(n))
}

fn view(guest: &Guest, morning: &Morning, waiting: Vec<Waiting>) -> MorningPage {
    let t = guest.look.tongue;
    let (w, movers) = (t.words(), &morning.movers);
    let money = |minor: i64| match morning.currency {
        Some(currency) => t.round(Money::from_minor(minor, currency)),
        None => t.whole(minor / 100),
    };
    let fell = money(movers.down_minor);
    let stale: Vec<SourceRow> = morning.sources.iter().filter(|s| s.is_stale).map(|s| silent(s, t)).collect();
    let n_sources = morning.sources.len();
    MorningPage {
        frame: Frame::of(guest, Tab::Morning, w.morning),
        w,
        seq: movers.seq,
        since: t.instant(movers.since),
        night: night(morning, t),
        headline: headline(morning, &fell, t),
        exposure: money(morning.exposure_minor),
        n_clients: clients(morning.n_clients, t),
        n_clients_is_none: morning.n_clients == 0,
        at_risk: money(morning.at_risk_minor),
        n_at_risk: t.pick(
            format!("{} in C o D", clients(morning.n_at_risk, t)),
            format!("{} in C or D", clients(morning.n_at_risk, t)),
        ),
        expected_loss: money(morning.expected_loss_minor),
        n_fell: clients(movers.n_down, t),
        fell,
        more_down: movers.n_down.saturating_sub(movers.down.len()) + movers.n_up.saturating_sub(movers.up.len()),
        n_moves: t.count(movers.n_down + movers.n_up),
        days: (movers.now.as_second() - movers.since.as_second()) / 86_400,
        down: movers.down.iter().map(|m| mover(m, t)).collect(),
        n_down: t.count(movers.n_down),
        up: movers.up.iter().map(|m| mover(m, t)).collect(),
        n_up: t.count(movers.n_up),
        facts: morning.facts.iter().map(|f| fact(f, t)).collect(),
        n_facts: t.count(morning.n_facts),
        due: morning.due.iter().map(|d| due(d, t)).collect(),
        n_due: t.whole(morning.n_due),
        waiting,
        reviews: morning.reviews.iter().map(|r| review(r, t)).collect(),
        n_reviews: t.whole(morning.n_reviews),
        all_answer: match n_sources {
            0 => w.no_sources.to_owned(),
            n => format!("{} {}", t.count(n), w.sources_answer),
        },
        stale,
    }
}

fn ask(house: &House, query: &MorningQuery, lines: usize) -> MorningAsk {
    MorningAsk { since: query.since(house.desk.clock.now()), lines }
}

/// The morning.
pub(super) async fn morning(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<MorningQuery>,
) -> Result<Response, Fault> {
    let ask = ask(&house, &query, LINES);
    let morning = house.desk.morning(&house.roll, &house.lately, &guest.visitor.caller, ask).await?;
    let waiting = waiting(&house, &guest, LINES).await?;
    page(&view(&guest, &morning, waiting))
}

#[derive(Template)]
#[template(path = "templates/changes.html", config = ".askama.toml")]
struct ChangesPage {
    frame: Frame,
    w: &'static Words,
    seq: i64,
    since: String,
    down: Vec<MoverRow>,
    n_down: String,
    up: Vec<MoverRow>,
    n_up: String,
}

/// Every move of some days.
pub(super) async fn changes(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<MorningQuery>,
) -> Result<Response, Fault> {
    let ask = ask(&house, &query, ALL_LINES);
    let movers = house.desk.movers(&house.roll, &house.lately, &guest.visitor.caller, ask).await?;
    let t = guest.look.tongue;
    page(&ChangesPage {
        frame: Frame::of(&guest, Tab::Morning, t.words().all_moves),
        w: t.words(),
        seq: movers.seq,
        since: t.instant(movers.since),
        down: movers.down.iter().map(|m| mover(m, t)).collect(),
        n_down: t.count(movers.n_down),
        up: movers.up.iter().map(|m| mover(m, t)).collect(),
        n_up: t.count(movers.n_up),
    })
}

/// An amount in the currency of the house, when it has one.
pub(super) fn amount(minor: i64, currency: Option<Currency>, t: Tongue) -> String {
    currency.map_or_else(|| t.whole(minor / 100), |currency| t.round(Money::from_minor(minor, currency)))
}
