//! Asking a site what it wishes before asking it anything else: `robots.txt`, and what it reserves.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{Ask, Failure, Fetcher, Manners, PRODUCT, Raw, Robots, reservation::Reservations, shown};
use crate::{collect::Request, store::Validator};

/// RFC 9309 section 2.4: a cached file should not be used for longer.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Where a site says what it reserves.
const RESERVATIONS_PATH: &str = "/.well-known/tdmrep.json";

/// What a site answered when asked for its wishes, and when.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    robots: Option<(Timestamp, Verdict)>,
    reservations: Option<(Timestamp, Arc<Reservations>)>,
}

#[derive(Debug, Clone)]
enum Verdict {
    /// These rules; none when there is no file (4xx: "unavailable").
    Rules(Arc<Robots>),
    /// 401 and 403: whoever hides the rules does not want visitors.
    Denied(String),
    /// 5xx, 429 or no answer: everything is forbidden until it can be read.
    Unreachable(String),
}

impl Wishes {
    /// Forgets what could not be read, so that it is asked for again.
    pub(super) fn forget_failures(&mut self) {
        self.robots.take_if(|(_, verdict)| matches!(verdict, Verdict::Unreachable(_)));
    }
}

impl Fetcher {
    /// The rules of the site, when its wishes allow this address.
    pub(super) async fn permission(&self, url: &Url, manners: &Manners) -> Result<Option<Arc<Robots>>, Failure> {
        if !manners.obeys_robots && !manners.heeds_reservations {
            return Ok(None);
        }
        let (_, site) = self.site(url);
        let mut wishes = site.wishes.lock().await;
        let now = self.clock.now();
        let is_fresh = |at: Timestamp| now.duration_since(at) < KEPT_FOR;
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut rules = None;
        if manners.obeys_robots {
            let verdict = match wishes.robots.as_ref().filter(|(at, _)| is_fresh(*at)) {
                Some((_, verdict)) => verdict.clone(),
                None => {
                    let verdict = self.ask_robots(url, manners).await;
                    wishes.robots = Some((now, verdict.clone()));
                    verdict
                }
            };
            rules = Some(allowed(verdict, url, &path)?);
        }
        if manners.heeds_reservations {
            let reservations = match wishes.reservations.as_ref().filter(|(at, _)| is_fresh(*at)) {
                Some((_, reservations)) => Arc::clone(reservations),
                None => {
                    let reservations = Arc::new(self.ask_reservations(url, manners).await?);
                    wishes.reservations = Some((now, Arc::clone(&reservations)));
                    reservations
                }
            };
            if reservations.hold(&path) {
                let why = "its owner reserves text and data mining, by /.well-known/tdmrep.json";
                return Err(Failure::NotAsked(format!("{}: {why}", shown(url))));
            }
        }
        Ok(rules)
    }

    async fn ask_robots(&self, url: &Url, manners: &Manners) -> Verdict {
        let raw = match self.ask_notice(url, "/robots.txt", "text/plain, */*;q=0.1", manners).await {
            Ok(raw) => raw,
            Err(failure) => return Verdict::Unreachable(failure.to_string()),
        };
        match raw.status.as_u16() {
            200..=299 => Verdict::Rules(Arc::new(Robots::parse(raw.body.bytes(), PRODUCT))),
            status @ (401 | 403) => Verdict::Denied(format!("it answered {status}")),
            400..=499 => Verdict::Rules(Arc::default()),
            status => Verdict::Unreachable(format!("it answered {status}")),
        }
    }

    /// A site that does not answer may reserve everything; one that has no such file reserves nothing in it.
    async fn ask_reservations(&self, url: &Url, manners: &Manners) -> Result<Reservations, Failure> {
        let raw = self.ask_notice(url, RESERVATIONS_PATH, "application/json", manners).await;
        let raw = raw.map_err(|failure| {
            let why = format!("what it reserves could not be read, so nothing is asked: {failure}");
            Failure::NotAsked(format!("{}: {why}", shown(url)))
        })?;
        Ok(if raw.status.is_success() { Reservations::parse(raw.body.bytes()) } else { Reservations::default() })
    }

    /// A file in which a site says what it wishes. It counts towards the source's pace like any other request.
    async fn ask_notice(&self, url: &Url, path: &str, accept: &'static str, manners: &Manners) -> Result<Raw, Failure> {
        let mut address = url.clone();
        address.set_path(path);
        address.set_query(None);
        address.set_fragment(None);
        let request = Request { accept: Some(accept), ..Request::get(address, "notice") };
        let manners = Manners { obeys_robots: false, heeds_reservations: false, ..manners.clone() };
        let known = Validator::default();
        self.persevere(Ask { request: &request, manners: &manners, known: &known, is_notice: true }).await
    }
}

fn allowed(verdict: Verdict, url: &Url, path: &str) -> Result<Arc<Robots>, Failure> {
    match verdict {
        Verdict::Rules(robots) if robots.allows(path) => Ok(robots),
        Verdict::Rules(_) => Err(Failure::NotAsked(format!("{}: robots.txt forbids it", shown(url)))),
        Verdict::Denied(why) | Verdict::Unreachable(why) => {
            Err(Failure::NotAsked(format!("{}: robots.txt could not be read, so nothing is asked: {why}", shown(url))))
        }
    }
}
