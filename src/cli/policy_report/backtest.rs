//! What was done, for whom, and with what effect.

use std::{collections::BTreeMap, fmt::Write};

use jiff::{ToSpan, civil::Date};

use super::{Bar, bars, begin, count, end, figure, number, phase, spaced};
use crate::{
    cli::policy::{FIGURES, counted, in_portfolio},
    desk::{BacktestView, EstimateView, PlayedView},
    domain::Phase,
    train::report::{
        escaped,
        svg::{Axis, Drawing, Unit},
    },
};

/// Twelfths of the time that a back-test plays.
const TWELFTHS: usize = 12;

/// What the bars of two policies are told apart by.
const KEYS: &str = "<i class=\"key draft\"></i>draft, <i class=\"key now\"></i>policy in force. ";

/// The text of the page about a back-test.
pub(in crate::cli) fn backtest(view: &BacktestView) -> String {
    let mut text = begin(
        &format!("Policy {} over the past", view.draft.policy),
        &format!(
            "{} to {}{}: {} clients, {} late invoices, {} {} late on an average day",
            view.from,
            view.to,
            in_portfolio(view.portfolio.as_deref()),
            number(count(view.clients), 0),
            number(count(view.late_invoices), 0),
            number(view.late_on_average, 0),
            view.currency
        ),
    );
    writeln!(text, "<p class=\"verdict\">{}</p>", escaped(&verdict(view))).ok();
    if view.disputed_invoices > 0 {
        writeln!(
            text,
            "<p class=\"soft\">Left out as disputed: {} of {} {}.</p>",
            counted(view.disputed_invoices, "invoice"),
            number(view.disputed_amount, 2),
            view.currency
        )
        .ok();
    }
    done(&mut text, view);
    for_whom(&mut text, view);
    effect(&mut text, view);
    text.push_str("<h2>The figures</h2>");
    tables(&mut text, view);
    text.push_str("<h2>What is known, and what is assumed</h2>");
    end(&mut text, &[&view.assumption, "Intervals are 95 %, by resampling clients.", &view.notice]);
    text
}

/// Whether another policy than the one in force was played: else everything would stand there twice.
fn is_other(view: &BacktestView) -> bool {
    view.draft != view.present
}

fn key(view: &BacktestView) -> &'static str {
    if is_other(view) { KEYS } else { "" }
}

fn verdict(view: &BacktestView) -> String {
    let (draft, present, currency) = (&view.draft, &view.present, &view.currency);
    let asked: usize = draft.clients_by_phase.values().sum();
    let said = format!(
        "It would have taken {} actions about {} of {} clients and bothered {} of them (by an action \
         when the money was on its way, or by a notice and beyond while they were buying). Assumed: late invoices would have been paid \
         {} days earlier on average, so that {} {currency} more would have been there on an average day, worth {} {currency}, for \
         actions that cost {} {currency}.",
        number(draft.actions.value, 0),
        number(count(asked), 0),
        number(count(view.clients), 0),
        number(draft.clients_annoyed.value, 0),
        number(draft.days_gained.value, 1),
        number(draft.cash_earlier.value, 0),
        number(draft.interest.value, 0),
        number(draft.cost.value, 0)
    );
    if !is_other(view) {
        return format!("This is the policy in force. {said}");
    }
    let beside = |a: f64, b: f64, what: &str| match a - b {
        d if d.abs() < 0.5 => format!("as many {what}"),
        d if d > 0.0 => format!("{} more {what}", number(d, 0)),
        d => format!("{} fewer {what}", number(-d, 0)),
    };
    let till = match draft.cash_earlier.value - present.cash_earlier.value {
        d if d.abs() < 0.5 => "as much money".to_owned(),
        d if d > 0.0 => format!("{} {currency} more", number(d, 0)),
        d => format!("{} {currency} less", number(-d, 0)),
    };
    format!(
        "{said} Beside policy {}: {}, {}, and {till} on an average day.",
        present.policy,
        beside(draft.actions.value, present.actions.value, "actions"),
        beside(draft.clients_annoyed.value, present.clients_annoyed.value, "clients bothered")
    )
}

/// Cards of some of the figures, each with its unit and its interval.
fn cards(text: &mut String, view: &BacktestView, wanted: &[&str]) {
    cards_with(text, view, wanted, |_| {});
}

