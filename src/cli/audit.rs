//! `vedetta audit`: who did what and when, and whether anybody changed that.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{
    Ended, Opened,
    out::{Out, table},
};
use crate::{
    app,
    config::{self, Flags},
    store::{Attested, AuditRow, Inspection, Witness},
};

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Whether the log is as it was written: names every row that was changed, taken out or put in; exit 1 then, and where there
    /// is no key to check signatures with
    Verify {
        /// Checkpoints that were kept elsewhere, as lines of checkpoints.ndjson: the log must agree with them, too
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
    },
    /// Show the log, oldest first
    List {
        /// Only rows after this one
        #[arg(long, default_value_t = 0, value_name = "ROW")]
        after: i64,
        /// At most so many
        #[arg(long, default_value_t = 1000, value_name = "N")]
        limit: usize,
    },
    /// Sign the newest row now, as the running house does once an hour
    Seal,
}

pub(super) async fn audit(flags: &Flags, what: &Audit, out: &Out) -> anyhow::Result<Ended> {
    let (house, config) = Opened::from_config(config::load(flags)?).await?;
    match what {
        Audit::Verify { checkpoints } => match app::witness(&config)? {
            Some(witness) => {
                let witness = match checkpoints {
                    Some(file) => witness.with_copies(file)?,
                    None => witness,
                };
                let attested = house.store.audit().inspect_sealed(&witness).await?;
                verified(&attested, &witness, out)
            }
            None => unwitnessed(&house.store.audit().inspect().await?, &app::audit_folder(&config), out),
        },
        Audit::List { after, limit } => {
            let rows = house.store.audit().rows(*after, *limit).await?;
            list(&rows, out)?;
            Ok(Ended::Done)
        }
        Audit::Seal => {
            let seal = app::seal(&config)?;
            let signed = house.store.audit().seal(&seal, house.clock.now()).await?;
            out.answer(&json!({"sealed": signed, "public_key": seal.public_key()}), || match &signed {
                Some(signed) => format!("row {} is signed", signed.row),
                None => "the newest row is signed already, or there is none".to_owned(),
            })?;
            Ok(Ended::Done)
        }
    }
}

fn verified(attested: &Attested, witness: &Witness, out: &Out) -> anyhow::Result<Ended> {
    let Attested { found, n_checkpoints, until } = attested;
    let is_whole = found.faults.is_empty();
    let json = json!({
        "ok": is_whole, "rows": found.rows, "faults": faults(found), "checkpoints": n_checkpoints, "signed_until": until,
        "public_key": witness.public_key(),
    });
    out.answer(&json, || {
        if is_whole {
            let (rows, key) = (found.rows, witness.public_key());
            return format!("{rows} rows, unbroken; signed until row {until} ({n_checkpoints} checkpoints, key {key})");
        }
        in_lines(found)
    })?;
    Ok(if is_whole { Ended::Done } else { Ended::Refused })
}

/// The chain alone says nothing of what was cut off its end or computed anew: that is no log that was found in order.
fn unwitnessed(found: &Inspection, folder: &Path, out: &Out) -> anyhow::Result<Ended> {
    let why = format!(
        "there is no key in {}: whether rows were cut off the end of the log, or all of it was computed anew, cannot be seen. \
         Name the data folder of the house that signs it (--data), or its public key ([audit] trusted); a house that runs, \
         and `vedetta audit seal`, make a key",
        folder.display()
    );
    let json = json!({
        "ok": false, "rows": found.rows, "faults": faults(found), "checkpoints": 0, "signed_until": 0, "public_key": null,
        "why": why,
    });
    out.answer(&json, || match found.faults.as_slice() {
        [] => format!("{} rows, each behind the one before; {why}", found.rows),
        _ => format!("{}\n{why}", in_lines(found)),
    })?;
    Ok(Ended::Refused)
}

fn faults(found: &Inspection) -> Vec<serde_json::Value> {
    found.faults.iter().map(|fault| json!({"row": fault.row, "why": fault.why})).collect()
}

fn in_lines(found: &Inspection) -> String {
    let lines: Vec<String> = found.faults.iter().map(|fault| format!("row {} {}", fault.row, fault.why)).collect();
    lines.join("\n")
}

fn list(rows: &[AuditRow], out: &Out) -> anyhow::Result<()> {
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            let details: serde_json::Value = serde_json::from_str(&row.details).unwrap_or_default();
            json!({"row": row.id, "at": row.at, "who": row.who, "what": row.what, "on": row.object, "details": details,
                "erased": row.is_erased})
        })
        .collect();
    out.answer(&json!({ "rows": shown }), || {
        let mut lines = table(&["row", "at", "who", "what", "on", "details"]);
        for row in rows {
            let id = row.id.to_string();
            lines.add_row([&id, &row.at.to_string(), &row.who, &row.what, &row.object, &row.details]);
        }
        lines.to_string()
    })
}
