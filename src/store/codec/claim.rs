//! What a creditor says of an invoice beyond amount and payment, as bytes.

use super::{Flaw, Reader, Writer};
use crate::domain::{Claim, Dispute, Plan, Promise, WriteOff};

/// Writes a claim.
pub(super) fn write(out: &mut Writer, claim: &Claim) {
    out.maybe_text(claim.reference.as_deref());
    out.maybe_text(claim.refers_to.as_deref());
    out.option(claim.dispute, |out, dispute| {
        out.day(dispute.on);
        out.option(dispute.minor, Writer::signed);
        out.option(dispute.closed_on, Writer::day);
        out.maybe_text(dispute.outcome.map(|outcome| outcome.as_str()));
    });
    out.option(claim.promise, |out, promise| {
        out.day(promise.due_on);
        out.option(promise.minor, Writer::signed);
    });
    out.option(claim.plan.as_ref(), |out, plan| {
        out.text(&plan.name);
        out.option(plan.due_on, Writer::day);
    });
    out.option(claim.written_off, |out, given_up| {
        out.day(given_up.on);
        out.option(given_up.minor, Writer::signed);
    });
}

/// Reads what [`write()`] wrote.
pub(super) fn read(bytes: &mut Reader<'_>) -> Result<Claim, Flaw> {
    Ok(Claim {
        reference: bytes.option(Reader::string)?,
        refers_to: bytes.option(Reader::string)?,
        dispute: bytes.option(|bytes| {
            Ok(Dispute {
                on: bytes.day()?,
                minor: bytes.option(Reader::signed)?,
                closed_on: bytes.option(Reader::day)?,
                outcome: bytes.option(Reader::word)?,
            })
        })?,
        promise: bytes.option(|bytes| Ok(Promise { due_on: bytes.day()?, minor: bytes.option(Reader::signed)? }))?,
        plan: bytes.option(|bytes| Ok(Plan { name: bytes.string()?, due_on: bytes.option(Reader::day)? }))?,
        written_off: bytes.option(|bytes| Ok(WriteOff { on: bytes.day()?, minor: bytes.option(Reader::signed)? }))?,
    })
}
