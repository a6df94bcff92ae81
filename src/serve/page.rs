//! Lists by page: `?limit=&cursor=` in, `{"items", "next"}` out.
//!
//! A cursor is the key of the last item and an HMAC-SHA256 over it, the list and who may read it, by a key that the
//! installation keeps in its store: every process of the house takes the cursors of every other, and nobody else's. One
//! that was made up, that is another list's, or that was given to somebody who sees other portfolios is refused; and so is
//! one of the same list by other filters, for its place is none among what is asked for now.

use std::iter;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{House, fault::Fault, query::Sought};
use crate::desk::{Caller, Reach, Slice};

/// Items of a page when the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// Items of a page at most.
const MAX_LIMIT: u32 = 500;
/// Before what is signed, so that no other use of a key can ever give the same bytes.
const PURPOSE: &[u8] = b"vedetta cursor\n";
/// Bytes of the hash of the filters, behind [`BREAK`]. It says nothing to whoever forges: the signature covers it.
const N_FILTERS: usize = 8;
/// What stands between a key and the hash of the filters: in the JSON of a key it cannot. Without filters there is neither.
const BREAK: u8 = 0;
/// Bytes of the signature that a cursor carries: 128 bits cannot be guessed, and keep addresses short.
const N_SIGNED: usize = 16;

/// Some items of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The items.
    items: Vec<T>,
    /// The cursor of the rest; null at the end.
    next: Option<String>,
}

impl<T> Page<T> {
    /// A list that fits on one page.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// A list as one caller reads it.
pub(super) struct List {
    key: String,
    /// What is signed with each key: which list, and which portfolios are seen.
    label: String,
    /// What cursors have behind their key: which of the list is asked for.
    filters: Vec<u8>,
}

impl House {
    /// The list of that name, as far as this caller sees it, and of it what is sought.
    pub(super) async fn list(&self, caller: &Caller, name: &str, sought: &Sought) -> Result<List, Fault> {
        let key = self.cursor_key.get_or_try_init(async || self.desk.store.access().cursor_key().await);
        Ok(List::new(key.await.map_err(Fault::from)?, &caller.reach, (name, sought)))
    }
}

impl List {
    fn new(key: &str, reach: &Reach, (name, Sought(filters)): (&str, &Sought)) -> Self {
        let seen = match reach.only() {
            None => "everything".to_owned(),
            Some(own) => own.iter().map(|id| format!("{} ", id.get())).collect(),
        };
        let hash = Sha256::digest(filters.as_bytes());
        let hash = hash.iter().copied().take(N_FILTERS);
        let filters = if filters.is_empty() { Vec::new() } else { iter::once(BREAK).chain(hash).collect() };
        Self { key: key.to_owned(), label: format!("{seen}\n{name}\n"), filters }
    }

    /// A page of it.
    pub(super) fn page<T, K: Serialize>(&self, slice: Slice<T, K>) -> Page<T> {
        Page { items: slice.items, next: slice.next.map(|key| self.cursor(&key)) }
    }

    /// A key as a word that opens this list only.
    pub(super) fn cursor(&self, key: &impl Serialize) -> String {
        let mut bytes = serde_json::to_vec(key).unwrap_or_default();
        bytes.extend_from_slice(&self.filters);
        bytes.extend_from_slice(&self.signature(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key in a cursor of this list.
    pub(super) fn after<K: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<K>, Fault> {
        let Some(cursor) = cursor else { return Ok(None) };
        let bad = || Fault::bad_request("bad_cursor", "cursor must be the `next` of an answer from this list");
        let signed = self.signed(cursor).ok_or_else(bad)?;
        let (key, filters) = signed.split_at(signed.iter().position(|b| *b == BREAK).unwrap_or(signed.len()));
        if filters != self.filters {
            let detail =
                "cursor is of this list by other filters: ask with those of the page before, or without a cursor";
            return Err(Fault::bad_request("bad_cursor", detail));
        }
        serde_json::from_slice(key).map(Some).map_err(|_| bad())
    }

    /// What a cursor says, when it was made here.
    fn signed(&self, cursor: &str) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let signature = bytes.split_off(bytes.len().checked_sub(N_SIGNED)?);
        self.mac(&bytes)?.verify_truncated_left(&signature).ok()?;
        Some(bytes)
    }

    fn mac(&self, key: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).ok()?;
        mac.update(PURPOSE);
        mac.update(self.label.as_bytes());
        mac.update(key);
        Some(mac)
    }

    fn signature(&self, key: &[u8]) -> Vec<u8> {
        let whole = self.mac(key).map(|mac| mac.finalize().into_bytes());
        whole.iter().flatten().copied().take(N_SIGNED).collect()
    }
}

/// The size of a page.
pub(super) fn limit(asked: Option<u32>) -> Result<usize, Fault> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n @ 1..=MAX_LIMIT) => Ok(n as usize),
        Some(_) => Err(Fault::bad_request("bad_query", "limit must be from 1 to 500")),
    }
}

