//! Lists by page: `?limit=&cursor=` in, `{"items", "next"}` out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::fault::Fault;
use crate::desk::Slice;

/// Items of a page when the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// Items of a page at most.
const MAX_LIMIT: u16 = 500;

/// Some items of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The items.
    items: Vec<T>,
    /// The cursor of the rest; null at the end.
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page of the list called `kind`.
    pub(super) fn new<K: Serialize>(kind: &str, slice: Slice<T, K>) -> Self {
        Self { items: slice.items, next: slice.next.map(|key| cursor(kind, &key)) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor<K> {
    list: String,
    after: K,
}

/// A key as a word that says nothing to outsiders, and cannot be mistaken for another list's.
pub(super) fn cursor(kind: &str, key: &impl Serialize) -> String {
    let cursor = Cursor { list: kind.to_owned(), after: key };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
}

/// The key in a cursor of that list.
pub(super) fn after<K: DeserializeOwned>(kind: &str, cursor: Option<&str>) -> Result<Option<K>, Fault> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bad = || Fault::bad_request("bad_cursor", "cursor must be the `next` of an answer from this list");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let cursor: Cursor<K> = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    if cursor.list == kind { Ok(Some(cursor.after)) } else { Err(bad()) }
}

/// The size of a page.
pub(super) fn limit(asked: Option<u16>) -> Result<usize, Fault> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n @ 1..=MAX_LIMIT) => Ok(usize::from(n)),
        Some(_) => Err(Fault::bad_request("bad_query", "limit must be from 1 to 500")),
    }
}

#[cfg(test)]
mod tests {
    use super::{after, cursor, limit};

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let text = cursor("clients", &42i64);
        assert_eq!(after::<i64>("clients", Some(&text)).unwrap(), Some(42));
        assert_eq!(after::<i64>("clients", None).unwrap(), None);
        for bad in ["", "x", "e30", "%%%", text.trim_end_matches(|c: char| c.is_ascii_alphanumeric())] {
            assert_eq!(after::<i64>("clients", Some(bad)).unwrap_err().code, "bad_cursor", "{bad:?}");
        }
        assert!(after::<i64>("reviews", Some(&text)).is_err());
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err() && limit(Some(500)).is_ok());
    }
}
