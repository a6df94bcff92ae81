//! Asking `robots.txt` before asking anything else.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{Ask, Failure, Fetcher, Manners, PRODUCT, Robots, shown};
use crate::{collect::Request, store::Validator};

/// RFC 9309 section 2.4: a cached file should not be used for longer.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A site's answer about robots, and when it was given.
#[derive(Debug)]
pub(super) struct Entry {
    at: Timestamp,
    verdict: Verdict,
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

impl Entry {
    pub(super) fn is_unreachable(&self) -> bool {
        matches!(self.verdict, Verdict::Unreachable(_))
    }
}

impl Fetcher {
    /// The rules of the site, when they allow this address.
    pub(super) async fn permission(&self, url: &Url) -> Result<Arc<Robots>, Failure> {
        let site = self.site(url);
        let mut entry = site.robots.lock().await;
        let now = self.clock.now();
        let fresh = entry.as_ref().filter(|entry| now.duration_since(entry.at) < KEPT_FOR);
        let verdict = match fresh {
            Some(entry) => entry.verdict.clone(),
            None => {
                let verdict = self.ask_robots(url).await;
                *entry = Some(Entry { at: now, verdict: verdict.clone() });
                verdict
            }
        };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        match verdict {
            Verdict::Rules(robots) if robots.allows(&path) => Ok(robots),
            Verdict::Rules(_) => Err(Failure::NotAsked(format!("{}: robots.txt forbids it", shown(url)))),
            Verdict::Denied(why) | Verdict::Unreachable(why) => Err(Failure::NotAsked(format!(
                "{}: robots.txt could not be read, so nothing is asked: {why}",
                shown(url)
            ))),
        }
    }

    async fn ask_robots(&self, url: &Url) -> Verdict {
        let mut address = url.clone();
        address.set_path("/robots.txt");
        address.set_query(None);
        address.set_fragment(None);
        let request = Request { accept: Some("text/plain, */*;q=0.1"), ..Request::get(address, "robots") };
        let one_a_second = Duration::from_secs(1);
        let manners = Manners { requests: 1, per: one_a_second, min_interval: Duration::ZERO, obeys_robots: false };
        let known = Validator::default();
        let raw = self.persevere(Ask { request: &request, manners: &manners, known: &known, is_robots: true }).await;
        let raw = match raw {
            Ok(raw) => raw,
            Err(failure) => return Verdict::Unreachable(failure.to_string()),
        };
        match raw.status.as_u16() {
            200..=299 => Verdict::Rules(Arc::new(Robots::parse(&raw.body, PRODUCT))),
            status @ (401 | 403) => Verdict::Denied(format!("it answered {status}")),
            400..=499 => Verdict::Rules(Arc::default()),
            status => Verdict::Unreachable(format!("it answered {status}")),
        }
    }
}