#[cfg(test)]
mod tests {
    use super::{List, limit};
    use crate::{desk::Reach, domain::PortfolioId, serve::query::Sought};

    fn list(key: &str, reach: &Reach, name: &str, filters: &str) -> List {
        List::new(key, reach, (name, &Sought(filters.to_owned())))
    }

    #[test]
    fn a_cursor_opens_its_own_list_for_who_sees_the_same_and_nothing_else() {
        let clients = list("key", &Reach::Everything, "clients", "");
        let text = clients.cursor(&42i64);
        assert_eq!(clients.after::<i64>(Some(&text)).unwrap(), Some(42));
        assert_eq!(clients.after::<i64>(None).unwrap(), None);
        for bad in ["", "x", "e30", "%%%", text.trim_end_matches(|c: char| c.is_ascii_alphanumeric())] {
            assert_eq!(clients.after::<i64>(Some(bad)).unwrap_err().code, "bad_cursor", "{bad:?}");
        }
        let own = |id| Reach::Portfolios(vec![PortfolioId::new(id)]);
        let others = [
            list("key", &Reach::Everything, "reviews", ""),
            list("another", &Reach::Everything, "clients", ""),
            list("key", &own(1), "clients", ""),
        ];
        for other in &others {
            assert!(other.after::<i64>(Some(&text)).is_err());
        }
        let first = list("key", &own(1), "clients", "").cursor(&7i64);
        assert!(list("key", &own(2), "clients", "").after::<i64>(Some(&first)).is_err());
    }

    #[test]
    fn a_cursor_is_of_the_filters_that_it_was_made_with_and_one_of_others_is_told_apart_from_a_forged_one() {
        let of = |filters| list("key", &Reach::Everything, "clients", filters);
        for (made, asked) in [("", "q=a"), ("q=a", ""), ("q=a", "q=b")] {
            let text = of(made).cursor(&42i64);
            assert_eq!(of(made).after::<i64>(Some(&text)).unwrap(), Some(42));
            let refused = of(asked).after::<i64>(Some(&text)).unwrap_err();
            assert!(refused.code == "bad_cursor" && refused.detail.contains("filters"), "{}", refused.detail);
        }
        let text = of("q=a").cursor(&42i64);
        let forged = list("another", &Reach::Everything, "clients", "q=a").after::<i64>(Some(&text)).unwrap_err();
        assert!(!forged.detail.contains("filters"));
    }

    #[test]
    fn no_character_of_a_cursor_can_be_another() {
        let clients = list("key", &Reach::Everything, "clients", "");
        let text = clients.cursor(&123_456i64);
        for (place, _) in text.char_indices() {
            for other in ['A', 'B', '_'] {
                let mut forged: Vec<char> = text.chars().collect();
                forged[place] = other;
                let forged: String = forged.into_iter().collect();
                assert!(forged == text || clients.after::<i64>(Some(&forged)).is_err(), "{forged} for {text}");
            }
        }
    }

    #[test]
    fn a_page_has_one_to_five_hundred_items() {
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err() && limit(Some(500)).is_ok());
    }
}
