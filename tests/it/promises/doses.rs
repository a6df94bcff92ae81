//! How much of everything: enough that what can go wrong does, little enough that all promises together take a minute on
//! two cores in the dev profile.

use std::time::Duration;

/// Set, every dose below that has a whole one is the whole one: `scripts/soak promises`.
const WHOLE: &str = "VEDETTA_WHOLE_DOSE";

/// The dose of the suite, or the whole one.
pub(crate) fn dose(suite: usize, whole: usize) -> usize {
    if std::env::var_os(WHOLE).is_some() { whole } else { suite }
}

/// G1. How often a house is killed under four writers.
pub(super) fn g1_kills() -> usize {
    dose(3, 200)
}
/// G2. Clients that are rated in one transaction.
pub(super) const G2_CLIENTS: usize = 3;
/// G2. How far into a recording it is broken off: a recording waits fewer times than this.
pub(super) const G2_STOPS: usize = 200;
/// G3. Transactions in a log.
pub(super) fn g3_transactions() -> usize {
    dose(24, 500)
}
/// G3. How often the log is cut, and how often a bit of it flips.
pub(super) fn g3_faults() -> usize {
    dose(24, 1_000)
}
/// G5. Clients, how often each moves, and how many rate and relay at once.
pub(super) fn g5_clients() -> usize {
    dose(40, 1_000)
}
/// G5. See [`g5_clients`].
pub(super) fn g5_changes() -> usize {
    dose(12, 100)
}
/// G5. See [`g5_clients`].
pub(super) const G5_RELAYS: usize = 3;
/// G6. Schedules that are made up, and steps of each.
pub(super) fn g6_schedules() -> u32 {
    dose(24, 2_000) as u32
}
/// G6. See [`g6_schedules`].
pub(super) fn g6_steps() -> usize {
    dose(30, 200)
}
/// G7. Entries.
pub(super) fn g7_entries() -> i64 {
    dose(600, 10_000) as i64
}
/// G7. Entries that no consumer can take, spread over all of them.
pub(super) fn g7_poison() -> Vec<i64> {
    let n = dose(3, 10) as i64;
    (1..=n).map(|k| k * g7_entries() / n - 1).collect()
}
/// G7. Consumers that die with what they took: one less than what an entry may kill before it is parked.
pub(super) const G7_DEATHS: usize = 4;
/// G8. Entries of a stream that is trimmed.
pub(super) fn g8_entries() -> i64 {
    dose(2_000, 1_000_000) as i64
}

/// G9. Drops that every one of four receivers is told of.
pub(super) fn g9_drops() -> usize {
    dose(12, 2_500)
}
/// G9. How often the sender dies while it sends.
pub(super) fn g9_kills() -> usize {
    dose(5, 20)
}
/// G10. Receivers, every fifth of them hostile.
pub(super) fn g10_receivers() -> usize {
    dose(30, 100)
}
/// G11. Deliveries of which one byte is another.
pub(super) fn g11_mutations() -> usize {
    dose(400, 10_000)
}
/// G12. Clients that walk over the scale, and steps of each.
pub(super) fn g12_walks() -> u64 {
    dose(4, 10_000) as u64
}
/// G12. See [`g12_walks`].
pub(super) const G12_STEPS: usize = 60;

/// G13. Readers of the stream, how often each is cut off, and what there is to read.
pub(super) fn g13_readers() -> u64 {
    dose(12, 1_000) as u64
}
/// G13. See [`g13_readers`].
pub(super) fn g13_cuts() -> usize {
    dose(6, 10)
}
/// G13. See [`g13_readers`].
pub(super) const G13_EVENTS: usize = 120;

/// G14. The same request, sent at once.
pub(super) fn same_requests() -> usize {
    dose(60, 200)
}
/// G14. Processes that it reaches.
pub(super) const REPLICAS: usize = 3;

/// G15. Several pages of a thousand, the last of them not full, and more than one task for every thread.
pub(super) const SAME_BYTES_CLIENTS: usize = 2_500;
/// G15. A year of a client that is billed monthly.
pub(super) const SAME_BYTES_INVOICES: usize = 12;

