//! A dry run and a back-test as pages to read: everything in one file, nothing from elsewhere.

use std::fmt::Write;

use super::policy::FIGURES;
use crate::{
    desk::{BacktestView, DryRunView, EstimateView, PlayedView},
    train::report::{
        STYLE, escaped,
        svg::{Axis, Drawing, Unit},
    },
};

/// Twelfths of the time that a back-test plays.
const TWELFTHS: usize = 12;

/// The head of a page, and its title.
fn begin(title: &str, subtitle: &str) -> String {
    let (title, subtitle) = (escaped(title), escaped(subtitle));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body><main>\n\
         <h1>{title}</h1><p class=\"soft\">{subtitle}</p>\n"
    )
}

fn end(text: &mut String, words: &[&str]) {
    for word in words {
        writeln!(text, "<p class=\"soft\">{}</p>", escaped(word)).ok();
    }
    text.push_str("</main></body></html>\n");
}

/// The text of the page about a back-test.
pub(super) fn backtest(view: &BacktestView) -> String {
    let mut text = begin(
        &format!("Policy {} over the past", view.draft.policy),
        &format!(
            "{} to {}, beside policy {}: {} clients, {} late invoices, {:.2} late on an average day",
            view.from, view.to, view.present.policy, view.clients, view.late_invoices, view.late_on_average
        ),
    );
    write!(text, "<p class=\"verdict\">{}</p>\n<div class=\"cards\">", escaped(&verdict(view))).ok();
    for &(what, digits, figure) in FIGURES {
        let EstimateView { value, low, high } = figure(&view.draft);
        write!(
            text,
            "<div class=\"card\"><span>{what}</span><b>{value:.digits$}</b><span>{low:.digits$} to {high:.digits$}<br>now {:.digits$}</span></div>",
            figure(&view.present).value
        )
        .ok();
    }
    text.push_str("</div>\n<h2>What there would have been to do</h2><div class=\"plots\">");
    let figures = [
        (
            "Actions over the time",
            over_time(view),
            "Twelfths of the time; <i class=\"key good\"></i>draft, <i class=\"key bad\"></i>present.",
        ),
        (
            "Beside the policy in force",
            beside(view),
            "Draft against present, each figure as a multiple of the present one, with its 95 % interval.",
        ),
    ];
    for (title, drawing, caption) in figures {
        write!(text, "<figure><h3>{title}</h3>{drawing}<figcaption>{caption}</figcaption></figure>").ok();
    }
    text.push_str("</div>\n");
    by_phase(&mut text, view);
    by_owner(&mut text, &view.draft);
    text.push_str("<h2>What is known, and what is assumed</h2>");
    end(&mut text, &[&view.assumption, "Intervals are 95 %, by resampling clients.", &view.notice]);
    text
}

fn verdict(view: &BacktestView) -> String {
    let (draft, present) = (&view.draft, &view.present);
    let more = |a: f64, b: f64, what: &str| match a - b {
        d if d.abs() < 0.005 => format!("as many {what}"),
        d if d > 0.0 => format!("{d:.0} more {what}"),
        d => format!("{:.0} fewer {what}", -d),
    };
    let till = match draft.cash_earlier.value - present.cash_earlier.value {
        d if d.abs() < 0.005 => "as much in the till".to_owned(),
        d if d > 0.0 => format!("{d:.2} more in the till"),
        d => format!("{:.2} less in the till", -d),
    };
    format!(
        "The draft would have taken {} and bothered {}; assumed, there would have been {till} on an average day.",
        more(draft.actions.value, present.actions.value, "actions"),
        more(draft.clients_annoyed.value, present.clients_annoyed.value, "clients"),
    )
}

#[expect(clippy::cast_precision_loss, reason = "counts of actions")]
fn over_time(view: &BacktestView) -> String {
    let sides = [("good", &view.draft), ("bad", &view.present)];
    let highest = sides.iter().flat_map(|(_, p)| &p.by_twelfth).copied().max().unwrap_or(1).max(1);
    let mut drawing = Drawing::new(
        "Actions over the time",
        "How many actions each policy would have taken in each twelfth of the time.",
        Axis::places(TWELFTHS, "twelfth of the time"),
        Axis::new(0.0, highest as f64, "actions", Unit::Number),
    );
    for (side, (class, played)) in sides.iter().enumerate() {
        for (place, n) in played.by_twelfth.iter().enumerate() {
            let left = place as f64 + 0.1 + 0.4 * side as f64;
            let words = format!("{}, twelfth {}: {n} actions", played.policy, place + 1);
            drawing.bar(class, (left, left + 0.38), *n as f64, &words);
        }
    }
    drawing.end()
}

