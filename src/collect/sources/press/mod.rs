//! The press: any feed of news, RSS 0.9x, 1.0 and 2.0 or Atom, read as a stream and judged headline by headline.
//!
//! # Why
//!
//! *Why not a feed library?* They build the whole feed in memory, expand what a DOCTYPE declares, drop what they do not
//! know, and give up at the first broken tag. A feed from outside must be read up to where it breaks, and what is new in
//! it must be seen.
//!
//! *What is kept of an article?* Its title, its address, its day and our own judgement; the summary is read and let go. The
//! feed's own bytes are archived as evidence of what was read, and nothing behind its links is ever fetched: the texts are
//! the publishers'. A feed "for personal use only" (ANSA) needs a licence before it is used for a business.

pub(super) mod dates;
pub(super) mod feed;
mod vocabulary;

use std::collections::BTreeSet;

use jiff::civil::Date;
use url::Url;

use super::{
    article::Article,
    record::Leftovers,
    reply::{seen_on, standing},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, news, settings::SourceOptions},
    domain::{Country, Mention, SourceId},
};
use feed::Item;

const FEED: &str = "feed";

/// The reader of feeds.
#[derive(Debug)]
pub(super) struct Press {
    id: SourceId,
    feeds: Vec<Url>,
    country: Option<Country>,
    language: Option<String>,
}

impl Press {
    /// Polls the feeds of the options; the base address itself when none is named.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        let feeds = if options.feeds.is_empty() { vec![options.base_url.clone()] } else { options.feeds.clone() };
        Self { id, feeds, country: options.country, language: options.language.clone() }
    }
}

impl Source for Press {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        self.feeds.iter().map(|url| Request::get(url.clone(), FEED)).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let leftovers = Leftovers::default();
        let (text, _) = super::charset::decode(&answer.body, &answer.content_type);
        let feed = feed::read(&text, &leftovers)?;
        let language = feed.language.or_else(|| self.language.clone());
        let teller = Teller { press: self, language, answer, seen: seen_on(answer), leftovers: &leftovers };
        let mut told = BTreeSet::new();
        let mut mentions = Vec::new();
        for item in feed.items {
            // The same story comes under several identifiers, and under several addresses with the same words.
            let words = format!("{} {}", news::fold(&item.title), news::fold(&item.summary));
            if let Some(mention) = teller.mention(item)
                && told.insert(words)
                && told.insert(mention.own_id.clone())
            {
                mentions.push(mention);
            }
        }
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// Turns the items of one feed into mentions.
struct Teller<'a> {
    press: &'a Press,
    language: Option<String>,
    answer: &'a Answer,
    seen: Date,
    leftovers: &'a Leftovers,
}

impl Teller<'_> {
    /// A mention of one item; none when it has neither a title nor words of its own.
    fn mention(&self, item: Item) -> Option<Mention> {
        let title = if item.title.is_empty() { item.summary.clone() } else { item.title.clone() };
        if title.is_empty() {
            return None;
        }
        let published_at = item.date.as_deref().and_then(|text| self.published(text));
        let article = Article {
            title: &title,
            summary: &item.summary,
            language: item.language.as_deref().or(self.language.as_deref()),
            link: item.link.or(item.guid.filter(|guid| guid.starts_with("http"))),
            country: self.press.country,
            published_at,
            seen: self.seen,
        };
        Some(article.mention())
    }

    /// The day of publication; one that lies in the future is taken for today, and told.
    fn published(&self, text: &str) -> Option<Date> {
        let Some(published) = dates::read(text) else {
            self.leftovers.add("item/pubDate", text);
            return None;
        };
        if published.instant > self.answer.seen_at {
            self.leftovers.add("item/pubDate", &format!("{text} lies in the future"));
        }
        Some(published.day.min(self.seen))
    }
}
