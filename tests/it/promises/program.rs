//! The real program in a process of its own.

use std::{
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::time::{interval, timeout};

use super::doses::PATIENCE;

/// How often a condition is looked at that nobody announces.
const LOOK: Duration = Duration::from_millis(5);

/// The program on a folder of data; whatever it may be asked, it asks no source.
pub(crate) fn vedetta(data: &Path) -> Command {
    let sources = data.with_extension("sources.toml");
    File::create(&sources).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
    command.arg("--data").arg(data).env("VEDETTA__FILES__SOURCES", sources).stdin(Stdio::null());
    command.envs(crate::stores::environment(data));
    command
}

/// Runs a command to its end; its JSON answer, when it ended with this code.
pub(crate) fn answer<S: AsRef<OsStr>>(data: &Path, arguments: &[S], code: i32) -> Value {
    let output = ran(vedetta(data).arg("--json").args(arguments), code);
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn ran(command: &mut Command, code: i32) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{command:?}: {said}");
    output
}

/// Every event so far, through `tail --once`.
pub(super) fn feed(data: &Path) -> Vec<Value> {
    let output = ran(vedetta(data).args(["tail", "--once"]), 0);
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Copies a folder of data with all that is in it, and its store.
pub(super) fn copy(from: &Path, to: &Path) {
    crate::stores::copy(&from.join("vedetta.db"), &to.join("vedetta.db"));
    copy_files(from, to);
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy_files(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// `vedetta run` on a free port; killed when dropped.
pub(super) struct House {
    child: tokio::process::Child,
    log: PathBuf,
    pub(super) address: String,
    /// How long after its start it listened.
    pub(super) ready_after: Duration,
    key: String,
    http: Client,
}

impl House {
    /// Starts it and waits until it says where it listens.
    pub(super) async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    /// The same with these settings of the environment.
    pub(super) async fn start_with(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = vedetta(data);
        command.envs(settings.iter().copied()).args(["run", "--bind", "127.0.0.1:0"]);
        Self::start_by(data, command).await
    }

    /// The same, where no file may grow beyond so many KiB: writing more fails, as on a full disk.
    pub(super) async fn start_within(data: &Path, kib: u64) -> Self {
        let program = vedetta(data);
        let mut command = Command::new("bash");
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
        let script = format!("trap '' XFSZ; ulimit -S -f {kib}; exec \"$@\"");
        command.args(["-c", &script, "bash"]).arg(program.get_program()).args(program.get_args());
        command.args(["run", "--bind", "127.0.0.1:0"]);
        Self::start_by(data, command).await
    }

    /// Takes the limit of [`Self::start_within`] away, as if room had been made.
    pub(super) fn make_room(&self) {
        let pid = self.child.id().unwrap().to_string();
        let made = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
        assert!(made.success(), "{made}");
    }

    async fn start_by(data: &Path, mut command: Command) -> Self {
        let key = answer(data, &["keys", "create", "--scope", "write"], 0)["key"].as_str().unwrap().to_owned();
        let log = data.with_extension("log");
        command.env("VEDETTA__ALERT__ALLOW_PRIVATE", "true");
        command.stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let began = Instant::now();
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
        let address = eventually("it listens", async || {
            assert!(child.try_wait().unwrap().is_none(), "{}", std::fs::read_to_string(&log).unwrap());
            let said = std::fs::read_to_string(&log).unwrap();
            let (_, rest) = said.split_once("listens at ")?;
            rest.split_once(' ').map(|(address, _)| address.to_owned())
        });
        let (address, ready_after) = (address.await, began.elapsed());
        let http = Client::builder().no_proxy().build().unwrap();
        Self { child, log, address, ready_after, key, http }
    }

    /// A request with the key, on connections that are kept.
    pub(super) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.address);
        self.http.request(method.parse().unwrap(), url).bearer_auth(&self.key)
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        crate::process::signal(self.child.id().unwrap(), name);
    }

    /// How it ended, and how long after this question.
    pub(super) async fn ended(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        let ended = timeout(PATIENCE, self.child.wait()).await;
        (ended.unwrap_or_else(|_| panic!("still running: {}", self.log())).unwrap(), asked.elapsed())
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

/// What the question gives once it gives something; asked again every few milliseconds, for there is nothing to wait on.
pub(crate) async fn eventually<T>(what: &str, mut question: impl AsyncFnMut() -> Option<T>) -> T {
    let mut looks = interval(LOOK);
    let asking = async {
        loop {
            looks.tick().await;
            if let Some(found) = question().await {
                return found;
            }
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}
