use std::collections::{BTreeMap, HashMap};

use jiff::civil::date;
use vedetta::{
    domain::Sha256,
    intake::{Content, Options, decide_payment},
    simulate::{Economy, Plan},
    store::{Entry, PaymentDecision, PaymentPart, PaymentState},
};

use super::{
    house::{House, codes, counts, creating, now},
    options,
};
use crate::promises::doses::dose;

/// Clients of the made-up year: enough for every habit of payers and banks, or all thousand.
fn n_clients() -> usize {
    dose(12, 1_000)
}

const CLIENTS: &str = "client,name,country\nC1,Meccanica Valdossa S.r.l.,IT\nC2,Orsatelli & Figli S.n.c.,IT\n";
const LEDGER: &str = "client,invoice,issued_on,due_on,amount,reference\nC1,2026/0101,2026-08-01,2026-09-01,1000.00,\n\
    C1,2026/0102,2026-08-05,2026-09-05,500.00,539007547034\nC2,2026/0103,2026-08-01,2026-09-01,700.00,\nC2,2026/0104,2026-08-01,2026-09-01,700.00,\n";

pub(super) fn options_of_bank() -> Options {
    options(Content::Payments, None)
}

/// An entry: amount, payer, account, what fills `Refs` and `RmtInf`.
pub(crate) fn entry(own: &str, amount: &str, payer: &str, account: &str, refs: &str, info: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-09-15</Dt></BookgDt>\
         <AcctSvcrRef>{own}</AcctSvcrRef><NtryDtls><TxDtls><Refs>{refs}</Refs><RltdPties><Dbtr><Nm>{payer}</Nm></Dbtr>\
         <DbtrAcct><Id><IBAN>{account}</IBAN></Id></DbtrAcct></RltdPties><RmtInf>{info}</RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )
}

pub(crate) fn free(text: &str) -> String {
    format!("<Ustrd>{text}</Ustrd>")
}

pub(crate) fn message(kind: &str, entries: &str) -> String {
    let (outer, inner) =
        if kind.starts_with("camt.053") { ("BkToCstmrStmt", "Stmt") } else { ("BkToCstmrDbtCdtNtfctn", "Ntfctn") };
    format!(
        "<?xml version=\"1.0\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{kind}\"><{outer}><GrpHdr><MsgId>1</MsgId></GrpHdr>\n\
         <{inner}><Acct><Id><IBAN>IT60X0542811101000000123456</IBAN></Id></Acct>\n{entries}</{inner}></{outer}></Document>"
    )
}

async fn house() -> House {
    let house = House::new().await;
    house.import("clients.csv", CLIENTS, &options(Content::Clients, None)).await;
    house.import("ledger.csv", LEDGER, &creating()).await;
    house
}

/// Books a single entry on a house of its own: what was booked where.
async fn booked(entry: &str) -> Vec<(String, i64)> {
    let house = house().await;
    house.pay(message("camt.053.001.02", entry), &options_of_bank()).await;
    booked_in(&house).await
}

/// What is paid of each invoice.
pub(super) async fn booked_in(house: &House) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    for client in ["C1", "C2"] {
        let rows = house.rows(client).await;
        all.extend(rows.into_iter().filter(|r| r.line.paid_minor > 0).map(|r| (r.number, r.line.paid_minor)));
    }
    all
}

fn of(parts: &[(&str, i64)]) -> Vec<(String, i64)> {
    parts.iter().map(|(number, minor)| ((*number).to_owned(), *minor)).collect()
}

#[tokio::test]
async fn a_payment_is_booked_when_reference_payer_and_amount_agree() {
    const C1: &str = "MECCANICA VALDOSSA SRL";
    let plain = |amount: &str, payer: &str, text: &str| entry("B1", amount, payer, "IT01A", "", &free(text));
    for (written, expected) in [
        (plain("1000.00", C1, "SALDO FT. 2026/0101 GRAZIE"), of(&[("2026/0101", 100_000)])),
        (plain("1000.00", C1, "saldo 2026-0101"), of(&[("2026/0101", 100_000)])),
        (plain("1500.00", C1, "FT 2026/0101 e 2026/0102"), of(&[("2026/0101", 100_000), ("2026/0102", 50_000)])),
        (plain("400.00", C1, "acconto 2026/0101"), of(&[("2026/0101", 40_000)])),
        (plain("997.50", C1, "FT 2026/0101"), of(&[("2026/0101", 99_750)])),
        (
            entry("B1", "500.00", C1, "IT01A", "", "<Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>"),
            of(&[("2026/0102", 50_000)]),
        ),
        (entry("B1", "1000.00", C1, "IT01A", "<EndToEndId>2026/0101</EndToEndId>", ""), of(&[("2026/0101", 100_000)])),
        (plain("1000.00", "CASSA DI INCASSO", "per Valdossa FT 2026/0101"), of(&[("2026/0101", 100_000)])),
        // And where they do not, nothing is.
        (plain("1000.00", C1, "SALDO"), of(&[])),
        (plain("1000.00", C1, "FT 12026/0101"), of(&[])),
        (plain("1200.00", C1, "FT 2026/0101"), of(&[])),
        (plain("900.00", "CASSA DI INCASSO", "2026/0101"), of(&[])),
        (plain("1000.00", "CASSA DI INCASSO", "PRATICA 2026/0101"), of(&[])),
        (plain("700.00", C1, "FT 2026/0103"), of(&[])),
        (plain("500.00", C1, "FT 2026/0101"), of(&[])),
        (plain("700.00", "ORSATELLI & FIGLI".replace('&', "&amp;").as_str(), "FT 2026/0103 2026/0104"), of(&[])),
    ] {
        assert_eq!(booked(&written).await, expected, "{written}");
    }
}

