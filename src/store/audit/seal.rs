//! The head of the chain, signed into files that are not in the database: once an hour into a list that only grows, and every
//! minute into one that is written anew ([`Audit::note_head`]).
//!
//! # Why
//!
//! *Why two files?* A line a minute would come to a gigabyte in six years, and copies of the list are to be kept elsewhere. What
//! was cut off the end of the log since the last line of the list would show nowhere; beside the second file it does, up to a
//! minute. What nothing shows: rows of the last minute, and whatever is cut together with both files by somebody who can write
//! them too; that is what copies kept elsewhere are for ([`Witness::with_copies`]).
//!
//! *Why does who only checks never make a key?* With a key of its own there is nothing that it could find wrong.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Audit, AuditFault, Inspection};
use crate::store::{Error, Result, rows::millis};

/// Before what is signed, so that no other use of the key can ever give the same bytes.
const PURPOSE: &[u8] = b"vedetta audit checkpoint\n";
/// The file of checkpoints, one on each line, beside the key.
const CHECKPOINTS: &str = "checkpoints.ndjson";
/// The file of the newest head, beside them.
const HEAD: &str = "head.json";
/// The key that is made when none is configured: 64 hexadecimal digits.
const KEY: &str = "key";
/// Bytes of all checkpoints that are read: one an hour comes to a quarter of this in a century.
const CHECKPOINTS_MAX_BYTES: u64 = 1 << 30;

/// Why there is no seal.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The folder or a file in it.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A key that is none.
    #[error("{0} must be 64 hexadecimal digits, 32 bytes")]
    Key(String),
}

/// What signs the log: a folder outside the database, and the key in it or from elsewhere.
#[derive(Debug)]
pub struct Seal {
    witness: Witness,
    pair: Ed25519KeyPair,
}

/// What the log is checked with: what was signed, and the public keys that are believed. It signs nothing.
#[derive(Debug)]
pub struct Witness {
    folder: PathBuf,
    trusted: Vec<Vec<u8>>,
    /// Checkpoints that were kept elsewhere.
    copies: Vec<Checkpoint>,
}

/// What checking the log against what was signed comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attested {
    /// The chain, and whatever differs from what was signed.
    pub found: Inspection,
    /// Checkpoints that hold, the newest head among them.
    pub n_checkpoints: usize,
    /// The newest row that one of them vouches for.
    pub until: i64,
}

/// The head of the chain at an instant, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// `sealed`; `head`, in the file that is written anew; or `restored`, where the log was made what a backup says, and
    /// checkpoints of later rows hold no more.
    pub kind: String,
    /// The newest row; 0 when there was none.
    pub row: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// When it was signed.
    pub at: Timestamp,
    /// The public key, hexadecimal.
    pub key: String,
    /// Ed25519 over the purpose and the fields above, hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = PURPOSE.to_vec();
        let at = millis(self.at).to_string();
        for text in [self.kind.as_str(), &self.row.to_string(), &self.hash, &at, &self.key] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }
}

impl Seal {
    /// The seal of a house: `seed` is its private key as 64 hexadecimal digits; without one the key in the folder, which is
    /// made when there is none. `trusted` are public keys of before.
    pub fn open(folder: &Path, seed: Option<&str>, trusted: &[String]) -> Result<Self, SealError> {
        fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
        let seed = match seed {
            Some(seed) => bytes_of(seed).ok_or_else(|| SealError::Key("the key of the audit log".to_owned()))?,
            None => own_key(&folder.join(KEY))?,
        };
        let pair = pair_of(&seed)?;
        let witness = Witness::with(folder, Some(&pair), trusted)?;
        Ok(Self { witness, pair })
    }

    /// What checks what this signs.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// The public key, hexadecimal: for whoever checks the log, and for a place where nobody can change it.
    pub fn public_key(&self) -> String {
        hex::encode(self.pair.public_key())
    }

    fn signed(&self, kind: &str, (row, hash): (i64, String), at: Timestamp) -> Checkpoint {
        let (kind, key, signature) = (kind.to_owned(), self.public_key(), String::new());
        let mut checkpoint = Checkpoint { kind, row, hash, at, key, signature };
        checkpoint.signature = hex::encode(self.pair.sign(&checkpoint.signed_bytes()));
        checkpoint
    }

    /// Writes the newest head anew: whoever reads it meanwhile sees the one or the other.
    fn put_head(&self, head: (i64, String), at: Timestamp) -> Result<Checkpoint> {
        let checkpoint = self.signed("head", head, at);
        let path = self.witness.folder.join(HEAD);
        let failed = |source| Error::Archive { path: path.display().to_string(), source };
        let line = serde_json::to_vec(&checkpoint).map_err(|e| failed(e.into()))?;
        let written = tempfile::NamedTempFile::new_in(&self.witness.folder).and_then(|mut draft| {
            draft.write_all(&line)?;
            draft.as_file().sync_all()?;
            draft.persist(&path).map_err(|refused| refused.error)
        });
        written.map(|_| checkpoint).map_err(failed)
    }

