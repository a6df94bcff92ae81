//! Who would move where, and what there would be to do.

use std::fmt::Write;

use super::{Bar, bars, begin, count, end, figure, number, phase, spaced};
use crate::{cli::policy::in_portfolio, desk::DryRunView, train::report::escaped};

/// The text of the page about a dry run.
pub(in crate::cli) fn dry_run(view: &DryRunView) -> String {
    let mut text = begin(
        &format!("Policy {} over the portfolio", view.draft),
        &format!(
            "as of {}, beside policy {}{}: {} open positions",
            view.valid_at,
            view.present,
            in_portfolio(view.portfolio.as_deref()),
            view.positions
        ),
    );
    let verdict = match view.moved {
        0 => "Nobody would be treated otherwise.".to_owned(),
        1 => "One position would be treated otherwise.".to_owned(),
        n => format!("{} positions would be treated otherwise.", number(count(n), 0)),
    };
    write!(text, "<p class=\"verdict\">{verdict}</p><div class=\"plots\">").ok();
    let loads: Vec<Bar> =
        view.owners.iter().map(|load| (spaced(&load.owner), count(load.draft), Some(count(load.present)))).collect();
    let keys = "<i class=\"key draft\"></i>draft, <i class=\"key now\"></i>policy in force.";
    figure(&mut text, "Tasks by person", &bars(&loads, 0, ""), keys);
    let cells: Vec<Bar> = view
        .transitions
        .iter()
        .map(|cell| (format!("{} → {}", phase(&cell.from), phase(&cell.to)), count(cell.positions), None))
        .collect();
    let caption = "Under the policy in force → under the draft.";
    figure(&mut text, "Positions from phase to phase", &bars(&cells, 0, ""), caption);
    text.push_str("</div>\n<h2>By person</h2>");
    by_person(&mut text, view);
    transitions(&mut text, view);
    moves(&mut text, view);
    end(&mut text, &[&view.notice]);
    text
}

fn by_person(text: &mut String, view: &DryRunView) {
    text.push_str(
        "<div class=\"scroll\"><table><tr><th>who</th><th>tasks now</th><th>tasks under the draft</th><th>tasks a day now</th>\
         <th>tasks a day under the draft</th><th>tasks on the busiest day</th></tr>",
    );
    for load in &view.owners {
        write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1}</td><td>{:.1}</td><td>{}</td></tr>",
            escaped(&spaced(&load.owner)),
            load.present,
            load.draft,
            load.present_per_day,
            load.draft_per_day,
            load.draft_busiest_day
        )
        .ok();
    }
    text.push_str("</table></div>\n");
}

fn transitions(text: &mut String, view: &DryRunView) {
    let currency = &view.currency;
    write!(
        text,
        "<h2>From phase to phase</h2><div class=\"scroll\"><table><tr><th>from</th><th>to</th><th>positions</th>\
         <th>overdue, {currency}</th></tr>"
    )
    .ok();
    for cell in &view.transitions {
        let (from, to) = (phase(&cell.from), phase(&cell.to));
        let (n, overdue) = (number(count(cell.positions), 0), number(cell.overdue, 2));
        write!(text, "<tr><td>{from}</td><td>{to}</td><td>{n}</td><td>{overdue}</td></tr>").ok();
    }
    text.push_str("</table></div>\n");
    if view.other_currencies > 0 {
        writeln!(
            text,
            "<p class=\"soft\">{} positions are in another currency: counted, and in no sum.</p>",
            view.other_currencies
        )
        .ok();
    }
}

fn moves(text: &mut String, view: &DryRunView) {
    if view.moves.is_empty() {
        return;
    }
    text.push_str(
        "<h2>Who would move</h2><div class=\"scroll\"><table><tr><th>client</th><th>from</th><th>to</th><th>overdue</th></tr>",
    );
    for line in &view.moves {
        let said = |words: &str| match words.split_once(" / ") {
            Some((of, action)) => format!("{} / {}", phase(of), spaced(action)),
            None => words.to_owned(),
        };
        write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{} {}</td></tr>",
            escaped(&line.client),
            escaped(&said(&line.from)),
            escaped(&said(&line.to)),
            number(line.overdue, 2),
            line.currency
        )
        .ok();
    }
    text.push_str("</table></div>\n");
}
