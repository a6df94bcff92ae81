//! The archived documents behind the facts: which are enclosed, and which are only named and why.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use crate::{
    domain::{Creditor, Sha256, Signal},
    intake,
    store::{Archive, BatchRow, Result},
};

/// Documents that are enclosed: more than a judge reads.
pub(super) const MAX_DOCUMENTS: usize = 500;
/// Their bytes in all: a file that still goes by certified e-mail in a few parts, and is held in memory while it is packed.
pub(super) const MAX_BYTES: usize = 64 << 20;
/// What the request is called by which one client is described.
const ONE_CLIENT: &str = "PUT /v1/clients";
/// Where an electronic invoice names itself; its header is long before.
const INVOICE_MARK: &[u8] = b"FatturaElettronica";

/// Why a document is named and not enclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// A file of the creditor's with rows of other clients as well.
    TellsOfOthers,
    /// The archive does not hold it any more: it was past its term, or taken out.
    Gone,
    /// There are more documents, or bytes, than are enclosed.
    TooMany,
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) sha256: Sha256,
    /// Who said it: the sources, or none for the creditor's own file.
    pub(super) sources: Vec<String>,
    /// The address that was asked, or the file's name.
    pub(super) url: String,
    /// When it was read first.
    pub(super) seen_at: Timestamp,
    /// Signals that it carried.
    pub(super) signals: Vec<String>,
    /// Its bytes, or why they are not here.
    pub(super) bytes: std::result::Result<Vec<u8>, Absent>,
}

/// All of them, in the order in which they were read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Documents(pub(super) Vec<Document>);

impl Document {
    /// Whether it is a file of the creditor's.
    pub(super) fn is_own(&self) -> bool {
        self.sources.is_empty()
    }

    /// Its name in the file: the hash tells which it is, the ending how to open it.
    pub(super) fn path(&self) -> Option<String> {
        let bytes = self.bytes.as_ref().ok()?;
        Some(format!("evidence/{}.{}", self.sha256, ending(bytes)))
    }
}

impl Documents {
    pub(super) fn n_enclosed(&self) -> usize {
        self.0.iter().filter(|document| document.bytes.is_ok()).count()
    }

    /// Who issued the electronic invoice with the latest date, until a day, of those that are enclosed; whichever was imported last.
    pub(super) fn seller(&self, until: Date) -> Option<Creditor> {
        let own = self.0.iter().filter(|document| document.is_own());
        let sellers = own.filter_map(|document| document.bytes.as_deref().ok()).filter_map(intake::seller_of);
        sellers.filter(|(_, on)| *on <= until).max_by_key(|(_, on)| *on).map(|(seller, _)| seller)
    }

    pub(super) fn is_cut(&self) -> bool {
        self.0.iter().any(|document| document.bytes == Err(Absent::TooMany))
    }
}

/// Reads the documents of these signals and files. Blocking.
pub(super) fn collect(archive: &Archive, signals: &[Signal], files: &[BatchRow]) -> Result<Documents> {
    let mut found: BTreeMap<[u8; 32], Document> = BTreeMap::new();
    for signal in signals {
        let evidence = &signal.evidence;
        let document = found.entry(*evidence.sha256.bytes()).or_insert_with(|| Document {
            sha256: evidence.sha256,
            sources: Vec::new(),
            // Where a person can read it, if the source said so.
            url: signal.url.clone().unwrap_or_else(|| evidence.url.clone()),
            seen_at: evidence.seen_at,
            signals: Vec::new(),
            bytes: Err(Absent::TooMany),
        });
        document.seen_at = document.seen_at.min(evidence.seen_at);
        document.sources.push(signal.source.to_string());
        document.signals.push(signal.id.to_string());
    }
    for file in files {
        found.entry(*file.sha256.bytes()).or_insert_with(|| Document {
            sha256: file.sha256,
            sources: Vec::new(),
            url: file.name.clone(),
            seen_at: file.seen_at,
            signals: Vec::new(),
            bytes: Err(Absent::TooMany),
        });
    }
    let mut documents: Vec<Document> = found.into_values().collect();
    documents.sort_by_key(|document| (document.seen_at, *document.sha256.bytes()));
    let (mut n, mut left) = (0, MAX_BYTES);
    for document in &mut documents {
        document.sources.sort_unstable();
        document.sources.dedup();
        if n == MAX_DOCUMENTS || (document.is_own() && !may_be_of_one(&document.url)) {
            document.bytes = Err(if document.is_own() { Absent::TellsOfOthers } else { Absent::TooMany });
            continue;
        }
        document.bytes = match archive.get(&document.sha256)? {
            None => Err(Absent::Gone),
            Some(bytes) if document.is_own() && !is_of_one(&document.url, &bytes) => Err(Absent::TellsOfOthers),
            Some(bytes) if bytes.len() > left => Err(Absent::TooMany),
            Some(bytes) => {
                n += 1;
                left -= bytes.len();
                Ok(bytes)
            }
        };
    }
    Ok(Documents(documents))
}

/// Tables, statements and packages may be large, and tell of others: they are not even read.
fn may_be_of_one(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".xml") || lower.ends_with(".p7m") || name == ONE_CLIENT
}

/// An electronic invoice has one buyer, whatever it holds.
fn is_of_one(name: &str, bytes: &[u8]) -> bool {
    name == ONE_CLIENT || memchr::memmem::find(bytes, INVOICE_MARK).is_some()
}

fn ending(bytes: &[u8]) -> &'static str {
    let text = bytes.trim_ascii_start();
    let head = text.get(..text.len().min(200)).unwrap_or_default().to_ascii_lowercase();
    match () {
        () if text.starts_with(b"%PDF") => "pdf",
        () if text.starts_with(b"PK\x03\x04") => "zip",
        () if text.starts_with(b"{") || text.starts_with(b"[") => "json",
        () if memchr::memmem::find(&head, b"<html").is_some() || head.starts_with(b"<!doctype html") => "html",
        () if text.starts_with(b"<") || text.starts_with(b"\xEF\xBB\xBF<") => "xml",
        () if std::str::from_utf8(bytes).is_ok() => "txt",
        () => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::{ending, is_of_one, may_be_of_one};

    #[test]
    fn an_ending_says_how_to_open_a_document() {
        let cases: [(&[u8], &str); 6] = [
            (b"{\"a\":1}", "json"),
            (b"<!DOCTYPE html><p>", "html"),
            (b"\n<?xml version='1.0'?>", "xml"),
            (b"PK\x03\x04", "zip"),
            (b"a;b\n", "txt"),
            (b"\xff\x00", "bin"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(ending(bytes), expected);
        }
    }

    #[test]
    fn only_a_file_about_one_buyer_is_enclosed() {
        assert!(may_be_of_one("IT01_1.XML.p7m") && !may_be_of_one("ledger.csv"));
        assert!(is_of_one("1.xml", b"<p:FatturaElettronica>") && !is_of_one("1.xml", b"<Document><BkToCstmrStmt>"));
    }
}
