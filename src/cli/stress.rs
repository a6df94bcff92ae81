//! What asks "what if" and changes nothing: `stress`, `path`.

use anyhow::Context;
use clap::Args;

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table},
};
use crate::desk::{self, PathView, ShiftView, StressInput, Wanted};

#[derive(Debug, Args)]
pub(super) struct Shock {
    /// Which part of the economy is hit: a NACE or ATECO heading, as 14, C13-C15 or C [default: every sector]
    #[arg(long, value_name = "NACE")]
    sector: Option<String>,
    /// Only clients established there, two letters
    #[arg(long)]
    country: Option<String>,
    /// Change of its output: -0.28 is 28 % less
    #[arg(long, value_name = "CHANGE", allow_negative_numbers = true)]
    shock: f64,
    /// Change of its bankruptcies on the year: 0.5 is half as many again
    #[arg(long, value_name = "CHANGE", default_value_t = 0.0, allow_negative_numbers = true)]
    bankruptcies: f64,
    /// Only this portfolio
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

pub(super) async fn stress(house: &Opened, asked: &Shock, out: &Out) -> anyhow::Result<Ended> {
    let Shock { sector, country, shock, bankruptcies, portfolio } = asked;
    let input =
        StressInput { sector: sector.clone(), country: country.clone(), shock: *shock, bankruptcies: *bankruptcies };
    let view = desk(house).stress(&caller(), portfolio.as_deref(), &input).await.map_err(flagged)?;
    out.answer(&serde_json::to_value(&view)?, || {
        let whom = view.sector.as_deref().map_or_else(|| "every sector".to_owned(), |s| format!("sector {s}"));
        let blow =
            format!("{whom}, output {:+.0} %: {} of {} clients hit", shock * 100.0, view.shift.hit, view.shift.clients);
        format!("{blow}\n{}\n{}", shift_text(&view.shift), view.notice)
    })?;
    Ok(Ended::Done)
}

/// Migration and expected loss, as a person reads them.
pub(super) fn shift_text(shift: &ShiftView) -> String {
    let mut rows = table(&["from", "to", "clients", "exposure"]);
    for cell in shift.migration.iter().filter(|cell| cell.from != cell.to) {
        rows.add_row([&cell.from, &cell.to, &cell.clients.to_string(), &format!("{:.2}", cell.exposure)]);
    }
    format!(
        "{rows}\n{} clients: {} up, {} down, {:.2} owed by those who move\nexpected loss {:.2} before, {:.2} after",
        shift.clients,
        shift.moved_up,
        shift.moved_down,
        shift.exposure_on_movers,
        shift.before.expected_loss,
        shift.after.expected_loss
    )
}

pub(super) async fn path(
    house: &Opened,
    client: &str,
    to: &str,
    portfolio: Option<&str>,
    out: &Out,
) -> anyhow::Result<Ended> {
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: client, portfolio };
    let found = desk(house).path(&wanted, to).await.map_err(flagged);
    let view = found.with_context(|| format!("client {client:?}"))?;
    out.answer(&serde_json::to_value(&view)?, || path_text(&view))?;
    Ok(Ended::Done)
}

fn path_text(view: &PathView) -> String {
    let mut text = format!("{} {}: {} → {}\n", view.client, view.name, view.grade, view.to);
    if view.steps.is_empty() {
        text += &format!("{}\n{}\n", view.text, view.text_it);
    }
    for step in &view.steps {
        text += &format!("- {}\n  {}\n", step.text, step.text_it);
    }
    if let (false, Some(pd)) = (view.steps.is_empty(), view.result.pd) {
        let when = match view.months {
            0 => "at once".to_owned(),
            1 => "in 1 month".to_owned(),
            months => format!("in {months} months"),
        };
        text += &format!("then {} (PD {:.2} %), {when}\n", view.result.grade, pd * 100.0);
    }
    text + &view.notice
}

/// A wrong value is a wrong usage, named by its flag.
fn flagged(error: desk::Error) -> anyhow::Error {
    match error {
        desk::Error::Invalid { pointer, why } => Usage(format!("--{} {why}", pointer.trim_start_matches('/'))).into(),
        other => other.into(),
    }
}
