//! The push feed of the register, listened to for a while at a time: a line an event, and blank lines in between that say
//! only that the line is alive.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{
    super::{
        record::{Leftovers, Record},
        reply::{below, json, seen_on, standing},
    },
    resource::Reader,
};
use crate::{
    collect::{Answer, Credential, Cursor, Misread, Page, Request, Source, Taking, Watched, settings::SourceOptions},
    domain::SourceId,
};

/// The streams that speak of companies, the gravest first. Those of persons are not for us.
const PATHS: [&str; 4] = ["insolvency-cases", "companies", "charges", "filings"];

/// How long each stream is listened to. What was missed since the last time comes in a burst of some seconds, and the
/// register allows few connections.
const LISTEN_SECONDS: u32 = 30;

/// Nobody listens longer than this at a time: nothing is read, and nothing kept, before the time is over.
const MOST_LISTEN_SECONDS: i64 = 600;

/// The reader of the stream.
#[derive(Debug)]
pub(in super::super) struct CompaniesHouseStream {
    id: SourceId,
    base: Url,
    credential: Option<String>,
    seconds: u32,
}

/// The last event read of each stream, by its path. Shown and parsed as `companies=12&filings=7`.
#[derive(Debug, Clone, Default)]
struct Timepoints(BTreeMap<String, u64>);

impl Timepoints {
    fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(pairs.filter_map(|(path, point)| Some((path.into_owned(), point.parse().ok()?))).collect())
    }

    fn text(&self) -> String {
        let pairs = self.0.iter().map(|(path, point)| (path, point.to_string()));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

impl CompaniesHouseStream {
    /// Listens to each stream in turn. The error says what in the options is wrong.
    pub(in super::super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let seconds = match options.options.get("listen_seconds") {
            None => LISTEN_SECONDS,
            Some(value) => value
                .as_integer()
                .filter(|seconds| (1..=MOST_LISTEN_SECONDS).contains(seconds))
                .and_then(|seconds| u32::try_from(seconds).ok())
                .ok_or(format!("options.listen_seconds: must be 1 to {MOST_LISTEN_SECONDS}, not {value}"))?,
        };
        Ok(Self { id, base: options.base_url.clone(), credential: options.credential.clone(), seconds })
    }

    /// Asks for the stream at a place of [`PATHS`], from where it was left. The point itself is asked for again: one that
    /// has not come yet would be refused.
    fn request(&self, place: usize, points: &Timepoints) -> Option<Request> {
        let path = PATHS.get(place).copied()?;
        let mut url = below(&self.base, &[path]);
        if let Some(point) = points.0.get(path) {
            url.query_pairs_mut().append_pair("timepoint", &point.to_string());
        }
        url.set_fragment(Some(&points.text()));
        Some(Request {
            credential: self.credential.clone().map(Credential::BasicUser),
            taking: Taking::Listen { seconds: self.seconds },
            ..Request::get(url, path)
        })
    }
}

impl Source for CompaniesHouseStream {
    fn id(&self) -> &SourceId {
        &self.id
    }

    /// The first stream; each leads to the next, so that all their points come together in one cursor.
    fn plan(&self, _: &[Watched], cursor: &Cursor) -> Vec<Request> {
        self.request(0, &Timepoints::parse(&cursor.0)).into_iter().collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let request = &answer.request;
        let Some(place) = PATHS.iter().position(|path| *path == request.step) else {
            standing(answer)?;
            return events(answer);
        };
        let mut points = Timepoints::parse(request.url.fragment().unwrap_or_default());
        if answer.status == 416
            && let Some(lost) = points.0.remove(request.step)
        {
            let leftovers = Leftovers::default();
            let gap =
                format!("{lost} is too old or unknown: what came between it and now was not read, listening anew");
            leftovers.add(&format!("{}.timepoint", request.step), &gap);
            let next = self.request(place, &points).into_iter().collect();
            return Ok(Page {
                leftovers: leftovers.take(),
                next,
                cursor: Some(Cursor(points.text())),
                ..Page::default()
            });
        }
        standing(answer)?;
        let heard = listened(answer)?;
        if let Some(last) = heard.last {
            points.0.insert(request.step.to_owned(), last);
        }
        let next = self.request(place + 1, &points).into_iter().collect();
        Ok(Page { next, cursor: Some(Cursor(points.text())), ..heard.page })
    }
}

/// A recorded piece of a stream, or one event alone, on as many lines as it likes.
pub(super) fn events(answer: &Answer) -> Result<Page, Misread> {
    match json(answer) {
        Ok(value) => {
            let leftovers = Leftovers::default();
            let Some(record) = Record::at("$", value, &leftovers) else {
                return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
            };
            let mentions = Reader::new(seen_on(answer), None).resource(record)?;
            Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
        }
        Err(why) => match listened(answer)? {
            heard if heard.n_events == 0 => Err(why),
            heard => Ok(heard.page),
        },
    }
}

/// What was said on a stream.
struct Heard {
    page: Page,
    n_events: usize,
    /// The timepoint of the last whole event.
    last: Option<u64>,
}

/// The whole lines of a stream. The line it was left in the middle of is neither read nor counted: it comes again.
fn listened(answer: &Answer) -> Result<Heard, Misread> {
    let body = &answer.body;
    if body.trim_ascii_start().starts_with(b"<") {
        return Err(Misread::Unreadable("HTML or XML where events were expected".to_owned()));
    }
    let (leftovers, mut told) = (Leftovers::default(), HashSet::new());
    let mut heard = Heard { page: Page::default(), n_events: 0, last: None };
    let mut n_broken = 0;
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let path = format!("line {}", place + 1);
        let Ok(event) = serde_json::from_slice::<Value>(line) else {
            if place + 1 < lines.len() {
                n_broken += 1;
                leftovers.add(&path, &String::from_utf8_lossy(line));
            }
            continue;
        };
        heard.n_events += 1;
        let point = timepoint(&event);
        heard.last = point.or(heard.last);
        // A stream that was picked up again repeats itself.
        if !told.insert((event["resource_uri"].to_string(), point)) && point.is_some() {
            continue;
        }
        let Some(record) = Record::at(&path, event, &leftovers) else { continue };
        let mut reader = Reader::new(seen_on(answer), None);
        // The stream of cases is listened to as well, and knows which liquidation is solvent.
        reader.asks_for_cases = !answer.request.step.is_empty();
        match reader.resource(record) {
            Ok(mentions) => heard.page.mentions.extend(mentions),
            Err(misread) => leftovers.add(&path, &misread.to_string()),
        }
    }
    if n_broken > 0 && heard.n_events == 0 {
        return Err(Misread::Unreadable("no line of the stream is an event".to_owned()));
    }
    heard.page.leftovers = leftovers.take();
    Ok(heard)
}

fn timepoint(event: &Value) -> Option<u64> {
    let point = &event["event"]["timepoint"];
    point.as_u64().or_else(|| point.as_str()?.parse().ok())
}
