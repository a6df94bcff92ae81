//! A file that came packed and whole, brought by hand or small enough: unpacked before it is read. What is too large for that
//! is asked for in pieces, and comes unpacked.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use crate::collect::{Answer, Misread};

/// The beginning of every zip file.
const ZIP: &[u8] = b"PK\x03\x04";

/// The most that a whole answer may unpack to: a table compresses some eight times, and bodies are capped at 8 MiB.
const MAX_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;

/// The bytes of the answer, or of the first file in it when it is a zip.
pub(super) fn unpacked(answer: &Answer) -> Result<Cow<'_, [u8]>, Misread> {
    if !answer.body.starts_with(ZIP) {
        return Ok(Cow::Borrowed(&answer.body));
    }
    let broken = |why: &dyn std::fmt::Display| Misread::Unreadable(format!("a broken zip file: {why}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body.as_slice())).map_err(|e| broken(&e))?;
    let first = archive.by_index(0).map_err(|e| broken(&e))?;
    let mut bytes = Vec::new();
    first.take(MAX_UNPACKED_BYTES + 1).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n > MAX_UNPACKED_BYTES) {
        return Err(Misread::Unreadable(format!(
            "unpacks to more than {MAX_UNPACKED_BYTES} bytes, too many to read at once"
        )));
    }
    Ok(Cow::Owned(bytes))
}
