use std::collections::BTreeMap;

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use super::Failure;
use crate::collect::Credential;

/// The secrets of sources, by name; never shown.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// Takes pairs of name and secret. The name may be that of `sources.toml` (`companies-house`) or that of the
    /// environment without its prefix (`COMPANIES_HOUSE`); an empty secret is none.
    pub fn new(pairs: impl IntoIterator<Item = (String, SecretString)>) -> Self {
        let kept = pairs.into_iter().filter(|(_, secret)| !secret.expose_secret().trim().is_empty());
        Self(kept.map(|(name, secret)| (in_capitals(&name), secret)).collect())
    }

    /// The environment variable that holds the secret of this name: `VEDETTA_SECRET_COMPANIES_HOUSE`.
    pub fn variable(name: &str) -> String {
        format!("VEDETTA_SECRET_{}", in_capitals(name))
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(&in_capitals(name))
    }

    /// Puts the credential on a request that is about to leave.
    pub(super) fn sign(&self, request: RequestBuilder, credential: &Credential) -> Result<RequestBuilder, Failure> {
        let name = credential.name();
        let Some(secret) = self.0.get(&in_capitals(name)) else {
            return Err(Failure::Stop(format!("no secret {name:?}: set {}", Self::variable(name))));
        };
        let secret = secret.expose_secret().trim();
        Ok(match credential {
            Credential::BasicUser(_) => request.basic_auth(secret, None::<&str>),
            Credential::BasicPair(_) => {
                let (user, password) = secret.split_once(':').unwrap_or((secret, ""));
                request.basic_auth(user, Some(password))
            }
            Credential::Bearer(_) => request.bearer_auth(secret),
            Credential::Header { header, .. } => request.header(*header, secret),
        })
    }
}

fn in_capitals(name: &str) -> String {
    name.trim().to_ascii_uppercase().replace('-', "_")
}
