//! The feed itself, read event by event: no tree, no expansion, and as far as it goes when it breaks.

use std::collections::HashMap;

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};

use super::vocabulary::{Field, NAMESPACES, field_of};
use crate::collect::{
    Misread,
    sources::{
        markup::{entity, plain},
        record::Leftovers,
    },
};

/// Feeds nest five or six deep; the markup that some put in unescaped, a little more.
const MAX_DEPTH: usize = 200;

/// A feed carries tens of items, an archive hundreds.
const MAX_ITEMS: usize = 2_000;

/// Of one field. The judgement needs a headline and a summary, not the article.
const MAX_FIELD_BYTES: usize = 64 * 1024;

/// What a feed says.
#[derive(Debug, Default)]
pub(in crate::collect::sources) struct Feed {
    pub(in crate::collect::sources) language: Option<String>,
    pub(in crate::collect::sources) items: Vec<Item>,
}

/// One item, as text.
#[derive(Debug, Default)]
pub(in crate::collect::sources) struct Item {
    pub(in crate::collect::sources) title: String,
    pub(in crate::collect::sources) summary: String,
    pub(in crate::collect::sources) link: Option<String>,
    pub(in crate::collect::sources) guid: Option<String>,
    pub(in crate::collect::sources) date: Option<String>,
    pub(in crate::collect::sources) language: Option<String>,
}

/// Reads a feed. A break after some items keeps them and is a leftover; before any, there is nothing to keep.
pub(in crate::collect::sources) fn read(text: &str, leftovers: &Leftovers) -> Result<Feed, Misread> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    // Feeds hold stray and missing end tags; our own stack copes with both.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut parser = Parser { leftovers, ..Parser::new(leftovers) };
    let broken = loop {
        match reader.read_event() {
            Ok(Event::Eof) => break (!parser.stack.is_empty()).then(|| "the text ends inside an element".to_owned()),
            Ok(event) => parser.event(event)?,
            Err(e) => break Some(e.to_string()),
        }
    };
    if !parser.is_feed {
        return Err(Misread::Unreadable("no RSS, RDF or Atom element in it".to_owned()));
    }
    if let Some(why) = broken {
        let place = format!("/{}", parser.stack.join("/"));
        if parser.feed.items.is_empty() {
            return Err(Misread::Unreadable(format!("the feed breaks off before its first item, at {place}: {why}")));
        }
        leftovers.add(&place, &format!("the feed breaks off at byte {}: {why}", reader.buffer_position()));
    }
    Ok(parser.feed)
}

struct Parser<'a> {
    leftovers: &'a Leftovers,
    stack: Vec<String>,
    prefixes: HashMap<String, String>,
    is_feed: bool,
    is_atom: bool,
    feed: Feed,
    /// The item being read, and the depth it started at.
    item: Option<(Item, usize)>,
    /// The field being read, the depth it started at, and its text so far.
    field: Option<(Field, usize, String)>,
    body: String,
    lesser_date: Option<String>,
}

