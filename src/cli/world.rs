//! `simulate`: a made-up economy as files, and its web on loopback for whoever wants to collect from it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Ended, Usage, args, house::Signals, out::Out};
use crate::{
    app::demo::OPENING,
    collect::{Secrets, read_sources},
    simulate::{Economy, Plan, Web, write},
};

/// Of how long a time the books tell: with three years a model learns from half as many defaults again as with two.
const HISTORY_MONTHS: u32 = 36;

pub(super) async fn simulate(asked: &args::Simulate, out: &Out) -> anyhow::Result<Ended> {
    let plan = Plan { history_months: HISTORY_MONTHS, ..Plan::new(asked.clients as usize, asked.seed, OPENING) };
    let economy = Arc::new(Economy::new(&plan));
    let folder = asked.out.as_path();
    write(folder, &economy).with_context(|| folder.display().to_string())?;
    let mut json =
        json!({"clients": asked.clients, "seed": asked.seed, "start": plan.start.to_string(), "out": folder});
    let text = format!("{} clients as of {} in {}", asked.clients, plan.start, folder.display());
    let Some(bind) = &asked.serve else {
        out.answer(&json, || text)?;
        return Ok(Ended::Done);
    };
    let listener = tokio::net::TcpListener::bind(bind).await.with_context(|| bind.clone())?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(Usage(format!("--serve {bind}: a made-up web must not be met by others; use 127.0.0.1")).into());
    }
    let address = format!("http://{address}");
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let (config, secrets) = point_house_at(folder, &address).with_context(|| folder.display().to_string())?;
    json["address"] = json!(address);
    json["config"] = json!(config);
    out.answer(&json, || text)?;
    let secrets: Vec<String> = secrets.iter().map(|name| format!("{name}=made-up:made-up")).collect();
    let file = |name: &str| folder.join(name).display().to_string();
    let steps = [
        format!("import clients {}", file("clients.csv")),
        format!("import invoices {} --backfill", file("invoices.csv")),
        "collect".to_owned(),
    ];
    let steps = steps.map(|step| format!("\n  vedetta --config {} {step}", config.display())).concat();
    out.hint(&format!(
        "the made-up web answers at {address}; Ctrl-C ends it. To collect from it, elsewhere:\n  export {}{steps}",
        secrets.join(" "),
    ));
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let ended = async move {
        signals.next().await;
        stop.cancel();
    };
    let (served, ()) =
        tokio::join!(Web::new(economy, asked.day.unwrap_or(plan.start)).serve(listener, shutdown), ended);
    served?;
    Ok(Ended::Done)
}

/// Writes the settings of a house that watches this web: its sources, asked without the pauses that strangers are owed.
/// Gives the file of settings, and the variables its secrets are read from.
fn point_house_at(folder: &Path, address: &str) -> anyhow::Result<(PathBuf, Vec<String>)> {
    let folder = std::path::absolute(folder)?;
    let mut sources: toml::Table = toml::from_str(&Web::sources(address))?;
    let mut secrets = Vec::new();
    for source in sources.iter_mut().filter_map(|(_, table)| table.as_table_mut()) {
        let quick: toml::Table = toml::from_str("min_interval = \"1ms\"\npace = { requests = 1000, per_seconds = 1 }")?;
        quick.into_iter().for_each(|(key, value)| {
            source.entry(key).or_insert(value);
        });
        if let Some(name) = source.get("credential").and_then(toml::Value::as_str) {
            secrets.push(Secrets::variable(name));
        }
    }
    let text = toml::to_string(&sources)?;
    read_sources(&text, "the made-up web's sources.toml")?;
    let place = folder.join("sources.toml");
    fs::write(&place, text)?;
    let settings = json!({
        "store": {"data": folder.join("data")},
        "collect": {"allow_private": true},
        "files": {"sources": place},
    });
    let config = folder.join("vedetta.toml");
    fs::write(&config, toml::to_string(&settings)?)?;
    secrets.sort();
    secrets.dedup();
    Ok((config, secrets))
}
