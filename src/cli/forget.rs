//! What makes the house forget, and what keeps it from forgetting: `expire`, `erase`, `hold`.

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    Ended, Opened,
    ask::{caller, desk},
    out::{Out, table},
};
use crate::desk::{ReasonInput, Wanted};

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// Your code of the client
    client: String,
    /// Why, for the audit log; leave the person's name out of it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Which portfolio, when the code is in several
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Hold {
    /// Nothing of it expires from now on
    Add {
        /// Your code of a client, or the name of a signal (sig_…)
        what: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Which portfolio, when the code is in several
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
    },
    /// Every hold in force
    List,
    /// It may expire again
    End {
        /// Its number, as `hold list` shows it
        id: i64,
    },
}

pub(super) async fn expire(house: &Opened, out: &Out) -> anyhow::Result<Ended> {
    let (expired, moves) = desk(house).expire(&caller()).await?;
    let json = json!({
        "signals": expired.n_signals(), "by_term": expired.signals, "documents": expired.documents,
        "rescored": moves.scanned, "moved_up": moves.up, "moved_down": moves.down,
    });
    out.answer(&json, || {
        let mut text = format!(
            "{} facts past their term are gone, and {} documents; {} clients rated again: {} better, {} worse",
            expired.n_signals(),
            expired.documents,
            moves.scanned,
            moves.up,
            moves.down
        );
        for (term, n) in &expired.signals {
            text += &format!("\n  {term}: {n}");
        }
        text
    })?;
    Ok(Ended::Done)
}

pub(super) async fn erase(house: &Opened, asked: &Erase, out: &Out) -> anyhow::Result<Ended> {
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: &asked.client, portfolio: asked.portfolio.as_deref() };
    let reason = ReasonInput { reason: asked.reason.clone() };
    let erased = desk(house).erase(&wanted, &reason).await.with_context(|| format!("client {:?}", asked.client))?;
    out.hint(&erased.not_reached);
    out.answer(&serde_json::to_value(&erased)?, || {
        let beside = match erased.also_known_as.as_slice() {
            [] => String::new(),
            codes => {
                format!("\n  the same company is still there under {}: erase it, too, if it is to go", codes.join(", "))
            }
        };
        format!(
            "erased; receipt {}\n  {} signals, rows cut out of {} imports, {} documents{beside}",
            erased.receipt, erased.signals, erased.imports, erased.documents
        )
    })?;
    Ok(Ended::Done)
}

pub(super) async fn hold(house: &Opened, asked: Hold, out: &Out) -> anyhow::Result<Ended> {
    let (desk, caller) = (desk(house), caller());
    match asked {
        Hold::Add { what, reason, portfolio } => {
            let wanted = Wanted { caller: &caller, code: &what, portfolio: portfolio.as_deref() };
            let hold = desk.hold(&wanted, &ReasonInput { reason }).await.with_context(|| format!("{what:?}"))?;
            out.answer(&serde_json::to_value(&hold)?, || format!("hold {}: nothing of {what} expires", hold.id))?;
        }
        Hold::List => {
            let holds = desk.holds(&caller).await?;
            out.answer(&json!({ "holds": holds }), || {
                let mut rows = table(&["hold", "client", "signal", "since", "who", "why"]);
                for h in &holds {
                    let (client, signal) = (h.client.clone().unwrap_or_default(), h.signal.clone().unwrap_or_default());
                    rows.add_row([&h.id.to_string(), &client, &signal, &h.made_at.to_string(), &h.who, &h.why]);
                }
                rows.to_string()
            })?;
        }
        Hold::End { id } => {
            desk.end_hold(&caller, id).await?;
            out.answer(&json!({"ended": id}), || format!("hold {id} is ended; what is past its term goes tonight"))?;
        }
    }
    Ok(Ended::Done)
}
