//! From an answer to what it says about whom: archived, read and settled, away from the threads that wait.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Answer, Cursor, Leftover, Misread, Page, Request, Source, SourceSettings, Taking, Whole,
    book::Book,
    excerpt::excerpt,
    settle::{Settled, Witness, settle},
};
use crate::{
    domain::{ClientId, Evidence, Mention, Sha256},
    resolve::Decision,
    store::{self, Archive},
};

/// An answer read, and the places of its mentions found.
pub(super) struct Reading {
    pub(super) settled: Vec<Settled>,
    pub(super) leftovers: Vec<Leftover>,
    pub(super) next: Vec<Request>,
    pub(super) cursor: Option<Cursor>,
    pub(super) whole: Vec<Listed>,
}

/// A list that was given whole: about which clients, of which kind, under which own ids.
pub(super) struct Listed {
    pub(super) clients: Vec<ClientId>,
    pub(super) kind: &'static str,
    pub(super) own_ids: BTreeSet<String>,
}

impl Listed {
    /// Only of clients that are surely meant is anything taken out.
    fn of(whole: &Whole, mentions: &[Mention], book: &Book) -> Option<Self> {
        let Decision::Link(candidates) = book.index.resolve(&whole.subject) else { return None };
        let listed = mentions.iter().filter(|mention| mention.fact.kind() == whole.kind);
        Some(Self {
            clients: candidates.into_iter().map(|candidate| candidate.client).collect(),
            kind: whole.kind,
            own_ids: listed.map(|mention| mention.own_id.clone()).collect(),
        })
    }
}

/// The bytes go to the archive first: a reader that fails, or a reader of next year, finds them there. Of a large file and
/// of a stream only that is kept which says something about somebody of ours, and what could not be read.
pub(super) async fn archive_and_read(
    archive: Archive,
    reader: Arc<dyn Source>,
    settings: &SourceSettings,
    book: Arc<Book>,
    answer: Answer,
) -> Result<Reading, Misread> {
    let (source, is_official) = (settings.id.clone(), settings.is_official);
    let work = tokio::task::spawn_blocking(move || {
        let is_whole = answer.request.taking == Taking::Whole;
        let keep_all = || archive.put(&answer.body).map_err(|e| unkept(&e));
        let sha256 = if is_whole { keep_all()? } else { Sha256::of(&answer.body) };
        let read = reader.read(&answer);
        if read.is_err() && !is_whole {
            keep_all()?;
        }
        let Page { mentions, leftovers, next, cursor, whole } = read?;
        let whole = whole.iter().filter_map(|list| Listed::of(list, &mentions, &book)).collect();
        let evidence = Evidence { url: answer.request.url.to_string(), seen_at: answer.seen_at, sha256 };
        let witness = Witness { source, is_official, evidence };
        let place = |mention: Mention| {
            if is_whole {
                return Ok(settle(mention, &witness, &book));
            }
            let mut settled = settle(mention.clone(), &witness, &book);
            if let Some(evidence) = settled.evidence() {
                let bytes = excerpt(reader.as_ref(), &answer, &mention);
                evidence.sha256 = archive.put(&bytes).map_err(|e| unkept(&e))?;
            }
            Ok(settled)
        };
        let settled = mentions.into_iter().map(place).collect::<Result<_, Misread>>()?;
        Ok(Reading { settled, leftovers, next, cursor, whole })
    });
    let panicked = "the reader panicked: the answer is in the archive, the fault is in this program";
    work.await.unwrap_or_else(|_| Err(Misread::Quarantined(panicked.to_owned())))
}

fn unkept(error: &store::Error) -> Misread {
    Misread::Unreadable(error.to_string())
}
