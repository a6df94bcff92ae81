//! From one question to one answer: a few patient tries, redirects by hand, and a single request in its host's turn.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use rand::RngExt;
use reqwest::{RequestBuilder, Response, StatusCode, header, header::HeaderMap};
use url::Url;

use super::{
    Failure, Fetcher, MAX_BODY_BYTES, Manners, Site, address,
    body::{BodyError, capped_body, head_of_body, said_by},
    download::{Download, LONGEST_DOWNLOAD},
    host::{Host, interval},
    redirect::{objection_to_redirect, redirect_target},
    retry,
    robots::{MAX_ROBOTS_BYTES, Robots},
    shown,
};
use crate::{
    collect::{Method, Request, Taking},
    store::Validator,
};

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 5;

/// What is being asked for: a page by its manners and conditions, or a notice such as `robots.txt`, which is nobody's page.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) request: &'a Request,
    pub(super) manners: &'a Manners,
    pub(super) known: &'a Validator,
    pub(super) is_notice: bool,
}

/// An answer before anybody judged it.
pub(super) struct Raw {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

/// A body as it was taken.
pub(super) enum Body {
    Held(Vec<u8>),
    /// Too large to hold.
    Filed(Download),
    /// What a stream said while we listened.
    Heard(Vec<u8>),
}

impl Body {
    /// What is held of it.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Held(bytes) | Self::Heard(bytes) => bytes,
            Self::Filed(_) => &[],
        }
    }
}

/// Why an exchange gave nothing.
pub(super) enum Trouble {
    /// Asking again would give the same.
    Final(Failure),
    /// It may pass.
    Passing { why: String, at: (String, Arc<Site>), asked_to_wait: bool },
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Final(failure)
    }
}

