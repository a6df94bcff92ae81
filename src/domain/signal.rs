use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date};
use sha2::Digest;

use super::{Country, Currency, Fact, Identifier, Nace, WordError};

/// A source's name in `config/sources.toml`: 1 to 40 of `a-z`, `0-9`, `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(Box<str>);

impl SourceId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceId {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(WordError::new("source", text, "must be 1 to 40 of a-z, 0-9 and -"))
        }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of bytes that were read; shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Takes a hash computed before.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Sha256 {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(WordError::new("SHA-256", text, "must be 64 hexadecimal digits")),
        }
    }
}

/// Sixteen bytes of a hash over some texts; each goes in with its length, so that no two lists of texts read the same.
pub(super) fn name_of_parts(parts: &[&str]) -> [u8; 16] {
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let mut head = [0; 16];
    head.copy_from_slice(&hash[..16]);
    head
}

/// A signal's name: the hash of source, the source's own id and the content, so that reading a source twice adds nothing
/// and a correction is a new signal. Shown as `sig_` and 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SignalId([u8; 16]);

impl SignalId {
    /// The id of what `source` calls `own_id`, as it reads in this `revision` (a canonical text of the content).
    pub fn of(source: &SourceId, own_id: &str, revision: &str) -> Self {
        Self(name_of_parts(&[source.as_str(), own_id, revision]))
    }

    /// Takes the store's key.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SignalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sig_{}", hex::encode(self.0))
    }
}

impl FromStr for SignalId {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut bytes = [0; 16];
        match text.strip_prefix("sig_").map(|t| hex::decode_to_slice(t, &mut bytes)) {
            Some(Ok(())) => Ok(Self(bytes)),
            _ => Err(WordError::new("signal", text, "must be sig_ and 32 hexadecimal digits")),
        }
    }
}

/// Whom a record speaks of, in the source's words: [`crate::resolve`] finds the client.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subject {
    /// The name as the source writes it.
    pub name: String,
    /// Where it is.
    pub country: Option<Country>,
    /// The town, where the source says.
    pub city: Option<String>,
    /// Street and number, where the source says.
    pub address: Option<String>,
    /// Other names the source knows it by: former, trading, in another script.
    pub other_names: Vec<String>,
    /// Checked identifiers.
    pub identifiers: Vec<Identifier>,
    /// Its activity.
    pub sector: Option<Nace>,
    /// A natural person.
    pub is_person: bool,
}

/// What one record of a source says about one subject, before we know whose record it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// What the source itself calls the record; stable when the same record is read again.
    pub own_id: String,
    /// Whom it speaks of.
    pub subject: Subject,
    /// What it says.
    pub fact: Fact,
    /// Since when it is so.
    pub valid_at: Date,
    /// When the source made it public; nothing can be known earlier.
    pub published_at: Option<Date>,
    /// A register or gazette, not a newspaper or a salesman.
    pub is_official: bool,
    /// Where a person can read it.
    pub url: Option<String>,
}

impl Mention {
    /// The currency amounts are in when a source names none: the euro.
    pub const DEFAULT_CURRENCY: Currency = Currency::EUR;
}

/// What was read, when, from where.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The address that was asked, or the file.
    pub url: String,
    /// When it was read.
    pub seen_at: Timestamp,
    /// The hash of the bytes, which are in the archive.
    pub sha256: Sha256,
}

/// A mention that has a place in the store: two clocks and its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub id: SignalId,
    /// Who said it.
    pub source: SourceId,
    /// Since when it is so; never later than `known_at`'s day, for an announced event happened when announced.
    pub valid_at: Date,
    /// When we learned it.
    pub known_at: Timestamp,
    /// A register or gazette.
    pub is_official: bool,
    /// What it says.
    pub fact: Fact,
    /// Where a person can read it.
    pub url: Option<String>,
    /// What was read.
    pub evidence: Evidence,
}
