//! How a client is used to paying, and how far the present stands from it.

use proptest::prelude::*;

use super::{invoice, ledger, value};
use vedetta::{domain::LedgerLine, extract::Catalogue};

/// A client that pays every month's invoice after so many days, over two years, and the newest after so many.
fn payer(usual: i32, now: i32) -> Vec<LedgerLine> {
    let line = |n: i32| {
        let due = 10 + 30 * n;
        let delay = if due <= 90 { now } else { usual };
        let paid = due - delay;
        invoice(n.into(), due, 1_000, Some(paid).filter(|day| *day >= 0))
    };
    (0..24).map(line).collect()
}

#[test]
fn whoever_is_always_late_is_late_as_usual_and_whoever_becomes_late_is_not() {
    let of = |usual, now, feature| value(&ledger(payer(usual, now)), feature).unwrap();
    assert!(of(40, 40, "lateness_above_usual").abs() < 0.1, "{}", of(40, 40, "lateness_above_usual"));
    assert!(of(0, 40, "lateness_above_usual") > 1.0);
    assert!(of(40, 40, "lateness_usual") > 20.0 && of(0, 40, "lateness_usual") < 2.0);
    assert!(of(40, 40, "lateness_beyond_usual_45d") < of(0, 40, "lateness_beyond_usual_45d"));
    assert!(of(0, 40, "lateness_recent_30d") > of(0, 40, "lateness_recent_400d"));
    for (feature, of_the_punctual, of_the_late) in [
        ("lateness_settled_400d", 0.0..2.0, 20.0..40.0),
        ("settled_over_30_400d", 0.0..0.01, 0.7..1.0),
        ("settled_over_50_400d", 0.0..0.01, 0.0..0.01),
    ] {
        assert!(of_the_punctual.contains(&of(0, 40, feature)), "{feature}: {}", of(0, 40, feature));
        assert!(of_the_late.contains(&of(40, 0, feature)), "{feature}: {}", of(40, 0, feature));
    }
}

#[test]
fn nothing_due_and_nothing_paid_is_no_habit() {
    let dossier = ledger(vec![invoice(1, -20, 100, None)]);
    for feature in ["lateness_recent_30d", "lateness_usual", "lateness_above_usual", "overdue_invoices"] {
        assert_eq!(value(&dossier, feature), None, "{feature}");
    }
}

#[test]
fn one_forgotten_invoice_does_not_drown_ten_others_whatever_its_amount() {
    let mut lines = payer(0, 0);
    lines.push(invoice(99, 60, 900_000, None));
    let dossier = ledger(lines);
    assert!(value(&dossier, "days_beyond_terms_365d").unwrap() > 50.0);
    assert!(value(&dossier, "lateness_recent_400d").unwrap() < 3.0);
    assert_eq!(value(&dossier, "overdue_invoices"), Some(1.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn paying_later_what_fell_due_in_the_last_quarter_lowers_no_sign_of_delay(
        lines in prop::collection::vec((-20..700, -10..120, 1i64..50), 0..12),
        due in -5..90,
        delay in -10..80,
        more in 1..60,
    ) {
        let line = |n: usize, due: i32, delay: i32, euro: i64| {
            let paid = due - delay;
            invoice(n.try_into().unwrap(), due, euro * 100, Some(paid).filter(|day| *day >= 0))
        };
        let with = |delay: i32| {
            let others = lines.iter().enumerate().map(|(n, (due, delay, euro))| line(n, *due, *delay, *euro));
            ledger(others.chain([line(99, due, delay, 7)]).collect())
        };
        let (before, after) = (with(delay), with(delay + more));
        for feature in Catalogue::get().delays() {
            let (a, b) = (value(&before, feature), value(&after, feature));
            prop_assert!(b.is_none() || a.is_none() || b >= a.map(|a| a - 1e-9), "{feature}: {a:?} {b:?}");
        }
        // While nothing has fallen due or been paid, there is no habit at all.
        for of_the_habit in ["lateness_usual", "lateness_settled_400d", "settled_beyond_usual_400d", "settled_over_30_400d"] {
            let (a, b) = (value(&before, of_the_habit), value(&after, of_the_habit));
            prop_assert!(a.is_none() || b.is_none() || a == b, "{of_the_habit}: {a:?} {b:?}");
        }
    }
}
