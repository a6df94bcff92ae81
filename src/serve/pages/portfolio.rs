//! How the portfolio stands, who moved, and what a broken market would do to it.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    clients::{SECTIONS, section_name},
    codes::grade_class,
    form::Choice,
    frame::{Frame, Tab, page},
    look::Tongue,
    morning::{amount, client_href},
    session::Guest,
    words::Words,
};
use crate::{
    desk::{Stand, StandLine, StressInput, StressView},
    domain::Grade,
    serve::{House, fault::Fault, input::Asked},
};

/// The width of a bar, in its own units.
const WIDTH: f64 = 1000.0;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PortfolioQuery {
    /// The section of NACE that is hit.
    sector: String,
    /// Change of its output, per cent.
    shock: String,
}

struct Row {
    label: String,
    href: String,
    class: &'static str,
    n: String,
    exposure: String,
    share: String,
    width: String,
    loss: String,
}

/// A division of NACE on the map.
struct Tile {
    code: String,
    rate: String,
    /// How its clients stand against all of them: the class that paints it, the mark and the word that say the same.
    class: &'static str,
    mark: &'static str,
    word: &'static str,
    about: String,
}

struct Largest {
    href: String,
    name: String,
    grade: &'static str,
    class: &'static str,
    exposure: String,
    share: String,
}

/// A cell of the matrix: how many, and whether that is worse or better; nothing where nobody moved.
struct Cell {
    n: String,
    class: &'static str,
}

struct MatrixRow {
    from: &'static str,
    cells: Vec<Cell>,
}

struct Stressed {
    title: String,
    before: String,
    after: String,
    change: String,
    fall: String,
}

#[derive(Template)]
#[template(path = "templates/portfolio.html", config = ".askama.toml")]
struct PortfolioPage {
    frame: Frame,
    w: &'static Words,
    is_empty: bool,
    n: String,
    exposure: String,
    loss: String,
    loss_share: String,
    grades: Vec<Row>,
    sections: Vec<Row>,
    tiles: Vec<Tile>,
    largest: Vec<Largest>,
    heads: Vec<&'static str>,
    matrix: Vec<MatrixRow>,
    days: i64,
    sectors: Vec<Choice>,
    shock: i32,
    stressed: Option<Stressed>,
}

#[expect(clippy::cast_precision_loss, reason = "shares for showing")]
fn share(part: i64, all: i64) -> f64 {
    if all > 0 { part.max(0) as f64 / all as f64 } else { 0.0 }
}

#[expect(clippy::cast_possible_truncation, reason = "a sum of losses in cents is far below 2^53")]
fn loss(minor: f64, stand: &Stand, t: Tongue) -> String {
    amount(minor.round() as i64, stand.currency, t)
}

#[expect(clippy::cast_precision_loss, reason = "a share for showing")]
fn loss_share(stand: &Stand, t: Tongue) -> String {
    t.percent(stand.expected_loss_minor / stand.exposure_minor.max(1) as f64)
}

fn row(line: &StandLine, stand: &Stand, most: i64, t: Tongue) -> Row {
    let of_all = share(line.exposure_minor, stand.exposure_minor);
    Row {
        label: line.key.clone(),
        href: String::new(),
        class: "",
        n: t.count(line.n),
        exposure: amount(line.exposure_minor, stand.currency, t),
        share: t.percent_whole(of_all),
        width: format!("{:.1}", share(line.exposure_minor, most) * WIDTH),
        loss: loss(line.expected_loss_minor, stand, t),
    }
}

fn most(lines: &[StandLine]) -> i64 {
    lines.iter().map(|line| line.exposure_minor).max().unwrap_or(0)
}

fn grades(stand: &Stand, t: Tongue) -> Vec<Row> {
    let most = most(&stand.grades);
    let grade = |line: &StandLine| Row {
        href: format!("/clients?grade={}", line.key),
        class: grade_class(&line.key),
        ..row(line, stand, most, t)
    };
    stand.grades.iter().map(grade).collect()
}

fn sections(stand: &Stand, t: Tongue, w: &Words) -> Vec<Row> {
    let most = most(&stand.sections);
    let section = |line: &StandLine| {
        let name = section_name(&line.key, t);
        Row {
            href: name.map(|_| format!("/clients?sector={}", line.key)).unwrap_or_default(),
            label: match (name, line.key.as_str()) {
                (Some(name), key) => format!("{key} · {name}"),
                (None, "") => w.not_said.to_owned(),
                (None, key) => key.to_owned(),
            },
            ..row(line, stand, most, t)
        }
    };
    stand.sections.iter().map(section).collect()
}

/// From so many times the loss rate of all clients on, a division stands out; from [`BURNS`] on it is in crisis.
const STANDS_OUT: f64 = 1.25;
/// See [`STANDS_OUT`].
const BURNS: f64 = 2.0;

