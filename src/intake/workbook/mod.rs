//! Workbooks (XLSX): a sheet as the rows of a CSV file, read in a process of its own.
//!
//! `rows` gives the bytes to a child of the same program and gets plain text back, a physical line for each row of the
//! sheet, so that a reject's line is the row that a person sees. The child ([`read_sheet`]) is the hidden command
//! [`COMMAND`].
//!
//! # Why
//!
//! *Why another process?* A workbook is a zip of XML, and a kilobyte of it can ask for half a terabyte: two cells in
//! opposite corners make a reader that lays out the sheet allocate everything between them, and an allocator that is
//! refused ends the process. Nothing inside one process survives that. The child may use `MEMORY_BYTES` and some seconds,
//! it walks the cells as they stand in the file and never lays the sheet out, and whatever becomes of it is an answer.
//!
//! *Why plain text between the two?* What the child says is then read by the reader of CSV files, with the same map, the
//! same refusals and the same words; and what is kept as evidence is a table, from which an erasure can cut a person's rows.

mod cells;
pub(super) mod check;
mod child;

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus, Stdio},
    sync::{Condvar, Mutex, PoisonError},
};

pub use child::{COMMAND, read_sheet};

use super::MAX_FILE;

/// What the child may use of memory: a sheet is walked, so only the table of its texts has to fit.
const MEMORY_BYTES: u64 = 256 << 20;
/// Seconds of computing that any workbook gets.
const CPU_SECONDS: u64 = 2;
/// Seconds that the largest gets: a sheet of a million rows, the most that there are, takes a few.
const MAX_CPU_SECONDS: u64 = 30;
/// Children at a time: each may use `MEMORY_BYTES` and a core, and there are as many requests as there are people who send
/// them. The others wait their turn.
const MAX_CHILDREN: usize = 2;
/// One second more for so many bytes: honest workbooks have some ten thousand rows to the megabyte.
const BYTES_PER_SECOND: u64 = 1 << 20;
/// A sheet's rows are ten times as long as the packed workbook; one that grows more than this was made to hurt.
const MAX_GROWTH: u64 = 100;
/// A small workbook may grow to this in any case.
const GROWTH_IS_FREE_BELOW: u64 = 16 << 20;
/// What of the child's words is shown, at most.
const MAX_WORDS: u64 = 4096;

/// A sheet's rows, and what to say about them.
#[derive(Debug)]
pub(super) struct Sheet {
    /// CSV: commas, UTF-8, decimal point, ISO days.
    pub(super) csv: Vec<u8>,
    /// Which sheet it was.
    pub(super) note: String,
}

/// Whether bytes are a workbook, or something else in a zip.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// How much text a workbook of so many bytes may give.
fn most_text(n_bytes: u64) -> u64 {
    n_bytes.saturating_mul(MAX_GROWTH).max(GROWTH_IS_FREE_BELOW).min(MAX_FILE as u64)
}

/// The seconds of computing that a workbook of so many bytes gets.
fn seconds(n_bytes: u64) -> u64 {
    (CPU_SECONDS + n_bytes / BYTES_PER_SECOND).min(MAX_CPU_SECONDS)
}

/// What the system lets a child take for a workbook of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// Bytes of memory.
    memory: u64,
    /// Seconds of computing.
    seconds: u64,
    /// Bytes of text that it writes.
    text: u64,
}

impl Bounds {
    fn of(n_bytes: u64) -> Self {
        Self { memory: MEMORY_BYTES, seconds: seconds(n_bytes), text: most_text(n_bytes) }
    }
}

/// Reads a sheet in a child process: the named one, or the first that is visible. Blocking; an error is a sentence.
pub(super) fn rows(bytes: &[u8], sheet: Option<&str>) -> Result<Sheet, String> {
    if bytes.len() > MAX_FILE {
        return Err(format!("has {} bytes; at most {MAX_FILE} are read, split the workbook", bytes.len()));
    }
    ask_child(bytes, sheet).map_err(|e| format!("the workbook could not be given to a reader: {e}"))?
}

