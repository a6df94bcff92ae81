//! A file of lines, handed on in pieces that can be read one by one.
//!
//! # Why
//!
//! *Why is the first line repeated?* A table names its columns once, at the top; a piece without them says nothing.
//!
//! *Why are quotes counted?* A field in quotes may hold the end of a line, and a piece that ends inside it would cut a
//! record in two. Where quotes stand for themselves (inches, titles of works) they do not come in pairs: then a piece
//! ends at a line all the same, a little later.

use std::{fs::File, io::BufRead};

use tokio::sync::mpsc;

use super::unpack::unpacked;
use crate::collect::{Answer, Part};

/// The size of a piece: some ten thousand rows, a fraction of a second to read, and half of what an answer may be.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

/// How far behind that size the end of a field in quotes is waited for.
const QUOTED_BYTES: usize = 256 * 1024;

/// The longest line: a thousand times a register's row, and what a row with a company's history in it still keeps to.
const MAX_LINE_BYTES: usize = 1024 * 1024;

/// Pieces that wait to be read while one is.
const PIECES_AHEAD: usize = 1;

/// A file that a source sent, not yet read.
#[derive(Debug)]
pub struct BulkFile {
    file: File,
    /// The answer without a body.
    shell: Answer,
}

impl BulkFile {
    /// The file and all that is known of it.
    pub fn new(file: File, shell: Answer) -> Self {
        Self { file, shell }
    }

    /// Its pieces, read ahead on a thread of their own; an error is the last of them. Who drops the receiver ends it.
    pub fn pieces(self) -> mpsc::Receiver<Result<Answer, String>> {
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        let read = move || {
            let failed = self.read(|piece| sender.blocking_send(Ok(piece)).is_ok()).err();
            if let Some(why) = failed {
                // Nobody listens any more: then nobody misses it.
                drop(sender.blocking_send(Err(why)));
            }
        };
        drop(tokio::task::spawn_blocking(read));
        receiver
    }

    /// Its pieces one after the other, while `take` wants more. Blocking.
    pub fn read(mut self, mut take: impl FnMut(Answer) -> bool) -> Result<(), String> {
        use std::io::Seek;
        self.file.rewind().map_err(|e| e.to_string())?;
        let Self { file, shell } = self;
        unpacked(file, |lines| in_pieces(lines, |body, part| take(Answer { body, part, ..shell.clone() })))
    }
}

fn in_pieces(lines: &mut dyn BufRead, mut take: impl FnMut(Vec<u8>, Part) -> bool) -> Result<(), String> {
    let mut n_lines = 0;
    let mut header = Vec::new();
    next_line(lines, &mut header, &mut n_lines)?;
    let mut piece = header.clone();
    let mut part = Part { number: 0, is_last: false };
    loop {
        part.is_last = lines.fill_buf().map_err(|e| e.to_string())?.is_empty();
        if part.is_last || is_full(&piece) {
            let body = std::mem::replace(&mut piece, header.clone());
            if !take(body, part) || part.is_last {
                return Ok(());
            }
            part.number += 1;
        }
        next_line(lines, &mut piece, &mut n_lines)?;
    }
}

fn is_full(piece: &[u8]) -> bool {
    let is_outside_quotes = || piece.iter().filter(|b| **b == b'"').count() % 2 == 0;
    piece.len() >= PIECE_BYTES && (piece.len() >= PIECE_BYTES + QUOTED_BYTES || is_outside_quotes())
}

/// Adds the next line to a piece.
fn next_line(lines: &mut dyn BufRead, piece: &mut Vec<u8>, n_lines: &mut u64) -> Result<(), String> {
    let start = piece.len();
    *n_lines += 1;
    loop {
        let buffer = lines.fill_buf().map_err(|e| format!("line {n_lines}: {e}"))?;
        let end = buffer.iter().position(|b| *b == b'\n').map(|at| at + 1);
        let n = end.unwrap_or(buffer.len());
        piece.extend_from_slice(buffer.get(..n).unwrap_or_default());
        let is_over = end.is_some() || n == 0;
        lines.consume(n);
        if piece.len() - start > MAX_LINE_BYTES {
            return Err(format!("line {n_lines} is longer than {MAX_LINE_BYTES} bytes: not a file of lines"));
        }
        if is_over {
            return Ok(());
        }
    }
}
