//! How much of everything: enough that what can go wrong does, little enough that all promises together take a minute on
//! two cores in the dev profile.

use std::time::Duration;

/// Set, every dose below that has a whole one is the whole one: `scripts/soak promises`. Set to `night`, those that take hours are
/// what they are before a release: `scripts/soak night`.
const WHOLE: &str = "VEDETTA_WHOLE_DOSE";

fn is_whole() -> bool {
    std::env::var_os(WHOLE).is_some()
}

/// The dose of the suite, or the whole one.
pub(crate) fn dose(suite: usize, whole: usize) -> usize {
    if is_whole() { whole } else { suite }
}

/// The dose of the suite, the whole one, or that of a night of its own.
fn nightly(suite: usize, whole: usize, night: usize) -> usize {
    if std::env::var_os(WHOLE).is_some_and(|how| how == "night") { night } else { dose(suite, whole) }
}

/// The same of a time.
pub(super) fn lasting(suite: Duration, whole: Duration) -> Duration {
    if is_whole() { whole } else { suite }
}

/// What a whole dose found, in one line that `scripts/soak promises` puts into its table. Times are told and never asserted:
/// they are the machine's as much as ours.
pub(crate) fn figures(found: &str) {
    if is_whole() {
        eprintln!("figures: {found}");
    }
}

/// The middle of some times, and what five and one in a hundred of them exceed.
pub(crate) fn quantiles(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let [p50, p95, p99] = [50, 95, 99].map(|percent| at(percent).map_or(0.0, |time| 1_000.0 * time.as_secs_f64()));
    format!("p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms")
}