#[expect(clippy::cast_precision_loss, reason = "there are seven figures")]
fn beside(view: &BacktestView) -> String {
    let ratio = |estimate: EstimateView, base: f64| {
        let base = if base.abs() < f64::EPSILON { 1.0 } else { base };
        (estimate.value / base, estimate.low / base, estimate.high / base)
    };
    let ratios: Vec<_> = FIGURES.iter().map(|(_, _, of)| ratio(of(&view.draft), of(&view.present).value)).collect();
    let highest = ratios.iter().map(|(_, _, high)| *high).fold(1.5, f64::max);
    let mut drawing = Drawing::new(
        "Draft against present",
        "Each figure of the draft as a multiple of the policy in force, with its interval.",
        Axis::places(FIGURES.len(), "figure, in the order of the cards"),
        Axis::new(0.0, highest, "times the present", Unit::Number),
    );
    drawing.line("chance", &[(0.0, 1.0), (FIGURES.len() as f64, 1.0)]);
    for (place, ((value, low, high), (what, ..))) in ratios.iter().zip(FIGURES).enumerate() {
        let words = format!("{what}: {value:.2} times the present");
        drawing.point((place as f64 + 0.5, *value), (*low, *high), &words);
    }
    drawing.end()
}

fn by_phase(text: &mut String, view: &BacktestView) {
    text.push_str(
        "<h2>By phase</h2><div class=\"scroll\"><table><tr><th>phase</th><th>draft</th><th>present</th></tr>",
    );
    let mut phases: Vec<&String> = view.draft.by_phase.keys().chain(view.present.by_phase.keys()).collect();
    phases.sort_unstable();
    phases.dedup();
    for phase in phases {
        let of = |played: &PlayedView| played.by_phase.get(phase).copied().unwrap_or_default();
        let row = format!("<tr><td>{phase}</td><td>{}</td><td>{}</td></tr>", of(&view.draft), of(&view.present));
        text.push_str(&row);
    }
    text.push_str("</table></div>\n");
}

fn by_owner(text: &mut String, played: &PlayedView) {
    text.push_str(
        "<h2>By person</h2><div class=\"scroll\"><table><tr><th>who</th><th>actions</th><th>a day</th><th>busiest day</th></tr>",
    );
    for (owner, (n, a_day, busiest)) in &played.by_owner {
        write!(text, "<tr><td>{}</td><td>{n}</td><td>{a_day:.2}</td><td>{busiest}</td></tr>", escaped(owner)).ok();
    }
    text.push_str("</table></div>\n");
}

/// The text of the page about a dry run.
pub(super) fn dry_run(view: &DryRunView) -> String {
    let mut text = begin(
        &format!("Policy {} over the portfolio", view.draft),
        &format!("as of {}, beside policy {}: {} open positions", view.valid_at, view.present, view.positions),
    );
    writeln!(text, "<p class=\"verdict\">{} positions would be treated otherwise.</p>", view.moved).ok();
    text.push_str("<div class=\"plots\"><figure><h3>Tasks by person</h3>");
    text.push_str(&loads(view));
    text.push_str(
        "<figcaption><i class=\"key good\"></i>draft, <i class=\"key bad\"></i>present.</figcaption></figure></div>\n\
         <h2>From phase to phase</h2><div class=\"scroll\"><table><tr><th>from</th><th>to</th><th>positions</th><th>overdue</th></tr>",
    );
    for cell in &view.transitions {
        write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.2}</td></tr>",
            cell.from, cell.to, cell.positions, cell.overdue
        )
        .ok();
    }
    text.push_str("</table></div>\n<h2>Who would move</h2><div class=\"scroll\"><table><tr><th>client</th><th>from</th><th>to</th><th>overdue</th></tr>");
    for line in &view.moves {
        write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.2}</td></tr>",
            escaped(&line.client),
            line.from,
            line.to,
            line.overdue
        )
        .ok();
    }
    text.push_str("</table></div>\n");
    end(&mut text, &[&view.notice]);
    text
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks")]
fn loads(view: &DryRunView) -> String {
    let highest = view.owners.iter().map(|load| load.draft.max(load.present)).max().unwrap_or(1).max(1);
    let names: Vec<String> =
        view.owners.iter().enumerate().map(|(place, load)| format!("{}: {}", place + 1, load.owner)).collect();
    let mut drawing = Drawing::new(
        "Tasks by person",
        &format!("How many tasks each person has under either policy. {}", names.join(", ")),
        Axis::places(view.owners.len().max(1), "person, in the order of the table"),
        Axis::new(0.0, highest as f64, "tasks", Unit::Number),
    );
    for (place, load) in view.owners.iter().enumerate() {
        for (side, (class, n)) in [("good", load.draft), ("bad", load.present)].into_iter().enumerate() {
            let left = place as f64 + 0.1 + 0.4 * side as f64;
            drawing.bar(class, (left, left + 0.38), n as f64, &format!("{}: {n} tasks", load.owner));
        }
    }
    drawing.end()
}
