//! What every source of headlines makes of one: its identity, whom it is about, the fact.

use jiff::civil::Date;
use url::Url;

use crate::{
    collect::news::{self, Reading},
    domain::{About, Country, Fact, Mention, NewsItem, Subject},
};

/// A headline is at most this long in the store.
const MAX_TITLE_CHARS: usize = 300;

/// An article as its source shows it. Its text is the publisher's: of a story only the title, the address, the day and
/// our own judgement go on from here.
#[derive(Debug)]
pub(super) struct Article<'a> {
    pub(super) title: &'a str,
    pub(super) summary: &'a str,
    pub(super) link: Option<String>,
    /// As declared, ISO 639-1.
    pub(super) language: Option<&'a str>,
    /// Where the paper is read: what it says of a market, it says of this one.
    pub(super) country: Option<Country>,
    pub(super) published_at: Option<Date>,
    pub(super) seen: Date,
}

impl Article<'_> {
    /// What it says.
    pub(super) fn mention(self) -> Mention {
        let reading = news::read(self.title, self.summary, self.language);
        let subject = subject(&reading, self.country);
        let fact = Fact::News(NewsItem {
            title: self.title.chars().take(MAX_TITLE_CHARS).collect(),
            url: self.link.clone().unwrap_or_default(),
            language: reading.language,
            event: reading.event,
            severity: reading.severity,
            about: reading.about,
            negated: reading.is_negated,
        });
        Mention {
            own_id: own_id(self.link.as_deref(), self.title),
            subject,
            fact,
            valid_at: self.published_at.unwrap_or(self.seen),
            published_at: self.published_at,
            is_official: false,
            url: self.link,
        }
    }
}

fn subject(reading: &Reading, country: Option<Country>) -> Subject {
    match reading.about {
        About::Client => Subject { name: reading.company.clone().unwrap_or_default(), ..Subject::default() },
        About::Sector => Subject { sector: reading.sector, country, ..Subject::default() },
        About::None => Subject::default(),
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
