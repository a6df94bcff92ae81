//! Lists by page: `?limit=&cursor=` in, `{"items", "next"}` out.
//!
//! A cursor is the key of the last item and an HMAC-SHA256 over it, the list and who may read it, by a key that the
//! installation keeps in its store: every process of the house takes the cursors of every other, and nobody else's. One
//! that was made up, that is another list's, or that was given to somebody who sees other portfolios is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use utoipa::ToSchema;

use super::{House, fault::Fault};
use crate::desk::{Caller, Reach, Slice};

/// Items of a page when the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// Items of a page at most.
const MAX_LIMIT: u32 = 500;
/// Before what is signed, so that no other use of a key can ever give the same bytes.
const PURPOSE: &[u8] = b"vedetta cursor\n";
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
}

impl House {
    /// The list of that name, as far as this caller sees it.
    pub(super) async fn list(&self, caller: &Caller, name: &str) -> Result<List, Fault> {
        let key = self.cursor_key.get_or_try_init(async || self.desk.store.access().cursor_key().await);
        Ok(List::new(key.await.map_err(Fault::from)?, &caller.reach, name))
    }
}

impl List {
    fn new(key: &str, reach: &Reach, name: &str) -> Self {
        let seen = match reach.only() {
            None => "everything".to_owned(),
            Some(own) => own.iter().map(|id| format!("{} ", id.get())).collect(),
        };
        Self { key: key.to_owned(), label: format!("{seen}\n{name}\n") }
    }

    /// A page of it.
    pub(super) fn page<T, K: Serialize>(&self, slice: Slice<T, K>) -> Page<T> {
        Page { items: slice.items, next: slice.next.map(|key| self.cursor(&key)) }
    }

    /// A key as a word that opens this list only.
    pub(super) fn cursor(&self, key: &impl Serialize) -> String {
        let mut bytes = serde_json::to_vec(key).unwrap_or_default();
        bytes.extend_from_slice(&self.signature(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key in a cursor of this list.
    pub(super) fn after<K: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<K>, Fault> {
        let Some(cursor) = cursor else { return Ok(None) };
        self.opened(cursor)
            .map(Some)
            .ok_or_else(|| Fault::bad_request("bad_cursor", "cursor must be the `next` of an answer from this list"))
    }

    fn opened<K: DeserializeOwned>(&self, cursor: &str) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (key, signature) = bytes.split_at_checked(bytes.len().checked_sub(N_SIGNED)?)?;
        self.mac(key)?.verify_truncated_left(signature).ok()?;
        serde_json::from_slice(key).ok()
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
    use crate::{desk::Reach, domain::PortfolioId};

    #[test]
    fn a_cursor_opens_its_own_list_for_who_sees_the_same_and_nothing_else() {
        let list = List::new("key", &Reach::Everything, "clients");
        let text = list.cursor(&42i64);
        assert_eq!(list.after::<i64>(Some(&text)).unwrap(), Some(42));
        assert_eq!(list.after::<i64>(None).unwrap(), None);
        for bad in ["", "x", "e30", "%%%", text.trim_end_matches(|c: char| c.is_ascii_alphanumeric())] {
            assert_eq!(list.after::<i64>(Some(bad)).unwrap_err().code, "bad_cursor", "{bad:?}");
        }
        let own = |id| Reach::Portfolios(vec![PortfolioId::new(id)]);
        let others = [
            List::new("key", &Reach::Everything, "reviews"),
            List::new("another", &Reach::Everything, "clients"),
            List::new("key", &own(1), "clients"),
        ];
        for other in &others {
            assert!(other.after::<i64>(Some(&text)).is_err());
        }
        let first = List::new("key", &own(1), "clients").cursor(&7i64);
        assert!(List::new("key", &own(2), "clients").after::<i64>(Some(&first)).is_err());
    }

    #[test]
    fn no_character_of_a_cursor_can_be_another() {
        let list = List::new("key", &Reach::Everything, "clients");
        let text = list.cursor(&123_456i64);
        for (place, _) in text.char_indices() {
            for other in ['A', 'B', '_'] {
                let mut forged: Vec<char> = text.chars().collect();
                forged[place] = other;
                let forged: String = forged.into_iter().collect();
                assert!(forged == text || list.after::<i64>(Some(&forged)).is_err(), "{forged} for {text}");
            }
        }
    }

    #[test]
    fn a_page_has_one_to_five_hundred_items() {
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err() && limit(Some(500)).is_ok());
    }
}
