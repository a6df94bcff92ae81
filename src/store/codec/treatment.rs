//! What was done about a client, and how its treatment changed, as bytes.

use jiff::Timestamp;

use super::{Flaw, Reader, Writer};
use crate::domain::{InvoiceKey, Outcome, OutcomeId, Phase, TreatmentChange};

/// Packs an outcome without its id and its instant, which are columns.
pub(in crate::store) fn outcome_bytes(outcome: &Outcome) -> Vec<u8> {
    let mut out = Writer::versioned();
    out.text(outcome.kind.as_str());
    out.day(outcome.on);
    out.text(&outcome.author);
    out.maybe_text(outcome.result.map(|result| result.as_str()));
    out.option(outcome.amount, Writer::money);
    out.option(outcome.due_on, Writer::day);
    out.maybe_text(outcome.invoice.as_deref());
    out.option(outcome.accepted, Writer::flag);
    out.size(outcome.instalments.len());
    for (on, amount) in &outcome.instalments {
        out.day(*on);
        out.money(*amount);
    }
    out.maybe_text(outcome.note.as_deref());
    out.size(outcome.about.len());
    for invoice in &outcome.about {
        out.signed(invoice.get());
    }
    out.option(outcome.invoice_key.map(InvoiceKey::get), Writer::signed);
    out.maybe_text(outcome.was_due.map(|phase| phase.as_str()));
    out.bytes
}

/// Puts it together again.
pub(in crate::store) fn outcome_from(id: OutcomeId, known_at: Timestamp, bytes: &[u8]) -> Result<Outcome, Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    Ok(Outcome {
        id,
        known_at,
        kind: bytes.word()?,
        on: bytes.day()?,
        author: bytes.string()?,
        result: bytes.option(Reader::word)?,
        amount: bytes.option(Reader::money)?,
        due_on: bytes.option(Reader::day)?,
        invoice: bytes.option(Reader::string)?,
        accepted: bytes.option(Reader::flag)?,
        instalments: {
            let n = bytes.n_items()?;
            (0..n).map(|_| Ok((bytes.day()?, bytes.money()?))).collect::<Result<_, Flaw>>()?
        },
        note: bytes.option(Reader::string)?,
        // What was recorded before this was kept ends here.
        about: match bytes.is_empty() {
            true => Vec::new(),
            false => {
                let n = bytes.n_items()?;
                (0..n).map(|_| bytes.signed().map(InvoiceKey::new)).collect::<Result<_, Flaw>>()?
            }
        },
        invoice_key: match bytes.is_empty() {
            true => None,
            false => bytes.option(Reader::signed)?.map(InvoiceKey::new),
        },
        was_due: match bytes.is_empty() {
            true => None,
            false => bytes.option(Reader::word)?,
        },
    })
}

pub(in crate::store) fn write_change(out: &mut Writer, change: &TreatmentChange) {
    out.option(change.from, |out, (phase, action)| {
        out.text(phase.as_str());
        out.text(action.as_str());
    });
    out.text(change.to.0.as_str());
    out.text(change.to.1.as_str());
    out.text(change.channel.as_str());
    out.text(change.tone.as_str());
    out.text(&change.owner);
    out.option(change.due_on, Writer::day);
    out.option(change.next, |out, (phase, on): (Phase, _)| {
        out.text(phase.as_str());
        out.day(on);
    });
    out.money(change.overdue);
    out.signed(change.oldest_overdue_days.into());
    out.text(&change.basis);
    out.text(&change.policy);
}

pub(in crate::store) fn read_change(bytes: &mut Reader<'_>) -> Result<TreatmentChange, Flaw> {
    Ok(TreatmentChange {
        from: bytes.option(|bytes| Ok((bytes.word()?, bytes.word()?)))?,
        to: (bytes.word()?, bytes.word()?),
        channel: bytes.word()?,
        tone: bytes.word()?,
        owner: bytes.string()?,
        due_on: bytes.option(Reader::day)?,
        next: bytes.option(|bytes| Ok((bytes.word()?, bytes.day()?)))?,
        overdue: bytes.money()?,
        oldest_overdue_days: i32::try_from(bytes.signed()?).map_err(|_| "a number of days out of range")?,
        basis: bytes.string()?,
        policy: bytes.string()?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::{Reader, Writer, outcome_bytes, outcome_from, read_change, write_change};
    use crate::domain::{
        Action, Channel, Currency, InvoiceKey, Money, Outcome, OutcomeId, OutcomeKind, Phase, Reached, Tone,
        TreatmentChange,
    };

    #[test]
    fn an_outcome_and_a_change_of_treatment_are_read_again() {
        let money = Money::from_minor(12_345, Currency::EUR);
        let outcome = Outcome {
            id: OutcomeId::of(&["a", "b"]),
            kind: OutcomeKind::Plan,
            on: date(2026, 11, 20),
            known_at: Timestamp::UNIX_EPOCH,
            author: "key".to_owned(),
            result: Some(Reached::Reached),
            amount: Some(money),
            due_on: Some(date(2026, 12, 1)),
            invoice: Some("F-1".to_owned()),
            invoice_key: Some(InvoiceKey::of("F-1 of another code")),
            accepted: Some(true),
            instalments: vec![(date(2026, 12, 1), money), (date(2027, 1, 1), money)],
            note: Some("by phone".to_owned()),
            about: vec![InvoiceKey::of("F-1"), InvoiceKey::of("F-2")],
            was_due: Some(Phase::FormalNotice),
        };
        let bytes = outcome_bytes(&outcome);
        assert_eq!(outcome_from(outcome.id, outcome.known_at, &bytes).unwrap(), outcome);
        // As it was written before it was kept what it was time for, before that which invoice is meant, and before that what an
        // outcome is about.
        let before = Outcome { about: Vec::new(), invoice_key: None, was_due: None, ..outcome };
        let bytes = outcome_bytes(&before);
        for n_missing in [1, 2, 3] {
            let shorter = &bytes[..bytes.len() - n_missing];
            assert_eq!(outcome_from(before.id, before.known_at, shorter).unwrap(), before);
        }
        let change = TreatmentChange {
            from: Some((Phase::Reminder, Action::Wait)),
            to: (Phase::CourtesyCall, Action::Call),
            channel: Channel::Phone,
            tone: Tone::WhiteGloves,
            owner: "credit_office".to_owned(),
            due_on: None,
            next: Some((Phase::FormalNotice, date(2026, 12, 9))),
            overdue: money,
            oldest_overdue_days: 16,
            basis: "due".to_owned(),
            policy: "2026-2".to_owned(),
        };
        let mut out = Writer::default();
        write_change(&mut out, &change);
        assert_eq!(read_change(&mut Reader::new(&out.bytes)).unwrap(), change);
    }
}
