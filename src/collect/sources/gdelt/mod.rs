//! GDELT: headlines of the world's press by name and by theme, and how gloomy the press is about a market.
//!
//! # Why
//!
//! *Why is an empty object trouble for a theme and an answer for a name?* GDELT answers `{}` to a theme that it does not
//! know, and to a question that nothing matches. Of a client's name nothing is the usual answer. A theme of a whole country
//! on which nobody wrote for a day is a misspelt theme, and must not pass for good news.
//!
//! *Why is a full list cut in two?* It gives at most 250 articles and no pages behind. A list of 250 was truncated: its time
//! is halved and each half asked again, until a half is as short as GDELT allows; then the rest is lost, and that is said.

mod answers;
mod query;
mod times;
mod tone;

use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use self::query::Names;
use super::{
    record::Leftovers,
    reply::{seen_on, standing},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Nace, SourceId},
};

/// The steps: articles on a client's name, articles on a theme, the tone of a theme.
const NAMED: &str = "named";
const THEMED: &str = "themed";
const TONE: &str = "tone";

/// The most articles that GDELT gives.
const MAX_ARTICLES: usize = 250;

/// A window shorter than this is refused ("Timespan is too short"); it is not halved any more.
const SHORTEST: SignedDuration = SignedDuration::from_mins(30);

/// How far back a question looks when the options say nothing.
const TIMESPAN: &str = "1d";

/// How far back a question about clients looks when the options say nothing: not every client is asked about each time.
const NAMES_TIMESPAN: &str = "2w";

/// The reader of GDELT.
#[derive(Debug)]
pub(super) struct Gdelt {
    id: SourceId,
    base: Url,
    country: Option<Country>,
    timespan: String,
    names_timespan: String,
    /// At most so many clients are asked about by name; all of them, if nothing is said.
    names: Option<usize>,
    queries: Vec<String>,
    tones: Vec<Tone>,
}

/// A question about the tone of the press, and the market that the answer is about.
#[derive(Debug, Clone, PartialEq)]
struct Tone {
    query: String,
    country: String,
    sector: String,
}

impl Gdelt {
    /// `timespan`, `names_timespan`, `names`, `queries = ["theme:… sourcecountry:…"]`, `tones = [{ query, country, sector }]`.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let bad = |what: &str| format!("source {id}: {what}");
        let table = &options.options;
        let span = |name: &str, default: &str| {
            let written = table.get(name).map_or(Some(default), toml::Value::as_str);
            let span = written.filter(|span| times::span(span).is_some());
            span.map(str::to_owned).ok_or_else(|| bad(&format!("{name} must be a text as 90min, 12h, 3d, 2w or 3m")))
        };
        let (timespan, names_timespan) = (span("timespan", TIMESPAN)?, span("names_timespan", NAMES_TIMESPAN)?);
        let number = |value: &toml::Value| value.as_integer().and_then(|n| usize::try_from(n).ok());
        let names = table.get("names").map(|value| number(value).ok_or("names must be a number of clients, 0 or more"));
        let names = names.transpose().map_err(bad)?;
        let queries = list(table, "queries").map_err(bad)?;
        let query = |value: &toml::Value| value.as_str().map(str::to_owned);
        let queries = queries.iter().map(query).collect::<Option<Vec<_>>>();
        let queries = queries.ok_or_else(|| bad("queries must be a list of texts"))?;
        let tones = list(table, "tones").map_err(bad)?.iter().map(Tone::of).collect::<Result<_, _>>();
        let tones = tones.map_err(bad)?;
        let (base, country) = (options.base_url.clone(), options.country);
        Ok(Self { id, base, country, timespan, names_timespan, names, queries, tones })
    }

    fn articles(&self, query: &str, timespan: &str, step: &'static str) -> Request {
        Request::get(query::address(&self.base, query, "ArtList", timespan), step)
    }

    /// The market that a timeline is about: whose question was asked; else the country alone.
    fn market(&self, request: &Request) -> Tone {
        let asked = request.url.query_pairs().find(|(name, _)| name == "query").map(|(_, query)| query.into_owned());
        let known = self.tones.iter().find(|tone| asked.as_deref() == Some(tone.query.as_str())).cloned();
        let country = self.country.map(|country| country.code().to_owned()).unwrap_or_default();
        known.unwrap_or_else(|| Tone { query: String::new(), country, sector: String::new() })
    }
}

