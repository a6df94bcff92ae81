//! XML as nested elements with their lines, for what people send: declarations of entities are refused, never expanded.

use encoding_rs::{Encoding, UTF_8};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// An invoice nests some ten deep, and its signature some twenty; an entry of a bank some fifteen.
const MAX_DEPTH: usize = 64;
/// Elements of one file: an invoice of ten thousand lines has some hundred thousand.
const MAX_ELEMENTS: usize = 500_000;
/// The attributes that are read: the format of an invoice, the currency of a bank's amount.
const TELLING: [&str; 2] = ["versione", "Ccy"];
/// Where a declaration of the encoding is looked for, in bytes.
const HEAD_BYTES: usize = 200;

/// An element of a document, and the line that it begins on.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Without its prefix: prefixes are the sender's choice.
    pub(super) name: String,
    pub(super) line: u64,
    /// The attribute `versione` or `Ccy`.
    pub(super) attribute: Option<String>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// The root of a document. A DOCTYPE is refused, and entities of its own are never expanded.
    pub(super) fn root(bytes: &[u8]) -> Result<Self, Broken> {
        let text = decoded(bytes);
        Tree { text: &text, line: 1, counted: 0 }.read()
    }

    /// The first element at a path of names below this one.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.children.iter().find(|child| child.name == name))
    }

    /// Every child of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Its text, when there is any.
    pub(super) fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// The text at a path.
    pub(super) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Self::text)
    }
}

/// Why a document is none.
#[derive(Debug)]
pub(super) struct Broken {
    /// Where, from 1.
    pub(super) line: u64,
    /// A sentence.
    pub(super) why: String,
}

/// The text of a document, by its byte order mark or by what it declares.
fn decoded(bytes: &[u8]) -> String {
    let head = String::from_utf8_lossy(bytes.get(..HEAD_BYTES).unwrap_or(bytes)).into_owned();
    let declared = head.split_once("encoding=").and_then(|(_, rest)| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let name = rest.strip_prefix(quote)?.split(quote).next()?;
        Encoding::for_label(name.as_bytes())
    });
    // The mark wins, as everywhere.
    let (text, ..) = declared.unwrap_or(UTF_8).decode(bytes);
    text.into_owned()
}

/// Elements that are not closed yet, of one document or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Builder {
    open: Vec<Element>,
    n_elements: usize,
    n_bytes: usize,
    /// What the outermost element may take of memory; none where the document as a whole is no longer than that.
    most_bytes: Option<usize>,
}

impl Builder {
    /// One whose outermost elements may take so many bytes of memory each.
    pub(super) fn within(most_bytes: usize) -> Self {
        Self { most_bytes: Some(most_bytes), ..Self::default() }
    }

    fn takes(&mut self, n_bytes: usize) -> Result<(), String> {
        self.n_bytes = self.n_bytes.saturating_add(n_bytes);
        match self.most_bytes {
            Some(most) if self.n_bytes > most => {
                Err(format!("one element with all that is in it has more than {most} bytes"))
            }
            _ => Ok(()),
        }
    }

    /// Whether nothing is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Opens an element; an error says why there are too many.
    pub(super) fn start(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), String> {
        self.n_elements += 1;
        if self.n_elements > MAX_ELEMENTS {
            return Err(format!("more than {MAX_ELEMENTS} elements"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements nest more than {MAX_DEPTH} deep"));
        }
        self.takes(tag.len() + size_of::<Element>())?;
        let attribute = TELLING.iter().find_map(|name| tag.try_get_attribute(name).ok().flatten());
        let attribute = attribute.map(|attribute| attribute.value.trim().to_owned());
        self.open.push(Element { name: local(tag), line, attribute, ..Element::default() });
        Ok(())
    }

    /// Adds to the text of the innermost open element; an error says why there is too much.
    pub(super) fn text(&mut self, text: &str) -> Result<(), String> {
        self.takes(text.len())?;
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
        Ok(())
    }

    /// Closes the innermost element; gives the outermost once it is closed.
    pub(super) fn end(&mut self) -> Option<Element> {
        let closed = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(closed);
                None
            }
            None => {
                (self.n_elements, self.n_bytes) = (0, 0);
                Some(closed)
            }
        }
    }
}

/// An element's name without its prefix.
pub(super) fn local(tag: &BytesStart<'_>) -> String {
    let name = tag.name().as_ref().to_owned();
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

struct Tree<'t> {
    text: &'t str,
    line: u64,
    /// Up to which byte lines were counted.
    counted: usize,
}

impl Tree<'_> {
    fn read(mut self) -> Result<Element, Broken> {
        let mut reader = Reader::from_str(self.text);
        let (mut builder, mut root) = (Builder::default(), None);
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|e| self.broken(at, format!("broken XML: {e}")))?;
            match event {
                Event::Start(tag) => builder.start(&tag, self.line_at(at)).map_err(|why| self.broken(at, why))?,
                Event::Empty(tag) => {
                    builder.start(&tag, self.line_at(at)).map_err(|why| self.broken(at, why))?;
                    root = builder.end().or(root);
                }
                Event::End(_) => root = builder.end().or(root),
                Event::Text(text) => builder.text(&text.into_inner()).map_err(|why| self.broken(at, why))?,
                Event::CData(text) => builder.text(&text.into_inner()).map_err(|why| self.broken(at, why))?,
                Event::GeneralRef(reference) => {
                    builder.text(&character(&reference.into_inner())).map_err(|why| self.broken(at, why))?;
                }
                Event::DocType(_) => return Err(self.broken(at, "a DOCTYPE: refused".to_owned())),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof => break,
            }
        }
        if let Some(open) = builder.open.last() {
            return Err(Broken {
                line: open.line,
                why: format!("the XML ends inside <{}>: it was cut off", open.name),
            });
        }
        root.ok_or_else(|| Broken { line: 1, why: "there is no element in the file".to_owned() })
    }

    fn broken(&mut self, at: usize, why: String) -> Broken {
        Broken { line: self.line_at(at), why }
    }

    /// The line of a byte behind the last one asked about.
    fn line_at(&mut self, at: usize) -> u64 {
        let until = at.min(self.text.len());
        let passed = self.text.as_bytes().get(self.counted..until).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.counted = until.max(self.counted);
        self.line
    }
}

/// What a reference stands for: one of the five entities of XML or a character by its number. Any other stays as it is.
pub(super) fn character(name: &str) -> String {
    let number = name.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16));
    let number = number.or_else(|| name.strip_prefix('#').map(str::parse)).and_then(Result::ok);
    match (name, number.and_then(char::from_u32)) {
        ("amp", _) => "&".to_owned(),
        ("lt", _) => "<".to_owned(),
        ("gt", _) => ">".to_owned(),
        ("quot", _) => "\"".to_owned(),
        ("apos", _) => "'".to_owned(),
        (_, Some(c)) => c.to_string(),
        _ => format!("&{name};"),
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::events::BytesStart;

    use super::Builder;

    #[test]
    fn an_element_that_never_ends_is_refused_before_it_fills_the_memory() {
        let mut builder = Builder::within(10_000);
        builder.start(&BytesStart::new("Ntry"), 1).unwrap();
        let n_texts = (1..).find(|_| builder.text(&"x".repeat(100)).is_err()).unwrap();
        assert!((90..100).contains(&n_texts), "{n_texts}");
        let mut builder = Builder::within(1_000);
        for _ in 0..100 {
            builder.start(&BytesStart::new("Ntry"), 1).unwrap();
            builder.text(&"x".repeat(500)).unwrap();
            assert!(builder.end().is_some(), "each that is closed begins anew");
        }
    }
}
