//! The file of a backup: a word, frames packed with zstd, and the hash of all that.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{Contents, damaged, schema::Table};
use crate::store::{
    Error, Result,
    backend::{Kind, Row, Value},
    codec::{Flaw, Reader, Writer},
    rows::Cells,
};

/// What a file of ours begins with; the number is that of the format.
const WORD: &[u8; 16] = b"vedetta backup 1";
const HASH_BYTES: usize = 32;
/// A quick level: a backup is larger than memory and is written while others wait for the disk.
const COMPRESSION_LEVEL: i32 = 3;
/// No frame is longer: the largest values are pages of dossiers and documents as they were read, of some megabytes.
const MAX_FRAME_BYTES: u32 = 1 << 30;

/// A piece of a backup. A table's rows follow it.
#[derive(Debug, Clone)]
pub(super) enum Frame {
    /// The newest migration of the store that was written; the first frame, absent in the oldest backups.
    Schema(i64),
    Table(Table),
    /// Rows of the table before, end to end.
    Rows(Vec<u8>),
    /// A document of the archive, as it was read.
    Document(Vec<u8>),
    /// The last one: what there was.
    End(Contents),
}

/// A backup being written; it has no name before it is whole.
pub(super) struct Draft<'p> {
    path: &'p Path,
    packer: zstd::Encoder<'static, BufWriter<Hashed<NamedTempFile>>>,
}

/// Passes bytes on and keeps their hash.
#[derive(Debug)]
struct Hashed<T> {
    inner: T,
    hash: Sha256,
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<'p> Draft<'p> {
    pub(super) fn beside(path: &'p Path) -> Result<Self> {
        if path.exists() {
            return Err(Error::Conflict(path.display().to_string()));
        }
        let begin = || {
            let mut out =
                BufWriter::new(Hashed { inner: NamedTempFile::new_in(folder_of(path))?, hash: Sha256::new() });
            out.write_all(WORD)?;
            zstd::Encoder::new(out, COMPRESSION_LEVEL)
        };
        Ok(Self { path, packer: begin().map_err(|e| failed(path, e))? })
    }

    pub(super) fn write(&mut self, frame: &Frame) -> Result<()> {
        let (tag, body) = frame.parts();
        let len = u32::try_from(body.len()).ok().filter(|len| *len <= MAX_FRAME_BYTES);
        let len = len.ok_or_else(|| damaged(format!("a value of {} bytes cannot be kept", body.len())))?;
        let written = self.packer.write_all(&[tag]).and_then(|()| self.packer.write_all(&len.to_be_bytes()));
        written.and_then(|()| self.packer.write_all(&body)).map_err(|e| failed(self.path, e))
    }

    /// Gives the file its name, once the disk has all of it.
    pub(super) fn keep(self) -> Result<()> {
        let path = self.path;
        let end = || {
            let hashed = self.packer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
            let mut file = hashed.inner;
            file.write_all(&hashed.hash.finalize())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(path).map_err(|e| e.error)?;
            // The name is on the disk once the folder is.
            File::open(folder_of(path))?.sync_all()
        };
        end().map_err(|e| failed(path, e))
    }
}

impl Frame {
    fn parts(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Schema(version) => {
                let mut out = Writer::default();
                out.signed(*version);
                (b'S', out.bytes)
            }
            Self::Table(table) => {
                let mut out = Writer::default();
                out.text(&table.name);
                out.size(table.columns.len());
                for (name, kind) in &table.columns {
                    out.text(name);
                    out.text(kind.as_str());
                }
                (b'T', out.bytes)
            }
            Self::Rows(rows) => (b'R', rows.clone()),
            Self::Document(bytes) => (b'D', bytes.clone()),
            Self::End(contents) => {
                let mut out = Writer::default();
                for n in [contents.n_tables, contents.n_rows, contents.n_documents] {
                    out.unsigned(n);
                }
                (b'E', out.bytes)
            }
        }
    }

    fn read(tag: u8, body: Vec<u8>) -> Result<Self, Flaw> {
        let mut from = Reader::new(&body);
        Ok(match tag {
            b'S' => Self::Schema(from.signed()?),
            b'T' => {
                let name = from.string()?;
                let n = from.n_items()?;
                let columns = (0..n).map(|_| Ok((from.string()?, from.word()?))).collect::<Result<_, Flaw>>()?;
                Self::Table(Table { name, columns })
            }
            b'R' => Self::Rows(body),
            b'D' => Self::Document(body),
            b'E' => {
                let (n_tables, n_rows) = (from.unsigned()?, from.unsigned()?);
                Self::End(Contents { n_tables, n_rows, n_documents: from.unsigned()? })
            }
            other => return Err(format!("there is no frame {other}")),
        })
    }
}

