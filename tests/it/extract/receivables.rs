//! The ledger and the law as treatment sees them.

use vedetta::{
    domain::{Currency, Dossier, LedgerLine, LegalState, Money, Payment, SectorContext, Status},
    extract::View,
};

use super::{TODAY, day, instant, invoice, ledger, procedure, signal, status, today};

#[test]
fn every_payment_of_an_invoice_keeps_its_day() {
    let first = LedgerLine { paid_on: Some(day(40)), paid_minor: 30_000, ..invoice(1, 60, 900, None) };
    let second = LedgerLine { paid_on: Some(day(10)), paid_minor: 80_000, known_at: instant(9), ..first };
    let (dossier, markets) = (ledger(vec![first, second]), SectorContext::default());
    let found = View::new(&dossier, &markets, today()).receivables();
    let part = |on: i32, minor: i64| Payment { invoice: first.invoice, on, minor };
    let parts = [part(TODAY - 40, 30_000), part(TODAY - 10, 50_000)];
    assert_eq!(found.payments, parts);
    assert_eq!(found.items[0].open_minor, 10_000);
}

#[test]
fn an_invoice_is_late_from_the_day_on_which_it_was_known_to_be() {
    let late_from = |lines: Vec<LedgerLine>| {
        let (dossier, markets) = (ledger(lines), SectorContext::default());
        View::new(&dossier, &markets, today()).receivables().items[0].late_from
    };
    let fresh = invoice(1, 20, 900, None);
    let older = LedgerLine { due_on: day(385), known_at: instant(5), ..fresh };
    assert_eq!(late_from(vec![fresh]), TODAY - 20);
    assert_eq!(late_from(vec![fresh, older]), TODAY - 20, "moved five days ago: late for twenty all the same");
    let typo = LedgerLine { due_on: day(-300), ..fresh };
    assert_eq!(late_from(vec![typo, older]), TODAY - 6, "nobody knew before that it was late");
}

#[test]
fn a_second_notice_of_a_procedure_is_no_news_and_a_procedure_binds_before_the_striking_off() {
    let open = |ago| signal("gazette", ago, procedure(Status::InsolventLiquidation, 31, None));
    let law = |signals| {
        let (dossier, markets) = (Dossier { signals, ..Dossier::default() }, SectorContext::default());
        View::new(&dossier, &markets, today()).legal()
    };
    let once = law(vec![open(30)]);
    assert_eq!((once.state, once.known, once.opened), (LegalState::Insolvent, TODAY - 30, TODAY - 31));
    assert_eq!(law(vec![open(30), open(15)]), once);
    let gone = signal("register", 2, status(Status::Ceased));
    assert_eq!(law(vec![open(30), gone]).state, LegalState::Insolvent);
}

#[test]
fn a_dispute_that_the_file_told_keeps_its_days_when_it_is_over() {
    let fresh = LedgerLine { known_at: instant(120), ..invoice(1, 100, 900, None) };
    let disputed = LedgerLine { disputed: true, known_at: instant(95), ..fresh };
    let settled = LedgerLine { disputed: false, known_at: instant(5), ..fresh };
    let days = |lines: Vec<LedgerLine>| {
        let (dossier, markets) = (ledger(lines), SectorContext::default());
        let found = View::new(&dossier, &markets, today()).receivables().disputes;
        found.into_iter().map(|told| (TODAY - told.first, TODAY - told.last)).collect::<Vec<_>>()
    };
    assert_eq!(days(vec![fresh]), []);
    assert_eq!(days(vec![fresh, disputed]), [(95, 0)], "it goes on");
    assert_eq!(days(vec![fresh, disputed, settled]), [(95, 5)]);
}

#[test]
fn what_is_open_in_another_currency_is_beside_and_in_no_sum() {
    let euro = [invoice(1, 60, 900, None), invoice(2, 50, 900, None)];
    let dollars = |number, minor, paid: Option<i32>| LedgerLine {
        amount: Money::from_minor(minor, "USD".parse().unwrap()),
        paid_on: paid.map(day),
        paid_minor: paid.map_or(0, |_| minor),
        ..invoice(number, 40, 900, None)
    };
    let (dossier, markets) = (
        ledger([euro.to_vec(), vec![dollars(3, 70_000, None), dollars(4, 5_000, Some(3))]].concat()),
        SectorContext::default(),
    );
    let view = View::new(&dossier, &markets, today());
    let found = view.receivables();
    assert_eq!((found.currency, found.items.len()), (Some(Currency::EUR), 2));
    assert_eq!(found.elsewhere, [Money::from_minor(70_000, "USD".parse().unwrap())]);
    assert_eq!(View::new(&ledger(euro.to_vec()), &markets, today()).receivables().elsewhere, []);
}

#[test]
fn a_procedure_that_is_over_keeps_the_days_on_which_it_was_open_and_known() {
    let days = |signals| {
        let (dossier, markets) = (Dossier { signals, ..Dossier::default() }, SectorContext::default());
        let found = View::new(&dossier, &markets, today()).legal_days();
        found.into_iter().map(|of| (of.state, TODAY - of.first, TODAY - of.last)).collect::<Vec<_>>()
    };
    let open = |ago| signal("gazette", ago, procedure(Status::Restructuring, 60, None));
    assert_eq!(days(vec![open(50)]), [(LegalState::Restructuring, 50, 0)], "it counts from when it was known");
    let over = signal("gazette", 5, procedure(Status::Restructuring, 60, Some(8)));
    assert_eq!(days(vec![open(50), over]), [(LegalState::Restructuring, 50, 8)]);
    assert_eq!(days(vec![signal("register", 9, status(Status::Active))]), []);
}
