//! What keeps the house: `run`, `serve`, `work`, `keys`, `config`, `doctor`.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    Ended, Opened,
    args::{self, KeyScope},
    ask::{caller, desk},
    out::{Out, table},
};
use crate::{
    app::{App, Duties},
    clock::Clock,
    config::{self, Config, Flags},
    publish::QueueUrl,
    store::Scope,
};

/// Ctrl-C and the polite request to end. Whoever listens must do so before it says that it is up, and go on listening:
/// a signal that nobody listens for ends the process on the spot, and one between two listeners is lost.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns at the next of either: how whoever only reads then ends.
    pub(super) async fn next(&mut self) -> Ended {
        tokio::select! {
            _ = self.interrupt.recv() => Ended::Interrupted,
            _ = self.terminate.recv() => Ended::Done,
        }
    }

    /// The same, if it comes within this time.
    pub(super) async fn within(&mut self, time: Duration) -> Option<Ended> {
        tokio::select! {
            biased;
            ended = self.next() => Some(ended),
            () = tokio::time::sleep(time) => None,
        }
    }
}

pub(super) async fn run(flags: &Flags, bind: Option<String>, out: &Out, duties: Duties) -> anyhow::Result<Ended> {
    let config = config::load(&Flags { bind, ..flags.clone() })?;
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let app = match duties {
        Duties::Work => App::build_worker(&config, Clock::system()).await?,
        _ => App::build(&config, Clock::system()).await?,
    };
    let address = app.address();
    match duties {
        Duties::Work => out.hint(&format!("vedetta works{}; Ctrl-C ends it", alone(&config))),
        _ => {
            let docs = format!("(docs at http://{address}/docs)");
            out.hint(&format!("vedetta listens at http://{address} {docs}; Ctrl-C ends it"));
            if app.desk.keys(&caller()).await?.is_empty() {
                out.hint("there is no key yet: vedetta keys create --scope read");
            }
        }
    }
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let watch = async move {
        signals.next().await;
        stop.cancel();
        // Whoever asks twice means it.
        signals.next().await;
    };
    tokio::select! {
        ended = app.run(duties, shutdown) => ended.map(|()| Ended::Done),
        () = watch => Ok(Ended::Interrupted),
    }
}

/// What a worker says that shares its work with no other, and how it would.
fn alone(config: &Config) -> &'static str {
    let is_shared = !config.store_url.starts_with("sqlite:");
    match (&config.queue, is_shared) {
        (QueueUrl::Redis(_), true) => "",
        (QueueUrl::Local, true) => {
            " (without --queue redis://… one worker holds the night alone, and the others wait to take its place)"
        }
        (_, false) => " (a file is one worker's: a fleet needs --store postgres://… and --queue redis://…)",
    }
}

pub(super) async fn keys(house: &Opened, asked: args::Keys, out: &Out) -> anyhow::Result<Ended> {
    let desk = desk(house);
    match asked {
        args::Keys::Create { scope, portfolio } => {
            let scope = match scope {
                KeyScope::Read => Scope::Read,
                KeyScope::Write => Scope::Write,
                KeyScope::Admin => Scope::Admin,
            };
            let key = desk.create_key(&caller(), scope, &portfolio).await?;
            out.hint("keep it now: only its hash is stored, it cannot be shown again");
            out.answer(&serde_json::to_value(&key)?, || key.key.clone())?;
        }
        args::Keys::List => {
            let keys = desk.keys(&caller()).await?;
            out.answer(&json!({ "keys": keys }), || {
                let mut rows = table(&["id", "begins", "scope", "portfolios", "created", "revoked"]);
                for k in &keys {
                    let revoked = k.revoked_at.map(|at| at.to_string()).unwrap_or_default();
                    let portfolios = if k.portfolios.is_empty() { "all".to_owned() } else { k.portfolios.join(", ") };
                    rows.add_row([&k.id, &k.hint, &k.scope, &portfolios, &k.created_at.to_string(), &revoked]);
                }
                rows.to_string()
            })?;
        }
        args::Keys::Revoke { id } => {
            desk.revoke_key(&caller(), &id).await?;
            out.answer(&json!({"revoked": id}), || format!("{id} opens no door any more"))?;
        }
    }
    Ok(Ended::Done)
}