/// G1. How often a house is killed under four writers.
pub(super) fn g1_kills() -> usize {
    nightly(3, 200, 2_000)
}
/// G1. How often a server of PostgreSQL is killed under them.
pub(crate) fn g1_server_kills() -> usize {
    dose(3, 50)
}
/// G2. Clients that are rated in one transaction.
pub(super) const G2_CLIENTS: usize = 3;
/// G2. How far into a recording it is broken off: a recording waits fewer times than this.
pub(super) const G2_STOPS: usize = 200;
/// G2. Recordings that are broken off at least, at every place in turn.
pub(super) fn g2_broken() -> usize {
    dose(1, 300)
}
/// G3. Transactions in a log.
pub(super) fn g3_transactions() -> usize {
    dose(24, 500)
}
/// G3. How often the log is cut, and how often a bit of it flips.
pub(super) fn g3_faults() -> usize {
    dose(24, 1_000)
}
/// G4. Events that come while things happen to Redis, and how many of them in a hundredth of a second.
pub(super) fn g4_events() -> usize {
    dose(300, 50_000)
}
/// G4. See [`g4_events`].
pub(super) const G4_AT_ONCE: usize = 5;
/// G4. What happens to Redis, so many times in all.
pub(super) fn g4_faults() -> usize {
    dose(6, 20)
}
/// G4. How long a Redis says nothing, the first time.
pub(super) fn g4_silence() -> Duration {
    lasting(Duration::from_millis(100), Duration::from_secs(60))
}
/// G4. Alerts of which each is waited for, before anything happens to Redis.
pub(super) fn g4_alerts() -> usize {
    dose(3, 100)
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
/// G5. See [`g5_clients`].
pub(super) const G5_SCORERS: usize = 8;
/// G5. How long a relay stands still at most before it goes on. Three that stand still for five seconds each, one after the other in
/// the turn to write, keep the writers of a file beyond their fifteen: those are refused, and try again.
pub(super) fn g5_halt() -> Duration {
    lasting(Duration::from_millis(20), Duration::from_secs(5))
}
/// G5. How long a transaction is held open before which nobody else's can be committed.
pub(super) fn g5_hold() -> Duration {
    lasting(Duration::from_millis(20), Duration::from_secs(3))
}
/// G6. Schedules that are made up, and steps of each.
pub(super) fn g6_schedules() -> u32 {
    nightly(24, 2_000, 200_000) as u32
}
/// G6. See [`g6_schedules`].
pub(super) fn g6_steps() -> std::ops::RangeInclusive<usize> {
    dose(1, 200)..=dose(30, 200)
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
/// G7. Consumers that die with the same entries: one less than what an entry may kill before it is parked.
pub(super) const G7_DEATHS: usize = 4;
/// G7. Consumers that die with entries which nobody had before them.
pub(super) fn g7_more_deaths() -> usize {
    dose(0, 46)
}
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
/// G12. Houses, clients of each that walk over the scale, and steps of each walk.
pub(super) fn g12_houses() -> u64 {
    dose(4, 20) as u64
}
/// G12. See [`g12_houses`].
pub(super) fn g12_walks() -> usize {
    dose(1, 500)
}
/// G12. See [`g12_houses`].
pub(super) fn g12_steps() -> usize {
    dose(60, 10)
}

/// G13. Readers of the stream, how often each is cut off, and what there is to read.
pub(super) fn g13_readers() -> u64 {
    dose(12, 1_000) as u64
}
/// G13. See [`g13_readers`].
pub(super) fn g13_cuts() -> usize {
    dose(6, 10)
}
/// G13. How often one of the two processes that are read from ends, and another takes its place.
pub(super) fn g13_restarts() -> usize {
    dose(1, 5)
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
    nightly(2_400, 20_000, 200_000)
}
/// G16. Months of ledger: what makes importing slow and tells the night nothing more is left out.
pub(super) const NIGHT_MONTHS: u32 = 3;
/// G16. Kills of one night; each falls into what the one before left.
pub(super) fn night_kills() -> usize {
    dose(10, 30)
}

/// G16. Nights of one day that begin together.
pub(super) fn nights_at_once() -> usize {
    dose(2, 3)
}

/// G16. Three pages for two workers: what one has in its hands when it is killed is most of the night.
pub(super) const FLEET_CLIENTS: usize = 2_100;
/// G16. Workers at a time.
pub(super) const FLEET_WORKERS: usize = 2;
/// G16. How often one of them is killed: each time another page is done.
pub(super) const FLEET_KILLS: usize = 2;

/// G16. How long a worker stands still: work is taken from one that says nothing for five seconds.
pub(super) fn fleet_halt() -> Duration {
    lasting(Duration::from_secs(6), Duration::from_secs(90))
}

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
pub(super) fn deep() -> usize {
    dose(50_000, 200_000)
}
/// G19. What a workbook of a few hundred thousand bytes grows to.
pub(super) fn sheet_bytes() -> usize {
    dose(64 << 20, 512 << 20)
}
/// G19. A line of a table that does not end.
pub(super) fn line_bytes() -> usize {
    dose(8 << 20, 1 << 30)
}
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

/// G25. Tenants of which each is looked for in what every other is told.
pub(super) fn g25_tenants() -> usize {
    dose(2, 50)
}
/// G26. Keys.
pub(super) fn g26_keys() -> usize {
    dose(20, 1_000)
}
/// G21. Generated ledgers: at the least one of every spelling.
pub(super) fn g21_ledgers() -> usize {
    dose(54, 1_000)
}
/// G21. One of so many of the written files: the suite has some of every sort.
pub(super) fn g21_written_one_in() -> usize {
    if dose(0, 1) == 1 { 1 } else { 5 }
}

/// G27. Connections on which half a request was said.
pub(super) fn g27_slow_callers() -> usize {
    dose(200, 2_000)
}
/// G27. Callers of a house with two places, and how often each asks: most of a minute.
pub(super) const G27_CALLERS: usize = 100;
/// G27. See [`G27_CALLERS`].
pub(super) fn g27_times() -> usize {
    dose(1, 500)
}
/// G27. Addresses from which one caller says that it comes.
pub(super) fn g27_addresses() -> usize {
    dose(40, 100_000)
}
/// G28. Rows of the log, and how often somebody tampers with it; each kind of tampering falls on many rows.
pub(super) fn g28_rows() -> i64 {
    dose(150, 10_000) as i64
}
/// G28. See [`g28_rows`].
pub(super) fn g28_edits() -> usize {
    dose(40, 1_000)
}

/// G30. Webhooks, each with a secret and the one after it.
pub(super) fn g30_hooks() -> usize {
    dose(1, 12)
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

/// G32. How long a server says nothing.
pub(super) fn g32_silence() -> Duration {
    lasting(Duration::ZERO, Duration::from_secs(60))
}

/// G33. Clients of a store of an old schema.
pub(super) fn g33_clients() -> i64 {
    dose(60, 100_000) as i64
}
/// G33. How often several processes start together on a store that is not there yet.
pub(crate) fn g33_starts() -> usize {
    dose(1, 20)
}
/// G33. How often a process is killed while it brings a schema up to date.
pub(super) fn g33_kills() -> usize {
    dose(4, 60)
}
/// G34. Backups that are taken while others write.
pub(super) fn g34_backups() -> usize {
    dose(6, 100)
}
/// G34. Bytes of a backup that are flipped, one at a time.
pub(super) fn g34_flips() -> usize {
    dose(40, 1_000)
}

/// How many processes start on a folder that is empty.
pub(super) const FIRST_STARTS: usize = 4;
/// Any wait for something that happens at once on an idle machine; a busy one gets this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
