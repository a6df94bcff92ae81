//! What keeps the house: `run`, `serve`, `work`, `keys`, `config`.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    Ended, Opened, Usage,
    args::{self, KeyScope},
    ask::{caller, desk},
    out::{Out, table},
};
use crate::{
    app::{App, Duties},
    clock::Clock,
    config::{self, Config, Flags},
    desk,
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
        args::Keys::Create { scope, portfolio, new_portfolio } => {
            let scope = match scope {
                KeyScope::Read => Scope::Read,
                KeyScope::Write => Scope::Write,
                KeyScope::Admin => Scope::Admin,
            };
            let key = desk.create_key_for(&caller(), scope, &portfolio, new_portfolio).await.map_err(flagged)?;
            for name in &key.new_portfolios {
                out.hint(&format!("portfolio {name:?} is new: nobody is in it yet"));
            }
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

/// A wrong portfolio is a wrong usage, in the words of the command line.
fn flagged(error: desk::Error) -> anyhow::Error {
    match error {
        desk::Error::Invalid { why, .. } => {
            Usage(format!("--portfolio {}", why.replace("`new_portfolio`", "--new-portfolio"))).into()
        }
        other => other.into(),
    }
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
