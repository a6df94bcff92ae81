use jiff::ToSpan;
use vedetta::{
    domain::{Dossier, EntryKind, KnownSignal, Status},
    train::history::{Definition, read_labels},
};

use crate::extract::{invoice, ledger, signal, status, today};

/// What became of a dossier after a day a year ago, by the definition of default.
fn default_after_a_year_ago(dossier: &Dossier) -> Option<bool> {
    Definition::Default.outcome(dossier, today().valid_at - 365.days())
}

#[test]
fn a_material_amount_more_than_ninety_days_past_due_within_a_year_is_a_default() {
    let paid = |n, due_ago| invoice(n, due_ago, 1_000, Some(due_ago - 3));
    assert_eq!(default_after_a_year_ago(&ledger(vec![paid(1, 300), paid(2, 100)])), Some(false));
    assert_eq!(default_after_a_year_ago(&ledger(vec![paid(1, 300), invoice(2, 200, 1_000, None)])), Some(true));
    assert_eq!(
        default_after_a_year_ago(&ledger(vec![invoice(2, 200, 1_000, Some(110))])),
        Some(false),
        "90 days are not more"
    );
    assert_eq!(default_after_a_year_ago(&ledger(vec![invoice(2, 200, 1_000, Some(108))])), Some(true));
    assert_eq!(
        default_after_a_year_ago(&ledger(vec![invoice(2, 200, 99, None)])),
        Some(false),
        "under 100 is not material"
    );
    let beside = |large_due_ago| ledger(vec![invoice(2, 200, 150, None), invoice(3, large_due_ago, 100_000, None)]);
    assert_eq!(default_after_a_year_ago(&beside(70)), Some(true), "the large one was issued after the mark was passed");
    assert_eq!(default_after_a_year_ago(&beside(85)), Some(false), "beside it the small one is less than 1 %");
    let paid = ledger(vec![invoice(2, 200, 150, None), invoice(3, 85, 100_000, Some(50))]);
    assert_eq!(default_after_a_year_ago(&paid), Some(true), "once the large one is paid it is all that is owed");
}

#[test]
fn disputes_and_credit_notes_are_no_defaults_and_who_is_in_default_is_not_asked() {
    let mut disputed = invoice(1, 200, 1_000, None);
    disputed.disputed = true;
    assert_eq!(default_after_a_year_ago(&ledger(vec![disputed])), Some(false));
    let mut note = invoice(1, 200, 1_000, None);
    note.kind = EntryKind::CreditNote;
    assert_eq!(default_after_a_year_ago(&ledger(vec![note])), Some(false));
    assert_eq!(default_after_a_year_ago(&ledger(vec![invoice(1, 600, 1_000, None)])), None);
}

#[test]
fn an_insolvency_procedure_is_a_default_and_a_solvent_winding_up_is_none() {
    let mut dossier = ledger(vec![invoice(1, 300, 1_000, Some(299))]);
    dossier.signals = vec![signal("register", 100, status(Status::VoluntaryLiquidation))];
    assert_eq!(default_after_a_year_ago(&dossier), Some(false));
    let told = signal("salesman", 95, status(Status::InsolventLiquidation));
    dossier.signals.push(KnownSignal { is_official: false, ..told });
    assert_eq!(default_after_a_year_ago(&dossier), Some(false), "hearsay");
    dossier.signals.push(signal("register", 90, status(Status::InsolventLiquidation)));
    assert_eq!(default_after_a_year_ago(&dossier), Some(true));
    assert_eq!(Definition::Default.outcome(&dossier, today().valid_at - 30.days()), None, "in default already");
}

#[test]
fn lateness_is_asked_of_the_invoices_that_fall_due_in_the_next_ninety_days() {
    let after = |lines| Definition::LateBy(15).outcome(&ledger(lines), today().valid_at - 120.days());
    assert_eq!(after(vec![invoice(1, 100, 50, Some(85)), invoice(2, 31, 50, Some(16))]), Some(false));
    assert_eq!(after(vec![invoice(1, 100, 50, Some(84))]), Some(true));
    assert_eq!(after(vec![invoice(1, 100, 50, None)]), Some(true), "still open is late");
    assert_eq!(
        after(vec![invoice(1, 121, 50, None), invoice(2, 29, 50, None)]),
        None,
        "neither falls due in the window"
    );
    let day = today().valid_at;
    assert_eq!(Definition::LateBy(15).matures_on(day), day + 105.days());
    assert_eq!((Definition::LateBy(15).horizon_months(), Definition::Default.horizon_months()), (3, 12));
}

#[test]
fn labels_that_are_wrong_are_refused_with_line_and_column() {
    let refused = |text: &str| read_labels(text.as_bytes()).unwrap_err().to_string();
    let cases = [
        ("client,label\nA,1\n", "\"as_of\""),
        ("client,as_of,label\nA,2026-02-30,1\n", "line 2: as_of"),
        ("client,as_of,label\nA,2026-02-01,maybe\n", "label is \"maybe\""),
        ("client,as_of,label\nA,2026-02-01,1\nA,2026-02-01,0\n", "stands twice"),
    ];
    for (text, part) in cases {
        let said = refused(text);
        assert!(said.contains(part), "{text:?}: {said}");
    }
    let labels = read_labels(b"client,as_of,label,best\nB,2026-03-01,0,0.25\nB,2026-02-01,1,\n").unwrap();
    let days = &labels["B"];
    assert_eq!((days[0].bad, days[0].best, days[1].bad, days[1].best), (Some(true), None, Some(false), Some(0.25)));
}
