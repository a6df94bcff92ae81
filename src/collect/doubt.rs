//! Answers that look like good news and may be none: a wall before the register, a list that lost most of its records, an
//! empty answer where there used to be one, a page where there used to be data.
//!
//! # Why
//!
//! *Why compare with what was there before?* A reader knows what an answer must look like, and refuses what does not. But
//! an empty list is well-formed, and a register that lost its database says "nothing found" of everybody. Only the answers
//! of before tell the two apart.
//!
//! *Why is a doubted answer believed after a while?* A feed that was cut to half its length stays so. Whoever runs the
//! house has then been told for a week that the source is doubted; to doubt it for ever would make it blind for good. A
//! wall is never believed.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Answer;
use crate::{
    domain::{Sha256, SourceId},
    store::{Baseline, Error, Store},
};

/// What bot walls, captchas and consent pages write into the page they send in place of the one that was asked for. All
/// lower case; each is part of the wall's own machinery and in no page of a register.
const WALLS: [(&str, &str); 16] = [
    ("<title>just a moment...", "Cloudflare's waiting room"),
    ("attention required! | cloudflare", "Cloudflare's wall"),
    ("/cdn-cgi/challenge-platform/", "Cloudflare's challenge"),
    ("cf-chl-", "Cloudflare's challenge"),
    ("_incapsula_resource", "Imperva's wall"),
    ("captcha-delivery.com", "DataDome's captcha"),
    ("px-captcha", "HUMAN's captcha"),
    ("/_sec/cp_challenge/", "Akamai's challenge"),
    ("errors.edgesuite.net", "Akamai's refusal"),
    ("validate.perfdrive.com", "Radware's captcha"),
    ("awswafcaptcha", "AWS WAF's captcha"),
    ("gokuprops", "AWS WAF's challenge"),
    ("sucuri website firewall", "Sucuri's wall"),
    ("consent.google.com/save", "Google's consent page"),
    ("guce.advertising.com", "Yahoo's consent page"),
    ("ddos-guard.net", "DDoS-Guard's wall"),
];

/// What ordinary pages carry too, and a wall nothing but: it counts where not one record was found.
const SUSPICIOUS: [&str; 5] = ["g-recaptcha", "hcaptcha", "h-captcha", "cf-turnstile", "captcha"];

/// How much of a page is searched for a wall: they are small, and say what they are at their beginning.
const SEARCHED_BYTES: usize = 64 * 1024;

/// A list as long as this does not lose two thirds of itself from one day to the next.
const LONG_LIST: u32 = 8;
const KEPT_AT_LEAST: u32 = 3;

/// So many answers of a step say what is usual for it.
const USUAL_AFTER: u32 = 10;
/// Of these so many must have held a record, out of a hundred, for an empty one to be odd.
const USUALLY_FULL_PERCENT: u32 = 90;
/// One empty answer is a company that is not listed; three in a row, one in a thousand by chance.
const EMPTY_IN_A_ROW: u32 = 3;

/// Answers remembered of a step; then both counts are halved, so that the old ones fade.
const REMEMBERED: u32 = 400;

/// After so long, what is still said is believed.
const BELIEVED_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What can be seen of an answer before it is read.
pub(super) struct Glance {
    sha256: Sha256,
    url: String,
    step: &'static str,
    seen_at: Timestamp,
    /// A plain 200; what else is said with other statuses is no list.
    is_ok: bool,
    /// It was asked about nobody in particular: a feed, a list of everybody.
    is_general: bool,
    is_blank: bool,
    is_html: bool,
    is_suspicious: bool,
    wall: Option<&'static str>,
}

impl Glance {
    pub(super) fn of(answer: &Answer) -> Self {
        let body = answer.body.trim_ascii();
        let head = body.get(..body.len().min(SEARCHED_BYTES)).unwrap_or_default();
        let is_html = is_web_page(&answer.content_type, head);
        let text = String::from_utf8_lossy(head).to_ascii_lowercase();
        let wall = WALLS.iter().find(|(sign, _)| is_html && text.contains(sign)).map(|(_, wall)| *wall);
        Self {
            sha256: Sha256::of(&answer.body),
            url: answer.request.url.to_string(),
            step: answer.request.step,
            seen_at: answer.seen_at,
            is_ok: answer.status == 200 && answer.part == super::Part::WHOLE,
            is_general: answer.request.about.is_none() && answer.request.whom.is_empty(),
            is_blank: matches!(body, b"" | b"{}" | b"[]" | b"null"),
            is_html,
            is_suspicious: is_html && SUSPICIOUS.iter().any(|sign| text.contains(sign)),
            wall,
        }
    }

