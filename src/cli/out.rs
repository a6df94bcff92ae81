//! Where words go: data to standard output, everything else to standard error.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Global;

/// Without a terminal, progress is a line now and then.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What the user asked to see.
#[derive(Debug, Clone, Copy)]
pub(super) struct Out {
    pub(super) json: bool,
    pub(super) quiet: bool,
}

/// Colour on a terminal that has not asked for none (<https://no-color.org>).
#[expect(clippy::disallowed_methods, reason = "NO_COLOR and TERM are about this terminal, not about the house")]
pub(super) fn wants_colour() -> bool {
    let plain =
        std::env::var("NO_COLOR").is_ok_and(|v| !v.is_empty()) || std::env::var("TERM").is_ok_and(|t| t == "dumb");
    std::io::stderr().is_terminal() && !plain
}

impl Out {
    pub(super) fn new(global: &Global) -> Self {
        Self { json: global.json, quiet: global.quiet }
    }

    /// The one JSON object of `--json`, or what a person reads.
    pub(super) fn answer(&self, json: &serde_json::Value, human: impl FnOnce() -> String) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer(&mut stdout, json).map_err(Into::into).and_then(|()| writeln!(stdout))
        } else {
            writeln!(stdout, "{}", human())
        };
        match written {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("standard output"),
        }
    }

    /// A word on the side.
    pub(super) fn hint(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// What went wrong, for those too who want no words on the side.
    pub(super) fn fault(&self, text: &str) {
        eprintln!("vedetta: {text}");
    }

    /// Progress of long work: a bar on a terminal, a line now and then elsewhere, nothing when quiet.
    pub(super) fn progress(&self, what: &'static str) -> Progress {
        let on_terminal = std::io::stderr().is_terminal() && !self.quiet;
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        let template = "{msg:>12} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let lines = (!on_terminal && !self.quiet).then(|| std::sync::Mutex::new(Instant::now()));
        Progress { bar, what, lines }
    }
}

/// A bar or a line now and then.
pub(super) struct Progress {
    bar: ProgressBar,
    what: &'static str,
    lines: Option<std::sync::Mutex<Instant>>,
}

impl Progress {
    pub(super) fn at(&self, done: u64, total: u64) {
        self.bar.set_length(total.max(done));
        self.bar.set_position(done);
        let Some(Ok(mut last)) = self.lines.as_ref().map(|l| l.lock()) else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            eprintln!("{}: {done} of {total}", self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A table without lines, as `column` prints it.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

/// Writes to a file, or to standard output without one.
pub(super) fn write(to: Option<&Path>, bytes: &[u8]) -> anyhow::Result<()> {
    match to {
        Some(path) => std::fs::write(path, bytes).with_context(|| path.display().to_string()),
        None => match std::io::stdout().lock().write_all(bytes) {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("standard output"),
        },
    }
}
