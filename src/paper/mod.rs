//! Blocks of text, tables and a drawn line in; pages out: a PDF that can be kept for good and read aloud.
//!
//! A [`Paper`] is what somebody wants to hand over: a title and [`Block`]s in reading order. [`set`] measures it, breaks it into
//! lines and A4 pages, and writes it as PDF/A-2a and PDF/UA-1 with its fonts inside. The bytes depend on the paper alone.
//!
//! # Why
//!
//! *Why a room of its own?* What a page looks like has nothing to do with clients or invoices, and what a client's file says has
//! nothing to do with points and glyphs. This room knows no other room, not even the words of the trade: texts come in as they
//! are to be read, in the language of the reader.
//!
//! *Why is a line measured by us and not by the library?* krilla writes PDFs and lays nothing out. A report needs little: lines
//! that break between words, tables whose heading comes again on each page, a table of contents. A typesetting system would
//! bring a language of its own, and time that a request does not have.
//!
//! *Why are right-to-left texts and rare scripts not shaped?* The fonts have Latin, Greek and Cyrillic. A sign that they lack is
//! shown as one replacement sign, never left out: who reads sees that something stands there. Whoever uses the
//! room keeps the whole text beside it.
//!
//! *Why both standards?* PDF/A is what courts and archives take; PDF/UA makes the same file readable aloud. The library checks
//! both while it writes, and refuses to write what breaks either.

mod blocks;
mod chart;
mod draw;
mod face;
mod flow;
mod table;
mod tree;
mod wrap;

use jiff::Timestamp;

pub use chart::{Chart, ChartPoint};
pub use table::{Align, Column, Row, Table};

/// Why a paper could not be set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A font of ours cannot be read.
    #[error("the font {0} cannot be read")]
    Font(&'static str),
    /// The PDF would break a rule of PDF/A-2a or PDF/UA-1.
    #[error("the paper cannot be written as a PDF: {0}")]
    Pdf(String),
}

/// What is to be handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// What it is called; in the PDF's metadata, too.
    pub title: String,
    /// What stands small at the head of every page.
    pub head: String,
    /// Its language, as in `it` or `en`.
    pub language: &'static str,
    /// `page` and `of`, in its language: `Pagina 3 di 12`.
    pub page_words: (&'static str, &'static str),
    /// When it counts as made: its two clocks would be lost in the metadata, so the caller says which.
    pub at: Timestamp,
    /// A name that no other paper has.
    pub id: String,
    /// What it says, in reading order.
    pub blocks: Vec<Block>,
    /// Pages at most.
    pub max_pages: usize,
    /// What stands on one last page when that cut it.
    pub when_cut: String,
}

/// A piece of a paper.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The large title of the first page, and a line under it.
    Title(String, String),
    /// Opens a section; listed in the contents.
    Heading(String),
    /// Opens a part of a section.
    Subheading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph in small grey letters.
    Note(String),
    /// A paragraph in a box: what must not be overlooked.
    Notice(String),
    /// Labels and what belongs to them, one below the other.
    Facts(Vec<(String, String)>),
    /// A line that stands out, and paragraphs in small letters under it.
    Entry(String, Vec<String>),
    /// A table.
    Table(Table),
    /// A line over time.
    Chart(Chart),
    /// The contents, under this name: every heading with its page.
    Contents(String),
    /// What follows begins on a new page.
    NewPage,
}

/// A paper that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub n_pages: usize,
    /// Whether it would have had more.
    pub is_cut: bool,
}

/// Measures, breaks and writes a paper.
pub fn set(paper: &Paper) -> Result<Set, Error> {
    let faces = face::Faces::load()?;
    let laid = blocks::lay(paper, &faces);
    let (n_pages, is_cut) = (laid.pages.len(), laid.is_cut);
    Ok(Set { pdf: draw::pdf(paper, &faces, laid)?, n_pages, is_cut })
}
