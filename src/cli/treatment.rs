//! What is to be done: `treatments`, `export treatments`.

use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    Ended, Opened,
    args::ExportTo,
    ask::{caller, desk},
    export::Rows,
    out::{Out, table},
};
use crate::{desk::TreatmentLine, domain::Phone};

/// The columns of `export treatments`.
const COLUMNS: [&str; 20] = [
    "client",
    "name",
    "portfolio",
    "grade",
    "phase",
    "action",
    "channel",
    "tone",
    "owner",
    "due_on",
    "late_since",
    "next_phase",
    "next_on",
    "exposure",
    "overdue",
    "currency",
    "oldest_overdue_days",
    "invoices",
    "why",
    "text",
];

/// The columns of `export treatments --dialler`: what a caller must see before the line is answered.
const DIALLER_COLUMNS: [&str; 11] = [
    "client",
    "name",
    "language",
    "due_on",
    "overdue",
    "currency",
    "oldest_overdue_days",
    "invoices",
    "tone",
    "script",
    "phone",
];

#[derive(Debug, Args)]
pub(super) struct Treatments {
    /// Only what is to be done by this day; else every open position, those that are only watched included
    #[arg(long, value_name = "DATE")]
    due: Option<Date>,
    /// As of this day [default: today]
    #[arg(long, value_name = "DATE")]
    valid_at: Option<Date>,
    /// Only what this person has to do, in the policy's words
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only this portfolio
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ExportTreatments {
    #[command(flatten)]
    pub(super) to: ExportTo,
    /// Only what is to be done by this day
    #[arg(long, value_name = "DATE")]
    due: Option<Date>,
    /// Only calls, with the columns that a dialler takes
    #[arg(long)]
    dialler: bool,
    /// Only this portfolio
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

pub(super) async fn treatments(house: &Opened, asked: &Treatments, out: &Out) -> anyhow::Result<Ended> {
    let desk = desk(house);
    desk.check_owner(asked.owner.as_deref())?;
    let mut lines = desk.every_treatment(&caller(), asked.portfolio.as_deref(), asked.due, asked.valid_at).await?;
    lines.retain(|line| asked.owner.as_ref().is_none_or(|owner| *owner == line.owner));
    let json = json!({"treatments": lines, "policy": house.rescorer.policy.version()});
    out.answer(&json, || treatments_text(&lines))?;
    Ok(Ended::Done)
}

fn treatments_text(lines: &[TreatmentLine]) -> String {
    let mut rows = table(&["by", "client", "name", "grade", "phase", "action", "who", "overdue", "days", "why"]);
    for line in lines {
        let due = line.due_on.map(|on| on.to_string()).unwrap_or_default();
        let due = line.late_since.map_or(due.clone(), |late| format!("{due} (late since {late})"));
        let overdue = format!("{} {}", line.overdue, line.currency);
        let days = line.oldest_overdue_days.to_string();
        rows.add_row([
            &due,
            &line.client,
            &line.name,
            &line.grade,
            &line.phase,
            &line.action,
            &line.owner,
            &overdue,
            &days,
            &line.why,
        ]);
    }
    format!("{rows}\n{} positions", lines.len())
}

/// The rows of `export treatments`.
pub(super) async fn rows(house: &Opened, asked: &ExportTreatments) -> anyhow::Result<Rows> {
    let desk = desk(house);
    let lines = desk.every_treatment(&caller(), asked.portfolio.as_deref(), asked.due, None).await?;
    if asked.dialler {
        let rows = lines.iter().filter(|line| line.action == "call").map(dialler_row).collect();
        return Ok(Rows { what: "treatments", columns: &DIALLER_COLUMNS, rows });
    }
    Ok(Rows { what: "treatments", columns: &COLUMNS, rows: lines.iter().map(row).collect() })
}

fn row(line: &TreatmentLine) -> Value {
    let mut row = serde_json::to_value(line).unwrap_or_default();
    let text = if line.language == "it" { &line.text_it } else { &line.text };
    row["next_phase"] = json!(line.next.as_ref().map(|next| &next.phase));
    row["next_on"] = json!(line.next.as_ref().map(|next| next.on));
    row["invoices"] = line.invoices.join(" ").into();
    row["why"] = if line.language == "it" { &line.why_it } else { &line.why }.as_str().into();
    row["text"] = json!(text);
    row
}

fn dialler_row(line: &TreatmentLine) -> Value {
    let mut row = row(line);
    row["script"] = row["text"].clone();
    let phone = line.phone.as_deref().and_then(|phone| Phone::first_of(phone).ok());
    row["phone"] = json!(phone.map(|phone| phone.dialled()));
    row
}
