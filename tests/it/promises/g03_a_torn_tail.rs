//! G3: a tail of the log that was torn off, or of which a bit flipped, gives every transaction before it and nothing of those
//! behind. The layout of the log is SQLite's own (<https://www.sqlite.org/fileformat2.html#walformat>).

use std::path::Path;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::{domain::EventBody, store::Store};

use super::doses;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// Where the log says which of its generations it is, and where each frame says of which it is.
const GENERATION: std::ops::Range<usize> = 16..24;
/// See [`GENERATION`].
const OF_GENERATION: std::ops::Range<usize> = 8..16;
/// Where a frame says how large the database is after it; 0 in all but the last frame of a transaction.
const COMMIT: std::ops::Range<usize> = 4..8;

async fn open(folder: &Path) -> Result<Store, vedetta::store::Error> {
    let url = format!("sqlite:{}", folder.join("vedetta.db").display());
    Store::open(&url, &folder.join("archive")).await
}

/// One event is one transaction.
async fn write_one(store: &Store, n: usize) -> i64 {
    let silent = EventBody::SourceStale { source: format!("s{n}"), error: "no answer".to_owned() };
    store.outbox().append(Timestamp::UNIX_EPOCH, None, None, &silent).await.unwrap()
}

/// Where each transaction of a log ends. What lies behind the last of them is of a generation that is in the database already.
fn commits(log: &[u8]) -> Vec<usize> {
    let page = u32::from_be_bytes(log[8..12].try_into().unwrap()) as usize;
    let is_of_now = |at: &usize| log[at + OF_GENERATION.start..at + OF_GENERATION.end] == log[GENERATION];
    let frames = (HEADER..).step_by(FRAME_HEADER + page).take_while(|at| at + FRAME_HEADER + page <= log.len());
    let frames = frames.take_while(is_of_now);
    let is_commit = |at: &usize| log[at + COMMIT.start..at + COMMIT.end] != [0; 4];
    frames.filter(is_commit).map(|at| at + FRAME_HEADER + page).collect()
}

/// Opens a copy of the database with this log: how many events there are, which are the first ones each with its number, or
/// nothing when it is refused.
async fn read(database: &Path, log: &[u8]) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(database, folder.path().join("vedetta.db")).unwrap();
    std::fs::write(folder.path().join("vedetta.db-wal"), log).unwrap();
    let store = open(folder.path()).await.ok()?;
    let events = store.outbox().after(0, usize::MAX, None).await.ok()?;
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "half a transaction");
    assert_eq!(store.outbox().last_seq().await.unwrap(), seqs.len() as i64, "half a transaction");
    let next = write_one(&store, seqs.len()).await;
    assert_eq!(next, seqs.len() as i64 + 1, "it is gone on with");
    store.close().await;
    Some(seqs.len())
}

/// A database whose last transactions are in its log alone, as a process leaves it that dies.
async fn left_behind(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    open(folder).await.unwrap().close().await;
    let store = open(folder).await.unwrap();
    for n in 0..doses::g3_transactions() {
        write_one(&store, n).await;
    }
    let (database, copy) = (folder.join("vedetta.db"), folder.join("left.db"));
    std::fs::copy(&database, &copy).unwrap();
    let log = std::fs::read(folder.join("vedetta.db-wal")).unwrap();
    store.close().await;
    (copy, log)
}

#[tokio::test]
async fn g3_a_log_that_was_cut_anywhere_gives_exactly_the_transactions_before() {
    let folder = tempfile::tempdir().unwrap();
    let (database, log) = left_behind(folder.path()).await;
    let commits = commits(&log);
    assert_eq!(read(&database, &log).await, Some(doses::g3_transactions()));
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // The last commits stand for all: each at its edge and a byte to either side of it.
    let edges = commits.iter().rev().take(doses::g3_faults()).flat_map(|end| [end - 1, *end, end + 1]);
    let mut cuts: Vec<usize> = edges.filter(|cut| *cut <= log.len()).collect();
    cuts.extend((0..doses::g3_faults()).map(|_| rng.random_range(0..log.len())));
    let n_cuts = cuts.len();
    for cut in cuts {
        let n_whole = commits.iter().filter(|end| **end <= cut).count();
        let n_before = doses::g3_transactions() - commits.len();
        assert_eq!(read(&database, &log[..cut]).await, Some(n_before + n_whole), "cut at {cut}");
    }
    doses::figures(&format!("{} transactions, {n_cuts} cuts, 0 half transactions", doses::g3_transactions()));
}

#[tokio::test]
async fn g3_a_bit_that_flipped_in_the_log_ends_it_there_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (database, log) = left_behind(folder.path()).await;
    let commits = commits(&log);
    let (mut rng, mut n_refused) = (ChaCha8Rng::seed_from_u64(33), 0);
    for _ in 0..doses::g3_faults() {
        let (at, bit) = (rng.random_range(0..log.len()), rng.random_range(0..8u32));
        let mut flipped = log.clone();
        flipped[at] ^= 1 << bit;
        let n_whole = commits.iter().filter(|end| **end <= at).count();
        let n_before = doses::g3_transactions() - commits.len();
        let found = read(&database, &flipped).await;
        assert!(found.is_none_or(|n| n == n_before + n_whole), "bit {bit} of byte {at}: {found:?}");
        n_refused += usize::from(found.is_none());
    }
    let n_flips = doses::g3_faults();
    doses::figures(&format!("{n_flips} flipped bits, {n_refused} logs refused, 0 half transactions"));
}
