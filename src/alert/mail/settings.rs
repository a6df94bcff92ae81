use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::DEADLINE;

/// How mails are sent, as an operator writes it under `[mail]`; the password is no part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailSettings {
    /// The SMTP server.
    pub host: String,
    /// Its port; 0 means the usual one of the encryption.
    pub port: u16,
    /// `tls`, `starttls` or `none`.
    pub encryption: String,
    /// The account; empty when the server asks for none.
    pub user: String,
    /// The sender, as `Vedetta <vedetta@example.com>`.
    pub from: String,
    /// Where readers reach the API.
    pub public_url: String,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From the first byte (RFC 8314).
    Implicit,
    /// By `STARTTLS`, before anything else is said; a server that does not offer it is left.
    StartTls,
    /// None, to a server on this machine.
    None,
}

impl Encryption {
    fn usual_port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// Settings of mails in which nothing can be wrong that is knowable at start.
#[derive(Debug, Clone)]
pub struct Mail {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<(String, SecretString)>,
    pub(super) from: Mailbox,
    pub(super) public_url: Url,
}

/// A setting of `[mail]` that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail.{field}: {why}")]
pub struct MailError {
    /// The key.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl MailSettings {
    /// Checks the settings and adds the password; none when there is no server.
    pub fn check(&self, password: Option<SecretString>) -> Result<Option<Mail>, MailError> {
        let bad = |field, why: &str| MailError { field, why: why.to_owned() };
        let host = self.host.trim();
        if host.is_empty() {
            return Ok(None);
        }
        let encryption = match self.encryption.as_str() {
            "tls" => Encryption::Implicit,
            "starttls" => Encryption::StartTls,
            "none" if is_this_machine(host) => Encryption::None,
            "none" => return Err(bad("encryption", "none is for a server on this machine; must be tls or starttls")),
            _ => return Err(bad("encryption", "must be tls, starttls or none")),
        };
        let credentials = match (self.user.trim(), password) {
            ("", None) => None,
            ("", Some(_)) => return Err(bad("user", "there is a password and no account it belongs to")),
            (_, None) => {
                return Err(bad("user", "has no password: set VEDETTA_SECRET_SMTP or mail.password_file"));
            }
            (user, Some(password)) => Some((user.to_owned(), password)),
        };
        let from = self.from.trim().parse().map_err(|_| bad("from", "must be as Vedetta <vedetta@example.com>"))?;
        let public_url = self.public_url()?;
        let port = if self.port == 0 { encryption.usual_port() } else { self.port };
        Ok(Some(Mail { host: host.to_owned(), port, encryption, credentials, from, public_url }))
    }

    /// One-click links must be https (RFC 8058, section 3.1), or nobody else sees them.
    fn public_url(&self) -> Result<Url, MailError> {
        let bad = |why: &str| MailError { field: "public_url", why: why.to_owned() };
        let why = "must be the address at which readers reach the API, as https://vedetta.example.com";
        let mut url: Url = self.public_url.trim().parse().map_err(|_| bad(why))?;
        match (url.scheme(), url.host_str()) {
            ("https", Some(_)) => {}
            ("http", Some(host)) if is_this_machine(host.trim_matches(['[', ']'])) => {}
            _ => return Err(bad(why)),
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }
}

impl Mail {
    /// Where the server listens.
    pub fn server(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// The client of the server; connects to nobody yet. Fails when there is no TLS to be had.
    pub(super) fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let parameters = || TlsParameters::new(self.host.clone()).map_err(|error| error.to_string());
        let tls = match self.encryption {
            Encryption::Implicit => Tls::Wrapper(parameters()?),
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.as_str())
            .port(self.port)
            .tls(tls)
            .timeout(Some(DEADLINE))
            .hello_name(self.hello());
        if let Some((user, password)) = &self.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(builder.build())
    }

    /// How we introduce ourselves: by the name under which readers reach us (RFC 5321, section 4.1.1.1).
    fn hello(&self) -> ClientId {
        match self.public_url.host() {
            Some(Host::Domain(name)) => ClientId::Domain(name.to_owned()),
            Some(Host::Ipv4(ip)) => ClientId::Ipv4(ip),
            Some(Host::Ipv6(ip)) => ClientId::Ipv6(ip),
            None => ClientId::default(),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