fn list<'a>(table: &'a toml::Table, name: &str) -> Result<&'a [toml::Value], &'static str> {
    match table.get(name) {
        None => Ok(&[]),
        Some(value) => value.as_array().map(Vec::as_slice).ok_or("queries and tones must be lists"),
    }
}

impl Tone {
    fn of(value: &toml::Value) -> Result<Self, &'static str> {
        let text = |name: &str| value.get(name).and_then(toml::Value::as_str).map(str::to_owned);
        let (Some(query), Some(country), Some(sector)) = (text("query"), text("country"), text("sector")) else {
            return Err("each of tones must have a query, a country and a sector");
        };
        let is_market = country.parse::<Country>().is_ok() && (sector.contains('-') || sector.parse::<Nace>().is_ok());
        if is_market { Ok(Self { query, country, sector }) } else { Err("tones: country as IT, sector as C or 25") }
    }
}

impl Source for Gdelt {
    fn id(&self) -> &SourceId {
        &self.id
    }

    /// Themes, tones, and then the clients by name; whose turn it is, the budget decides.
    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let mut requests: Vec<Request> =
            self.queries.iter().map(|query| self.articles(query, &self.timespan, THEMED)).collect();
        let tones = self.tones.iter();
        requests.extend(
            tones.map(|tone| {
                Request::get(query::address(&self.base, &tone.query, "TimelineTone", query::TONE_SPAN), TONE)
            }),
        );
        requests.extend(
            query::by_name(watched, self.names.unwrap_or(usize::MAX))
                .into_iter()
                .map(|Names { query, whom }| Request { whom, ..self.articles(&query, &self.names_timespan, NAMED) }),
        );
        requests
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let mut members = match answers::parsed(answer)? {
            Value::Object(members) => members,
            other => return Err(Misread::Quarantined(format!("a JSON object was expected, and it is {other}"))),
        };
        let leftovers = Leftovers::default();
        let articles = members.remove("articles");
        let timeline = members.remove("timeline");
        members.remove("query_details");
        let is_empty = members.is_empty() && articles.is_none() && timeline.is_none();
        for (name, value) in &members {
            leftovers.add_json(&format!("$.{name}"), value);
        }
        let mut page = Page::default();
        match (articles, timeline) {
            (Some(articles), _) => {
                let n = articles.as_array().map_or(0, Vec::len);
                page.mentions = answers::mentions(articles, answer, self.country, &leftovers);
                if n >= MAX_ARTICLES {
                    page.next = self.halves(answer, &leftovers);
                }
            }
            (None, Some(timeline)) => {
                page.mentions = tone::mentions(timeline, &self.market(&answer.request), seen_on(answer), &leftovers);
            }
            (None, None) if is_empty && answer.request.step == NAMED => {}
            (None, None) => {
                return Err(Misread::Quarantined(
                    "neither articles nor a timeline: the theme is unknown, or the answer has another shape".to_owned(),
                ));
            }
        }
        page.leftovers = leftovers.take();
        Ok(page)
    }
}

impl Gdelt {
    /// The two halves of the time that a truncated list covers; none when it cannot be shorter, and then it is said.
    fn halves(&self, answer: &Answer, leftovers: &Leftovers) -> Vec<Request> {
        let request = &answer.request;
        let Some((from, to)) = times::window(&request.url, answer.seen_at) else { return Vec::new() };
        let half = to.duration_since(from) / 2;
        let middle = from.checked_add(half).unwrap_or(from);
        if request.step.is_empty() || half < SHORTEST {
            leftovers.add("$.articles", "250 articles, the most there can be: the list was truncated");
            return Vec::new();
        }
        let part = |from, to| Request { url: times::within(&request.url, from, to), ..request.clone() };
        vec![part(from, middle), part(middle, to)]
    }
}