/// Appends a row's values, in the order of the columns.
pub(super) fn row_bytes(table: &Table, row: &Row, out: &mut Vec<u8>) -> Result<()> {
    let cells = Cells::of("backup", row);
    let mut to = Writer { bytes: std::mem::take(out) };
    for (place, (_, kind)) in table.columns.iter().enumerate() {
        match kind {
            Kind::Int => to.option(cells.maybe_int(place)?, Writer::signed),
            Kind::Float => to.option(cells.maybe_float(place)?, Writer::float),
            Kind::Text => to.maybe_text(cells.maybe_text(place)?),
            Kind::Bytes => to.option(cells.maybe_bytes(place)?, |to, bytes| {
                to.size(bytes.len());
                to.raw(bytes);
            }),
        }
    }
    *out = to.bytes;
    Ok(())
}

/// The rows of a piece.
pub(super) fn rows_of(table: &Table, piece: &[u8]) -> Result<Vec<Vec<Value>>, Flaw> {
    let mut from = Reader::new(piece);
    let mut rows = Vec::new();
    while !from.is_empty() {
        let value = |(_, kind): &(String, Kind)| {
            Ok(match kind {
                Kind::Int => Value::Int(from.option(Reader::signed)?),
                Kind::Float => Value::Float(from.option(Reader::float)?),
                Kind::Text => Value::Text(from.option(Reader::string)?),
                Kind::Bytes => Value::Bytes(from.option(|from| {
                    let len = from.size()?;
                    from.raw(len).map(<[u8]>::to_vec)
                })?),
            })
        };
        rows.push(table.columns.iter().map(value).collect::<Result<_, Flaw>>()?);
    }
    Ok(rows)
}

/// The frames of a backup, one after the other, once it is known to be whole.
pub(super) struct Frames {
    unpacker: zstd::Decoder<'static, BufReader<io::Take<File>>>,
    path: String,
}

impl Frames {
    /// Reads the whole file once for its hash; then from the start.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let begin = || -> io::Result<_> {
            let mut file = File::open(path)?;
            let len = file.metadata()?.len();
            let Some(n_hashed) = len.checked_sub(HASH_BYTES as u64).filter(|n| *n >= WORD.len() as u64) else {
                return Ok(None);
            };
            let mut hashed = Hashed { inner: io::sink(), hash: Sha256::new() };
            io::copy(&mut (&file).take(n_hashed), &mut hashed)?;
            let mut kept = [0; HASH_BYTES];
            file.read_exact(&mut kept)?;
            let mut word = [0; WORD.len()];
            file.seek(SeekFrom::Start(0))?;
            file.read_exact(&mut word)?;
            let is_whole = hashed.hash.finalize()[..] == kept[..] && word == *WORD;
            let packed = file.take(n_hashed - WORD.len() as u64);
            Ok(is_whole.then_some(packed))
        };
        let packed = begin().map_err(|e| failed(path, e))?;
        let packed = packed.ok_or_else(|| damaged(format!("{} is no backup, or not a whole one", path.display())))?;
        let unpacker = zstd::Decoder::new(packed).map_err(|e| failed(path, e))?;
        Ok(Self { unpacker, path: path.display().to_string() })
    }

    pub(super) fn next(&mut self) -> Result<Frame> {
        let mut read = || -> io::Result<(u8, Vec<u8>)> {
            let mut head = [0; 5];
            self.unpacker.read_exact(&mut head)?;
            let [tag, len @ ..] = head;
            let mut body = Vec::new();
            let len = u32::from_be_bytes(len).min(MAX_FRAME_BYTES);
            let n = (&mut self.unpacker).take(len.into()).read_to_end(&mut body)?;
            if n < len as usize { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok((tag, body)) }
        };
        let (tag, body) = read().map_err(|e| failed(Path::new(&self.path), e))?;
        Frame::read(tag, body).map_err(damaged)
    }
}

/// Reads a backup from its first byte to its last and answers what it holds. A file that was changed by a single bit, or cut,
/// is damaged.
pub fn verify(path: &Path) -> Result<Contents> {
    let mut frames = Frames::open(path)?;
    let mut found = Contents::default();
    let mut table = None;
    loop {
        match frames.next()? {
            Frame::Table(next) => {
                found.n_tables += 1;
                table = Some(next);
            }
            Frame::Rows(piece) => {
                let table = table.as_ref().ok_or_else(|| damaged("rows without a table"))?;
                found.n_rows += rows_of(table, &piece).map_err(damaged)?.len() as u64;
            }
            Frame::Schema(_) => {}
            Frame::Document(_) => found.n_documents += 1,
            Frame::End(said) if said == found => return Ok(found),
            Frame::End(said) => return Err(damaged(format!("it says that it holds {said:?}, and holds {found:?}"))),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Archive { path: path.display().to_string(), source }
}
