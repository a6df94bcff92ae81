use jiff::{ToSpan, civil::Date};
use proptest::prelude::*;
use vedetta::{
    domain::{AsOf, Dossier, Fact, KnownSignal, NewsEvent, ProtestState, SectorContext},
    extract::{Catalogue, View},
    train::{
        Error, History,
        history::{Definition, Label, Row, Snapshot, leak, rows},
    },
};

use crate::extract::{invoice, ledger, news, protest, signal, today};

fn names() -> Vec<&'static str> {
    Catalogue::get().names()
}

fn features(dossier: &Dossier, as_of: AsOf) -> vedetta::domain::FeatureVector {
    View::new(dossier, &SectorContext::default(), as_of).features()
}

proptest! {
    #[test]
    fn what_a_day_sees_is_what_stood_in_the_books_that_day(
        lines in prop::collection::vec((-60..400i32, 1..900i64, prop::option::of(-90..380i32), prop::option::of(0..200i32)), 1..20),
        told in prop::collection::vec((-50..300i32, 0..5u8), 0..6),
    ) {
        let mut dossier = ledger(Vec::new());
        for (n, (due_ago, euro, paid_ago, half_ago)) in (1..).zip(lines) {
            let mut line = invoice(n, due_ago, euro * 2, half_ago);
            line.paid_minor /= 2;
            dossier.ledger.push(line);
            // The rest is told by a later revision, which counts as known from the start, as in a backfill.
            dossier.ledger.push(invoice(n, due_ago, euro * 2, paid_ago));
        }
        for (ago, severity) in told {
            let fact = if severity % 2 == 0 { news(NewsEvent::Layoffs, severity, false) } else { protest(ago, 500, ProtestState::Standing) };
            dossier.signals.push(signal("press", ago, fact));
        }
        dossier.signals.sort_by_key(|s| s.known_at);
        let as_of = today();
        let then = leak::known_only(&dossier, as_of);
        prop_assert!(leak::compare(&names(), &features(&dossier, as_of), &features(&then, as_of), as_of.valid_at).is_ok());
    }
}

#[test]
fn a_feature_that_knows_the_future_is_named() {
    let mut paid = invoice(1, 40, 900, Some(10));
    paid.paid_on = Some(today().valid_at + 20.days());
    paid.paid_known_at = Some(today().known_at + 500.hours());
    let dossier = ledger(vec![paid]);
    // An extractor that reads the books as of a month later: what a feature does that forgets its clock.
    let ahead = features(&dossier, AsOf::end_of(today().valid_at + 30.days()));
    let then = features(&leak::known_only(&dossier, today()), today());
    let refused = leak::compare(&names(), &ahead, &then, today().valid_at).unwrap_err();
    assert!(matches!(refused, Error::Leak(_)));
    let said = refused.to_string();
    assert!(said.contains("days_beyond_terms") && said.contains("2026-06-30") && said.contains("future"), "{said}");
}

/// A client paid `late` days after its due dates, on a day a quarter of the way through its books.
fn history_of(n: i64, late: i32) -> Dossier {
    ledger(
        (1..=12)
            .map(|k| {
                invoice(
                    n * 100 + k,
                    i32::try_from(k).unwrap() * 30 - late - 5,
                    500,
                    Some((i32::try_from(k).unwrap() * 30 - 2 * late - 5).max(-200)),
                )
            })
            .collect(),
    )
}

#[test]
fn facts_of_later_days_change_no_row() {
    let day = today().valid_at - 90.days();
    let context = SectorContext::default();
    let snapshots = [Snapshot::new(day, &context)];
    let labels = [Label { day, bad: Some(true), best: None }];
    let of = |dossier: Dossier| {
        let dossiers = [(vedetta::domain::ClientId::new(1), dossier)];
        rows(&dossiers, &context, &snapshots, &Definition::Told("a file".to_owned()), |_| &labels).unwrap()
    };
    let plain = history_of(1, 10);
    let mut later = plain.clone();
    later.ledger.push(invoice(99_999, 10, 9_000, None));
    later.signals.push(KnownSignal {
        valid_at: Date::constant(2020, 1, 1),
        ..signal("register", 5, protest(8, 9_000, ProtestState::Standing))
    });
    later.signals.push(signal("press", 40, Fact::Clean { what: "news".to_owned() }));
    let (before, after) = (of(plain), of(later));
    assert_eq!(before.rows.len(), 1);
    assert_eq!(before.rows[0].1.features, after.rows[0].1.features);
    assert!(before.rows[0].1.bad);
}