impl Fetcher {
    /// Tries a few times what may pass. A POST is repeated only when the host said that it did nothing: it may cost money.
    pub(super) async fn persevere(&self, ask: Ask<'_>) -> Result<Raw, Failure> {
        let is_repeatable = ask.request.method == Method::Get;
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let (why, (key, site), asked_to_wait) = match self.follow(ask).await {
                Ok(raw) => return Ok(raw),
                // An earlier try left the house: it counts, and may have cost something.
                Err(Trouble::Final(Failure::NotAsked(why))) if n_tries > 1 => return Err(Failure::Failed(why)),
                Err(Trouble::Final(failure)) => return Err(failure),
                Err(Trouble::Passing { why, at, asked_to_wait }) => (why, at, asked_to_wait),
            };
            let mut host = site.host.lock().await;
            if n_tries >= retry::MAX_TRIES || !(is_repeatable || asked_to_wait) {
                self.note_failure(&mut host, &key).await;
                return Err(Failure::Failed(format!("{}: {why} ({n_tries} tries)", shown(&ask.request.url))));
            }
            let chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner).random::<f64>();
            host.pause(retry::back_off(n_tries, chance), &self.patience);
        }
    }

    /// Follows redirects by hand: within the site, never to a weaker scheme, and with each hop checked as if it were the first.
    async fn follow(&self, ask: Ask<'_>) -> Result<Raw, Trouble> {
        let mut url = ask.request.url.clone();
        for n_hops in 0..=MAX_REDIRECTS {
            let raw = match self.hop(ask, &url).await {
                // The hop before this one was asked.
                Err(Trouble::Final(Failure::NotAsked(why))) if n_hops > 0 => return Err(Failure::Failed(why).into()),
                answered => answered?,
            };
            let Some(next) = redirect_target(&raw, &url) else { return Ok(raw) };
            if let Some(why) = objection_to_redirect(ask, &url, &next) {
                let (from, to) = (shown(&url), shown(&next));
                return Err(Failure::Failed(format!("{from} redirects to {to}: {why}")).into());
            }
            url = next;
        }
        Err(Failure::Failed(format!("{}: more than {MAX_REDIRECTS} redirects", shown(&ask.request.url))).into())
    }

    /// One hop: may it be asked, and what does it answer?
    async fn hop(&self, ask: Ask<'_>, url: &Url) -> Result<Raw, Trouble> {
        if let Some(why) = address::objection(url, self.allow_private) {
            return Err(Failure::NotAsked(format!("{}: {why}", shown(url))).into());
        }
        let robots = match ask.is_notice {
            true => None,
            false => Box::pin(self.permission(url, ask.manners)).await?,
        };
        self.exchange(ask, url, robots.as_deref()).await
    }

    /// One request to one host, in its turn.
    async fn exchange(&self, ask: Ask<'_>, url: &Url, robots: Option<&Robots>) -> Result<Raw, Trouble> {
        let outgoing = self.outgoing(ask, url)?;
        let (key, site) = self.site(url);
        let mut host = site.host.lock().await;
        self.learn_of_rest(&mut host, &key).await?;
        if let Some(why) = host.resting(self.moment()) {
            return Err(Failure::NotAsked(format!("{} was left alone: {why}", shown(url))).into());
        }
        self.turn(&mut host, &key, ask.manners, interval(ask.manners, robots)).await?;
        let at = (key, Arc::clone(&site));
        let passing = |why, asked_to_wait| Trouble::Passing { why, at: at.clone(), asked_to_wait };
        let response = outgoing.send().await.map_err(|e| passing(said_by(&e), false))?;
        self.keep_distance(&mut host, &at.0, ask, &response).await;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            let asked_to_wait = matches!(status.as_u16(), 429 | 503);
            return Err(passing(format!("answered {}", status.as_u16()), asked_to_wait));
        }
        let body = self.body(ask, response).await.map_err(|e| match e {
            BodyError::Broken(why) => passing(why, false),
            BodyError::Refused(why) => Failure::Failed(format!("{}: {why}", shown(url))).into(),
        })?;
        self.note_success(&mut host, &at.0).await;
        Ok(Raw { status, headers, body })
    }

    /// Heeds the pause that an answer asks for: `Retry-After`, or an allowance of which nothing remains.
    async fn keep_distance(&self, host: &mut Host, key: &str, ask: Ask<'_>, response: &Response) {
        let (status, headers) = (response.status(), response.headers());
        let is_turned_away = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let said = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).filter(|_| is_turned_away);
        let asked = said.and_then(|text| retry::retry_after(text, self.moment()));
        let exhausted = retry::exhausted(headers, ask.manners.per, self.moment());
        if let Some(pause) = asked.max(exhausted) {
            self.grant_pause(host, key, pause).await;
        }
    }

    /// The body, taken as the request says. What is not the answer that was hoped for is small, whatever was asked.
    async fn body(&self, ask: Ask<'_>, response: Response) -> Result<Body, BodyError> {
        if ask.is_notice {
            return head_of_body(response, MAX_ROBOTS_BYTES + 1).await.map(Body::Held);
        }
        match ask.request.taking {
            Taking::Lines if response.status() == StatusCode::OK => self.download(response).await.map(Body::Filed),
            Taking::Listen { seconds } if response.status() == StatusCode::OK => {
                self.listen(response, Duration::from_secs(seconds.into())).await.map(Body::Heard)
            }
            _ => capped_body(response, MAX_BODY_BYTES).await.map(Body::Held),
        }
    }

    /// The request with its headers. A credential goes only to the origin it was meant for.
    fn outgoing(&self, ask: Ask<'_>, url: &Url) -> Result<RequestBuilder, Failure> {
        let Ask { request, known, .. } = ask;
        let mut outgoing = match &request.method {
            Method::Get => self.client.get(url.clone()),
            Method::PostJson(json) => {
                self.client.post(url.clone()).header(header::CONTENT_TYPE, "application/json").body(json.clone())
            }
        };
        outgoing = outgoing.header(header::ACCEPT, request.accept.unwrap_or("*/*"));
        // A file that is unpacked while it is read comes as it lies there, and a stream is heard as it is spoken.
        let (encoding, limit) = match request.taking {
            Taking::Whole => ("gzip", None),
            Taking::Lines => ("identity", Some(LONGEST_DOWNLOAD)),
            Taking::Listen { seconds } => ("identity", Some(self.answer_within + Duration::from_secs(seconds.into()))),
        };
        outgoing = outgoing.header(header::ACCEPT_ENCODING, encoding);
        if let Some(limit) = limit {
            outgoing = outgoing.timeout(limit);
        }
        if let Some(etag) = &known.etag {
            outgoing = outgoing.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(last_modified) = &known.last_modified {
            outgoing = outgoing.header(header::IF_MODIFIED_SINCE, last_modified);
        }
        match &request.credential {
            Some(credential) if url.origin() == request.url.origin() => self.secrets.sign(outgoing, credential),
            _ => Ok(outgoing),
        }
    }
}
