//! The press: any feed of news, RSS 0.9x, 1.0 and 2.0 or Atom, read as a stream and judged headline by headline.
//!
//! # Why
//!
//! *Why not a feed library?* They build the whole feed in memory, expand what a DOCTYPE declares, drop what they do not
//! know, and give up at the first broken tag. A feed from outside must be read up to where it breaks, and what is new in
//! it must be seen.

pub(super) mod dates;
pub(super) mod feed;
mod vocabulary;

use std::collections::BTreeSet;

use jiff::civil::Date;
use url::Url;

use super::{
    record::Leftovers,
    reply::{seen_on, standing},
};
use crate::{
    collect::{
        Answer, Cursor, Misread, Page, Request, Source, Watched,
        news::{self, Reading},
        settings::SourceOptions,
    },
    domain::{About, Country, Fact, Mention, NewsItem, SourceId, Subject},
};
use feed::Item;

const FEED: &str = "feed";

/// A headline is at most this long in the store.
const MAX_TITLE_CHARS: usize = 300;

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
        let language = item.language.as_deref().or(self.language.as_deref());
        let reading = news::read(&title, &item.summary, language);
        let published_at = item.date.as_deref().and_then(|text| self.published(text));
        let link = item.link.or(item.guid.filter(|guid| guid.starts_with("http")));
        let fact = Fact::News(NewsItem {
            title: title.chars().take(MAX_TITLE_CHARS).collect(),
            url: link.clone().unwrap_or_default(),
            language: reading.language.clone(),
            event: reading.event,
            severity: reading.severity,
            about: reading.about,
            negated: reading.is_negated,
        });
        Some(Mention {
            own_id: own_id(link.as_deref(), &title),
            subject: self.subject(&reading),
            fact,
            valid_at: published_at.unwrap_or(self.seen),
            published_at,
            is_official: false,
            url: link,
        })
    }

    fn subject(&self, reading: &Reading) -> Subject {
        match reading.about {
            About::Client => Subject { name: reading.company.clone().unwrap_or_default(), ..Subject::default() },
            About::Sector => Subject { sector: reading.sector, country: self.press.country, ..Subject::default() },
            About::None => Subject::default(),
        }
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

/// A story is its address, without fragment and without the marks of whoever led us there; else its headline.
fn own_id(link: Option<&str>, title: &str) -> String {
    let Some(mut url) = link.and_then(|link| Url::parse(link).ok()) else {
        return format!("title/{}", news::fold(title));
    };
    let is_mark = |name: &str| {
        name.starts_with("utm_") || matches!(name, "ref" | "rss" | "from" | "cmp" | "at_medium" | "fbclid")
    };
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| !is_mark(name)).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    url.set_fragment(None);
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    format!("link/{}", url.as_str().trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/'))
}
