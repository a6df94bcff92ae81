use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use quick_xml::{Reader, events::Event};

use super::entry::{Entry, entries};
use crate::intake::{
    check::Refusal,
    element::{Builder, character, local},
};

/// The most of a file that one tag or one text may take, in bytes: without this a file without an end of a tag would be read
/// into memory whole.
const MAX_EVENT: u64 = 1 << 20;
/// What one entry may take of memory: a collective one of a hundred thousand payments has some of it, and a file that never
/// closes one is refused before it fills the memory.
const MAX_ENTRY: usize = 64 << 20;
/// Statements and notifications of these versions of the ISO 20022 messages are read.
const VERSIONS: std::ops::RangeInclusive<u8> = 2..=8;

/// What a file gives, piece by piece.
#[derive(Debug)]
pub(super) enum Given {
    /// Money that moved.
    Entry(Box<Entry>),
    /// An entry that cannot be read, and its line.
    Refused(u64, Refusal),
}

/// Reads a statement (`camt.053`) or a notification (`camt.054`) entry by entry: of the file, never more than one entry is in
/// memory. `take` may say that it has had enough. An error is a sentence, with the line.
pub(super) fn read(file: impl BufRead, mut take: impl FnMut(Given) -> bool) -> Result<(), String> {
    let left = Rc::new(Cell::new(MAX_EVENT));
    let n_lines = Rc::new(Cell::new(1));
    let mut reader = Reader::from_reader(Capped { inner: file, left: Rc::clone(&left), n_lines: Rc::clone(&n_lines) });
    let (mut buffer, mut builder) = (Vec::new(), Builder::within(MAX_ENTRY));
    let mut place = Place::default();
    loop {
        left.set(MAX_EVENT);
        buffer.clear();
        let line = n_lines.get();
        let at = |why: String| format!("line {line}: {why}");
        let event = reader.read_event_into(&mut buffer).map_err(|e| at(format!("broken XML: {e}")))?;
        let closed = match event {
            Event::Start(tag) => {
                if builder.is_empty() && !place.enter(&tag).map_err(at)? {
                    continue;
                }
                builder.start(&tag, line).map_err(at)?;
                None
            }
            // An entry of nothing is refused like any other that cannot be read, and not passed over.
            Event::Empty(tag) if builder.is_empty() && !place.is_entry(&local(&tag)) => None,
            Event::Empty(tag) => {
                builder.start(&tag, line).map_err(at)?;
                builder.end()
            }
            Event::End(_) if builder.is_empty() => {
                place.leave();
                None
            }
            Event::End(_) => builder.end(),
            Event::Text(text) => {
                builder.text(&text.into_inner()).map_err(at)?;
                None
            }
            Event::CData(text) => {
                builder.text(&text.into_inner()).map_err(at)?;
                None
            }
            Event::GeneralRef(reference) => {
                builder.text(&character(&reference.into_inner())).map_err(at)?;
                None
            }
            Event::DocType(_) => return Err(at("a DOCTYPE, which no bank sends: refused".to_owned())),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => None,
            Event::Eof => break,
        };
        let Some(element) = closed else { continue };
        if element.name == "Acct" {
            place.account =
                element.text_at("Id/IBAN").or_else(|| element.text_at("Id/Othr/Id")).unwrap_or("").to_owned();
            continue;
        }
        for given in entries(&element, &place.account) {
            let given = match given {
                Ok(entry) => Given::Entry(Box::new(entry)),
                Err((line, refusal)) => Given::Refused(line, refusal),
            };
            if !take(given) {
                return Ok(());
            }
        }
    }
    place.check_end(n_lines.get())
}

/// Where in a message we are, outside of entries.
#[derive(Debug, Default)]
struct Place {
    open: Vec<String>,
    has_message: bool,
    account: String,
}

impl Place {
    /// Enters an element; whether it is one that is read as a whole.
    fn enter(&mut self, tag: &quick_xml::events::BytesStart<'_>) -> Result<bool, String> {
        let name = local(tag);
        if self.open.is_empty() {
            check_message(tag, &name)?;
            self.has_message = true;
        }
        let inside = self.open.last().map(String::as_str);
        if matches!(name.as_str(), "Stmt" | "Ntfctn") {
            // The account of the statement before is not this one's.
            self.account.clear();
        }
        let is_whole = match (inside, name.as_str()) {
            (Some("Stmt" | "Ntfctn"), "Acct" | "Ntry") => true,
            (Some("Document"), "BkToCstmrAcctRpt") => {
                return Err("is an account report (camt.052), whose entries may yet be taken back".to_owned());
            }
            _ => false,
        };
        if !is_whole {
            self.open.push(name);
        }
        if self.open.len() > 16 {
            return Err("elements nest too deep for a bank's message".to_owned());
        }
        Ok(is_whole)
    }

    /// Whether an element of that name is an entry here.
    fn is_entry(&self, name: &str) -> bool {
        name == "Ntry" && matches!(self.open.last().map(String::as_str), Some("Stmt" | "Ntfctn"))
    }

    fn leave(&mut self) {
        self.open.pop();
    }

    fn check_end(&self, line: u64) -> Result<(), String> {
        match self.open.last() {
            _ if !self.has_message => Err("is no bank statement: there is no element in it".to_owned()),
            Some(open) => Err(format!("line {line}: the file ends inside <{open}>: it was cut off")),
            None => Ok(()),
        }
    }
}

/// The root names the message and its version in its name space.
fn check_message(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> Result<(), String> {
    let mut attributes = tag.attributes();
    let mut spaces = attributes.with_checks(false).filter_map(Result::ok).map(|a| a.value.into_owned());
    let space = spaces.find(|value| value.contains(":camt.")).unwrap_or_default();
    let message = space.rsplit(':').next().unwrap_or_default();
    let version = message.rsplit('.').next().and_then(|version| version.parse::<u8>().ok());
    let is_read = message.starts_with("camt.053.001.") || message.starts_with("camt.054.001.");
    match version {
        Some(version) if name == "Document" && is_read && VERSIONS.contains(&version) => Ok(()),
        _ if message.is_empty() => Err(format!("is no bank statement: its root is <{name}>")),
        _ => Err(format!("is a message {message}; camt.053 and camt.054 are read, of versions 02 to 08")),
    }
}

/// A file that gives at most so many bytes until it is allowed more, and counts its lines.
struct Capped<R> {
    inner: R,
    left: Rc<Cell<u64>>,
    n_lines: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let n = available.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Capped<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::Error::other(format!("a tag or a text is longer than {MAX_EVENT} bytes")));
        }
        let most = usize::try_from(self.left.get()).unwrap_or(usize::MAX);
        let available = self.inner.fill_buf()?;
        Ok(available.get(..most).unwrap_or(available))
    }

    fn consume(&mut self, n: usize) {
        // What is consumed was just given, so it is still there to be looked at.
        if let Ok(given) = self.inner.fill_buf() {
            let lines = given.get(..n).unwrap_or(given).iter().filter(|b| **b == b'\n').count();
            self.n_lines.set(self.n_lines.get() + lines as u64);
        }
        self.left.set(self.left.get().saturating_sub(n as u64));
        self.inner.consume(n);
    }
}
