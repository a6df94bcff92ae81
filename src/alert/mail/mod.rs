//! Alerts as letters: who writes them in which language, how they leave, and how a reader ends them.
//!
//! # Why
//!
//! *Why is the link signed and not looked up?* A reader has no key and no session. The link proves itself: it holds the
//! subscription and an HMAC of it and the address it was sent to, so that it needs no table, cannot be guessed, and ends
//! nothing once the subscription goes to somebody else.
//!
//! *Why does opening the link only ask?* Scanners of mail open every link. What ends a subscription is the POST that mail
//! programs send for `List-Unsubscribe-Post` (RFC 8058), or the button on the page.

mod letter;
mod say;
mod settings;
mod token;

use std::time::Duration;

use jiff::Timestamp;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message as Mime, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp,
};
use url::Url;

use super::{Alerts, Answer, webhook::MAX_ERROR};
use crate::{
    domain::{Event, EventBody},
    store::{Delivery, DeliveryKind, Result, Subscription},
};
pub(super) use letter::Letter;
use letter::Named;
pub use settings::{Mail, MailError, MailSettings};
pub use token::{is_genuine, subscription_in};

/// For the whole dialogue with the mail server; servers that look hard at a mail before they take it need some seconds.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
/// Longer addresses do not exist (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;
/// Characters of a subject.
const MAX_SUBJECT: usize = 150;

/// Writes mails and hands them to the server.
#[derive(Debug, Clone)]
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    public_url: Url,
}

/// A mail on its way: to whom, under which name, and how its reader ends what it is about.
struct Envelope<'a> {
    to: &'a str,
    /// The same at every attempt: mail programs drop doubles by it.
    id: String,
    unsubscribe: Option<String>,
    at: Timestamp,
}

/// Why a text is no address that mails can be sent to.
pub fn check_address(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.parse::<Address>() {
        Ok(address) if text.len() <= MAX_ADDRESS && address.domain().contains('.') => Ok(address.to_string()),
        _ => Err("must be one address, as credit@example.com".to_owned()),
    }
}

impl Mailer {
    pub(super) fn new(mail: &Mail) -> Result<Self, String> {
        Ok(Self { transport: mail.transport()?, from: mail.from.clone(), public_url: mail.public_url.clone() })
    }

    /// Makes one attempt. Every way of failing is an answer; its status is the server's reply code (RFC 5321).
    async fn send(&self, letter: &Letter, envelope: Envelope<'_>) -> Answer {
        let mime = match self.mime(letter, envelope) {
            Ok(mime) => mime,
            Err(why) => return Answer::failed(why),
        };
        match tokio::time::timeout(DEADLINE, self.transport.send(mime)).await {
            Ok(Ok(reply)) => Answer { status: Some(reply.code().into()), retry_after: None, error: None },
            Ok(Err(error)) => refused(&error),
            Err(_) => Answer::failed(format!("the mail server did not finish within {DEADLINE:?}")),
        }
    }

    fn mime(&self, letter: &Letter, envelope: Envelope<'_>) -> Result<Mime, String> {
        let to: Address = envelope.to.parse().map_err(|error| format!("{}: {error}", envelope.to))?;
        let (plain, formatted) =
            letter.written(envelope.unsubscribe.clone()).map_err(|error| format!("cannot be written: {error}"))?;
        let mut builder = Mime::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&letter.subject))
            .date(envelope.at.into())
            .message_id(Some(format!("<{}@{}>", envelope.id, self.from.email.domain())))
            // Programs that answer letters leave these alone (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(url) = &envelope.unsubscribe {
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let both = MultiPart::alternative_plain_html(plain, formatted);
        builder.multipart(both).map_err(|error| format!("cannot be written: {error}"))
    }

    fn link(&self, token: &str) -> String {
        self.public_url.join(&format!("unsubscribe/{token}")).map(String::from).unwrap_or_default()
    }
}

