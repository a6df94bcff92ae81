//! Who asks: a bearer key, what it may do, and which portfolios it sees.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::{House, fault::Fault, query, quota::Slot};
use crate::{
    desk::{Caller, is_well_formed},
    domain::Sha256,
    store::Scope,
};

/// A caller who may read.
pub(super) struct Reader(pub(super) Caller);

/// A caller who may also write.
pub(super) struct Writer(pub(super) Caller);

/// A caller who may also manage keys.
pub(super) struct Admin(pub(super) Caller);

impl FromRequestParts<House> for Reader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Fault> {
        asking(parts, house, Scope::Read).await.map(Self)
    }
}

impl FromRequestParts<House> for Writer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Fault> {
        asking(parts, house, Scope::Write).await.map(Self)
    }
}

impl FromRequestParts<House> for Admin {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Fault> {
        asking(parts, house, Scope::Admin).await.map(Self)
    }
}

/// Who asks, and asks in words that are known.
async fn asking(parts: &Parts, house: &House, needed: Scope) -> Result<Caller, Fault> {
    let caller = admitted(parts, house, needed).await?;
    query::check(parts)?;
    Ok(caller)
}

/// A request that was taken off what its key may ask.
#[derive(Clone, Copy)]
struct Paid;

/// The caller behind the key of a request, which is taken off what the key may ask before anything else is done for it.
pub(super) async fn pay(parts: &mut Parts, house: &House) -> Result<Caller, Fault> {
    let caller = admitted(parts, house, Scope::Read).await?;
    parts.extensions.insert(Paid);
    Ok(caller)
}

/// The caller behind the key of a request, which is taken off what the key may ask, once. A key that may not do what it asks
/// pays for asking, too.
async fn admitted(parts: &Parts, house: &House, needed: Scope) -> Result<Caller, Fault> {
    let (caller, scope) = known(parts, house).await?;
    if parts.extensions.get::<Paid>().is_some() {
        return may(caller, scope, needed);
    }
    let taken = house.quotas.take(&caller.name);
    let standing = taken.unwrap_or_else(|_| Some(house.quotas.empty()));
    if let (Some(slot), Some(standing)) = (parts.extensions.get::<Slot>(), standing) {
        slot.get_or_init(|| standing);
    }
    match taken {
        Ok(_) => may(caller, scope, needed),
        Err(wait) => Err(Fault::too_many(wait)),
    }
}

/// The caller behind the key of a request, when the key may do what is needed.
pub(super) async fn caller(parts: &Parts, house: &House, needed: Scope) -> Result<Caller, Fault> {
    let (caller, scope) = known(parts, house).await?;
    may(caller, scope, needed)
}

/// The key that a request carries, when there is exactly one.
fn key_of(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let key = sent.next()?.to_str().ok().and_then(bearer)?;
    sent.next().is_none().then_some(key)
}

/// Who may read with the key that a request carries, when that is at hand at this moment: nothing is waited for, and the
/// checksum of a key that is at hand was looked at when it was put there.
pub(super) fn at_hand(headers: &HeaderMap, house: &House, now: Instant) -> Option<Arc<Caller>> {
    let (key, store) = (key_of(headers)?, &house.desk.store);
    // Every scope may read.
    house.shelf.caller(&Sha256::of(key.as_bytes()), store).map(|(caller, _)| caller).filter(|_| store.is_abreast(now))
}

/// Whose key a request carries, and what it may do.
async fn known(parts: &Parts, house: &House) -> Result<(Caller, Scope), Fault> {
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        return Err(Fault::unauthorized("no_key", "Bearer realm=\"vedetta\""));
    }
    let bad = || Fault::unauthorized("bad_key", "Bearer realm=\"vedetta\", error=\"invalid_token\"");
    let key = key_of(&parts.headers).filter(|key| is_well_formed(key)).ok_or_else(bad)?;
    let (store, name) = (&house.desk.store, Sha256::of(key.as_bytes()));
    store.look_for_others().await?;
    if let Some((caller, scope)) = house.shelf.caller(&name, store) {
        return Ok((Arc::unwrap_or_clone(caller), scope));
    }
    let edition = store.edition_of_all();
    let (caller, scope) = house.desk.who_has(key).await?.ok_or_else(bad)?;
    house.shelf.keep_caller(name, edition, caller.clone(), scope);
    Ok((caller, scope))
}

fn may(caller: Caller, scope: Scope, needed: Scope) -> Result<Caller, Fault> {
    if scope < needed {
        let detail = match needed {
            Scope::Read | Scope::Write => "this key may only read; this needs one with the scope write",
            Scope::Admin => "this needs a key with the scope admin",
        };
        return Err(Fault::new(StatusCode::FORBIDDEN, "scope", detail));
    }
    Ok(caller)
}

/// The token of `Bearer TOKEN`; the scheme is written as one likes (RFC 9110, section 11.1).
pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_is_written_as_one_likes_and_the_token_is_not() {
        assert_eq!(bearer("Bearer vdt_x"), Some("vdt_x"));
        assert_eq!(bearer("bearer  vdt_x "), Some("vdt_x"));
        for bad in ["vdt_x", "Basic vdt_x", "Bearer", "Bearer ", "Bearervdt_x", ""] {
            assert_eq!(bearer(bad), None, "{bad:?}");
        }
    }
}
