//! What arrived: `import payments`, and `payments` that wait for a person.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    sync::Arc,
};

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    bring::{ImportFile, Taken, import_json, in_words, read, tell},
    out::{Out, table},
};
use crate::{
    desk::{PaymentInput, PaymentPartInput, PaymentView},
    intake::{self, Content, Options},
};

/// Payments that a page of the list has.
const PAGE: usize = 500;

/// What can be asked of payments.
#[derive(Debug, Subcommand)]
pub(super) enum Payments {
    /// Those that wait, with what they may be for
    List {
        /// review, booked, dismissed, returned (by the bank) or all
        #[arg(long, default_value = "review", value_name = "STATE")]
        state: String,
        /// In this portfolio only
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
    },
    /// It is for these invoices, in this order, as far as it goes
    Assign {
        /// Its number, as `payments list` shows it
        id: i64,
        /// Your code of the client
        #[arg(long, value_name = "CODE")]
        client: String,
        /// The invoice's number; several times for several invoices
        #[arg(long, required = true, value_name = "NUMBER")]
        invoice: Vec<String>,
    },
    /// It is for none of the ledger
    Dismiss {
        /// Its number, as `payments list` shows it
        id: i64,
    },
    /// Take back what it is booked on: it waits again, and what was known until now stays known
    Undo {
        /// Its number, as `payments list --state booked` shows it
        id: i64,
    },
}

pub(super) async fn import(house: &Opened, file: ImportFile, out: &Out) -> anyhow::Result<Ended> {
    let map = file.map.as_ref().map(|m| std::fs::read_to_string(m).with_context(|| m.display().to_string()));
    let options = Options {
        content: Content::Payments,
        portfolio: file.portfolio.parse()?,
        map: map.transpose().map_err(|e| Usage(format!("--map {e:#}")))?,
        backfill: file.backfill,
        create_clients: false,
        dry_run: file.dry_run,
        terms_days: house.terms_days,
        creditor: None,
    };
    let (name, now) = (file.name(), house.clock.now());
    let progress = out.progress("payments");
    let told = |done, all| progress.at(done, all);
    // What is checked first is kept, so that the same bytes are written; else a bank's file is read as it comes.
    let kept: Option<Arc<[u8]>> = file.is_checked_first().then(|| read(&file.file)).transpose()?.map(Arc::from);
    let take = async |options: &Options| {
        let opened: Box<dyn BufRead + Send> = match (&kept, file.file.as_str()) {
            (Some(bytes), _) => Box::new(io::Cursor::new(Arc::clone(bytes))),
            (None, "-") => Box::new(BufReader::new(io::stdin())),
            (None, path) => Box::new(BufReader::new(File::open(path).with_context(|| path.to_owned())?)),
        };
        let taken = intake::import_payments(&house.store, &name, opened, options, now, &told).await;
        taken.map_err(|failure| in_words(failure, &file))
    };
    let plan = if kept.is_some() { Some(take(&Options { dry_run: true, ..options.clone() }).await?) } else { None };
    let (taken, (outcome, matched)) = match plan {
        Some(plan) if plan.0.rejected > 0 => (Taken::Refused, plan),
        Some(_) => (Taken::Checked, take(&options).await?),
        None => (Taken::ByRow, take(&options).await?),
    };
    drop(progress);
    let mut json = import_json(&outcome, &name);
    if let Some(matched) = matched {
        json["booked"] = json!(matched.booked);
        json["review"] = json!(matched.review);
        json["taken_back"] = json!(matched.taken_back);
        json["passed_over"] = json!(matched.passed_over);
    }
    tell(&file, &outcome, json, taken, out)
}

pub(super) async fn payments(house: &Opened, asked: Payments, out: &Out) -> anyhow::Result<Ended> {
    let (desk, caller) = (desk(house), caller());
    let view = match asked {
        Payments::List { state, portfolio } => {
            let (mut all, mut after) = (Vec::new(), 0);
            loop {
                let which = (portfolio.as_deref(), Some(state.as_str()));
                let slice = desk.payments(&caller, which, after, PAGE).await?;
                all.extend(slice.items);
                let Some(next) = slice.next else { break };
                after = next;
            }
            out.answer(&json!({"payments": all}), || text(&all))?;
            return Ok(Ended::Done);
        }
        Payments::Assign { id, client, invoice } => {
            let part = |invoice| PaymentPartInput { client: client.clone(), invoice, amount: None };
            let input = PaymentInput { parts: invoice.into_iter().map(part).collect() };
            desk.decide_payment(&caller, id, &input).await?
        }
        Payments::Dismiss { id } => desk.decide_payment(&caller, id, &PaymentInput { parts: Vec::new() }).await?,
        Payments::Undo { id } => desk.undo_payment(&caller, id).await?,
    };
    out.answer(&serde_json::to_value(&view)?, || format!("payment {}: {}", view.id, view.state))?;
    Ok(Ended::Done)
}

fn text(all: &[PaymentView]) -> String {
    let mut rows = table(&["id", "arrived", "amount", "payer", "reference", "may be for"]);
    for payment in all {
        let mut may_be: Vec<String> =
            payment.candidates.iter().map(|c| format!("{} {}: {}", c.client, c.invoice, c.because)).collect();
        may_be.extend(payment.parts.iter().map(|p| format!("{} {}: {}", p.client, p.invoice, p.amount)));
        rows.add_row([
            payment.id.to_string(),
            payment.arrived_on.to_string(),
            match payment.state.as_str() {
                "partly_booked" => {
                    format!("{} {}\n{} still waits", payment.amount, payment.currency, payment.unassigned)
                }
                _ => format!("{} {}", payment.amount, payment.currency),
            },
            payment.payer.clone().unwrap_or_default(),
            payment.reference.clone(),
            may_be.join("\n"),
        ]);
    }
    rows.to_string()
}
