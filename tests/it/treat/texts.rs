//! What is said: to the debtor, and of it.

use vedetta::{
    domain::{Grade, Legal, LegalState, Money, OutcomeKind, Phase, Receivable, day_number},
    treat::{self, Position, Words, text, why, why_not_more},
};

use super::{DAY, done, late, policy, position, treated};

const WORDS: Words<'_> = Words { name: "Molini Astengo", client: "C-1", invoices: "F-60" };

fn owes(euro: i64, days: i32) -> Receivable {
    Receivable { amount_minor: euro * 100, open_minor: euro * 100, ..late(days) }
}

#[test]
fn a_notice_announces_only_what_follows_and_names_the_days_that_it_gives() {
    let told = [done(OutcomeKind::ReminderSent, 55), done(OutcomeKind::Call, 45)];
    let large = treated(&position(Grade::C1, vec![owes(5_000, 60)], &told));
    assert_eq!((large.phase, large.next.unwrap().0), (Phase::FormalNotice, Phase::ExtrajudicialRecovery));
    let said = |found, italian| text(found, &policy(), &WORDS, italian).unwrap();
    let notice = said(&large, false);
    assert!(notice.contains("within 15 days. From 2026-12-05 the claim goes to recovery. This"), "{notice}");
    // An agency would cost more than it brings: the next step is to give the claim up, and no letter says so.
    let small = treated(&position(Grade::C1, vec![owes(150, 60)], &told));
    assert_eq!((small.phase, small.next.unwrap().0), (Phase::FormalNotice, Phase::WriteOff));
    for italian in [true, false] {
        let notice = said(&small, italian);
        assert!(!notice.contains("recover") && !notice.contains("recupero") && !notice.contains('['), "{notice}");
    }
    let hurried = treated(&position(Grade::C3, vec![owes(5_000, 60)], &told));
    assert_eq!((hurried.track.as_str(), hurried.phase), ("brisk", Phase::FormalNotice));
    assert!(said(&hurried, true).contains("entro 15 giorni"), "a pace takes no day back from what is written");
}

#[test]
fn an_italian_sentence_has_italian_days_amounts_and_names() {
    let told = [done(OutcomeKind::ReminderSent, 55), done(OutcomeKind::Call, 45)];
    let found = treated(&position(Grade::C1, vec![owes(5_250, 60)], &told));
    let notice = text(&found, &policy(), &WORDS, true).unwrap();
    assert!(notice.contains("5.250\u{a0}€") && notice.contains("Dal 05/12/2026 il credito"), "{notice}");
    let (reason, more) = (why(&found, &policy(), true), why_not_more(&found, true));
    assert!(reason.contains("percorso telefonico"), "{reason}");
    assert!(more.contains("recupero stragiudiziale non prima del 05/12/2026"), "{more}");
    let waiting = [done(OutcomeKind::ReminderSent, 20), done(OutcomeKind::Call, 3)];
    let waiting = treated(&position(Grade::C1, vec![owes(5_250, 30)], &waiting));
    let said = why(&waiting, &policy(), true);
    assert!(said.contains("passo del 17/11/2026"), "{said}");
    for said in [notice, reason, more, said] {
        assert!(!said.contains("2026-") && !said.contains('_'), "{said}");
    }
    assert!(why(&found, &policy(), false).contains("5 250 EUR overdue for 60 days, track by phone"));
}

#[test]
fn what_is_given_up_or_filed_is_all_that_is_owed_whether_or_not_it_is_due() {
    let (today, tomorrow) = (day_number(DAY), owes(50_000, -20));
    for state in [LegalState::Ceased, LegalState::Insolvent] {
        let legal = Legal { state, known: today, opened: today };
        let gone = Position { legal, ..position(Grade::D, vec![tomorrow], &[]) };
        let said = text(&treated(&gone), &policy(), &WORDS, false).unwrap();
        assert!(said.contains("50 000 EUR") && !said.contains("0.00"), "{said}");
        assert_eq!(treat::asked_invoices(&gone, DAY, &policy()), [tomorrow.invoice]);
    }
    assert_eq!(treat::asked_invoices(&position(Grade::B1, vec![tomorrow], &[]), DAY, &policy()), []);
}

#[test]
fn what_is_owed_in_another_currency_is_named_and_looked_at() {
    let mut one = position(Grade::B1, Vec::new(), &[]);
    assert_eq!(treated(&one).due_on, None);
    one.receivables.elsewhere = vec![Money::from_minor(100_000_000, "USD".parse().unwrap())];
    let found = treated(&one);
    assert!(found.due_on.is_some(), "{found:?}");
    assert!(why(&found, &policy(), false).contains("1 000 000 USD is open in another currency"));
    assert!(why(&found, &policy(), true).contains("1.000.000\u{a0}USD, qui non contati"));
}
