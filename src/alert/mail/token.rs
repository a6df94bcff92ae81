use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Before what is signed, so that no other use of the key can ever give the same bytes.
const PURPOSE: &[u8] = b"vedetta unsubscribe\n";

fn mac(key: &str, subscription: &str, address: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(PURPOSE);
    mac.update(subscription.as_bytes());
    mac.update(b"\n");
    mac.update(address.as_bytes());
    Some(mac)
}

/// The word in the link with which the reader at `address` ends a subscription: its id and the HMAC-SHA256 of id and
/// address. Whoever has a mail can end what it is about, and nothing else; a mail to an earlier address ends nothing.
pub(in crate::alert) fn token(key: &str, subscription: &str, address: &str) -> Option<String> {
    let signature = URL_SAFE_NO_PAD.encode(mac(key, subscription, address)?.finalize().into_bytes());
    Some(format!("{subscription}.{signature}"))
}

/// The subscription that a token speaks of. Not a proof yet: see [`is_genuine`].
pub fn subscription_in(token: &str) -> Option<&str> {
    Some(token.split_once('.')?.0)
}

/// Whether a token was made with this key for the subscription that it names and this address; compared in constant time.
pub fn is_genuine(key: &str, token: &str, address: &str) -> bool {
    let verified = || {
        let (subscription, signature) = token.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(key, subscription, address)?.verify_slice(&signature).ok()
    };
    verified().is_some()
}
