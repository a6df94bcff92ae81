use std::io::{Read, Seek};

use zip::ZipArchive;

/// Parts of a workbook: one for each sheet, drawing and picture, and a dozen others.
const MAX_PARTS: usize = 4_000;
/// The most that all parts may unpack to.
const MAX_UNPACKED: u64 = 512 << 20;
/// Cells of the same text compress some thirty times; a part that grows more than this was made to hurt.
const MAX_RATIO: u64 = 150;
/// Below this size a high ratio harms nobody.
const RATIO_IS_FREE_BELOW: u64 = 8 << 20;

/// Looks at the zip's list of contents, before anything is unpacked: how many parts, how large, and whether they share
/// bytes (a part that is listed many times unpacks many times). The sizes are claims; what does not keep to them meets the
/// limits of the process.
pub(super) fn check(file: impl Read + Seek) -> Result<(), String> {
    let mut zip = ZipArchive::new(file).map_err(|e| format!("is not a workbook (XLSX): {e}"))?;
    if zip.len() > MAX_PARTS {
        return Err(format!("has {} parts; a workbook has at most {MAX_PARTS}", zip.len()));
    }
    sizes(&mut zip, MAX_UNPACKED)
}

/// Looks at what a zip says of its parts: none may grow beyond all measure, none share bytes with another, and all together
/// unpack to at most so many bytes.
pub(in crate::intake) fn sizes<R: Read + Seek>(zip: &mut ZipArchive<R>, most: u64) -> Result<(), String> {
    let mut places = Vec::with_capacity(zip.len());
    let mut unpacked = 0u64;
    for number in 0..zip.len() {
        let part = zip.by_index_raw(number).map_err(|e| format!("is a broken zip: {e}"))?;
        if part.encrypted() {
            return Err("is protected by a password; save it without one".to_owned());
        }
        let (size, packed) = (part.size(), part.compressed_size());
        if size > RATIO_IS_FREE_BELOW && size > packed.saturating_mul(MAX_RATIO) {
            return Err(format!(
                "{:?} unpacks to {size} bytes from {packed}, as only a file that was made to hurt does",
                part.name().unwrap_or_default()
            ));
        }
        unpacked = unpacked.saturating_add(size);
        places.push((part.header_start(), part.header_start().saturating_add(packed)));
    }
    if unpacked > most {
        return Err(format!("unpacks to {unpacked} bytes; at most {most} are read"));
    }
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        return Err("has parts that share bytes, which no program writes".to_owned());
    }
    Ok(())
}