    /// The wall that it is, when it could not even be read.
    pub(super) fn wall(&self) -> Option<String> {
        self.wall.map(|wall| format!("{wall} stands before {}", self.place()))
    }

    /// The address without its query, which may name a person.
    fn place(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }
}

/// By its first bytes; where they could be anything, by what it is called. Feeds and data are called pages often enough.
fn is_web_page(content_type: &str, head: &[u8]) -> bool {
    let start = head.get(..head.len().min(512)).unwrap_or_default().to_ascii_lowercase();
    let has = |sign: &[u8]| start.windows(sign.len()).any(|window| window == sign);
    if has(b"<!doctype html") || has(b"<html") {
        return true;
    }
    let is_data = [b"<?xml".as_slice(), b"<rss", b"<feed", b"{", b"["].iter().any(|sign| start.starts_with(sign));
    content_type.contains("html") && !is_data
}

/// What a source usually says, and what this round made of it.
pub(super) struct Doubts {
    store: Store,
    source: SourceId,
    known: Option<HashMap<String, Baseline>>,
    changed: HashSet<String>,
    empty_in_a_row: HashMap<&'static str, u32>,
    archived: Vec<(Sha256, Timestamp)>,
}

impl Doubts {
    pub(super) fn new(store: &Store, source: &SourceId) -> Self {
        Self {
            store: store.clone(),
            source: source.clone(),
            known: None,
            changed: HashSet::new(),
            empty_in_a_row: HashMap::new(),
            archived: Vec::new(),
        }
    }

    /// Notes that the bytes are in the archive, whatever becomes of them.
    pub(super) fn note(&mut self, glance: &Glance) {
        self.archived.push((glance.sha256, glance.seen_at));
    }

    /// Why an answer that could be read is not believed; none when it is. `n_items` records were read in it, and
    /// `n_leftovers` values that nobody understood.
    pub(super) async fn judge(
        &mut self,
        glance: &Glance,
        n_items: usize,
        n_leftovers: usize,
    ) -> Result<Option<String>, Error> {
        if let Some(why) = glance.wall() {
            return Ok(Some(why));
        }
        if !glance.is_ok {
            return Ok(None);
        }
        if self.known.is_none() {
            self.known = Some(self.store.sources().baselines(self.source.as_str()).await?);
        }
        let n_items = u32::try_from(n_items).unwrap_or(u32::MAX);
        let run = self.empty_in_a_row.entry(glance.step).or_default();
        *run = if n_items == 0 { *run + 1 } else { 0 };
        let run = *run;
        let known = self.known.get_or_insert_default();
        let address = known.get(&glance.url).copied();
        let step = known.get(glance.step).copied().unwrap_or_default();
        let Some(why) = objection(glance, address, step, n_items, n_leftovers, run) else {
            self.believe(glance, n_items);
            return Ok(None);
        };
        let place = if address.is_some() { glance.url.as_str() } else { glance.step };
        let baseline = known.entry(place.to_owned()).or_default();
        let since = *baseline.doubted_since.get_or_insert(glance.seen_at);
        self.changed.insert(place.to_owned());
        if glance.seen_at.duration_since(since) >= BELIEVED_AFTER && !glance.is_suspicious {
            known.remove(glance.step);
            self.believe(glance, n_items);
            return Ok(None);
        }
        Ok(Some(format!("{}: {why}", glance.place())))
    }

    /// Remembers what was there: each address by itself where it held a list, and all of a step together.
    fn believe(&mut self, glance: &Glance, n_items: u32) {
        let known = self.known.get_or_insert_default();
        let step = known.entry(glance.step.to_owned()).or_default();
        if step.n_answers >= REMEMBERED {
            (step.n_answers, step.n_empty) = (step.n_answers / 2, step.n_empty / 2);
        }
        step.n_answers += 1;
        step.n_empty += u32::from(n_items == 0);
        (step.n_items, step.is_html, step.doubted_since) = (n_items, glance.is_html, None);
        self.changed.insert(glance.step.to_owned());
        let is_list = n_items >= LONG_LIST || (glance.is_general && n_items > 0);
        if is_list || known.contains_key(&glance.url) {
            let is_html = glance.is_html;
            let address = Baseline { n_items, n_answers: 1, n_empty: 0, is_html, doubted_since: None };
            if known.insert(glance.url.clone(), address) != Some(address) {
                self.changed.insert(glance.url.clone());
            }
        }
    }

