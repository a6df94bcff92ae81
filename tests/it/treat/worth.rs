use jiff::ToSpan;
use vedetta::{
    domain::{Currency, Grade, Legal, LegalState, Money, Outcome, OutcomeKind, Receivable, day_number},
    treat::{self, Credit, LegalClock, Order, Position, Regularity, Verdict, clocks, limits, motive, prospect},
};

use super::{DAY, done, late, owing, paid, policy, position, promised, treated};

#[test]
fn a_regular_payer_is_more_likely_to_pay_by_itself_than_a_habitual_latecomer() {
    let a = *policy().assumptions();
    let regular = Regularity::of(&owing((1..9).map(|n| paid(40 * n, 2)).collect()), day_number(DAY));
    let latecomer = Regularity::of(&owing((2..10).map(|n| paid(40 * n, 60)).collect()), day_number(DAY));
    assert_eq!((regular.usual_delay_days(), latecomer.usual_delay_days()), (2, 60));
    assert!(regular.pays_within(1, 7, &a) > latecomer.pays_within(1, 7, &a));
    // Who always pays on the sixtieth day is about to pay on the fifty-eighth.
    assert!(latecomer.pays_within(58, 7, &a) > latecomer.pays_within(30, 7, &a));
    let unknown = Regularity::of(&owing(vec![]), day_number(DAY));
    let expected = 1.0 - (-7.0f64 / 25.0).exp();
    assert!((unknown.pays_within(30, 7, &a) - expected).abs() < 1e-12, "nothing but what is assumed");
}

#[test]
fn waiting_is_worth_more_where_money_is_about_to_come_and_acting_where_it_is_not() {
    let policy = policy();
    let about_to = position(Grade::B1, [vec![late(12)], (1..12).map(|n| paid(40 * n, 14)).collect()].concat(), &[]);
    let found = prospect(&about_to, &treated(&about_to), DAY, &policy).unwrap();
    assert!(found.gain < 0.0 && found.pays_alone > 0.7, "{found:?}");
    assert!(found.act_on >= DAY && Some(found.act_on) <= treated(&about_to).due_on);
    let weak = Position {
        pd: Some(0.3),
        said_active: Some(false),
        ..position(Grade::C3, [vec![late(40)], (1..12).map(|n| paid(40 * n, 35)).collect()].concat(), &[])
    };
    let found = prospect(&weak, &treated(&weak), DAY, &policy).unwrap();
    assert!(found.gain > 0.0, "{found:?}");
    assert_eq!(found.act_on, DAY);
    assert!(found.pays_asked > found.pays_alone);
}

#[test]
fn the_gain_grows_with_the_amount_and_falls_with_what_the_relationship_is_worth() {
    let policy = policy();
    let gain = |minor: i64, yearly: f64| {
        let item = vedetta::domain::Receivable { amount_minor: minor, open_minor: minor, ..late(40) };
        let told = [done(OutcomeKind::Call, 12)];
        let position = Position { yearly_value: Some(yearly), pd: Some(0.1), ..position(Grade::C1, vec![item], &told) };
        prospect(&position, &treated(&position), DAY, &policy).unwrap().gain
    };
    assert!(gain(2_000_000, 50_000.0) > gain(500_000, 50_000.0));
    assert!(gain(500_000, 500_000.0) < gain(500_000, 50_000.0), "a notice may cost the client");
}

#[test]
fn nothing_is_weighed_where_nothing_is_overdue_or_the_law_has_spoken() {
    let policy = policy();
    let quiet = position(Grade::B1, vec![late(-5)], &[]);
    assert_eq!(prospect(&quiet, &treated(&quiet), DAY, &policy), None);
    let legal = Legal { state: LegalState::Insolvent, known: day_number(DAY), opened: day_number(DAY) };
    let insolvent = Position { legal, ..position(Grade::D, vec![late(50)], &[]) };
    let found = treated(&insolvent);
    assert_eq!(prospect(&insolvent, &found, DAY, &policy), None);
    assert!(clocks(&insolvent, &found, DAY, &policy).contains(&LegalClock::ClaimBy(DAY + 20.days())));
}

