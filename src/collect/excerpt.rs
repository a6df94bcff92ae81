//! The evidence for one record of a large file: the first line and its own rows, instead of the whole.
//!
//! # Why
//!
//! *Why not keep the piece?* In a national register every piece holds a client of somebody's. Four megabytes for each
//! would be the whole file, every month; and whoever may see one client's evidence would see in it who the others are.
//!
//! *Why are the rows looked for by reading?* A mention does not say which bytes it came from, and a search for its number
//! finds other rows as well. What is kept here was read on its own and says the same thing, word for word: it is evidence
//! by construction. A half that says it is halved again, so that a record costs about as much as reading its piece twice.

use super::{Answer, Source, Taking};
use crate::domain::Mention;

/// The shortest part of a piece, beginning with its first line where the file has one, that says this mention by itself.
pub(super) fn excerpt(source: &dyn Source, piece: &Answer, mention: &Mention) -> Vec<u8> {
    let (header, rows) = match piece.request.taking {
        Taking::Lines => split_first(&piece.body),
        Taking::Whole | Taking::Listen { .. } => (&[][..], piece.body.as_slice()),
    };
    let says_it = |rows: &[u8]| {
        let answer = Answer { body: [header, rows].concat(), ..shell(piece) };
        source.read(&answer).is_ok_and(|page| page.mentions.contains(mention))
    };
    let mut rows = rows;
    while let Some((first, second)) = halves(rows) {
        rows = match () {
            () if says_it(first) => first,
            () if says_it(second) => second,
            // A record of several lines that the middle goes through.
            () => break,
        };
    }
    [header, rows].concat()
}

/// All of an answer but its body.
fn shell(answer: &Answer) -> Answer {
    Answer {
        request: answer.request.clone(),
        status: answer.status,
        content_type: answer.content_type.clone(),
        body: Vec::new(),
        seen_at: answer.seen_at,
        part: answer.part,
    }
}

fn split_first(body: &[u8]) -> (&[u8], &[u8]) {
    let end = body.iter().position(|b| *b == b'\n').map_or(body.len(), |at| at + 1);
    body.split_at(end)
}

/// Two parts of whole lines, as near to the middle as may be; none when there is one line only.
fn halves(rows: &[u8]) -> Option<(&[u8], &[u8])> {
    let middle = rows.len() / 2;
    let (before, after) = rows.split_at(middle);
    let ends_before = before.iter().rposition(|b| *b == b'\n').map(|at| at + 1);
    let ends_after = || after.iter().position(|b| *b == b'\n').map(|at| middle + at + 1);
    let cut = ends_before.or_else(ends_after).filter(|cut| *cut < rows.len())?;
    Some(rows.split_at(cut))
}
