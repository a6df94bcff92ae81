//! Files in: every row is accounted for, whatever the dialect.

pub(crate) mod bank;
mod command;
mod corrected;
mod credit;
mod doubt;
pub(crate) mod exchange;
mod groups;
pub(crate) mod house;
pub(crate) mod invoice_xml;
mod ledger;
mod paid;
mod reading;
mod together;
mod undo;

use vedetta::intake::{Content, Options, Reading, read};

/// How most of these tests import.
pub(crate) fn options(content: Content, map: Option<&str>) -> Options {
    Options {
        content,
        portfolio: "acme".parse().unwrap(),
        map: map.map(str::to_owned),
        backfill: false,
        create_clients: false,
        dry_run: false,
        terms_days: 30,
        creditor: None,
    }
}

/// What a file of invoices says.
pub(crate) fn invoices(bytes: impl AsRef<[u8]>, map: Option<&str>) -> Reading {
    read("ledger.csv", bytes.as_ref(), &options(Content::Invoices, map)).unwrap()
}

/// What a file of clients says.
pub(crate) fn clients(bytes: impl AsRef<[u8]>, map: Option<&str>) -> Reading {
    read("clients.csv", bytes.as_ref(), &options(Content::Clients, map)).unwrap()
}
