//! `collect --try`: one answer, read and shown; nothing is stored.

use std::{fs::File, io::Read, path::Path, time::Instant};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Answer, BulkFile, Collector, Credential, Error, Leftover, MAX_BODY_BYTES, Method, Misread, Part, Request, Source,
    SourceSettings, Taking,
    fetch::{Fetched, user_agent},
    schedule::{Order, Purse, without_secrets},
    wire,
};
use crate::{
    domain::{Mention, SourceId},
    store::Validator,
};

/// Pieces of a large file that are shown; who wants to see more wants to store it.
const MAX_PIECES: u32 = 16;

/// What one answer says, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Who was asked.
    pub source: SourceId,
    /// The answer is not what it should be and was set aside.
    pub is_quarantined: bool,
    /// Why nothing could be read, if so.
    pub error: Option<String>,
    /// What was understood.
    pub mentions: Vec<Mention>,
    /// What was not.
    pub leftovers: Vec<Leftover>,
    /// What was asked; none for a recorded answer.
    pub request: Option<Asked>,
    /// How it was answered; none for a recorded answer, or when nothing came back.
    pub answer: Option<Answered>,
}

/// A request as it may be shown: without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The address; what looks like a key in it is `***`.
    pub address: String,
    /// The headers that matter, as they were sent; of a credential only its kind and the name of its secret.
    pub headers: Vec<(String, String)>,
}

/// An answer, from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; empty when not said.
    pub content_type: String,
    /// Of the body, decompressed.
    pub n_bytes: usize,
    /// From the request to the last byte, waiting for the host's turn and its `robots.txt` included.
    pub duration_ms: u64,
}

impl Asked {
    fn of(request: &Request, contact: &str) -> Self {
        let method = if request.method == Method::Get { "GET" } else { "POST" };
        let mut headers = vec![
            ("user-agent".to_owned(), user_agent(contact)),
            ("accept".to_owned(), request.accept.unwrap_or("*/*").to_owned()),
        ];
        headers.extend(request.credential.as_ref().map(|credential| {
            let (header, scheme) = match credential {
                Credential::BasicUser(_) | Credential::BasicPair(_) => ("authorization", "Basic "),
                Credential::Bearer(_) => ("authorization", "Bearer "),
                Credential::Header { header, .. } => (*header, ""),
            };
            (header.to_owned(), format!("{scheme}*** (secret {})", credential.name()))
        }));
        Self { method, address: without_secrets(&request.url), headers }
    }
}

impl Tried {
    fn of(source: &dyn Source, answer: &Answer) -> Self {
        match source.read(answer) {
            Ok(page) => Self { mentions: page.mentions, leftovers: page.leftovers, ..Self::nothing(source.id(), None) },
            Err(misread) => {
                let is_quarantined = matches!(misread, Misread::Quarantined(_));
                Self { is_quarantined, ..Self::nothing(source.id(), Some(misread.to_string())) }
            }
        }
    }

    /// A large file, as far as it is shown.
    fn of_file(source: &dyn Source, file: BulkFile) -> Self {
        let mut all = Self::nothing(source.id(), None);
        let read = file.read(|piece| {
            if piece.part.number >= MAX_PIECES {
                all.error =
                    Some(format!("only the first {MAX_PIECES} pieces are shown; collect without --try reads all"));
                return false;
            }
            let one = Self::of(source, &piece);
            all.mentions.extend(one.mentions);
            all.leftovers.extend(one.leftovers);
            (all.is_quarantined, all.error) = (one.is_quarantined, one.error);
            all.error.is_none()
        });
        if let Err(why) = read {
            all.error = Some(why);
        }
        all
    }

    fn nothing(source: &SourceId, error: Option<String>) -> Self {
        let source = source.clone();
        Self {
            source,
            is_quarantined: false,
            error,
            mentions: Vec::new(),
            leftovers: Vec::new(),
            request: None,
            answer: None,
        }
    }

    /// The JSON that outsiders rely on.
    pub fn to_json(&self) -> Value {
        let leftovers = self.leftovers.iter().map(|l| json!({ "path": l.path, "value": l.value }));
        let mut shown = json!({
            "source": self.source.as_str(),
            "quarantined": self.is_quarantined,
            "error": self.error,
            "mentions": self.mentions.iter().map(wire::mention).collect::<Vec<_>>(),
            "leftovers": leftovers.collect::<Vec<_>>(),
        });
        if let Some(Asked { method, address, headers }) = &self.request {
            let headers: Map<String, Value> =
                headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            shown["request"] = json!({ "method": method, "address": address, "headers": headers });
            shown["answer"] = self.answer.as_ref().map_or(Value::Null, |answer| {
                json!({
                    "status": answer.status,
                    "content_type": answer.content_type,
                    "bytes": answer.n_bytes,
                    "duration_ms": answer.duration_ms,
                })
            });
        }
        shown
    }
}