/// The map: each division with its expected loss on what is owed, beside that of all clients.
#[expect(clippy::cast_precision_loss, reason = "rates for showing")]
fn tiles(stand: &Stand, t: Tongue, w: &Words) -> Vec<Tile> {
    let rate = |loss: f64, exposure: i64| if exposure > 0 { loss / exposure as f64 } else { 0.0 };
    let usual = rate(stand.expected_loss_minor, stand.exposure_minor);
    let tile = |line: &StandLine| {
        let own = rate(line.expected_loss_minor, line.exposure_minor);
        let (class, mark, word) = match own / usual.max(f64::MIN_POSITIVE) {
            times if times >= BURNS => ("burns", "▼▼", w.burns),
            times if times >= STANDS_OUT => ("stands-out", "▼", w.stands_out),
            _ => ("calm", "", w.is_calm),
        };
        let exposure = amount(line.exposure_minor, stand.currency, t);
        let about = format!("{} {}, {exposure}", t.count(line.n), w.clients_lower);
        Tile { code: line.key.clone(), rate: t.percent(own), class, mark, word, about }
    };
    stand.divisions.iter().map(tile).collect()
}

fn matrix(stand: &Stand, t: Tongue) -> Vec<MatrixRow> {
    if stand.moves.is_empty() {
        return Vec::new();
    }
    let cell = |from: Grade, to: Grade| {
        let n = stand.moves.iter().find(|(a, b, _)| (*a, *b) == (from, to)).map(|(_, _, n)| *n);
        Cell {
            n: n.map_or_else(String::new, |n| t.count(n)),
            class: match from.notches_to(to) {
                ..0 => "worse",
                0 => "",
                1.. => "better",
            },
        }
    };
    let row =
        |from: &Grade| MatrixRow { from: from.as_str(), cells: Grade::ALL.iter().map(|to| cell(*from, *to)).collect() };
    Grade::ALL.iter().map(row).collect()
}

fn stressed(view: &StressView, sector: &str, shock: i32, stand: &Stand, t: Tongue, w: &Words) -> Stressed {
    let (before, after) = (view.shift.before.expected_loss, view.shift.after.expected_loss);
    let change = if before > 0.0 { (after - before) / before } else { 0.0 };
    let whom = section_name(sector, t).map_or_else(|| w.all_sectors.to_owned(), str::to_owned);
    let hit = t.pick("clienti colpiti", "clients hit");
    Stressed {
        title: format!("{whom}, {} %: {} {hit}", t.signed(shock), t.whole(i64::try_from(view.shift.hit).unwrap_or(0))),
        before: loss(before * 100.0, stand, t),
        after: loss(after * 100.0, stand, t),
        change: format!("{}{}", if change > 0.0 { "+" } else { "" }, t.percent(change)),
        fall: t.whole(i64::try_from(view.shift.moved_down).unwrap_or(0)),
    }
}

/// The page.
pub(super) async fn portfolio(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Response, Fault> {
    let caller = &guest.visitor.caller;
    let stand = house.desk.stand(&house.roll, &house.lately, caller).await?;
    let t = guest.look.tongue;
    let w = t.words();
    let shock = query.shock.parse::<i32>().ok().map(|shock| shock.clamp(-100, 100));
    let stressed = match shock {
        Some(shock) => {
            let sector = Some(query.sector.clone()).filter(|sector| !sector.is_empty());
            let input = StressInput { sector, country: None, shock: f64::from(shock) / 100.0, bankruptcies: 0.0 };
            let view = house.desk.stress(caller, None, &input).await?;
            Some(stressed(&view, &query.sector, shock, &stand, t, w))
        }
        None => None,
    };
    let choice =
        |value: &str, label: String| Choice { value: value.to_owned(), label, is_chosen: value == query.sector };
    let mut sectors = vec![choice("", w.all_sectors.to_owned())];
    sectors.extend(SECTIONS.iter().map(|(l, it, en)| choice(&l.to_string(), format!("{l} · {}", t.pick(it, en)))));
    let largest = |line: &crate::desk::RollLine| Largest {
        href: client_href(&line.code),
        name: line.name.clone(),
        grade: line.grade.as_str(),
        class: grade_class(line.grade.as_str()),
        exposure: t.round(line.exposure),
        share: t.percent(share(line.exposure.minor(), stand.exposure_minor)),
    };
    page(&PortfolioPage {
        frame: Frame::of(&guest, Tab::Portfolio, w.portfolio),
        w,
        is_empty: stand.n == 0,
        n: t.count(stand.n),
        exposure: amount(stand.exposure_minor, stand.currency, t),
        loss: loss(stand.expected_loss_minor, &stand, t),
        loss_share: loss_share(&stand, t),
        grades: grades(&stand, t),
        sections: sections(&stand, t, w),
        tiles: tiles(&stand, t, w),
        largest: stand.largest.iter().map(largest).collect(),
        heads: Grade::ALL.iter().map(|grade| grade.as_str()).collect(),
        matrix: matrix(&stand, t),
        days: stand.days,
        sectors,
        shock: shock.unwrap_or(-20),
        stressed,
    })
}