/// How many children there are, and a bell for who waits.
static CHILDREN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// A turn among the children, until it is dropped.
struct Turn;

impl Turn {
    /// Waits for one. Blocking.
    fn take() -> Self {
        let (n_children, bell) = &CHILDREN;
        let free = n_children.lock().unwrap_or_else(PoisonError::into_inner);
        let mut n = bell.wait_while(free, |n| *n >= MAX_CHILDREN).unwrap_or_else(PoisonError::into_inner);
        *n += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (n_children, bell) = &CHILDREN;
        *n_children.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        bell.notify_one();
    }
}

fn ask_child(bytes: &[u8], sheet: Option<&str>) -> io::Result<Result<Sheet, String>> {
    // Files without a name and not pipes: a child that is stopped leaves nobody waiting, and what it said too much of
    // never comes into our memory.
    let (mut workbook, mut text, mut words) = (tempfile::tempfile()?, tempfile::tempfile()?, tempfile::tempfile()?);
    workbook.write_all(bytes)?;
    workbook.rewind()?;
    let mut command = Command::new(std::env::current_exe()?);
    // Where the store is and what opens it is none of its business.
    command.env_clear().arg(COMMAND).args(sheet);
    command.stdin(workbook).stdout(Stdio::from(text.try_clone()?)).stderr(Stdio::from(words.try_clone()?));
    let turn = Turn::take();
    let ended = command.status()?;
    drop(turn);
    let said = said(&mut words)?;
    if !ended.success() {
        return Ok(Err(why(ended, &said, bytes.len() as u64)));
    }
    text.rewind()?;
    let mut csv = Vec::new();
    text.take(most_text(bytes.len() as u64)).read_to_end(&mut csv)?;
    Ok(Ok(Sheet { csv, note: said }))
}

fn said(words: &mut File) -> io::Result<String> {
    words.rewind()?;
    let mut said = Vec::new();
    words.take(MAX_WORDS).read_to_end(&mut said)?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

/// Why there are no rows: in the child's words, or by what stopped it.
fn why(ended: ExitStatus, said: &str, n_bytes: u64) -> String {
    const PANICKED: i32 = 101;
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    const SIGXFSZ: i32 = 25;
    match ended.signal() {
        Some(SIGXCPU | SIGKILL) => {
            format!("the workbook takes more than {} seconds to read; save the sheet as CSV", seconds(n_bytes))
        }
        Some(SIGXFSZ) => "the sheet grows to more text than a workbook of its size holds; save it as CSV".to_owned(),
        Some(SIGABRT) => {
            let mib = MEMORY_BYTES >> 20;
            format!("the workbook needs more than {mib} MiB to be read; save the sheet as CSV")
        }
        Some(other) => format!("the reader of the workbook was ended by signal {other}"),
        None if ended.code() == Some(PANICKED) => "the workbook is damaged: it cannot be read".to_owned(),
        None if said.is_empty() => format!("the reader of the workbook ended with {ended}"),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::{Bounds, MAX_CHILDREN, MAX_FILE, Turn};

    #[test]
    fn more_workbooks_than_there_are_places_wait_their_turn() {
        let mut turns: Vec<Turn> = (0..MAX_CHILDREN).map(|_| Turn::take()).collect();
        let (tell, told) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let turn = Turn::take();
            tell.send(()).unwrap();
            drop(turn);
        });
        assert!(told.try_recv().is_err(), "nobody has gone yet");
        turns.pop();
        told.recv().unwrap();
        waiting.join().unwrap();
    }

    #[test]
    fn what_a_child_may_take_is_bounded_whatever_it_is_given() {
        let small = Bounds::of(4_000);
        assert_eq!(small, Bounds { memory: 256 << 20, seconds: 2, text: 16 << 20 }, "a kilobyte can ask for anything");
        for n_bytes in (0..64).map(|power| 1u64 << power) {
            let Bounds { memory, seconds, text } = Bounds::of(n_bytes);
            assert!(seconds <= 30 && text <= MAX_FILE as u64, "{n_bytes}");
            assert!(memory * MAX_CHILDREN as u64 <= 512 << 20, "all of them together");
        }
    }
}