/// Reads a recorded answer from its file: packed ones and large tables piece by piece, as they are read when they come.
pub fn try_path(source: &dyn Source, path: &Path, now: Timestamp) -> std::io::Result<Tried> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = Vec::new();
    file.by_ref().take(4).read_to_end(&mut head)?;
    let is_packed = head.starts_with(b"PK\x03\x04") || head.starts_with(b"\x1f\x8b");
    let is_table = !matches!(head.trim_ascii_start().first(), Some(b'<' | b'{' | b'['));
    if is_packed || (is_table && length > MAX_BODY_BYTES as u64) {
        let request = Request { taking: Taking::Lines, ..Request::get(file_url(path), "") };
        let shell = recorded(request, Vec::new(), now);
        return Ok(Tried::of_file(source, BulkFile::new(file, shell)));
    }
    let mut bytes = head;
    file.take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(try_file(source, path, bytes, now))
}

/// Reads one recorded answer.
pub fn try_file(source: &dyn Source, path: &Path, bytes: Vec<u8>, now: Timestamp) -> Tried {
    if bytes.len() > MAX_BODY_BYTES {
        let why = format!("{}: larger than {MAX_BODY_BYTES} bytes, which no answer may be", path.display());
        return Tried::nothing(source.id(), Some(why));
    }
    Tried::of(source, &recorded(Request::get(file_url(path), ""), bytes, now))
}

fn recorded(request: Request, body: Vec<u8>, now: Timestamp) -> Answer {
    let content_type = guessed_content_type(&body).to_owned();
    Answer { request, status: 200, content_type, body, seen_at: now, part: Part::WHOLE }
}

impl Collector {
    /// Asks a source the first thing it would ask now, and reads the answer. Nothing is stored, but a paid question is
    /// paid for, and counts.
    pub async fn try_one(&self, id: &SourceId) -> Result<Tried, Error> {
        let configured = self.configured(id)?;
        let reader = configured.reader()?;
        let planned = self.plan(Some(std::slice::from_ref(id))).await?;
        let mut orders = planned.into_iter().map(|plan| plan.order);
        let Order { asked, left_out, because } = orders.next().unwrap_or_default();
        let Some(request) = asked.into_iter().next().map(|weighed| weighed.request) else {
            let why = "there is nothing to ask: no client has what this source asks by (an identifier, a country)";
            let why = if left_out.is_empty() { why.to_owned() } else { because.unwrap_or_default() };
            return Ok(Tried::nothing(id, Some(why)));
        };
        let SourceSettings { manners, budget, .. } = &configured.settings;
        let mut purse = Purse::new(&self.store, &self.clock, id, budget);
        if purse.take(reader.is_paid(&request)).await?.is_none() {
            return Ok(Tried::nothing(id, Some(format!("not asked: {}", purse.because()))));
        }
        self.fetcher().begin_run();
        let start = Instant::now();
        let fetched = self.fetcher().fetch(&request, manners, &Validator::default()).await;
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let answered = |answer: &Answer, n_bytes: usize| {
            let (status, content_type) = (answer.status, answer.content_type.clone());
            Some(Answered { status, content_type, n_bytes, duration_ms })
        };
        let mut tried = match fetched {
            Ok(Fetched::Answer(answer, _)) => {
                let answered = answered(&answer, answer.body.len());
                Tried { answer: answered, ..Tried::of(reader.as_ref(), &answer) }
            }
            Ok(Fetched::File(file, _)) => {
                let reading = tokio::task::spawn_blocking(move || Tried::of_file(reader.as_ref(), *file));
                reading.await.map_err(|_| Error::Panicked("the reader of a source"))?
            }
            Ok(Fetched::NotModified) => Tried::nothing(id, Some("not modified".to_owned())),
            Err(failure) => Tried::nothing(id, Some(failure.to_string())),
        };
        tried.request = Some(Asked::of(&request, &self.settings.contact));
        Ok(tried)
    }
}

fn file_url(path: &Path) -> Url {
    let absolute = std::path::absolute(path).ok().and_then(|path| Url::from_file_path(path).ok());
    absolute.unwrap_or_else(|| Url::parse("file:///").expect("a constant address"))
}

/// What a server would have said of these bytes, by their beginning.
fn guessed_content_type(bytes: &[u8]) -> &'static str {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let head = bytes[..bytes.len().min(200)].to_ascii_lowercase();
    let says = |word: &str| head.windows(word.len()).any(|window| window == word.as_bytes());
    match head.first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') if says("<!doctype html") || says("<html") => "text/html",
        Some(b'<') if says("<rss") => "application/rss+xml",
        Some(b'<') if says("<feed") => "application/atom+xml",
        Some(b'<') if says("<?xml") || says("<rdf") => "application/xml",
        Some(b'<') => "text/html",
        Some(_) => "text/plain",
        None => "",
    }
}
