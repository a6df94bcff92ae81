//! What is owed and how late it is.

use vedetta::{
    domain::{
        AsOf, Currency, Dossier, EntryKind, InvoiceKey, LedgerLine, Money, Outcome, OutcomeId, OutcomeKind,
        SectorContext,
    },
    extract::View,
};

use super::{day, instant, invoice, ledger, today, value, values};

#[test]
fn a_late_payment_counts_by_its_amount() {
    let dossier = ledger(vec![invoice(1, 80, 300, Some(60)), invoice(2, 50, 100, Some(50)), invoice(3, -5, 900, None)]);
    assert_eq!(value(&dossier, "days_beyond_terms_90d"), Some(15.0));
    assert_eq!(value(&dossier, "late_share_365d"), Some(0.75));
    assert_eq!(value(&dossier, "worst_delay_365d"), Some(20.0));
    assert_eq!(value(&dossier, "oldest_overdue_days"), Some(0.0));
    assert_eq!(value(&dossier, "payment_index"), Some(70.0));
}

#[test]
fn a_disputed_invoice_is_owed_but_not_late() {
    let mut disputed = invoice(1, 70, 500, None);
    disputed.disputed = true;
    let dossier = ledger(vec![disputed, invoice(2, 40, 500, Some(41))]);
    assert_eq!(value(&dossier, "days_beyond_terms_365d"), Some(0.0));
    assert_eq!(value(&dossier, "overdue_share"), Some(0.0));
    let markets = SectorContext::default();
    let view = View::new(&dossier, &markets, today());
    assert_eq!((view.exposure_minor(), view.overdue()), (50_000, (0, 0)));
}

fn recorded(kind: OutcomeKind, ago: i32, known_ago: i32, accepted: Option<bool>) -> Outcome {
    Outcome {
        id: OutcomeId::of(&[kind.as_str(), &ago.to_string()]),
        kind,
        on: day(ago),
        known_at: instant(known_ago),
        author: "anna".into(),
        result: None,
        amount: None,
        due_on: None,
        invoice: None,
        invoice_key: Some(InvoiceKey::new(1)),
        accepted,
        instalments: Vec::new(),
        note: None,
        about: Vec::new(),
        was_due: None,
    }
}

#[test]
fn an_invoice_that_a_person_says_is_disputed_is_as_one_whose_row_says_it() {
    let others = || vec![invoice(2, 40, 500, Some(41)), invoice(3, 20, 300, None)];
    let with = |disputed, disputes| {
        let first = LedgerLine { disputed, ..invoice(1, 70, 500, None) };
        Dossier { disputes, ..ledger([vec![first], others()].concat()) }
    };
    let begun = recorded(OutcomeKind::Dispute, 30, 30, None);
    let marked = values(&with(true, Vec::new()));
    assert_ne!(marked, values(&with(false, Vec::new())));
    assert_eq!(values(&with(false, vec![begun.clone()])), marked);
    // What is not known yet, and what is about another invoice, changes nothing.
    let plain = values(&with(false, Vec::new()));
    let ahead = Outcome { known_at: instant(-2), ..begun.clone() };
    let other = Outcome { invoice_key: Some(InvoiceKey::new(9)), ..begun.clone() };
    assert_eq!(values(&with(false, vec![ahead, other])), plain);
    // A dispute that was refused is over, whoever told of it; one that was won stays out.
    let refused = recorded(OutcomeKind::DisputeSettled, 10, 10, Some(false));
    let won = recorded(OutcomeKind::DisputeSettled, 10, 10, Some(true));
    assert_eq!(values(&with(false, vec![begun.clone(), refused.clone()])), plain);
    assert_eq!(values(&with(true, vec![refused])), plain);
    assert_eq!(values(&with(false, vec![begun, won])), marked);
}

#[test]
fn an_invoice_left_unpaid_on_its_day_does_not_make_the_rest_look_better() {
    let share = |paid| value(&ledger(vec![invoice(1, 1, 100, None), invoice(2, 0, 100, paid)]), "overdue_share");
    assert_eq!((share(Some(0)), share(None)), (Some(0.5), Some(0.5)));
}

#[test]
fn a_credit_note_takes_from_the_exposure_and_is_never_late() {
    let mut note = invoice(2, 200, 400, None);
    note.kind = EntryKind::CreditNote;
    let dossier = ledger(vec![invoice(1, 10, 1000, None), note]);
    let markets = SectorContext::default();
    let view = View::new(&dossier, &markets, today());
    assert_eq!((view.exposure_minor(), view.overdue()), (60_000, (100_000, 10)));
    assert_eq!(value(&dossier, "oldest_overdue_days"), Some(10.0));
}

#[test]
fn the_newest_known_revision_of_an_invoice_counts() {
    let first = invoice(1, 60, 900, None);
    let mut second = LedgerLine { amount: Money::from_minor(10_000, Currency::EUR), known_at: instant(5), ..first };
    let dossier = ledger(vec![first, second]);
    assert_eq!(value(&dossier, "overdue_amount"), Some(100.0));
    second.known_at = instant(-5);
    assert_eq!(value(&ledger(vec![first, second]), "overdue_amount"), Some(900.0), "not known yet");
}

#[test]
fn an_instalment_still_counts_when_a_later_payment_is_yet_to_come() {
    let instalment = LedgerLine { paid_minor: 40_000, ..invoice(1, 60, 1000, Some(30)) };
    let settled = LedgerLine {
        paid_minor: 100_000,
        paid_on: Some(day(-10)),
        paid_known_at: Some(instant(-10)),
        known_at: instant(-10),
        ..instalment
    };
    let later = AsOf { known_at: instant(-20), ..today() };
    let dossier = ledger(vec![instalment, settled]);
    let markets = SectorContext::default();
    assert_eq!(View::new(&dossier, &markets, later).overdue(), (60_000, 60));
}

#[test]
fn lines_in_the_rarer_currency_do_not_count() {
    let mut dollars = invoice(3, 300, 9_999, None);
    dollars.amount = Money::from_minor(999_900, "USD".parse().unwrap());
    let dossier = ledger(vec![invoice(1, 20, 100, None), invoice(2, 20, 100, Some(20)), dollars]);
    assert_eq!(value(&dossier, "oldest_overdue_days"), Some(20.0));
    assert_eq!(value(&dossier, "overdue_amount"), Some(100.0));
}