    /// Writes what was learned.
    pub(super) async fn write(&mut self) -> Result<(), Error> {
        let archived = std::mem::take(&mut self.archived);
        if !archived.is_empty() {
            self.store.facts().note_archived(self.source.as_str(), &archived).await?;
        }
        // Nothing was judged yet; an empty table in its place would count as one that was read.
        let Some(known) = &self.known else { return Ok(()) };
        let changed = self.changed.drain().filter_map(|place| known.get(&place).map(|b| (place, *b)));
        let changed: Vec<_> = changed.collect();
        self.store.sources().set_baselines(self.source.as_str(), &changed).await
    }
}

/// What speaks against an answer, in the order of how sure it is.
fn objection(
    glance: &Glance,
    address: Option<Baseline>,
    step: Baseline,
    n_items: u32,
    n_leftovers: usize,
    empty_in_a_row: u32,
) -> Option<String> {
    let had_records = address.is_some_and(|b| b.n_items > 0) || step.n_answers > step.n_empty;
    let is_usual = step.n_answers >= USUAL_AFTER;
    let n_full = step.n_answers.saturating_sub(step.n_empty);
    let is_usually_full = is_usual && n_full * 100 >= step.n_answers * USUALLY_FULL_PERCENT;
    if glance.is_blank && had_records {
        return Some("an empty answer, where there used to be records".to_owned());
    }
    if glance.is_html && step.n_answers > 0 && !step.is_html {
        return Some("a web page, where there used to be data".to_owned());
    }
    if n_items == 0 && glance.is_suspicious && had_records {
        return Some("a captcha and not one record".to_owned());
    }
    if n_items == 0 && n_leftovers > 0 && had_records {
        return Some(format!(
            "not one record and {n_leftovers} values that nobody understands: has the layout changed?"
        ));
    }
    match address {
        Some(before) if glance.is_general && n_items == 0 && before.n_items > 0 => {
            return Some(format!("not one record, where there were {}", before.n_items));
        }
        Some(before) if before.n_items >= LONG_LIST && n_items.saturating_mul(KEPT_AT_LEAST) < before.n_items => {
            return Some(format!("{n_items} records, where there were {}", before.n_items));
        }
        _ => {}
    }
    (n_items == 0 && is_usually_full && empty_in_a_row >= EMPTY_IN_A_ROW)
        .then(|| format!("{empty_in_a_row} answers in a row without a record; {n_full} of {} had one", step.n_answers))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Baseline, Glance, objection};
    use crate::{
        collect::{Part, Request},
        domain::ClientId,
    };

    fn glance(content_type: &str, body: &str) -> Glance {
        let request = Request::get("https://registro.example/elenco?cf=1".parse().unwrap(), "list");
        Glance::of(&Answer {
            request: Request { whom: vec![ClientId::new(1)], ..request },
            status: 200,
            content_type: content_type.to_owned(),
            body: body.as_bytes().to_vec(),
            seen_at: jiff::Timestamp::UNIX_EPOCH,
            part: Part::WHOLE,
        })
    }

    fn full(n_answers: u32) -> Baseline {
        Baseline { n_items: 1, n_answers, ..Baseline::default() }
    }

    #[test]
    fn a_wall_is_a_wall_whatever_its_status_and_a_form_with_a_captcha_is_none() {
        let wall = glance("text/html", "<!DOCTYPE html><html><title>Just a moment...</title>");
        assert_eq!(wall.wall().unwrap(), "Cloudflare's waiting room stands before https://registro.example/elenco");
        let form = glance("text/html", "<html><form class=\"g-recaptcha\"></form><table>…</table>");
        let html = Baseline { is_html: true, ..full(20) };
        assert!(form.wall().is_none() && objection(&form, None, html, 4, 0, 0).is_none());
        assert!(objection(&form, None, html, 0, 0, 1).is_some());
    }

    #[test]
    fn what_was_never_full_may_be_empty_and_a_short_list_may_lose_its_last_row() {
        let empty = glance("application/json", "[]");
        assert_eq!(objection(&empty, None, Baseline::default(), 0, 0, 9), None);
        let list = glance("application/json", "{\"items\":[]}");
        assert_eq!(objection(&list, Some(full(1)), full(3), 0, 0, 1), None);
        let short = Baseline { n_items: 20, ..full(1) };
        assert!(objection(&list, Some(short), full(3), 6, 0, 0).is_some());
        assert_eq!(objection(&list, Some(short), full(3), 7, 0, 0), None);
    }
}
