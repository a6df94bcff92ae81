//! A subscriber of the demo: an HTTP server on loopback that counts what it can verify.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, task::JoinHandle};

/// Counts alerts whose signature is right.
pub(super) struct Receiver {
    address: SocketAddr,
    mailbox: Mailbox,
    server: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Mailbox {
    secret: Arc<Mutex<Option<String>>>,
    n_verified: Arc<AtomicU64>,
}

impl Receiver {
    /// Starts listening on a free port, and goes on counting after `n_before`.
    pub(super) async fn start(n_before: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mailbox = Mailbox { n_verified: Arc::new(AtomicU64::new(n_before)), ..Mailbox::default() };
        let router = Router::new().route("/alerts", post(receive)).with_state(mailbox.clone());
        #[expect(clippy::disallowed_methods, reason = "it stands for the world outside and ends with its handle")]
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the demo's receiver of alerts ended");
            }
        });
        Ok(Self { address, mailbox, server })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    /// The secret that signatures are checked with.
    pub(super) fn expect(&self, secret: String) {
        *self.mailbox.secret.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }

    pub(super) fn n_verified(&self) -> u64 {
        self.mailbox.n_verified.load(Ordering::Relaxed)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(mailbox): State<Mailbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = mailbox.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if !secret.is_some_and(|secret| is_signed(&secret, &headers, &body)) {
        return StatusCode::UNAUTHORIZED;
    }
    mailbox.n_verified.fetch_add(1, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}

/// Checks the signature over id, timestamp and body; not the timestamp's age, for it is the demo's time, not the
/// system's.
fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let (Some(id), Some(at), Some(signatures)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return false;
    };
    let expected = Webhook::new(secret).ok().zip(at.parse().ok()).and_then(|(w, at)| w.sign(id, at, body).ok());
    expected.is_some_and(|expected| signatures.split(' ').any(|s| s == expected))
}
