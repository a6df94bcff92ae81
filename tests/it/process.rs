//! Other processes, and what an operating system does to them.

use std::process::Command;

/// Sends a signal by its short name: `TERM`, `STOP`, `CONT`.
pub(crate) fn signal(id: u32, name: &str) {
    let kill = format!("kill -{name} {id}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