#[tokio::test]
async fn a_short_number_that_nothing_calls_a_document_is_no_reference() {
    const C1: &str = "MECCANICA VALDOSSA SRL";
    const SHORT: &str = "client,invoice,issued_on,due_on,amount\nC1,78,2026-08-01,2026-09-01,800.00\nC1,12,2026-08-01,2026-09-01,300.00\n\
        C1,9/2026,2026-08-01,2026-09-01,450.00\n";
    for (text, amount, expected) in [
        ("AFFITTO VIA ROMA N. 78", "800.00", vec![]),
        ("PAGAMENTO DEL 12", "300.00", vec![]),
        ("CANONE 9/2026", "450.00", vec![]),
        ("SALDO FATT. N. 78", "800.00", of(&[("78", 80_000)])),
        ("Fatture 78 e 12", "1100.00", of(&[("12", 30_000), ("78", 80_000)])),
        ("FT 9/2026", "450.00", of(&[("9/2026", 45_000)])),
        ("78", "800.00", of(&[("78", 80_000)])),
    ] {
        let house = house().await;
        house.import("short.csv", SHORT, &creating()).await;
        let paid = entry("B1", amount, C1, "IT01A", "", &free(text));
        house.pay(message("camt.053.001.02", &paid), &options_of_bank()).await;
        let mut booked = booked_in(&house).await;
        booked.sort();
        assert_eq!(booked, expected, "{text}");
        if expected.is_empty() {
            assert!(!house.waiting().await[0].candidates.is_empty(), "{text}");
        }
    }
}

#[tokio::test]
async fn an_account_is_learned_and_the_same_entry_is_one_payment_in_whatever_file() {
    let house = house().await;
    let first = entry("B1", "1000.00", "Meccanica Valdossa", "IT01A", "", &free("2026/0101"));
    let second = entry("B2", "500.00", "M.V. holding", "IT01A", "", &free("2026/0102"));
    let (outcome, matched) = house.pay(message("camt.053.001.08", &first), &options_of_bank()).await;
    assert_eq!((counts(&outcome), matched.unwrap().booked), ([1, 1, 0, 0, 0], 1));
    let both = message("camt.054.001.04", &format!("{first}{second}"));
    let dry = Options { dry_run: true, ..options_of_bank() };
    let (plan, planned) = house.pay(both.clone(), &dry).await;
    let (outcome, matched) = house.pay(both.clone(), &options_of_bank()).await;
    assert_eq!((counts(&plan), planned), (counts(&outcome), matched));
    assert_eq!((counts(&outcome), matched.unwrap().booked), ([2, 1, 1, 0, 0], 1), "its account says who it is");
    assert_eq!(house.paid("C1", "2026/0102").await, [(date(2026, 9, 15), 50_000)]);
    assert_eq!(counts(&house.pay(both, &options_of_bank()).await.0), [2, 0, 2, 0, 0]);
}

#[tokio::test]
async fn what_is_not_certain_waits_with_what_it_may_be_for_until_a_person_says() {
    let house = house().await;
    let unclear = entry("B1", "700.00", "Orsatelli e Figli snc", "IT02B", "", &free("saldo"));
    let unclear = unclear.replace("Orsatelli e Figli", "Orsatelli &amp; Figli");
    let (_, matched) = house.pay(message("camt.053.001.02", &unclear), &options_of_bank()).await;
    assert_eq!(matched.unwrap().review, 1);
    let mut payment = house.waiting().await.remove(0);
    let numbers: Vec<&str> = payment.candidates.iter().map(|c| c.invoice.as_str()).collect();
    assert_eq!(numbers, ["2026/0103", "2026/0104"]);
    let (client, invoice) = (house.client("C2").await.id, vedetta::domain::InvoiceKey::of("2026/0104"));
    payment.parts.push(PaymentPart { client, invoice, minor: 70_000 });
    payment.state = PaymentState::Booked;
    let note = Entry { who: "anna", what: "payment.decided", object: "1", details: "null" };
    assert_eq!(decide_payment(&house.store, &payment, &note, now()).await.unwrap(), PaymentDecision::Taken);
    assert_eq!(decide_payment(&house.store, &payment, &note, now()).await.unwrap(), PaymentDecision::Late, "once");
    assert_eq!(house.paid("C2", "2026/0104").await, [(date(2026, 9, 15), 70_000)]);
    assert!(house.waiting().await.is_empty());
}