#[test]
fn a_dispute_without_a_day_is_no_foreknowledge() {
    let mut open = invoice(1, -10, 500, None);
    let mut paid = invoice(2, 10, 500, Some(5));
    (open.disputed, paid.disputed) = (true, true);
    let shown = |lines: &[vedetta::domain::LedgerLine]| {
        let then = leak::without_undated_disputes(&ledger(lines.to_vec()), today());
        then.ledger.iter().map(|line| line.disputed).collect::<Vec<_>>()
    };
    assert_eq!(shown(&[open, paid]), [false, true], "an invoice that is not paid may be disputed later");
    open.known_at += 30.hours();
    assert_eq!(shown(&[open, paid]), [true, true], "books that were kept day by day say when");
}

#[test]
fn a_feature_that_was_written_after_the_event_is_refused_by_its_name() {
    let day = today().valid_at;
    let place = Catalogue::get().place("still_buying").unwrap();
    let build = |mistakes: usize| {
        let mut history = History::new(&names());
        for n in 0..200usize {
            let bad = n % 5 == 0;
            let mut values: Vec<Option<f64>> = vec![None; names().len()];
            values[0] = Some((n * 7 % 31) as f64);
            // Whoever was gone by the day of the file had stopped buying in it, but for some.
            values[place] = Some(f64::from(u8::from(!bad || n / 5 < mistakes)));
            let features = vedetta::domain::FeatureVector::new(Catalogue::get().hash(), &values).unwrap();
            history.push(&format!("c{n}"), &Row { day, matures_on: day, features, bad, best: None }).unwrap();
        }
        history
    };
    let said = leak::refuse_too_good(&build(0)).unwrap_err().to_string();
    assert!(said.contains("still_buying") && said.contains("--exclude still_buying"), "{said}");
    assert!(leak::refuse_too_good(&build(4)).is_ok(), "a strong feature is no leak");
    let mut without = build(0);
    without.exclude(&["still_buying".to_owned()]).unwrap();
    assert!(leak::refuse_too_good(&without).is_ok());
    assert!(without.exclude(&["moon_phase".to_owned()]).unwrap_err().to_string().contains("moon_phase"));
}

#[test]
fn a_book_too_small_for_any_day_is_looked_at_over_all_days_and_by_clients() {
    let place = Catalogue::get().place("still_buying").unwrap();
    // On each of twenty days two bad clients among ten, of which the leak knows all but `mistakes`.
    let build = |n_bad_clients: usize, mistakes: usize| {
        let mut history = History::new(&names());
        for n in 0..200usize {
            let (bad, day) = (n % 5 == 0, today().valid_at - ((n / 10) as i64 * 30).days());
            let mut values: Vec<Option<f64>> = vec![None; names().len()];
            values[place] = Some(f64::from(u8::from(!bad || n / 5 < mistakes)));
            let features = vedetta::domain::FeatureVector::new(Catalogue::get().hash(), &values).unwrap();
            let client = if bad { format!("b{}", n / 5 % n_bad_clients) } else { format!("c{n}") };
            history.push(&client, &Row { day, matures_on: day, features, bad, best: None }).unwrap();
        }
        history
    };
    let said = leak::refuse_too_good(&build(40, 0)).unwrap_err().to_string();
    assert!(said.contains("still_buying alone ranks the outcomes of each day"), "{said}");
    assert!(leak::refuse_too_good(&build(40, 4)).is_ok(), "a strong feature is no leak");
    assert!(leak::refuse_too_good(&build(3, 0)).is_ok(), "three clients prove nothing, however often they are told");
}
