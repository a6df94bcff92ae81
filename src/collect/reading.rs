//! From an answer to what it says about whom: archived, read and settled, away from the threads that wait.

use std::sync::Arc;

use super::{
    Answer, Cursor, Leftover, Misread, Page, Request, Source, SourceSettings,
    book::Book,
    settle::{Settled, Witness, settle},
};
use crate::{domain::Evidence, store::Archive};

/// An answer read, and the places of its mentions found.
pub(super) struct Reading {
    pub(super) settled: Vec<Settled>,
    pub(super) leftovers: Vec<Leftover>,
    pub(super) next: Vec<Request>,
    pub(super) cursor: Option<Cursor>,
}

/// The bytes go to the archive first: a reader that fails, or a reader of next year, finds them there.
pub(super) async fn archive_and_read(
    archive: Archive,
    reader: Arc<dyn Source>,
    settings: &SourceSettings,
    book: Arc<Book>,
    answer: Answer,
) -> Result<Reading, Misread> {
    let (source, is_official) = (settings.id.clone(), settings.is_official);
    let work = tokio::task::spawn_blocking(move || {
        let sha256 = archive.put(&answer.body).map_err(|e| Misread::Unreadable(e.to_string()))?;
        let Page { mentions, leftovers, next, cursor } = reader.read(&answer)?;
        let evidence = Evidence { url: answer.request.url.to_string(), seen_at: answer.seen_at, sha256 };
        let witness = Witness { source, is_official, evidence };
        let settled = mentions.into_iter().map(|mention| settle(mention, &witness, &book)).collect();
        Ok(Reading { settled, leftovers, next, cursor })
    });
    let panicked = "the reader panicked: the answer is in the archive, the fault is in this program";
    work.await.unwrap_or_else(|_| Err(Misread::Quarantined(panicked.to_owned())))
}
