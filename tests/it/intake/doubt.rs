//! What looks as if it named an invoice, and what looks like the same money.

use jiff::civil::date;
use vedetta::{
    intake::{Content, Options, Outcome},
    store::{Entry, PaymentState},
};

use super::{
    bank::{booked_in, entry, free, message, options_of_bank},
    house::{House, codes, creating, now},
    options,
};

const CLIENTS: &str = "client,name,country\nC1,Meccanica Valdossa S.r.l.,IT\nC2,Orsatelli & Figli S.n.c.,IT\n";
const LEDGER: &str = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount\nC1,12/2026,2026-08-01,2026-09-01,1000.00,,\n\
    C1,7,2026-08-01,2026-09-01,310.00,,\nC1,145/2026,2026-07-01,2026-08-01,400.00,2026-08-01,400.00\n\
    C1,146/2026,2026-08-01,2026-09-01,500.00,,\nC2,B-2031,2026-08-01,2026-09-01,700.00,,\n";
const C1: &str = "MECCANICA VALDOSSA SRL";

async fn house() -> House {
    let house = House::new().await;
    house.import("clients.csv", CLIENTS, &options(Content::Clients, None)).await;
    house.import("ledger.csv", LEDGER, &creating()).await;
    house
}

async fn pay(house: &House, entries: &str) -> (Outcome, u64, u64) {
    let (outcome, matched) = house.pay(message("camt.053.001.02", entries), &options_of_bank()).await;
    let matched = matched.unwrap();
    (outcome, matched.booked, matched.review)
}

#[tokio::test]
async fn what_may_mean_something_else_is_for_a_person() {
    let plain = |amount: &str, text: &str| entry("B1", amount, C1, "IT01A", "", &free(text));
    for written in [
        plain("80.00", "SALDO FT 99/2026 DEL 3/12/2026"),
        plain("80.00", "AFFITTO 12/2026"),
        entry("B1", "80.00", C1, "IT01A", "<EndToEndId>7</EndToEndId>", ""),
        plain("100.00", "FT 145/2026 E 146/2026"),
        plain("400.00", "FT B-2031 E 146/2026"),
        plain("100.00", "ACCONTO 146/2026 E 991/2026"),
    ] {
        let house = house().await;
        assert_eq!(pay(&house, &written).await.2, 1, "{written}");
    }
    for (amount, text) in [("500.00", "FT 146/2026 DEL 3/12/2026"), ("100.00", "ACCONTO FT.146/2026 DEL 3.12.2026")] {
        let house = house().await;
        assert_eq!(pay(&house, &plain(amount, text)).await.1, 1, "{text}");
        assert_eq!(booked_in(&house).await.len(), 2, "beside the one that the file says is paid");
    }
}

#[tokio::test]
async fn of_instalments_that_share_a_number_the_one_that_is_open_is_meant() {
    let house = house().await;
    let two = "client,invoice,issued_on,due_on,amount\nC1,150/2026 (1/2),2026-08-01,2026-09-01,60.00\n\
        C1,150/2026 (2/2),2026-08-01,2026-10-01,70.00\n";
    house.import("l.csv", two, &creating()).await;
    for (own, amount) in [("B1", "60.00"), ("B2", "70.00")] {
        let written = entry(own, amount, C1, "IT01A", "", &free("FT 150/2026"));
        assert_eq!(pay(&house, &written).await.1, 1, "{amount}");
    }
}

#[tokio::test]
async fn who_pays_for_a_client_does_not_become_the_client() {
    let house = house().await;
    let first = entry("B1", "500.00", "CASSA DI INCASSO", "IT09A", "", &free("146/2026"));
    assert_eq!(pay(&house, &first).await.1, 1);
    let part = entry("B2", "310.00", "CASSA DI INCASSO", "IT09A", "", &free("7"));
    assert_eq!(pay(&house, &part).await.2, 1, "what suffices from a client does not from a factor");
}

