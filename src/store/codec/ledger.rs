//! A ledger line as bytes: some thirty for the line, then the texts that only lists show.

use super::{Flaw, Reader, Writer, claim, day_from, instant_from};
use crate::domain::{BatchId, Claim, Currency, EntryKind, InvoiceKey, LedgerLine, Money};

const CREDIT_NOTE: u8 = 1;
const DISPUTED: u8 = 2;
const PAID_ON: u8 = 4;
const PAID_KNOWN: u8 = 8;
const FOREIGN: u8 = 16;
/// Behind the texts of a row stands what else is said of the claim; never on a page.
const CLAIM: u8 = 32;
/// The high bits are the format's version, 0 so far; they are checked for every line.
const KNOWN_FLAGS: u8 = CREDIT_NOTE | DISPUTED | PAID_ON | PAID_KNOWN | FOREIGN | CLAIM;

/// The invoice's key as bytes that sort as the numbers do.
pub(in crate::store) fn key_bytes(key: InvoiceKey) -> [u8; 8] {
    (key.get().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The key of [`key_bytes`].
pub(in crate::store) fn key_from(bytes: [u8; 8]) -> InvoiceKey {
    InvoiceKey::new((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

/// Writes a line, all but its key. One that is said no more is written as a credit note of nothing, which nobody tells of: to the
/// version before, while machines are changed over, it takes nothing from anybody.
pub(in crate::store) fn write_line(out: &mut Writer, line: &LedgerLine) {
    let issued = i64::from(crate::domain::day_number(line.issued_on));
    let day = |d| i64::from(crate::domain::day_number(d));
    let currency = line.amount.currency();
    let mut flags = 0;
    for (flag, is_set) in [
        (CREDIT_NOTE, line.kind != EntryKind::Invoice),
        (DISPUTED, line.disputed),
        (PAID_ON, line.paid_on.is_some()),
        (PAID_KNOWN, line.paid_known_at.is_some()),
        (FOREIGN, currency != Currency::EUR),
    ] {
        flags |= if is_set { flag } else { 0 };
    }
    out.byte(flags);
    if currency != Currency::EUR {
        out.currency(currency);
    }
    out.signed(issued);
    out.signed(day(line.due_on) - issued);
    out.signed(if line.kind == EntryKind::Withdrawn { 0 } else { line.amount.minor() });
    out.instant(line.known_at);
    if let Some(paid_on) = line.paid_on {
        out.signed(day(paid_on) - issued);
    }
    out.signed(line.paid_minor);
    if let Some(paid_known_at) = line.paid_known_at {
        out.signed(paid_known_at.as_millisecond() - line.known_at.as_millisecond());
    }
    out.signed(line.batch.get());
}

/// Reads a line whose key was read before.
pub(in crate::store) fn read_line(bytes: &mut Reader<'_>, invoice: InvoiceKey) -> Result<LedgerLine, Flaw> {
    let flags = bytes.byte()?;
    if flags & !KNOWN_FLAGS != 0 {
        return Err(format!("unknown marks {flags:#x} on a line"));
    }
    let has = |flag| flags & flag != 0;
    let currency = if has(FOREIGN) { bytes.currency()? } else { Currency::EUR };
    let issued = bytes.signed()?;
    let later = |days: i64| issued.checked_add(days).ok_or("a day out of range");
    let due = later(bytes.signed()?)?;
    let amount = Money::from_minor(bytes.signed()?, currency);
    let known = bytes.signed()?;
    let paid = if has(PAID_ON) { Some(later(bytes.signed()?)?) } else { None };
    let paid_minor = bytes.signed()?;
    let paid_known = match has(PAID_KNOWN) {
        true => Some(known.checked_add(bytes.signed()?).ok_or("an instant out of range")?),
        false => None,
    };
    Ok(LedgerLine {
        invoice,
        kind: match () {
            () if has(CREDIT_NOTE) && amount.minor() == 0 => EntryKind::Withdrawn,
            () if has(CREDIT_NOTE) => EntryKind::CreditNote,
            () => EntryKind::Invoice,
        },
        issued_on: day_from(issued)?,
        due_on: day_from(due)?,
        amount,
        disputed: has(DISPUTED),
        known_at: instant_from(known)?,
        paid_on: paid.map(day_from).transpose()?,
        paid_minor,
        paid_known_at: paid_known.map(instant_from).transpose()?,
        batch: BatchId::new(bytes.signed()?),
    })
}

/// What [`row_bytes`] wrote: the line, number, credit type, and what else is said of the claim.
pub(in crate::store) type Row<'a> = (LedgerLine, &'a str, Option<&'a str>, Option<Box<Claim>>);

/// A line's row: the line, then number and credit type, then the claim where something is said of it.
pub(in crate::store) fn row_bytes(
    line: &LedgerLine,
    number: &str,
    credit_type: Option<&str>,
    claim: Option<&Claim>,
) -> Vec<u8> {
    let mut out = Writer { bytes: Vec::with_capacity(48) };
    write_line(&mut out, line);
    out.text(number);
    out.maybe_text(credit_type);
    if let Some(claim) = claim {
        out.bytes[0] |= CLAIM;
        claim::write(&mut out, claim);
    }
    out.bytes
}

/// What [`row_bytes`] wrote.
pub(in crate::store) fn read_row<'a>(bytes: &mut Reader<'a>, invoice: InvoiceKey) -> Result<Row<'a>, Flaw> {
    let has_claim = bytes.clone().byte()? & CLAIM != 0;
    let line = read_line(bytes, invoice)?;
    let number = bytes.text()?;
    let credit_type = bytes.option(Reader::text)?;
    let claim = if has_claim { Some(Box::new(claim::read(bytes)?)) } else { None };
    Ok((line, number, credit_type, claim))
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;

    #[test]
    fn what_is_said_no_more_is_to_the_version_before_a_credit_note_of_nothing() {
        let mut line = LedgerLine {
            invoice: InvoiceKey::of("F1"),
            kind: EntryKind::Withdrawn,
            issued_on: date(2026, 3, 1),
            due_on: date(2026, 4, 1),
            amount: Money::from_minor(0, Currency::EUR),
            disputed: false,
            known_at: Timestamp::UNIX_EPOCH,
            paid_on: None,
            paid_minor: 0,
            paid_known_at: None,
            batch: BatchId::new(1),
        };
        let round = |line: &LedgerLine| {
            let bytes = row_bytes(line, "F1", None, None);
            assert_eq!(bytes[0], CREDIT_NOTE, "no mark that the version before does not know");
            read_row(&mut Reader::new(&bytes), line.invoice).unwrap().0
        };
        assert_eq!(round(&line), line);
        line.kind = EntryKind::CreditNote;
        line.amount = Money::from_minor(1, Currency::EUR);
        assert_eq!(round(&line), line);
    }
}