    fn append(&self, kind: &str, head: (i64, String), at: Timestamp) -> Result<Checkpoint> {
        let checkpoint = self.signed(kind, head, at);
        let path = self.witness.folder.join(CHECKPOINTS);
        let failed = |source| Error::Archive { path: path.display().to_string(), source };
        let mut line = serde_json::to_vec(&checkpoint).map_err(|e| failed(e.into()))?;
        line.push(b'\n');
        // One write of one line: two processes that seal at once leave two lines.
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
        file.write_all(&line).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(checkpoint)
    }
}

impl Witness {
    /// What checks the log of a house: its public key belongs to `seed`, or to the key in the folder; `trusted` are others that
    /// are believed. None where there is no key of any kind.
    pub fn find(folder: &Path, seed: Option<&str>, trusted: &[String]) -> Result<Option<Self>, SealError> {
        let pair = match (seed, folder.join(KEY)) {
            (Some(seed), _) => {
                let seed = bytes_of(seed).ok_or_else(|| SealError::Key("the key of the audit log".to_owned()))?;
                Some(pair_of(&seed)?)
            }
            (None, path) if path.exists() => Some(pair_of(&read_key(&path)?)?),
            (None, _) => None,
        };
        let witness = Self::with(folder, pair.as_ref(), trusted)?;
        Ok(Some(witness).filter(|witness| !witness.trusted.is_empty()))
    }

    fn with(folder: &Path, pair: Option<&Ed25519KeyPair>, trusted: &[String]) -> Result<Self, SealError> {
        let wrong = || SealError::Key("a trusted key of the audit log".to_owned());
        let mut trusted = trusted.iter().map(|key| bytes_of(key).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
        trusted.extend(pair.map(|pair| pair.public_key().as_ref().to_vec()));
        Ok(Self { folder: folder.to_owned(), trusted, copies: Vec::new() })
    }

    /// The same with checkpoints that were kept where nobody could change them: each of them must hold, too.
    pub fn with_copies(self, file: &Path) -> Result<Self> {
        if !file.exists() {
            let source = io::ErrorKind::NotFound.into();
            return Err(Error::Archive { path: file.display().to_string(), source });
        }
        Ok(Self { copies: read_checkpoints(file)?, ..self })
    }

    /// The public key that checkpoints of today have, hexadecimal.
    pub fn public_key(&self) -> String {
        self.trusted.last().map(hex::encode).unwrap_or_default()
    }

    /// Every checkpoint in its order, those that were kept elsewhere in their places.
    fn checkpoints(&self) -> Result<Vec<Checkpoint>> {
        let mut all = read_checkpoints(&self.folder.join(CHECKPOINTS))?;
        let missing: Vec<Checkpoint> = self.copies.iter().filter(|copy| !all.contains(copy)).cloned().collect();
        all.extend(missing);
        all.sort_by_key(|checkpoint| checkpoint.at);
        Ok(all)
    }

    /// The newest head that was noted, where one was.
    fn head(&self) -> Result<Option<Checkpoint>> {
        Ok(read_checkpoints(&self.folder.join(HEAD))?.pop())
    }

    fn is_genuine(&self, checkpoint: &Checkpoint) -> bool {
        let (Some(key), Ok(signature)) = (bytes_of(&checkpoint.key), hex::decode(&checkpoint.signature)) else {
            return false;
        };
        let verified = UnparsedPublicKey::new(&ED25519, &key).verify(&checkpoint.signed_bytes(), &signature);
        self.trusted.contains(&key) && verified.is_ok()
    }

    /// The checkpoints that hold: those of rows that a restore took away do not; and what is wrong with the others.
    fn in_force(&self) -> Result<(Vec<Checkpoint>, Vec<AuditFault>)> {
        let (mut holding, mut faults) = (Vec::<Checkpoint>::new(), Vec::new());
        let mut checkpoints = self.checkpoints()?;
        // A head that was noted before a restore is one of the log that was there then.
        let restored = checkpoints.iter().rev().find(|checkpoint| checkpoint.kind == "restored").map(|last| last.at);
        checkpoints.extend(self.head()?.filter(|head| restored.is_none_or(|restored| restored <= head.at)));
        for checkpoint in checkpoints {
            if !self.is_genuine(&checkpoint) {
                let why = "has a checkpoint that no key we trust has signed".to_owned();
                faults.push(AuditFault { row: checkpoint.row, why });
                continue;
            }
            if checkpoint.kind == "restored" {
                holding.clear();
            }
            holding.push(checkpoint);
        }
        Ok((holding, faults))
    }
}

impl Audit<'_> {
    /// Signs the head of the chain; nothing when it is the one that was signed last.
    pub async fn seal(&self, seal: &Seal, at: Timestamp) -> Result<Option<Checkpoint>> {
        let head = self.head().await?;
        let last = seal.witness.checkpoints()?.pop();
        let is_same = last.is_some_and(|last| (last.row, &last.hash) == (head.0, &head.1));
        if is_same || head.0 == 0 { Ok(None) } else { seal.append("sealed", head, at).map(Some) }
    }

