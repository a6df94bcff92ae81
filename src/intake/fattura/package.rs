use std::{
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use super::{MAX_BYTES, Unreadable};
use crate::intake::workbook::check::sizes;

/// Invoices in one zip or folder: a year of a middling company.
const MAX_FILES: usize = 20_000;
/// A zip longer than this comes in parts, bytes.
const MAX_ZIP_BYTES: usize = 512 << 20;
/// The most that the files of a zip may unpack to: ten thousand invoices with what is attached to them.
const MAX_UNPACKED: u64 = 1 << 30;
/// How far from its end a zip says how many files it holds: 22 bytes, and a remark of at most 64 KiB.
const TAIL_BYTES: usize = 22 + 65_535;

/// Invoices that came together.
#[derive(Debug)]
pub(in crate::intake) enum Package {
    /// One file: its name and bytes.
    One(String, Vec<u8>),
    /// The files of a zip, and how many bytes may still come out of it.
    Zip(Box<ZipArchive<Cursor<Vec<u8>>>>, Vec<String>, u64),
    /// The files of a folder, by name.
    Folder(Vec<PathBuf>),
}

impl Package {
    /// The invoices of a zip.
    pub(in crate::intake) fn zip(bytes: Vec<u8>) -> Result<Self, String> {
        check(&bytes)?;
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("is a broken zip: {e}"))?;
        // The end of a large zip says its number in another place than `check` looks.
        if archive.len() > MAX_FILES {
            return Err(format!("holds {} files; at most {MAX_FILES} are read at once", archive.len()));
        }
        sizes(&mut archive, MAX_UNPACKED)?;
        let mut names: Vec<String> = invoice_names(&archive);
        names.sort();
        Ok(Self::Zip(Box::new(archive), names, MAX_UNPACKED))
    }

    /// The invoices of a folder; those of the folders in it are left out.
    pub(in crate::intake) fn folder(path: &Path) -> Result<Self, String> {
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(|e| e.to_string())? {
            let file = entry.map_err(|e| e.to_string())?.path();
            if file.is_file() && file.file_name().is_some_and(|name| is_invoice_name(&name.to_string_lossy())) {
                files.push(file);
            }
        }
        if files.len() > MAX_FILES {
            return Err(format!("holds {} files; at most {MAX_FILES} are read at once", files.len()));
        }
        files.sort();
        Ok(Self::Folder(files))
    }

    /// How many files there are.
    pub(in crate::intake) fn len(&self) -> usize {
        match self {
            Self::One(..) => 1,
            Self::Zip(_, names, _) => names.len(),
            Self::Folder(files) => files.len(),
        }
    }

    /// A file's name and its bytes, or why it cannot be read. Blocking.
    pub(in crate::intake) fn file(&mut self, place: usize) -> (String, Result<Vec<u8>, Unreadable>) {
        let unreadable = |why: String| Unreadable::new(1, "unreadable", why);
        match self {
            Self::One(name, bytes) => (name.clone(), Ok(bytes.clone())),
            Self::Zip(archive, names, left) => {
                let name = names.get(place).cloned().unwrap_or_default();
                let read = match *left {
                    // What its parts say of their sizes need not be true.
                    0 => Err(format!("the zip unpacks to more than {MAX_UNPACKED} bytes")),
                    _ => archive.by_name(&name).map_err(|e| e.to_string()).and_then(capped),
                };
                *left = left.saturating_sub(read.as_ref().map_or(0, |bytes| bytes.len() as u64));
                (name, read.map_err(unreadable))
            }
            Self::Folder(files) => {
                let file = files.get(place).cloned().unwrap_or_default();
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let read = fs::File::open(&file).map_err(|e| e.to_string()).and_then(capped);
                (name, read.map_err(unreadable))
            }
        }
    }
}

/// The bytes of a file, one more than is allowed at most: then whoever reads them says how many are.
fn capped(file: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// Notifications of the exchange system lie beside the invoices and are not invoices: `…_RC_001.xml`, `…_MT_001.xml`.
fn is_invoice_name(name: &str) -> bool {
    const NOTIFICATIONS: [&str; 9] = ["_NS_", "_MC_", "_RC_", "_NE_", "_DT_", "_AT_", "_EC_", "_SE_", "_MT_"];
    let lower = name.to_ascii_lowercase();
    let is_file = lower.ends_with(".xml") || lower.ends_with(".p7m");
    let base = name.rsplit('/').next().unwrap_or(name);
    is_file && !base.starts_with('.') && !NOTIFICATIONS.iter().any(|mark| base.contains(mark))
}

/// Looks at how many files a zip says it holds, before its list of contents is read into memory.
fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > MAX_ZIP_BYTES {
        return Err(format!("has more than {MAX_ZIP_BYTES} bytes, and no more are read: split the zip"));
    }
    let tail = bytes.get(bytes.len().saturating_sub(TAIL_BYTES)..).unwrap_or_default();
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06");
    let n = end.and_then(|end| tail.get(end + 10..end + 12)).map(|n| usize::from(u16::from_le_bytes([n[0], n[1]])));
    match n {
        None => Err("is a broken zip: its end is missing".to_owned()),
        Some(n) if n > MAX_FILES => Err(format!("holds {n} files; at most {MAX_FILES} are read at once")),
        Some(_) => Ok(()),
    }
}

/// Whether a zip holds invoices: a workbook has a list of its parts, and no invoice.
pub(in crate::intake) fn is_zip_of_invoices(bytes: &[u8]) -> bool {
    const WORKBOOK_PART: &[u8] = b"[Content_Types].xml";
    if check(bytes).is_err() || memchr::memmem::find(bytes, WORKBOOK_PART).is_some() {
        return false;
    }
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else { return false };
    !invoice_names(&archive).is_empty()
}

/// The names of a zip's files that may be invoices; one that is no text names none.
fn invoice_names<R>(archive: &ZipArchive<R>) -> Vec<String>
where
    R: Read + std::io::Seek,
{
    let names = archive.file_names().filter_map(Result::ok).filter(|name| is_invoice_name(name));
    names.map(|name| name.into_owned()).collect()
}