/// The same, behind one that is no estimate.
fn cards_with(text: &mut String, view: &BacktestView, wanted: &[&str], first: impl FnOnce(&mut String)) {
    text.push_str("<div class=\"cards\">");
    first(text);
    for &(what, digits, unit, figure) in FIGURES.iter().filter(|(what, ..)| wanted.contains(what)) {
        let EstimateView { value, low, high } = figure(&view.draft);
        let unit = unit_of(unit, view);
        write!(
            text,
            "<div class=\"card\"><span>{what}</span><b>{} <span class=\"unit\">{unit}</span></b><span>{} to {}",
            number(value, digits),
            number(low, digits),
            number(high, digits)
        )
        .ok();
        if is_other(view) {
            write!(text, "<br>now {}", number(figure(&view.present).value, digits)).ok();
        }
        text.push_str("</span></div>");
    }
    text.push_str("</div>\n");
}

fn unit_of<'v>(unit: &'v str, view: &'v BacktestView) -> &'v str {
    if unit == "money" { &view.currency } else { unit }
}

fn done(text: &mut String, view: &BacktestView) {
    text.push_str("<h2>What would have been done</h2>");
    cards(text, view, &["actions", "needless actions", "cost of the actions"]);
    text.push_str("<div class=\"plots\">");
    let caption = format!("{}Each place is a twelfth of the time, named by the month in which it begins.", key(view));
    figure(text, "Actions over the time", &over_time(view), &caption);
    let rows = in_order(&view.draft.by_phase, &view.present.by_phase);
    let rows: Vec<Bar> = rows.into_iter().map(|(name, draft, now)| (phase(&name), draft, beside(view, now))).collect();
    let caption = format!("{}From the friendly reminder to the end.", key(view));
    figure(text, "Actions by phase", &bars(&rows, 0, ""), &caption);
    text.push_str("</div>\n");
}

fn for_whom(text: &mut String, view: &BacktestView) {
    text.push_str("<h2>For whom</h2>");
    let asked = |played: &PlayedView| played.clients_by_phase.values().sum::<usize>().min(view.clients);
    cards_with(text, view, &["clients annoyed"], |text| {
        let now = if is_other(view) { format!("<br>now {}", asked(&view.present)) } else { String::new() };
        let (n, all) = (number(count(asked(&view.draft)), 0), number(count(view.clients), 0));
        write!(
            text,
            "<div class=\"card\"><span>clients asked for money</span><b>{n} <span class=\"unit\">clients</span></b><span>of {all}{now}</span></div>"
        )
        .ok();
    });
    text.push_str("<div class=\"plots\">");
    let alone = |played: &PlayedView| count(view.clients - asked(played));
    let mut rows: Vec<Bar> = vec![("left alone".to_owned(), alone(&view.draft), beside(view, alone(&view.present)))];
    let reached = in_order(&view.draft.clients_by_phase, &view.present.clients_by_phase);
    rows.extend(reached.into_iter().map(|(name, draft, now)| (phase(&name), draft, beside(view, now))));
    let caption = format!("{}Each client counts once.", key(view));
    figure(text, "Clients by the furthest phase they were brought to", &bars(&rows, 0, ""), &caption);
    let rows = in_order(&view.draft.by_grade, &view.present.by_grade);
    let rows: Vec<Bar> = rows.into_iter().map(|(name, draft, now)| (name, draft, beside(view, now))).collect();
    let caption = format!("{}The grade that the present model gave on the day of the action.", key(view));
    figure(text, "Actions by grade", &bars(&rows, 0, ""), &caption);
    text.push_str("</div>\n");
}

fn effect(text: &mut String, view: &BacktestView) {
    text.push_str("<h2>With what effect <small>assumed, not measured</small></h2>");
    cards(text, view, &["days gained (assumed)", "cash earlier (assumed)", "interest saved (assumed)"]);
    text.push_str("<div class=\"plots\">");
    let currency = &view.currency;
    let mut rows: Vec<Bar> = vec![
        ("late as it was".to_owned(), view.late_on_average, None),
        (format!("of it earlier, policy {}", view.draft.policy), view.draft.cash_earlier.value, None),
    ];
    if is_other(view) {
        rows.push((format!("of it earlier, policy {}", view.present.policy), view.present.cash_earlier.value, None));
    }
    let caption = "Money that was late on an average day, and how much of it would have been there already.";
    figure(text, "Money on an average day", &bars(&rows, 0, currency), caption);
    let rows = vec![
        (
            "worth of the money that came earlier".to_owned(),
            view.draft.interest.value,
            beside(view, view.present.interest.value),
        ),
        ("cost of the actions".to_owned(), view.draft.cost.value, beside(view, view.present.cost.value)),
    ];
    let caption = format!("{}What the assumption says it brought in the time, beside what it cost.", key(view));
    figure(text, "What it brings, and what it costs", &bars(&rows, 0, currency), &caption);
    text.push_str("</div>\n");
}