#[tokio::test]
async fn entries_that_are_no_payments_are_passed_over_and_broken_ones_are_refused_by_their_line() {
    let house = house().await;
    let good = entry("B1", "1000.00", "Meccanica Valdossa", "IT01A", "", &free("2026/0101"));
    let with = |from: &str, to: &str| good.replace("B1<", "B9<").replace(from, to);
    let entries = [
        with("CRDT", "DBIT"),
        with("<Sts>BOOK</Sts>", "<Sts>PDNG</Sts>"),
        with("<Sts>", "<RvslInd>true</RvslInd><Sts>"),
        with("1000.00", "ten"),
        with("2026-09-15", "2026-19-15"),
        good,
    ];
    let (outcome, matched) = house.pay(message("camt.053.001.02", &entries.concat()), &options_of_bank()).await;
    assert_eq!(codes(&outcome), [(7, "Amt", "bad_amount"), (8, "BookgDt", "bad_date")]);
    assert_eq!((matched.unwrap().passed_over, counts(&outcome)), (3, [1, 1, 0, 2, 0]));
    let cut = message("camt.053.001.02", &entry("B2", "500.00", "Meccanica Valdossa", "IT01A", "", &free("2026/0102")));
    let (outcome, _) = house.pay(&cut.as_bytes()[..cut.len() - 20], &options_of_bank()).await;
    assert_eq!(
        (counts(&outcome), outcome.rejects[0].code),
        ([1, 1, 0, 1, 0], "bad_xml"),
        "what stood before the break is good"
    );
}

#[tokio::test]
async fn a_payment_that_the_bank_takes_back_is_open_again_and_what_is_not_certain_waits() {
    const C1: &str = "MECCANICA VALDOSSA SRL";
    let reversed = |own: &str, payer: &str, text: &str| {
        let written = entry(own, "1000.00", payer, "IT01A", "", &free(text)).replace("CRDT", "DBIT");
        written.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>").replace("2026-09-15", "2026-09-21")
    };
    let booked = async |house: &House, written: &str| {
        house.pay(message("camt.053.001.02", written), &options_of_bank()).await.1.unwrap().booked
    };
    let house = house().await;
    let payment = entry("B1", "1000.00", C1, "IT01A", "<EndToEndId>E2E-7</EndToEndId>", &free("2026/0101"));
    assert_eq!(booked(&house, &payment).await, 1);
    let storno = reversed("R1", "MECCANICA VALDOSSA S.R.L.", "STORNO FATTURA 2026/0101");
    let (outcome, matched) = house.pay(message("camt.053.001.02", &storno), &options_of_bank()).await;
    let matched = matched.unwrap();
    assert_eq!((matched.taken_back, matched.review, matched.passed_over), (1, 0, 0), "{outcome:?}");
    assert_eq!(house.paid("C1", "2026/0101").await, []);
    let (outcome, _) = house.pay(message("camt.054.001.02", &storno), &options_of_bank()).await;
    assert_eq!((outcome.changed, outcome.unchanged), (0, 1), "twice is once");
    assert_eq!(house.waiting().await, []);
    // It is paid once more, and what came back is not mistaken for it.
    let again = entry("B2", "1000.00", C1, "IT01A", "", &free("2026/0101")).replace("2026-09-15", "2026-09-28");
    assert_eq!(booked(&house, &again).await, 1);
    // A direct debit that comes back, by its reference alone, in the file that brings it.
    let debit = entry("B3", "500.00", C1, "IT01A", "<EndToEndId>SDD-9</EndToEndId>", &free("2026/0102"));
    let returned = entry("B4", "500.00", "", "", "<EndToEndId>SDD-9</EndToEndId>", "").replace("CRDT", "DBIT");
    let returned = returned.replace("</TxDtls>", "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf></TxDtls>");
    let (_, matched) = house.pay(message("camt.053.001.02", &format!("{debit}{returned}")), &options_of_bank()).await;
    let matched = matched.unwrap();
    assert_eq!((matched.booked, matched.taken_back), (1, 1));
    assert_eq!(house.paid("C1", "2026/0102").await, []);
    // Nobody's, and another's: before a person, and nothing is opened.
    for (own, payer, text) in [("R2", C1, "STORNO"), ("R3", "ORSATELLI", "STORNO 2026/0101")] {
        let (_, matched) = house
            .pay(
                message(
                    "camt.053.001.02",
                    &reversed(own, payer, text).replace("IT01A", "IT07Q").replace("09-21", "10-02"),
                ),
                &options_of_bank(),
            )
            .await;
        assert_eq!((matched.unwrap().review, house.paid("C1", "2026/0101").await.len()), (1, 1), "{text}");
    }
    let waiting = house.waiting().await;
    assert_eq!(waiting.iter().map(|p| p.amount.minor()).collect::<Vec<_>>(), [-100_000, -100_000]);
    assert_eq!(waiting[1].candidates[0].invoice, "2026/0101");
}