/// G16. Three pages: a kill can fall before, between and behind them.
pub(super) fn night_clients() -> usize {
    dose(2_400, 20_000)
}
/// G16. Months of ledger: what makes importing slow and tells the night nothing more is left out.
pub(super) const NIGHT_MONTHS: u32 = 3;
/// G16. Kills of one night; each falls into what the one before left.
pub(super) fn night_kills() -> usize {
    dose(10, 30)
}

/// G16. Three pages for two workers: what one has in its hands when it is killed is most of the night.
pub(super) const FLEET_CLIENTS: usize = 2_100;
/// G16. Workers at a time.
pub(super) const FLEET_WORKERS: usize = 2;
/// G16. How often one of them is killed: each time another page is done.
pub(super) const FLEET_KILLS: usize = 2;

/// G17. Enough that every kind of source speaks of some of them.
pub(super) const G17_CLIENTS: usize = 40;
/// G18. Pages of the site that is read twice; of a thousand, every tenth would tell nothing else.
pub(super) const POLITE_PAGES: usize = 100;
/// G18. Tasks that ask it at once.
pub(super) const POLITE_TASKS: usize = 8;
/// G18. Processes that share a store and a site, and how often all of them are started anew.
pub(super) const WORKERS: usize = 8;
/// G18. See [`WORKERS`].
pub(super) const RESTARTS: usize = 3;

/// G19. Nesting, attributes, elements: what makes a quadratic reader take minutes and a recursive one fall.
pub(super) const DEEP: usize = 50_000;
/// G19. Elements of a list in one answer, within the cap on answers.
pub(super) const ELEMENTS: usize = 400_000;
/// G19. What a process may use of memory that is its own, in KiB, whatever it reads.
pub(super) const MEMORY_KIB: u64 = 160 * 1024;

/// G19. What an import may use of memory that is its own, in KiB, whatever it is given: the file itself, decoded, and the rest.
pub(super) const IMPORT_KIB: u64 = 512 * 1024;
/// G19. Seconds of computing of an import in an unoptimised program; a reader that is not linear takes minutes.
pub(super) const IMPORT_SECONDS: u64 = 20;

/// G21. Rows of a generated ledger: each fault occurs several times, and the spelling of dates cannot be mistaken.
pub(super) const LEDGER_ROWS: usize = 60;
/// G21. One row in so many has a fault.
pub(super) const ONE_FAULT_IN: u32 = 4;

/// G27. Connections on which half a request was said.
pub(super) const SLOW_CALLERS: usize = 200;
/// G28. Rows of the log, and how often somebody tampers with it; each kind of tampering falls on many rows.
pub(super) fn g28_rows() -> i64 {
    dose(150, 10_000) as i64
}
/// G28. See [`g28_rows`].
pub(super) fn g28_edits() -> usize {
    dose(40, 1_000)
}

/// G31. How often the house is asked to end under load.
pub(super) const SIGTERMS: usize = 4;
/// G31. Streams open then.
pub(super) const STREAMS: usize = 50;
/// G31. Clients asking without a pause then.
pub(super) const CALLERS: usize = 8;
/// G31. Receivers that are being told something then, and that answer once the last stream has ended.
pub(super) const SLOW_RECEIVERS: usize = 20;
/// G31. An init system kills what has not ended by itself; ten seconds is the shortest patience in use.
pub(super) const END_WITHIN: Duration = Duration::from_secs(10);
/// G31. Who signals twice wants it now: the house leaves its work, and a blocked thread gets one second.
pub(super) const END_AT_ONCE: Duration = Duration::from_secs(3);

/// G33. How often a process is killed while it brings a schema up to date.
pub(super) fn g33_kills() -> usize {
    dose(4, 60)
}
/// G34. Bytes of a backup that are flipped, one at a time.
pub(super) fn g34_flips() -> usize {
    dose(40, 1_000)
}

/// How many processes start on a folder that is empty.
pub(super) const FIRST_STARTS: usize = 4;
/// Any wait for something that happens at once on an idle machine; a busy one gets this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
