//! A file as its lines: plain, gzip, or the first file of a zip, told apart by their first bytes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

/// Tables compress five to thirty times; a file that grows more than this was made to hurt.
const MAX_RATIO: u64 = 200;

/// Below this size a high ratio harms nobody: it is read through piece by piece.
const RATIO_IS_FREE_BELOW: u64 = 64 * 1024 * 1024;

/// The list of contents of a zip is read into memory; one that holds a file of lines needs a few hundred bytes.
const MAX_ZIP_ENTRIES: u64 = 10_000;

/// Where the end of a zip's list of contents may lie, from the end of the file (a remark of at most 64 KiB behind it).
const ZIP_TAIL: u64 = 22 + 65_536;

/// Reads the content of a file, whatever it is packed in. `read` sees the unpacked bytes, and never all at once.
pub(super) fn unpacked<T>(file: File, read: impl FnOnce(&mut dyn BufRead) -> Result<T, String>) -> Result<T, String> {
    let mut file = BufReader::new(file);
    let n_packed = file.get_ref().metadata().map_err(|e| e.to_string())?.len();
    let allowed = n_packed.saturating_mul(MAX_RATIO).max(RATIO_IS_FREE_BELOW);
    let head = file.fill_buf().map_err(|e| e.to_string())?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return from_zip(file, allowed, read);
    }
    if !head.starts_with(b"\x1f\x8b") {
        refuse_wide(head)?;
        return read(&mut file);
    }
    let mut inside = BufReader::new(Limited { inner: MultiGzDecoder::new(file), left: allowed });
    let head = inside.fill_buf().map_err(|e| format!("the gzip stream is damaged: {e}"))?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\x1f\x8b") {
        return Err("an archive inside an archive, which no register publishes: refused".to_owned());
    }
    refuse_wide(head)?;
    read(&mut inside)
}

fn from_zip<T>(
    mut file: BufReader<File>,
    allowed: u64,
    read: impl FnOnce(&mut dyn BufRead) -> Result<T, String>,
) -> Result<T, String> {
    let n_entries = entries(&mut file)?;
    if n_entries > MAX_ZIP_ENTRIES {
        return Err(format!("a zip with {n_entries} files in it, where one was expected: refused"));
    }
    let damaged = |e: &dyn std::fmt::Display| format!("the zip is damaged: {e}");
    let mut zip = ZipArchive::new(file).map_err(|e| damaged(&e))?;
    // A name that cannot be read is still the name of a file.
    let is_file = |name: &str| !name.ends_with('/') && !name.starts_with("__MACOSX/");
    let first = zip.file_names().position(|name| name.map_or(true, |name| is_file(&name)));
    let first = first.ok_or("a zip without a file in it")?;
    let member = zip.by_index(first).map_err(|e| damaged(&e))?;
    let mut inside = BufReader::new(Limited { inner: member, left: allowed });
    let head = inside.fill_buf().map_err(|e| damaged(&e))?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\x1f\x8b") {
        return Err("an archive inside an archive, which no register publishes: refused".to_owned());
    }
    refuse_wide(head)?;
    read(&mut inside)
}

/// How many files a zip says it holds, before anybody makes room for them. The list of contents ends in a record that
/// begins with `PK 5 6`; a zip of the large kind has one with a longer number, `PK 6 6`, in front of it.
fn entries(file: &mut BufReader<File>) -> Result<u64, String> {
    let unread = |e: io::Error| e.to_string();
    let length = file.seek(SeekFrom::End(0)).map_err(unread)?;
    file.seek(SeekFrom::Start(length.saturating_sub(ZIP_TAIL + 76))).map_err(unread)?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).map_err(unread)?;
    file.rewind().map_err(unread)?;
    let last = |mark: &[u8]| tail.windows(mark.len()).rposition(|window| window == mark);
    let end = last(b"PK\x05\x06").ok_or("the zip has no end: it was cut off")?;
    let number =
        |at: usize, n: usize| tail.get(at..at + n).map(|b| b.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)));
    let small = number(end + 10, 2).ok_or("the zip has no end: it was cut off")?;
    let large = || last(b"PK\x06\x06").and_then(|end| number(end + 32, 8));
    Ok(if small == 0xFFFF { large().unwrap_or(small) } else { small })
}

/// A line of wide characters does not end where a byte says so.
fn refuse_wide(head: &[u8]) -> Result<(), String> {
    let is_wide =
        head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || head.iter().take(64).any(|b| *b == 0);
    match is_wide {
        true => Err("text of two bytes a character, or no text at all: no register publishes lines so".to_owned()),
        false => Ok(()),
    }
}

/// Reads no more than was allowed, and says that this is why it ends.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "it grows beyond every honest ratio: taken for a bomb")
        })?;
        Ok(n)
    }
}
