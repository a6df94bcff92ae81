//! How much of everything: enough that what can go wrong does, little enough that all promises together take a minute on
//! two cores in the dev profile.

use std::time::Duration;

/// G2. Clients that are rated in one transaction.
pub(super) const G2_CLIENTS: usize = 3;
/// G2. How far into a recording it is broken off: a recording waits fewer times than this.
pub(super) const G2_STOPS: usize = 200;
/// G5. Clients, how often each moves, and how many rate and relay at once.
pub(super) const G5_CLIENTS: usize = 40;
/// G5. See [`G5_CLIENTS`].
pub(super) const G5_CHANGES: usize = 12;
/// G5. See [`G5_CLIENTS`].
pub(super) const G5_RELAYS: usize = 3;
/// G6. Schedules that are made up, and steps of each.
pub(super) const G6_SCHEDULES: u32 = 24;
/// G6. See [`G6_SCHEDULES`].
pub(super) const G6_STEPS: usize = 30;
/// G7. Entries, of which so many are poison, and consumers that die with what they took.
pub(super) const G7_ENTRIES: i64 = 600;
/// G7. See [`G7_ENTRIES`].
pub(super) const G7_POISON: [i64; 3] = [7, 300, 599];
/// G7. See [`G7_ENTRIES`].
pub(super) const G7_DEATHS: usize = 4;
/// G8. Entries of a stream that is trimmed.
pub(super) const G8_ENTRIES: i64 = 2_000;

/// G9. Drops that every one of four receivers is told of.
pub(super) const G9_DROPS: usize = 12;
/// G9. How often the sender dies while it sends.
pub(super) const G9_KILLS: usize = 5;
/// G12. Clients that walk over the scale, and steps of each.
pub(super) const G12_WALKS: u64 = 4;
/// G12. See [`G12_WALKS`].
pub(super) const G12_STEPS: usize = 60;

/// G14. The same request, sent at once.
pub(super) const SAME_REQUESTS: usize = 60;
/// G14. Processes that it reaches.
pub(super) const REPLICAS: usize = 3;

/// G15. Several pages of a thousand, the last of them not full, and more than one task for every thread.
pub(super) const SAME_BYTES_CLIENTS: usize = 2_500;
/// G15. A year of a client that is billed monthly.
pub(super) const SAME_BYTES_INVOICES: usize = 12;

/// G16. Three pages: a kill can fall before, between and behind them.
pub(super) const NIGHT_CLIENTS: usize = 2_400;
/// G16. Months of ledger: what makes importing slow and tells the night nothing more is left out.
pub(super) const NIGHT_MONTHS: u32 = 3;
/// G16. Kills of one night; each falls into what the one before left.
pub(super) const NIGHT_KILLS: usize = 10;

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

/// G31. How often the house is asked to end under load.
pub(super) const SIGTERMS: usize = 4;
/// G31. Streams open then.
pub(super) const STREAMS: usize = 50;
/// G31. Clients asking without a pause then.
pub(super) const CALLERS: usize = 8;
/// G31. Receivers that are being told something then, and that answer late.
pub(super) const SLOW_RECEIVERS: usize = 20;
/// G31. How late they answer: later than the last stream ends, and within what a closing house waits for.
pub(super) const RECEIVER_LATENESS: Duration = Duration::from_millis(1_200);
/// G31. An init system kills what has not ended by itself; ten seconds is the shortest patience in use.
pub(super) const END_WITHIN: Duration = Duration::from_secs(10);
/// G31. Who signals twice wants it now: the house leaves its work, and a blocked thread gets one second.
pub(super) const END_AT_ONCE: Duration = Duration::from_secs(3);

/// How many processes start on a folder that is empty.
pub(super) const FIRST_STARTS: usize = 4;
/// Any wait for something that happens at once on an idle machine; a busy one gets this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
