//! `vedetta audit`: who did what and when, and whether anybody changed that.

use clap::Subcommand;
use serde_json::json;

use super::{
    Ended, Opened,
    out::{Out, table},
};
use crate::{
    app,
    config::{self, Flags},
    store::AuditRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Whether the log is as it was written: names every row that was changed, taken out or put in; exit 1 then
    Verify,
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
        Audit::Verify => {
            let seal = app::seal(&config)?;
            verify(&house, &seal, out).await
        }
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

async fn verify(house: &Opened, seal: &crate::store::Seal, out: &Out) -> anyhow::Result<Ended> {
    let (found, n_checkpoints, vouched) = house.store.audit().inspect_sealed(seal).await?;
    let faults: Vec<_> = found.faults.iter().map(|fault| json!({"row": fault.row, "why": fault.why})).collect();
    let is_whole = faults.is_empty();
    let json = json!({
        "ok": is_whole, "rows": found.rows, "faults": faults, "checkpoints": n_checkpoints, "signed_until": vouched,
        "public_key": seal.public_key(),
    });
    out.answer(&json, || {
        if is_whole {
            let (rows, key) = (found.rows, seal.public_key());
            return format!(
                "{rows} rows, unbroken; signed until row {vouched} ({n_checkpoints} checkpoints, key {key})"
            );
        }
        let lines: Vec<String> = found.faults.iter().map(|fault| format!("row {} {}", fault.row, fault.why)).collect();
        lines.join("\n")
    })?;
    Ok(if is_whole { Ended::Done } else { Ended::Refused })
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
