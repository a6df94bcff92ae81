//! The clients among whom a prospect is asked about, kept from one inquiry to the next.
//!
//! # Why
//!
//! *Why is it kept?* Reading and folding a hundred thousand names takes seconds, and somebody waits. It is good until the
//! store counts a client, a merger or another name more; then whoever asks next makes it anew.
//!
//! *Why does the making outlive an inquiry whose time is over?* The next one goes on where it was left. Otherwise a book
//! that takes longer than anybody waits would be begun for ever and never be there.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use super::{Error, book::Book};
use crate::store::{NamesEdition, Store};

/// A book that is made, or is there; whoever waits for it makes it.
type Making = Shared<BoxFuture<'static, Result<Arc<Book>, Arc<Error>>>>;

/// The book of all clients as they are.
#[derive(Default)]
pub(super) struct Neighbours(Mutex<Option<(NamesEdition, Making)>>);

impl Neighbours {
    pub(super) async fn book(&self, store: &Store) -> Result<Arc<Book>, Error> {
        // Asked before the clients are read: what changes while they are read makes them anew the next time.
        let edition = store.facts().names_edition().await?;
        let made = self.making(store, &edition).await;
        made.map_err(|error| {
            self.forget(&edition);
            Error::Among(error)
        })
    }

    fn making(&self, store: &Store, edition: &NamesEdition) -> Making {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, making)) = &*kept
            && of == edition
        {
            return making.clone();
        }
        let store = store.clone();
        let making =
            async move { Book::open(&store).await.map(|book| Arc::new(book.for_inquiries())).map_err(Arc::new) };
        let making = making.boxed().shared();
        *kept = Some((edition.clone(), making.clone()));
        making
    }

    /// A book that could not be made is not kept.
    fn forget(&self, edition: &NamesEdition) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|(of, _)| of == edition) {
            *kept = None;
        }
    }
}
