use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Error, Result};
use crate::domain::Sha256;

/// Ratio against time: 3 is zstd's own default.
const COMPRESSION_LEVEL: i32 = 3;

/// Bytes that were read, compressed, named by their SHA-256: `archive/ab/<64 hex>.zst`.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Keeps these bytes (a second time changes nothing) and says their name. Blocking.
    pub fn put(&self, bytes: &[u8]) -> Result<Sha256> {
        let name = Sha256::of(bytes);
        let path = self.path(&name);
        if !path.exists() {
            self.write(&path, bytes).map_err(|e| failed(&path, e))?;
        }
        Ok(name)
    }

    /// The bytes of that name, checked against it. Blocking.
    pub fn get(&self, name: &Sha256) -> Result<Option<Vec<u8>>> {
        let path = self.path(name);
        let packed = match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| failed(&path, e))?,
        };
        let damaged = |why: String| Error::Damaged { what: "archive", why: format!("{}: {why}", path.display()) };
        let bytes = zstd::decode_all(packed.as_slice()).map_err(|e| damaged(e.to_string()))?;
        if Sha256::of(&bytes) != *name {
            return Err(damaged("the bytes do not have the hash they are named by".into()));
        }
        Ok(Some(bytes))
    }

    /// Whether the bytes are there. Blocking.
    pub fn contains(&self, name: &Sha256) -> bool {
        self.path(name).exists()
    }

    /// An empty file that nobody can find by name and that is gone when it is closed, on the disk that the archive has:
    /// what is too large for memory is often too large for a system's temporary folder. Blocking.
    pub fn scratch(&self) -> Result<File> {
        tempfile::tempfile_in(&self.folder).map_err(|e| failed(&self.folder, e))
    }

    /// Takes the bytes out; false when they were not there. Blocking.
    pub(super) fn remove(&self, name: &Sha256) -> Result<bool> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(failed(&path, e)),
        }
    }

    /// The names on one shelf, which is the first byte of them all. Blocking.
    pub(super) fn names(&self, shelf: u8) -> Result<Vec<Sha256>> {
        let folder = self.folder.join(format!("{shelf:02x}"));
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| failed(&folder, e))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.map_err(|e| failed(&folder, e))?.file_name();
            // A draft has another name, and belongs to whoever writes it.
            names.extend(file.to_string_lossy().strip_suffix(".zst").and_then(|hex| hex.parse::<Sha256>().ok()));
        }
        Ok(names)
    }

    fn path(&self, name: &Sha256) -> PathBuf {
        let hex = name.to_string();
        let shelf: String = hex.chars().take(2).collect();
        self.folder.join(shelf).join(format!("{hex}.zst"))
    }

    /// Under another name first, then renamed: nobody ever sees half a file, and a crash leaves none.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        static N_WRITTEN: AtomicU64 = AtomicU64::new(0);
        let shelf = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(shelf)?;
        let number = N_WRITTEN.fetch_add(1, Ordering::Relaxed);
        let draft = path.with_extension(format!("{}-{number}.draft", std::process::id()));
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(&zstd::encode_all(bytes, COMPRESSION_LEVEL)?)?;
            file.sync_all()
        });
        let kept = written.and_then(|()| fs::rename(&draft, path)).and_then(|()| File::open(shelf)?.sync_all());
        if kept.is_err() {
            // The draft is worth nothing; that it cannot be removed says no more than the error we have.
            drop(fs::remove_file(&draft));
        }
        kept
    }
}

/// A full disk may have room later, as a database on it may.
fn failed(path: &Path, source: io::Error) -> Error {
    use io::ErrorKind as K;
    if matches!(source.kind(), K::StorageFull | K::QuotaExceeded | K::ReadOnlyFilesystem) {
        return Error::Unavailable(sqlx::Error::Io(source));
    }
    Error::Archive { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::{io, path::Path};

    use super::{Error, failed};

    #[test]
    fn a_disk_without_room_may_have_some_later_and_one_that_may_not_be_read_will_not() {
        let of = |kind: io::ErrorKind| failed(Path::new("archive"), kind.into());
        assert!(matches!(of(io::ErrorKind::StorageFull), Error::Unavailable(_)));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), Error::Archive { .. }));
    }
}
