//! Dossiers as bytes, and a page of them: the version, then for each client its key, a length, and the dossier. The
//! length lets a page be spliced without reading the dossiers that stay.

use std::ops::Range;

use super::{Flaw, Reader, Writer, claim, fact, ledger};
use crate::domain::{BatchId, Certainty, ClientId, ClientVersion, Dossier, KnownSignal, LineClaim, SignalId};

/// The first byte of a page. Version 1 knew nothing of claims: a page of another version is packed anew by whoever reads it.
const PAGE_VERSION: u8 = 2;

/// Packs one dossier.
pub(in crate::store) fn dossier_bytes(dossier: &Dossier) -> Vec<u8> {
    let mut out = Writer { bytes: Vec::with_capacity(64 + 40 * dossier.ledger.len()) };
    out.size(dossier.versions.len());
    for version in &dossier.versions {
        write_version(&mut out, version);
    }
    out.size(dossier.ledger.len());
    for line in &dossier.ledger {
        out.raw(&ledger::key_bytes(line.invoice));
        ledger::write_line(&mut out, line);
    }
    out.size(dossier.signals.len());
    for signal in &dossier.signals {
        write_signal(&mut out, signal);
    }
    out.size(dossier.claims.len());
    for told in &dossier.claims {
        out.raw(&ledger::key_bytes(told.invoice));
        out.instant(told.known_at);
        out.signed(told.batch.get());
        claim::write(&mut out, &told.claim);
    }
    out.bytes
}

/// Unpacks it.
pub(in crate::store) fn dossier_from(bytes: &[u8]) -> Result<Dossier, Flaw> {
    read_dossier(&mut Reader::new(bytes))
}

/// Puts packed dossiers, in key order, into a page.
pub(in crate::store) fn page_bytes<'a>(dossiers: impl Iterator<Item = (ClientId, &'a [u8])>) -> Vec<u8> {
    let mut out = Writer { bytes: vec![PAGE_VERSION] };
    for (client, bytes) in dossiers {
        out.signed(client.get());
        out.size(bytes.len());
        out.raw(bytes);
    }
    out.bytes
}

/// Where in a page each client's packed dossier is, in key order.
pub(in crate::store) fn places_in(page: &[u8]) -> Result<Vec<(ClientId, Range<usize>)>, Flaw> {
    let mut bytes = Reader::of_version(page, PAGE_VERSION)?;
    let mut places = Vec::with_capacity(1000);
    while !bytes.is_empty() {
        let client = ClientId::new(bytes.signed()?);
        let len = bytes.size()?;
        let start = page.len() - bytes.bytes.len();
        bytes.raw(len)?;
        places.push((client, start..start + len));
    }
    Ok(places)
}

fn read_dossier(bytes: &mut Reader<'_>) -> Result<Dossier, Flaw> {
    let n_versions = bytes.n_items()?;
    let versions = (0..n_versions).map(|_| read_version(bytes)).collect::<Result<_, _>>()?;
    let n_lines = bytes.n_items()?;
    let mut lines = Vec::with_capacity(n_lines);
    for _ in 0..n_lines {
        let invoice = ledger::key_from(bytes.array()?);
        lines.push(ledger::read_line(bytes, invoice)?);
    }
    let n_signals = bytes.n_items()?;
    let signals = (0..n_signals).map(|_| read_signal(bytes)).collect::<Result<_, _>>()?;
    let n_claims = bytes.n_items()?;
    let claims = (0..n_claims).map(|_| read_claim(bytes)).collect::<Result<_, _>>()?;
    // What persons recorded is put in by who reads the page: it is not of the page.
    Ok(Dossier { versions, ledger: lines, signals, claims, disputes: Vec::new() })
}

fn read_claim(bytes: &mut Reader<'_>) -> Result<LineClaim, Flaw> {
    Ok(LineClaim {
        invoice: ledger::key_from(bytes.array()?),
        known_at: bytes.instant()?,
        batch: BatchId::new(bytes.signed()?),
        claim: claim::read(bytes)?,
    })
}

fn write_version(out: &mut Writer, version: &ClientVersion) {
    out.instant(version.known_at);
    out.option(version.country, |out, country| out.text(country.code()));
    out.option(version.sector, |out, sector| out.text(&sector.to_string()));
    out.option(version.since, Writer::day);
    out.option(version.is_active, Writer::flag);
    out.option(version.credit_limit, Writer::money);
    out.option(version.yearly_value, Writer::money);
    out.signed(version.batch.get());
}

fn read_version(bytes: &mut Reader<'_>) -> Result<ClientVersion, Flaw> {
    Ok(ClientVersion {
        known_at: bytes.instant()?,
        country: bytes.option(Reader::country)?,
        sector: bytes.option(Reader::sector)?,
        since: bytes.option(Reader::day)?,
        is_active: bytes.option(Reader::flag)?,
        credit_limit: bytes.option(Reader::money)?,
        yearly_value: bytes.option(Reader::money)?,
        batch: BatchId::new(bytes.signed()?),
    })
}

fn write_signal(out: &mut Writer, signal: &KnownSignal) {
    out.raw(signal.id.bytes());
    out.text(signal.source.as_str());
    out.day(signal.valid_at);
    out.instant(signal.known_at);
    out.flag(signal.is_official);
    out.float(signal.certainty.get());
    fact::write_fact(out, &signal.fact);
}

fn read_signal(bytes: &mut Reader<'_>) -> Result<KnownSignal, Flaw> {
    Ok(KnownSignal {
        id: SignalId::new(bytes.array()?),
        source: bytes.word()?,
        valid_at: bytes.day()?,
        known_at: bytes.instant()?,
        is_official: bytes.flag()?,
        certainty: Certainty::new(bytes.float()?).map_err(|e| e.to_string())?,
        fact: fact::read_fact(bytes)?,
    })
}