#[tokio::test]
async fn in_a_made_up_year_no_payment_is_booked_on_a_wrong_invoice() {
    let economy = Economy::new(&Plan::new(n_clients(), 11, date(2026, 11, 20)));
    let house = House::new().await;
    house.import("clients.csv", economy.clients_csv(), &options(Content::Clients, None)).await;
    house.import("ledger.csv", economy.invoices_unpaid_csv(date(2026, 11, 20)), &creating()).await;
    let (statement, truth) = economy.statement();
    let (outcome, matched) = house.pay(statement.clone(), &options_of_bank()).await;
    let matched = matched.unwrap();
    assert_eq!((outcome.rejected, matched.booked + matched.review), (0, outcome.changed));
    assert!(matched.booked * 2 > outcome.changed && matched.review > 0, "{matched:?}");

    let truth = truth_by_payment(&statement, &truth);
    let portfolio = house.store.facts().portfolios().await.unwrap().pop().unwrap().0;
    let all = house.store.facts().payments(&[portfolio], Some(PaymentState::Booked), 0, 100_000).await.unwrap();
    assert_eq!(all.len() as u64, matched.booked);
    for payment in all {
        let mut booked = BTreeMap::new();
        for part in &payment.parts {
            let client = house.store.facts().client_by_id(part.client).await.unwrap().unwrap().code.to_string();
            let rows = house.store.facts().ledger(part.client).await.unwrap();
            let number = rows.into_iter().find(|row| row.line.invoice == part.invoice).unwrap().number;
            booked.insert((client, number), part.minor);
        }
        let meant = &truth[&payment.own_id];
        assert!(booked.keys().eq(meant.keys()), "{payment:?}: {booked:?} and not {meant:?}");
        let is_near = |(booked, meant): (&i64, &i64)| (booked - meant).abs() <= 500;
        assert!(booked.values().zip(meant.values()).all(is_near), "{booked:?} {meant:?}");
    }
}

/// What each payment was for: by what tells it from every other, the client and number of each invoice, and how much of it.
fn truth_by_payment(statement: &str, truth: &str) -> HashMap<Sha256, BTreeMap<(String, String), i64>> {
    let between = |line: &str, from: &str, to: &str| -> String {
        let rest = line.split_once(from).unwrap().1;
        rest.split_once(to).unwrap().0.to_owned()
    };
    let mut ids = HashMap::new();
    for line in statement.lines().filter(|line| line.contains("CRDT")) {
        let (own, day) = (between(line, "<AcctSvcrRef>", "<"), between(line, "<Dt>", "<"));
        let amount = between(line, "<Amt Ccy=\"EUR\">", "<");
        let end_to_end = between(line, "<EndToEndId>", "<").replace("&amp;", "&");
        let end_to_end = Some(end_to_end).filter(|text| text != "NOTPROVIDED");
        let account = Some(between(line, "<IBAN>", "<"));
        let said = format!("IT60X0542811101000000123456 {own} {day} {amount} EUR {end_to_end:?} {account:?}");
        ids.insert(own, Sha256::of(said.as_bytes()));
    }
    let mut truths: HashMap<Sha256, BTreeMap<(String, String), i64>> = HashMap::new();
    for line in truth.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let cents: i64 = fields[3].replace('.', "").parse().unwrap();
        let invoice = (fields[1].to_owned(), fields[2].to_owned());
        *truths.entry(ids[fields[0]]).or_default().entry(invoice).or_default() += cents;
    }
    truths
}

#[tokio::test]
async fn an_amount_with_a_sign_is_refused_with_the_word_that_says_which_way_money_went() {
    let house = house().await;
    let signed =
        message("camt.053.001.02", &entry("B1", "-5.00", "Meccanica Valdossa", "IT01A", "", &free("FT 2026/0101")));
    let (outcome, _) = house.pay(signed, &options_of_bank()).await;
    assert_eq!((outcome.rejects[0].code, outcome.rejects[0].column.as_str()), ("bad_amount", "Amt"));
    assert!(outcome.rejects[0].reason.contains("CdtDbtInd"), "{}", outcome.rejects[0].reason);
}