pub(super) fn config(flags: &Flags, what: &args::Config, out: &Out) -> anyhow::Result<Ended> {
    match what {
        args::Config::Print => {
            let settings = config::print(flags)?;
            out.answer(&json!({ "settings": settings }), || {
                let mut rows = table(&["setting", "value", "from"]);
                for s in &settings {
                    rows.add_row([&s.key, &s.value, &s.source]);
                }
                rows.to_string()
            })?;
        }
        args::Config::Check => {
            let config = config::load(flags)?;
            let json = json!({"ok": true, "model": config.engine.model().to_string()});
            out.answer(&json, || format!("the settings can be right; the model is {}", config.engine.model()))?;
        }
    }
    Ok(Ended::Done)
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    verdict: Result<String, String>,
}

pub(super) async fn doctor(flags: &Flags, out: &Out) -> anyhow::Result<Ended> {
    let (findings, misconfigured) = match config::load(flags) {
        Ok(config) => (examine(config).await, None),
        Err(wrong) => (vec![Finding { what: "settings", verdict: Err(wrong.to_string()) }], Some(wrong)),
    };
    let is_well = findings.iter().all(|f| f.verdict.is_ok());
    let shown: Vec<Value> = findings
        .iter()
        .map(|f| {
            let (state, text) = match &f.verdict {
                Ok(text) => ("ok", text),
                Err(text) => ("fail", text),
            };
            json!({"check": f.what, "state": state, "text": text})
        })
        .collect();
    out.answer(&json!({"ok": is_well, "checks": shown}), || {
        let mut rows = table(&["", "check", ""]);
        for f in &findings {
            let (mark, text) = match &f.verdict {
                Ok(text) => ("ok", text),
                Err(text) => ("FAIL", text),
            };
            rows.add_row([mark, f.what, text.as_str()]);
        }
        rows.to_string()
    })?;
    match misconfigured {
        Some(wrong) => Err(wrong.into()),
        None => Ok(if is_well { Ended::Done } else { Ended::Refused }),
    }
}

async fn examine(config: Config) -> Vec<Finding> {
    let finding = |what, verdict| Finding { what, verdict };
    let mut findings = vec![
        finding("settings", Ok("can be right".to_owned())),
        finding("model", Ok(config.engine.model().to_string())),
    ];
    let opened = match Opened::from_config(config).await {
        Ok((opened, _)) => opened,
        Err(failure) => {
            findings.push(finding("store", Err(format!("{failure:#}"))));
            return findings;
        }
    };
    let store = &opened.store;
    let words = |e: crate::store::Error| e.to_string();
    let seated = opened.rescorer.champion().await.map(|engine| format!("{} rates", engine.model()));
    findings.push(finding("champion", seated.map_err(|e| e.to_string())));
    findings.push(finding("store", store.check().await.map(|()| "answers".to_owned()).map_err(words)));
    let clients = store.facts().n_clients().await.map(|n| format!("{n}")).map_err(words);
    findings.push(finding("clients", clients));
    let chain = store.audit().verify().await.map(|n| format!("{n} rows, unbroken")).map_err(words);
    findings.push(finding("audit log", chain));
    let events = store.outbox().last_seq().await.map(|n| format!("{n} events")).map_err(words);
    findings.push(finding("outbox", events));
    let night = store.runs().last("night").await.map_err(words);
    let night =
        night.map(|run| run.map_or("none yet".to_owned(), |r| format!("last for {}, {:?}", r.valid_at, r.state)));
    findings.push(finding("night", night));
    match store.sources().all().await {
        Ok(sources) => {
            let stale: Vec<String> = sources.into_iter().filter(|(_, s)| s.is_stale).map(|(id, _)| id).collect();
            let verdict = if stale.is_empty() {
                Ok("none is stale".to_owned())
            } else {
                Err(format!("stale: {}", stale.join(", ")))
            };
            findings.push(finding("sources", verdict));
        }
        Err(failure) => findings.push(finding("sources", Err(failure.to_string()))),
    }
    findings
}
