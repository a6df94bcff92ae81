//! Neither the order of facts nor what comes later changes what was seen.

use proptest::prelude::*;
use vedetta::domain::{Dossier, Fact, KnownSignal, NewsEvent, ProtestState, Status};

use super::{invoice, ledger, news, procedure, protest, signal, status, today, values};

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        (0..2_000, 1..3i64, prop::sample::select(ProtestState::ALL)).prop_map(|(ago, n, state)| protest(
            ago,
            n * 1_000,
            state
        )),
        prop::sample::select(Status::ALL).prop_map(status),
        (0..4_000, prop::option::of(0..200)).prop_map(|(ago, r)| procedure(Status::InsolventLiquidation, ago, r)),
        (prop::sample::select(NewsEvent::ALL), 0..6u8, any::<bool>()).prop_map(|(e, s, n)| news(e, s, n)),
        Just(Fact::Clean { what: "protests".into() }),
    ]
}

fn any_dossier() -> impl Strategy<Value = Dossier> {
    let source = prop::sample::select(vec!["gazette", "infocamere", "press-a", "press-b"]);
    let signals = (source, -30..900i32, any_fact(), any::<bool>());
    let line = (0..6i64, -40..700i32, 1..5_000i64, prop::option::of(-40..600i32));
    (prop::collection::vec(signals, 0..8), prop::collection::vec(line, 0..12)).prop_map(|(signals, lines)| {
        let mut dossier = ledger(lines.into_iter().map(|(n, due, euro, paid)| invoice(n, due, euro, paid)).collect());
        dossier.signals = signals
            .into_iter()
            .map(|(source, ago, fact, is_official)| KnownSignal { is_official, ..signal(source, ago, fact) })
            .collect();
        // One invoice is never learned twice in the same instant, nor is a signal.
        dossier.ledger.sort_by_key(|l| (l.invoice, l.known_at));
        dossier.ledger.dedup_by_key(|l| (l.invoice, l.known_at));
        dossier.signals.sort_by_key(|s| (s.known_at, s.id));
        dossier.signals.dedup_by_key(|s| s.id);
        dossier
    })
}

proptest! {
    #[test]
    fn the_order_of_facts_does_not_matter(dossier in any_dossier(), turn in 0..12usize) {
        let mut other = dossier.clone();
        other.ledger.reverse();
        other.signals.reverse();
        let (lines, signals) = (other.ledger.len().max(1), other.signals.len().max(1));
        other.ledger.rotate_left(turn % lines);
        other.signals.rotate_left(turn % signals);
        prop_assert_eq!(values(&dossier), values(&other));
    }

    #[test]
    fn what_became_known_later_is_ignored(dossier in any_dossier()) {
        let mut known = dossier.clone();
        let as_of = today();
        known.ledger.retain(|l| l.known_at <= as_of.known_at && l.issued_on <= as_of.valid_at);
        for line in &mut known.ledger {
            if line.paid_on.is_some_and(|on| on > as_of.valid_at) {
                (line.paid_on, line.paid_minor, line.paid_known_at) = (None, 0, None);
            }
        }
        known.signals.retain(|s| s.known_at <= as_of.known_at && s.valid_at <= as_of.valid_at);
        // An earlier revision's payment counts where a later one's is still to come, so only single revisions compare.
        let single = |d: &Dossier| d.ledger.windows(2).all(|w| w[0].invoice != w[1].invoice);
        prop_assume!(single(&dossier));
        prop_assert_eq!(values(&dossier), values(&known));
    }
}
