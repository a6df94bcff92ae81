//! The machine: its disk, its limits, its clock, and what the settings leave as it was shipped.

use std::path::Path;

use super::Check;
use crate::{clock::Clock, config::Config};

/// Free disk below which nothing works for long, and below which somebody should look, bytes.
const DISK_MIN: u64 = 100 << 20;
const DISK_SMALL: u64 = 2 << 30;
/// On a larger disk the twentieth part is little, too, unless it is a lot.
const DISK_SHARE: u64 = 20;
const DISK_ENOUGH: u64 = 20 << 30;
/// Files that the API with its places, a store and the collectors have open at once.
const FILES_MIN: u64 = 1024;
/// A year before this program was written: a clock that says so has no battery.
const FIRST_YEAR: i16 = 2026;

pub(super) fn checks(config: &Config) -> Vec<Check> {
    vec![
        folder(&config.archive),
        disk(&config.archive),
        files(config.at_once),
        year(),
        contact(&config.contact),
        private(config),
    ]
}

/// The folder that exists, or the one in which it would be made.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."))
}

fn folder(archive: &Path) -> Check {
    let place = existing(archive);
    let written = tempfile::tempfile_in(place);
    let text = format!("{} can be written", place.display());
    match written {
        Ok(_) => Check::ok("data folder", text),
        Err(error) => {
            let mend = "give the user that runs vedetta the folder, or name another with --data";
            Check::fail("data folder", format!("{}: {error}", place.display()), mend)
        }
    }
}

/// The disk of the data folder. That of a server's database is the server's to watch: nobody tells us of it.
fn disk(archive: &Path) -> Check {
    let place = existing(archive);
    match (fs4::available_space(place), fs4::total_space(place)) {
        (Ok(free), Ok(total)) => room(free, total),
        (Err(error), _) | (_, Err(error)) => {
            Check::warn("disk", format!("how much is free is not known: {error}"), "look with df")
        }
    }
}

fn room(free: u64, total: u64) -> Check {
    const MEND: &str = "make room, or move the data folder: a full disk makes the house read-only";
    let text = format!("{} MiB free of {}", free >> 20, total >> 20);
    if free < DISK_MIN {
        return Check::fail("disk", text, MEND);
    }
    let is_nearly_full = free < DISK_SMALL || (free < total / DISK_SHARE && free < DISK_ENOUGH);
    Check::should("disk", !is_nearly_full, text, MEND)
}

fn files(at_once: usize) -> Check {
    let needed = FILES_MIN.max(2 * at_once as u64);
    let mend = format!("raise it to {needed} (ulimit -n, LimitNOFILE=)");
    match rlimit::Resource::NOFILE.get() {
        Ok((soft, _)) => Check::should("file limit", soft >= needed, format!("{soft} files"), &mend),
        Err(error) => Check::warn("file limit", error.to_string(), mend),
    }
}

fn year() -> Check {
    let now = Clock::system().now();
    let is_plausible = now.to_zoned(jiff::tz::TimeZone::UTC).year() >= FIRST_YEAR;
    Check::must(
        "clock",
        is_plausible,
        now.to_string(),
        "set the clock (chrony, systemd-timesyncd): ratings are of a day",
    )
}

fn contact(contact: &str) -> Check {
    let is_own = !contact.contains("example.org");
    let text = format!("sites are told {contact}");
    Check::should("contact", is_own, text, "set collect.contact to an address of yours: owners of sites write there")
}

fn private(config: &Config) -> Check {
    let open: Vec<&str> =
        [("alert.allow_private", config.alert.allow_private), ("collect.allow_private", config.collect_private)]
            .into_iter()
            .filter_map(|(name, is_on)| is_on.then_some(name))
            .collect();
    let text = if open.is_empty() { "closed".to_owned() } else { format!("open: {}", open.join(", ")) };
    Check::should(
        "private addresses",
        open.is_empty(),
        text,
        "switch it off outside of trials: a webhook could be led inside",
    )
}

#[cfg(test)]
mod tests {
    use super::{super::State, room};

    #[test]
    fn a_disk_that_is_nearly_full_is_told_of_before_it_is_full() {
        const GIB: u64 = 1 << 30;
        for (free, total, state) in [
            (50 << 20, 8 * GIB, State::Fail),
            (GIB, 8 * GIB, State::Warn),
            (4 * GIB, 8 * GIB, State::Ok),
            (10 * GIB, 400 * GIB, State::Warn),
            (30 * GIB, 4_000 * GIB, State::Ok),
        ] {
            let check = room(free, total);
            assert_eq!(check.state, state, "{}", check.text);
            assert_eq!(check.mend.is_empty(), state == State::Ok);
        }
    }
}
