//! The Gazzetta Ufficiale, Serie Generale, by its feed: the decrees by which a ministry puts a cooperative into compulsory
//! administrative liquidation, dissolves it, or takes that back. It is official, and names a company and a town only.
//!
//! # Why
//!
//! *Why is everything else passed over?* A gazette prints laws. What is not a decree on a company that owes money is known
//! for what it is, by not beginning with the words of one.

mod decree;

use url::Url;

use super::{
    charset,
    press::{dates, feed},
    record::Leftovers,
    reply::{seen_on, since, standing},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Filing, Mention, SourceId, StatusChange, Subject},
};
use decree::{Decree, Doing};

const FEED: &str = "feed";

/// The reader of the gazette.
#[derive(Debug)]
pub(super) struct GazzettaUfficiale {
    id: SourceId,
    feeds: Vec<Url>,
}

impl GazzettaUfficiale {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        let feeds = if options.feeds.is_empty() { vec![options.base_url.clone()] } else { options.feeds.clone() };
        Self { id, feeds }
    }
}

impl Source for GazzettaUfficiale {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        self.feeds.iter().map(|url| Request::get(url.clone(), FEED)).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let leftovers = Leftovers::default();
        let (text, _) = charset::decode(&answer.body, &answer.content_type);
        let feed = feed::read(&text, &leftovers)?;
        let mut mentions: Vec<Mention> = Vec::new();
        for item in feed.items {
            if let Some(mention) = mention(item, answer, &leftovers)
                && !mentions.iter().any(|known| known.own_id == mention.own_id)
            {
                mentions.push(mention);
            }
        }
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// What an item says; none when it is no decree on a company.
fn mention(item: feed::Item, answer: &Answer, leftovers: &Leftovers) -> Option<Mention> {
    let seen = seen_on(answer);
    let text = if item.summary.is_empty() { &item.title } else { &item.summary };
    let Decree { doing, name, seat, code } = match decree::read(text)? {
        Ok(decree) => decree,
        Err(whole) => {
            leftovers.add("/rss/channel/item/content:encoded", &whole);
            return None;
        }
    };
    let link = item.link.as_deref();
    let published = link.and_then(decree::day_of_link).or_else(|| {
        let date = item.date.as_deref()?;
        let published = dates::read(date);
        if published.is_none() {
            leftovers.add("/rss/channel/item/pubDate", date);
        }
        published.map(|published| published.day)
    });
    let published = published.filter(|on| *on <= seen);
    // The decree has its own day, before it is printed.
    let decided = decree::day_of_title(&item.title).filter(|on| published.is_none_or(|printed| *on <= printed));
    let on = decided.or(published);
    let fact = match doing {
        Doing::Opens(status, procedure) => Fact::CompanyStatus(StatusChange {
            procedure: Some(procedure),
            opened_on: on,
            ..StatusChange::plain(status)
        }),
        Doing::Closes(status, procedure) => Fact::CompanyStatus(StatusChange {
            procedure: Some(procedure),
            closed_on: on,
            ..StatusChange::plain(status)
        }),
        Doing::Revokes(status, procedure) => Fact::CompanyStatus(StatusChange {
            procedure: Some(procedure),
            revoked_on: on,
            ..StatusChange::plain(status)
        }),
        Doing::Informs(form) => Fact::Filing(Filing { form, category: "gazette".to_owned(), overdue: false }),
    };
    let own_id = code.or_else(|| link.map(str::to_owned)).unwrap_or_else(|| format!("{name}/{seat:?}/{on:?}"));
    Some(Mention {
        own_id: format!("decree/{own_id}"),
        subject: Subject { name, city: seat, country: Some(Country::IT), ..Subject::default() },
        fact,
        valid_at: since(on, seen),
        published_at: published,
        is_official: true,
        url: item.link,
    })
}
