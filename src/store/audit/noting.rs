use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;

use super::Entry;
use crate::store::{Result, backend::Write};

tokio::task_local! {
    static NOTE: Arc<Note>;
}

/// A row for the log, on its way into the transaction that it is about.
#[derive(Debug)]
pub struct Note {
    at: Timestamp,
    who: String,
    what: &'static str,
    object: String,
    details: String,
    is_written: AtomicBool,
}

impl Note {
    /// Who does what on what, with details as JSON text.
    pub fn new(at: Timestamp, who: &str, what: &'static str, object: &str, details: String) -> Self {
        let is_written = AtomicBool::new(false);
        Self { at, who: who.to_owned(), what, object: object.to_owned(), details, is_written }
    }
}

/// Does some work, the first transaction of which that changes a row carries the note; work that changes nothing leaves none.
pub async fn noting<F: Future>(note: Note, work: F) -> F::Output {
    NOTE.scope(Arc::new(note), work).await
}

impl Write<'_> {
    /// Writes the note of the work under way, if it is not written yet; answers it, to be [`Note::is_kept`] by the commit.
    pub(in crate::store) async fn put_note(&mut self) -> Result<Option<Arc<Note>>> {
        let not_written = |note: &Arc<Note>| !note.is_written.load(Ordering::Acquire);
        let Some(note) = NOTE.try_with(Arc::clone).ok().filter(not_written) else { return Ok(None) };
        let Note { who, what, object, details, .. } = &*note;
        self.note_audit(note.at, &Entry { who, what, object, details }).await?;
        Ok(Some(note))
    }
}

impl Note {
    /// The transaction that has it is committed.
    pub(in crate::store) fn is_kept(&self) {
        self.is_written.store(true, Ordering::Release);
    }
}
