//! Every source there is, asked by the real program on the made-up web: the whole path from address to signal.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The web as a process of its own, ended with the test.
struct World {
    web: Child,
    said: Value,
    folder: tempfile::TempDir,
}

impl World {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.args(["simulate", "--clients", "60", "--json", "--serve", "127.0.0.1:0", "--out"]).arg(folder.path());
        let mut web = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(web.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { said: serde_json::from_str(&line).unwrap(), web, folder }
    }

    /// The program, with the settings of a house that watches this web and a secret for every source.
    fn vedetta(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.arg("--config").arg(self.said["config"].as_str().unwrap()).arg("--json").args(arguments);
        command.envs(crate::stores::environment(self.folder.path()));
        for source in vedetta::collect::read_sources(&self.sources(), "sources.toml").unwrap() {
            if let Some(name) = &source.options.credential {
                command.env(vedetta::collect::Secrets::variable(name), "made-up:made-up");
            }
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {words}"))
    }

    fn sources(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("sources.toml")).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.web.kill().ok();
        self.web.wait().ok();
    }
}

/// No client of the made-up economy is American; these are known to its EDGAR.
const AMERICANS: &str = "client,name,country,registry_id\nUS-1,Calder Ridge Tools Inc.,US,1990001\n\
                         US-2,Sable Creek Mills Corp,US,1990002\n";

#[test]
fn every_source_of_the_made_up_web_answers_and_none_of_them_fails() {
    let world = World::begin();
    let clients = world.folder.path().join("clients.csv");
    world.vedetta(&["import", "clients", clients.to_str().unwrap()]);
    let americans = world.folder.path().join("americans.csv");
    std::fs::write(&americans, AMERICANS).unwrap();
    world.vedetta(&["import", "clients", americans.to_str().unwrap()]);
    let first = world.vedetta(&["collect"]);
    let reports = first["sources"].as_array().unwrap();
    let configured = vedetta::collect::read_sources(&world.sources(), "sources.toml").unwrap();
    let wanted: BTreeSet<String> =
        configured.iter().filter(|source| source.is_enabled).map(|source| source.id.to_string()).collect();
    let reported: BTreeSet<String> = reports.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(wanted, reported);
    for report in reports {
        assert_eq!(report["failed"], 0, "{report}");
        assert_eq!(report["quarantined"], 0, "{report}");
        assert!(report["requests"].as_u64().unwrap() > 0, "{report}");
    }
    let signals: u64 = reports.iter().map(|r| r["signals"].as_u64().unwrap()).sum();
    assert!(signals > 100, "{first}");
}
