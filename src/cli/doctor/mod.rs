//! `vedetta doctor`: looks at everything that the house rests on, and says what is wrong and how to mend it.
//!
//! It opens what it looks at by itself, and works while nothing runs. A check that could not be made, because another one
//! before it failed, says so instead of being left out.

mod around;
mod inside;
mod machine;

use serde_json::{Value, json};

use super::{
    Ended, Opened,
    out::{Out, table},
};
use crate::{
    app,
    config::{self, Config, Flags},
};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    /// It works, and could be better.
    Warn,
    Fail,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
struct Check {
    what: &'static str,
    state: State,
    /// What was found.
    text: String,
    /// What to do about it; empty when all is well.
    mend: String,
}

impl Check {
    fn ok(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, state: State::Ok, text: text.into(), mend: String::new() }
    }

    fn warn(what: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, state: State::Warn, text: text.into(), mend: mend.into() }
    }

    fn fail(what: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, state: State::Fail, text: text.into(), mend: mend.into() }
    }

    /// Well when it is so; else something to be mended soon.
    fn should(what: &'static str, is_so: bool, text: impl Into<String>, mend: &str) -> Self {
        if is_so { Self::ok(what, text) } else { Self::warn(what, text, mend) }
    }

    /// Well when it is so; else something that does not work.
    fn must(what: &'static str, is_so: bool, text: impl Into<String>, mend: &str) -> Self {
        if is_so { Self::ok(what, text) } else { Self::fail(what, text, mend) }
    }

    fn json(&self) -> Value {
        json!({"check": self.what, "state": self.state.as_str(), "text": self.text, "mend": self.mend})
    }
}

pub(super) async fn doctor(flags: &Flags, out: &Out) -> anyhow::Result<Ended> {
    let (checks, misconfigured) = match config::load(flags) {
        Ok(config) => (examine(config).await, None),
        Err(wrong) => {
            let mend = "`vedetta config print` shows each setting and where it comes from";
            (vec![Check::fail("settings", wrong.to_string(), mend)], Some(wrong))
        }
    };
    let is_well = checks.iter().all(|check| check.state != State::Fail);
    let shown: Vec<Value> = checks.iter().map(Check::json).collect();
    out.answer(&json!({"ok": is_well, "checks": shown}), || {
        let mut rows = table(&["", "check", "found", "what to do"]);
        for check in &checks {
            let mark = if check.state == State::Fail { "FAIL" } else { check.state.as_str() };
            rows.add_row([mark, check.what, check.text.as_str(), check.mend.as_str()]);
        }
        rows.to_string()
    })?;
    match misconfigured {
        Some(wrong) => Err(wrong.into()),
        None => Ok(if is_well { Ended::Done } else { Ended::Refused }),
    }
}

async fn examine(config: Config) -> Vec<Check> {
    let mut checks = vec![Check::ok("settings", "can be right"), Check::ok("model", config.engine.model().to_string())];
    checks.extend(machine::checks(&config));
    let witness = app::witness(&config);
    match Opened::with(&config).await {
        Ok(opened) => {
            checks.push(Check::ok("store", "answers"));
            checks.extend(inside::checks(&opened, &config.archive, witness).await);
            checks.extend(around::checks(&config, Some(&opened.store)).await);
        }
        Err(failure) => {
            let mend = "start the database, or correct store.url; what lies in the store was not looked at";
            checks.push(Check::fail("store", format!("{failure:#}"), mend));
            checks.extend(around::checks(&config, None).await);
        }
    }
    checks
}
