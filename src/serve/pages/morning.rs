//! The first page of the day: what changed, how much is at risk, what is to be done, and why.

use askama::Template;
use axum::{extract::State, response::Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    calendar::more,
    codes::{capital, grade_class},
    frame::{Frame, Tab, page, part},
    look::{Language, Tongue},
    review::{Waiting, waiting},
    session::Guest,
    words::Words,
};
use crate::{
    desk::{
        FreshView, MAX_DAYS_BACK, Morning, MorningAsk, MoverView, Reach, ReviewView, SourceView, Weighed, days_before,
        last_working_day,
    },
    domain::{Currency, Money},
    serve::{House, fault::Fault, input::Asked},
};

/// Lines of each section: all of the page is seen at once, on a screen of 1440 by 900. What is more is a link away.
const DOWN: usize = 6;
const UP: usize = 3;
const FACTS: usize = 3;
/// Less what waits beside it for the same eyes.
const DUE: usize = 7;
const WAITING: usize = 2;
const REVIEWS: usize = 2;
const STALE: usize = 2;
/// Lines of the longest section.
const LINES: usize = DUE;
/// Grades that wait for a second person, counted; more than these are a list of their own.
const MAX_WAITING: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MorningQuery {
    days: Option<i64>,
}

impl MorningQuery {
    pub(super) fn since(&self, now: Timestamp) -> Timestamp {
        let back = |days: i64| days_before(now, days.clamp(1, MAX_DAYS_BACK));
        self.days.map_or_else(|| last_working_day(now), back)
    }
}

pub(super) struct MoverRow {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) from: &'static str,
    pub(super) from_class: &'static str,
    pub(super) to: &'static str,
    pub(super) to_class: &'static str,
    pub(super) notches: u32,
    pub(super) spoken: String,
    pub(super) why: String,
    pub(super) exposure: String,
    pub(super) at: String,
}

pub(super) struct FactRow {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) grade: &'static str,
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) by: String,
}

struct DueRow {
    href: String,
    name: String,
    action: String,
    /// What is expected to be lost.
    at_stake: String,
    about: String,
}

struct ReviewRow {
    href: String,
    name: String,
    subject: String,
    about: String,
}

/// Where all of a section is, and how that is called: what is not shown here, when something is not.
struct All {
    href: String,
    label: String,
}

impl All {
    /// Of a section that shows so many of `n`; nothing to link to where there is none at all.
    fn of(href: impl Into<String>, (shown, n): (usize, usize), otherwise: &str, t: Tongue) -> Option<Self> {
        let label = more(n.saturating_sub(shown), t).unwrap_or_else(|| otherwise.to_owned());
        (n > 0 && !label.is_empty()).then(|| Self { href: href.into(), label })
    }
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
    may_see_nights: bool,
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
    all_down: Option<All>,
    up: Vec<MoverRow>,
    n_up: String,
    all_up: Option<All>,
    facts: Vec<FactRow>,
    n_facts: String,
    all_facts: Option<All>,
    due: Vec<DueRow>,
    n_due: String,
    all_due: Option<All>,
    /// Grades that wait for whoever looks to confirm them.
    waiting: Vec<Waiting>,
    n_waiting: String,
    all_waiting: Option<All>,
    reviews: Vec<ReviewRow>,
    n_reviews: String,
    all_reviews: Option<All>,
    stale: Vec<SourceRow>,
    all_stale: Option<All>,
    all_answer: String,
}

/// The address of a client's page.
pub(super) fn client_href(code: &str) -> String {
    format!("/clients/{}", part(code))
}