#[test]
fn a_notice_puts_limitation_off() {
    let policy = policy();
    let limitation = |position: &Position<'_>| {
        clocks(position, &treated(position), DAY, &policy)
            .into_iter()
            .find_map(|clock| if let LegalClock::Limitation(on) = clock { Some(on) } else { None })
    };
    let silent = position(Grade::C1, vec![late(100)], &[]);
    assert_eq!(limitation(&silent), Some(DAY - 100.days() + 10.years()));
    let told = [done(OutcomeKind::NoticeSent, 20)];
    let noticed = position(Grade::C1, vec![late(100)], &told);
    assert_eq!(limitation(&noticed), Some(DAY - 20.days() + 10.years()));
}

#[test]
fn a_dispute_stops_no_limitation_and_a_notice_interrupts_it_of_what_it_was_about() {
    let policy = policy();
    let limitation = |position: &Position<'_>| {
        clocks(position, &treated(position), DAY, &policy)
            .into_iter()
            .find_map(|clock| if let LegalClock::Limitation(on) = clock { Some(on) } else { None })
    };
    let disputed = Receivable { disputed: true, ..late(100) };
    assert_eq!(limitation(&position(Grade::C1, vec![disputed], &[])), Some(DAY - 100.days() + 10.years()));
    let (older, younger) = (late(100), late(90));
    let about = |invoice| Outcome { about: vec![invoice], ..done(OutcomeKind::NoticeSent, 20) };
    let told = [about(older.invoice)];
    let noticed = position(Grade::C1, vec![older, younger], &told);
    assert_eq!(
        limitation(&noticed),
        Some(DAY - 90.days() + 10.years()),
        "nobody was put in default for the younger one"
    );
}

#[test]
fn cannot_and_will_not_are_told_apart_by_facts() {
    let policy = policy();
    let nothing = |_: &str| None;
    let regular = position(Grade::B1, vec![late(10), paid(100, 0), paid(160, 2), paid(220, 0)], &[]);
    assert_eq!(motive(&regular, DAY, &policy, nothing).verdict, "momentary");
    let protested = |name: &str| (name == "protest_inability_12m").then_some(2.0);
    let found = motive(&regular, DAY, &policy, protested);
    assert_eq!((found.verdict, found.spoken.len()), ("cannot_pay", 1));
    assert!((found.cannot - (1.0 - (-1.5f64).exp())).abs() < 1e-12);
    let habitual = |name: &str| ["late_share_365d", "late_over_30_share_365d"].contains(&name).then_some(0.9);
    let told = [promised(20, 12, 5_000)];
    let latecomer = position(Grade::C1, vec![late(60), paid(200, 60)], &told);
    let found = motive(&latecomer, DAY, &policy, habitual);
    assert_eq!(found.verdict, "will_not_pay");
    assert!(found.spoken.iter().any(|spoken| spoken.sign.feature == treat::BROKEN_PROMISES), "{found:?}");
    assert_eq!(motive(&position(Grade::C1, vec![late(5)], &[]), DAY, &policy, nothing).verdict, "unclear");
}

#[test]
fn a_limit_is_the_least_of_what_is_needed_and_what_the_risk_bears() {
    let policy = policy();
    let ledger = owing((1..12).map(|n| paid(30 * n, 0)).collect());
    let credit = Credit {
        grade: Grade::A2,
        pd: Some(0.002),
        yearly_value: Some(73_000.0),
        receivables: &ledger,
        today: day_number(DAY),
    };
    let safe = limits(&credit, &policy);
    // 73 000 a year, paid after 30 days: 6 000 are open on average.
    assert!((safe.need - 6_000.0).abs() < 1.0, "{safe:?}");
    assert_eq!(safe.suggested, Some([6_000.0, 7_500.0, 9_600.0]));
    let risky = limits(&Credit { grade: Grade::C1, pd: Some(0.06), ..credit }, &policy);
    // 5 % of a margin of 14 600, by 6 % of 60 % lost.
    assert_eq!(risky.bears.unwrap()[0].round(), (0.05 * 14_600.0 / 0.036f64).round());
    assert!(risky.suggested.unwrap()[0] <= safe.suggested.unwrap()[0]);
    assert_eq!(limits(&Credit { grade: Grade::C3, pd: Some(0.3), ..credit }, &policy).suggested, Some([0.0; 3]));
    assert_eq!(limits(&Credit { grade: Grade::NotDetermined, pd: None, ..credit }, &policy).suggested, None);
}