fn beside(view: &BacktestView, now: f64) -> Option<f64> {
    is_other(view).then_some(now)
}

/// Names with their counts under both policies, phases in their order and the rest by name.
fn in_order(draft: &BTreeMap<String, usize>, present: &BTreeMap<String, usize>) -> Vec<(String, f64, f64)> {
    let mut names: Vec<&String> = draft.keys().chain(present.keys()).collect();
    names.sort_by_key(|name| (name.parse::<Phase>().ok(), (*name).clone()));
    names.dedup();
    let of = |counts: &BTreeMap<String, usize>, name: &str| count(counts.get(name).copied().unwrap_or_default());
    names.into_iter().map(|name| (name.clone(), of(draft, name), of(present, name))).collect()
}

fn over_time(view: &BacktestView) -> String {
    let sides: &[(&str, &PlayedView)] =
        if is_other(view) { &[("plan", &view.draft), ("now", &view.present)] } else { &[("plan", &view.draft)] };
    let highest = sides.iter().flat_map(|(_, p)| &p.by_twelfth).copied().max().unwrap_or(1).max(1);
    let names = months(view.from, view.to);
    let mut drawing = Drawing::new(
        "Actions over the time",
        "How many actions each policy would have taken in each twelfth of the time.",
        Axis::named(&names, "twelfth of the time, by the month it begins in"),
        Axis::new(0.0, count(highest), "actions", Unit::Number),
    );
    let wide = 0.8 / count(sides.len());
    for (side, (class, played)) in sides.iter().enumerate() {
        for (place, n) in played.by_twelfth.iter().enumerate() {
            let left = count(place) + 0.1 + wide * count(side);
            let words = format!("{}, from {}: {n} actions", played.policy, names.get(place).map_or("", String::as_str));
            drawing.bar(class, (left, left + wide * 0.95), count(*n), &words);
        }
    }
    drawing.end()
}

/// The month in which each twelfth of a span begins.
fn months(from: Date, to: Date) -> Vec<String> {
    let days = crate::domain::day_number(to) - crate::domain::day_number(from) + 1;
    let n = i32::try_from(TWELFTHS).unwrap_or(1);
    let begins = |place: i32| from.checked_add((days * place / n + i32::from(place > 0)).days()).unwrap_or(to);
    (0..n).map(|place| begins(place).strftime("%b").to_string()).collect()
}

fn tables(text: &mut String, view: &BacktestView) {
    let head = if is_other(view) {
        format!("<th>draft {}</th><th>in force {}</th>", escaped(&view.draft.policy), escaped(&view.present.policy))
    } else {
        format!("<th>policy {}</th>", escaped(&view.draft.policy))
    };
    write!(text, "<div class=\"scroll\"><table><tr><th>figure</th><th>unit</th>{head}</tr>").ok();
    for &(what, digits, unit, figure) in FIGURES {
        let cell = |played: &PlayedView| {
            let EstimateView { value, low, high } = figure(played);
            let [value, low, high] = [value, low, high].map(|value| number(value, digits));
            format!("<td>{value} <small>({low} to {high})</small></td>")
        };
        let now = if is_other(view) { cell(&view.present) } else { String::new() };
        let unit = escaped(unit_of(unit, view));
        write!(text, "<tr><td>{what}</td><td>{unit}</td>{}{now}</tr>", cell(&view.draft)).ok();
    }
    text.push_str("</table></div>\n<h2>By person</h2>");
    by_owner(text, view);
}

fn by_owner(text: &mut String, view: &BacktestView) {
    text.push_str(
        "<div class=\"scroll\"><table><tr><th>who</th><th>policy</th><th>actions</th><th>actions a day</th>\
         <th>actions on the busiest day</th></tr>",
    );
    let sides: &[&PlayedView] = if is_other(view) { &[&view.draft, &view.present] } else { &[&view.draft] };
    for played in sides {
        for (owner, (n, a_day, busiest)) in &played.by_owner {
            let (owner, policy) = (escaped(&spaced(owner)), escaped(&played.policy));
            let (n, a_day) = (number(count(*n), 0), number(*a_day, 2));
            write!(text, "<tr><td>{owner}</td><td>{policy}</td><td>{n}</td><td>{a_day}</td><td>{busiest}</td></tr>")
                .ok();
        }
    }
    text.push_str("</table></div>\n");
    if view.other_currencies > 0 {
        writeln!(
            text,
            "<p class=\"soft\">Amounts are of the ledgers in {}; {} clients have theirs in another currency: what was done about \
             them is counted, their money is not.</p>",
            view.currency, view.other_currencies
        )
        .ok();
    }
}
