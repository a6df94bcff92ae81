//! Electronic invoices of the Italian exchange system (FatturaPA 1.2.x): private (`FPR12`), public (`FPA12`), simplified
//! (`FSM10`), plain or signed (`.p7m`), one by one, in a folder or in a zip.
//!
//! Who issues (*cedente*) is the creditor, whose book this is; who buys (*cessionario*) is the client, found by its VAT or
//! tax number. Each instalment of *DatiPagamento* is a ledger line of its own, with its day and amount. The format is that
//! of the specifications of the Agenzia delle Entrate, version 1.8 (schema 1.2.2), and for simplified invoices 1.0.2.
//!
//! # Why
//!
//! *Why is an instalment a line and not a part of one?* Because each falls due, is late and is paid by itself: lateness is
//! counted from its own day. Its number is the invoice's with its place behind it, `12/2026 (2/3)`.
//!
//! *Why is a number that comes back in another year another invoice?* The numbering of Italian invoices may begin anew each
//! year. The first that came keeps the number as it is; another one of the same number gets its year behind it.
//!
//! *What does a signature prove here?* That the file is as its signer made it: the signature is verified against the
//! certificate inside, and a file whose signature does not hold gives nothing. Whether that certificate can be trusted is
//! not judged: the exchange system did so before it delivered the invoice.

mod ber;
mod document;
mod package;
mod party;
mod payable;
mod signed;

pub(super) use document::{Document, Refused, documents, seller_of};
pub(super) use package::{Package, is_zip_of_invoices};
pub(super) use party::{Buyer, Seller, same_number};

use super::element::Element;

/// The largest invoice that is read, in bytes: the exchange system takes five megabytes.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// Whether bytes look like an electronic invoice, plain or signed.
pub(super) fn is_one(name: &str, bytes: &[u8]) -> bool {
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    head.starts_with(b"<") || name.to_ascii_lowercase().ends_with(".p7m") || signed::is_signed(head)
}

/// The XML of a file: as it is, or unpacked from an envelope whose signature holds.
pub(super) fn xml(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    if bytes.len() > MAX_BYTES {
        let reason = format!("has {} bytes; an electronic invoice has at most {MAX_BYTES}", bytes.len());
        return Err(Unreadable { line: 1, code: "too_long", reason });
    }
    let is_envelope = name.to_ascii_lowercase().ends_with(".p7m") || signed::is_signed(bytes);
    match is_envelope && !bytes.trim_ascii_start().starts_with(b"<") {
        true => signed::content(bytes),
        false => Ok(bytes.to_vec()),
    }
}

/// Why a file gives nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// Where, from 1.
    pub(super) line: u64,
    /// `bad_xml`, `bad_signature`, `not_an_invoice`, `too_long`.
    pub(super) code: &'static str,
    /// A sentence.
    pub(super) reason: String,
}

impl Unreadable {
    fn new(line: u64, code: &'static str, reason: impl Into<String>) -> Self {
        Self { line, code, reason: reason.into() }
    }
}
