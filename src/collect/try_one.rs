//! `collect --try`: one answer, read and shown; nothing is stored.

use std::{fs::File, io::Read, path::Path};

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{
    Answer, BulkFile, Collector, Error, Leftover, MAX_BODY_BYTES, Misread, Part, Request, Source, Taking,
    fetch::Fetched, wire,
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
        Self { source, is_quarantined: false, error, mentions: Vec::new(), leftovers: Vec::new() }
    }

    /// The JSON that outsiders rely on.
    pub fn to_json(&self) -> Value {
        let leftovers = self.leftovers.iter().map(|l| json!({ "path": l.path, "value": l.value }));
        json!({
            "source": self.source.as_str(),
            "quarantined": self.is_quarantined,
            "error": self.error,
            "mentions": self.mentions.iter().map(wire::mention).collect::<Vec<_>>(),
            "leftovers": leftovers.collect::<Vec<_>>(),
        })
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
    /// Asks a source the first thing it would ask about our clients, and reads the answer.
    pub async fn try_one(&self, id: &SourceId) -> Result<Tried, Error> {
        let configured = self.configured(id)?;
        let reader = configured.reader()?;
        let planned = self.plan(Some(std::slice::from_ref(id))).await?;
        let Some(request) = planned.into_iter().flat_map(|plan| plan.requests).next() else {
            let why = "there is nothing to ask: no client has what this source asks by (an identifier, a country)";
            return Ok(Tried::nothing(id, Some(why.to_owned())));
        };
        self.fetcher().begin_run();
        let fetched = self.fetcher().fetch(&request, &configured.settings.manners, &Validator::default()).await;
        Ok(match fetched {
            Ok(Fetched::Answer(answer, _)) => Tried::of(reader.as_ref(), &answer),
            Ok(Fetched::File(file, _)) => {
                let reading = tokio::task::spawn_blocking(move || Tried::of_file(reader.as_ref(), *file));
                reading.await.map_err(|_| Error::Panicked("the reader of a source"))?
            }
            Ok(Fetched::NotModified) => Tried::nothing(id, Some("not modified".to_owned())),
            Err(failure) => Tried::nothing(id, Some(failure.to_string())),
        })
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