pub(super) fn mover(mover: &MoverView, t: Tongue) -> MoverRow {
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

pub(super) fn fact(fresh: &FreshView, t: Tongue) -> FactRow {
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

fn due(weighed: &Weighed, t: Tongue) -> DueRow {
    let line = &weighed.line;
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
        at_stake: t.round(weighed.at_stake),
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

/// The first links to review; what several sources tell in the same words is one story here, and each is decided on its page.
fn stories(reviews: &[ReviewView], t: Tongue) -> Vec<ReviewRow> {
    let mut told: Vec<ReviewRow> = Vec::new();
    for row in reviews.iter().map(|one| review(one, t)) {
        let is_told = told
            .iter()
            .any(|known| (&known.href, &known.subject, &known.about) == (&row.href, &row.subject, &row.about));
        if !is_told && told.len() < REVIEWS {
            told.push(row);
        }
    }
    told
}

fn silent(source: &SourceView, t: Tongue) -> SourceRow {
    let since = source.last_ok_at.map_or_else(|| t.pick("mai", "never").to_owned(), |at| t.instant(at));
    SourceRow { id: source.id.clone(), about: format!("{} {since}", t.pick("ultima risposta:", "last answer:")) }
}

/// How the last night went; whoever sees a part of the house is not told how many clients all of it has.
fn night(morning: &Morning, sees_all: bool, t: Tongue) -> String {
    let Some(run) = &morning.night else { return t.pick("nessuna notte ancora", "no night yet").to_owned() };
    let scanned = t.whole(run.scanned);
    let (down, up) = (t.whole(run.moved_down), t.whole(run.moved_up));
    match (run.state.as_str(), run.ended_at) {
        ("done", Some(at)) => {
            let mut said = format!("{} {}", t.pick("notte finita", "night ended"), t.instant(at));
            if sees_all {
                said += &t.pick(
                    format!(": valutati {scanned}, peggiorati {down}, migliorati {up}"),
                    format!(": rated {scanned}, worse {down}, better {up}"),
                );
            }
            if sees_all && run.failed > 0 {
                said += &format!(", {} {}", t.pick("non riusciti", "failed"), t.whole(run.failed));
            }
            said
        }
        ("failed", _) => t.pick("la notte non è riuscita", "the night failed").to_owned(),
        _ if sees_all => {
            t.pick(format!("notte in corso: {scanned} valutati"), format!("night under way: {scanned} rated"))
        }
        _ => t.pick("notte in corso", "night under way").to_owned(),
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
        (n, Language::Italian) => format!("oggi {} cose da fare", t.count(n)),
        (n, Language::English) => format!("{} things to do today", t.count(n)),
    };
    format!("{moved}; {due}.")
}

fn clients(n: usize, t: Tongue) -> String {
    let unit = if n == 1 { t.pick("cliente", "client") } else { t.pick("clienti", "clients") };
    format!("{} {unit}", t.count(n))
}

fn view(guest: &Guest, morning: &Morning, mut waiting: Vec<Waiting>) -> MorningPage {
    let t = guest.look.tongue;
    let (w, movers) = (t.words(), &morning.movers);
    let sees_all = guest.visitor.caller.reach == Reach::Everything;
    let money = |minor: i64| match morning.currency {
        Some(currency) => t.round(Money::from_minor(minor, currency)),
        None => t.whole(minor / 100),
    };
    let fell = money(movers.down_minor);
    let days = (movers.now.as_second() - movers.since.as_second()) / 86_400;
    let changes = |part: &str| format!("/changes?days={days}#{part}");
    let down: Vec<MoverRow> = movers.down.iter().take(DOWN).map(|m| mover(m, t)).collect();
    let up: Vec<MoverRow> = movers.up.iter().take(UP).map(|m| mover(m, t)).collect();
    let facts: Vec<FactRow> = morning.facts.iter().take(FACTS).map(|f| fact(f, t)).collect();
    let reviews = stories(&morning.reviews, t);
    let silent: Vec<&SourceView> = morning.sources.iter().filter(|s| s.is_stale).collect();
    let n_reviews = usize::try_from(morning.n_reviews).unwrap_or(usize::MAX);
    let n_waiting = waiting.len();
    waiting.truncate(WAITING);
    let due: Vec<DueRow> = morning.due.iter().take(DUE - waiting.len() - reviews.len()).map(|d| due(d, t)).collect();
    MorningPage {
        frame: Frame::of(guest, Tab::Morning, w.morning),
        w,
        seq: movers.seq,
        since: t.instant(movers.since),
        night: night(morning, sees_all, t),
        may_see_nights: sees_all,
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
        all_down: All::of(changes("worse"), (down.len(), movers.n_down), w.all_moves, t),
        down,
        n_down: t.count(movers.n_down),
        all_up: All::of(changes("better"), (up.len(), movers.n_up), "", t),
        up,
        n_up: t.count(movers.n_up),
        all_facts: All::of(changes("fresh"), (facts.len(), morning.n_facts), "", t),
        facts,
        n_facts: t.count(morning.n_facts),
        all_due: All::of("/work", (due.len(), morning.n_due), w.all_work, t),
        due,
        n_due: t.count(morning.n_due),
        all_waiting: All::of("/review#waiting", (waiting.len(), n_waiting), w.decide_links, t),
        waiting,
        n_waiting: t.count(n_waiting),
        all_reviews: All::of("/review", (reviews.len(), n_reviews), w.decide_links, t),
        reviews,
        n_reviews: t.count(n_reviews),
        all_stale: All::of("/sources", (silent.len().min(STALE), silent.len()), w.sources, t),
        stale: silent.into_iter().take(STALE).map(|source| self::silent(source, t)).collect(),
        all_answer: match morning.sources.len() {
            0 => w.no_sources.to_owned(),
            n => format!("{} {}", t.count(n), w.sources_answer),
        },
    }
}

pub(super) fn ask(house: &House, query: &MorningQuery, lines: usize) -> MorningAsk {
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
    let waiting = waiting(&house, &guest, MAX_WAITING).await?;
    page(&view(&guest, &morning, waiting))
}

/// An amount in the currency of the house, when it has one.
pub(super) fn amount(minor: i64, currency: Option<Currency>, t: Tongue) -> String {
    currency.map_or_else(|| t.whole(minor / 100), |currency| t.round(Money::from_minor(minor, currency)))
}
