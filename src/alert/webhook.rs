use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, StatusCode, header, redirect};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError};
use url::Url;

use super::{Guard, schedule};

/// Of an answer's body no more than this is read, and none of it is kept: it is read only so that the connection can be
/// used again.
const MAX_ANSWER: usize = 64 * 1024;
/// An error is a hint for the owner of the endpoint, not a transcript.
pub(super) const MAX_ERROR: usize = 200;

/// Signs and posts: one attempt at a time, knowing nothing of stores and schedules.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    guard: Guard,
    deadline: Duration,
}

/// What is sent to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: the same at every attempt, by which the receiver drops doubles.
    pub id: String,
    /// The CloudEvents JSON.
    pub body: String,
    /// The endpoint.
    pub url: String,
    /// Every secret that is valid now; each gives one signature.
    pub secrets: Vec<String>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, or the reply code of a mail server, when there was an answer.
    pub status: Option<u16>,
    /// When the receiver wants to be called again.
    pub retry_after: Option<SignedDuration>,
    /// Why it is not a success, in a few words.
    pub error: Option<String>,
}

impl Answer {
    /// Whether the receiver has taken it: any 2xx, of HTTP and of SMTP alike.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    pub(super) fn failed(error: impl Into<String>) -> Self {
        Self { status: None, retry_after: None, error: Some(error.into().chars().take(MAX_ERROR).collect()) }
    }
}

impl Sender {
    /// `deadline`: for the whole attempt, from the name to the last byte that is read.
    pub fn new(guard: Guard, deadline: Duration) -> reqwest::Result<Self> {
        let client = Client::builder()
            .dns_resolver(guard.clone())
            .redirect(redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .referer(false)
            // Version 1.1 bounds the head of an answer (hyper: 100 headers, some 400 KB) and needs no settings frames.
            .http1_only()
            .pool_max_idle_per_host(1)
            .timeout(deadline)
            .user_agent(concat!("vedetta/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, guard, deadline })
    }

    /// Makes one attempt, at `now`. Every way of failing is an answer.
    pub async fn send(&self, message: &Message, now: Timestamp) -> Answer {
        let url = match Url::parse(&message.url) {
            Ok(url) => url,
            Err(error) => return Answer::failed(format!("the address cannot be read: {error}")),
        };
        if let Err(why) = self.guard.check(&url) {
            return Answer::failed(why);
        }
        let Ok(signature) = sign(&message.secrets, &message.id, now, &message.body) else {
            return Answer::failed("no usable signing secret");
        };
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header(HEADER_WEBHOOK_ID, &message.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, now.as_second())
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(message.body.clone());
        let attempt = async {
            let response = request.send().await?;
            Ok(self.read(response, now).await)
        };
        match tokio::time::timeout(self.deadline + Duration::from_millis(50), attempt).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Answer::failed(self.explain(&error)),
            Err(_) => Answer::failed(self.too_slow()),
        }
    }

    /// The status decides; the body is taken in only as far as it is short and quick. A receiver that said 2xx and then
    /// drips has taken the event.
    async fn read(&self, mut response: Response, now: Timestamp) -> Answer {
        let status = response.status();
        let header = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|text| schedule::retry_after(text, now));
        let mut n_read = 0;
        while n_read <= MAX_ANSWER {
            match response.chunk().await {
                Ok(Some(chunk)) => n_read += chunk.len(),
                Ok(None) | Err(_) => break,
            }
        }
        Answer { status: Some(status.as_u16()), retry_after, error: refusal(status) }
    }

    /// The innermost cause, in words: reqwest's own message names the URL and little else.
    fn explain(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return self.too_slow();
        }
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let what = if error.is_connect() { "could not connect" } else { "the answer could not be read" };
        format!("{what}: {cause}")
    }

    fn too_slow(&self) -> String {
        format!("no full answer within {:?}", self.deadline)
    }
}

fn refusal(status: StatusCode) -> Option<String> {
    match status {
        _ if status.is_success() => None,
        _ if status.is_redirection() => Some(format!("answered {status}: redirects are not followed")),
        _ => Some(format!("answered {status}")),
    }
}

/// The `webhook-signature` of a message (Standard Webhooks 1.0): `v1,` and the HMAC-SHA256 of `id.timestamp.body`, one
/// for each secret, separated by blanks. A receiver needs to know only one of them.
pub fn sign(secrets: &[String], id: &str, at: Timestamp, body: &str) -> Result<String, WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::InvalidSignature);
    }
    let one = |secret: &String| Webhook::new(secret)?.sign(id, at.as_second(), body.as_bytes());
    Ok(secrets.iter().map(one).collect::<Result<Vec<_>, _>>()?.join(" "))
}