impl<'a> Parser<'a> {
    fn new(leftovers: &'a Leftovers) -> Self {
        Self {
            leftovers,
            stack: Vec::new(),
            prefixes: HashMap::new(),
            is_feed: false,
            is_atom: false,
            feed: Feed::default(),
            item: None,
            field: None,
            body: String::new(),
            lesser_date: None,
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Misread> {
        match event {
            Event::Start(tag) => {
                self.open(&tag)?;
            }
            Event::Empty(tag) => {
                self.open(&tag)?;
                self.close_top();
            }
            Event::End(tag) => self.close(tag.name().as_ref()),
            Event::Text(text) => self.text(&text.into_inner()),
            Event::CData(text) => self.text(&text.into_inner()),
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::DocType(text) => {
                let text = text.into_inner();
                if text.contains('[') || text.contains("ENTITY") {
                    return Err(Misread::Unreadable(
                        "a DOCTYPE with declarations: entities are not expanded".to_owned(),
                    ));
                }
                if text.trim_start().to_ascii_lowercase().starts_with("html") {
                    return Err(Misread::Unreadable("HTML where a feed was expected".to_owned()));
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn open(&mut self, tag: &BytesStart) -> Result<(), Misread> {
        self.learn_prefixes(tag);
        let written = tag.name().as_ref().to_owned();
        let name = self.canonical(&written);
        if self.stack.is_empty() && !self.is_feed {
            let local = name.rsplit(':').next().unwrap_or_default();
            self.is_feed = matches!(local, "rss" | "RDF" | "feed");
            self.is_atom = local == "feed";
            if local.eq_ignore_ascii_case("html") || local == "body" {
                return Err(Misread::Unreadable("HTML where a feed was expected".to_owned()));
            }
            if !self.is_feed {
                return Err(Misread::Unreadable(format!("the element {local} is no feed")));
            }
        }
        // The name was canonical for the root before we knew that it is an Atom feed.
        let name = if self.is_atom { name.trim_start_matches("atom:").to_owned() } else { name };
        self.stack.push(written);
        if self.stack.len() > MAX_DEPTH {
            return Err(Misread::Unreadable(format!("elements are nested more than {MAX_DEPTH} deep")));
        }
        if self.field.is_some() {
            // Markup inside a field: its tags separate words.
            self.text(" ");
        } else if matches!(name.as_str(), "item" | "entry") && self.item.is_none() {
            self.start_item(tag);
        } else if !matches!(name.as_str(), "rss" | "rdf:RDF" | "channel" | "feed") {
            self.start_field(&name, tag);
        }
        Ok(())
    }

    fn start_item(&mut self, tag: &BytesStart) {
        let language = attribute(tag, "xml:lang");
        self.item = Some((Item { language, guid: attribute(tag, "rdf:about"), ..Item::default() }, self.stack.len()));
        self.body.clear();
        self.lesser_date = None;
    }

    fn start_field(&mut self, name: &str, tag: &BytesStart) {
        let mut field = field_of(name, self.item.is_some());
        let mut text = String::new();
        if field == Field::Link
            && let Some(href) = attribute(tag, "href")
        {
            // Atom: the address is an attribute, and only the alternate one is the story.
            let is_story = attribute(tag, "rel").is_none_or(|rel| rel == "alternate");
            field = if is_story { Field::Link } else { Field::Ignored };
            text = href;
        }
        self.field = Some((field, self.stack.len(), text));
    }

    fn learn_prefixes(&mut self, tag: &BytesStart) {
        if self.prefixes.len() > 64 {
            return;
        }
        for declared in tag.attributes().with_checks(false).flatten() {
            let key: &str = declared.key.as_ref();
            let uri: &str = declared.value.as_ref();
            if key == "xmlns" || key.starts_with("xmlns:") {
                let prefix = key.strip_prefix("xmlns:").unwrap_or_default().to_owned();
                if let Some((_, canonical)) = NAMESPACES.iter().find(|(known, _)| *known == uri) {
                    self.prefixes.insert(prefix, (*canonical).to_owned());
                }
            }
        }
    }

    /// The name under the prefix we know its namespace by.
    fn canonical(&self, written: &str) -> String {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        match self.prefixes.get(prefix).map_or(prefix, String::as_str) {
            "" => local.to_owned(),
            prefix => format!("{prefix}:{local}"),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((field, _, collected)) = &mut self.field
            && !matches!(field, Field::Ignored)
            && collected.len() + text.len() <= MAX_FIELD_BYTES
        {
            collected.push_str(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef) {
        let name: &str = reference;
        match entity(name) {
            Some(c) => self.text(c.encode_utf8(&mut [0; 4])),
            None => self.text(&format!("&{name};")),
        }
    }

    /// An end tag closes what it names, and whatever was left open inside; one that names nothing open is passed over.
    fn close(&mut self, written: &str) {
        let Some(place) = self.stack.iter().rposition(|open| open == written) else { return };
        while self.stack.len() > place {
            self.close_top();
        }
    }

    fn close_top(&mut self) {
        let depth = self.stack.len();
        if self.field.as_ref().is_some_and(|(_, at, _)| *at == depth)
            && let Some((field, _, text)) = self.field.take()
        {
            self.end_field(field, &text);
        }
        if self.item.as_ref().is_some_and(|(_, at)| *at == depth)
            && let Some((item, _)) = self.item.take()
        {
            self.end_item(item);
        }
        self.stack.pop();
    }

    fn end_field(&mut self, field: Field, raw: &str) {
        let text = plain(raw);
        if field == Field::Unknown {
            let text = if text.is_empty() { "(empty)" } else { &text };
            self.leftovers.add(&format!("/{}", self.stack.join("/")), text);
            return;
        }
        if text.is_empty() {
            return;
        }
        let Some((item, _)) = &mut self.item else {
            if field == Field::Language {
                self.feed.language = Some(text);
            }
            return;
        };
        match field {
            Field::Title => item.title = text,
            Field::Summary => item.summary = text,
            Field::Body => self.body = text,
            // An address is not markup: what looks like an entity in it is a parameter.
            Field::Link => item.link = item.link.take().or_else(|| Some(raw.trim().to_owned())),
            Field::Guid => item.guid = Some(raw.trim().to_owned()),
            Field::Date => item.date = Some(text),
            Field::LesserDate => self.lesser_date = Some(text),
            Field::Language => item.language = Some(text),
            Field::Ignored | Field::Unknown => {}
        }
    }

    fn end_item(&mut self, mut item: Item) {
        if item.summary.is_empty() {
            item.summary = std::mem::take(&mut self.body);
        }
        item.date = item.date.or_else(|| self.lesser_date.take());
        match self.feed.items.len() {
            n if n < MAX_ITEMS => self.feed.items.push(item),
            MAX_ITEMS => self.leftovers.add("/item", &format!("more than {MAX_ITEMS} items")),
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    let found = tag.attributes().with_checks(false).flatten().find(|a| {
        let key: &str = a.key.as_ref();
        key == name
    })?;
    let value: &str = found.value.as_ref();
    Some(plain(value)).filter(|text| !text.is_empty())
}
