use jiff::Timestamp;
use url::Url;

use crate::domain::{ClientId, Mention, Prospect, SourceId, Subject};

/// An open source: plans what to ask, reads what came back. Values in, values out; [`crate::collect`] does the waiting.
pub trait Source: Send + Sync {
    /// Its name in `config/sources.toml`.
    fn id(&self) -> &SourceId;

    /// What to ask now: about these clients, from this cursor. Clients the source cannot know are passed over.
    fn plan(&self, watched: &[Watched], cursor: &Cursor) -> Vec<Request>;

    /// What an answer says. A value that is neither understood nor ignored by name is returned as a leftover:
    /// swallowing it would look like good news.
    fn read(&self, answer: &Answer) -> Result<Page, Misread>;

    /// Whether a request costs what the source's table says under `price`. What follows a bought search is not paid for
    /// again: there the price is that of the whole.
    fn is_paid(&self, _: &Request) -> bool {
        true
    }
}

/// A client to ask about.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Its key.
    pub client: ClientId,
    /// What identifies it.
    pub who: Prospect,
}

/// Where a source stopped the last time, in its own words (JSON); empty at first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(pub String);

/// GET, or POST with a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Method {
    /// Ask.
    #[default]
    Get,
    /// Send this JSON.
    PostJson(String),
}

/// How to prove who we are; the secret itself is looked up by name when sending, and never logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// HTTP Basic with the secret as user name and no password (Companies House).
    BasicUser(String),
    /// HTTP Basic with a secret that is user and password with a colon between (InfoCamere).
    BasicPair(String),
    /// `Authorization: Bearer` and the secret.
    Bearer(String),
    /// A header of the source's own, and the secret (`X-INSEE-Api-Key-Integration`).
    Header {
        /// The header's name, lower case.
        header: &'static str,
        /// The secret's name.
        name: String,
    },
}

impl Credential {
    /// The name of the secret in `sources.toml`.
    pub fn name(&self) -> &str {
        match self {
            Self::BasicUser(name) | Self::BasicPair(name) | Self::Bearer(name) | Self::Header { name, .. } => name,
        }
    }
}

/// How a body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Taking {
    /// Whole, within the cap on bodies: one answer.
    #[default]
    Whole,
    /// A file of lines too large to hold (plain, gzip, or the first file of a zip): pieces of whole lines, each an answer
    /// of its own that begins with the first line of the file.
    Lines,
    /// A stream that does not end: the whole lines that came within this time, as one answer.
    Listen {
        /// For how long, in seconds.
        seconds: u32,
    },
}

/// Which part of a body an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Counted from 0.
    pub number: u32,
    /// Nothing comes behind it.
    pub is_last: bool,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { number: 0, is_last: true };
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// How.
    pub method: Method,
    /// `Accept`, when the source insists.
    pub accept: Option<&'static str>,
    /// Name of the secret in `sources.toml`.
    pub credential: Option<Credential>,
    /// Whom the answer is about, when the answer itself does not say.
    pub about: Option<Subject>,
    /// The clients it asks about; empty when it asks about everybody or about a market. What a question is worth, and who
    /// was looked at when it is answered, goes by them.
    pub whom: Vec<ClientId>,
    /// How the body is taken.
    pub taking: Taking,
    /// A word by which [`Source::read`] knows which of its requests this answers (`profile`, `insolvency`).
    pub step: &'static str,
}

impl Request {
    /// A plain GET.
    pub fn get(url: Url, step: &'static str) -> Self {
        Self {
            url,
            method: Method::Get,
            accept: None,
            credential: None,
            about: None,
            whom: Vec::new(),
            taking: Taking::Whole,
            step,
        }
    }
}

/// What came back. `read` must cope with any status and any bytes. For a recorded answer (`collect --try --from FILE`)
/// `request.step` is empty, `about` is none and the status 200: the reader recognises the answer by its shape.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked.
    pub request: Request,
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, lower case; empty when not said.
    pub content_type: String,
    /// The body, decompressed, within the caps.
    pub body: Vec<u8>,
    /// When it was read.
    pub seen_at: Timestamp,
    /// Which part of the body it is, for bodies that are taken in pieces.
    pub part: Part,
}

/// What an answer said.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Records.
    pub mentions: Vec<Mention>,
    /// Values neither understood nor ignored by name.
    pub leftovers: Vec<Leftover>,
    /// What to ask next: the following page, the detail of what was accepted.
    pub next: Vec<Request>,
    /// Where to go on the next time; none leaves the cursor as it is.
    pub cursor: Option<Cursor>,
    /// The lists that the answer gives whole. What the source told before and does not list any more is taken out.
    pub whole: Vec<Whole>,
}

/// A list that an answer gives from its first entry to its last: everything its source holds of one kind about one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// About whom.
    pub subject: Subject,
    /// The kind of its entries, as [`Fact::kind`](crate::domain::Fact::kind) names it.
    pub kind: &'static str,
}

/// A value that nobody understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Where it stood: `$.data.attributes.entity.subCategory`, `/rss/channel/item/newTag`, `line 3: Amount`.
    pub path: String,
    /// The value, at most 200 characters.
    pub value: String,
}

/// Why an answer could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    /// The bytes are not what the source sends (HTML for JSON, truncated JSON, an empty body). Nothing was read.
    #[error("{0}")]
    Unreadable(String),
    /// It could be read but is not what it should be (a required field gone, an expectation broken): quarantined, because
    /// a changed layout must never pass for "nothing found".
    #[error("{0}")]
    Quarantined(String),
    /// The source says that it cannot answer now (busy, no credit, not ready): ask again later.
    #[error("{0}")]
    NotNow(String),
    /// The source says no: bad key, forbidden, a request it does not accept.
    #[error("{0}")]
    Refused(String),
}