#[test]
fn an_order_leaves_is_looked_at_or_stays() {
    let policy = policy();
    let euros = |whole: i64| Money::from_minor(whole * 100, Currency::EUR);
    let quiet = treated(&position(Grade::B1, vec![late(-5)], &[]));
    let order = Order {
        amount: euros(1_000),
        exposure: euros(4_000),
        elsewhere: &[],
        foreign_limits: &[],
        n_foreign_members: 0,
        limit: Some(euros(10_000)),
        group: None,
        is_foreign: false,
        is_granted: true,
        grade: Grade::B1,
        legal: LegalState::Free,
        treatment: &quiet,
    };
    let decided = |order: Order<'_>| {
        let (verdict, grounds) = treat::release(&order, &policy);
        (verdict, grounds.into_iter().map(|ground| ground.1).collect::<Vec<_>>())
    };
    assert_eq!(decided(order), (Verdict::Release, vec!["within_limit"]));
    // 0.10 and 0.20 make 0.30 to the cent, which binary fractions do not.
    let [owed, ordered, limit] = [10, 20, 30].map(|minor| Money::from_minor(minor, Currency::EUR));
    let to_the_cent = Order { exposure: owed, amount: ordered, limit: Some(limit), ..order };
    assert_eq!(decided(to_the_cent), (Verdict::Release, vec!["within_limit"]));
    assert_eq!(decided(Order { amount: euros(6_500), ..order }), (Verdict::Refer, vec!["over_limit"]));
    assert_eq!(decided(Order { amount: euros(60_000), ..order }), (Verdict::Hold, vec!["over_limit"]));
    assert_eq!(decided(Order { amount: euros(60_000), is_granted: false, ..order }).0, Verdict::Refer);
    let (_, grounds) = treat::release(&Order { amount: euros(6_500), group: Some("Valmora"), ..order }, &policy);
    let (_, _, en, it) = &grounds[0];
    assert_eq!(
        en,
        "with this order 10 500 EUR would be owed, 500 EUR above the 10 000 EUR that the limit of its group Valmora leaves it"
    );
    assert!(it.contains("500\u{a0}€") && it.contains("gruppo Valmora"), "{it}");
    assert_eq!(decided(Order { limit: None, ..order }).1, ["no_limit"]);
    assert_eq!(decided(Order { is_foreign: true, ..order }), (Verdict::Refer, vec!["currency"]));
    let dollars = [Money::from_minor(100, "USD".parse().unwrap())];
    assert_eq!(decided(Order { elsewhere: &dollars, ..order }), (Verdict::Refer, vec!["other_currency"]));
    assert_eq!(decided(Order { foreign_limits: &dollars, ..order }), (Verdict::Refer, vec!["limit_currency"]));
    assert_eq!(decided(Order { n_foreign_members: 1, ..order }), (Verdict::Refer, vec!["group_currency"]));
    assert_eq!(decided(Order { grade: Grade::C2, ..order }), (Verdict::Refer, vec!["grade"]));
    assert_eq!(decided(Order { grade: Grade::D, ..order }).0, Verdict::Hold);
    assert_eq!(decided(Order { legal: LegalState::Insolvent, ..order }).0, Verdict::Hold);
    let told = [done(OutcomeKind::NoticeSent, 2)];
    let noticed = treated(&position(Grade::B1, vec![late(50)], &told));
    assert_eq!(decided(Order { treatment: &noticed, ..order }), (Verdict::Hold, vec!["phase"]));
    let overdue = treated(&position(Grade::B1, vec![late(9)], &[]));
    assert_eq!(decided(Order { treatment: &overdue, ..order }), (Verdict::Refer, vec!["overdue"]));
}