#[tokio::test]
async fn entries_that_share_the_banks_name_are_each_a_payment() {
    let house = house().await;
    let detail = |payer: &str| {
        format!(
            "<TxDtls><Refs><AcctSvcrRef>BATCH</AcctSvcrRef></Refs><Amt Ccy=\"EUR\">50.00</Amt>\
             <RltdPties><Dbtr><Nm>{payer}</Nm></Dbtr></RltdPties></TxDtls>"
        )
    };
    let collective = |amount: &str| {
        format!(
            "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-09-15</Dt></BookgDt>\
             <AcctSvcrRef>BATCH</AcctSvcrRef><NtryDtls>{}{}{}</NtryDtls></Ntry>\n",
            detail("A"),
            detail("B"),
            detail("C")
        )
    };
    assert_eq!(pay(&house, &collective("150.00")).await.0.changed, 3);
    assert_eq!(pay(&house, &collective("150.00")).await.0.changed, 0, "twice is once");
    assert_eq!(pay(&house, &collective("300.00")).await.0.changed, 1, "what does not add up is one, without a payer");
    assert_eq!(house.waiting().await.pop().unwrap().payer, None);
    let unnamed = |payer: &str, account: &str| entry("NONREF", "60.00", payer, account, "", &free("saldo"));
    assert_eq!(pay(&house, &unnamed("A", "IT01A")).await.0.changed, 1);
    assert_eq!(pay(&house, &unnamed("B", "IT02B")).await.0.changed, 1, "in another file too");
    assert_eq!(pay(&house, &unnamed("B", "IT02B")).await.0.changed, 0);
}

#[tokio::test]
async fn a_table_and_the_bank_do_not_tell_of_the_same_money_twice() {
    let table = "client,invoice,paid_on,amount\nC1,146/2026,2026-09-14,100.00\n";
    let from_bank = entry("B1", "100.00", C1, "IT01A", "", &free("ACCONTO 146/2026"));
    let house = house().await;
    house.import("p.csv", table, &options_of_bank()).await;
    assert_eq!(pay(&house, &from_bank).await.2, 1);
    assert_eq!(house.paid("C1", "146/2026").await, [(date(2026, 9, 14), 10_000)]);
    let other = self::house().await;
    assert_eq!(pay(&other, &from_bank).await.1, 1);
    let outcome = other.import("p.csv", table, &options_of_bank()).await;
    assert_eq!(codes(&outcome), [(2, "amount", "duplicate")]);
    let waiting = house.waiting().await;
    assert!(waiting.iter().all(|payment| payment.state == PaymentState::Review && !payment.candidates.is_empty()));
}

#[tokio::test]
async fn an_erased_client_takes_no_payment_of_a_namesake_along() {
    let house = House::new().await;
    let other = Options { portfolio: "other".parse().unwrap(), ..creating() };
    let row = "client,name,country,invoice,issued_on,due_on,amount\nP1,Mario Ravaldi,IT,2026/0101,2026-08-01,2026-09-01,100.00\n";
    let paid = entry("B1", "100.00", "Mario Ravaldi", "IT05X", "", &free("2026/0101"));
    for options in [&creating(), &other] {
        house.import("l.csv", row, options).await;
        let options = Options { content: Content::Payments, ..options.clone() };
        house.pay(message("camt.053.001.02", &paid), &options).await;
    }
    let turned = entry("B2", "70.00", "RAVALDI MARIO", "IT06X", "", &free("saldo Ravaldi Mario"));
    house.pay(message("camt.053.001.02", &turned), &options_of_bank()).await;
    let facts = house.store.facts();
    let note = Entry { who: "anna", what: "client.erased", object: "", details: "{}" };
    facts.erase(house.client("P1").await.id, note, now()).await.unwrap().unwrap();
    let all: Vec<_> = facts.portfolios().await.unwrap().into_iter().map(|(id, _)| id).collect();
    let left = facts.payments(&all, None, 0, 10).await.unwrap();
    let said: Vec<_> = left.iter().map(|p| (p.amount.minor(), p.payer.as_deref(), p.parts.len())).collect();
    assert_eq!(said, [(10_000, Some("Mario Ravaldi"), 1), (7_000, None, 0)]);
}
