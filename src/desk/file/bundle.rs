//! The pieces of a file, their hashes, and the archive that holds them.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{
    desk::{Error, Result},
    domain::Sha256,
};

/// The list of hashes, as `sha256sum` of the GNU coreutils writes and checks it.
pub(super) const SUMS: &str = "SHA256SUMS";

/// A piece: where it lies, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: Sha256,
}

impl Piece {
    pub(super) fn new(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { path: path.into(), sha256: Sha256::of(&bytes), bytes }
    }
}

/// The lines of `SHA256SUMS` for these pieces: hash, two blanks, path, in the order of the paths.
pub(super) fn sums(pieces: &[Piece]) -> String {
    let mut lines: Vec<(&str, String)> =
        pieces.iter().map(|piece| (piece.path.as_str(), format!("{}  {}\n", piece.sha256, piece.path))).collect();
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Packs pieces, with the list of their hashes in front. The same pieces give the same bytes.
pub(super) fn pack(pieces: &[Piece]) -> Result<Vec<u8>> {
    packed(pieces).map_err(|e| Error::Unwritable(format!("archive: {e}")))
}

fn packed(pieces: &[Piece]) -> Result<Vec<u8>, ZipError> {
    // No time of day: it would make the same file another one.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(SUMS, options)?;
    archive.write_all(sums(pieces).as_bytes())?;
    let mut ordered: Vec<&Piece> = pieces.iter().collect();
    ordered.sort_by(|a, b| a.path.cmp(&b.path));
    for piece in ordered {
        archive.start_file(piece.path.as_str(), options)?;
        archive.write_all(&piece.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