/// A subject that fits in a list of mails; a name may hold anything.
fn one_line(subject: &str) -> String {
    subject.chars().filter(|c| !c.is_control()).take(MAX_SUBJECT).collect()
}

/// A header of ours: ASCII, and never folded, because programs look for it byte by byte.
fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.to_owned(), value.to_owned())
}

fn refused(error: &smtp::Error) -> Answer {
    let mut text = error.to_string();
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
        text = format!("the mail server: {cause}");
    }
    Answer {
        status: error.status().map(u16::from),
        retry_after: None,
        error: Some(text.chars().filter(|c| !c.is_control()).take(MAX_ERROR).collect()),
    }
}

impl Alerts {
    /// One attempt to mail a delivery; none when what it tells is no longer in the outbox.
    pub(super) async fn mail(&self, subscription: &Subscription, delivery: &Delivery) -> Result<Option<Answer>> {
        let Some(mailer) = &self.mailer else { return Ok(Some(Answer::failed("no mail server is configured"))) };
        let Some(letter) = self.letter(subscription, delivery).await? else { return Ok(None) };
        let is_notice = delivery.kind == DeliveryKind::Notice;
        let to = if is_notice { &subscription.contact } else { &subscription.target };
        let to = to.as_deref().unwrap_or_default();
        // Who is told that a subscription ended has not subscribed to anything.
        let unsubscribe = if is_notice { None } else { self.unsubscribe_link(mailer, subscription).await? };
        let id = format!("vedetta.{}.{}", subscription.id, delivery.id);
        Ok(Some(mailer.send(&letter, Envelope { to, id, unsubscribe, at: self.clock.now() }).await))
    }

    /// Mails a test, and says what came back.
    pub(super) async fn mail_test(&self, subscription: &Subscription) -> Answer {
        let Some(mailer) = &self.mailer else { return Answer::failed("no mail server is configured") };
        let unsubscribe = match self.unsubscribe_link(mailer, subscription).await {
            Ok(link) => link,
            Err(error) => return Answer::failed(error.to_string()),
        };
        let at = self.clock.now();
        let id = format!("vedetta.{}.test{}", subscription.id, at.as_millisecond());
        let to = subscription.target.as_deref().unwrap_or_default();
        mailer.send(&Letter::test(subscription), Envelope { to, id, unsubscribe, at }).await
    }

    async fn letter(&self, subscription: &Subscription, delivery: &Delivery) -> Result<Option<Letter>> {
        if delivery.kind == DeliveryKind::Digest {
            let Some(bundle) = self.bundle(delivery.id).await? else { return Ok(None) };
            let mut events = Vec::with_capacity(bundle.events.len());
            for event in &bundle.events {
                events.push(self.named(event.clone()).await?);
            }
            return Ok(Some(match events.as_slice() {
                [one] if bundle.n_events == 1 => Letter::alert(subscription, one, &self.glossary),
                all => Letter::digest(subscription, &bundle, all, &self.glossary),
            }));
        }
        let Some(event) = self.told(delivery.seq).await? else { return Ok(None) };
        Ok(Some(match &event.body {
            EventBody::SubscriptionDisabled { reason, .. } if delivery.kind == DeliveryKind::Notice => {
                Letter::notice(subscription, reason)
            }
            _ => Letter::alert(subscription, &self.named(event).await?, &self.glossary),
        }))
    }

    async fn named(&self, event: Event) -> Result<Named> {
        let name = match &event.client {
            Some((id, _)) => self.store.facts().client_by_id(*id).await?.map(|client| client.facts.who.name),
            None => None,
        };
        Ok((event, name))
    }

    async fn unsubscribe_link(&self, mailer: &Mailer, subscription: &Subscription) -> Result<Option<String>> {
        let key = self.store.deliveries().link_key().await?;
        let address = subscription.target.as_deref().unwrap_or_default();
        Ok(token::token(&key, &subscription.id, address).map(|token| mailer.link(&token)))
    }
}