    /// Signs the head of the chain into a file of its own, in the place of the one before; nothing when it is the same.
    pub async fn note_head(&self, seal: &Seal, at: Timestamp) -> Result<Option<Checkpoint>> {
        let head = self.head().await?;
        // One that cannot be read is written anew: whoever checks the log meanwhile says that it is damaged.
        let noted = seal.witness.head().ok().flatten();
        let is_same = noted.is_some_and(|noted| (noted.row, &noted.hash) == (head.0, &head.1));
        if is_same || head.0 == 0 { Ok(None) } else { seal.put_head(head, at).map(Some) }
    }

    /// Signs that the log is from now on what a backup said: earlier checkpoints speak of another one.
    pub async fn seal_restored(&self, seal: &Seal, at: Timestamp) -> Result<Checkpoint> {
        let head = self.head().await?;
        let restored = seal.append("restored", head.clone(), at)?;
        seal.put_head(head, at)?;
        Ok(restored)
    }

    async fn head(&self) -> Result<(i64, String)> {
        let sql = "select id, hash from audit order by id desc limit 1";
        let Some(row) = self.0.one(super::Query::new(sql)).await? else { return Ok((0, String::new())) };
        let cells = super::Cells::of("audit", &row);
        Ok((cells.int(0)?, hex::encode(cells.bytes(1)?)))
    }

    /// The chain, and whether it is the one that was signed: what was cut off its end, and what was computed anew from a row
    /// on.
    pub async fn inspect_sealed(&self, witness: &Witness) -> Result<Attested> {
        let (holding, forged) = witness.in_force()?;
        let noted: BTreeSet<i64> = holding.iter().map(|checkpoint| checkpoint.row).collect();
        let (mut found, hashes) = self.inspect_noting(&noted).await?;
        found.faults.extend(forged);
        let mut vouched = 0;
        for checkpoint in holding.iter().filter(|checkpoint| checkpoint.row > 0) {
            let row = checkpoint.row;
            match hashes.get(&row).map(hex::encode) {
                Some(hash) if hash == checkpoint.hash => vouched = row.max(vouched),
                Some(_) => {
                    let why = format!(
                        "is not the one that was signed at {}: it, or one since row {vouched}, is another",
                        checkpoint.at
                    );
                    found.faults.push(AuditFault { row, why });
                }
                None if row > found.rows => {
                    let why = format!("is missing, and was signed at {}", checkpoint.at);
                    found.faults.push(AuditFault { row, why });
                }
                // The walk has named it already.
                None => {}
            }
        }
        found.faults.sort();
        Ok(Attested { found, n_checkpoints: holding.len(), until: vouched })
    }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.trim()).ok().filter(|bytes| bytes.len() == 32)
}

/// The key in a file, made when there is none. Of two processes that make one at once, one wins.
fn own_key(path: &Path) -> Result<Vec<u8>, SealError> {
    if !path.exists() {
        make_key(path).map_err(|e| file_error(path, e))?;
    }
    read_key(path)
}

fn read_key(path: &Path) -> Result<Vec<u8>, SealError> {
    let text = fs::read_to_string(path).map_err(|e| file_error(path, e))?;
    bytes_of(&text).ok_or_else(|| SealError::Key(path.display().to_string()))
}

fn pair_of(seed: &[u8]) -> Result<Ed25519KeyPair, SealError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SealError::Key("the key of the audit log".to_owned()))
}

/// The checkpoints in a file, none where there is no file; a line that cannot be read is an error.
fn read_checkpoints(path: &Path) -> Result<Vec<Checkpoint>> {
    let failed = |source| Error::Archive { path: path.display().to_string(), source };
    let mut text = String::new();
    match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => {
            opened.map_err(failed)?.take(CHECKPOINTS_MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
        }
    }
    let name = path.file_name().unwrap_or_default().display();
    let damaged =
        |n: usize| Error::Damaged { what: "audit checkpoints", why: format!("line {} of {name} is none", n + 1) };
    let lines = text.lines().enumerate();
    lines.map(|(n, line)| serde_json::from_str(line).map_err(|_| damaged(n))).collect()
}

/// Writes a key that appears under its name when it is whole, readable by its owner alone.
fn make_key(path: &Path) -> io::Result<()> {
    let mut draft = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    draft.write_all(hex::encode(rand::random::<[u8; 32]>()).as_bytes())?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(path) {
        Err(taken) if taken.error.kind() != io::ErrorKind::AlreadyExists => Err(taken.error),
        _ => Ok(()),
    }
}

fn file_error(path: &Path, source: io::Error) -> SealError {
    SealError::File { path: path.display().to_string(), source }
}
